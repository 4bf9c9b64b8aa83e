//! Says whether every kernel from 5.10 to 7.2 would take a program, before any kernel is asked.
//!
//! Abstract interpretation over blocks. It is at least as strict as the kernels' verifiers for what
//! [`crate::build`] can say: bounds follow the rules of 5.10 ([`range`]), paths that meet are joined where a
//! kernel would walk each, and what changes in a loop loses its bounds. A program that passes and is then
//! rejected by a kernel is a bug here. What is not checked: whether the hook has the helpers, whether a kernel
//! pointer's type has what is loaded from it, and which number the hook allows as a result.
//!
//! Checked are:
//! - the graph: blocks are reached and end, only `next` goes back, loops are bounded, the counter is left alone;
//! - values: set on every path, numbers where numbers are needed, pointers where pointers are;
//! - memory: loads, stores and helpers stay inside stack slots, map values, records and the context; stack
//!   bytes are set before they are read; frozen maps are not written; null is ruled out first;
//! - helpers: arity, kinds, bounded sizes;
//! - scratch: slots are reached by a claim only, given back once on every path, not used after; ring records too;
//! - effort: the estimate of verified instructions stays within [`Target::instructions_max`].

mod call;
mod range;
mod shape;
mod state;
mod step;

use std::fmt;

use crate::ir::{BlockBody, Operation, Program, Target, Terminator, Value};
use crate::liveness::liveness;
use crate::text::terminator_text;
pub(crate) use range::negated;
use shape::{CountedLoop, Shape};
use state::{Held, Kind, State};
use step::Interpreter;

/// What verification found out about a program that is fine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Instructions the kernel's verifier will walk, about: blocks times trips.
    pub instructions_estimate: u32,
    /// Bytes of the stack frame; of the named slots here, with spilled values from [`crate::compile`].
    pub stack_bytes: u16,
}

/// One thing that is wrong with a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// The program.
    pub program: String,
    /// Label of the block; empty if it is about the whole program.
    pub block: String,
    /// Text of the operation or end; empty if it is about the whole block.
    pub instruction: String,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.program)?;
        if !self.block.is_empty() {
            write!(f, "{}: ", self.block)?;
        }
        if !self.instruction.is_empty() {
            write!(f, "`{}`: ", self.instruction)?;
        }
        self.problem.fmt(f)
    }
}

impl std::error::Error for VerifyError {}

