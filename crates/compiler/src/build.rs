//! Builds a [`Program`] operation by operation.
//!
//! Checks nothing: a misuse, such as an operation after the end of a block, gives a program that
//! [`crate::verify`] rejects with a message, never a panic.
//!
//! ```
//! use bpf::insn::{Compare, Width};
//! use compiler::build::Builder;
//! use compiler::ir::{ContextField, ContextShape, Target};
//!
//! let context = ContextShape::Arguments(vec![ContextField::KernelPointer, ContextField::Number]);
//! let mut builder = Builder::new("openat", context, &[]);
//! let (out, next) = (builder.block("out"), builder.block("next"));
//! let registers = builder.context(0);
//! let number = builder.load(Width::B8, registers, 120);
//! builder.branch(Compare::Ne, number, 257, out, next);
//! builder.switch_to(next);
//! builder.goto(out);
//! builder.switch_to(out);
//! builder.return_(0);
//! assert!(compiler::compile(&builder.finish(), &Target::default()).is_ok());
//! ```

use bpf::MapIndex;
use bpf::insn::{Alu, Compare, Size, Width};

use crate::helpers::Helper;
use crate::ir::{
    Block, BlockBody, ContextShape, MapDeclaration, Operand, Operation, Program, StackRange, StackSlot,
    Terminator, Value,
};

/// A program under construction. It starts in a block labelled `entry`.
#[derive(Debug)]
pub struct Builder {
    program: Program,
    current: usize,
    word: Option<StackSlot>,
}

impl Builder {
    /// An empty program that may name these maps.
    pub fn new(name: &str, context: ContextShape, maps: &[MapDeclaration]) -> Self {
        let mut builder = Self {
            program: Program {
                name: name.to_owned(),
                context,
                maps: maps.to_vec(),
                values: 0,
                stack: Vec::new(),
                blocks: Vec::new(),
            },
            current: 0,
            word: None,
        };
        builder.block("entry");
        builder
    }

    /// A new, empty block. A label that is taken gets a number.
    pub fn block(&mut self, label: &str) -> Block {
        let number = self.program.blocks.len();
        let taken = self.program.blocks.iter().any(|block| block.label == label);
        let label = if taken { format!("{label}_{number}") } else { label.to_owned() };
        self.program.blocks.push(BlockBody { label, operations: Vec::new(), terminator: None });
        Block(u16::try_from(number).unwrap_or(u16::MAX))
    }

    /// What follows goes to the end of this block.
    pub fn switch_to(&mut self, block: Block) {
        self.current = block.index();
    }

    /// Whether the current block has its end already, so that what follows would be unreachable.
    pub fn ended(&self) -> bool {
        self.program.blocks.get(self.current).is_some_and(|block| block.terminator.is_some())
    }

    /// A constant.
    pub fn number(&mut self, value: u64) -> Value {
        self.variable(value.cast_signed())
    }

    /// A new virtual register that starts with a copy of `from`.
    pub fn variable(&mut self, from: impl Into<Operand>) -> Value {
        let from = from.into();
        self.define(|to| Operation::Assign { to, from })
    }

    /// `to = from`.
    pub fn assign(&mut self, to: Value, from: impl Into<Operand>) {
        self.push(Operation::Assign { to, from: from.into() });
    }

    /// `a op b` with 64 bits.
    pub fn alu(&mut self, op: Alu, a: Value, b: impl Into<Operand>) -> Value {
        let b = b.into();
        self.define(|to| Operation::Alu { size: Size::W64, op, to, a, b })
    }

    /// `a op b` with 32 bits; the upper half of the result is 0.
    pub fn alu32(&mut self, op: Alu, a: Value, b: impl Into<Operand>) -> Value {
        let b = b.into();
        self.define(|to| Operation::Alu { size: Size::W32, op, to, a, b })
    }

    /// The low `width` bytes in reverse order: host to network order and back.
    pub fn byte_swap(&mut self, width: Width, from: Value) -> Value {
        self.define(|to| Operation::ByteSwap { width, to, from })
    }

