//! Brings an object into the kernel: maps first, then programs, with the verifier's words when it says no.

use std::io;
use std::num::NonZero;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use bpf::insn::{self, MapHandle, SLOT_BYTES};
use bpf::object::Role;
use bpf::{Hook, Object, ProgramSpec};

use crate::attr::{self, Attr};
use crate::limits::{LOADERS_MAX, LOG_BYTES_FIRST, LOG_BYTES_MAX};
use crate::link::multi;
use crate::map::{Map, MapError, memory_bytes};
use crate::sys::{self, Command};

/// Why an object is not in the kernel.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// The caller may not load programs; only the operator can change that.
    Forbidden {
        /// What is missing.
        missing: &'static str,
    },
    /// The kernel lacks what the program hooks or uses; another program for the same purpose may still load.
    Unsupported {
        /// Name of the program.
        program: String,
        /// What the kernel said.
        error: io::Error,
    },
    /// The kernel's verifier said no: a bug of ours, and its log goes into the report.
    Rejected {
        /// Name of the program.
        program: String,
        /// What the kernel said.
        error: io::Error,
        /// The verifier's log, cut at its beginning if it is very long.
        log: String,
    },
    /// A map could not be created or filled.
    Map(MapError),
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Forbidden { missing } => {
                write!(
                    f,
                    "this user may not load eBPF programs: {missing} is missing; run it as root or grant that"
                )
            }
            Self::Unsupported { program, error } => {
                write!(f, "this kernel cannot take the program `{program}`: {error}")
            }
            Self::Rejected { program, error, log } => {
                let last = log.lines().rev().find(|line| !line.starts_with("processed")).unwrap_or_default();
                write!(f, "the kernel's verifier rejected the program `{program}` ({error}): {last}")
            }
            Self::Map(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {}

impl From<MapError> for LoadError {
    fn from(error: MapError) -> Self {
        match error.errno() {
            Some(libc::EPERM) => Self::Forbidden { missing: MISSING },
            _ => Self::Map(error),
        }
    }
}

const MISSING: &str = "CAP_BPF with CAP_PERFMON (or CAP_SYS_ADMIN)";

/// All that one load brought into the kernel.
#[derive(Debug)]
pub struct Loaded {
    /// The maps, in the order of the object.
    pub maps: Vec<Map>,
    /// The programs, in the order of the object.
    pub programs: Vec<Program>,
}

/// A program in the kernel.
#[derive(Debug)]
pub struct Program {
    fd: OwnedFd,
    name: String,
    hook: Hook,
    role: Role,
    attach_type: u32,
}

/// What the kernel knows of a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// The kernel's number for it.
    pub id: u32,
    /// Instructions that the verifier walked; 0 where the kernel does not say (before 5.16).
    pub verified_instructions: u32,
    /// Bytes of machine code; 0 without the JIT.
    pub machine_code_bytes: u32,
    /// Bytes of bytecode after the verifier's changes.
    pub bytecode_bytes: u32,
    /// Runs that the kernel skipped because the program was already running on that CPU (5.12).
    pub recursion_misses: u64,
}

/// Loads all maps and programs, and puts tail-called programs into their arrays. What was loaded goes again on error.
pub fn load(object: &Object) -> Result<Loaded, LoadError> {
    let maps: Vec<Map> = object.maps.iter().map(Map::create).collect::<Result<_, _>>()?;
    let programs = load_programs(object, &maps)?;
    for program in &programs {
        if let Role::TailCall { map, index } = program.role
            && let Some(map) = maps.get(usize::from(map.0))
        {
            let fd = program.fd.as_raw_fd().to_le_bytes();
            map.update(&index.to_le_bytes(), &fd)?;
        }
    }
    Ok(Loaded { maps, programs })
}

/// Loads the programs side by side: the verifier works in the caller's time, and most of a load is its.
fn load_programs(object: &Object, maps: &[Map]) -> Result<Vec<Program>, LoadError> {
    let specs = &object.programs;
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let loaders = cores.min(LOADERS_MAX).min(specs.len() / PROGRAMS_PER_LOADER + 1);
    if loaders == 1 {
        return specs.iter().map(|spec| Program::load(spec, maps)).collect();
    }
    let next = AtomicUsize::new(0);
    let take_next = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|place| *place < specs.len());
    let work = || -> Vec<(usize, Result<Program, LoadError>)> {
        std::iter::from_fn(take_next).map(|place| (place, Program::load(&specs[place], maps))).collect()
    };
    let mut done: Vec<_> = thread::scope(|scope| {
        let others: Vec<_> = (1..loaders).map(|_| scope.spawn(work)).collect();
        let own = work();
        let joined = others.into_iter().flat_map(|other| other.join().unwrap_or_default());
        own.into_iter().chain(joined).collect()
    });
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, program)| program).collect()
}