/// What can be wrong with a program.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each variant, below, is its documentation")]
pub enum Problem {
    // The graph.
    Empty,
    TooMany { what: &'static str, found: u32, max: u32 },
    StackSlot,
    ContextShape,
    MapTwice,
    ScratchShape,
    NoSuchName,
    Unfinished,
    Unreachable,
    Backwards,
    Trips { limit: u32 },
    LoopBody,
    NextOutside,
    CounterWritten { counter: Value },
    CounterStart { counter: Value },
    Effort { estimate: u32, max: u32, heaviest: String },
    // Values.
    NotSet { value: Value },
    Released { value: Value },
    Wanted { value: Value, wanted: &'static str, found: &'static str },
    MaybeNull { value: Value },
    PointerStored { value: Value },
    PointerCompared { value: Value },
    ZeroDivision,
    Shift { amount: i64, bits: i64 },
    SwapWidth,
    ClampTooLarge { max: u32 },
    // Memory.
    ContextIndex { index: u16, arguments: usize },
    ContextBytes { from: u32, to: u32 },
    ContextKind,
    ContextUnaligned,
    OutOfBounds { value: Value, from: i64, to: i64, bytes: u32 },
    Unbounded { value: Value },
    StackUnset { value: Value },
    StackUnaligned { value: Value },
    AtomicUnaligned { value: Value },
    Frozen { map: u16 },
    SeveralConstants { map: u16 },
    KernelOffset { value: Value },
    NoFetchAtomics,
    MapValueKind { map: u16 },
    MapValueOffset { offset: u32, bytes: u32 },
    // Helpers.
    Arity { wanted: usize, found: usize },
    NotAMap { value: String, wanted: &'static str },
    SizeUnbounded { size: String },
    SizeZero { size: String },
    SizeNotConstant { size: String },
    StringAtStart { value: Value },
    NotFrozenText { value: String },
    // What is held.
    ScratchNotClaimed { map: u16 },
    ClaimOfPlainMap { map: u16 },
    ClaimTwice,
    ReleaseWithoutClaim { value: Value },
    RecordTwice,
    SlotKept,
    RecordKept,
    HeldSometimes,
}

impl fmt::Display for Problem {
    #[expect(clippy::too_many_lines, reason = "one arm for each problem")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the program has no blocks"),
            Self::TooMany { what, found, max } => write!(f, "{found} {what}, at most {max} are possible"),
            Self::StackSlot => f.write_str("a stack slot needs at least 1 byte and alignment 1, 2, 4 or 8"),
            Self::ContextShape => f.write_str("no hook has a context of this shape"),
            Self::MapTwice => f.write_str("two maps have this index"),
            Self::ScratchShape => f.write_str(
                "a scratch map is an array with 4-byte keys, a multiple of 4 entries, and values of a multiple \
                 of 8 bytes from 16 on",
            ),
            Self::NoSuchName => f.write_str("it names a value, block, map or stack slot that the program lacks"),
            Self::Unfinished => f.write_str("the block has no end; add goto, if, return, loop, next or claim"),
            Self::Unreachable => f.write_str("no path leads to this block; kernels refuse dead code"),
            Self::Backwards => f.write_str("only `next` of a counted loop may go back"),
            Self::Trips { limit } => write!(f, "a loop makes 1 to 1000 trips, not {limit}"),
            Self::LoopBody => f.write_str("only the loop itself may lead to the start of its body"),
            Self::NextOutside => f.write_str("`next` must be inside the body of the loop it names"),
            Self::CounterWritten { counter } => write!(f, "the loop's counter {counter} is written in its body"),
            Self::CounterStart { counter } => {
                write!(f, "the loop's counter {counter} must start as a known number from 0 to the limit")
            }
            Self::Effort { estimate, max, heaviest } => {
                write!(f, "verifying takes about {estimate} instructions, at most {max} are allowed; most in {heaviest}")
            }
            Self::NotSet { value } => write!(f, "{value} is not set on every path to here"),
            Self::Released { value } => write!(f, "{value} points to memory that was given back"),
            Self::Wanted { value, wanted, found } => write!(f, "{value} must be {wanted}, it is {found}"),
            Self::MaybeNull { value } => write!(f, "{value} may be null; compare it with 0 first"),
            Self::PointerStored { value } => write!(f, "{value} is a pointer; only numbers can be stored"),
            Self::PointerCompared { value } => {
                write!(f, "{value} is a pointer; it can only be compared with 0 by == and != of 64 bits")
            }
            Self::ZeroDivision => f.write_str("division by the constant 0"),
            Self::Shift { amount, bits } => write!(f, "a shift by {amount} of {bits} bits"),
            Self::SwapWidth => f.write_str("one byte cannot be swapped"),
            Self::ClampTooLarge { max } => write!(f, "a clamp to {max}, more than 31 bits hold"),
            Self::ContextIndex { index, arguments } => {
                write!(f, "argument {index} of a context with {arguments}")
            }
            Self::ContextBytes { from, to } => write!(f, "bytes {from}..{to} lie outside the context"),
            Self::ContextKind => f.write_str("the context of this program is not read in this way"),
            Self::ContextUnaligned => f.write_str("a context is read by aligned loads only"),
            Self::OutOfBounds { value, from, to, bytes } => {
                write!(f, "{value}: bytes {from}..{to} can lie outside the {bytes} bytes it points into")
            }
            Self::Unbounded { value } => {
                write!(f, "{value} has no bounds; clamp it after it was loaded or changed in a loop")
            }
            Self::StackUnset { value } => write!(f, "{value}: stack bytes are read before they are set"),
            Self::StackUnaligned { value } => write!(f, "{value}: an access of the stack must be aligned"),
            Self::AtomicUnaligned { value } => {
                write!(f, "{value}: an atomic operation needs a known place, a multiple of 8")
            }
            Self::Frozen { map } => write!(f, "map {map} holds constants and cannot be written"),
            // `bpf_map_direct_read` asks the array for the address of its only value, and fails with ENOTSUPP.
            Self::SeveralConstants { map } => {
                write!(f, "map {map} holds several constants, and the kernel reads constants from one value only")
            }
            Self::KernelOffset { value } => {
                write!(f, "{value} is a kernel pointer; it moves only by constants, not before its start")
            }
            Self::NoFetchAtomics => f.write_str("the kernel has no atomics that return what memory held"),
            Self::MapValueKind { map } => {
                write!(f, "map {map}: only an array of one entry, not scratch, has an address in a program")
            }
            Self::MapValueOffset { offset, bytes } => write!(f, "byte {offset} of a value of {bytes} bytes"),
            Self::Arity { wanted, found } => write!(f, "{found} arguments, the helper takes {wanted}"),
            Self::NotAMap { value, wanted } => write!(f, "{value} must be {wanted}"),
            Self::SizeUnbounded { size } => {
                write!(f, "the size {size} has no bounds or can be negative; clamp it right before the call")
            }
            Self::SizeZero { size } => write!(f, "the size {size} can be 0; this helper refuses that"),
            Self::SizeNotConstant { size } => write!(f, "the size {size} must be a constant from 1 on"),
            Self::StringAtStart { value } => {
                write!(f, "{value}: kernels to 6.1 cannot read a string to the first byte of a map value")
            }
            Self::NotFrozenText { value } => {
                write!(f, "{value} must point to text that ends with 0 in a map of constants")
            }
            Self::ScratchNotClaimed { map } => write!(f, "map {map} is scratch: only a claim reaches it"),
            Self::ClaimOfPlainMap { map } => write!(f, "map {map} is not a scratch map"),
            Self::ClaimTwice => f.write_str("a slot is claimed already"),
            Self::ReleaseWithoutClaim { value } => write!(f, "{value} is not the start of the slot that is held"),
            Self::RecordTwice => f.write_str("a ring record is reserved already"),
            Self::SlotKept => f.write_str("the claimed slot is not given back"),
            Self::RecordKept => f.write_str("the ring record is neither submitted nor discarded"),
            Self::HeldSometimes => f.write_str("paths meet here, some with a slot or record held and some without"),
        }
    }
}

