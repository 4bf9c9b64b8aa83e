//! Gives any bytes to the parser, the verification and the lowering of intermediate programs.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| compiler::fuzz_ir_text(bytes));
