//! Turns what only the intermediate form has (claims, counted loops, context reads) into plain operations.
//!
//! The result has one more value, the context pointer, which is set when the program starts.

use bpf::MapIndex;
use bpf::insn::{Alu, Compare, Size, Width};

use crate::helpers::Helper;
use crate::ir::{
    BUSY_BYTES, Block, BlockBody, Operation, Program, SLOTS_PER_CPU, StackRange, StackSlot, Target,
    Terminator, Value,
};

/// A program of plain operations.
pub(super) struct Plain {
    pub(super) program: Program,
    /// The value that holds the context pointer from the start.
    pub(super) context: Value,
}

/// Rewrites a well-formed program.
pub(super) fn desugar(program: &Program, target: Target) -> Plain {
    let mut plain = Program { blocks: Vec::new(), ..program.clone() };
    let context = fresh(&mut plain);
    let mut blocks = program.blocks.clone();
    for block in &mut blocks {
        let operations = std::mem::take(&mut block.operations);
        block.operations = operations
            .into_iter()
            .filter_map(|operation| rewrite(program, target, context, operation))
            .collect();
    }
    plain.blocks = blocks;
    for index in 0..program.blocks.len() {
        end(program, target, &mut plain, index);
    }
    Plain { program: plain, context }
}

fn fresh(program: &mut Program) -> Value {
    let value = Value(u16::try_from(program.values).unwrap_or(u16::MAX));
    program.values += 1;
    value
}

fn rewrite(program: &Program, target: Target, context: Value, operation: Operation) -> Option<Operation> {
    Some(match operation {
        Operation::ContextPointer { to } => Operation::Assign { to, from: context.into() },
        Operation::Context { to, index } => {
            Operation::Load { width: Width::B8, to, base: context, offset: i32::from(index) * 8 }
        }
        Operation::ContextBytes { width, to, offset } => {
            Operation::Load { width, to, base: context, offset: i32::from(offset) }
        }
        Operation::LoadPointer { to, base, offset } => Operation::Load { width: Width::B8, to, base, offset },
        // A plain store frees the slot: on x86-64 it becomes visible after all stores before it.
        Operation::Release { slot } if target.fetch_atomics => {
            let map = program.claimed_map(slot)?;
            Operation::Store {
                width: Width::B8,
                base: slot,
                offset: busy_offset(program, map),
                from: 0.into(),
            }
        }
        Operation::Release { .. } => return None,
        other => other,
    })
}

fn busy_offset(program: &Program, map: MapIndex) -> i32 {
    let bytes = program.map(map).map_or(0, |map| map.spec.value_bytes.saturating_sub(BUSY_BYTES));
    i32::try_from(bytes).unwrap_or(i32::MAX)
}

fn end(program: &Program, target: Target, plain: &mut Program, index: usize) {
    let Some(terminator) = program.blocks[index].terminator.clone() else { return };
    let block = &mut plain.blocks[index];
    match terminator {
        Terminator::Loop { counter, limit, body, exit } => {
            block.terminator = Some(Terminator::Branch {
                size: Size::W64,
                compare: Compare::Ge,
                a: counter,
                b: limit.into(),
                then: exit,
                otherwise: body,
            });
        }
        Terminator::Next { header } => {
            if let Some(Terminator::Loop { counter, .. }) = program.blocks[header.index()].terminator {
                let one =
                    Operation::Alu { size: Size::W64, op: Alu::Add, to: counter, a: counter, b: 1.into() };
                block.operations.push(one);
            }
            block.terminator = Some(Terminator::Goto(header));
        }
        Terminator::Claim { to, map, got, none } => {
            claim(target, plain, (program.stack.len(), index), &Claim { to, map, got, none });
        }
        _ => {}
    }
}

struct Claim {
    to: Value,
    map: MapIndex,
    got: Block,
    none: Block,
}

/// Ends block `index` of a program with `named` stack slots of its own by a claim.
///
/// The slots of this CPU one after the other: look up, exchange the busy word with 1; it was 0 in a free one.
fn claim(target: Target, plain: &mut Program, (named, index): (usize, usize), claim: &Claim) {
    // All claims use the same stack slot for the key: none of them starts before another has ended.
    let key = StackSlot(u16::try_from(named).unwrap_or(u16::MAX));
    if plain.stack.len() == named {
        plain.stack.push(StackRange { bytes: 4, align: 4 });
    }
    let (cpu, first, address) = (fresh(plain), fresh(plain), fresh(plain));
    let slots = i64::from(SLOTS_PER_CPU);
    let start = [
        Operation::Call { to: cpu, helper: Helper::GetSmpProcessorId, arguments: Vec::new() },
        Operation::Alu { size: Size::W64, op: Alu::Mul, to: first, a: cpu, b: slots.into() },
        Operation::StackAddress { to: address, slot: key },
        Operation::Store { width: Width::B4, base: address, offset: 0, from: first.into() },
    ];
    plain.blocks[index].operations.extend(start);
    let rounds = if target.fetch_atomics { SLOTS_PER_CPU } else { 1 };
    let mut current = index;
    for round in 1..=rounds {
        let last = round == rounds;
        let taken = look_up(plain, current, address, claim);
        if !target.fetch_atomics {
            plain.blocks[current].terminator = Some(unless_null(claim.to, claim.got, claim.none));
            return;
        }
        let exchange = new_block(plain, "claim");
        plain.blocks[current].terminator = Some(unless_null(claim.to, exchange, claim.none));
        let next = if last { claim.none } else { new_block(plain, "claim") };
        let busy = busy_offset(plain, claim.map);
        let swap = Operation::Exchange { to: taken, base: claim.to, offset: busy, from: 1.into() };
        plain.blocks[exchange.index()].operations.push(swap);
        plain.blocks[exchange.index()].terminator = Some(unless_null(taken, next, claim.got));
        if last {
            return;
        }
        let number = fresh(plain);
        let place = (address, 0);
        plain.blocks[next.index()].operations.extend([
            Operation::Load { width: Width::B4, to: number, base: place.0, offset: place.1 },
            Operation::Alu { size: Size::W64, op: Alu::Add, to: number, a: number, b: 1.into() },
            Operation::Store { width: Width::B4, base: place.0, offset: place.1, from: number.into() },
        ]);
        current = next.index();
    }
}

// Appends the look-up; returns the value for the old busy word.
fn look_up(plain: &mut Program, block: usize, address: Value, claim: &Claim) -> Value {
    let (map, taken) = (fresh(plain), fresh(plain));
    plain.blocks[block].operations.extend([
        Operation::Map { to: map, map: claim.map },
        Operation::Call {
            to: claim.to,
            helper: Helper::MapLookup,
            arguments: vec![map.into(), address.into()],
        },
    ]);
    taken
}

fn unless_null(a: Value, then: Block, otherwise: Block) -> Terminator {
    Terminator::Branch { size: Size::W64, compare: Compare::Ne, a, b: 0.into(), then, otherwise }
}

fn new_block(plain: &mut Program, label: &str) -> Block {
    let number = u16::try_from(plain.blocks.len()).unwrap_or(u16::MAX);
    let label = format!("{label}_{number}");
    plain.blocks.push(BlockBody { label, operations: Vec::new(), terminator: None });
    Block(number)
}
