//! The typed intermediate form: one program as basic blocks over virtual registers.
//!
//! Not SSA: a [`Value`] is a virtual register and may be written more than once. Plain data; [`crate::build`]
//! makes it, [`crate::text`] prints and parses it, [`crate::verify`] says whether a kernel would take it, and
//! [`crate::lower`] turns it into instructions.

use std::collections::BTreeSet;

use bpf::insn::{Alu, Compare, Size, Width};
use bpf::{MapIndex, MapSpec};

use crate::helpers::Helper;

/// Virtual registers of one program: what a hand-sized tracing program needs, times ten.
pub const VALUES_MAX: u32 = 8192;
/// Blocks of one program; an index must fit 16 bits with room for those that claims add.
pub const BLOCKS_MAX: u32 = 8192;
/// Claims in the text of one program. Each becomes some 20 operations, and one program claims once, or a few times.
pub const CLAIMS_MAX: u32 = 64;
/// Counted loops in the text of one program; the effort of verifying it forbids more long before.
pub const LOOPS_MAX: u32 = 64;
/// Operations of one block; keeps every pass linear in a bounded input.
pub const OPERATIONS_MAX: u32 = 65_536;
/// Bytes of the stack frame (`MAX_BPF_STACK` of `include/linux/filter.h`).
pub const STACK_BYTES_MAX: u16 = 512;
/// Trips of one counted loop: what the verifiers of 5.10 to 7.2 walk in milliseconds.
pub const TRIPS_MAX: u32 = 1000;
/// Arguments of an argument context (`MAX_BPF_FUNC_ARGS` of `include/linux/bpf.h`).
pub const CONTEXT_ARGUMENTS_MAX: u16 = 12;
/// Bytes of a context read by bytes (`PERF_MAX_TRACE_SIZE` of `include/linux/trace_events.h`).
pub const CONTEXT_BYTES_MAX: u16 = 8192;
/// Arguments of one helper call: r1 to r5.
pub const ARGUMENTS_MAX: usize = 5;
/// Slots of a scratch map for each CPU: programs that may nest or preempt one another on it.
pub const SLOTS_PER_CPU: u32 = 4;
/// Bytes of the busy word that ends each value of a scratch map.
pub const BUSY_BYTES: u32 = 8;

/// A virtual register. It holds a 64-bit number or a pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value(pub(crate) u16);

/// A basic block of one program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Block(pub(crate) u16);

/// A piece of the program's stack frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackSlot(pub(crate) u16);

impl Value {
    /// Its number in the program, from 0.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl Block {
    /// The block where a program starts.
    pub const ENTRY: Self = Self(0);

    /// Its number in the program, from 0.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl StackSlot {
    /// Its number in the program, from 0.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// What an operation reads: a virtual register or a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// The content of a virtual register.
    Value(Value),
    /// A constant; an unsigned 64-bit one is given by its bits.
    Constant(i64),
}

impl Operand {
    /// The register, if it is one.
    pub fn value(self) -> Option<Value> {
        match self {
            Self::Value(value) => Some(value),
            Self::Constant(_) => None,
        }
    }
}

impl From<Value> for Operand {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<i64> for Operand {
    fn from(constant: i64) -> Self {
        Self::Constant(constant)
    }
}

impl From<i32> for Operand {
    fn from(constant: i32) -> Self {
        Self::Constant(i64::from(constant))
    }
}

impl From<u32> for Operand {
    fn from(constant: u32) -> Self {
        Self::Constant(i64::from(constant))
    }
}

/// What one 8-byte word of an argument context holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContextField {
    /// A number, or a pointer that the kernel does not type (`raw_tp`, `void *`).
    Number,
    /// A pointer whose type the kernel knows from BTF: direct loads are allowed and fault-safe.
    KernelPointer,
    /// Such a pointer that may be null and must be compared with 0 before a load (tracepoints of 6.13 and
    /// later name some arguments so).
    NullableKernelPointer,
}

/// What the context of a program holds, which its hook decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextShape {
    /// An array of 8-byte arguments: `tp_btf`, `raw_tp`, fentry, fexit, LSM.
    Arguments(Vec<ContextField>),
    /// Memory that is read by aligned loads inside `first..end`: tracepoint records (whose first 8 bytes no
    /// program may read) and `pt_regs`.
    Bytes {
        /// First byte that may be read.
        first: u16,
        /// One past the last byte that may be read.
        end: u16,
    },
}

