//! Writes the instructions of a plain program whose values have their places.

use bpf::Insn;
use bpf::insn::{self, Alu, Atomic, Compare, Reg, Size, Width};

use super::LowerError;
use crate::helpers::Helper;
use crate::ir::{Block, Operand, Operation, Terminator, Value};
use crate::liveness::BitSet;
use crate::registers::{Location, Plan, remade};
use crate::verify::negated;

/// Holds a first operand, a base address or a result whose value has no register; the result of a call.
const FIRST: Reg = Reg::R0;
/// Holds a second operand whose value has no register, a large constant, or what an atomic fetches.
const SECOND: Reg = Reg::R5;
const ARGUMENTS: [Reg; 5] = [Reg::R1, Reg::R2, Reg::R3, Reg::R4, Reg::R5];

/// Writes all blocks.
pub(super) fn emit(
    plan: &Plan<'_>,
    locations: &[Location],
    linked: &BitSet,
) -> Result<Vec<Insn>, LowerError> {
    let mut emitter = Emitter {
        plan,
        locations,
        linked,
        frame: plan.program.stack_layout().0,
        insns: Vec::new(),
        slots: 0,
        starts: vec![None; plan.program.blocks.len()],
        jumps: Vec::new(),
        stubs: Vec::new(),
    };
    emitter.place(plan.context, Reg::R1);
    for (position, block) in plan.order.iter().enumerate() {
        let next = plan.order.get(position + 1).copied();
        emitter.starts[*block] = Some(emitter.slots);
        let body = &plan.program.blocks[*block];
        for operation in &body.operations {
            emitter.operation(operation);
        }
        if let Some(terminator) = &body.terminator {
            emitter.end(terminator, next);
        }
    }
    emitter.stubs();
    emitter.link()
}

/// Where a jump goes.
#[derive(Clone, Copy)]
enum Goal {
    Block(Block),
    Stub(usize),
}

/// A jump whose offset is not known yet.
struct Jump {
    insn: usize,
    /// Slots before the instruction after it.
    after: u32,
    goal: Goal,
}

/// Out of line: stores what a branch has narrowed back to its spill slot, then goes on.
struct Stub {
    spilled: i32,
    register: Reg,
    block: Block,
    start: u32,
}

struct Emitter<'a> {
    plan: &'a Plan<'a>,
    locations: &'a [Location],
    /// Numbers that must be unlinked before they are added to a pointer.
    linked: &'a BitSet,
    /// Offsets of the named stack slots from the frame pointer.
    frame: Vec<i32>,
    insns: Vec<Insn>,
    /// Slots of all instructions so far.
    slots: u32,
    starts: Vec<Option<u32>>,
    jumps: Vec<Jump>,
    stubs: Vec<Stub>,
}

