//! The trials, and how to make many of them at once.

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::thread;

use bpf::btf::{IntEncoding, Kind as TypeKind, Linkage, Writer};
use bpf::insn::{Operand, Reg, Width};
use bpf::object::{MapKind, UserPlace};
use bpf::{Btf, Hook, Insn, MapIndex, MapSpec, TypeId, helper};

use super::draft::{self, Draft, Functions, Kind};
use super::{Answer, Refusal, Step, TRACING, add, answer, attach, copy, exchange, load, plain_hook, set};
use crate::attr::{self, Attr};
use crate::facts::{self, Capability, FactError};
use crate::map::Map;
use crate::sys::{self, Command};

/// Something that a kernel may or may not be able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trial {
    /// The kernel's type information (BTF).
    Types,
    /// The parameters of system calls, as tracefs tells them.
    Formats,
    /// System calls by the typed tracepoint `sys_exit` (`tp_btf`).
    TypedCalls,
    /// System calls by the raw tracepoint `sys_exit`.
    RawCalls,
    /// Programs that start, by the typed tracepoint `sched_process_exec`.
    TypedProcesses,
    /// Programs that start, by the raw tracepoint `sched_process_exec`.
    RawProcesses,
    /// One system call by its own tracepoint, through perf.
    Tracepoint,
    /// A link to a performance event, with a cookie (5.15).
    PerfLink,
    /// The entry of a kernel function.
    Kprobe,
    /// The return of a kernel function.
    Kretprobe,
    /// Many kernel functions by one link (5.18); some kernels load the program and refuse the link.
    KprobeMulti,
    /// The entry of a kernel function with typed arguments.
    Fentry,
    /// The return of a kernel function with typed arguments.
    Fexit,
    /// A security hook; some kernels attach the program and never call it.
    Lsm,
    /// A function of a user program.
    Uprobe,
    /// The return of a function of a user program.
    Uretprobe,
    /// Many functions of a user program by one link (6.6).
    UprobeMulti,
    /// Packets that leave a cgroup; loaded only.
    CgroupEgress,
    /// `connect` in a cgroup; loaded only.
    CgroupConnect,
    /// A ring buffer (5.8).
    RingBuffer,
    /// An array that is mapped into this process (5.5).
    MappedArray,
    /// Storage that belongs to a task (5.11 for tracing programs).
    TaskStorage,
    /// A bloom filter (5.16).
    BloomFilter,
    /// Atomic operations that give back what memory held (5.12).
    FetchAtomics,
    /// The helper `bpf_loop`, with a callback (5.17).
    Loop,
    /// The kernel functions `bpf_iter_num_*` (6.4).
    NumberIterator,
    /// The helper `get_current_task_btf` (5.11).
    CurrentTaskBtf,
    /// The helper `d_path` at a security hook or at a kernel function.
    PathHelper,
    /// A program that calls another one.
    TailCall,
    /// The helper `probe_read_kernel`, which lockdown for confidentiality refuses.
    ProbeReadKernel,
}

/// A kernel function that hardly anything ever calls: hosts get their name once. Every kernel has it, and type
/// information names it, which it does not do for calls without parameters.
const QUIET_FUNCTION: &CStr = c"__x64_sys_sethostname";
/// The same as a tracepoint of category `syscalls`.
const QUIET_TRACEPOINT: &str = "sys_enter_sethostname";
/// A hook of the security modules that we can reach ourselves, by `getsid(2)` of our own process; 0 is what it gives
/// without any module.
const REACHED_HOOK: &str = "bpf_lsm_task_getsid";
const OWN_PROGRAM: &CStr = c"/proc/self/exe";

/// What trials have to know of the kernel and of this process.
#[derive(Clone, Debug, Default)]
pub struct Grounds {
    has_types: bool,
    calls: Option<TypeId>,
    processes: Option<TypeId>,
    quiet_function: Option<TypeId>,
    reached_hook: Option<TypeId>,
    opened_hook: Option<TypeId>,
    closed_function: Option<TypeId>,
    number_new: Option<TypeId>,
    number_destroy: Option<TypeId>,
    /// Bytes from the start of `struct file` to its path.
    file_path: Option<u32>,
}

