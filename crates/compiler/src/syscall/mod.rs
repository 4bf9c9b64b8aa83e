//! The recorder of system calls: from the calls that are wanted and the facts of one kernel to programs.
//!
//! A small program at `sys_enter` remembers when a call was entered; one at `sys_exit` looks its number up in a
//! table, drops what is out of scope, and jumps to the program of the call's *plan*, which copies what the
//! arguments point to. Calls with the same plan share a program. Nothing is read from user memory before the kernel
//! itself has read it, except for calls that do not come back.

mod capture;
pub mod describe;
mod emit;
pub mod facts;
pub mod maps;
mod object;
mod path;
mod programs;

use bpf::Object;
use event::syscall::call::{Behaviour, Call, exec_plan};
use event::syscall::number::Abi;
use event::syscall::record::{Limits, Plan};

pub use facts::Facts;
pub use maps::Maps;

use crate::CompileError;

/// How the recorder is sized and what it leaves out, in the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How much is kept of strings and buffers.
    pub limits: Limits,
    /// Bytes of the ring: a power of two, whole pages.
    pub ring_bytes: u32,
    /// Calls that may be entered at a time, a power of two. Two threads with the same low bits share an entry, and
    /// then the duration of one is not known.
    pub entered_calls: u32,
    /// Which calls are not recorded.
    pub filter: Filter,
}

/// Which calls are recorded, of those that are traced. An empty list means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only processes in the scope map, and their descendants, which the programs add themselves.
    pub tree: bool,
    /// Only these processes.
    pub processes: Vec<u32>,
    /// Only these users.
    pub users: Vec<u32>,
    /// Only threads with one of these names, NUL-padded.
    pub commands: Vec<[u8; 16]>,
    /// Only threads in one of these cgroups, by id; not their descendants.
    pub cgroups: Vec<u64>,
    /// Only calls that failed.
    pub failed: bool,
}

impl Filter {
    /// Whether it leaves anything out.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

/// The recorder, ready to load.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// Maps and programs.
    pub object: Object,
    /// Which map is which.
    pub maps: Maps,
    /// What the compiler estimates of each program, in the order of the object.
    pub programs: Vec<Summary>,
    /// Bytes that a record can have at most.
    pub record_bytes_max: u32,
}

/// What a run of a program is for, and so what is lost when the kernel skips one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It may record an event.
    Records,
    /// It notes when a call was entered: without it a duration is not known.
    Times,
    /// It follows a process tree: without it a process is not followed, or followed too long.
    Follows,
}

/// What is known of a compiled program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its name.
    pub name: String,
    /// What a run of it is for.
    pub purpose: Purpose,
    /// Instructions that the kernel's verifier is expected to walk.
    pub instructions_estimate: u32,
    /// Bytes of stack it uses.
    pub stack_bytes: u16,
}

/// Compiles the recorder of `calls`.
pub fn record(calls: &[Call], facts: &Facts, options: &Options) -> Result<Recorder, CompileError> {
    object::assemble(&Selected::new(calls), facts, options)
}

/// The calls that are traced, and their plans without repetition.
#[derive(Clone, Debug)]
pub struct Selected {
    calls: Vec<SelectedCall>,
    plans: Vec<Plan>,
}

#[derive(Clone, Copy, Debug)]
struct SelectedCall {
    abi: Abi,
    number: u16,
    plan: u16,
    behaviour: Behaviour,
}

impl Selected {
    fn new(calls: &[Call]) -> Self {
        let mut plans: Vec<Plan> = Vec::new();
        let mut selected = Vec::with_capacity(calls.len());
        for call in calls {
            let place = plans.iter().position(|plan| *plan == call.plan).unwrap_or_else(|| {
                plans.push(call.plan.clone());
                plans.len() - 1
            });
            selected.push(SelectedCall {
                abi: call.abi,
                number: call.number,
                plan: u16::try_from(place).unwrap_or(u16::MAX) & maps::PLAN_MASK,
                behaviour: call.behaviour(),
            });
        }
        Self { calls: selected, plans }
    }

    fn any(&self, behaviour: Behaviour) -> bool {
        self.calls.iter().any(|call| call.behaviour == behaviour)
    }

    fn numbers(&self, behaviour: Behaviour, abi: Abi) -> impl Iterator<Item = u16> {
        self.calls
            .iter()
            .filter(move |call| call.behaviour == behaviour && call.abi == abi)
            .map(|call| call.number)
    }

    /// All plans that programs are sized for.
    fn all_plans(&self) -> Vec<Plan> {
        let mut plans = self.plans.clone();
        if self.any(Behaviour::ReplacesProgram) {
            plans.push(exec_plan());
        }
        plans
    }

    /// The bytes of the table of calls.
    fn table(&self) -> Vec<u8> {
        let mut table = vec![0; usize::from(maps::CALL_NUMBERS) * usize::from(maps::TABLE_ENTRY_BYTES)];
        for call in &self.calls {
            let flag = match call.behaviour {
                Behaviour::Returns => 0,
                Behaviour::DoesNotReturn => maps::AT_ENTRY,
                Behaviour::ReplacesProgram => maps::REPLACES_PROGRAM,
            };
            let half = if call.abi == Abi::I386 { 2 } else { 0 };
            let start = usize::from(call.number) * usize::from(maps::TABLE_ENTRY_BYTES) + half;
            if let Some(entry) = table.get_mut(start..start + 2) {
                entry.copy_from_slice(&((call.plan + 1) | flag).to_le_bytes());
            }
        }
        table
    }
}
