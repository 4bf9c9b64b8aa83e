//! Why a program is not attached, and what to do about it.

use std::fmt::{Display, Formatter};
use std::io;

use crate::elf::ElfError;
use crate::library::LibraryError;
use crate::load::Program;
use crate::symbol::near_text;

/// Why a program is not attached.
#[derive(Debug)]
#[non_exhaustive]
pub enum AttachError {
    /// The kernel has no such hook, or lets nothing attach to it; another hook for the same purpose may still work.
    Unsupported {
        /// The hook, as a person writes it.
        hook: String,
        /// What the kernel said.
        error: io::Error,
    },
    /// The caller may not attach; only the operator can change that.
    Forbidden {
        /// The hook, as a person writes it.
        hook: String,
        /// What is missing.
        missing: &'static str,
    },
    /// A function of the kernel that is not there.
    NoSuchFunction {
        /// What was looked for.
        function: String,
        /// Names that are there and look like it, the nearest first.
        near: Vec<String>,
    },
    /// The file cannot be read, or does not have the symbol.
    File(ElfError),
    /// No library has this name.
    Library(LibraryError),
    /// The kernel refused for another reason: with a hook that is right, a fault of ours.
    Refused {
        /// Name of the program.
        program: String,
        /// The hook, as a person writes it.
        hook: String,
        /// What the kernel said.
        error: io::Error,
    },
}

/// Attaching by perf asks for more than loading does: `kernel/events/core.c`, `perf_uprobe_event_init`.
const MISSING: &str = "CAP_PERFMON (for kprobes and uprobes CAP_SYS_ADMIN)";

/// The kernel's own number for an operation that it lacks; user space never got a name for it.
const ENOTSUPP: i32 = 524;

impl AttachError {
    /// The meaning of what the kernel said when it was asked to attach this program.
    pub(super) fn of(program: &Program, error: io::Error) -> Self {
        let hook = program.hook().to_string();
        match error.raw_os_error() {
            Some(libc::EPERM | libc::EACCES) => Self::Forbidden { hook, missing: MISSING },
            Some(libc::EOPNOTSUPP | libc::ENOSYS | libc::ENOENT | libc::ENODEV | ENOTSUPP) => {
                Self::Unsupported { hook, error }
            }
            _ => Self::Refused { program: program.name().to_owned(), hook, error },
        }
    }
}

impl Display for AttachError {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unsupported { hook, error } => {
                write!(f, "this kernel cannot attach programs to {hook} ({error}); use another kind of hook")
            }
            Self::Forbidden { hook, missing } => {
                write!(
                    f,
                    "this user may not attach to {hook}: {missing} is missing; run it as root or grant that"
                )
            }
            Self::NoSuchFunction { function, near } => {
                let near = near_text(near);
                write!(f, "this kernel has no function `{function}` that can be probed{near}")
            }
            Self::File(error) => error.fmt(f),
            Self::Library(error) => error.fmt(f),
            Self::Refused { program, hook, error } => {
                write!(f, "the kernel refused to attach the program `{program}` to {hook}: {error}")
            }
        }
    }
}

impl std::error::Error for AttachError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unsupported { error, .. } | Self::Refused { error, .. } => Some(error),
            Self::File(error) => Some(error),
            Self::Library(error) => Some(error),
            Self::Forbidden { .. } | Self::NoSuchFunction { .. } => None,
        }
    }
}

impl From<ElfError> for AttachError {
    fn from(error: ElfError) -> Self {
        Self::File(error)
    }
}

impl From<LibraryError> for AttachError {
    fn from(error: LibraryError) -> Self {
        Self::Library(error)
    }
}

#[cfg(test)]
mod tests {
    use bpf::Hook;
    use bpf::insn::Insn;
    use bpf::object::Role;

    use crate::sys;
    use crate::{Link, Program};

    /// What is said when attaching to `uprobe:/proc/self/exe:0x40` or to a tracepoint ends with this errno.
    fn check(hook: &Hook, errno: i32, text: &str) {
        sys::fake(move |_| Some(errno));
        let spec = bpf::ProgramSpec {
            name: "watch".to_owned(),
            hook: hook.clone(),
            role: Role::Attached,
            insns: vec![Insn::Exit],
        };
        let program = Program::of_null(&spec).expect("any descriptor serves");
        let said = Link::attach(&program).expect_err("the kernel says no").to_string();
        sys::fake(|_| None);
        assert_eq!(said, text);
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let open = Hook::Tracepoint { category: "fs".into(), name: "open".into(), id: 7 };
        let raw = Hook::RawTracepoint { name: "sys_enter".to_owned() };
        check(
            &open,
            libc::EACCES,
            "this user may not attach to tracepoint:fs:open: CAP_PERFMON (for kprobes and uprobes CAP_SYS_ADMIN) is \
             missing; run it as root or grant that",
        );
        check(
            &raw,
            libc::ENOENT,
            "this kernel cannot attach programs to raw_tp:sys_enter (No such file or directory (os error 2)); use \
             another kind of hook",
        );
        check(
            &open,
            libc::EINVAL,
            "the kernel refused to attach the program `watch` to tracepoint:fs:open: Invalid argument (os error 22)",
        );
    }
}