impl Grounds {
    /// Looks up what trials need, once. Without type information most of them answer that it is missing.
    pub fn new(btf: Option<&Btf<'_>>) -> Self {
        let mut grounds = Self::default();
        let Some(btf) = btf else { return grounds };
        let function = QUIET_FUNCTION.to_str().unwrap_or_default();
        let wanted = [
            (TypeKind::Typedef, "btf_trace_sys_exit"),
            (TypeKind::Typedef, "btf_trace_sched_process_exec"),
            (TypeKind::Function, function),
            (TypeKind::Function, REACHED_HOOK),
            (TypeKind::Function, "bpf_lsm_file_open"),
            (TypeKind::Function, "filp_close"),
            (TypeKind::Function, "bpf_iter_num_new"),
            (TypeKind::Function, "bpf_iter_num_destroy"),
        ];
        let found = btf.find_all(&wanted);
        let id = |place: usize| found.get(place).copied().flatten();
        grounds.has_types = true;
        (grounds.calls, grounds.processes, grounds.quiet_function) = (id(0), id(1), id(2));
        (grounds.reached_hook, grounds.opened_hook, grounds.closed_function) = (id(3), id(4), id(5));
        (grounds.number_new, grounds.number_destroy) = (id(6), id(7));
        grounds.file_path = btf.member_of("file", "f_path").ok().map(|member| member.byte_offset());
        grounds
    }

    fn need<T: Copy>(&self, fact: Option<T>, what: &str) -> Result<T, Refusal> {
        let absent = |reason: &str| Refusal::new(Step::Prepare, None, reason);
        match fact {
            Some(fact) => Ok(fact),
            None if self.has_types => Err(absent(&format!("the kernel has no {what}"))),
            None => Err(absent("the kernel shows no type information")),
        }
    }
}

/// Makes all these trials and answers in their order.
///
/// Each has a thread of its own: detaching some programs means waiting up to 0.1 s for all CPUs to leave them, and
/// waiting together takes no longer than waiting once.
pub fn try_all(trials: &[Trial], grounds: &Grounds) -> Vec<Answer> {
    // Kernels before 5.11 count maps against the limit of locked memory. Where it cannot be raised, a trial says so.
    let raised = sys::raise_locked_memory();
    thread::scope(|scope| {
        let running: Vec<_> = trials.iter().map(|trial| scope.spawn(|| trial.make(grounds))).collect();
        let gone = || Answer::Unknown(Refusal::new(Step::Prepare, None, "the trial itself failed"));
        let answers = running.into_iter().map(|running| running.join().unwrap_or_else(|_| gone()));
        answers.map(|answer| with_limit(answer, &raised)).collect()
    })
}

/// On an old kernel, EPERM of a map means the limit of locked memory.
fn with_limit(answer: Answer, raised: &std::io::Result<()>) -> Answer {
    match (answer, raised) {
        (Answer::No(refusal), Err(error))
            if refusal.step == Step::Create && refusal.errno == Some(libc::EPERM) =>
        {
            let reason = format!("{}; the limit of locked memory cannot be raised: {error}", refusal.reason);
            Answer::Unknown(Refusal { reason, ..refusal })
        }
        (answer, _) => answer,
    }
}

impl Trial {
    /// Makes this trial.
    pub fn make(self, grounds: &Grounds) -> Answer {
        answer(self.run(grounds), self.needed())
    }

