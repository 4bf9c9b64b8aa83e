//! Programs that the plain data of `bpf` cannot say: hooks that only trials use so far, calls of kernel functions and
//! of functions of the program itself. Loaded and attached by their numbers.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use bpf::Insn;
use bpf::insn::{self, MapHandle, SLOT_BYTES};

use super::{PROGRAM_NAME, Refusal, Step};
use crate::attr::{self, Attr, Member, address};
use crate::sys::{self, Command};

/// Type and attach type of a program (`enum bpf_prog_type`, `enum bpf_attach_type`).
#[derive(Clone, Copy)]
pub(super) struct Kind {
    program: u32,
    attach: u32,
}

impl Kind {
    /// A raw tracepoint.
    pub(super) const RAW_TRACEPOINT: Self = Self { program: 17, attach: 0 };
    /// A performance event.
    pub(super) const PERF_EVENT: Self = Self { program: 7, attach: 41 };
    /// Several kernel functions at once.
    pub(super) const KPROBE_MULTI: Self = Self { program: 2, attach: 42 };
    /// Several places of a user program at once.
    pub(super) const UPROBE_MULTI: Self = Self { program: 2, attach: 48 };
    /// Entry of a kernel function.
    pub(super) const FENTRY: Self = Self { program: 26, attach: 24 };
    /// A hook of the security modules.
    pub(super) const SECURITY: Self = Self { program: 29, attach: 27 };
    /// Packets that leave the processes of a cgroup.
    pub(super) const CGROUP_EGRESS: Self = Self { program: 8, attach: 1 };
    /// `connect` to an IPv4 address by the processes of a cgroup.
    pub(super) const CGROUP_CONNECT4: Self = Self { program: 18, attach: 10 };
}

/// A program to load.
pub(super) struct Draft<'a> {
    /// What it is.
    pub(super) kind: Kind,
    /// The function it hooks, in the kernel's type information; 0 for none.
    pub(super) btf_id: u32,
    /// The code.
    pub(super) code: Vec<u8>,
    /// Type information of its functions.
    pub(super) functions: Option<&'a Functions>,
}

/// Type information in the kernel, and which function starts where.
pub(super) struct Functions {
    /// The type information.
    pub(super) types: OwnedFd,
    /// Slot and type id of each function.
    pub(super) starts: Vec<(u32, u32)>,
}

// Bytes of `union bpf_attr` for each command: up to the last member we set.
const LOAD_BYTES: usize = 144;
const LINK_BYTES: usize = 64;
const BTF_BYTES: usize = 28;
const RAW_TRACEPOINT_BYTES: usize = 16;
/// Bytes of `struct bpf_func_info`.
const FUNCTION_BYTES: u32 = 8;

const LICENSE: &[u8] = b"Dual MIT/GPL\0";

impl Draft<'_> {
    /// A program of these instructions; none of them names a map.
    pub(super) fn new(kind: Kind, insns: &[Insn]) -> Self {
        Self { kind, btf_id: 0, code: encode(insns), functions: None }
    }

    /// The same, hooking this function.
    pub(super) fn on(self, btf_id: u32) -> Self {
        Self { btf_id, ..self }
    }

    /// Loads it.
    pub(super) fn load(&self) -> Result<OwnedFd, Refusal> {
        let slots = u32::try_from(self.code.len() / SLOT_BYTES).unwrap_or(u32::MAX);
        let mut attr = Attr::new(LOAD_BYTES)
            .u32(attr::PROGRAM_TYPE, self.kind.program)
            .u32(attr::PROGRAM_SLOTS, slots)
            .read(attr::PROGRAM_CODE, &self.code)
            .read(attr::PROGRAM_LICENSE, LICENSE)
            .name(attr::PROGRAM_NAME, PROGRAM_NAME)
            .u32(attr::PROGRAM_ATTACH_TYPE, self.kind.attach)
            .u32(attr::PROGRAM_BTF_ID, self.btf_id);
        let mut starts = Vec::new();
        if let Some(functions) = self.functions {
            for (slot, type_id) in &functions.starts {
                starts.extend_from_slice(&slot.to_le_bytes());
                starts.extend_from_slice(&type_id.to_le_bytes());
            }
            let count = u32::try_from(functions.starts.len()).unwrap_or(u32::MAX);
            attr = attr
                .u32(attr::PROGRAM_TYPES, number(&functions.types))
                .u32(attr::PROGRAM_FUNCTION_BYTES, FUNCTION_BYTES)
                .read(attr::PROGRAM_FUNCTIONS, &starts)
                .u32(attr::PROGRAM_FUNCTION_COUNT, count);
        }
        sys::bpf_open(Command::ProgramLoad, &mut attr)
            .map_err(|error| Refusal::from_error(Step::Load, &error))
    }
}

/// The bytes of instructions that name no map.
pub(super) fn encode(insns: &[Insn]) -> Vec<u8> {
    insn::encode(insns, |_no_map| MapHandle(-1))
}

