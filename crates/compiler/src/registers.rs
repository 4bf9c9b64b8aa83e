//! Where each virtual register of a plain program lives: a register, a stack slot, or nowhere because it is made
//! again where it is used.
//!
//! Values are placed one after the other, the most used first, each where no value lives that is live at the
//! same time. Values that a call must preserve take r6 to r9, others r1 to r4. r0 and r5 are left free: lowering
//! works in them with values that found no register.

use std::collections::BTreeMap;

use bpf::MapIndex;
use bpf::insn::Reg;

use crate::ir::{Operand, Operation, Program, Value};
use crate::liveness::{BitSet, Liveness, step_over, step_over_terminator};

/// Where a virtual register lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// Nobody reads it.
    Nowhere,
    Register(Reg),
    /// 8 bytes of the stack frame, at this offset from the frame pointer.
    Spilled(i32),
    /// It is this offset from the frame pointer.
    Frame(i32),
    /// It is this constant.
    Constant(i64),
    /// It is this map.
    Map(MapIndex),
    /// It is this place in the only value of a map.
    MapValue(MapIndex, u32),
}

/// Where all live, and how deep the stack frame is then.
pub(crate) struct Allocation {
    pub(crate) locations: Vec<Location>,
    pub(crate) stack_bytes: u32,
}

/// What the allocator must know about a program besides its operations.
pub(crate) struct Plan<'a> {
    pub(crate) program: &'a Program,
    pub(crate) live: &'a Liveness,
    /// The blocks in the order of their code.
    pub(crate) order: &'a [usize],
    /// The value that is in r1 when the program starts.
    pub(crate) context: Value,
}

const PRESERVED: [Reg; 4] = [Reg::R6, Reg::R7, Reg::R8, Reg::R9];
const ARGUMENTS: [Reg; 5] = [Reg::R1, Reg::R2, Reg::R3, Reg::R4, Reg::R5];
const SCRATCH: [Reg; 4] = [Reg::R1, Reg::R2, Reg::R3, Reg::R4];
/// A use inside a loop counts this often for each loop around it.
const LOOP_WEIGHT: u64 = 8;
/// Loops around a use that count; the weight stays far from overflow.
const LOOP_DEPTH_MAX: u32 = 8;
/// Bytes of a spilled value.
const SPILL_BYTES: u32 = 8;

/// What is known about one virtual register.
#[derive(Clone)]
struct Candidate {
    conflicts: BitSet,
    crosses_call: bool,
    weight: u64,
    reads: u32,
    /// Registers and values it is moved from or to.
    wishes: Vec<Wish>,
    /// Its only definition, if that can be repeated anywhere.
    remade: Option<Location>,
    writes: u32,
}

#[derive(Clone, Copy)]
enum Wish {
    Register(Reg),
    With(usize),
}

/// Finds a place for each value.
pub(crate) fn allocate(plan: &Plan<'_>) -> Allocation {
    let mut candidates = candidates(plan);
    add_conflicts(plan, &mut candidates);
    let (_, named_bytes) = plan.program.stack_layout();
    let mut places = Places { locations: vec![Location::Nowhere; candidates.len()], spills: Vec::new() };
    let mut by_weight: Vec<usize> = (0..candidates.len()).collect();
    by_weight.sort_by_key(|index| (u64::MAX - candidates[*index].weight, *index));
    for index in by_weight {
        let candidate = &candidates[index];
        let remade = candidate.remade.filter(|_| candidate.writes == 1);
        places.locations[index] = match remade {
            _ if candidate.reads == 0 => Location::Nowhere,
            Some(place @ (Location::Frame(_) | Location::Constant(_) | Location::Map(_))) => place,
            other => match (places.register(candidate), other) {
                (Some(register), _) => Location::Register(register),
                (None, Some(place)) => place,
                (None, None) => places.spill(index, candidate, named_bytes),
            },
        };
    }
    let spilled = u32::try_from(places.spills.len()).unwrap_or(u32::MAX);
    let base = named_bytes.next_multiple_of(SPILL_BYTES);
    let stack_bytes =
        if spilled == 0 { named_bytes } else { base.saturating_add(spilled.saturating_mul(SPILL_BYTES)) };
    Allocation { locations: places.locations, stack_bytes }
}

struct Places {
    locations: Vec<Location>,
    /// The values of each spill slot; they are never live together.
    spills: Vec<Vec<usize>>,
}

impl Places {
    fn register(&self, candidate: &Candidate) -> Option<Reg> {
        let mut taken = [false; 11];
        for other in candidate.conflicts.iter() {
            if let Location::Register(register) = self.locations[other] {
                taken[usize::from(register.number())] = true;
            }
        }
        let free = |register: &Reg| {
            let allowed =
                PRESERVED.contains(register) || SCRATCH.contains(register) && !candidate.crosses_call;
            allowed && !taken[usize::from(register.number())]
        };
        let wished = candidate.wishes.iter().filter_map(|wish| match wish {
            Wish::Register(register) => Some(*register),
            Wish::With(other) => match self.locations[*other] {
                Location::Register(register) => Some(register),
                _ => None,
            },
        });
        wished.chain(SCRATCH).chain(PRESERVED).find(free)
    }