    fn needed(self) -> &'static [Capability] {
        match self {
            Self::Uprobe | Self::Uretprobe | Self::Kprobe | Self::Kretprobe => {
                &[Capability::Bpf, Capability::Perfmon, Capability::SysAdmin]
            }
            Self::Types => &[],
            Self::Formats => &[Capability::DacReadSearch],
            Self::Tracepoint => &[Capability::Bpf, Capability::Perfmon, Capability::DacReadSearch],
            Self::CgroupEgress | Self::CgroupConnect => &[Capability::Bpf, Capability::NetAdmin],
            Self::RingBuffer | Self::MappedArray | Self::TaskStorage | Self::BloomFilter => {
                &[Capability::Bpf]
            }
            _ => TRACING,
        }
    }

    fn run(self, grounds: &Grounds) -> Result<(), Refusal> {
        match self {
            Self::Types => grounds.need(Some(()).filter(|()| grounds.has_types), ""),
            Self::Formats => tracepoint().map(drop),
            Self::TypedCalls => attach(&typed(grounds, "sys_exit", grounds.calls)?),
            Self::RawCalls => attach(&Hook::RawTracepoint { name: "sys_exit".to_owned() }),
            Self::TypedProcesses => attach(&typed(grounds, "sched_process_exec", grounds.processes)?),
            Self::RawProcesses => attach(&Hook::RawTracepoint { name: "sched_process_exec".to_owned() }),
            Self::Tracepoint => attach(&tracepoint()?),
            Self::PerfLink => perf_link(),
            Self::Kprobe => attach(&Hook::Kprobe { function: quiet_function(), offset: 0 }),
            Self::Kretprobe => attach(&Hook::Kretprobe { function: quiet_function() }),
            Self::KprobeMulti => kprobe_multi(),
            Self::Fentry => {
                let btf_id = grounds.need(grounds.quiet_function, "type of a system call's function")?.0;
                attach(&Hook::Fentry { function: quiet_function(), btf_id })
            }
            Self::Fexit => {
                let btf_id = grounds.need(grounds.quiet_function, "type of a system call's function")?.0;
                attach(&Hook::Fexit { function: quiet_function(), btf_id })
            }
            Self::Lsm => security_hook(grounds),
            Self::Uprobe => attach(&Hook::Uprobe { path: own_program(), place: own_place()? }),
            Self::Uretprobe => attach(&Hook::Uretprobe { path: own_program(), place: own_place()? }),
            Self::UprobeMulti => uprobe_multi(),
            Self::CgroupEgress => cgroup(Kind::CGROUP_EGRESS),
            Self::CgroupConnect => cgroup(Kind::CGROUP_CONNECT4),
            Self::RingBuffer => create(&spec(MapKind::RingBuffer, 0, 0, RING_BYTES)).map(drop),
            Self::MappedArray => mapped_array(),
            Self::TaskStorage => task_storage(),
            Self::BloomFilter => bloom_filter(),
            Self::FetchAtomics => exchange(),
            Self::Loop => bpf_loop(),
            Self::NumberIterator => number_iterator(grounds),
            Self::CurrentTaskBtf => load(&plain_hook(), vec![call("get_current_task_btf")], &[]).map(drop),
            Self::PathHelper => path_helper(grounds),
            Self::TailCall => tail_call(grounds),
            Self::ProbeReadKernel => probe_read_kernel(),
        }
    }
}

fn typed(grounds: &Grounds, name: &str, id: Option<TypeId>) -> Result<Hook, Refusal> {
    let TypeId(btf_id) = grounds.need(id, &format!("tracepoint {name}"))?;
    Ok(Hook::TpBtf { name: name.to_owned(), btf_id })
}

fn tracepoint() -> Result<Hook, Refusal> {
    let tracefs = facts::tracefs().map_err(|error| unread(&error))?;
    let place = tracefs.join("events/syscalls").join(QUIET_TRACEPOINT).join("id");
    let text = facts::read_text(&place).map_err(|error| unread(&error))?;
    let id = text.trim().parse().map_err(|_not_a_number: std::num::ParseIntError| {
        Refusal::new(Step::Prepare, None, &format!("{} is no number", place.display()))
    })?;
    Ok(Hook::Tracepoint { category: "syscalls".to_owned(), name: QUIET_TRACEPOINT.to_owned(), id })
}

/// What could not be read is not missing if it is a privilege that lacks.
fn unread(error: &FactError) -> Refusal {
    let errno = matches!(error, FactError::Forbidden { .. }).then_some(libc::EACCES);
    Refusal::new(Step::Prepare, errno, &error.to_string())
}

fn quiet_function() -> String {
    QUIET_FUNCTION.to_string_lossy().into_owned()
}

fn own_program() -> String {
    OWN_PROGRAM.to_string_lossy().into_owned()
}

fn own_place() -> Result<UserPlace, Refusal> {
    entry().map(UserPlace::FileOffset)
}

/// Where in its file this process started: no instruction is run less often.
fn entry() -> Result<u64, Refusal> {
    let absent = || Refusal::new(Step::Prepare, None, "/proc does not tell where this process started");
    own_entry().ok_or_else(absent)
}

