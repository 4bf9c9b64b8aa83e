//! Whether a program is well formed as a graph: all names exist, all blocks are reached and end, and the only
//! way back is the `next` of a counted loop.

use std::collections::BTreeSet;

use super::{Problem, Reporter};
use crate::ir::{
    BLOCKS_MAX, Block, CLAIMS_MAX, CONTEXT_ARGUMENTS_MAX, CONTEXT_BYTES_MAX, ContextShape, LOOPS_MAX,
    MapDeclaration, OPERATIONS_MAX, Operation, Program, SLOTS_PER_CPU, STACK_BYTES_MAX, TRIPS_MAX,
    Terminator, VALUES_MAX, Value,
};
use bpf::object::MapKind;

/// One counted loop.
pub(crate) struct CountedLoop {
    pub(crate) header: usize,
    pub(crate) counter: Value,
    pub(crate) limit: u32,
    /// Its blocks, the header among them.
    pub(crate) blocks: BTreeSet<usize>,
}

/// The graph of a well-formed program.
pub(crate) struct Shape {
    /// All blocks, each after all that lead to it but for back edges.
    pub(crate) order: Vec<usize>,
    pub(crate) loops: Vec<CountedLoop>,
}

/// Checks the shape; `None` after an error that makes looking further pointless.
pub(crate) fn shape(program: &Program, reporter: &mut Reporter<'_>) -> Option<Shape> {
    sizes(program, reporter);
    maps(program, reporter);
    names(program, reporter);
    if reporter.any() {
        return None;
    }
    let order = order(program);
    let reached: BTreeSet<usize> = order.iter().copied().collect();
    for (index, block) in program.blocks.iter().enumerate() {
        if !reached.contains(&index) {
            reporter.at_block(&block.label);
            reporter.report("", Problem::Unreachable);
        }
    }
    if reporter.any() {
        return None;
    }
    let loops = loops(program, &order, reporter);
    (!reporter.any()).then_some(Shape { order, loops })
}

