//! Attached programs. A link detaches when it is dropped.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use bpf::Hook;

use crate::attr::Attr;
use crate::load::Program;
use crate::sys::{self, Command};

/// Why a program is not attached.
#[derive(Debug)]
pub struct AttachError {
    /// Name of the program.
    pub program: String,
    /// What it was to hook, as a person writes it.
    pub hook: String,
    /// What the kernel said.
    pub error: io::Error,
}

impl std::fmt::Display for AttachError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the program `{}` cannot be attached to {}: {}", self.program, self.hook, self.error)
    }
}

impl std::error::Error for AttachError {}

/// An attached program; it runs until this is dropped.
#[derive(Debug)]
#[must_use]
pub struct Link {
    _fd: OwnedFd,
}

const RAW_TRACEPOINT_BYTES: usize = 16;

impl Link {
    /// Attaches a program to its hook.
    pub fn attach(program: &Program) -> Result<Self, AttachError> {
        let fd = match program.hook() {
            Hook::RawTracepoint { name } => raw_tracepoint(program, Some(name)),
            Hook::TpBtf { .. } | Hook::Fentry { .. } | Hook::Fexit { .. } => raw_tracepoint(program, None),
            _ => Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP)),
        };
        match fd {
            Ok(fd) => Ok(Self { _fd: fd }),
            Err(error) => Err(AttachError {
                program: program.name().to_owned(),
                hook: format!("{:?}", program.hook()),
                error,
            }),
        }
    }
}

fn raw_tracepoint(program: &Program, name: Option<&str>) -> io::Result<OwnedFd> {
    let fd = u32::try_from(program.as_fd().as_raw_fd()).unwrap_or_default();
    let name = name.map(|name| [name.as_bytes(), &[0]].concat());
    let mut attr = Attr::new(RAW_TRACEPOINT_BYTES).u32(8, fd);
    if let Some(name) = &name {
        attr = attr.read(0, name);
    }
    sys::bpf_open(Command::RawTracepointOpen, &mut attr)
}