/// A link to a performance event, with a cookie.
fn perf_link() -> Result<(), Refusal> {
    let program = Draft::new(Kind::PERF_EVENT, &RETURN_0).load()?;
    draft::attach_to_event(&program, &draft::silent_event()?).map(drop)
}

fn kprobe_multi() -> Result<(), Refusal> {
    let program = Draft::new(Kind::KPROBE_MULTI, &RETURN_0).load()?;
    draft::attach_to_functions(&program, QUIET_FUNCTION).map(drop)
}

fn uprobe_multi() -> Result<(), Refusal> {
    let place = entry()?;
    let program = Draft::new(Kind::UPROBE_MULTI, &RETURN_0).load()?;
    draft::attach_to_places(&program, OWN_PROGRAM, place).map(drop)
}

/// A program at a hook of the security modules, seen to run: where the kernel was booted without `bpf` in its list of
/// modules, it loads and attaches all the same, and is never called.
fn security_hook(grounds: &Grounds) -> Result<(), Refusal> {
    let hook = grounds.need(grounds.reached_hook, "security hooks for programs")?;
    let seen = create(&spec(MapKind::Array, 4, 8, 1))?;
    let insns = [
        Insn::LoadMapValue { dst: Reg::R1, map: MapIndex(0), offset: 0 },
        Insn::Store { width: Width::B8, dst: Reg::R1, offset: 0, src: Operand::Imm(1) },
        set(Reg::R0, 0),
        Insn::Exit,
    ];
    let code = bpf::insn::encode(&insns, |_only_map| bpf::insn::MapHandle(seen.as_fd().as_raw_fd()));
    let program = Draft { kind: Kind::SECURITY, btf_id: hook.0, code, functions: None }.load()?;
    let link = draft::attach_by_type(&program)?;
    reach_hook();
    drop(link);
    let value = seen.lookup(&[0; 4]).map_err(|error| Refusal::from_map(&error))?;
    if value.is_some_and(|value| value.first() == Some(&1)) {
        return Ok(());
    }
    let reason = "the program is attached and never called: `bpf` is not among the active security modules";
    Err(Refusal::new(Step::Run, None, reason))
}

fn reach_hook() {
    let process = i32::try_from(std::process::id()).unwrap_or_default();
    // SAFETY: the call takes a number; what it returns is of no interest, only that the kernel asks its modules.
    let _session = unsafe { libc::getsid(process) };
}

/// Loaded, not attached: 1 lets everything pass all the same.
fn cgroup(kind: Kind) -> Result<(), Refusal> {
    Draft::new(kind, &[set(Reg::R0, 1), Insn::Exit]).load().map(drop)
}

/// A page: the least that a ring can have.
const RING_BYTES: u32 = 4096;

fn spec(kind: MapKind, key_bytes: u32, value_bytes: u32, entries: u32) -> MapSpec {
    let name = MAP_NAME.to_owned();
    MapSpec {
        name,
        kind,
        key_bytes,
        value_bytes,
        entries,
        mmapable: false,
        no_prealloc: false,
        constants: None,
    }
}

const MAP_NAME: &str = "probity_trial";

fn create(spec: &MapSpec) -> Result<Map, Refusal> {
    Map::create(spec).map_err(|error| Refusal::from_map(&error))
}

fn mapped_array() -> Result<(), Refusal> {
    let array = create(&MapSpec { mmapable: true, ..spec(MapKind::Array, 4, 8, 1) })?;
    array.map_memory().map(drop).map_err(|error| Refusal::from_map(&error))
}

/// Kinds of maps that nothing uses yet (`enum bpf_map_type`).
const TASK_STORAGE: u32 = 29;
const BLOOM_FILTER: u32 = 30;
/// Bytes of `union bpf_attr` for `MAP_CREATE`.
const CREATE_BYTES: usize = 72;
const NO_PREALLOC: u32 = 1;

