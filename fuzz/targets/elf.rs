//! Gives any bytes to the look-up of symbols in ELF files.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kernel::elf::fuzz_elf(bytes));