/// Programs for which another thread is worth its start: a load takes some 100 us, a thread 50.
const PROGRAMS_PER_LOADER: usize = 4;

/// Bytes of `union bpf_attr` for `PROG_LOAD`, up to `attach_btf_id` and its like.
const LOAD_BYTES: usize = 144;
/// Bytes of `OBJ_GET_INFO_BY_FD`.
const INFORMATION_BYTES: usize = 16;
/// Bytes of `struct bpf_prog_info` that we ask for; older kernels fill less.
const PROGRAM_INFORMATION_BYTES: u32 = 232;

const LICENSE: &[u8] = b"Dual MIT/GPL\0";

// Log levels of the verifier: include/linux/bpf_verifier.h.
const LOG_INSTRUCTIONS: u32 = 1;
const LOG_STATISTICS: u32 = 4;

impl Program {
    /// Loads one program.
    pub fn load(spec: &ProgramSpec, maps: &[Map]) -> Result<Self, LoadError> {
        Self::load_as(spec, maps, attach_type(&spec.hook))
    }

    /// Loads one program that will be attached in this way (`enum bpf_attach_type`).
    pub(crate) fn load_as(spec: &ProgramSpec, maps: &[Map], attach_type: u32) -> Result<Self, LoadError> {
        let code = insn::encode(&spec.insns, |map| {
            MapHandle(maps.get(usize::from(map.0)).map_or(-1, |map| map.as_fd().as_raw_fd()))
        });
        match sys::bpf_open(Command::ProgramLoad, &mut load_attr(spec, &code, attach_type)) {
            Ok(fd) => {
                let (name, hook, role) = (spec.name.clone(), spec.hook.clone(), spec.role.clone());
                Ok(Self { fd, name, hook, role, attach_type })
            }
            Err(error) if error.raw_os_error() == Some(libc::EPERM) => {
                Err(LoadError::Forbidden { missing: MISSING })
            }
            Err(error) => Err(explain(spec, &code, attach_type, error)),
        }
    }

