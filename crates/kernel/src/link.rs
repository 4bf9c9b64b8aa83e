//! Attached programs. A link detaches when it is dropped.
//!
//! The order for each hook: one BPF link for many places where the kernel has it, else a BPF link on a perf event, else
//! the perf event alone. Symbols and names of libraries are looked up here, so that a caller writes them as people do.

mod error;
mod leave;
pub(crate) mod multi;
mod perf;

use std::io;
use std::num::NonZero;
use std::os::fd::OwnedFd;

use bpf::Hook;

use crate::attr::{self, Attr};
use crate::load::Program;
use crate::sys::{self, Command};

pub use error::AttachError;
pub use leave::{Detached, detach_all};

/// An attached program; it runs until this is dropped.
#[derive(Debug)]
#[must_use]
pub struct Link {
    /// The kernel's link; a perf event before 5.15 has none. Dropped first.
    attachment: Option<OwnedFd>,
    /// The perf event that the link stands on.
    event: Option<OwnedFd>,
    /// Whether detaching waits in the kernel, for tens of milliseconds.
    slow: bool,
}

const RAW_TRACEPOINT_BYTES: usize = 16;

impl Link {
    /// Attaches a program to its hook.
    pub fn attach(program: &Program) -> Result<Self, AttachError> {
        Self::attach_as(program, None)
    }

    /// Attaches a program that can ask for `cookie` by the helper `get_attach_cookie`: tracepoints through perf, kprobes
    /// and uprobes only (5.15).
    pub fn attach_with_cookie(program: &Program, cookie: NonZero<u64>) -> Result<Self, AttachError> {
        Self::attach_as(program, Some(cookie))
    }

    fn attach_as(program: &Program, cookie: Option<NonZero<u64>>) -> Result<Self, AttachError> {
        match program.hook() {
            Hook::RawTracepoint { .. } | Hook::TpBtf { .. } | Hook::Fentry { .. } | Hook::Fexit { .. }
                if cookie.is_some() =>
            {
                let error = io::Error::other("its programs get no cookie");
                Err(AttachError::Unsupported { hook: program.hook().to_string(), error })
            }
            Hook::RawTracepoint { name } => raw_tracepoint(program, Some(name)),
            Hook::TpBtf { .. } | Hook::Fentry { .. } | Hook::Fexit { .. } => raw_tracepoint(program, None),
            Hook::Tracepoint { id, .. } => perf::tracepoint(program, *id, cookie),
            Hook::Kprobe { function, offset } => perf::kernel(program, function, *offset, cookie),
            Hook::Kretprobe { function } => perf::kernel(program, function, 0, cookie),
            Hook::Uprobe { path, place } | Hook::Uretprobe { path, place } => {
                let place = perf::UserPlace::find(path, place)?;
                if program.is_multi() {
                    return multi::attach(program, &place, cookie);
                }
                perf::user(program, &place, cookie)
            }
        }
    }
}

fn raw_tracepoint(program: &Program, name: Option<&str>) -> Result<Link, AttachError> {
    let name = name.map(|name| [name.as_bytes(), &[0]].concat());
    let mut attr = Attr::new(RAW_TRACEPOINT_BYTES).u32(attr::RAW_PROGRAM, program.number());
    if let Some(name) = &name {
        attr = attr.read(attr::RAW_NAME, name);
    }
    match sys::bpf_open(Command::RawTracepointOpen, &mut attr) {
        Ok(fd) => Ok(Link { attachment: Some(fd), event: None, slow: false }),
        Err(error) => Err(AttachError::of(program, error)),
    }
}
