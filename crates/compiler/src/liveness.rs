//! Which virtual registers are live where: the classic backward dataflow, over blocks and then inside one.

use crate::ir::{BlockBody, Value};

/// A set of small numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BitSet {
    words: Vec<u64>,
}

impl BitSet {
    /// An empty set for numbers below `size`.
    pub(crate) fn new(size: usize) -> Self {
        Self { words: vec![0; size.div_ceil(64)] }
    }

    /// Whether `number` is in it.
    pub(crate) fn contains(&self, number: usize) -> bool {
        self.words.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// Puts `number` in; larger than the size is ignored.
    pub(crate) fn insert(&mut self, number: usize) {
        if let Some(word) = self.words.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }

    /// Takes `number` out.
    pub(crate) fn remove(&mut self, number: usize) {
        if let Some(word) = self.words.get_mut(number / 64) {
            *word &= !(1 << (number % 64));
        }
    }

    /// Puts all of `other` in; says whether that changed anything.
    pub(crate) fn merge(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            changed |= *more & !*word != 0;
            *word |= more;
        }
        changed
    }

    /// Keeps only what `other` has too.
    pub(crate) fn intersect(&mut self, other: &Self) {
        for (word, keep) in self.words.iter_mut().zip(&other.words) {
            *word &= keep;
        }
    }

    /// Its numbers, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros();
                rest &= rest.checked_sub(1)?;
                usize::try_from(bit).ok().map(|bit| index * 64 + bit)
            })
        })
    }
}

/// What each block needs when it starts and leaves behind when it ends.
#[derive(Debug)]
pub(crate) struct Liveness {
    /// Values live at the start, by block.
    pub(crate) before: Vec<BitSet>,
    /// Values live at the end, after the terminator, by block.
    pub(crate) after: Vec<BitSet>,
}

/// Computes liveness of `values` registers.
pub(crate) fn liveness(blocks: &[BlockBody], values: usize) -> Liveness {
    let mut before = vec![BitSet::new(values); blocks.len()];
    let mut after = before.clone();
    let mut changed = true;
    while changed {
        changed = false;
        for (index, block) in blocks.iter().enumerate().rev() {
            let Some(terminator) = &block.terminator else { continue };
            let mut live = BitSet::new(values);
            for needed in terminator.successors().iter().filter_map(|next| before.get(next.index())) {
                live.merge(needed);
            }
            changed |= after[index].merge(&live);
            step_over_terminator(block, &mut live);
            for operation in block.operations.iter().rev() {
                step_over(&mut live, operation.written(), &operation.read());
            }
            changed |= before[index].merge(&live);
        }
    }
    Liveness { before, after }
}

/// From what is live after a block's end to what is live before it.
pub(crate) fn step_over_terminator(block: &BlockBody, live: &mut BitSet) {
    if let Some(terminator) = &block.terminator {
        let written = match terminator {
            crate::ir::Terminator::Claim { to, .. } => Some(*to),
            _ => None,
        };
        step_over(live, written, &terminator.read());
    }
}

/// From what is live after an operation to what is live before it.
pub(crate) fn step_over(live: &mut BitSet, written: Option<Value>, read: &[Value]) {
    if let Some(value) = written {
        live.remove(value.index());
    }
    for value in read {
        live.insert(value.index());
    }
}
