//! Gives any bytes to the look-up of libraries in the dynamic linker's cache.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kernel::library::fuzz_library_cache(bytes));
