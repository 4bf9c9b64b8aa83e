//! Runs a program of the intermediate form directly, to compare with what its instructions do.

use bpf::insn::{Alu, Compare, Size, Width};
use compiler::ir::{Block, Operand, Operation, Program, Terminator, Value};

/// What one run leaves behind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) result: u64,
    pub(crate) memory: Vec<u8>,
}

/// Pointers are numbers here: the stack slot and the map value lie at these addresses.
const STACK: u64 = 0x1000_0000;
const MAP: u64 = 0x2000_0000;

struct Machine<'a> {
    program: &'a Program,
    values: Vec<u64>,
    stack: Vec<u8>,
    memory: Vec<u8>,
    context: &'a [u64],
}

/// What every helper returns, so that wrong arguments show.
pub(crate) fn helper(first: u64, second: u64, third: u64, fourth: u64, fifth: u64) -> u64 {
    [first, second, third, fourth, fifth].iter().fold(0x1234_5678, |sum: u64, argument| {
        sum.rotate_left(9).wrapping_mul(0x0100_0000_01b3).wrapping_add(*argument)
    })
}

/// Runs a program without maps but for one array value, and at most one stack slot.
pub(crate) fn run(program: &Program, context: &[u64], memory: Vec<u8>) -> Outcome {
    let values = vec![0xdead_beef; usize::try_from(program.values).expect("a number that fits")];
    let stack = vec![0xaa; program.stack.iter().map(|slot| usize::from(slot.bytes)).sum()];
    let mut machine = Machine { program, values, stack, memory, context };
    let mut block = Block::ENTRY;
    loop {
        let body = &program.blocks[block.index()];
        for operation in &body.operations {
            machine.step(operation);
        }
        match machine.end(body.terminator.as_ref().expect("a finished block")) {
            Ok(next) => block = next,
            Err(result) => return Outcome { result, memory: machine.memory },
        }
    }
}

impl Machine<'_> {
    fn read(&self, operand: Operand) -> u64 {
        match operand {
            Operand::Value(value) => self.values[value.index()],
            Operand::Constant(constant) => constant.cast_unsigned(),
        }
    }

    fn bytes(&mut self, address: u64, length: usize) -> &mut [u8] {
        let (bytes, start) = if address >= MAP {
            (&mut self.memory, address - MAP)
        } else {
            (&mut self.stack, address - STACK)
        };
        let start = usize::try_from(start).expect("a number that fits");
        &mut bytes[start..start + length]
    }

    fn load(&mut self, width: Width, address: u64) -> u64 {
        let length = usize::from(width.bytes());
        let mut word = [0; 8];
        word[..length].copy_from_slice(self.bytes(address, length));
        u64::from_le_bytes(word)
    }

    fn store(&mut self, width: Width, address: u64, value: u64) {
        let length = usize::from(width.bytes());
        self.bytes(address, length).copy_from_slice(&value.to_le_bytes()[..length]);
    }

    fn address(&self, base: Value, offset: i32) -> u64 {
        self.values[base.index()].wrapping_add_signed(i64::from(offset))
    }

    fn step(&mut self, operation: &Operation) {
        let result = match operation {
            Operation::Assign { from, .. } => self.read(*from),
            Operation::Alu { size, op, a, b, .. } => alu(*size, *op, self.values[a.index()], self.read(*b)),
            Operation::ByteSwap { width, from, .. } => {
                self.values[from.index()].swap_bytes() >> (64 - 8 * u32::from(width.bytes()))
            }
            Operation::Clamp { from, max, .. } => self.values[from.index()].min(u64::from(*max)),
            Operation::Context { index, .. } => self.context[usize::from(*index)],
            Operation::Load { width, base, offset, .. } => self.load(*width, self.address(*base, *offset)),
            Operation::Store { width, base, offset, from } => {
                self.store(*width, self.address(*base, *offset), self.read(*from));
                return;
            }
            Operation::Offset { base, by, .. } => self.values[base.index()].wrapping_add(self.read(*by)),
            Operation::StackAddress { .. } => STACK,
            Operation::MapValue { offset, .. } => MAP + u64::from(*offset),
            Operation::Call { arguments, helper: called, .. } => {
                let given = called.signature().arguments.len();
                let argument = |index: usize| if index < given { self.read(arguments[index]) } else { 0 };
                match given {
                    0 => helper(0, 0, 0, 0, 0),
                    1 => helper(argument(0), 0, 0, 0, 0),
                    4 => helper(argument(0), argument(1), argument(2), argument(3), 0),
                    _ => helper(argument(0), argument(1), argument(2), argument(3), argument(4)),
                }
            }
            other => panic!("`{other}` is not interpreted"),
        };
        self.values[operation.written().expect("a result").index()] = result;
    }

    fn end(&mut self, terminator: &Terminator) -> Result<Block, u64> {
        match terminator {
            Terminator::Goto(block) => Ok(*block),
            Terminator::Return(operand) => Err(self.read(*operand)),
            Terminator::Branch { size, compare, a, b, then, otherwise } => {
                let holds = holds(*size, *compare, self.values[a.index()], self.read(*b));
                Ok(if holds { *then } else { *otherwise })
            }
            Terminator::Loop { counter, limit, body, exit } => {
                Ok(if self.values[counter.index()] < u64::from(*limit) { *body } else { *exit })
            }
            Terminator::Next { header } => {
                match &self.program.blocks[header.index()].terminator {
                    Some(Terminator::Loop { counter, .. }) => self.values[counter.index()] += 1,
                    other => panic!("{other:?} is no loop"),
                }
                Ok(*header)
            }
            Terminator::Claim { .. } => panic!("claims are not interpreted"),
        }
    }
}