fn task_storage() -> Result<(), Refusal> {
    let mut types = Writer::new();
    let key = types.int("int", 4, IntEncoding::Signed);
    let value = types.int("long", 8, IntEncoding::Unsigned);
    let types = load_types(types)?;
    let fd = u32::try_from(types.as_raw_fd()).unwrap_or_default();
    let attr = Attr::new(CREATE_BYTES)
        .u32(attr::MAP_TYPE, TASK_STORAGE)
        .u32(attr::MAP_KEY_BYTES, 4)
        .u32(attr::MAP_VALUE_BYTES, 8)
        .u32(attr::MAP_FLAGS, NO_PREALLOC)
        .name(attr::MAP_NAME, MAP_NAME)
        .u32(attr::MAP_TYPES, fd)
        .u32(attr::MAP_KEY_TYPE, key.0)
        .u32(attr::MAP_VALUE_TYPE, value.0);
    create_by_number(attr)
}

fn bloom_filter() -> Result<(), Refusal> {
    create_by_number(
        Attr::new(CREATE_BYTES)
            .u32(attr::MAP_TYPE, BLOOM_FILTER)
            .u32(attr::MAP_VALUE_BYTES, 8)
            .u32(attr::MAP_ENTRIES, 16)
            .name(attr::MAP_NAME, MAP_NAME),
    )
}

fn create_by_number(mut attr: Attr) -> Result<(), Refusal> {
    let created = sys::bpf_open(Command::MapCreate, &mut attr);
    created.map(drop).map_err(|error| Refusal::from_error(Step::Create, &error))
}

fn load_types(types: Writer) -> Result<OwnedFd, Refusal> {
    let bytes = types.finish().map_err(|error| Refusal::new(Step::Prepare, None, &error.to_string()))?;
    draft::load_types(&bytes)
}

/// `bpf_loop(1, callback, NULL, 0)`, with the type information that a callback needs.
fn bpf_loop() -> Result<(), Refusal> {
    let mut types = Writer::new();
    let int = types.int("int", 4, IntEncoding::Signed);
    let long = types.int("long", 8, IntEncoding::Unsigned);
    let context = types.pointer(TypeId::VOID);
    let main = types.function_prototype(int, &[("context", context)]);
    let main = types.function("trial", main, Linkage::Global);
    let callback = types.function_prototype(int, &[("index", long), ("context", context)]);
    let callback = types.function("callback", callback, Linkage::Static);

    let before = draft::encode(&[set(Reg::R1, 1)]);
    let rest = [set(Reg::R3, 0), set(Reg::R4, 0), call("loop"), set(Reg::R0, 0), Insn::Exit];
    let ahead = u32::try_from(rest.len()).unwrap_or_default();
    let start = u32::try_from(before.len() / bpf::insn::SLOT_BYTES).unwrap_or_default() + 2 + ahead;
    let code =
        [before, draft::second_argument_is_function(ahead), draft::encode(&rest), draft::encode(&RETURN_0)]
            .concat();
    let functions = Functions { types: load_types(types)?, starts: vec![(0, main.0), (start, callback.0)] };
    let draft = Draft { kind: Kind::RAW_TRACEPOINT, btf_id: 0, code, functions: Some(&functions) };
    draft.load().map(drop)
}

/// `bpf_iter_num_new(&iterator, 0, 1); bpf_iter_num_destroy(&iterator)`.
fn number_iterator(grounds: &Grounds) -> Result<(), Refusal> {
    let new = grounds.need(grounds.number_new, "function bpf_iter_num_new")?;
    let destroy = grounds.need(grounds.number_destroy, "function bpf_iter_num_destroy")?;
    let iterator = [copy(Reg::R1, Reg::FRAME), add(Reg::R1, -8)];
    let code = [
        draft::encode(&iterator),
        draft::encode(&[set(Reg::R2, 0), set(Reg::R3, 1)]),
        draft::call_kernel_function(new.0),
        draft::encode(&iterator),
        draft::call_kernel_function(destroy.0),
        draft::encode(&RETURN_0),
    ]
    .concat();
    Draft { kind: Kind::RAW_TRACEPOINT, btf_id: 0, code, functions: None }.load().map(drop)
}

