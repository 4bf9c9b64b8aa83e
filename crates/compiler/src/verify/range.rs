//! What is known about a number: bounds as the kernels' verifiers keep them.
//!
//! Each rule is no sharper than that of Linux 5.10 (`kernel/bpf/verifier.c`), so that a bound found here is
//! found there too.

use bpf::insn::{Alu, Compare, Size, Width};

/// Unsigned and signed bounds of one 64-bit number, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) umin: u64,
    pub(crate) umax: u64,
    pub(crate) smin: i64,
    pub(crate) smax: i64,
}

const LOW: u64 = 0xffff_ffff;

impl Range {
    /// Nothing is known.
    pub(crate) const FULL: Self = Self { umin: 0, umax: u64::MAX, smin: i64::MIN, smax: i64::MAX };

    /// Exactly this number.
    pub(crate) fn constant(value: i64) -> Self {
        Self { umin: value.cast_unsigned(), umax: value.cast_unsigned(), smin: value, smax: value }
    }

    /// Unsigned bounds.
    pub(crate) fn unsigned(umin: u64, umax: u64) -> Self {
        Self { umin, umax, ..Self::FULL }.deduced()
    }

    /// Signed bounds.
    pub(crate) fn signed(smin: i64, smax: i64) -> Self {
        Self { smin, smax, ..Self::FULL }.deduced()
    }

    /// What a load of this width can give.
    pub(crate) fn of_width(width: Width) -> Self {
        Self::unsigned(0, u64::MAX >> (64 - 8 * u32::from(width.bytes())))
    }

    /// The number, if there is only one.
    pub(crate) fn known(self) -> Option<i64> {
        (self.smin == self.smax && self.umin == self.umax).then_some(self.smin)
    }

    /// What both paths allow.
    pub(crate) fn joined(self, other: Self) -> Self {
        Self {
            umin: self.umin.min(other.umin),
            umax: self.umax.max(other.umax),
            smin: self.smin.min(other.smin),
            smax: self.smax.max(other.smax),
        }
    }

    /// `self` after a loop changed it from `before`: a bound that moved is given up.
    pub(crate) fn widened(self, before: Self) -> Self {
        Self {
            umin: if self.umin < before.umin { 0 } else { self.umin },
            umax: if self.umax > before.umax { u64::MAX } else { self.umax },
            smin: if self.smin < before.smin { i64::MIN } else { self.smin },
            smax: if self.smax > before.smax { i64::MAX } else { self.smax },
        }
    }

    /// The unsigned minimum of it and `max`.
    pub(crate) fn clamped(self, max: u32) -> Self {
        let max = u64::from(max);
        Self::unsigned(self.umin.min(max), self.umax.min(max))
    }

    // The sign is learnt from unsigned bounds below 2^63, and unsigned bounds from a known sign.
    fn deduced(mut self) -> Self {
        if let (Ok(low), Ok(high)) = (i64::try_from(self.umin), i64::try_from(self.umax)) {
            self.smin = self.smin.max(low);
            self.smax = self.smax.min(high);
        }
        if self.smin >= 0 {
            self.umin = self.umin.max(self.smin.cast_unsigned());
            self.umax = self.umax.min(self.smax.cast_unsigned());
        }
        self
    }

    fn is_empty(self) -> bool {
        self.umin > self.umax || self.smin > self.smax
    }

