//! What each operation and each end of a block does to what is known.

use bpf::MapIndex;
use bpf::insn::{Alu, Compare, Size, Width};
use bpf::object::MapKind;

use super::range::Range;
use super::state::{Area, Held, KernelPointer, Kind, Memory, Origin, State};
use super::{Problem, Reporter};
use crate::ir::{
    BUSY_BYTES, Block, ContextField, ContextShape, MapDeclaration, OPERATIONS_MAX, Operand, Operation,
    Program, STACK_BYTES_MAX, StackSlot, Target, Terminator, Value,
};

/// Bytes a pointer may be moved by at once, and a size may have (`BPF_MAX_VAR_OFF` of
/// `include/linux/bpf_verifier.h`).
pub(crate) const VARIABLE_MAX: u64 = 1 << 29;

/// Why an operation gives no known result.
pub(crate) type Checked<T> = Result<T, Problem>;

/// What an access does to memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Interprets one block from the state at its start.
pub(crate) struct Interpreter<'a, 'p> {
    pub(crate) program: &'p Program,
    pub(crate) target: Target,
    pub(crate) reporter: &'a mut Reporter<'p>,
    pub(crate) state: State,
    pub(crate) block: usize,
}

impl Interpreter<'_, '_> {
    /// Returns the state on each edge that leaves the block.
    pub(crate) fn run(mut self) -> Vec<(usize, State)> {
        let body = &self.program.blocks[self.block];
        self.reporter.at_block(&body.label);
        for (index, operation) in body.operations.iter().enumerate() {
            let origin = self.block * usize::try_from(OPERATIONS_MAX).unwrap_or(usize::MAX) + index;
            let result = self.operation(operation, origin);
            let kind = match result {
                Ok(kind) => kind,
                Err(problem) => {
                    self.report(operation, problem);
                    Kind::Unknown
                }
            };
            if let Some(to) = operation.written() {
                self.state.set(to, kind);
            }
        }
        let Some(terminator) = &body.terminator else { return Vec::new() };
        match self.end(terminator) {
            Ok(edges) => edges,
            Err(problem) => {
                self.reporter.report_end(terminator, problem);
                terminator.successors().into_iter().map(|next| (next.index(), self.state.clone())).collect()
            }
        }
    }

    fn report(&mut self, operation: &Operation, problem: Problem) {
        if !self.reporter.silent {
            self.reporter.report(&operation.to_string(), problem);
        }
    }

    // The kind of a result; an operation without one gives `Unknown`, which nobody sees.
    fn operation(&mut self, operation: &Operation, origin: Origin) -> Checked<Kind> {
        match operation {
            Operation::Assign { from, .. } => self.assign(*from),
            Operation::Alu { size, op, a, b, .. } => self.alu(*size, *op, *a, *b),
            Operation::ByteSwap { width, from, .. } => {
                self.number(*from)?;
                if *width == Width::B1 {
                    return Err(Problem::SwapWidth);
                }
                Ok(Kind::Number(Range::FULL))
            }
            Operation::Clamp { from, max, .. } => {
                let range = self.number(*from)?;
                i32::try_from(*max).ok().ok_or(Problem::ClampTooLarge { max: *max })?;
                Ok(Kind::Number(range.clamped(*max)))
            }
            Operation::ContextPointer { .. } => Ok(Kind::Context),
            Operation::Context { index, .. } => self.context(*index, origin),
            Operation::ContextBytes { width, offset, .. } => self.context_bytes(*width, *offset),
            Operation::Load { width, base, offset, .. } => self.load(*width, *base, *offset),
            Operation::LoadPointer { base, offset, .. } => self.load_pointer(*base, *offset),
            Operation::Store { width, base, offset, from } => self.store(*width, *base, *offset, *from),
            Operation::AtomicAdd { base, offset, from } => self.atomic(*base, *offset, *from),
            Operation::FetchAdd { base, offset, from, .. }
            | Operation::Exchange { base, offset, from, .. } => {
                if !self.target.fetch_atomics {
                    return Err(Problem::NoFetchAtomics);
                }
                self.atomic(*base, *offset, *from)
            }
            Operation::Offset { base, by, .. } => self.offset(*base, *by),
            Operation::StackAddress { slot, .. } => Ok(Kind::Memory(Memory::start(Area::Stack(*slot)))),
            Operation::Map { map, .. } => Ok(Kind::Map(*map)),
            Operation::MapValue { map, offset, .. } => self.map_value(*map, *offset),
            Operation::Call { helper, arguments, .. } => self.call(*helper, arguments, origin),
            Operation::Release { slot } => self.release(*slot),
        }
    }

