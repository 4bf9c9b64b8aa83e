//! From what is wanted and the facts of one kernel to `bpf::Object` and record layouts, or diagnostics.
//!
//! The way of a program: [`build`] or [`text`] makes an [`ir::Program`], [`verify`](mod@verify) says whether
//! kernels will take it, [`lower`](mod@lower) turns it into instructions; [`compile`] does the last two.
#![deny(clippy::disallowed_methods)]

pub mod build;
pub mod helpers;
pub mod ir;
mod liveness;
pub mod lower;
mod registers;
pub mod syscall;
pub mod text;
pub mod verify;

use std::fmt;

use bpf::Insn;

use ir::{Program, Target};
use lower::LowerError;
use verify::{Verified, VerifyError};

/// A program ready to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// The instructions.
    pub insns: Vec<Insn>,
    /// What verification found out; `stack_bytes` is the whole frame.
    pub verified: Verified,
}

/// Why a program was not compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// Kernels would not take it. Whoever generated the program has a bug.
    Rejected(Vec<VerifyError>),
    /// It is too large for the machine.
    Lower(LowerError),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(errors) => {
                let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
            Self::Lower(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CompileError {}

/// Verifies and lowers a program. The same program and target give the same instructions.
pub fn compile(program: &Program, target: &Target) -> Result<Compiled, CompileError> {
    let mut verified = verify::verify(program, target).map_err(CompileError::Rejected)?;
    let (insns, stack_bytes) = lower::lower_with_stack(program, *target).map_err(CompileError::Lower)?;
    verified.stack_bytes = stack_bytes;
    Ok(Compiled { insns, verified })
}

/// Parses, verifies and lowers whatever bytes; never panics. For fuzzing.
pub fn fuzz_ir_text(bytes: &[u8]) {
    let Ok(program) = text::parse(&String::from_utf8_lossy(bytes)) else { return };
    for fetch_atomics in [false, true] {
        let target = Target { fetch_atomics, ..Target::default() };
        // Both must come to an end, whatever they say.
        drop(verify::verify(&program, &target));
        drop(lower::lower(&program, &target));
    }
}