fn sizes(program: &Program, reporter: &mut Reporter<'_>) {
    let ends = |wanted: fn(&Terminator) -> bool| {
        count(program.blocks.iter().filter(|block| block.terminator.as_ref().is_some_and(wanted)).count())
    };
    let counts = [
        ("claims", ends(|end| matches!(end, Terminator::Claim { .. })), CLAIMS_MAX),
        ("loops", ends(|end| matches!(end, Terminator::Loop { .. })), LOOPS_MAX),
        ("values", program.values, VALUES_MAX),
        ("blocks", count(program.blocks.len()), BLOCKS_MAX),
        ("stack bytes", program.stack_layout().1, u32::from(STACK_BYTES_MAX)),
        (
            "operations",
            program.blocks.iter().map(|block| count(block.operations.len())).fold(0, u32::saturating_add),
            OPERATIONS_MAX,
        ),
    ];
    for (what, found, max) in counts {
        if found > max {
            reporter.report("", Problem::TooMany { what, found, max });
        }
    }
    if program.blocks.is_empty() {
        reporter.report("", Problem::Empty);
    }
    for (index, slot) in program.stack.iter().enumerate() {
        if slot.bytes == 0 || !matches!(slot.align, 1 | 2 | 4 | 8) {
            reporter.report(&format!("stack {index}"), Problem::StackSlot);
        }
    }
    let context_fits = match &program.context {
        ContextShape::Arguments(fields) => count(fields.len()) <= u32::from(CONTEXT_ARGUMENTS_MAX),
        ContextShape::Bytes { first, end } => first <= end && *end <= CONTEXT_BYTES_MAX,
    };
    if !context_fits {
        reporter.report("", Problem::ContextShape);
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn maps(program: &Program, reporter: &mut Reporter<'_>) {
    for (position, map) in program.maps.iter().enumerate() {
        if program.maps[..position].iter().any(|other| other.index == map.index) {
            reporter.report(&format!("map {}", map.index.0), Problem::MapTwice);
        }
        if map.scratch && !is_scratch(map) {
            reporter.report(&format!("map {}", map.index.0), Problem::ScratchShape);
        }
    }
}

fn is_scratch(map: &MapDeclaration) -> bool {
    let spec = &map.spec;
    spec.kind == MapKind::Array
        && spec.key_bytes == 4
        && spec.value_bytes >= 16
        && spec.value_bytes.is_multiple_of(8)
        && spec.entries > 0
        && spec.entries.is_multiple_of(SLOTS_PER_CPU)
        && spec.constants.is_none()
}

fn names(program: &Program, reporter: &mut Reporter<'_>) {
    let value_exists = |value: Value| value.index() < usize::try_from(program.values).unwrap_or(usize::MAX);
    let block_exists = |block: Block| block.index() < program.blocks.len();
    for body in &program.blocks {
        reporter.at_block(&body.label);
        for operation in &body.operations {
            let values_exist = operation.read().into_iter().chain(operation.written()).all(value_exists);
            let rest_exists = match operation {
                Operation::StackAddress { slot, .. } => slot.index() < program.stack.len(),
                Operation::Map { map, .. } | Operation::MapValue { map, .. } => program.map(*map).is_some(),
                _ => true,
            };
            if !values_exist || !rest_exists {
                reporter.report(&operation.to_string(), Problem::NoSuchName);
            }
        }
        let Some(terminator) = &body.terminator else {
            reporter.report("", Problem::Unfinished);
            continue;
        };
        let rest_exists = match terminator {
            Terminator::Claim { map, to, .. } => program.map(*map).is_some() && value_exists(*to),
            _ => true,
        };
        let all = terminator.successors().into_iter().all(block_exists)
            && terminator.read().into_iter().all(value_exists)
            && rest_exists;
        if !all {
            reporter.report_end(terminator, Problem::NoSuchName);
        }
    }
}

fn successors(program: &Program, block: usize) -> Vec<usize> {
    let terminator = program.blocks.get(block).and_then(|body| body.terminator.as_ref());
    terminator
        .map(|terminator| terminator.successors().into_iter().map(Block::index).collect())
        .unwrap_or_default()
}

/// Reverse postorder of what is reached from the entry, without recursion: hostile programs are deep.
fn order(program: &Program) -> Vec<usize> {
    let mut seen = vec![false; program.blocks.len()];
    let mut postorder = Vec::new();
    let mut path = vec![(0, successors(program, 0))];
    seen[0] = true;
    while let Some((block, rest)) = path.last_mut() {
        match rest.pop() {
            Some(next) if !seen[next] => {
                seen[next] = true;
                path.push((next, successors(program, next)));
            }
            Some(_) => {}
            None => {
                postorder.push(*block);
                path.pop();
            }
        }
    }
    postorder.reverse();
    postorder
}

fn loops(program: &Program, order: &[usize], reporter: &mut Reporter<'_>) -> Vec<CountedLoop> {
    let mut position = vec![0; program.blocks.len()];
    for (at, block) in order.iter().enumerate() {
        position[*block] = at;
    }
    let mut predecessors = vec![Vec::new(); program.blocks.len()];
    for block in order {
        for next in successors(program, *block) {
            predecessors[next].push(*block);
        }
    }
    let dominators = dominators(order, &position, &predecessors);
    let mut loops = Vec::new();
    for block in order {
        let body = &program.blocks[*block];
        reporter.at_block(&body.label);
        match &body.terminator {
            Some(Terminator::Loop { counter, limit, body: first, exit }) => {
                if !(1..=TRIPS_MAX).contains(limit) {
                    reporter.report_end_of(body, Problem::Trips { limit: *limit });
                }
                if first == exit || predecessors[first.index()].len() != 1 {
                    reporter.report_end_of(body, Problem::LoopBody);
                }
                let blocks = members(program, *block, &predecessors);
                loops.push(CountedLoop { header: *block, counter: *counter, limit: *limit, blocks });
            }
            Some(Terminator::Next { header }) => {
                let inside = match &program.blocks[header.index()].terminator {
                    Some(Terminator::Loop { body, .. }) => dominates(&dominators, body.index(), *block),
                    _ => false,
                };
                if !inside {
                    reporter.report_end_of(body, Problem::NextOutside);
                }
            }
            _ => {}
        }
        let back = successors(program, *block).into_iter().any(|next| position[next] <= position[*block]);
        if back && !matches!(&body.terminator, Some(Terminator::Next { .. })) {
            reporter.report_end_of(body, Problem::Backwards);
        }
    }
    for found in &loops {
        counter_is_left_alone(program, found, reporter);
    }
    loops
}

/// Immediate dominators by block (Cooper, Harvey, Kennedy: "A Simple, Fast Dominance Algorithm").
fn dominators(order: &[usize], position: &[usize], predecessors: &[Vec<usize>]) -> Vec<Option<usize>> {
    let mut dominators = vec![None; position.len()];
    dominators[0] = Some(0);
    let mut changed = true;
    while changed {
        changed = false;
        for block in order.iter().skip(1) {
            let mut common: Option<usize> = None;
            for before in predecessors[*block].iter().filter(|before| dominators[**before].is_some()) {
                common = Some(common.map_or(*before, |other| meet(&dominators, position, other, *before)));
            }
            changed |= dominators[*block] != common;
            dominators[*block] = common;
        }
    }
    dominators
}

fn meet(dominators: &[Option<usize>], position: &[usize], mut a: usize, mut b: usize) -> usize {
    while a != b {
        let later = if position[a] > position[b] { &mut a } else { &mut b };
        *later = dominators[*later].unwrap_or(0);
    }
    a
}

fn dominates(dominators: &[Option<usize>], above: usize, mut block: usize) -> bool {
    while block != above && block != 0 {
        block = dominators[block].unwrap_or(0);
    }
    block == above
}

/// The blocks of the natural loop of `header`.
fn members(program: &Program, header: usize, predecessors: &[Vec<usize>]) -> BTreeSet<usize> {
    let mut blocks = BTreeSet::from([header]);
    let back = |block: &usize| matches!(&program.blocks[*block].terminator, Some(Terminator::Next { header: to }) if to.index() == header);
    let mut rest: Vec<usize> = predecessors[header].iter().copied().filter(back).collect();
    while let Some(block) = rest.pop() {
        if blocks.insert(block) {
            rest.extend(&predecessors[block]);
        }
    }
    blocks
}

fn counter_is_left_alone(program: &Program, found: &CountedLoop, reporter: &mut Reporter<'_>) {
    for block in &found.blocks {
        let body = &program.blocks[*block];
        reporter.at_block(&body.label);
        for operation in body.operations.iter().filter(|operation| operation.written() == Some(found.counter))
        {
            reporter.report(&operation.to_string(), Problem::CounterWritten { counter: found.counter });
        }
        let shared = match &body.terminator {
            Some(Terminator::Loop { counter, .. }) => *block != found.header && *counter == found.counter,
            Some(Terminator::Claim { to, .. }) => *to == found.counter,
            _ => false,
        };
        if shared {
            reporter.report_end_of(body, Problem::CounterWritten { counter: found.counter });
        }
    }
}