/// `bpf_d_path(&file->f_path, buffer, 8)` at a security hook or, where those are missing, at a kernel function.
fn path_helper(grounds: &Grounds) -> Result<(), Refusal> {
    let path =
        i32::try_from(grounds.need(grounds.file_path, "member f_path of struct file")?).unwrap_or_default();
    let insns = [
        Insn::Load { width: Width::B8, dst: Reg::R1, src: Reg::R1, offset: 0 },
        add(Reg::R1, path),
        Insn::Store { width: Width::B8, dst: Reg::FRAME, offset: -8, src: Operand::Imm(0) },
        copy(Reg::R2, Reg::FRAME),
        add(Reg::R2, -8),
        set(Reg::R3, 8),
        call("d_path"),
        set(Reg::R0, 0),
        Insn::Exit,
    ];
    let opened = grounds.need(grounds.opened_hook, "security hooks for programs");
    let at_hook = opened.and_then(|hook| Draft::new(Kind::SECURITY, &insns).on(hook.0).load());
    if at_hook.is_ok() {
        return Ok(());
    }
    let closed = grounds.need(grounds.closed_function, "function filp_close")?;
    Draft::new(Kind::FENTRY, &insns).on(closed.0).load().map(drop)
}

/// A program that calls another one, both of the kind that sees every system call.
fn tail_call(grounds: &Grounds) -> Result<(), Refusal> {
    let hook = typed(grounds, "sys_exit", grounds.calls).unwrap_or_else(|_no_types| plain_hook());
    let programs = create(&spec(MapKind::ProgramArray, 4, 4, 1))?;
    let called = load(&hook, Vec::new(), &[])?;
    let number = called.as_fd().as_raw_fd().to_le_bytes();
    programs.update(&[0; 4], &number).map_err(|error| Refusal::from_map(&error))?;
    let call = [Insn::LoadMap { dst: Reg::R2, map: MapIndex(0) }, set(Reg::R3, 0), call("tail_call")];
    load(&hook, call.to_vec(), &[programs]).map(drop)
}

/// Eight bytes of kernel memory: refused under lockdown for confidentiality.
fn probe_read_kernel() -> Result<(), Refusal> {
    let insns = vec![
        copy(Reg::R1, Reg::FRAME),
        add(Reg::R1, -8),
        set(Reg::R2, 8),
        set(Reg::R3, 0),
        call("probe_read_kernel"),
    ];
    load(&plain_hook(), insns, &[]).map(drop)
}

const RETURN_0: [Insn; 2] = [set(Reg::R0, 0), Insn::Exit];

fn call(name: &str) -> Insn {
    // No kernel has a helper 0, so that a name we misspelt is one that the kernel lacks.
    Insn::Call { helper: helper::number(name).unwrap_or_default() }
}

/// Where in the file of this program its first instruction stands.
fn own_entry() -> Option<u64> {
    /// The key of the entry address in the auxiliary vector (getauxval(3)).
    const ENTRY: u64 = 9;
    let auxiliary = std::fs::read("/proc/self/auxv").ok()?;
    let (words, _rest) = auxiliary.as_chunks::<8>();
    let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
    let address = words.chunks_exact(2).find(|pair| pair[0] == ENTRY)?[1];
    let maps = facts::read_text(std::path::Path::new("/proc/self/maps")).ok()?;
    maps.lines().find_map(|line| offset_in(line, address))
}

/// The place in its file of an address that lies in this line of `/proc/PID/maps`:
/// `55d0c8a00000-55d0c8a9f000 r-xp 00012000 fe:00 131 /usr/bin/x`.
fn offset_in(line: &str, address: u64) -> Option<u64> {
    let number = |digits: &str| u64::from_str_radix(digits, 16).ok();
    let mut words = line.split_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let (start, end) = (number(start)?, number(end)?);
    let offset = number(words.nth(1)?)?;
    (start..end).contains(&address).then(|| address - start + offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_memory_is_a_place_in_a_file() {
        let line = "55d0c8a00000-55d0c8a9f000 r-xp 00012000 fe:00 131   /usr/bin/x";
        assert_eq!(offset_in(line, 0x55d0_c8a0_0010), Some(0x1_2010));
        assert_eq!(offset_in(line, 0x55d0_c8a9_f000), None);
        assert_eq!(offset_in("nonsense", 0), None);
    }

    #[test]
    fn every_helper_has_its_name() {
        for name in ["loop", "d_path", "tail_call", "probe_read_kernel", "get_current_task_btf"] {
            assert_ne!(call(name), Insn::Call { helper: 0 }, "{name}");
        }
    }

    #[test]
    fn this_process_started_somewhere() {
        assert!(own_entry().is_some());
    }
}
