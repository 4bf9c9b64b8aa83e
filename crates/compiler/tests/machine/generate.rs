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
        let length = u64::try_from(items.len()).expect("a number that fits");
        items[usize::try_from(self.below(length)).expect("a number that fits")]
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
    /// Pointers to 32 bytes of the map value, to be used later.
    pointers: Vec<Value>,
    /// A slot or record must be given back: no early end, and no second one.
    holding: bool,
    budget: u32,
}

/// The maps of every program: plain memory, elements, a ring, slots, a buffer for strings.
pub(crate) fn maps() -> Vec<MapDeclaration> {
    let rows = [
        ("memory", MapKind::Array, (4, MAP_BYTES, 1), false),
        ("elements", MapKind::Hash, (8, 16, 64), false),
        ("ring", MapKind::RingBuffer, (0, 0, 4096), false),
        ("slots", MapKind::Array, (4, 136, 8), true),
        ("buffer", MapKind::Array, (4, BUFFER_BYTES, 1), false),
    ];
    (0..)
        .zip(rows)
        .map(|(index, (name, kind, (key_bytes, value_bytes, entries), scratch))| {
            let spec = MapSpec {
                name: name.to_owned(),
                kind,
                key_bytes,
                value_bytes,
                entries,
                mmapable: false,
                no_prealloc: false,
                constants: None,
            };
            MapDeclaration { spec, index: MapIndex(index), scratch }
        })
        .collect()
}

