//! Which numbers a kernel may remember as another number plus a large constant.
//!
//! Since 6.11 the verifier links `r1 = r2; r1 += constant` to learn about r1 from a comparison of r2. When such
//! an r1 is added to a pointer it takes the constant of the link for a part of the pointer's offset and refuses
//! large ones, however well r1 is bounded (`check_reg_sane_offset`; seen on 6.18). Adding 0 once more breaks the
//! link. Values for which that is needed are found here, from their definitions alone.

use bpf::insn::{Alu, Width};

use crate::ir::{Operand, Operation, Program, Value};
use crate::liveness::BitSet;

/// Constants from here on are refused as a part of an offset (`BPF_MAX_VAR_OFF`).
const LARGE: u64 = 1 << 29;

/// The values that may be linked by a large constant.
pub(super) fn linked(program: &Program) -> BitSet {
    let large = closure(program, &BitSet::new(count(program)), |operation, _| may_be_large(operation));
    closure(program, &large, |operation, large| match operation {
        Operation::Alu { op: Alu::Add | Alu::Sub, b, .. } => match b {
            Operand::Constant(constant) => constant.unsigned_abs() >= LARGE,
            Operand::Value(value) => large.contains(value.index()),
        },
        _ => false,
    })
}

/// What `starts` holds for, and all copies of it.
fn closure(program: &Program, known: &BitSet, starts: impl Fn(&Operation, &BitSet) -> bool) -> BitSet {
    let mut found = BitSet::new(count(program));
    let mut grown = true;
    while grown {
        grown = false;
        for operation in program.blocks.iter().flat_map(|block| &block.operations) {
            let copied = match operation {
                Operation::Assign { from: Operand::Value(from), .. } => found.contains(from.index()),
                _ => false,
            };
            let Some(to) = operation.written().map(Value::index) else { continue };
            if !found.contains(to) && (copied || starts(operation, known)) {
                found.insert(to);
                grown = true;
            }
        }
    }
    found
}

fn count(program: &Program) -> usize {
    usize::try_from(program.values).unwrap_or(usize::MAX)
}

// Whether the result can be a large number that the verifier knows exactly. A comparison can tell it of any value.
fn may_be_large(operation: &Operation) -> bool {
    match operation {
        Operation::Assign { from: Operand::Constant(constant), .. }
        | Operation::Alu { op: Alu::And, b: Operand::Constant(constant), .. } => {
            constant.cast_unsigned() >= LARGE
        }
        Operation::Assign { .. } | Operation::Load { width: Width::B1 | Width::B2, .. } => false,
        Operation::Clamp { max, .. } => u64::from(*max) >= LARGE,
        _ => true,
    }
}
