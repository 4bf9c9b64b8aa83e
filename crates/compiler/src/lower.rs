//! From a verified program to instructions.
//!
//! The passes: claims, loops and context reads become plain operations ([`desugar`]), constants and dead values
//! go ([`simplify`]), each value gets a place ([`crate::registers`]), and blocks are written one after the
//! other ([`emit`]). Bounds that [`crate::verify`] relied on are kept visible to the kernel: a clamp ends on the
//! register or spill slot that is used next, a spilled value that a branch has narrowed is stored again, and what
//! is added to a pointer has no [`links`].

mod desugar;
mod emit;
mod links;
mod simplify;

use std::fmt;

use bpf::Insn;

use crate::ir::{Program, STACK_BYTES_MAX, Target, Terminator};
use crate::liveness::liveness;
use crate::registers::{Plan, allocate};
use crate::verify::is_well_formed;

/// Why a program has no instructions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LowerError {
    /// It is not even well formed; verification says why.
    Malformed {
        /// The program.
        program: String,
    },
    /// Its stack slots and the values that found no register do not fit the frame: fewer values must live at
    /// the same time, or buffers move to a map.
    Stack {
        /// The program.
        program: String,
        /// Bytes it would need.
        bytes: u32,
    },
    /// A jump is longer than an instruction can say: the program must be split by a tail call.
    TooFar {
        /// The program.
        program: String,
        /// Label of the block that is too far away.
        block: String,
    },
}

impl fmt::Display for LowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { program } => write!(f, "{program}: it is not well formed; verify it first"),
            Self::Stack { program, bytes } => {
                write!(
                    f,
                    "{program}: it needs {bytes} bytes of stack, a frame has {STACK_BYTES_MAX}; use a map"
                )
            }
            Self::TooFar { program, block } => {
                write!(f, "{program}: the jump to block {block} is too far; split the program by a tail call")
            }
        }
    }
}

impl std::error::Error for LowerError {}

/// The instructions of a program that [`crate::verify::verify`] accepts for the same target.
///
/// Of a program that it does not accept, the instructions mean nothing.
pub fn lower(program: &Program, target: &Target) -> Result<Vec<Insn>, LowerError> {
    lower_with_stack(program, *target).map(|(insns, _)| insns)
}

/// Also gives the bytes of the stack frame.
pub(crate) fn lower_with_stack(program: &Program, target: Target) -> Result<(Vec<Insn>, u16), LowerError> {
    if !is_well_formed(program) {
        return Err(LowerError::Malformed { program: program.name.clone() });
    }
    let desugar::Plain { program: mut rewritten, context } = desugar::desugar(program, target);
    simplify::simplify(&mut rewritten);
    let order = order(&rewritten);
    let live = liveness(&rewritten.blocks, usize::try_from(rewritten.values).unwrap_or(usize::MAX));
    let plan = Plan { program: &rewritten, live: &live, order: &order, context };
    let allocation = allocate(&plan);
    let stack_bytes = u16::try_from(allocation.stack_bytes).ok().filter(|bytes| *bytes <= STACK_BYTES_MAX);
    let Some(stack_bytes) = stack_bytes else {
        return Err(LowerError::Stack { program: program.name.clone(), bytes: allocation.stack_bytes });
    };
    let linked = links::linked(&rewritten);
    Ok((emit::emit(&plan, &allocation.locations, &linked)?, stack_bytes))
}

/// The reached blocks in the order of their code: what a branch does not jump to comes right after it. A block that only
/// rejoins the other side of its branch comes after all others: the kernel's verifier follows what falls through first,
/// and then finds such a detour covered, where the other way round it would follow both to the end of the program.
fn order(program: &Program) -> Vec<usize> {
    let detour = |block: &usize| {
        let alone =
            program.blocks[*block].terminator.as_ref().map(Terminator::successors).unwrap_or_default();
        let [rejoined] = alone.as_slice() else { return false };
        program.blocks.iter().filter_map(|body| body.terminator.as_ref()).any(|terminator| {
            let sides = terminator.successors();
            let joined = sides.contains(rejoined) && sides.iter().any(|side| side.index() == *block);
            joined && matches!(terminator, Terminator::Branch { .. })
        })
    };
    let (detours, main): (Vec<usize>, Vec<usize>) = reverse_postorder(program).into_iter().partition(detour);
    main.into_iter().chain(detours).collect()
}

fn reverse_postorder(program: &Program) -> Vec<usize> {
    let successors = |block: usize| -> Vec<usize> {
        let terminator = program.blocks[block].terminator.as_ref();
        terminator
            .map(Terminator::successors)
            .unwrap_or_default()
            .iter()
            .map(|next| next.index())
            .rev()
            .collect()
    };
    let mut seen = vec![false; program.blocks.len()];
    let mut postorder = Vec::new();
    let mut path = vec![(0, successors(0))];
    seen[0] = true;
    while let Some((block, rest)) = path.last_mut() {
        match rest.pop() {
            Some(next) if seen[next] => {}
            Some(next) => {
                seen[next] = true;
                path.push((next, successors(next)));
            }
            None => {
                postorder.push(*block);
                path.pop();
            }
        }
    }
    postorder.reverse();
    postorder
}
