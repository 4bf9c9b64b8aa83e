//! The recorder of system calls: from the calls that are wanted and the facts of one kernel to programs.
//!
//! A small program at `sys_enter` remembers when a call was entered; one at `sys_exit` looks its number up in a
//! table, drops what is out of scope, and jumps to the program of the call's *form*, which copies what the
//! arguments point to, as the call's *recipe* says. Calls of one form share a program. Nothing is read from user memory before the kernel
//! itself has read it, except for calls that do not come back.

mod capture;
pub mod describe;
mod emit;
pub mod facts;
pub mod maps;
mod object;
mod path;
mod programs;
mod recipe;

use bpf::Object;
use event::syscall::call::{Behaviour, Call, exec_plan};
use event::syscall::number::Abi;
use event::syscall::record::{CaptureKind, Limits, Plan};

pub use facts::Facts;
pub use maps::Maps;

use recipe::Form;

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
    /// Not this process: whoever writes down what it sees would see itself write.
    pub not_process: Option<u32>,
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
    object::assemble(&Selected::new(calls, options.limits), facts, options)
}

/// The calls that are traced, with their forms and recipes, each without repetition.
#[derive(Clone, Debug)]
pub struct Selected {
    calls: Vec<SelectedCall>,
    forms: Vec<Form>,
    recipes: Vec<Vec<u8>>,
    /// Bytes of the largest record that any of them makes.
    record_bytes_max: u32,
}

#[derive(Clone, Copy, Debug)]
struct SelectedCall {
    abi: Abi,
    number: u16,
    form: u16,
    recipe: u16,
    behaviour: Behaviour,
}

impl Selected {
    fn new(calls: &[Call], limits: Limits) -> Self {
        let mut this =
            Self { calls: Vec::new(), forms: Vec::new(), recipes: Vec::new(), record_bytes_max: 0 };
        for call in calls {
            let selected = SelectedCall {
                abi: call.abi,
                number: call.number,
                form: place(&mut this.forms, recipe::form(&call.plan)) & maps::FORM_MASK,
                recipe: place(&mut this.recipes, recipe::recipe(&call.plan, limits)),
                behaviour: call.behaviour(),
            };
            this.calls.push(selected);
            this.record_bytes_max = this.record_bytes_max.max(room(&call.plan, limits));
        }
        if this.any(Behaviour::ReplacesProgram) {
            this.record_bytes_max = this.record_bytes_max.max(exec_plan().bytes_max(limits));
        }
        this
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

    /// The numbers of the calls where they are so few that comparing costs an untraced call less than the table.
    fn few(&self) -> Vec<i64> {
        let mut numbers: Vec<i64> = self.calls.iter().map(|call| i64::from(call.number)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.len() > FEW_CALLS { Vec::new() } else { numbers }
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
            let half = if call.abi == Abi::I386 { 4 } else { 0 };
            let start = usize::from(call.number) * usize::from(maps::TABLE_ENTRY_BYTES) + half;
            let entry = u32::from((call.form + 1) | flag) | u32::from(call.recipe) << 16;
            if let Some(place) = table.get_mut(start..start + 4) {
                place.copy_from_slice(&entry.to_le_bytes());
            }
        }
        table
    }
}

/// Numbers that are compared one by one: two calls of both ABIs.
const FEW_CALLS: usize = 4;

/// Where `one` stands in the list; it is added if it does not.
fn place<T: PartialEq>(list: &mut Vec<T>, one: T) -> u16 {
    let place = list.iter().position(|known| *known == one).unwrap_or_else(|| {
        list.push(one);
        list.len() - 1
    });
    u16::try_from(place).unwrap_or(u16::MAX)
}

/// Bytes of the largest record of a plan's form: programs do not know how short a recipe keeps its bytes.
fn room(plan: &Plan, limits: Limits) -> u32 {
    let captures = plan.captures.iter().map(|capture| match capture.kind {
        CaptureKind::Bytes { .. } => recipe::bytes_max(limits),
        other => other.bytes_max(limits),
    });
    u32::from(plan.fixed_bytes()) + captures.sum::<u32>()
}