const ELEMENTS: MapIndex = MapIndex(1);
const RING: MapIndex = MapIndex(2);
const SLOTS: MapIndex = MapIndex(3);
const BUFFER: MapIndex = MapIndex(4);
const BUFFER_BYTES: u32 = 2048;

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
    let budget = 20 + u32::try_from(random.below(80)).expect("a number that fits");
    let mut generator = Generator {
        random,
        builder,
        flavour,
        stack,
        scope: variables.clone(),
        variables,
        pointers: Vec::new(),
        holding: false,
        budget,
    };
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
            let choices = if self.flavour == Flavour::Kernel { 20 } else { 17 };
            match self.random.below(choices) {
                0..=4 => self.arithmetic(),
                5 | 6 => self.assignment(),
                7 => self.unary(),
                8 | 9 => self.memory(),
                10 => self.indexed(),
                11 | 12 => self.call(),
                13 | 14 if depth < 3 => self.condition(depth),
                15 if depth < 2 => self.repetition(depth),
                16 => {
                    let pointer = self.builder.map_value(MapIndex(0), 16);
                    self.pointers.push(pointer);
                }
                17 if depth < 3 => self.element(depth),
                18 => self.string(),
                19 if depth < 3 && !self.holding => self.held(depth),
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
                let max = u32::try_from(self.random.below(5000)).expect("a number that fits");
                self.builder.clamp(from, max)
            }
        };
        self.scope.push(value);
    }

    fn memory(&mut self) {
        let width = self.random.pick(&[Width::B1, Width::B2, Width::B4, Width::B8]);
        let bytes = i32::from(width.bytes());
        let (base, size) = match self.random.below(3) {
            0 => (self.builder.stack_address(self.stack), i32::from(STACK_BYTES)),
            1 if !self.pointers.is_empty() => (self.random.pick(&self.pointers.clone()), 32),
            _ => (self.builder.map_value(MapIndex(0), 8), 32),
        };
        let place =
            i32::try_from(self.random.below(64)).expect("a number that fits") % (size / bytes) * bytes;
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
        let compare = self.random.pick(&Compare::ALL);
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
        let outside = (self.scope.len(), self.pointers.len());
        for block in [then, otherwise] {
            self.builder.switch_to(block);
            if block == then || self.random.below(2) == 0 {
                self.statements(depth + 1);
            }
            self.leave(outside);
            // The other branch goes on, so that what follows is reached.
            if block == then && !self.holding && self.random.below(8) == 0 {
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
        let limit = 1 + u32::try_from(self.random.below(5)).expect("a number that fits");
        let body = self.builder.block("body");
        let after = self.builder.block("after");
        let header = self.builder.counted_loop(counter, limit, body, after);
        self.builder.switch_to(body);
        let outside = (self.scope.len(), self.pointers.len());
        self.scope.push(counter);
        self.statements(depth + 1);
        self.leave(outside);
        self.builder.next(header);
        self.builder.switch_to(after);
        self.scope.push(counter);
    }

    fn leave(&mut self, (scope, pointers): (usize, usize)) {
        self.scope.truncate(scope);
        self.pointers.truncate(pointers);
    }

    // What is done where a pointer is not null: loads, stores, and anything else in between.
    fn inside(&mut self, pointer: Value, depth: u32) {
        let outside = (self.scope.len(), self.pointers.len());
        let first = self.builder.load(Width::B8, pointer, 0);
        self.scope.push(first);
        self.statements(depth + 1);
        let from = self.operand();
        self.builder.store(Width::B4, pointer, 12, from);
        self.leave(outside);
    }

    fn element(&mut self, depth: u32) {
        let key = self.builder.stack(8, 8);
        let address = self.builder.stack_address(key);
        let from = self.operand();
        self.builder.store(Width::B8, address, 0, from);
        let map = self.builder.map(ELEMENTS);
        let found = self.builder.call(Helper::MapLookup, &[map.into(), address.into()]);
        let (some, after) = (self.builder.block("some"), self.builder.block("after"));
        if self.random.below(2) == 0 {
            self.builder.branch(Compare::Eq, found, 0, after, some);
        } else {
            self.builder.branch(Compare::Ne, found, 0, some, after);
        }
        self.builder.switch_to(some);
        self.inside(found, depth);
        self.builder.atomic_add(found, 8, 1);
        self.builder.goto(after);
        self.builder.switch_to(after);
    }

    // A string after another: the length of the first is where the second goes.
    fn string(&mut self) {
        let (start, source) = (self.value(), self.value());
        let buffer = self.builder.map_value(BUFFER, 16);
        let start = self.builder.clamp(start, 1000);
        let first = self.builder.offset(buffer, start);
        let size = self.builder.clamp(source, 200);
        let length = self.builder.call(Helper::ProbeReadUserStr, &[first.into(), size.into(), source.into()]);
        let (more, after) = (self.builder.block("more"), self.builder.block("after"));
        self.builder.branch(Compare::SignedLt, length, 0, after, more);
        self.builder.switch_to(more);
        let second = self.builder.offset(first, length);
        self.builder.call(Helper::ProbeReadUser, &[second.into(), 64.into(), source.into()]);
        let total = self.builder.alu(Alu::Add, start, length);
        let total = self.builder.clamp(total, 1200);
        let ring = self.builder.map(RING);
        self.builder.call(Helper::RingbufOutput, &[ring.into(), buffer.into(), total.into(), 0.into()]);
        self.builder.goto(after);
        self.builder.switch_to(after);
    }

    fn held(&mut self, depth: u32) {
        let (got, none, after) =
            (self.builder.block("got"), self.builder.block("none"), self.builder.block("after"));
        let slot = self.random.below(2) == 0;
        let pointer = if slot {
            self.builder.claim(SLOTS, got, none)
        } else {
            let ring = self.builder.map(RING);
            let record = self.builder.call(Helper::RingbufReserve, &[ring.into(), 24.into(), 0.into()]);
            self.builder.branch(Compare::Ne, record, 0, got, none);
            record
        };
        self.builder.switch_to(none);
        self.builder.goto(after);
        self.builder.switch_to(got);
        self.holding = true;
        let pair = self.value();
        self.builder.store(Width::B8, pointer, 0, pair);
        self.inside(pointer, depth);
        self.holding = false;
        if slot {
            self.builder.release(pointer);
        } else {
            self.builder.call(Helper::RingbufSubmit, &[pointer.into(), 0.into()]);
        }
        self.builder.goto(after);
        self.builder.switch_to(after);
    }
}