impl Emitter<'_> {
    fn push(&mut self, insn: Insn) {
        self.slots += u32::from(insn.slots());
        self.insns.push(insn);
    }

    fn alu(&mut self, op: Alu, dst: Reg, src: insn::Operand) {
        self.push(Insn::Alu { size: Size::W64, op, dst, src });
    }

    fn copy(&mut self, dst: Reg, src: Reg) {
        if dst != src {
            self.alu(Alu::Mov, dst, insn::Operand::Reg(src));
        }
    }

    fn location(&self, value: Value) -> Location {
        self.locations[value.index()]
    }

    /// `dst` = value.
    fn materialise(&mut self, dst: Reg, value: Value) {
        self.make(dst, self.location(value));
    }

    fn make(&mut self, dst: Reg, place: Location) {
        match place {
            Location::Nowhere => {}
            Location::Register(src) => self.copy(dst, src),
            Location::Spilled(offset) => {
                self.push(Insn::Load { width: Width::B8, dst, src: Reg::FRAME, offset: short(offset) });
            }
            Location::Frame(offset) => {
                self.copy(dst, Reg::FRAME);
                self.alu(Alu::Add, dst, insn::Operand::Imm(offset));
            }
            Location::Constant(constant) => self.constant(dst, constant),
            Location::Map(map) => self.push(Insn::LoadMap { dst, map }),
            Location::MapValue(map, offset) => self.push(Insn::LoadMapValue { dst, map, offset }),
        }
    }

    fn constant(&mut self, dst: Reg, constant: i64) {
        match i32::try_from(constant) {
            Ok(small) => self.alu(Alu::Mov, dst, insn::Operand::Imm(small)),
            Err(_) => self.push(Insn::LoadImm64 { dst, value: constant.cast_unsigned() }),
        }
    }

    /// A register with the value: its own, or `spare`.
    fn source(&mut self, value: Value, spare: Reg) -> Reg {
        if let Location::Register(register) = self.location(value) {
            return register;
        }
        self.materialise(spare, value);
        spare
    }

    /// The operand as an instruction takes it; [`SECOND`] holds what it cannot take.
    fn operand(&mut self, size: Size, operand: Operand) -> insn::Operand {
        match operand {
            Operand::Value(value) => insn::Operand::Reg(self.source(value, SECOND)),
            Operand::Constant(constant) if size == Size::W32 => insn::Operand::Imm(low_half(constant)),
            Operand::Constant(constant) => {
                if let Ok(small) = i32::try_from(constant) {
                    return insn::Operand::Imm(small);
                }
                self.constant(SECOND, constant);
                insn::Operand::Reg(SECOND)
            }
        }
    }

    /// The register where a result is made.
    fn result(&self, to: Value) -> Reg {
        match self.location(to) {
            Location::Register(register) => register,
            _ => FIRST,
        }
    }

    /// A result that was made in `register` goes to its place.
    fn place(&mut self, to: Value, register: Reg) {
        match self.location(to) {
            Location::Register(dst) => self.copy(dst, register),
            Location::Spilled(offset) => {
                let src = insn::Operand::Reg(register);
                self.push(Insn::Store { width: Width::B8, dst: Reg::FRAME, offset: short(offset), src });
            }
            _ => {}
        }
    }

    /// Whether a result must be made where it is defined; others are made again where they are used.
    fn is_placed(&self, to: Value) -> bool {
        matches!(self.location(to), Location::Register(_) | Location::Spilled(_))
    }

    fn operation(&mut self, operation: &Operation) {
        match operation {
            Operation::Assign { to, from } => self.assign(*to, *from),
            Operation::Alu { size, op: Alu::Mov, to, b, .. } => {
                let (dst, src) = (self.result(*to), self.operand(*size, *b));
                self.push(Insn::Alu { size: *size, op: Alu::Mov, dst, src });
                self.place(*to, dst);
            }
            Operation::Alu { size, op, to, a, b } => self.arithmetic((*size, *op), *to, *a, *b),
            Operation::ByteSwap { width, to, from } => {
                let dst = self.result(*to);
                self.materialise(dst, *from);
                self.push(Insn::ByteSwap { width: *width, dst });
                self.place(*to, dst);
            }
            Operation::Clamp { to, from, max } => self.clamp(*to, *from, *max),
            Operation::Offset { to, base, by } => self.offset(*to, *base, *by),
            Operation::Load { width, to, base, offset } => self.load(*width, *to, *base, *offset),
            Operation::Store { width, base, offset, from } => self.store(*width, *base, *offset, *from),
            Operation::AtomicAdd { base, offset, from } => {
                let src = match from {
                    Operand::Value(value) => self.source(*value, SECOND),
                    Operand::Constant(constant) => {
                        self.constant(SECOND, *constant);
                        SECOND
                    }
                };
                self.atomic(Atomic::Add, *base, *offset, src);
            }
            Operation::FetchAdd { to, base, offset, from } => {
                self.fetch(Atomic::FetchAdd, *to, (*base, *offset), *from);
            }
            Operation::Exchange { to, base, offset, from } => {
                self.fetch(Atomic::Exchange, *to, (*base, *offset), *from);
            }
            Operation::StackAddress { to, .. }
            | Operation::Map { to, .. }
            | Operation::MapValue { to, .. } => {
                self.address(*to, operation);
            }
            Operation::Call { to, helper, arguments } => self.call(*to, *helper, arguments),
            // Rewritten before.
            Operation::ContextPointer { .. }
            | Operation::Context { .. }
            | Operation::ContextBytes { .. }
            | Operation::LoadPointer { .. }
            | Operation::Release { .. } => {}
        }
    }

    fn assign(&mut self, to: Value, from: Operand) {
        if !self.is_placed(to) {
            return;
        }
        match (from, self.location(to)) {
            (Operand::Value(from), Location::Spilled(_)) => {
                let register = self.source(from, FIRST);
                self.place(to, register);
            }
            (Operand::Value(from), _) => {
                let dst = self.result(to);
                self.materialise(dst, from);
            }
            // Through a register: of a constant stored at once kernels forget the number.
            (Operand::Constant(constant), _) => {
                let dst = self.result(to);
                self.constant(dst, constant);
                self.place(to, dst);
            }
        }
    }

    fn address(&mut self, to: Value, operation: &Operation) {
        if !self.is_placed(to) {
            return;
        }
        let dst = self.result(to);
        if let Some(place) = remade(operation, &self.frame) {
            self.make(dst, place);
        }
        self.place(to, dst);
    }

    fn arithmetic(&mut self, (size, op): (Size, Alu), to: Value, a: Value, b: Operand) {
        let src = self.operand(size, b);
        self.combine((size, op), to, a, (b, src));
    }

    fn offset(&mut self, to: Value, base: Value, by: Operand) {
        match by {
            Operand::Value(value) if self.linked.contains(value.index()) => {
                self.materialise(SECOND, value);
                self.unlink(SECOND);
                self.combine((Size::W64, Alu::Add), to, base, (by, insn::Operand::Reg(SECOND)));
            }
            _ => self.arithmetic((Size::W64, Alu::Add), to, base, by),
        }
    }

    fn unlink(&mut self, register: Reg) {
        self.alu(Alu::Add, register, insn::Operand::Imm(0));
    }

    /// `to = a op b`; `src` is where `b` is.
    fn combine(&mut self, (size, op): (Size, Alu), to: Value, a: Value, (b, src): (Operand, insn::Operand)) {
        let mut dst = self.result(to);
        let (mut first, mut src) = (Operand::Value(a), src);
        // The result's register already holds the second operand.
        if src == insn::Operand::Reg(dst) && self.location(a) != Location::Register(dst) {
            if commutes(op) {
                let other = self.source(a, FIRST);
                (first, src) = (b, insn::Operand::Reg(other));
            } else {
                dst = FIRST;
            }
        }
        if let Operand::Value(first) = first {
            self.materialise(dst, first);
        }
        self.push(Insn::Alu { size, op, dst, src });
        self.place(to, dst);
    }

    fn clamp(&mut self, to: Value, from: Value, max: u32) {
        let dst = self.result(to);
        let max = insn::Operand::Imm(i32::try_from(max).unwrap_or(i32::MAX));
        self.materialise(dst, from);
        if self.linked.contains(from.index()) {
            self.unlink(dst);
        }
        // The wide case falls through: the verifier follows it first, and then finds the other one covered by it.
        self.push(Insn::Jump { size: Size::W64, compare: Compare::Gt, dst, src: max, offset: 1 });
        self.push(Insn::Goto { offset: 1 });
        self.alu(Alu::Mov, dst, max);
        self.place(to, dst);
    }

    /// A base register and an offset that an instruction can name.
    fn base(&mut self, base: Value, offset: i32) -> (Reg, i16) {
        if let Location::Frame(start) = self.location(base)
            && let Ok(offset) = i16::try_from(start.saturating_add(offset))
        {
            return (Reg::FRAME, offset);
        }
        if let Ok(offset) = i16::try_from(offset) {
            return (self.source(base, FIRST), offset);
        }
        self.materialise(FIRST, base);
        self.alu(Alu::Add, FIRST, insn::Operand::Imm(offset));
        (FIRST, 0)
    }

    fn load(&mut self, width: Width, to: Value, base: Value, offset: i32) {
        let (src, offset) = self.base(base, offset);
        let dst = self.result(to);
        self.push(Insn::Load { width, dst, src, offset });
        self.place(to, dst);
    }

    fn store(&mut self, width: Width, base: Value, offset: i32, from: Operand) {
        // Of a constant only the stored bytes count.
        let size = if width == Width::B8 { Size::W64 } else { Size::W32 };
        let src = self.operand(size, from);
        let (dst, offset) = self.base(base, offset);
        self.push(Insn::Store { width, dst, offset, src });
    }

    fn atomic(&mut self, op: Atomic, base: Value, offset: i32, src: Reg) {
        let (dst, offset) = self.base(base, offset);
        self.push(Insn::Atomic { op, width: Width::B8, dst, offset, src });
    }

    fn fetch(&mut self, op: Atomic, to: Value, (base, offset): (Value, i32), from: Operand) {
        match from {
            Operand::Value(value) => self.materialise(SECOND, value),
            Operand::Constant(constant) => self.constant(SECOND, constant),
        }
        self.atomic(op, base, offset, SECOND);
        self.place(to, SECOND);
    }

    fn call(&mut self, to: Value, helper: Helper, arguments: &[Operand]) {
        let mut moves = Vec::new();
        let mut made = Vec::new();
        for (argument, dst) in arguments.iter().zip(ARGUMENTS) {
            match argument.value().map(|value| self.location(value)) {
                Some(Location::Register(src)) => moves.push((dst, src)),
                _ => made.push((*argument, dst)),
            }
        }
        self.parallel_moves(moves);
        for (argument, dst) in made {
            match argument {
                Operand::Value(value) => self.materialise(dst, value),
                Operand::Constant(constant) => self.constant(dst, constant),
            }
        }
        self.push(Insn::Call { helper: helper.signature().number });
        self.place(to, Reg::R0);
    }

    /// Moves registers to registers as if all at once; [`FIRST`] opens a cycle.
    fn parallel_moves(&mut self, mut moves: Vec<(Reg, Reg)>) {
        moves.retain(|(dst, src)| dst != src);
        while !moves.is_empty() {
            let free = moves.iter().position(|(dst, _)| moves.iter().all(|(_, src)| src != dst));
            if let Some(free) = free {
                let (dst, src) = moves.swap_remove(free);
                self.copy(dst, src);
                continue;
            }
            let (_, first) = moves[0];
            self.copy(FIRST, first);
            for (_, src) in moves.iter_mut().filter(|(_, src)| *src == first) {
                *src = FIRST;
            }
        }
    }

    fn end(&mut self, terminator: &Terminator, next: Option<usize>) {
        match terminator {
            Terminator::Goto(block) => self.go(*block, next),
            Terminator::Return(operand) => {
                match operand {
                    Operand::Value(value) => self.materialise(Reg::R0, *value),
                    Operand::Constant(constant) => self.constant(Reg::R0, *constant),
                }
                self.push(Insn::Exit);
            }
            Terminator::Branch { size, compare, a, b, then, otherwise } => {
                let branch = Branch { size: *size, compare: *compare, a: *a, b: *b };
                self.branch(&branch, *then, *otherwise, next);
            }
            // Rewritten before.
            Terminator::Loop { .. } | Terminator::Next { .. } | Terminator::Claim { .. } => {}
        }
    }

    fn go(&mut self, block: Block, next: Option<usize>) {
        if next != Some(block.index()) {
            self.jump(Insn::Goto { offset: 0 }, Goal::Block(block));
        }
    }

    fn jump(&mut self, insn: Insn, goal: Goal) {
        self.push(insn);
        self.jumps.push(Jump { insn: self.insns.len() - 1, after: self.slots, goal });
    }

    fn branch(&mut self, branch: &Branch, then: Block, otherwise: Block, next: Option<usize>) {
        if then == otherwise {
            return self.go(then, next);
        }
        let inverse = negated(branch.compare).filter(|_| next == Some(then.index()));
        let (compare, taken, fallthrough) = match inverse {
            Some(inverse) => (inverse, otherwise, then),
            None => (branch.compare, then, otherwise),
        };
        let (dst, src) = self.compared(branch);
        let goal = match self.narrowed(branch, taken) {
            Some(spilled) => {
                self.stubs.push(Stub { spilled, register: dst, block: taken, start: 0 });
                Goal::Stub(self.stubs.len() - 1)
            }
            None => Goal::Block(taken),
        };
        self.jump(Insn::Jump { size: branch.size, compare, dst, src, offset: 0 }, goal);
        if let Some(spilled) = self.narrowed(branch, fallthrough) {
            self.restore(spilled, dst);
        }
        self.go(fallthrough, next);
    }

    /// The operands of a comparison. Of 32 bits copies are compared: what a kernel learns about a lower half can
    /// contradict what it knows of the whole on a path that is never taken, and 6.12 then forgets all bounds.
    fn compared(&mut self, branch: &Branch) -> (Reg, insn::Operand) {
        let src = self.operand(branch.size, branch.b);
        let dst = self.source(branch.a, FIRST);
        if branch.size == Size::W64 {
            return (dst, src);
        }
        let op = Alu::Mov;
        self.push(Insn::Alu { size: Size::W32, op, dst: FIRST, src: insn::Operand::Reg(dst) });
        if matches!(src, insn::Operand::Imm(_)) {
            return (FIRST, src);
        }
        self.push(Insn::Alu { size: Size::W32, op, dst: SECOND, src });
        (FIRST, insn::Operand::Reg(SECOND))
    }

    /// The spill slot of a value that the branch narrows and that `block` still needs: kernels before 6.0 do
    /// not learn about a slot from a register that was loaded from it.
    fn narrowed(&self, branch: &Branch, block: Block) -> Option<i32> {
        let Location::Spilled(offset) = self.location(branch.a) else { return None };
        let narrows =
            branch.size == Size::W64 && branch.b.value().is_none() && branch.compare != Compare::Set;
        let needed = self.plan.live.before[block.index()].contains(branch.a.index());
        (narrows && needed).then_some(offset)
    }

    fn restore(&mut self, spilled: i32, register: Reg) {
        let src = insn::Operand::Reg(register);
        self.push(Insn::Store { width: Width::B8, dst: Reg::FRAME, offset: short(spilled), src });
    }

    fn stubs(&mut self) {
        for index in 0..self.stubs.len() {
            let Stub { spilled, register, block, .. } = self.stubs[index];
            self.stubs[index].start = self.slots;
            self.restore(spilled, register);
            self.jump(Insn::Goto { offset: 0 }, Goal::Block(block));
        }
    }

    fn link(mut self) -> Result<Vec<Insn>, LowerError> {
        for jump in &self.jumps {
            let (start, block) = match jump.goal {
                Goal::Block(block) => (self.starts[block.index()].unwrap_or(0), block),
                Goal::Stub(stub) => (self.stubs[stub].start, self.stubs[stub].block),
            };
            let distance = i16::try_from(i64::from(start) - i64::from(jump.after));
            let too_far = || LowerError::TooFar {
                program: self.plan.program.name.clone(),
                block: self.plan.program.label(block).to_owned(),
            };
            let distance = distance.ok().ok_or_else(too_far)?;
            if let Insn::Goto { offset } | Insn::Jump { offset, .. } = &mut self.insns[jump.insn] {
                *offset = distance;
            }
        }
        Ok(self.insns)
    }
}

/// The condition of a branch.
struct Branch {
    size: Size,
    compare: Compare,
    a: Value,
    b: Operand,
}

fn commutes(op: Alu) -> bool {
    matches!(op, Alu::Add | Alu::Mul | Alu::And | Alu::Or | Alu::Xor)
}

fn low_half(constant: i64) -> i32 {
    let bytes = constant.to_le_bytes();
    i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// An offset from the frame pointer, which allocation has checked to be within the frame.
fn short(offset: i32) -> i16 {
    i16::try_from(offset).expect("a stack frame has 512 bytes")
}
