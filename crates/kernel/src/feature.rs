//! What the running kernel can do, found by trying: a program is loaded, attached where that can fail by itself, seen
//! to run where even that can fail, and is gone again at once. Never by version, never by a list.
//!
//! A trial disturbs nobody: its program returns what the kernel would do anyway, and its hook is one that is as good
//! as never reached, or is reached by this process alone.

mod draft;
mod trial;

use bpf::insn::{Alu, Atomic, Operand, Reg, Size, Width};
use bpf::object::Role;
use bpf::{Hook, Insn, ProgramSpec};

use crate::facts::{Capability, Privileges};
use crate::link::{AttachError, Link};
use crate::load::{LoadError, Program};
use crate::map::{Map, MapError};

pub use trial::{Grounds, Trial, try_all};

/// What a trial told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It works.
    Yes,
    /// The kernel does not have it, or lets nobody use it.
    No(Refusal),
    /// It could not be found out: this process may not try, or the kernel had no memory at the moment.
    Unknown(Refusal),
}

impl Answer {
    /// Whether it works for certain.
    pub fn holds(&self) -> bool {
        *self == Self::Yes
    }

    /// Why it does not work, or why nobody knows.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Yes => None,
            Self::No(refusal) | Self::Unknown(refusal) => Some(refusal),
        }
    }
}

/// How far a trial came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// What it needs to know of the kernel was not found.
    Prepare,
    /// A map or type information was to be made.
    Create,
    /// The program was to be loaded.
    Load,
    /// The program was to be attached.
    Attach,
    /// The program was attached and should have run.
    Run,
}

impl Step {
    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Create => "create",
            Self::Load => "load",
            Self::Attach => "attach",
            Self::Run => "run",
        }
    }
}

/// Why a trial failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The step that failed.
    pub step: Step,
    /// What the kernel returned, where it was the kernel that refused.
    pub errno: Option<i32>,
    /// The same in words, on one line.
    pub reason: String,
}

impl Refusal {
    fn new(step: Step, errno: Option<i32>, reason: &str) -> Self {
        let number = errno.map(|errno| format!(" (os error {errno})")).unwrap_or_default();
        let reason = reason.replace('\n', " ").replace(&number, "");
        Self { step, errno, reason: reason.trim().to_owned() }
    }

    fn from_error(step: Step, error: &std::io::Error) -> Self {
        Self::new(step, error.raw_os_error(), &error.to_string())
    }

    fn from_map(error: &MapError) -> Self {
        match error {
            MapError::Refused { error, .. } => Self::from_error(Step::Create, error),
            other => Self::new(Step::Create, None, &other.to_string()),
        }
    }

    fn from_load(error: &LoadError) -> Self {
        match error {
            LoadError::Forbidden { .. } => {
                Self::from_error(Step::Load, &std::io::Error::from_raw_os_error(libc::EPERM))
            }
            LoadError::Unsupported { error, .. } => Self::from_error(Step::Load, error),
            LoadError::Rejected { error, log, .. } => {
                Self::new(Step::Load, error.raw_os_error(), &format!("{error}: {}", verdict(log)))
            }
            LoadError::Map(error) => Self::from_map(error),
        }
    }

    fn from_attach(error: &AttachError) -> Self {
        match error {
            AttachError::Forbidden { .. } => {
                Self::from_error(Step::Attach, &std::io::Error::from_raw_os_error(libc::EPERM))
            }
            AttachError::Unsupported { error, .. } | AttachError::Refused { error, .. } => {
                Self::from_error(Step::Attach, error)
            }
            other => Self::new(Step::Attach, None, &other.to_string()),
        }
    }

    /// Whether it was forbidden, which says nothing about what the kernel has.
    pub fn forbidden(&self) -> bool {
        self.errno == Some(libc::EPERM)
    }

    /// What the refusal says about the feature, given what this process may do and what the trial needs.
    fn judged(self, needed: &[Capability], privileges: Option<Privileges>) -> Answer {
        match self.errno {
            Some(libc::EPERM | libc::EACCES) => {}
            Some(libc::ENOMEM | libc::EMFILE | libc::ENFILE | libc::EAGAIN | libc::EINTR | libc::EBUSY) => {
                return Answer::Unknown(self);
            }
            _ => return Answer::No(self),
        }
        let Some(privileges) = privileges else { return Answer::Unknown(self) };
        let missing: Vec<&str> = privileges.missing(needed).into_iter().map(Capability::name).collect();
        if !missing.is_empty() {
            let reason = format!("missing {} ({})", missing.join(", "), self.reason);
            return Answer::Unknown(Self { reason, ..self });
        }
        if !privileges.of_the_host {
            let reason = format!("the privileges of this user namespace do not count ({})", self.reason);
            return Answer::Unknown(Self { reason, ..self });
        }
        // EACCES is also what the verifier says to code.
        if !self.forbidden() {
            return Answer::No(self);
        }
        let held: Vec<&str> = needed.iter().copied().map(Capability::name).collect();
        let reason =
            format!("{}, in spite of {}: a security policy forbids it", self.reason, held.join(", "));
        Answer::No(Self { reason, ..self })
    }
}

/// The last thing that the verifier said before it told what it had cost.
fn verdict(log: &str) -> &str {
    const COSTS: [&str; 3] = ["processed ", "verification time ", "stack depth "];
    let said = |line: &&str| !COSTS.iter().any(|cost| line.starts_with(cost));
    log.lines().rev().find(said).unwrap_or_default()
}