    /// What a value holds; an error if it holds nothing.
    pub(crate) fn kind(&self, value: Value) -> Checked<Kind> {
        match self.state.kind(value) {
            Kind::Unset => Err(Problem::NotSet { value }),
            Kind::Released => Err(Problem::Released { value }),
            kind => Ok(kind),
        }
    }

    /// The range of a value that must be a number.
    pub(crate) fn number(&self, value: Value) -> Checked<Range> {
        match self.kind(value)? {
            Kind::Number(range) => Ok(range),
            Kind::Unknown => Ok(Range::FULL),
            kind => Err(Problem::Wanted { value, wanted: "a number", found: kind.word() }),
        }
    }

    /// The range of an operand that must be a number.
    pub(crate) fn number_operand(&self, operand: Operand) -> Checked<Range> {
        match operand {
            Operand::Value(value) => self.number(value),
            Operand::Constant(constant) => Ok(Range::constant(constant)),
        }
    }

    fn assign(&self, from: Operand) -> Checked<Kind> {
        match from {
            Operand::Value(value) => self.kind(value),
            Operand::Constant(constant) => Ok(Kind::Number(Range::constant(constant))),
        }
    }

    fn alu(&self, size: Size, op: Alu, a: Value, b: Operand) -> Checked<Kind> {
        let right = self.number_operand(b)?;
        let left = if op == Alu::Mov { Range::FULL } else { self.number(a)? };
        let bits = if size == Size::W32 { 32 } else { 64 };
        match (op, b) {
            (Alu::Div | Alu::Mod, Operand::Constant(constant)) if divides_by_zero(size, constant) => {
                return Err(Problem::ZeroDivision);
            }
            (Alu::Lsh | Alu::Rsh | Alu::Arsh, Operand::Constant(amount)) if !(0..bits).contains(&amount) => {
                return Err(Problem::Shift { amount, bits });
            }
            _ => {}
        }
        Ok(Kind::Number(Range::of_alu(size, op, left, right)))
    }

    fn context(&mut self, index: u16, origin: Origin) -> Checked<Kind> {
        let ContextShape::Arguments(fields) = &self.program.context else { return Err(Problem::ContextKind) };
        let field = fields.get(usize::from(index));
        let pointer = KernelPointer { nullable: None, trusted: true, offset: 0 };
        match field.ok_or(Problem::ContextIndex { index, arguments: fields.len() })? {
            ContextField::Number => Ok(Kind::Number(Range::FULL)),
            ContextField::KernelPointer => Ok(Kind::Kernel(pointer)),
            ContextField::NullableKernelPointer => {
                self.state.forget_origin(origin);
                Ok(Kind::Kernel(KernelPointer { nullable: Some(origin), ..pointer }))
            }
        }
    }

    fn context_bytes(&self, width: Width, offset: u16) -> Checked<Kind> {
        let ContextShape::Bytes { first, end } = self.program.context else {
            return Err(Problem::ContextKind);
        };
        let (from, to) = (u32::from(offset), u32::from(offset) + u32::from(width.bytes()));
        if from < u32::from(first) || to > u32::from(end) {
            return Err(Problem::ContextBytes { from, to });
        }
        if !offset.is_multiple_of(u16::from(width.bytes())) {
            return Err(Problem::ContextUnaligned);
        }
        Ok(Kind::Number(Range::of_width(width)))
    }

    fn load(&mut self, width: Width, base: Value, offset: i32) -> Checked<Kind> {
        let number = Kind::Number(Range::of_width(width));
        match self.kind(base)? {
            Kind::Kernel(pointer) => {
                kernel_place(base, pointer, offset)?;
                Ok(number)
            }
            Kind::Unknown => Ok(Kind::Unknown),
            _ => {
                self.place(base, offset, width, Access::Read)?;
                Ok(number)
            }
        }
    }