/// Errors reported for one program at most; the rest is likely to follow from them.
const ERRORS_MAX: usize = 32;

/// Collects errors with their place.
pub(crate) struct Reporter<'a> {
    program: &'a Program,
    block: String,
    errors: Vec<VerifyError>,
    silent: bool,
}

impl<'a> Reporter<'a> {
    fn new(program: &'a Program) -> Self {
        Self { program, block: String::new(), errors: Vec::new(), silent: false }
    }

    fn at_block(&mut self, label: &str) {
        label.clone_into(&mut self.block);
    }

    fn report(&mut self, instruction: &str, problem: Problem) {
        if self.silent || self.errors.len() >= ERRORS_MAX {
            return;
        }
        self.errors.push(VerifyError {
            program: self.program.name.clone(),
            block: self.block.clone(),
            instruction: instruction.to_owned(),
            problem,
        });
    }

    fn report_end(&mut self, terminator: &Terminator, problem: Problem) {
        if !self.silent {
            self.report(&terminator_text(self.program, terminator), problem);
        }
    }

    fn report_end_of(&mut self, body: &BlockBody, problem: Problem) {
        match &body.terminator {
            Some(terminator) => self.report_end(terminator, problem),
            None => self.report("", problem),
        }
    }

    fn any(&self) -> bool {
        !self.errors.is_empty()
    }
}

/// Whether all names of a program exist and its graph can be walked, which every pass after this one relies on.
pub(crate) fn is_well_formed(program: &Program) -> bool {
    shape::shape(program, &mut Reporter::new(program)).is_some()
}

/// Verifies a program for a target.
pub fn verify(program: &Program, target: &Target) -> Result<Verified, Vec<VerifyError>> {
    let mut reporter = Reporter::new(program);
    let Some(shape) = shape::shape(program, &mut reporter) else { return Err(reporter.errors) };
    let estimate = effort(program, *target, &shape, &mut reporter);
    flow(program, *target, &shape, &mut reporter);
    if reporter.any() {
        return Err(reporter.errors);
    }
    let stack_bytes = u16::try_from(program.stack_layout().1).unwrap_or(u16::MAX);
    Ok(Verified { instructions_estimate: estimate, stack_bytes })
}