    /// The smaller of `from` and `max`, unsigned. What is used as a size or an offset is clamped right before.
    pub fn clamp(&mut self, from: Value, max: u32) -> Value {
        self.define(|to| Operation::Clamp { to, from, max })
    }

    /// The context pointer, for a helper.
    pub fn context_pointer(&mut self) -> Value {
        self.define(|to| Operation::ContextPointer { to })
    }

    /// Argument `index` of the hook.
    pub fn context(&mut self, index: u16) -> Value {
        self.define(|to| Operation::Context { to, index })
    }

    /// `width` bytes at `offset` of a tracepoint record or of saved registers.
    pub fn context_bytes(&mut self, offset: u16, width: Width) -> Value {
        self.define(|to| Operation::ContextBytes { width, to, offset })
    }

    /// The number at `base + offset`, zero-extended. Its range is that of its width, whatever was stored there.
    pub fn load(&mut self, width: Width, base: Value, offset: i32) -> Value {
        self.define(|to| Operation::Load { width, to, base, offset })
    }

    /// The number at `base + offset`, sign-extended.
    pub fn load_signed(&mut self, width: Width, base: Value, offset: i32) -> Value {
        let loaded = self.load(width, base, offset);
        let shift = 64 - 8 * i64::from(width.bytes());
        if shift == 0 {
            return loaded;
        }
        let high = self.alu(Alu::Lsh, loaded, shift);
        self.alu(Alu::Arsh, high, shift)
    }

    /// The pointer at `base + offset` of a kernel object, typed by BTF; loads through it are fault-safe.
    pub fn load_pointer(&mut self, base: Value, offset: i32) -> Value {
        self.define(|to| Operation::LoadPointer { to, base, offset })
    }

    /// Stores a number.
    pub fn store(&mut self, width: Width, base: Value, offset: i32, from: impl Into<Operand>) {
        self.push(Operation::Store { width, base, offset, from: from.into() });
    }

    /// Pointer `base` moved by `by` bytes.
    pub fn offset(&mut self, base: Value, by: impl Into<Operand>) -> Value {
        let by = by.into();
        self.define(|to| Operation::Offset { to, base, by })
    }

    /// Adds to the 8 bytes at `base + offset`, atomically. Every kernel.
    pub fn atomic_add(&mut self, base: Value, offset: i32, from: impl Into<Operand>) {
        self.push(Operation::AtomicAdd { base, offset, from: from.into() });
    }

    /// Adds to the 8 bytes at `base + offset`, atomically; gives what they held. Since 5.12.
    pub fn fetch_add(&mut self, base: Value, offset: i32, from: impl Into<Operand>) -> Value {
        let from = from.into();
        self.define(|to| Operation::FetchAdd { to, base, offset, from })
    }

    /// Replaces the 8 bytes at `base + offset`, atomically; gives what they held. Since 5.12.
    pub fn exchange(&mut self, base: Value, offset: i32, from: impl Into<Operand>) -> Value {
        let from = from.into();
        self.define(|to| Operation::Exchange { to, base, offset, from })
    }

    /// A piece of the stack frame. Its bytes are not initialised.
    pub fn stack(&mut self, bytes: u16, align: u16) -> StackSlot {
        let number = u16::try_from(self.program.stack.len()).unwrap_or(u16::MAX);
        self.program.stack.push(StackRange { bytes, align });
        StackSlot(number)
    }

    /// The address of an 8-byte word of the stack frame for a value that is used at once: the same each time.
    pub fn word(&mut self) -> Value {
        let slot = match self.word {
            Some(slot) => slot,
            None => self.stack(8, 8),
        };
        self.word = Some(slot);
        self.stack_address(slot)
    }

    /// The address of a piece of the stack frame.
    pub fn stack_address(&mut self, slot: StackSlot) -> Value {
        self.define(|to| Operation::StackAddress { to, slot })
    }

