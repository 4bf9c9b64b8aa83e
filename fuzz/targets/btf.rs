//! Gives any bytes to the reader of BTF.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bpf::btf::fuzz_btf(bytes));
