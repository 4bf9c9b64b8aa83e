//! Makes a plain program smaller without changing what it does: constants go where they are used, results go
//! straight where they are assigned, what nobody reads is dropped, empty blocks are jumped over.

use std::collections::BTreeMap;

use bpf::insn::{Alu, Size};

use crate::ir::{Block, Operand, Operation, Program, Terminator, Value};
use crate::liveness::{liveness, step_over, step_over_terminator};

/// Simplifies a program of plain operations.
pub(super) fn simplify(program: &mut Program) {
    use_constants(program);
    retarget(program);
    while drop_unread(program) {}
    thread_jumps(program);
}

/// How often each value is written, and read.
fn counts(program: &Program) -> (Vec<u32>, Vec<u32>) {
    let values = usize::try_from(program.values).unwrap_or(usize::MAX);
    let (mut written, mut read) = (vec![0_u32; values], vec![0_u32; values]);
    for block in &program.blocks {
        for operation in &block.operations {
            if let Some(value) = operation.written() {
                written[value.index()] += 1;
            }
            for value in operation.read() {
                read[value.index()] += 1;
            }
        }
        for value in block.terminator.iter().flat_map(Terminator::read) {
            read[value.index()] += 1;
        }
    }
    (written, read)
}

fn use_constants(program: &mut Program) {
    let (written, _) = counts(program);
    let mut constants = BTreeMap::new();
    for operation in program.blocks.iter().flat_map(|block| &block.operations) {
        if let Operation::Assign { to, from: Operand::Constant(constant) } = operation
            && written[to.index()] == 1
        {
            constants.insert(*to, *constant);
        }
    }
    let replace = |operand: &mut Operand| {
        if let Some(constant) = operand.value().and_then(|value| constants.get(&value)) {
            *operand = Operand::Constant(*constant);
        }
    };
    for block in &mut program.blocks {
        for operation in &mut block.operations {
            operands(operation, &replace);
        }
        if let Some(Terminator::Branch { b, .. } | Terminator::Return(b)) = &mut block.terminator {
            replace(b);
        }
    }
}

fn operands(operation: &mut Operation, replace: &impl Fn(&mut Operand)) {
    match operation {
        Operation::Alu { size, op, b, .. } => {
            let before = *b;
            replace(b);
            let Operand::Constant(constant) = b else { return };
            let bits = if *size == Size::W32 { 32_u32 } else { 64 };
            match op {
                // A kernel refuses these with a constant that a register may hold.
                Alu::Div | Alu::Mod if constant.cast_unsigned().trailing_zeros() >= bits => *b = before,
                Alu::Lsh | Alu::Rsh | Alu::Arsh => *constant &= i64::from(bits - 1),
                _ => {}
            }
        }
        Operation::Assign { from, .. }
        | Operation::Offset { by: from, .. }
        | Operation::Store { from, .. }
        | Operation::AtomicAdd { from, .. }
        | Operation::FetchAdd { from, .. }
        | Operation::Exchange { from, .. } => replace(from),
        Operation::Call { arguments, .. } => arguments.iter_mut().for_each(replace),
        _ => {}
    }
}

/// `t = ...; x = t` with no other use of `t` becomes `x = ...`.
fn retarget(program: &mut Program) {
    let (written, read) = counts(program);
    for block in &mut program.blocks {
        let mut kept: Vec<Operation> = Vec::with_capacity(block.operations.len());
        for operation in std::mem::take(&mut block.operations) {
            let target = match (&operation, kept.last().and_then(Operation::written)) {
                (Operation::Assign { to, from: Operand::Value(from) }, Some(last))
                    if last == *from && written[last.index()] == 1 && read[last.index()] == 1 =>
                {
                    Some(*to)
                }
                _ => None,
            };
            match (target, kept.last_mut().and_then(destination)) {
                (Some(target), Some(destination)) => *destination = target,
                _ => kept.push(operation),
            }
        }
        block.operations = kept;
    }
}

fn destination(operation: &mut Operation) -> Option<&mut Value> {
    match operation {
        Operation::Assign { to, .. }
        | Operation::Alu { to, .. }
        | Operation::ByteSwap { to, .. }
        | Operation::Clamp { to, .. }
        | Operation::Offset { to, .. }
        | Operation::Load { to, .. }
        | Operation::FetchAdd { to, .. }
        | Operation::Exchange { to, .. }
        | Operation::Call { to, .. } => Some(to),
        _ => None,
    }
}

/// Drops operations whose only effect is a result that nobody reads; says whether there were any.
fn drop_unread(program: &mut Program) -> bool {
    let values = usize::try_from(program.values).unwrap_or(usize::MAX);
    let live = liveness(&program.blocks, values);
    let mut dropped = false;
    for (block, after) in program.blocks.iter_mut().zip(live.after) {
        let mut live = after;
        step_over_terminator(block, &mut live);
        let mut kept = Vec::with_capacity(block.operations.len());
        for operation in std::mem::take(&mut block.operations).into_iter().rev() {
            let unread = operation.written().is_some_and(|to| !live.contains(to.index()));
            let itself = matches!(&operation, Operation::Assign { to, from } if from.value() == Some(*to));
            if itself || unread && !has_effect(&operation) {
                dropped = true;
                continue;
            }
            step_over(&mut live, operation.written(), &operation.read());
            kept.push(operation);
        }
        kept.reverse();
        block.operations = kept;
    }
    dropped
}

fn has_effect(operation: &Operation) -> bool {
    matches!(operation, Operation::Call { .. } | Operation::FetchAdd { .. } | Operation::Exchange { .. })
}

fn thread_jumps(program: &mut Program) {
    let through: Vec<Option<Block>> = program
        .blocks
        .iter()
        .map(|block| match (&block.terminator, block.operations.is_empty()) {
            (Some(Terminator::Goto(next)), true) => Some(*next),
            _ => None,
        })
        .collect();
    let end_of = |mut block: Block| {
        // A chain is no longer than the program: blocks that only jump to one another cannot be a loop.
        for _ in 0..through.len() {
            let Some(next) = through[block.index()] else { break };
            block = next;
        }
        block
    };
    for block in &mut program.blocks {
        match &mut block.terminator {
            Some(Terminator::Goto(next)) => *next = end_of(*next),
            Some(Terminator::Branch { then, otherwise, .. }) => {
                (*then, *otherwise) = (end_of(*then), end_of(*otherwise));
            }
            _ => {}
        }
    }
}
