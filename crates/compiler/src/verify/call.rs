//! Calls of helpers: whether the arguments are what the helper takes, and what comes back.

use bpf::MapIndex;
use bpf::object::MapKind;

use super::Problem;
use super::range::Range;
use super::state::{Area, Held, KernelPointer, Kind, Memory, Origin};
use super::step::{Access, Checked, Interpreter, VARIABLE_MAX};
use crate::helpers::{Argument, ERROR_MIN, Helper, MapUse, Outcome};
use crate::ir::{Operand, Value};

/// What is learnt from the arguments of one call, left to right.
struct Arguments {
    helper: Helper,
    map: Option<MapIndex>,
    /// The memory argument that waits for its size.
    memory: Option<(Value, Memory, Access)>,
    size_max: i64,
}

impl Interpreter<'_, '_> {
    /// Checks a call and gives the kind of its result.
    pub(crate) fn call(&mut self, helper: Helper, arguments: &[Operand], origin: Origin) -> Checked<Kind> {
        let signature = helper.signature();
        if signature.arguments.len() != arguments.len() {
            return Err(Problem::Arity { wanted: signature.arguments.len(), found: arguments.len() });
        }
        let mut known = Arguments { helper, map: None, memory: None, size_max: 0 };
        for (wanted, operand) in signature.arguments.iter().zip(arguments) {
            self.argument(*wanted, *operand, &mut known)?;
        }
        self.effects(helper)?;
        let nullable = Some(origin);
        Ok(match signature.outcome {
            Outcome::Number => Kind::Number(Range::FULL),
            Outcome::LengthOrError => Kind::Number(Range::signed(ERROR_MIN, known.size_max)),
            Outcome::KernelPointer => {
                Kind::Kernel(KernelPointer { nullable: None, trusted: true, offset: 0 })
            }
            Outcome::ElementOrNull => {
                let Some(map) = known.map else { return Ok(Kind::Unknown) };
                self.state.forget_origin(origin);
                Kind::Memory(Memory { nullable, ..Memory::start(Area::MapValue(map)) })
            }
            Outcome::RecordOrNull => {
                self.state.forget_origin(origin);
                self.state.record = Held::Record;
                let bytes = u32::try_from(known.size_max).unwrap_or(0);
                Kind::Memory(Memory { nullable, ..Memory::start(Area::Record { bytes }) })
            }
        })
    }