fn alu(size: Size, op: Alu, a: u64, b: u64) -> u64 {
    if size == Size::W32 {
        let (a, b) = (low(a), low(b));
        return u64::from(match op {
            Alu::Add => a.wrapping_add(b),
            Alu::Sub => a.wrapping_sub(b),
            Alu::Mul => a.wrapping_mul(b),
            Alu::Div => a.checked_div(b).unwrap_or(0),
            Alu::Mod => a.checked_rem(b).unwrap_or(a),
            Alu::Or => a | b,
            Alu::And => a & b,
            Alu::Xor => a ^ b,
            Alu::Lsh => a.wrapping_shl(b),
            Alu::Rsh => a.wrapping_shr(b),
            Alu::Arsh => a.cast_signed().wrapping_shr(b).cast_unsigned(),
            Alu::Mov => b,
        });
    }
    match op {
        Alu::Add => a.wrapping_add(b),
        Alu::Sub => a.wrapping_sub(b),
        Alu::Mul => a.wrapping_mul(b),
        Alu::Div => a.checked_div(b).unwrap_or(0),
        Alu::Mod => a.checked_rem(b).unwrap_or(a),
        Alu::Or => a | b,
        Alu::And => a & b,
        Alu::Xor => a ^ b,
        Alu::Lsh => a << (b & 63),
        Alu::Rsh => a >> (b & 63),
        Alu::Arsh => (a.cast_signed() >> (b & 63)).cast_unsigned(),
        Alu::Mov => b,
    }
}

fn low(value: u64) -> u32 {
    u32::try_from(value & 0xffff_ffff).expect("32 bits")
}

fn holds(size: Size, compare: Compare, a: u64, b: u64) -> bool {
    let (a, b) = if size == Size::W32 { (u64::from(low(a)), u64::from(low(b))) } else { (a, b) };
    let signed = |value: u64| match size {
        Size::W32 => i64::from(low(value).cast_signed()),
        Size::W64 => value.cast_signed(),
    };
    match compare {
        Compare::Eq => a == b,
        Compare::Ne => a != b,
        Compare::Gt => a > b,
        Compare::Ge => a >= b,
        Compare::Lt => a < b,
        Compare::Le => a <= b,
        Compare::SignedGt => signed(a) > signed(b),
        Compare::SignedGe => signed(a) >= signed(b),
        Compare::SignedLt => signed(a) < signed(b),
        Compare::SignedLe => signed(a) <= signed(b),
        Compare::Set => a & b != 0,
    }
}
