//! What the running kernel can do, found by trying: a program is loaded (and attached where that can fail by itself),
//! and is gone again at once. Never by version, never by a list.

use bpf::insn::{Alu, Atomic, Operand, Reg, Size, Width};
use bpf::object::Role;
use bpf::{Hook, Insn, ProgramSpec};

use crate::link::Link;
use crate::load::{LoadError, Program};

/// What a trial told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It works.
    Yes,
    /// The kernel does not have it, or does not let us: the errno and the kernel's words.
    No(String),
    /// The trial could not be made.
    Unknown(String),
}

impl Answer {
    /// Whether it works for certain.
    pub fn holds(&self) -> bool {
        *self == Self::Yes
    }
}

fn program(name: &str, hook: &Hook, mut insns: Vec<Insn>) -> ProgramSpec {
    insns.push(Insn::Alu { size: Size::W64, op: Alu::Mov, dst: Reg::R0, src: Operand::Imm(0) });
    insns.push(Insn::Exit);
    ProgramSpec { name: name.to_owned(), hook: hook.clone(), role: Role::Attached, insns }
}

fn try_load(spec: &ProgramSpec) -> Result<Program, Answer> {
    Program::load(spec, &[]).map_err(|error| match error {
        LoadError::Forbidden { .. } => Answer::Unknown(error.to_string()),
        _ => Answer::No(error.to_string()),
    })
}

fn loads(spec: &ProgramSpec) -> Answer {
    try_load(spec).err().unwrap_or(Answer::Yes)
}

/// Whether a program can be loaded for this hook. Attaching may still fail: see [`attaches`].
pub fn loads_for(hook: &Hook) -> Answer {
    loads(&program("try_load", hook, Vec::new()))
}

/// Whether a program can be loaded for and attached to this hook.
pub fn attaches(hook: &Hook) -> Answer {
    match try_load(&program("try_attach", hook, Vec::new())) {
        Err(answer) => answer,
        Ok(program) => match Link::attach(&program) {
            Ok(link) => {
                drop(link);
                Answer::Yes
            }
            Err(error) => Answer::No(error.to_string()),
        },
    }
}

/// Atomic operations that give back what memory held (5.12).
pub fn fetch_atomics() -> Answer {
    let hook = Hook::RawTracepoint { name: "sys_enter".to_owned() };
    let word = Insn::Store { width: Width::B8, dst: Reg::FRAME, offset: -8, src: Operand::Imm(0) };
    let one = Insn::Alu { size: Size::W64, op: Alu::Mov, dst: Reg::R1, src: Operand::Imm(1) };
    let exchange =
        Insn::Atomic { op: Atomic::Exchange, width: Width::B8, dst: Reg::FRAME, offset: -8, src: Reg::R1 };
    loads(&program("try_xchg", &hook, vec![word, one, exchange]))
}

/// A helper without arguments that programs of this hook may call.
pub fn helper(hook: &Hook, helper: u32) -> Answer {
    loads(&program("try_helper", hook, vec![Insn::Call { helper }]))
}