    fn load_pointer(&self, base: Value, offset: i32) -> Checked<Kind> {
        match self.kind(base)? {
            Kind::Kernel(pointer) => {
                kernel_place(base, pointer, offset)?;
                Ok(Kind::Kernel(KernelPointer { nullable: None, trusted: false, offset: 0 }))
            }
            Kind::Unknown => Ok(Kind::Unknown),
            kind => Err(Problem::Wanted { value: base, wanted: "a kernel pointer", found: kind.word() }),
        }
    }

    fn store(&mut self, width: Width, base: Value, offset: i32, from: Operand) -> Checked<Kind> {
        if let Operand::Value(value) = from
            && !matches!(self.kind(value)?, Kind::Number(_) | Kind::Unknown)
        {
            return Err(Problem::PointerStored { value });
        }
        self.place(base, offset, width, Access::Write)?;
        Ok(Kind::Unknown)
    }

    fn atomic(&mut self, base: Value, offset: i32, from: Operand) -> Checked<Kind> {
        self.number_operand(from)?;
        if let Some(memory) = self.memory(base)? {
            let aligned = (memory.min + i64::from(offset)).rem_euclid(8) == 0;
            if memory.min != memory.max || !aligned {
                return Err(Problem::AtomicUnaligned { value: base });
            }
        }
        self.place(base, offset, Width::B8, Access::Read)?;
        self.place(base, offset, Width::B8, Access::Write)?;
        Ok(Kind::Number(Range::FULL))
    }

    /// The memory a value points into; `None` if an error there was reported before.
    pub(crate) fn memory(&self, base: Value) -> Checked<Option<Memory>> {
        match self.kind(base)? {
            Kind::Memory(Memory { nullable: Some(_), .. }) => Err(Problem::MaybeNull { value: base }),
            Kind::Memory(memory) => Ok(Some(memory)),
            Kind::Unknown => Ok(None),
            kind => Err(Problem::Wanted { value: base, wanted: "a pointer to memory", found: kind.word() }),
        }
    }

    fn place(&mut self, base: Value, offset: i32, width: Width, access: Access) -> Checked<()> {
        let Some(memory) = self.memory(base)? else { return Ok(()) };
        let memory = moved(memory, i64::from(offset), i64::from(offset));
        let length = i64::from(width.bytes());
        self.bounds(base, memory, length, access)?;
        let Area::Stack(slot) = memory.area else { return Ok(()) };
        let fixed = memory.min == memory.max;
        let (from, to) = self.stack_bytes(slot, memory, length);
        let aligned = from.is_multiple_of(usize::from(width.bytes()));
        if !aligned || !fixed && width != Width::B1 {
            return Err(Problem::StackUnaligned { value: base });
        }
        if access == Access::Write && fixed {
            self.state.set_stack(from, to);
            return Ok(());
        }
        self.stack_set(base, from, to)
    }

    /// Whether `length` bytes at the pointer are inside what it points into, and may be accessed so.
    pub(crate) fn bounds(&self, value: Value, memory: Memory, length: i64, access: Access) -> Checked<()> {
        let bytes = self.area_bytes(memory.area);
        let limit = i64::try_from(VARIABLE_MAX).unwrap_or(i64::MAX);
        if memory.min < -limit || memory.max > limit {
            return Err(Problem::Unbounded { value });
        }
        let (from, to) = (memory.min, memory.max.saturating_add(length));
        if from < 0 || to > i64::from(bytes) {
            return Err(Problem::OutOfBounds { value, from, to, bytes });
        }
        match memory.area {
            Area::MapValue(map) if access == Access::Write && self.is_frozen(map) => {
                Err(Problem::Frozen { map: map.0 })
            }
            _ => Ok(()),
        }
    }

    /// The bytes of the frame, from its lowest on, that an access inside a slot touches.
    pub(crate) fn stack_bytes(&self, slot: StackSlot, memory: Memory, length: i64) -> (usize, usize) {
        let (offsets, _) = self.program.stack_layout();
        let start = i64::from(STACK_BYTES_MAX) + i64::from(offsets[slot.index()]);
        let byte = |at: i64| usize::try_from(start + at).unwrap_or(0);
        (byte(memory.min), byte(memory.max + length))
    }