/// Runs the interpretation to its fixed point in silence, then once more to report.
fn flow<'p>(program: &'p Program, target: Target, shape: &Shape, reporter: &mut Reporter<'p>) {
    let live = liveness(&program.blocks, usize::try_from(program.values).unwrap_or(usize::MAX));
    let mut entries: Vec<Option<State>> = vec![None; program.blocks.len()];
    let mut dirty = vec![false; program.blocks.len()];
    let mut trips = vec![0_u32; program.blocks.len()];
    entries[0] = Some(State::new());
    dirty[0] = true;
    reporter.silent = true;
    while let Some(block) = shape.order.iter().copied().find(|block| dirty[*block]) {
        dirty[block] = false;
        let Some(entry) = entries[block].clone() else { continue };
        let back = matches!(program.blocks[block].terminator, Some(Terminator::Next { .. }));
        let edges = Interpreter { program, target, reporter: &mut *reporter, state: entry, block }.run();
        for (next, mut state) in edges {
            state.keep_live(&live.before[next]);
            trips[next] += u32::from(back);
            dirty[next] |= match &mut entries[next] {
                Some(known) => known.join(&state, back && trips[next] > TRIPS_BEFORE_WIDENING),
                empty => {
                    *empty = Some(state);
                    true
                }
            };
        }
    }
    reporter.silent = false;
    for block in &shape.order {
        let Some(entry) = entries[*block].clone() else { continue };
        reporter.at_block(&program.blocks[*block].label);
        if entry.slot == Held::Sometimes || entry.record == Held::Sometimes {
            reporter.report("", Problem::HeldSometimes);
        }
        let edges =
            Interpreter { program, target, reporter: &mut *reporter, state: entry, block: *block }.run();
        for (next, state) in edges {
            counter_starts_known(program, *block, next, &state, reporter);
        }
    }
}

/// A loop's state is joined exactly this often; then bounds that still move are given up, so that the fixed
/// point is reached after a few rounds.
const TRIPS_BEFORE_WIDENING: u32 = 3;

fn counter_starts_known(
    program: &Program,
    from: usize,
    to: usize,
    state: &State,
    reporter: &mut Reporter<'_>,
) {
    let Some(Terminator::Loop { counter, limit, .. }) = &program.blocks[to].terminator else { return };
    let body = &program.blocks[from];
    if matches!(body.terminator, Some(Terminator::Next { .. })) {
        return;
    }
    let known = match state.kind(*counter) {
        Kind::Number(range) => range.known().is_some_and(|start| (0..=i64::from(*limit)).contains(&start)),
        _ => false,
    };
    if !known {
        reporter.report_end_of(body, Problem::CounterStart { counter: *counter });
    }
}

/// Sums up what the kernel will walk; over the budget it names the loop, or the straight code, with most of it.
fn effort(program: &Program, target: Target, shape: &Shape, reporter: &mut Reporter<'_>) -> u32 {
    let mut total = 0_u64;
    let mut shares = vec![0_u64; shape.loops.len()];
    for block in &shape.order {
        let around = |found: &&CountedLoop| found.blocks.contains(block);
        let trips = shape
            .loops
            .iter()
            .filter(around)
            .map(|found| u64::from(found.limit))
            .fold(1, u64::saturating_mul);
        let cost = block_effort(&program.blocks[*block], target).saturating_mul(trips);
        total = total.saturating_add(cost);
        for (share, _) in shares.iter_mut().zip(&shape.loops).filter(|(_, found)| around(found)) {
            *share = share.saturating_add(cost);
        }
    }
    let estimate = u32::try_from(total).unwrap_or(u32::MAX);
    if estimate > target.instructions_max {
        // Of loops in one another the innermost has the fewest blocks and is what can be shortened.
        let heaviest = shares
            .iter()
            .zip(&shape.loops)
            .filter(|(share, _)| **share > total / 2)
            .min_by_key(|(_, found)| found.blocks.len())
            .map_or("straight code".to_owned(), |(_, found)| {
                format!("loop {}", program.blocks[found.header].label)
            });
        reporter.at_block("");
        reporter.report("", Problem::Effort { estimate, max: target.instructions_max, heaviest });
    }
    estimate
}

fn block_effort(body: &BlockBody, target: Target) -> u64 {
    let operations: u64 = body
        .operations
        .iter()
        .map(|operation| match operation {
            Operation::Call { arguments, .. } => 2 + arguments.iter().map(|_| 2).sum::<u64>(),
            Operation::Clamp { .. } => 4,
            Operation::Assign { .. } | Operation::Load { .. } | Operation::Store { .. } => 1,
            _ => 2,
        })
        .sum();
    let end = match &body.terminator {
        Some(Terminator::Claim { .. }) if target.fetch_atomics => CLAIM_EFFORT,
        Some(Terminator::Claim { .. }) => CLAIM_EFFORT / 3,
        _ => 2,
    };
    operations + end
}

/// Instructions of a claim: four rounds of a look-up and an exchange.
const CLAIM_EFFORT: u64 = 56;
