//! Gives any bytes to the parser of instructions.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bpf::text::fuzz_text(bytes));
