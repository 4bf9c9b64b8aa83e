//! Gives any bytes to the decoder of kernel records and to the writers of lines and JSON.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| drop(event::syscall::decode::fuzz_record(bytes)));