    /// What is left of it where `self compare constant` has come out as `holds`. A contradiction changes nothing.
    pub(crate) fn refined(self, compare: Compare, constant: i64, holds: bool) -> Self {
        let unsigned = constant.cast_unsigned();
        let compare = if holds { Some(compare) } else { negated(compare) };
        let mut narrowed = self;
        match compare {
            Some(Compare::Eq) => narrowed = Self::constant(constant),
            Some(Compare::Gt) => narrowed.umin = self.umin.max(unsigned.saturating_add(1)),
            Some(Compare::Ge) => narrowed.umin = self.umin.max(unsigned),
            Some(Compare::Lt) => narrowed.umax = self.umax.min(unsigned.saturating_sub(1)),
            Some(Compare::Le) => narrowed.umax = self.umax.min(unsigned),
            Some(Compare::SignedGt) => narrowed.smin = self.smin.max(constant.saturating_add(1)),
            Some(Compare::SignedGe) => narrowed.smin = self.smin.max(constant),
            Some(Compare::SignedLt) => narrowed.smax = self.smax.min(constant.saturating_sub(1)),
            Some(Compare::SignedLe) => narrowed.smax = self.smax.min(constant),
            Some(Compare::Ne | Compare::Set) | None => {}
        }
        let narrowed = narrowed.deduced();
        if narrowed.is_empty() { self } else { narrowed }
    }

    /// The range of `a op b`.
    pub(crate) fn of_alu(size: Size, op: Alu, a: Self, b: Self) -> Self {
        if size == Size::W32 { of_alu32(op, a, b) } else { of_alu64(op, a, b) }
    }
}

/// The comparison that holds where `compare` does not; a bit test has none.
pub(crate) fn negated(compare: Compare) -> Option<Compare> {
    Some(match compare {
        Compare::Eq => Compare::Ne,
        Compare::Ne => Compare::Eq,
        Compare::Gt => Compare::Le,
        Compare::Le => Compare::Gt,
        Compare::Ge => Compare::Lt,
        Compare::Lt => Compare::Ge,
        Compare::SignedGt => Compare::SignedLe,
        Compare::SignedLe => Compare::SignedGt,
        Compare::SignedGe => Compare::SignedLt,
        Compare::SignedLt => Compare::SignedGe,
        Compare::Set => return None,
    })
}

// 32-bit bounds differ most between kernels; only what none of them gets wrong is kept.
fn of_alu32(op: Alu, a: Range, b: Range) -> Range {
    let low = Range::unsigned(0, LOW);
    match (op, b.known()) {
        (Alu::And, Some(mask)) => Range::unsigned(0, mask.cast_unsigned() & LOW),
        (Alu::Rsh, Some(amount @ 0..=31)) => Range::unsigned(0, LOW >> amount),
        (Alu::Mov, Some(constant)) => {
            Range::unsigned(constant.cast_unsigned() & LOW, constant.cast_unsigned() & LOW)
        }
        (Alu::Mov, None) if b.umax <= LOW => b,
        (Alu::And, None) => Range::unsigned(0, a.umax.min(b.umax).min(LOW)),
        _ => low,
    }
}

fn of_alu64(op: Alu, a: Range, b: Range) -> Range {
    let amount = b.known().and_then(|amount| u32::try_from(amount).ok()).filter(|amount| *amount < 64);
    match (op, amount) {
        (Alu::Mov, _) => b,
        (Alu::Add, _) => sum(a, b),
        (Alu::Sub, _) => difference(a, b),
        (Alu::Mul, _) if a.smin >= 0 && b.smin >= 0 && a.umax <= LOW && b.umax <= LOW => {
            Range::unsigned(a.umin * b.umin, a.umax * b.umax)
        }
        (Alu::And, _) => {
            let umax = a.umax.min(b.umax);
            if a.smin >= 0 || b.smin >= 0 { Range::unsigned(0, umax) } else { Range::FULL }
        }
        (Alu::Or, _) if a.umax <= LOW && b.umax <= LOW => {
            let bits = 64 - (a.umax | b.umax).leading_zeros();
            Range::unsigned(a.umin.max(b.umin), if bits == 0 { 0 } else { u64::MAX >> (64 - bits) })
        }
        (Alu::Rsh, Some(amount)) => Range::unsigned(a.umin >> amount, a.umax >> amount),
        (Alu::Lsh, Some(amount)) if a.umax <= (u64::MAX >> 1) >> amount => {
            Range::unsigned(a.umin << amount, a.umax << amount)
        }
        (Alu::Arsh, Some(amount)) => Range::signed(a.smin >> amount, a.smax >> amount),
        _ => Range::FULL,
    }
}

