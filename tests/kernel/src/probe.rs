//! Hand-made programs, and what the running kernel says of itself, for all tests.

use bpf::insn::{Alu, Atomic, Compare, Operand, Reg, Size, Width};
use bpf::object::{MapKind, Role, UserPlace};
use bpf::tracefs::Format;
use bpf::{Btf, Hook, Insn, MapIndex, MapSpec, Object, ProgramSpec, helper};
use kernel::facts::{self, BtfBytes};
use kernel::{Link, Loaded, MappedArray, testing};

use crate::case::{Stop, fail};

/// `getppid`: no harm, no argument, and nobody else's in a test process.
pub(crate) const GETPPID: u32 = 110;

/// A map of these dimensions.
pub(crate) fn map(name: &str, kind: MapKind, key_bytes: u32, value_bytes: u32, entries: u32) -> MapSpec {
    MapSpec {
        name: name.to_owned(),
        kind,
        key_bytes,
        value_bytes,
        entries,
        mmapable: false,
        no_prealloc: false,
        constants: None,
    }
}

/// An array that this process maps too.
pub(crate) fn shared(name: &str, value_bytes: u32) -> MapSpec {
    MapSpec { mmapable: true, ..map(name, MapKind::Array, 4, value_bytes, 1) }
}

/// A program that is attached to this hook.
pub(crate) fn program(name: &str, hook: &Hook, insns: Vec<Insn>) -> ProgramSpec {
    ProgramSpec { name: name.to_owned(), hook: hook.clone(), role: Role::Attached, insns }
}

/// `dst = src`, all 64 bits.
pub(crate) fn set(dst: Reg, src: Operand) -> Insn {
    Insn::Alu { size: Size::W64, op: Alu::Mov, dst, src }
}

/// Calls a helper by its name.
pub(crate) fn call(name: &str) -> Insn {
    Insn::Call { helper: helper::number(name).unwrap_or(u32::MAX) }
}

/// `return value`.
pub(crate) fn give(value: i32) -> [Insn; 2] {
    [set(Reg::R0, Operand::Imm(value)), Insn::Exit]
}

/// Leaves, with 0, what is not of this process: `keep` is the code for the process's own. It finds the context in r6.
pub(crate) fn of_process(process: u32, keep: Vec<Insn>) -> Vec<Insn> {
    let mut insns = vec![
        set(Reg::R6, Operand::Reg(Reg::R1)),
        call("get_current_pid_tgid"),
        Insn::Alu { size: Size::W64, op: Alu::Rsh, dst: Reg::R0, src: Operand::Imm(32) },
    ];
    let process = Operand::Imm(process.cast_signed());
    insns.extend(unless(Compare::Eq, Reg::R0, process, keep));
    insns.extend(give(0));
    insns
}

/// Runs `then` only when the comparison holds.
pub(crate) fn unless(compare: Compare, dst: Reg, src: Operand, then: Vec<Insn>) -> Vec<Insn> {
    let opposite = match compare {
        Compare::Eq => Compare::Ne,
        Compare::Ne => Compare::Eq,
        Compare::Gt => Compare::Le,
        other => panic!("no opposite of {other:?} is written down"),
    };
    let slots: u16 = then.iter().map(|insn| u16::from(insn.slots())).sum();
    let jump = Insn::Jump { size: Size::W64, compare: opposite, dst, src, offset: slots.cast_signed() };
    [vec![jump], then].concat()
}

/// Adds one to the number at this offset of a shared array.
pub(crate) fn count(map: MapIndex, offset: u32) -> Vec<Insn> {
    vec![
        Insn::LoadMapValue { dst: Reg::R1, map, offset },
        set(Reg::R2, Operand::Imm(1)),
        Insn::Atomic { op: Atomic::Add, width: Width::B8, dst: Reg::R1, offset: 0, src: Reg::R2 },
    ]
}

/// A program on a hook, attached, which counts its runs for one process.
pub(crate) struct Counter {
    /// Dropped to detach.
    pub(crate) link: Option<Link>,
    /// What was loaded.
    pub(crate) loaded: Loaded,
    hits: MappedArray,
}