    /// The map itself, for a helper.
    pub fn map(&mut self, map: MapIndex) -> Value {
        self.define(|to| Operation::Map { to, map })
    }

    /// The address of the only value of an array map, plus `offset` bytes.
    pub fn map_value(&mut self, map: MapIndex, offset: u32) -> Value {
        self.define(|to| Operation::MapValue { to, map, offset })
    }

    /// Calls a helper. A tail call goes on here if it fails.
    pub fn call(&mut self, helper: Helper, arguments: &[Operand]) -> Value {
        let arguments = arguments.to_vec();
        self.define(|to| Operation::Call { to, helper, arguments })
    }

    /// Ends the current block: continues at `block`.
    pub fn goto(&mut self, block: Block) {
        self.end(Terminator::Goto(block));
    }

    /// Ends the current block: `then` if the comparison of all 64 bits holds, else `otherwise`.
    pub fn branch(
        &mut self,
        compare: Compare,
        a: Value,
        b: impl Into<Operand>,
        then: Block,
        otherwise: Block,
    ) {
        self.end(Terminator::Branch { size: Size::W64, compare, a, b: b.into(), then, otherwise });
    }

    /// As [`Builder::branch`] for the low 32 bits. It tells verification nothing about ranges.
    pub fn branch32(
        &mut self,
        compare: Compare,
        a: Value,
        b: impl Into<Operand>,
        then: Block,
        otherwise: Block,
    ) {
        self.end(Terminator::Branch { size: Size::W32, compare, a, b: b.into(), then, otherwise });
    }

    /// Ends the current block and the program.
    pub fn return_(&mut self, value: impl Into<Operand>) {
        self.end(Terminator::Return(value.into()));
    }

    /// Ends the current block: goes to a new head that runs `body` while `counter < limit`, then `exit`.
    ///
    /// Returns the head, for [`Builder::next`] at the end of each path of the body. `counter` is a variable
    /// that was set before (to 0, commonly) and that the body does not assign.
    pub fn counted_loop(&mut self, counter: Value, limit: u32, body: Block, exit: Block) -> Block {
        let header = self.block("loop");
        self.goto(header);
        self.switch_to(header);
        self.end(Terminator::Loop { counter, limit, body, exit });
        header
    }

    /// Ends the current block: one trip is done, its counter grows by 1, on to the head of the loop.
    pub fn next(&mut self, header: Block) {
        self.end(Terminator::Next { header });
    }

    /// Ends the current block: takes a slot of a scratch map. At `got` the result points to it and must be
    /// released once on every path; at `none` all slots of this CPU are taken, which is a loss to count.
    pub fn claim(&mut self, map: MapIndex, got: Block, none: Block) -> Value {
        let to = self.fresh();
        self.end(Terminator::Claim { to, map, got, none });
        to
    }

    /// Gives a claimed slot back.
    pub fn release(&mut self, slot: Value) {
        self.push(Operation::Release { slot });
    }

    /// The program, for [`crate::compile`].
    pub fn finish(self) -> Program {
        self.program
    }

    fn fresh(&mut self) -> Value {
        let value = Value(u16::try_from(self.program.values).unwrap_or(u16::MAX));
        self.program.values = self.program.values.saturating_add(1);
        value
    }

    fn define(&mut self, operation: impl FnOnce(Value) -> Operation) -> Value {
        let to = self.fresh();
        self.push(operation(to));
        to
    }

    fn push(&mut self, operation: Operation) {
        self.open().operations.push(operation);
    }

    fn end(&mut self, terminator: Terminator) {
        self.open().terminator = Some(terminator);
    }

    // What comes after the end of a block goes to a block of its own, which verification finds unreachable.
    fn open(&mut self) -> &mut BlockBody {
        if self.ended() || self.current >= self.program.blocks.len() {
            let stray = self.block("after_end");
            self.current = self.program.blocks.len().saturating_sub(1).max(stray.index());
        }
        &mut self.program.blocks[self.current]
    }
}
