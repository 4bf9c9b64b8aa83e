//! The floor: programs that do nothing, at the hooks that the recorder uses.

use bpf::insn::{Alu, Operand, Reg, Size};
use bpf::object::Role;
use bpf::{Btf, Hook, Insn, ProgramSpec};
use kernel::facts::BtfBytes;
use kernel::{Link, Program};

use crate::error::{Error, Result};

/// The hooks of system calls, entry and exit.
pub(crate) struct Floor {
    hooks: [Hook; 2],
}

impl Floor {
    /// Finds them in this kernel.
    pub(crate) fn find() -> Result<Self> {
        let bytes = BtfBytes::of_this_kernel().map_err(|error| missing(&error))?;
        let btf = Btf::parse(bytes.as_slice()).map_err(|error| missing(&error))?;
        let hook = |name: &str| {
            let tracepoint = btf.tracepoint(name).map_err(|error| missing(&error))?;
            Ok(Hook::TpBtf { name: name.to_owned(), btf_id: tracepoint.id.0 })
        };
        Ok(Self { hooks: [hook("sys_enter")?, hook("sys_exit")?] })
    }

    /// Runs an empty program at both, for all processes, until the links are dropped.
    pub(crate) fn attach(&self) -> Result<Vec<Link>> {
        let attach = |hook: &Hook| {
            let program = Program::load(&empty(hook), &[]).map_err(|error| missing(&error))?;
            Link::attach(&program).map_err(|error| missing(&error))
        };
        self.hooks.iter().map(attach).collect()
    }
}

fn empty(hook: &Hook) -> ProgramSpec {
    let zero = Insn::Alu { size: Size::W64, op: Alu::Mov, dst: Reg::R0, src: Operand::Imm(0) };
    ProgramSpec {
        name: "bench_empty".to_owned(),
        hook: hook.clone(),
        role: Role::Attached,
        insns: vec![zero, Insn::Exit],
    }
}

fn missing(error: &dyn std::error::Error) -> Error {
    Error::Missing(format!("an empty program cannot be measured: {error}"))
}