/// One slot: code, source register 2 or 4 to say what the number is, the number. For calls of kernel functions
/// (`BPF_PSEUDO_KFUNC_CALL`).
pub(super) fn call_kernel_function(btf_id: u32) -> Vec<u8> {
    let mut slot = vec![0x85, 2 << 4, 0, 0];
    slot.extend_from_slice(&btf_id.to_le_bytes());
    slot
}

/// `r2 =` the function that starts `ahead` slots after the next instruction (`BPF_PSEUDO_FUNC`).
pub(super) fn second_argument_is_function(ahead: u32) -> Vec<u8> {
    let mut slots = vec![0x18, 2 | 4 << 4, 0, 0];
    // The number counts from the first of the instruction's two slots, the next instruction from behind both.
    slots.extend_from_slice(&(ahead + 1).to_le_bytes());
    slots.extend_from_slice(&[0; SLOT_BYTES]);
    slots
}

/// Loads type information.
pub(super) fn load_types(types: &[u8]) -> Result<OwnedFd, Refusal> {
    let length = u32::try_from(types.len()).unwrap_or(u32::MAX);
    let mut attr = Attr::new(BTF_BYTES).read(attr::TYPES, types).u32(attr::TYPES_BYTES, length);
    sys::bpf_open(Command::BtfLoad, &mut attr).map_err(|error| Refusal::from_error(Step::Create, &error))
}

/// Attaches a program that says itself what it hooks.
pub(super) fn attach_by_type(program: &OwnedFd) -> Result<OwnedFd, Refusal> {
    let mut attr = Attr::new(RAW_TRACEPOINT_BYTES).u32(attr::RAW_PROGRAM, number(program));
    attached(sys::bpf_open(Command::RawTracepointOpen, &mut attr))
}

/// Attaches a program to a performance event, with a cookie (5.15).
pub(super) fn attach_to_event(program: &OwnedFd, event: &OwnedFd) -> Result<OwnedFd, Refusal> {
    let mut attr =
        link(program, Kind::PERF_EVENT).u32(attr::LINK_TARGET, number(event)).u64(attr::LINK_COOKIE, 1);
    attached(sys::bpf_open(Command::LinkCreate, &mut attr))
}

/// Attaches a program to a list of kernel functions, of which there is one.
pub(super) fn attach_to_functions(program: &OwnedFd, function: &CStr) -> Result<OwnedFd, Refusal> {
    let functions = address(function.as_ptr()).to_le_bytes();
    let mut attr = link(program, Kind::KPROBE_MULTI)
        .u32(attr::FUNCTIONS_COUNT, 1)
        .read(attr::FUNCTIONS_NAMES, &functions);
    attached(sys::bpf_open(Command::LinkCreate, &mut attr))
}

/// Attaches a program to a list of places in a file, of which there is one, for this process alone.
pub(super) fn attach_to_places(program: &OwnedFd, path: &CStr, place: u64) -> Result<OwnedFd, Refusal> {
    let places = place.to_le_bytes();
    let mut attr = link(program, Kind::UPROBE_MULTI)
        .read(attr::MULTI_PATH, path.to_bytes_with_nul())
        .read(attr::MULTI_OFFSETS, &places)
        .u32(attr::MULTI_COUNT, 1)
        .u32(attr::MULTI_PROCESS, std::process::id());
    attached(sys::bpf_open(Command::LinkCreate, &mut attr))
}

/// The bits of a performance event, of which the first is `disabled`. Not in the table: it has no name of its own.
const EVENT_BITS: Member =
    Member { structure: "perf_event_attr", path: "disabled", offset: 40, bytes: 8, everywhere: true };

/// A performance event of this process that counts nothing and is not switched on.
pub(super) fn silent_event() -> Result<OwnedFd, Refusal> {
    // `struct perf_event_attr`: PERF_TYPE_SOFTWARE, PERF_COUNT_SW_DUMMY, `disabled`.
    const BYTES: usize = 112;
    let bytes = u32::try_from(BYTES).unwrap_or_default();
    let mut attr = Attr::new(BYTES)
        .u32(attr::EVENT_TYPE, 1)
        .u32(attr::EVENT_BYTES, bytes)
        .u64(attr::EVENT_CONFIG, 9)
        .u64(EVENT_BITS, 1);
    attached(sys::perf_event_open(&mut attr, 0, -1))
}

fn link(program: &OwnedFd, kind: Kind) -> Attr {
    Attr::new(LINK_BYTES).u32(attr::LINK_PROGRAM, number(program)).u32(attr::LINK_ATTACH_TYPE, kind.attach)
}

fn attached(fd: io::Result<OwnedFd>) -> Result<OwnedFd, Refusal> {
    fd.map_err(|error| Refusal::from_error(Step::Attach, &error))
}

fn number(fd: &OwnedFd) -> u32 {
    u32::try_from(fd.as_raw_fd()).unwrap_or_default()
}
