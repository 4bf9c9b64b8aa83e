//! Gives any bytes to the reader of tracefs formats.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bpf::tracefs::fuzz_tracefs(bytes));
