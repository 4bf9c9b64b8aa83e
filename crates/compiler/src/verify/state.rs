//! What is known at one point of a program: the kind of each value, the stack bytes that are set, and what is
//! held and must be given back.

use std::collections::BTreeMap;

use bpf::MapIndex;

use super::range::Range;
use crate::ir::{STACK_BYTES_MAX, StackSlot, Value};
use crate::liveness::BitSet;

/// Where a pointer that may be null was made; one comparison with 0 settles all its copies.
pub(crate) type Origin = usize;

/// What memory a pointer points into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Area {
    Stack(StackSlot),
    MapValue(MapIndex),
    Record { bytes: u32 },
}

/// A pointer into memory of known size, `min..=max` bytes from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) area: Area,
    pub(crate) nullable: Option<Origin>,
    pub(crate) min: i64,
    pub(crate) max: i64,
}

impl Memory {
    pub(crate) fn start(area: Area) -> Self {
        Self { area, nullable: None, min: 0, max: 0 }
    }
}

/// A pointer whose type the kernel knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KernelPointer {
    pub(crate) nullable: Option<Origin>,
    /// It comes from the hook or a helper, not from a load: helpers take it.
    pub(crate) trusted: bool,
    pub(crate) offset: i64,
}

/// What a virtual register holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// On some path nothing.
    Unset,
    /// A pointer into memory that has been given back.
    Released,
    /// Different kinds on different paths.
    Mixed,
    /// The result of an operation with an error: nothing more is said about it.
    Unknown,
    Number(Range),
    Context,
    Map(MapIndex),
    Memory(Memory),
    Kernel(KernelPointer),
}

impl Kind {
    /// What to call it in a message.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Unset => "not set on every path",
            Self::Released => "memory that was given back",
            Self::Mixed => "of different kinds on different paths",
            Self::Unknown => "unknown",
            Self::Number(_) => "a number",
            Self::Context => "the context pointer",
            Self::Map(_) => "a map",
            Self::Memory(Memory { nullable: Some(_), .. })
            | Self::Kernel(KernelPointer { nullable: Some(_), .. }) => "a pointer that may be null",
            Self::Memory(_) => "a pointer to memory",
            Self::Kernel(_) => "a kernel pointer",
        }
    }

    fn origin(self) -> Option<Origin> {
        match self {
            Self::Memory(memory) => memory.nullable,
            Self::Kernel(pointer) => pointer.nullable,
            _ => None,
        }
    }

    fn joined(self, other: Self, widen: bool) -> Self {
        if self == other {
            return self;
        }
        match (self, other) {
            (Self::Unset, _) | (_, Self::Unset) => Self::Unset,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Released, _) | (_, Self::Released) => Self::Released,
            (Self::Number(before), Self::Number(now)) => {
                let joined = before.joined(now);
                Self::Number(if widen { joined.widened(before) } else { joined })
            }
            (Self::Memory(before), Self::Memory(now))
                if before.area == now.area && before.nullable.is_none() && now.nullable.is_none() =>
            {
                let (min, max) = (before.min.min(now.min), before.max.max(now.max));
                let moved = widen && (min < before.min || max > before.max);
                let (min, max) = if moved { (i64::MIN, i64::MAX) } else { (min, max) };
                Self::Memory(Memory { min, max, ..before })
            }
            (Self::Kernel(before), Self::Kernel(now))
                if before.offset == now.offset && before.nullable.is_none() && now.nullable.is_none() =>
            {
                Self::Kernel(KernelPointer { trusted: before.trusted && now.trusted, ..before })
            }
            _ => Self::Mixed,
        }
    }
}

/// Something that must be given back on every path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Nothing,
    /// A claimed slot of this map.
    Slot(MapIndex),
    /// A ring record.
    Record,
    /// Held on some paths to here only.
    Sometimes,
}

impl Held {
    fn joined(self, other: Self) -> Self {
        if self == other { self } else { Self::Sometimes }
    }
}

/// All that is known at one point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    values: BTreeMap<usize, Kind>,
    stack: BitSet,
    pub(crate) slot: Held,
    pub(crate) record: Held,
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            values: BTreeMap::new(),
            stack: BitSet::new(usize::from(STACK_BYTES_MAX)),
            slot: Held::Nothing,
            record: Held::Nothing,
        }
    }

    pub(crate) fn kind(&self, value: Value) -> Kind {
        self.values.get(&value.index()).copied().unwrap_or(Kind::Unset)
    }

    pub(crate) fn set(&mut self, value: Value, kind: Kind) {
        self.values.insert(value.index(), kind);
    }

    pub(crate) fn unset(&mut self, value: Value) {
        self.values.remove(&value.index());
    }

    /// Forgets values that nobody reads any more, which keeps states small.
    pub(crate) fn keep_live(&mut self, live: &BitSet) {
        self.values.retain(|value, _| live.contains(*value));
    }

    /// Changes each value that `change` gives a new kind.
    pub(crate) fn change(&mut self, change: impl Fn(Kind) -> Option<Kind>) {
        for kind in self.values.values_mut() {
            if let Some(new) = change(*kind) {
                *kind = new;
            }
        }
    }

    /// A new pointer of this origin is about to be made: older ones can no longer be told from it.
    pub(crate) fn forget_origin(&mut self, origin: Origin) {
        self.change(|kind| (kind.origin() == Some(origin)).then_some(Kind::Mixed));
    }

    /// All pointers of this origin are null, or are not.
    pub(crate) fn settle(&mut self, origin: Origin, null: bool) {
        let record = self.values.values().any(|kind| {
            matches!(kind, Kind::Memory(Memory { area: Area::Record { .. }, nullable, .. }) if *nullable == Some(origin))
        });
        if record && null {
            self.record = Held::Nothing;
        }
        self.change(|kind| match kind {
            _ if kind.origin() != Some(origin) => None,
            // Kernels that do not know the argument as nullable still see a pointer where it is null.
            Kind::Kernel(_) if null => Some(Kind::Mixed),
            _ if null => Some(Kind::Number(Range::constant(0))),
            Kind::Memory(memory) => Some(Kind::Memory(Memory { nullable: None, ..memory })),
            Kind::Kernel(pointer) => Some(Kind::Kernel(KernelPointer { nullable: None, ..pointer })),
            _ => None,
        });
    }

    /// Whether the stack bytes `from..to`, counted from the lowest byte of the frame, are all set.
    pub(crate) fn stack_is_set(&self, from: usize, to: usize) -> bool {
        (from..to).all(|byte| self.stack.contains(byte))
    }

    pub(crate) fn set_stack(&mut self, from: usize, to: usize) {
        for byte in from..to {
            self.stack.insert(byte);
        }
    }

    /// Takes in another path to the same point; says whether anything changed.
    pub(crate) fn join(&mut self, other: &Self, widen: bool) -> bool {
        let before = self.clone();
        for (value, kind) in &mut self.values {
            let now = other.values.get(value).copied().unwrap_or(Kind::Unset);
            *kind = kind.joined(now, widen);
        }
        self.stack.intersect(&other.stack);
        self.slot = self.slot.joined(other.slot);
        self.record = self.record.joined(other.record);
        *self != before
    }
}