/// What every trial of a tracing program needs.
const TRACING: &[Capability] = &[Capability::Bpf, Capability::Perfmon];

/// The answer of a trial that has ended well or with a refusal.
fn answer(outcome: Result<(), Refusal>, needed: &[Capability]) -> Answer {
    match outcome {
        Ok(()) => Answer::Yes,
        Err(refusal) => refusal.judged(needed, Privileges::of_this_process().ok()),
    }
}

/// Whether a program can be loaded for this hook. Attaching may still fail.
pub fn loads_for(hook: &Hook) -> Answer {
    answer(load(hook, Vec::new(), &[]).map(drop), TRACING)
}

/// Atomic operations that give back what memory held (5.12).
pub fn fetch_atomics() -> Answer {
    answer(exchange(), TRACING)
}

fn exchange() -> Result<(), Refusal> {
    load(&plain_hook(), exchange_insns(), &[]).map(drop)
}

fn exchange_insns() -> Vec<Insn> {
    let word = Insn::Store { width: Width::B8, dst: Reg::FRAME, offset: -8, src: Operand::Imm(0) };
    let exchange =
        Insn::Atomic { op: Atomic::Exchange, width: Width::B8, dst: Reg::FRAME, offset: -8, src: Reg::R1 };
    vec![word, set(Reg::R1, 1), exchange]
}

/// All at once, by one trial: a program for this hook loads, may use atomics that give back what memory held, and may call
/// this helper. Where it does not hold, [`loads_for`], [`fetch_atomics`] and [`helper`] tell what is missing.
pub fn all_of(hook: &Hook, helper: u32) -> Answer {
    let insns = [exchange_insns(), vec![Insn::Call { helper }]].concat();
    answer(load(hook, insns, &[]).map(drop), TRACING)
}

/// A helper without arguments that programs of this hook may call.
pub fn helper(hook: &Hook, helper: u32) -> Answer {
    answer(load(hook, vec![Insn::Call { helper }], &[]).map(drop), TRACING)
}

/// The hook that every kernel has, for trials of what does not depend on the hook.
fn plain_hook() -> Hook {
    Hook::RawTracepoint { name: "sys_enter".to_owned() }
}

/// Loads a program of these instructions that returns 0.
fn load(hook: &Hook, insns: Vec<Insn>, maps: &[Map]) -> Result<Program, Refusal> {
    let insns = [insns, vec![set(Reg::R0, 0), Insn::Exit]].concat();
    let spec = ProgramSpec { name: PROGRAM_NAME.to_owned(), hook: hook.clone(), role: Role::Attached, insns };
    Program::load(&spec, maps).map_err(|error| Refusal::from_load(&error))
}

/// What bpftool shows while a trial lasts.
const PROGRAM_NAME: &str = "probity_trial";

/// Attaches a program that does nothing, and detaches it.
fn attach(hook: &Hook) -> Result<(), Refusal> {
    let program = load(hook, Vec::new(), &[])?;
    Link::attach(&program).map(drop).map_err(|error| Refusal::from_attach(&error))
}

/// `register = value`.
const fn set(register: Reg, value: i32) -> Insn {
    Insn::Alu { size: Size::W64, op: Alu::Mov, dst: register, src: Operand::Imm(value) }
}

/// `register = other`.
fn copy(register: Reg, other: Reg) -> Insn {
    Insn::Alu { size: Size::W64, op: Alu::Mov, dst: register, src: Operand::Reg(other) }
}

/// `register += value`.
fn add(register: Reg, value: i32) -> Insn {
    Insn::Alu { size: Size::W64, op: Alu::Add, dst: register, src: Operand::Imm(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(errno: i32, needed: &[Capability], capabilities: &str, expected: &str) {
        let privileges = Privileges::of(capabilities);
        let refusal = Refusal::from_error(Step::Load, &std::io::Error::from_raw_os_error(errno));
        let found = match refusal.judged(needed, privileges) {
            Answer::Yes => "yes".to_owned(),
            Answer::No(refusal) => format!("no: {}", refusal.reason),
            Answer::Unknown(refusal) => format!("unknown: {}", refusal.reason),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_missing_privilege_is_no_missing_feature() {
        check(
            libc::EPERM,
            TRACING,
            "000000c000000000",
            "no: Operation not permitted, in spite of CAP_BPF, CAP_PERFMON: a security policy forbids it",
        );
        let missing = "unknown: missing CAP_PERFMON (Operation not permitted)";
        check(libc::EPERM, TRACING, "0000008000000000", missing);
        let denied = "unknown: missing CAP_BPF, CAP_PERFMON (Permission denied)";
        check(libc::EACCES, TRACING, "0", denied);
        check(libc::EACCES, TRACING, "1ffffffffff", "no: Permission denied");
        let both = "unknown: missing CAP_BPF, CAP_PERFMON (Operation not permitted)";
        check(libc::EPERM, TRACING, "0", both);
    }

    #[test]
    fn the_verdict_stands_before_the_costs() {
        let log = "0: (85) call 181\nunknown func bpf_loop#181\nverification time 3 usec\nstack depth 0\n\
                   processed 1 insns\n";
        assert_eq!(verdict(log), "unknown func bpf_loop#181");
        assert_eq!(verdict(""), "");
    }

    #[test]
    fn a_moment_without_memory_is_no_missing_feature() {
        check(libc::ENOMEM, TRACING, "1ffffffffff", "unknown: Cannot allocate memory");
        check(libc::EINVAL, TRACING, "0", "no: Invalid argument");
    }
}