    /// Whether these stack bytes are all set.
    pub(crate) fn stack_set(&self, value: Value, from: usize, to: usize) -> Checked<()> {
        if self.state.stack_is_set(from, to) { Ok(()) } else { Err(Problem::StackUnset { value }) }
    }

    fn area_bytes(&self, area: Area) -> u32 {
        match area {
            Area::Stack(slot) => u32::from(self.program.stack[slot.index()].bytes),
            Area::Record { bytes } => bytes,
            Area::MapValue(map) => self.program.map(map).map_or(0, |map| {
                let reserved = if map.scratch { BUSY_BYTES } else { 0 };
                map.spec.value_bytes.saturating_sub(reserved)
            }),
        }
    }

    pub(crate) fn is_frozen(&self, map: MapIndex) -> bool {
        self.program.map(map).is_some_and(|map| map.spec.constants.is_some())
    }

    fn offset(&self, base: Value, by: Operand) -> Checked<Kind> {
        let range = self.number_operand(by)?;
        let limit = i64::try_from(VARIABLE_MAX).unwrap_or(i64::MAX);
        let bounded = match by {
            Operand::Constant(constant) => (-limit..limit).contains(&constant),
            Operand::Value(_) => range.smin >= 0 && range.umax < VARIABLE_MAX,
        };
        if !bounded {
            return Err(match by {
                Operand::Value(value) => Problem::Unbounded { value },
                Operand::Constant(_) => Problem::Unbounded { value: base },
            });
        }
        match self.kind(base)? {
            Kind::Memory(Memory { nullable: Some(_), .. })
            | Kind::Kernel(KernelPointer { nullable: Some(_), .. }) => {
                Err(Problem::MaybeNull { value: base })
            }
            Kind::Memory(memory) => {
                let memory = moved(memory, range.smin, range.smax);
                if memory.min < -limit || memory.max > limit {
                    return Err(Problem::Unbounded { value: base });
                }
                Ok(Kind::Memory(memory))
            }
            Kind::Kernel(pointer) => {
                let offset = pointer.offset.saturating_add(range.smin);
                if range.known().is_none() || !(0..limit).contains(&offset) {
                    return Err(Problem::KernelOffset { value: base });
                }
                Ok(Kind::Kernel(KernelPointer { offset, ..pointer }))
            }
            Kind::Unknown => Ok(Kind::Unknown),
            kind => Err(Problem::Wanted { value: base, wanted: "a pointer to move", found: kind.word() }),
        }
    }

    fn map_value(&self, map: MapIndex, offset: u32) -> Checked<Kind> {
        let Some(MapDeclaration { spec, scratch, .. }) = self.program.map(map) else {
            return Err(Problem::NoSuchName);
        };
        if spec.kind != MapKind::Array || spec.entries != 1 || *scratch {
            return Err(Problem::MapValueKind { map: map.0 });
        }
        if offset >= spec.value_bytes {
            return Err(Problem::MapValueOffset { offset, bytes: spec.value_bytes });
        }
        Ok(Kind::Memory(moved(Memory::start(Area::MapValue(map)), i64::from(offset), i64::from(offset))))
    }

    fn release(&mut self, slot: Value) -> Checked<Kind> {
        let held = self.state.slot;
        match self.kind(slot)? {
            Kind::Memory(Memory { area: Area::MapValue(map), nullable: None, min: 0, max: 0 })
                if held == Held::Slot(map) && self.program.claimed_map(slot) == Some(map) =>
            {
                self.state.slot = Held::Nothing;
                self.give_back(|area| area == Area::MapValue(map));
                Ok(Kind::Unknown)
            }
            _ => Err(Problem::ReleaseWithoutClaim { value: slot }),
        }
    }

    /// Pointers into these areas can no longer be used.
    pub(crate) fn give_back(&mut self, gone: impl Fn(Area) -> bool) {
        self.state.change(|kind| match kind {
            Kind::Memory(memory) if gone(memory.area) => Some(Kind::Released),
            _ => None,
        });
    }