    fn effects(&mut self, helper: Helper) -> Checked<()> {
        match helper {
            Helper::TailCall => self.nothing_held(),
            Helper::RingbufReserve if self.state.record != Held::Nothing => Err(Problem::RecordTwice),
            Helper::RingbufSubmit | Helper::RingbufDiscard => {
                self.state.record = Held::Nothing;
                self.give_back(|area| matches!(area, Area::Record { .. }));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn argument(&mut self, wanted: Argument, operand: Operand, known: &mut Arguments) -> Checked<()> {
        match wanted {
            Argument::Number | Argument::UserAddress => self.number_operand(operand).map(|_| ()),
            Argument::ConstantSize => constant_size(operand, known),
            Argument::Map(wanted) => self.map_argument(wanted, operand, known),
            Argument::Size => self.size(operand, false, known),
            Argument::SizeOrZero => self.size(operand, true, known),
            Argument::ElementOrZero if operand == Operand::Constant(0) => Ok(()),
            Argument::Context
            | Argument::Key
            | Argument::Element
            | Argument::ElementOrZero
            | Argument::MemoryRead
            | Argument::MemoryWrite
            | Argument::KernelAddress
            | Argument::KernelPointer
            | Argument::Record
            | Argument::FrozenText => match operand {
                Operand::Value(value) => self.pointer_argument(wanted, value, known),
                Operand::Constant(_) if wanted == Argument::KernelAddress => Ok(()),
                Operand::Constant(_) => {
                    Err(Problem::NotAMap { value: operand.to_string(), wanted: wanted.word() })
                }
            },
        }
    }

    fn pointer_argument(&mut self, wanted: Argument, value: Value, known: &mut Arguments) -> Checked<()> {
        let kind = self.kind(value)?;
        let mismatch = || Err(Problem::Wanted { value, wanted: wanted.word(), found: kind.word() });
        match (wanted, kind) {
            (_, Kind::Unknown)
            | (Argument::Context, Kind::Context)
            | (Argument::KernelAddress, Kind::Number(_) | Kind::Kernel(_))
            | (Argument::KernelPointer, Kind::Kernel(KernelPointer { nullable: None, trusted: true, .. })) => {
                Ok(())
            }
            (
                _,
                Kind::Memory(Memory { nullable: Some(_), .. })
                | Kind::Kernel(KernelPointer { nullable: Some(_), .. }),
            ) => Err(Problem::MaybeNull { value }),
            (Argument::Record, Kind::Memory(Memory { area: Area::Record { .. }, min: 0, max: 0, .. })) => {
                Ok(())
            }
            (Argument::Key, Kind::Memory(memory)) => {
                let bytes = self.map_bytes(known).0;
                self.whole_memory(value, memory, bytes)
            }
            (Argument::Element | Argument::ElementOrZero, Kind::Memory(memory)) => {
                let bytes = self.map_bytes(known).1;
                self.whole_memory(value, memory, bytes)
            }
            (Argument::MemoryRead, Kind::Memory(memory)) => {
                known.memory = Some((value, memory, Access::Read));
                Ok(())
            }
            (Argument::MemoryWrite, Kind::Memory(memory)) => {
                known.memory = Some((value, memory, Access::Write));
                Ok(())
            }
            (Argument::FrozenText, Kind::Memory(memory)) => self.frozen_text(value, memory),
            _ => mismatch(),
        }
    }

    fn map_argument(&mut self, wanted: MapUse, operand: Operand, known: &mut Arguments) -> Checked<()> {
        let mismatch = || Err(Problem::NotAMap { value: operand.to_string(), wanted: wanted.word() });
        let Operand::Value(value) = operand else { return mismatch() };
        let Kind::Map(index) = self.kind(value)? else { return mismatch() };
        let Some(map) = self.program.map(index) else { return mismatch() };
        if !wanted.accepts(map.spec.kind) {
            return mismatch();
        }
        if map.scratch {
            return Err(Problem::ScratchNotClaimed { map: index.0 });
        }
        if matches!(known.helper, Helper::MapUpdate | Helper::MapDelete) && self.is_frozen(index) {
            return Err(Problem::Frozen { map: index.0 });
        }
        if known.helper == Helper::MapLookup && self.is_frozen(index) && map.spec.entries > 1 {
            return Err(Problem::SeveralConstants { map: index.0 });
        }
        if known.helper == Helper::MapDelete && matches!(map.spec.kind, MapKind::Array | MapKind::PerCpuArray)
        {
            return Err(Problem::NotAMap { value: operand.to_string(), wanted: "a hash" });
        }
        known.map = Some(index);
        Ok(())
    }

    fn map_bytes(&self, known: &Arguments) -> (u32, u32) {
        let map = known.map.and_then(|index| self.program.map(index));
        map.map_or((0, 0), |map| (map.spec.key_bytes, map.spec.value_bytes))
    }

    // Keys and values: read as a whole.
    fn whole_memory(&mut self, value: Value, memory: Memory, bytes: u32) -> Checked<()> {
        self.accessed(value, memory, i64::from(bytes), Access::Read, true)
    }

    fn accessed(
        &mut self,
        value: Value,
        memory: Memory,
        length: i64,
        access: Access,
        exact: bool,
    ) -> Checked<()> {
        self.bounds(value, memory, length, access)?;
        let Area::Stack(slot) = memory.area else { return Ok(()) };
        let (from, to) = self.stack_bytes(slot, memory, length);
        // A helper may fill stack bytes that are not set yet only if it is known which.
        if access == Access::Write && exact && memory.min == memory.max {
            self.state.set_stack(from, to);
            return Ok(());
        }
        self.stack_set(value, from, to)
    }

    fn size(&mut self, operand: Operand, zero_allowed: bool, known: &mut Arguments) -> Checked<()> {
        let range = self.number_operand(operand)?;
        let size = || operand.to_string();
        if range.smin < 0 || range.umax >= VARIABLE_MAX {
            return Err(Problem::SizeUnbounded { size: size() });
        }
        if range.umin == 0 && !zero_allowed {
            return Err(Problem::SizeZero { size: size() });
        }
        known.size_max = range.smax;
        let Some((value, memory, access)) = known.memory.take() else { return Ok(()) };
        let string = matches!(known.helper, Helper::ProbeReadUserStr | Helper::ProbeReadKernelStr);
        if string && matches!(memory.area, Area::MapValue(_)) && memory.min == 0 {
            return Err(Problem::StringAtStart { value });
        }
        let exact = range.known().is_some();
        self.accessed(value, memory, range.smax, access, exact)
    }

    fn frozen_text(&self, value: Value, memory: Memory) -> Checked<()> {
        let not_text = || Problem::NotFrozenText { value: value.to_string() };
        let Memory { area: Area::MapValue(index), .. } = memory else { return Err(not_text()) };
        let constants = self.program.map(index).and_then(|map| map.spec.constants.as_ref());
        let start = usize::try_from(memory.min).ok().filter(|_| memory.min == memory.max);
        let text = constants.and_then(|values| values.first()?.get(start?..));
        if text.is_some_and(|text| text.contains(&0)) { Ok(()) } else { Err(not_text()) }
    }
}

fn constant_size(operand: Operand, known: &mut Arguments) -> Checked<()> {
    match operand {
        Operand::Constant(size) if (1..i64::try_from(VARIABLE_MAX).unwrap_or(i64::MAX)).contains(&size) => {
            known.size_max = size;
            Ok(())
        }
        _ => Err(Problem::SizeNotConstant { size: operand.to_string() }),
    }
}