    fn spill(&mut self, index: usize, candidate: &Candidate, named_bytes: u32) -> Location {
        let fits = |slot: &Vec<usize>| !slot.iter().any(|other| candidate.conflicts.contains(*other));
        let number = self.spills.iter().position(fits).unwrap_or(self.spills.len());
        if number == self.spills.len() {
            self.spills.push(Vec::new());
        }
        self.spills[number].push(index);
        let below = u32::try_from(number + 1).unwrap_or(u32::MAX).saturating_mul(SPILL_BYTES);
        let below = named_bytes.next_multiple_of(SPILL_BYTES).saturating_add(below);
        Location::Spilled(i32::try_from(below).map_or(i32::MIN, |below| -below))
    }
}

fn candidates(plan: &Plan<'_>) -> Vec<Candidate> {
    let values = usize::try_from(plan.program.values).unwrap_or(usize::MAX);
    let empty = Candidate {
        conflicts: BitSet::new(values),
        crosses_call: false,
        weight: 0,
        reads: 0,
        wishes: Vec::new(),
        remade: None,
        writes: 0,
    };
    let mut candidates = vec![empty; values];
    let (offsets, _) = plan.program.stack_layout();
    candidates[plan.context.index()].wishes.push(Wish::Register(Reg::R1));
    candidates[plan.context.index()].writes = 1;
    let depths = depths(plan);
    for block in plan.order {
        let weight = LOOP_WEIGHT.pow(depths[*block].min(LOOP_DEPTH_MAX));
        let body = &plan.program.blocks[*block];
        for operation in &body.operations {
            for value in operation.read() {
                candidates[value.index()].weight += weight;
                candidates[value.index()].reads += 1;
            }
            if let Some(to) = operation.written() {
                candidates[to.index()].weight += weight;
                candidates[to.index()].writes += 1;
                candidates[to.index()].remade = remade(operation, &offsets);
            }
            wishes(operation, &mut candidates);
        }
        for value in body.terminator.iter().flat_map(crate::ir::Terminator::read) {
            candidates[value.index()].weight += weight;
            candidates[value.index()].reads += 1;
        }
    }
    candidates
}

/// What an operation makes, if it can be made again anywhere.
pub(crate) fn remade(operation: &Operation, offsets: &[i32]) -> Option<Location> {
    match operation {
        Operation::Assign { from: Operand::Constant(constant), .. } => Some(Location::Constant(*constant)),
        Operation::StackAddress { slot, .. } => offsets.get(slot.index()).copied().map(Location::Frame),
        Operation::Map { map, .. } => Some(Location::Map(*map)),
        Operation::MapValue { map, offset, .. } => Some(Location::MapValue(*map, *offset)),
        _ => None,
    }
}

fn wishes(operation: &Operation, candidates: &mut [Candidate]) {
    match operation {
        Operation::Assign { to, from: Operand::Value(from) }
        | Operation::Clamp { to, from, .. }
        | Operation::ByteSwap { to, from, .. }
        | Operation::Offset { to, base: from, .. }
        | Operation::Alu { to, a: from, .. } => {
            candidates[to.index()].wishes.push(Wish::With(from.index()));
            candidates[from.index()].wishes.push(Wish::With(to.index()));
        }
        Operation::Call { arguments, .. } => {
            for (argument, register) in arguments.iter().zip(ARGUMENTS) {
                if let Operand::Value(value) = argument {
                    candidates[value.index()].wishes.push(Wish::Register(register));
                }
            }
        }
        _ => {}
    }
}

/// How many loops are around each block: what lies between the ends of an edge that goes back.
fn depths(plan: &Plan<'_>) -> Vec<u32> {
    let mut position = vec![0; plan.program.blocks.len()];
    for (at, block) in plan.order.iter().enumerate() {
        position[*block] = at;
    }
    let mut ends: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, block) in plan.order.iter().enumerate() {
        let successors =
            plan.program.blocks[*block].terminator.iter().flat_map(crate::ir::Terminator::successors);
        for head in successors.map(|next| position[next.index()]).filter(|head| *head <= at) {
            let end = ends.entry(head).or_default();
            *end = at.max(*end);
        }
    }
    let mut depths = vec![0; plan.program.blocks.len()];
    for (head, end) in ends {
        for block in &plan.order[head..=end] {
            depths[*block] += 1;
        }
    }
    depths
}

fn add_conflicts(plan: &Plan<'_>, candidates: &mut [Candidate]) {
    for block in plan.order {
        let body = &plan.program.blocks[*block];
        let mut live = plan.live.after[*block].clone();
        step_over_terminator(body, &mut live);
        for operation in body.operations.iter().rev() {
            let written = operation.written();
            if let Some(to) = written {
                // A copy may share the place of what it was copied from.
                let copied = match operation {
                    Operation::Assign { from, .. } => from.value(),
                    _ => None,
                };
                conflicts(candidates, to, &live, copied);
            }
            if matches!(operation, Operation::Call { .. }) {
                let kept = live.iter().filter(|value| Some(*value) != written.map(Value::index));
                kept.for_each(|value| candidates[value].crosses_call = true);
            }
            step_over(&mut live, written, &operation.read());
        }
    }
    let at_start = plan.live.before[0].clone();
    conflicts(candidates, plan.context, &at_start, None);
}

fn conflicts(candidates: &mut [Candidate], to: Value, live: &BitSet, copied: Option<Value>) {
    let except = [Some(to.index()), copied.map(Value::index)];
    for other in live.iter().filter(|other| !except.contains(&Some(*other))) {
        candidates[to.index()].conflicts.insert(other);
        candidates[other].conflicts.insert(to.index());
    }
}