    /// A program that no kernel has, for tests of what is done with one.
    #[cfg(test)]
    pub(crate) fn of_null(spec: &ProgramSpec) -> io::Result<Self> {
        let fd = std::fs::File::open("/dev/null")?.into();
        let (name, hook, role) = (spec.name.clone(), spec.hook.clone(), spec.role.clone());
        Ok(Self { fd, name, hook, role, attach_type: 0 })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it hooks.
    pub fn hook(&self) -> &Hook {
        &self.hook
    }

    /// Whether it is attached itself or called by another.
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// Bytes that the kernel counts for it; `None` where it does not say.
    pub fn memory_bytes(&self) -> Option<u64> {
        memory_bytes(self.fd.as_fd())
    }

    /// Whether it was loaded to be attached by a link of many places.
    pub(crate) fn is_multi(&self) -> bool {
        self.attach_type == multi::ATTACH_TYPE
    }

    pub(crate) fn number(&self) -> u32 {
        u32::try_from(self.fd.as_raw_fd()).unwrap_or_default()
    }

    /// What the kernel knows of it; zeros where it does not say.
    pub fn statistics(&self) -> Statistics {
        let Ok(known) = information(self.fd.as_fd()) else {
            return Statistics::default();
        };
        Statistics {
            id: known.get_u32(attr::KNOWN_ID),
            machine_code_bytes: known.get_u32(attr::KNOWN_MACHINE_CODE_BYTES),
            bytecode_bytes: known.get_u32(attr::KNOWN_BYTECODE_BYTES),
            recursion_misses: known.get_u64(attr::KNOWN_RECURSION_MISSES),
            verified_instructions: known.get_u32(attr::KNOWN_VERIFIED),
        }
    }
}

/// `struct bpf_prog_info` of a program, as far as we ask for it.
pub(crate) fn information(program: BorrowedFd<'_>) -> io::Result<Attr> {
    let mut known = Attr::new(usize::try_from(PROGRAM_INFORMATION_BYTES).unwrap_or_default());
    let mut attr = Attr::new(INFORMATION_BYTES)
        .u32(attr::INFORMATION_FD, u32::try_from(program.as_raw_fd()).unwrap_or_default())
        .u32(attr::INFORMATION_BYTES, PROGRAM_INFORMATION_BYTES)
        .written(attr::INFORMATION_ADDRESS, known.bytes_mut());
    sys::bpf(Command::Information, &mut attr)?;
    Ok(known)
}

impl AsFd for Program {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

fn load_attr(spec: &ProgramSpec, code: &[u8], attach_type: u32) -> Attr {
    let slots = u32::try_from(code.len() / SLOT_BYTES).unwrap_or(u32::MAX);
    Attr::new(LOAD_BYTES)
        .u32(attr::PROGRAM_TYPE, program_type(&spec.hook))
        .u32(attr::PROGRAM_SLOTS, slots)
        .read(attr::PROGRAM_CODE, code)
        .read(attr::PROGRAM_LICENSE, LICENSE)
        .name(attr::PROGRAM_NAME, &spec.name)
        .u32(attr::PROGRAM_ATTACH_TYPE, attach_type)
        .u32(attr::PROGRAM_BTF_ID, btf_id(&spec.hook))
}

/// Program type of a hook (`enum bpf_prog_type`).
fn program_type(hook: &Hook) -> u32 {
    const KPROBE: u32 = 2;
    const TRACEPOINT: u32 = 5;
    const RAW_TRACEPOINT: u32 = 17;
    const TRACING: u32 = 26;
    match hook {
        Hook::TpBtf { .. } | Hook::Fentry { .. } | Hook::Fexit { .. } => TRACING,
        Hook::RawTracepoint { .. } => RAW_TRACEPOINT,
        Hook::Tracepoint { .. } => TRACEPOINT,
        Hook::Kprobe { .. } | Hook::Kretprobe { .. } | Hook::Uprobe { .. } | Hook::Uretprobe { .. } => KPROBE,
    }
}

/// How a program of this hook will be attached (`enum bpf_attach_type`); 0 where the kernel does not ask.
fn attach_type(hook: &Hook) -> u32 {
    const TRACE_RAW_TP: u32 = 23;
    const TRACE_FENTRY: u32 = 24;
    const TRACE_FEXIT: u32 = 25;
    match hook {
        Hook::TpBtf { .. } => TRACE_RAW_TP,
        Hook::Fentry { .. } => TRACE_FENTRY,
        Hook::Fexit { .. } => TRACE_FEXIT,
        Hook::Uprobe { .. } | Hook::Uretprobe { .. } if multi::works() => multi::ATTACH_TYPE,
        _ => 0,
    }
}

fn btf_id(hook: &Hook) -> u32 {
    match hook {
        Hook::TpBtf { btf_id, .. } | Hook::Fentry { btf_id, .. } | Hook::Fexit { btf_id, .. } => *btf_id,
        _ => 0,
    }
}

/// Loads once more with a log that grows until it holds what the verifier says.
fn explain(spec: &ProgramSpec, code: &[u8], attach_type: u32, error: io::Error) -> LoadError {
    let program = spec.name.clone();
    let mut bytes = LOG_BYTES_FIRST;
    loop {
        let mut log = vec![0; bytes];
        let length = u32::try_from(bytes).unwrap_or(u32::MAX);
        let mut attr = load_attr(spec, code, attach_type)
            .u32(attr::PROGRAM_LOG_LEVEL, LOG_INSTRUCTIONS | LOG_STATISTICS)
            .u32(attr::PROGRAM_LOG_BYTES, length)
            .written(attr::PROGRAM_LOG, &mut log);
        let again = sys::bpf_open(Command::ProgramLoad, &mut attr).err();
        let full = again.as_ref().is_some_and(|again| again.raw_os_error() == Some(libc::ENOSPC));
        if full && bytes < LOG_BYTES_MAX {
            bytes *= 8;
            continue;
        }
        let end = log.iter().position(|&byte| byte == 0).unwrap_or(log.len());
        let log = String::from_utf8_lossy(&log[..end]).into_owned();
        let from_verifier = log.lines().any(|line| line.starts_with("processed "));
        return if from_verifier {
            LoadError::Rejected { program, error, log }
        } else {
            LoadError::Unsupported { program, error }
        };
    }
}