/// A map a program may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapDeclaration {
    /// What the map is.
    pub spec: MapSpec,
    /// Its place in the object.
    pub index: MapIndex,
    /// Its values are claimed slots: [`SLOTS_PER_CPU`] for each CPU, the last [`BUSY_BYTES`] bytes of a value
    /// are the busy word, and only [`Terminator::Claim`] reaches them.
    pub scratch: bool,
}

/// Bytes of the stack frame that a program names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackRange {
    /// Length in bytes.
    pub bytes: u16,
    /// Alignment in bytes: 1, 2, 4 or 8.
    pub align: u16,
}

/// One operation of a block. `to` is the virtual register it writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `to = from`.
    Assign {
        /// Result.
        to: Value,
        /// What it becomes.
        from: Operand,
    },
    /// `to = a op b`.
    Alu {
        /// Operand size; with `W32` the upper half of the result is 0.
        size: Size,
        /// The operation; `Mov` gives `b`.
        op: Alu,
        /// Result.
        to: Value,
        /// First operand.
        a: Value,
        /// Second operand.
        b: Operand,
    },
    /// `to` = the low `width` bytes of `from` in reverse order, zero-extended.
    ByteSwap {
        /// How many low bytes; not `B1`.
        width: Width,
        /// Result.
        to: Value,
        /// Source.
        from: Value,
    },
    /// `to` = the smaller of `from` and `max`, unsigned. Lowered in one piece, so that the kernel's verifier
    /// sees the bound on the register that is used next.
    Clamp {
        /// Result.
        to: Value,
        /// Source.
        from: Value,
        /// Upper bound.
        max: u32,
    },
    /// `to` = the context pointer, for a helper.
    ContextPointer {
        /// Result.
        to: Value,
    },
    /// `to` = argument `index` of an [`ContextShape::Arguments`] context.
    Context {
        /// Result.
        to: Value,
        /// Which 8-byte word.
        index: u16,
    },
    /// `to` = `width` bytes at `offset` of a [`ContextShape::Bytes`] context, zero-extended.
    ContextBytes {
        /// How many bytes.
        width: Width,
        /// Result.
        to: Value,
        /// Bytes from the start of the context.
        offset: u16,
    },
    /// `to = *(width *)(base + offset)`, zero-extended; a number.
    Load {
        /// How many bytes.
        width: Width,
        /// Result.
        to: Value,
        /// Pointer.
        base: Value,
        /// Bytes from it.
        offset: i32,
    },
    /// As an 8-byte load through a kernel pointer; the field is itself a pointer that BTF types.
    LoadPointer {
        /// Result.
        to: Value,
        /// Kernel pointer.
        base: Value,
        /// Bytes from it.
        offset: i32,
    },
    /// `*(width *)(base + offset) = from`.
    Store {
        /// How many bytes.
        width: Width,
        /// Pointer.
        base: Value,
        /// Bytes from it.
        offset: i32,
        /// What to store; a number.
        from: Operand,
    },
    /// Adds to 8 bytes of memory, atomically.
    AtomicAdd {
        /// Pointer.
        base: Value,
        /// Bytes from it; a multiple of 8.
        offset: i32,
        /// What to add.
        from: Operand,
    },
    /// Adds to 8 bytes of memory, atomically; `to` = what they held before. Needs fetch atomics.
    FetchAdd {
        /// Result.
        to: Value,
        /// Pointer.
        base: Value,
        /// Bytes from it; a multiple of 8.
        offset: i32,
        /// What to add.
        from: Operand,
    },
    /// Stores 8 bytes, atomically; `to` = what they held before. Needs fetch atomics.
    Exchange {
        /// Result.
        to: Value,
        /// Pointer.
        base: Value,
        /// Bytes from it; a multiple of 8.
        offset: i32,
        /// What to store.
        from: Operand,
    },
    /// `to` = pointer `base` moved by `by` bytes.
    Offset {
        /// Result.
        to: Value,
        /// Pointer.
        base: Value,
        /// Bytes; a value must be bounded and not negative.
        by: Operand,
    },
    /// `to` = address of a stack slot.
    StackAddress {
        /// Result.
        to: Value,
        /// The slot.
        slot: StackSlot,
    },
    /// `to` = the map itself, for a helper.
    Map {
        /// Result.
        to: Value,
        /// Which map.
        map: MapIndex,
    },
    /// `to` = address of the only value of an array map, plus `offset` bytes.
    MapValue {
        /// Result.
        to: Value,
        /// Which map; of one entry.
        map: MapIndex,
        /// Bytes into the value.
        offset: u32,
    },
    /// `to` = result of a helper.
    Call {
        /// Result.
        to: Value,
        /// The helper.
        helper: Helper,
        /// Its arguments, at most [`ARGUMENTS_MAX`].
        arguments: Vec<Operand>,
    },
    /// Gives a claimed slot back.
    Release {
        /// A pointer to the start of the slot: what the claim gave.
        slot: Value,
    },
}