fn sum(a: Range, b: Range) -> Range {
    let mut range = Range::FULL;
    if let (Some(low), Some(high)) = (a.umin.checked_add(b.umin), a.umax.checked_add(b.umax)) {
        (range.umin, range.umax) = (low, high);
    }
    if let (Some(low), Some(high)) = (a.smin.checked_add(b.smin), a.smax.checked_add(b.smax)) {
        (range.smin, range.smax) = (low, high);
    }
    range.deduced()
}

fn difference(a: Range, b: Range) -> Range {
    let mut range = Range::FULL;
    if let (Some(low), Some(high)) = (a.umin.checked_sub(b.umax), a.umax.checked_sub(b.umin)) {
        (range.umin, range.umax) = (low, high);
    }
    if let (Some(low), Some(high)) = (a.smin.checked_sub(b.smax), a.smax.checked_sub(b.smin)) {
        (range.smin, range.smax) = (low, high);
    }
    range.deduced()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: [u64; 14] = [
        0,
        1,
        2,
        7,
        8,
        63,
        64,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
        0x1_0000_0000,
        0x7fff_ffff_ffff_ffff,
        0x8000_0000_0000_0000,
        u64::MAX,
    ];
    const OPS: [Alu; 9] =
        [Alu::Add, Alu::Sub, Alu::Mul, Alu::Or, Alu::And, Alu::Lsh, Alu::Rsh, Alu::Arsh, Alu::Mov];

    fn holds(range: Range, number: u64) -> bool {
        let signed = number.cast_signed();
        (range.umin..=range.umax).contains(&number) && (range.smin..=range.smax).contains(&signed)
    }

    fn low(number: u64) -> u32 {
        u32::try_from(number & LOW).unwrap()
    }

    fn result(size: Size, op: Alu, a: u64, b: u64) -> u64 {
        let amount = u32::try_from(b % if size == Size::W32 { 32 } else { 64 }).unwrap();
        let (narrow_a, narrow_b) = (low(a), low(b));
        match (size, op) {
            (Size::W32, Alu::Rsh) => u64::from(narrow_a >> amount),
            (Size::W32, Alu::Arsh) => u64::from((narrow_a.cast_signed() >> amount).cast_unsigned()),
            (Size::W32, Alu::Lsh) => u64::from(narrow_a << amount),
            (Size::W32, Alu::Mov) => u64::from(narrow_b),
            (Size::W32, _) => result(Size::W64, op, a, b) & LOW,
            (_, Alu::Add) => a.wrapping_add(b),
            (_, Alu::Sub) => a.wrapping_sub(b),
            (_, Alu::Mul) => a.wrapping_mul(b),
            (_, Alu::Or) => a | b,
            (_, Alu::And) => a & b,
            (_, Alu::Lsh) => a << amount,
            (_, Alu::Rsh) => a >> amount,
            (_, Alu::Arsh) => (a.cast_signed() >> amount).cast_unsigned(),
            (_, _) => b,
        }
    }

    /// Each range whose ends are among the numbers, with numbers that lie in it.
    fn ranges() -> Vec<(Range, Vec<u64>)> {
        let ends = NUMBERS.into_iter().flat_map(|low| NUMBERS.map(|high| (low, high)));
        let made = ends.flat_map(|(low, high)| {
            let signed = (low.cast_signed(), high.cast_signed());
            [
                (low <= high).then(|| Range::unsigned(low, high)),
                (signed.0 <= signed.1).then(|| Range::signed(signed.0, signed.1)),
            ]
        });
        let members = |range: Range| NUMBERS.into_iter().filter(|number| holds(range, *number)).collect();
        made.flatten().map(|range| (range, members(range))).collect()
    }

    /// Every operation with a constant that a program may have.
    fn operations() -> Vec<(Size, Alu, u64)> {
        let sizes = [(Size::W32, 32), (Size::W64, 64)];
        let all = sizes
            .into_iter()
            .flat_map(|(size, bits)| OPS.map(|op| (size, bits, op)))
            .flat_map(|(size, bits, op)| NUMBERS.map(|b| (size, bits, op, b)));
        all.filter(|(_, bits, op, b)| !matches!(op, Alu::Lsh | Alu::Rsh | Alu::Arsh) || b < bits)
            .map(|(size, _, op, b)| (size, op, b))
            .collect()
    }

    #[test]
    fn a_range_holds_every_result() {
        let operations = operations();
        for (range, members) in ranges() {
            for (size, op, b) in &operations {
                let found = Range::of_alu(*size, *op, range, Range::constant(b.cast_signed()));
                let missed = members.iter().find(|a| !holds(found, result(*size, *op, **a, *b)));
                assert_eq!(missed, None, "{op:?} {b:#x} {size:?}: {found:?}");
            }
        }
    }

    #[test]
    fn a_range_holds_every_result_of_two_ranges() {
        let ranges: Vec<_> = ranges().into_iter().step_by(5).collect();
        for ((left, many_a), (right, many_b)) in
            ranges.iter().flat_map(|a| ranges.iter().map(move |b| (a, b)))
        {
            for op in [Alu::Add, Alu::Sub, Alu::Mul, Alu::Or, Alu::And] {
                let found = Range::of_alu(Size::W64, op, *left, *right);
                let mut pairs = many_a.iter().flat_map(|a| many_b.iter().map(move |b| (*a, *b)));
                let missed = pairs.find(|(a, b)| !holds(found, result(Size::W64, op, *a, *b)));
                assert_eq!(missed, None, "{left:?} {op:?} {right:?}: {found:?}");
            }
        }
    }

    #[test]
    fn a_comparison_keeps_what_it_holds_for() {
        for (range, members) in ranges() {
            for (compare, b) in Compare::ALL.into_iter().flat_map(|compare| NUMBERS.map(|b| (compare, b))) {
                let narrowed = |a: u64| range.refined(compare, b.cast_signed(), truth(compare, a, b));
                let missed = members.iter().find(|a| !holds(narrowed(**a), **a));
                assert_eq!(missed, None, "{compare:?} {b:#x}: {range:?}");
            }
        }
    }

    fn truth(compare: Compare, a: u64, b: u64) -> bool {
        let (signed_a, signed_b) = (a.cast_signed(), b.cast_signed());
        match compare {
            Compare::Eq => a == b,
            Compare::Ne => a != b,
            Compare::Gt => a > b,
            Compare::Ge => a >= b,
            Compare::Lt => a < b,
            Compare::Le => a <= b,
            Compare::SignedGt => signed_a > signed_b,
            Compare::SignedGe => signed_a >= signed_b,
            Compare::SignedLt => signed_a < signed_b,
            Compare::SignedLe => signed_a <= signed_b,
            Compare::Set => a & b != 0,
        }
    }

    #[test]
    fn what_is_known_after_common_steps() {
        let byte = Range::of_width(Width::B1);
        let row = |found: Range, wanted: (u64, u64)| assert_eq!((found.umin, found.umax), wanted);
        row(Range::FULL.clamped(100), (0, 100));
        row(Range::of_alu(Size::W64, Alu::Lsh, byte, Range::constant(3)), (0, 255 << 3));
        row(Range::of_alu(Size::W64, Alu::Mul, byte, Range::constant(3)), (0, 255 * 3));
        row(Range::of_alu(Size::W64, Alu::Add, byte, byte), (0, 510));
        row(Range::of_alu(Size::W64, Alu::And, Range::FULL, Range::constant(12)), (0, 12));
        row(Range::of_alu(Size::W64, Alu::Or, byte, Range::constant(256)), (256, 511));
        row(Range::of_alu(Size::W64, Alu::Rsh, Range::FULL, Range::constant(60)), (0, 15));
        row(Range::signed(-4095, 256).refined(Compare::SignedLt, 0, false), (0, 256));
        row(Range::FULL.refined(Compare::Gt, 56, false), (0, 56));
        row(byte.joined(Range::constant(300)).widened(byte), (0, u64::MAX));
    }
}