    fn end(&mut self, terminator: &Terminator) -> Checked<Vec<(usize, State)>> {
        match terminator {
            Terminator::Goto(next) => Ok(vec![(next.index(), self.state.clone())]),
            Terminator::Return(operand) => {
                self.number_operand(*operand)?;
                self.nothing_held()?;
                Ok(Vec::new())
            }
            Terminator::Branch { size, compare, a, b, then, otherwise } => {
                let holds = self.branch(*size, *compare, *a, *b, true)?;
                let fails = self.branch(*size, *compare, *a, *b, false)?;
                Ok(vec![(then.index(), holds), (otherwise.index(), fails)])
            }
            Terminator::Loop { counter, limit, body, exit } => {
                self.number(*counter)?;
                let limit = Operand::Constant(i64::from(*limit));
                let more = self.branch(Size::W64, Compare::Lt, *counter, limit, true)?;
                let done = self.branch(Size::W64, Compare::Lt, *counter, limit, false)?;
                Ok(vec![(body.index(), more), (exit.index(), done)])
            }
            Terminator::Next { header } => self.next(*header),
            Terminator::Claim { to, map, got, none } => self.claim(*to, *map, *got, *none),
        }
    }

    /// Nothing may be held where the program ends.
    pub(crate) fn nothing_held(&self) -> Checked<()> {
        match (self.state.slot, self.state.record) {
            (Held::Slot(_), _) => Err(Problem::SlotKept),
            (_, Held::Record) => Err(Problem::RecordKept),
            _ => Ok(()),
        }
    }

    fn next(&mut self, header: Block) -> Checked<Vec<(usize, State)>> {
        let mut state = self.state.clone();
        if let Some(Terminator::Loop { counter, limit, .. }) = &self.program.blocks[header.index()].terminator
        {
            self.number(*counter)?;
            state.set(*counter, Kind::Number(Range::unsigned(0, u64::from(*limit))));
        }
        Ok(vec![(header.index(), state)])
    }

    fn branch(&self, size: Size, compare: Compare, a: Value, b: Operand, holds: bool) -> Checked<State> {
        let mut state = self.state.clone();
        let null_test =
            size == Size::W64 && b == Operand::Constant(0) && matches!(compare, Compare::Eq | Compare::Ne);
        match self.kind(a)? {
            Kind::Number(range) => {
                self.number_operand(b)?;
                if let (Size::W64, Operand::Constant(constant)) = (size, b) {
                    state.set(a, Kind::Number(range.refined(compare, constant, holds)));
                }
            }
            Kind::Unknown => {}
            Kind::Memory(Memory { nullable, .. }) | Kind::Kernel(KernelPointer { nullable, .. })
                if null_test =>
            {
                if let Some(origin) = nullable {
                    state.settle(origin, (compare == Compare::Eq) == holds);
                }
            }
            _ => return Err(Problem::PointerCompared { value: a }),
        }
        Ok(state)
    }

    fn claim(&mut self, to: Value, map: MapIndex, got: Block, none: Block) -> Checked<Vec<(usize, State)>> {
        if !self.program.map(map).is_some_and(|map| map.scratch) {
            return Err(Problem::ClaimOfPlainMap { map: map.0 });
        }
        if self.state.slot != Held::Nothing {
            return Err(Problem::ClaimTwice);
        }
        let mut without = self.state.clone();
        without.unset(to);
        let mut with = self.state.clone();
        with.set(to, Kind::Memory(Memory::start(Area::MapValue(map))));
        with.slot = Held::Slot(map);
        Ok(vec![(got.index(), with), (none.index(), without)])
    }
}

fn divides_by_zero(size: Size, constant: i64) -> bool {
    match size {
        Size::W64 => constant == 0,
        Size::W32 => constant.cast_unsigned().trailing_zeros() >= 32,
    }
}

fn kernel_place(base: Value, pointer: KernelPointer, offset: i32) -> Checked<()> {
    if pointer.nullable.is_some() {
        return Err(Problem::MaybeNull { value: base });
    }
    if pointer.offset + i64::from(offset) < 0 {
        return Err(Problem::KernelOffset { value: base });
    }
    Ok(())
}

/// A pointer moved by a number from `low` to `high`.
pub(crate) fn moved(memory: Memory, low: i64, high: i64) -> Memory {
    Memory { min: memory.min.saturating_add(low), max: memory.max.saturating_add(high), ..memory }
}