/// How a block ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Terminator {
    /// Continues at a block; never backwards.
    Goto(Block),
    /// Continues at `then` if the comparison holds, at `otherwise` if not; never backwards.
    Branch {
        /// Operand size; only `W64` narrows ranges.
        size: Size,
        /// The comparison.
        compare: Compare,
        /// First operand.
        a: Value,
        /// Second operand.
        b: Operand,
        /// Where to if it holds.
        then: Block,
        /// Where to if not.
        otherwise: Block,
    },
    /// Ends the program.
    Return(Operand),
    /// Head of a counted loop: `counter < limit ? body : exit`.
    Loop {
        /// The counter, written only before the loop and by [`Terminator::Next`].
        counter: Value,
        /// Trips at most, up to [`TRIPS_MAX`].
        limit: u32,
        /// Where to for one more trip.
        body: Block,
        /// Where to after the last.
        exit: Block,
    },
    /// The back edge of a counted loop: adds 1 to its counter and continues at its head.
    Next {
        /// A block that ends with [`Terminator::Loop`].
        header: Block,
    },
    /// Takes a free slot of this CPU from a scratch map.
    Claim {
        /// The slot, defined only at `got`.
        to: Value,
        /// A scratch map.
        map: MapIndex,
        /// Where to with a slot.
        got: Block,
        /// Where to if all slots are taken.
        none: Block,
    },
}

/// One basic block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockBody {
    /// Its name in text and messages, unique in the program.
    pub label: String,
    /// What it does, in order.
    pub operations: Vec<Operation>,
    /// How it ends; `None` is an unfinished program, which verification rejects.
    pub terminator: Option<Terminator>,
}

/// One program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Name, for messages and bpftool.
    pub name: String,
    /// What its context holds.
    pub context: ContextShape,
    /// Maps it may name.
    pub maps: Vec<MapDeclaration>,
    /// How many virtual registers it has: all numbers below are used by [`Value`]s.
    pub values: u32,
    /// Its stack slots; [`StackSlot`] counts in this order.
    pub stack: Vec<StackRange>,
    /// Its blocks; [`Block`] counts in this order, the first is where it starts.
    pub blocks: Vec<BlockBody>,
}

impl Program {
    /// The declaration of a map, if the program has it.
    pub fn map(&self, index: MapIndex) -> Option<&MapDeclaration> {
        self.maps.iter().find(|map| map.index == index)
    }

    /// Where each stack slot lies, as the offset from the frame pointer, and how many bytes all take. Offsets
    /// below what an instruction can name come only with a total that verification rejects.
    pub(crate) fn stack_layout(&self) -> (Vec<i32>, u32) {
        let mut below = 0_u32;
        let mut offsets = Vec::with_capacity(self.stack.len());
        for slot in &self.stack {
            below = below.saturating_add(u32::from(slot.bytes));
            below = below.checked_next_multiple_of(u32::from(slot.align.max(1))).unwrap_or(u32::MAX);
            offsets.push(i32::try_from(below).map_or(i32::MIN, |below| -below));
        }
        (offsets, below)
    }

    /// The scratch map whose slots this value can point to, if it is one map wherever the value is set.
    pub(crate) fn claimed_map(&self, slot: Value) -> Option<MapIndex> {
        let mut names = BTreeSet::from([slot]);
        let mut rest = vec![slot];
        let mut maps = BTreeSet::new();
        while let Some(name) = rest.pop() {
            for block in &self.blocks {
                maps.extend(block.terminator.as_ref().and_then(|end| end.claims(name)));
                let copied = block.operations.iter().filter_map(|operation| operation.copied_to(name));
                rest.extend(copied.filter(|from| names.insert(*from)));
            }
        }
        maps.first().copied().filter(|_| maps.len() == 1)
    }

