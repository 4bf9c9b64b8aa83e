//! Random programs that verification accepts, the same for the same seed.

use bpf::MapIndex;
use bpf::insn::{Alu, Compare, Width};
use bpf::object::{MapKind, MapSpec};
use compiler::build::Builder;
use compiler::helpers::Helper;
use compiler::ir::{ContextField, ContextShape, MapDeclaration, Operand, Program, StackSlot, Value};

/// Bytes of the one map value, and of the one stack slot.
pub(crate) const MAP_BYTES: u32 = 64;
const STACK_BYTES: u16 = 32;

/// What the programs may do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// What a kernel takes.
    Kernel,
    /// Calls with any numbers as arguments instead, and nothing an interpreter lacks: no atomics, and no 64-bit
    /// comparison with a negative constant (rbpf 0.4.1 does not extend its sign).
    Interpreter,
}

/// Marsaglia's xorshift64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 11) % end
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        let length = u64::try_from(items.len()).unwrap();
        items[usize::try_from(self.below(length)).unwrap()]
    }
}

struct Generator {
    random: Random,
    builder: Builder,
    flavour: Flavour,
    stack: StackSlot,
    /// Values that are numbers here.
    scope: Vec<Value>,
    /// How many of them may be assigned: not counters.
    variables: Vec<Value>,
    budget: u32,
}

/// The maps of every program.
pub(crate) fn maps() -> Vec<MapDeclaration> {
    let spec = MapSpec {
        name: "memory".to_owned(),
        kind: MapKind::Array,
        key_bytes: 4,
        value_bytes: MAP_BYTES,
        entries: 1,
        mmapable: false,
        no_prealloc: false,
        constants: None,
    };
    vec![MapDeclaration { spec, index: MapIndex(0), scratch: false }]
}

/// The program of a seed.
pub(crate) fn program(seed: u64, flavour: Flavour) -> Program {
    let context = ContextShape::Arguments(vec![ContextField::Number; 2]);
    let mut builder = Builder::new(&format!("random{seed}"), context, &maps());
    let mut random = Random::new(seed);
    let stack = builder.stack(STACK_BYTES, 8);
    let base = builder.stack_address(stack);
    for word in 0..4 {
        builder.store(Width::B8, base, word * 8, i64::from(word) * 77);
    }
    let mut variables = vec![builder.context(0), builder.context(1)];
    for _ in 0..random.below(14) {
        let constant = random.next().cast_signed() >> random.below(64);
        variables.push(builder.variable(constant));
    }
    let budget = 20 + u32::try_from(random.below(80)).unwrap();
    let mut generator =
        Generator { random, builder, flavour, stack, scope: variables.clone(), variables, budget };
    generator.statements(0);
    let mut result = generator.builder.number(0);
    for value in generator.scope.clone() {
        let rolled = generator.builder.alu(Alu::Mul, result, 31);
        result = generator.builder.alu(Alu::Add, rolled, value);
    }
    generator.builder.return_(result);
    generator.builder.finish()
}

impl Generator {
    fn statements(&mut self, depth: u32) {
        for _ in 0..3 + self.random.below(10) {
            if self.budget == 0 {
                return;
            }
            self.budget -= 1;
            match self.random.below(16) {
                0..=4 => self.arithmetic(),
                5 | 6 => self.assignment(),
                7 => self.unary(),
                8 | 9 => self.memory(),
                10 => self.indexed(),
                11 | 12 => self.call(),
                13 | 14 if depth < 3 => self.condition(depth),
                15 if depth < 2 => self.repetition(depth),
                _ => {}
            }
        }
    }

    fn value(&mut self) -> Value {
        self.random.pick(&self.scope.clone())
    }

    fn constant(&mut self) -> i64 {
        let constant = self.random.next().cast_signed();
        match self.random.below(4) {
            0 => constant,
            1 => constant >> 32,
            2 => constant >> 56,
            _ => constant.rem_euclid(70),
        }
    }

    fn operand(&mut self) -> Operand {
        if self.random.below(3) == 0 { self.constant().into() } else { self.value().into() }
    }

    fn arithmetic(&mut self) {
        const OPS: [Alu; 12] = [
            Alu::Add,
            Alu::Sub,
            Alu::Mul,
            Alu::Div,
            Alu::Mod,
            Alu::Or,
            Alu::And,
            Alu::Xor,
            Alu::Lsh,
            Alu::Rsh,
            Alu::Arsh,
            Alu::Mov,
        ];
        let op = self.random.pick(&OPS);
        // rbpf 0.4.1 keeps the upper half in a 32-bit remainder by 0.
        let narrow = self.random.below(3) == 0 && (op != Alu::Mod || self.flavour == Flavour::Kernel);
        let (a, mut b) = (self.value(), self.operand());
        if let Operand::Constant(constant) = b {
            b = match op {
                Alu::Lsh | Alu::Rsh | Alu::Arsh => constant.rem_euclid(if narrow { 32 } else { 64 }).into(),
                // Not 0 in the low half either.
                Alu::Div | Alu::Mod => (constant | 1).into(),
                _ => b,
            };
        }
        let value = if narrow { self.builder.alu32(op, a, b) } else { self.builder.alu(op, a, b) };
        self.scope.push(value);
    }