impl Counter {
    /// What it runs, unattached. At a hook of all system calls it counts `getppid` only.
    pub(crate) fn object(name: &str, hook: &Hook, process: u32) -> Object {
        let mut object = Object::default();
        let hits = object.add_map(shared("hits", 8));
        let mut keep = count(hits, 0);
        if matches!(hook, Hook::RawTracepoint { .. } | Hook::TpBtf { .. }) {
            let number = Insn::Load { width: Width::B8, dst: Reg::R1, src: Reg::R6, offset: 8 };
            let getppid = Operand::Imm(GETPPID.cast_signed());
            keep = [vec![number], unless(Compare::Eq, Reg::R1, getppid, keep)].concat();
        }
        object.programs.push(program(name, hook, of_process(process, keep)));
        object
    }

    /// Loads and attaches it.
    pub(crate) fn attach(hook: &Hook, process: u32) -> Result<Self, Stop> {
        Self::load("test_count", hook, process)?.attached()
    }

    /// Loads it.
    pub(crate) fn load(name: &str, hook: &Hook, process: u32) -> Result<Self, Stop> {
        let loaded = kernel::load(&Self::object(name, hook, process))?;
        let hits = loaded.maps[0].map_memory()?;
        Ok(Self { link: None, loaded, hits })
    }

    /// Attaches it.
    pub(crate) fn attached(mut self) -> Result<Self, Stop> {
        self.link = Some(Link::attach(&self.loaded.programs[0])?);
        Ok(self)
    }

    /// Runs that were counted.
    pub(crate) fn hits(&self) -> u64 {
        self.hits.load_u64(0, 0).unwrap_or(u64::MAX)
    }
}

/// Makes `getppid` this many times.
pub(crate) fn call_getppid(times: u32) {
    for _ in 0..times {
        testing::syscall(GETPPID, [0; 6]);
    }
}

/// A tracepoint by its names.
pub(crate) fn tracepoint(category: &str, name: &str) -> Result<Hook, Stop> {
    let tracefs = facts::tracefs()?;
    let Some(text) = facts::tracepoint_format(&tracefs, category, name)? else {
        return fail(format!("there is no tracepoint {category}:{name}"));
    };
    let id = Format::parse(&text)?.id;
    Ok(Hook::Tracepoint { category: category.to_owned(), name: name.to_owned(), id })
}

/// A tracepoint with typed arguments.
pub(crate) fn typed_tracepoint(name: &str) -> Result<Hook, Stop> {
    let bytes = BtfBytes::of_this_kernel()?;
    let wanted = format!("btf_trace_{name}");
    let found = Btf::parse(bytes.as_slice())?.find(bpf::btf::Kind::Typedef, &wanted);
    match found {
        Some(id) => Ok(Hook::TpBtf { name: name.to_owned(), btf_id: id.0 }),
        None => fail(format!("there is no {wanted}")),
    }
}

/// The type id of a kernel function.
pub(crate) fn function_id(name: &str) -> Result<u32, Stop> {
    let bytes = BtfBytes::of_this_kernel()?;
    let found = Btf::parse(bytes.as_slice())?.find(bpf::btf::Kind::Function, name);
    found.map(|id| id.0).ok_or_else(|| Stop::Failed(format!("there is no type of {name}")))
}

/// Whether the kernel's own type information has an enumeration with this value.
pub(crate) fn has_value(enumeration: &str, value: &str) -> Result<bool, Stop> {
    let bytes = BtfBytes::of_this_kernel()?;
    let btf = Btf::parse(bytes.as_slice())?;
    let Some(id) = btf.find(bpf::btf::Kind::Enum, enumeration) else {
        return fail(format!("there is no enum {enumeration}"));
    };
    Ok(btf.enum_values(id)?.iter().any(|known| known.name == value))
}

/// The function of this program that is made to be probed.
pub(crate) fn own_place() -> Result<(String, UserPlace), Stop> {
    let path = std::env::current_exe()?.display().to_string();
    Ok((path, UserPlace::Symbol("probity_target".to_owned())))
}