    /// The label of a block; `?` if there is no such block.
    pub fn label(&self, block: Block) -> &str {
        self.blocks.get(block.index()).map_or("?", |body| body.label.as_str())
    }
}

/// What the kernel that a program is compiled for can do, and what we allow ourselves there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// It has atomics that return what memory held (5.12). Without them a kernel does not preempt programs as
    /// Debian builds it, and a claim is a look-up.
    pub fetch_atomics: bool,
    /// Instructions its verifier may have to walk for one program, by our estimate.
    pub instructions_max: u32,
}

/// Default of [`Target::instructions_max`]: two hundredths of the kernel's own limit, some 20 ms of loading.
pub const INSTRUCTIONS_MAX: u32 = 20_000;

impl Default for Target {
    fn default() -> Self {
        Self { fetch_atomics: true, instructions_max: INSTRUCTIONS_MAX }
    }
}

impl Operation {
    /// The virtual register it writes.
    pub fn written(&self) -> Option<Value> {
        match self {
            Self::Assign { to, .. }
            | Self::Alu { to, .. }
            | Self::ByteSwap { to, .. }
            | Self::Clamp { to, .. }
            | Self::ContextPointer { to }
            | Self::Context { to, .. }
            | Self::ContextBytes { to, .. }
            | Self::Load { to, .. }
            | Self::LoadPointer { to, .. }
            | Self::FetchAdd { to, .. }
            | Self::Exchange { to, .. }
            | Self::Offset { to, .. }
            | Self::StackAddress { to, .. }
            | Self::Map { to, .. }
            | Self::MapValue { to, .. }
            | Self::Call { to, .. } => Some(*to),
            Self::Store { .. } | Self::AtomicAdd { .. } | Self::Release { .. } => None,
        }
    }

    /// The virtual registers it reads, in the order of its text.
    pub fn read(&self) -> Vec<Value> {
        let operand = |operand: &Operand| operand.value();
        match self {
            Self::Assign { from, .. } => operand(from).into_iter().collect(),
            Self::Alu { op: Alu::Mov, b, .. } => operand(b).into_iter().collect(),
            Self::Alu { a, b, .. } | Self::Offset { base: a, by: b, .. } => {
                std::iter::once(*a).chain(operand(b)).collect()
            }
            Self::ByteSwap { from, .. } | Self::Clamp { from, .. } => vec![*from],
            Self::Load { base, .. } | Self::LoadPointer { base, .. } | Self::Release { slot: base } => {
                vec![*base]
            }
            Self::Store { base, from, .. }
            | Self::AtomicAdd { base, from, .. }
            | Self::FetchAdd { base, from, .. }
            | Self::Exchange { base, from, .. } => std::iter::once(*base).chain(operand(from)).collect(),
            Self::Call { arguments, .. } => arguments.iter().filter_map(operand).collect(),
            Self::ContextPointer { .. }
            | Self::Context { .. }
            | Self::ContextBytes { .. }
            | Self::StackAddress { .. }
            | Self::Map { .. }
            | Self::MapValue { .. } => Vec::new(),
        }
    }
}

impl Operation {
    fn copied_to(&self, name: Value) -> Option<Value> {
        match self {
            Self::Assign { to, from: Operand::Value(from) } if *to == name => Some(*from),
            _ => None,
        }
    }
}

impl Terminator {
    fn claims(&self, name: Value) -> Option<MapIndex> {
        match self {
            Self::Claim { to, map, .. } if *to == name => Some(*map),
            _ => None,
        }
    }

    /// The blocks it may continue at, in the order of its text.
    pub fn successors(&self) -> Vec<Block> {
        match self {
            Self::Goto(block) | Self::Next { header: block } => vec![*block],
            Self::Branch { then, otherwise, .. } => vec![*then, *otherwise],
            Self::Loop { body, exit, .. } => vec![*body, *exit],
            Self::Claim { got, none, .. } => vec![*got, *none],
            Self::Return(_) => Vec::new(),
        }
    }

    /// The virtual registers it reads, but for the counter of [`Terminator::Next`], which its head names.
    pub fn read(&self) -> Vec<Value> {
        match self {
            Self::Branch { a, b, .. } => std::iter::once(*a).chain(b.value()).collect(),
            Self::Return(operand) => operand.value().into_iter().collect(),
            Self::Loop { counter, .. } => vec![*counter],
            Self::Goto(_) | Self::Next { .. } | Self::Claim { .. } => Vec::new(),
        }
    }
}