    fn assignment(&mut self) {
        let to = self.random.pick(&self.variables.clone());
        let from = self.operand();
        if self.random.below(2) == 0 {
            self.builder.assign(to, from);
        } else {
            let sum = self.builder.alu(Alu::Add, to, from);
            self.builder.assign(to, sum);
        }
    }

    fn unary(&mut self) {
        let from = self.value();
        let value = match self.random.below(3) {
            0 => self.builder.byte_swap(Width::B2, from),
            1 => self.builder.byte_swap(Width::B8, from),
            _ => {
                let max = u32::try_from(self.random.below(5000)).unwrap();
                self.builder.clamp(from, max)
            }
        };
        self.scope.push(value);
    }

    fn memory(&mut self) {
        let width = self.random.pick(&[Width::B1, Width::B2, Width::B4, Width::B8]);
        let bytes = i32::from(width.bytes());
        let (base, size) = if self.random.below(2) == 0 {
            (self.builder.stack_address(self.stack), i32::from(STACK_BYTES))
        } else {
            (self.builder.map_value(MapIndex(0), 8), 32)
        };
        let place = i32::try_from(self.random.below(64)).unwrap() % (size / bytes) * bytes;
        match self.random.below(4) {
            0 | 1 => {
                let from = self.operand();
                self.builder.store(width, base, place, from);
            }
            2 if self.flavour == Flavour::Kernel => {
                let from = self.operand();
                let before = self.builder.fetch_add(base, place / 8 * 8, from);
                self.scope.push(before);
            }
            3 => {
                let loaded = self.builder.load_signed(width, base, place);
                self.scope.push(loaded);
            }
            _ => {
                let loaded = self.builder.load(width, base, place);
                self.scope.push(loaded);
            }
        }
    }

    // A byte at a place that is only known to be within bounds.
    fn indexed(&mut self) {
        let (base, size) = if self.random.below(2) == 0 {
            (self.builder.stack_address(self.stack), u32::from(STACK_BYTES))
        } else {
            (self.builder.map_value(MapIndex(0), 0), MAP_BYTES)
        };
        let index = self.value();
        let index = if self.random.below(2) == 0 {
            self.builder.clamp(index, size - 1)
        } else {
            self.builder.alu(Alu::And, index, size - 1)
        };
        let place = self.builder.offset(base, index);
        if self.random.below(2) == 0 {
            let from = self.operand();
            self.builder.store(Width::B1, place, 0, from);
        } else {
            let loaded = self.builder.load(Width::B1, place, 0);
            self.scope.push(loaded);
        }
    }

    fn call(&mut self) {
        let helpers = match self.flavour {
            Flavour::Kernel => {
                [Helper::GetPrandomU32, Helper::GetCurrentPidTgid, Helper::SendSignal, Helper::KtimeGetNs]
            }
            Flavour::Interpreter => {
                [Helper::GetPrandomU32, Helper::SendSignal, Helper::MapUpdate, Helper::PerfEventOutput]
            }
        };
        let helper = self.random.pick(&helpers);
        let arguments: Vec<Operand> = helper.signature().arguments.iter().map(|_| self.operand()).collect();
        let result = self.builder.call(helper, &arguments);
        self.scope.push(result);
    }

    fn condition(&mut self, depth: u32) {
        const COMPARES: [Compare; 11] = [
            Compare::Eq,
            Compare::Ne,
            Compare::Gt,
            Compare::Ge,
            Compare::Lt,
            Compare::Le,
            Compare::SignedGt,
            Compare::SignedGe,
            Compare::SignedLt,
            Compare::SignedLe,
            Compare::Set,
        ];
        let compare = self.random.pick(&COMPARES);
        let (a, mut b) = (self.value(), self.operand());
        let narrow = self.random.below(3) == 0;
        if self.flavour == Flavour::Interpreter {
            b = match b {
                Operand::Constant(constant) => (constant & i64::MAX).into(),
                // What holds a constant could become one.
                Operand::Value(value) => self.builder.alu(Alu::Xor, value, self.variables[0]).into(),
            };
        }
        let then = self.builder.block("then");
        let otherwise = self.builder.block("otherwise");
        let after = self.builder.block("after");
        if narrow {
            self.builder.branch32(compare, a, b, then, otherwise);
        } else {
            self.builder.branch(compare, a, b, then, otherwise);
        }
        let outside = self.scope.len();
        for block in [then, otherwise] {
            self.builder.switch_to(block);
            if block == then || self.random.below(2) == 0 {
                self.statements(depth + 1);
            }
            self.scope.truncate(outside);
            // The other branch goes on, so that what follows is reached.
            if block == then && self.random.below(8) == 0 {
                let value = self.value();
                self.builder.return_(value);
            }
            if !self.builder.ended() {
                self.builder.goto(after);
            }
        }
        self.builder.switch_to(after);
    }

    fn repetition(&mut self, depth: u32) {
        let counter = self.builder.variable(0);
        let limit = 1 + u32::try_from(self.random.below(5)).unwrap();
        let body = self.builder.block("body");
        let after = self.builder.block("after");
        let header = self.builder.counted_loop(counter, limit, body, after);
        self.builder.switch_to(body);
        let outside = self.scope.len();
        self.scope.push(counter);
        self.statements(depth + 1);
        self.scope.truncate(outside);
        self.builder.next(header);
        self.builder.switch_to(after);
        self.scope.push(counter);
    }
}
