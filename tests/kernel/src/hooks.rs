//! Each kind of hook fires, for the process that is asked for, and no longer than it is attached.

use std::ffi::OsString;
use std::fs;
use std::io::BufRead;
use std::num::NonZero;
use std::time::{Duration, Instant};

use bpf::insn::{Operand, Reg, Width};
use bpf::object::UserPlace;
use bpf::{Hook, Insn, Object};
use kernel::process::Gated;
use kernel::{Link, facts, library, testing};

use crate::case::{Case, Stop, Verdict, fail, holds, same, skip};
use crate::probe::{
    Counter, call, call_getppid, function_id, has_value, of_process, own_place, program, set, shared,
    tracepoint, typed_tracepoint,
};

pub(crate) const CASES: &[Case] = &[
    ("raw_tracepoint_fires", || fires(&raw())),
    ("typed_tracepoint_fires", || fires(&typed_tracepoint("sys_enter")?)),
    ("tracepoint_fires", || fires(&getppid_tracepoint()?)),
    ("tracepoint_without_links_fires", || testing::without_links(|| fires(&getppid_tracepoint()?))),
    ("kprobe_fires", || kernel_probe(&Hook::Kprobe { function: FUNCTION.to_owned(), offset: 0 })),
    ("kretprobe_fires", || kernel_probe(&Hook::Kretprobe { function: FUNCTION.to_owned() })),
    ("fentry_fires", || traced_function(false)),
    ("fexit_fires", || traced_function(true)),
    ("uprobe_fires", || fires(&uprobe()?)),
    ("uretprobe_fires", || fires(&uretprobe()?)),
    ("uprobe_without_links_fires", || testing::without_links(|| fires(&uprobe()?))),
    ("uretprobe_without_links_fires", || testing::without_links(|| fires(&uretprobe()?))),
    ("an_uprobe_takes_the_link_of_many_places_where_there_is_one", multi),
    ("uprobe_at_an_offset_fires", offset),
    ("uprobe_in_a_shared_library_fires", || shared_library(false)),
    ("uretprobe_in_a_shared_library_fires", || shared_library(true)),
    ("a_tracepoint_gives_its_cookie", || cookie(&getppid_tracepoint()?)),
    ("an_uprobe_gives_its_cookie", || cookie(&uprobe()?)),
    ("a_32_bit_call_is_seen_by_its_own_number", int80),
];

/// The kernel's function of a call that does no harm. Calls without arguments have several names for one function, of
/// which the lists of the kernel know one.
const FUNCTION: &str = "__x64_sys_getpgid";
/// The number of that call.
const FUNCTION_CALL: u32 = 121;

fn raw() -> Hook {
    Hook::RawTracepoint { name: "sys_enter".to_owned() }
}

fn getppid_tracepoint() -> Result<Hook, Stop> {
    tracepoint("syscalls", "sys_enter_getppid")
}

fn uprobe() -> Result<Hook, Stop> {
    let (path, place) = own_place()?;
    Ok(Hook::Uprobe { path, place })
}

fn uretprobe() -> Result<Hook, Stop> {
    let (path, place) = own_place()?;
    Ok(Hook::Uretprobe { path, place })
}

/// Makes the call that the hook waits for.
fn trigger(hook: &Hook, times: u32) {
    if matches!(hook, Hook::Uprobe { .. } | Hook::Uretprobe { .. }) {
        (0..times)
            .for_each(|number| assert_eq!(testing::probity_target(number.into()), u64::from(number) + 1));
    } else if matches!(hook, Hook::RawTracepoint { .. } | Hook::TpBtf { .. } | Hook::Tracepoint { .. }) {
        call_getppid(times);
    } else {
        (0..times).for_each(|_| assert!(testing::syscall(FUNCTION_CALL, [0; 6]) >= 0));
    }
}

fn fires(hook: &Hook) -> Verdict {
    trigger(hook, 3);
    let mut counter = Counter::attach(hook, std::process::id())?;
    trigger(hook, 7);
    same("runs for this process", counter.hits(), 7)?;
    let child = testing::fork_run(|| {
        trigger(hook, 5);
        0
    })?;
    holds(child.success(), format!("the child ended with {child}"))?;
    same("runs after another process", counter.hits(), 7)?;
    counter.link = None;
    trigger(hook, 5);
    same("runs after it was detached", counter.hits(), 7)
}

fn kernel_probe(hook: &Hook) -> Verdict {
    if !facts::exists("/sys/bus/event_source/devices/kprobe/type") {
        return skip("the kernel has no event source kprobe (CONFIG_KPROBES)");
    }
    fires(hook)
}

fn traced_function(at_exit: bool) -> Verdict {
    let traceable = facts::tracefs()?.join("available_filter_functions");
    let Ok(file) = fs::File::open(&traceable) else {
        return skip("the kernel lists no functions that can be traced (CONFIG_FUNCTION_TRACER)");
    };
    let mut lines = std::io::BufReader::new(file).lines().map_while(Result::ok);
    if !lines.any(|line| line == FUNCTION) {
        return skip(format!("{FUNCTION} is not among the functions that can be traced"));
    }
    let (function, btf_id) = (FUNCTION.to_owned(), function_id(FUNCTION)?);
    fires(&if at_exit { Hook::Fexit { function, btf_id } } else { Hook::Fentry { function, btf_id } })
}

fn multi() -> Verdict {
    let known = has_value("bpf_attach_type", "BPF_TRACE_UPROBE_MULTI")?;
    let load = || Counter::load("test_multi", &uprobe()?, std::process::id());
    same("taken", testing::is_multi(&load()?.loaded.programs[0]), known)?;
    let without = testing::without_links(load)?;
    same("taken without links", testing::is_multi(&without.loaded.programs[0]), false)
}

fn offset() -> Verdict {
    let (path, place) = own_place()?;
    let UserPlace::Symbol(symbol) = place else { return fail("the own place is no symbol") };
    let offset = kernel::elf::file_offset(path.as_ref(), &symbol)?;
    fires(&Hook::Uprobe { path, place: UserPlace::FileOffset(offset) })
}

/// A function that every program of the C library calls while it starts.
const LIBRARY_FUNCTION: &str = "malloc";

/// The library is copied, so that no process but ours runs into the probe.
fn shared_library(at_return: bool) -> Verdict {
    let Ok(library) = library::find("libc") else {
        return skip("there is no shared C library");
    };
    let folder = std::env::temp_dir().join(format!("kernel-tests-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let copy = folder.join("libc.so.6");
    fs::copy(&library, &copy)?;
    let place = UserPlace::Symbol(LIBRARY_FUNCTION.to_owned());
    let path = copy.display().to_string();
    let hook = if at_return { Hook::Uretprobe { path, place } } else { Hook::Uprobe { path, place } };
    let outcome = run_with_library(&hook, &folder.display().to_string());
    fs::remove_dir_all(&folder)?;
    outcome
}

fn run_with_library(hook: &Hook, folder: &str) -> Verdict {
    let path = format!("LD_LIBRARY_PATH={folder}");
    let command = ["/usr/bin/env", &path, "/bin/sh", "-c", ":"].map(OsString::from);
    let gated = Gated::spawn(&command)?;
    let counter = Counter::attach(hook, gated.process())?;
    let mut running = gated.release()?;
    let start = Instant::now();
    while running.ended()?.is_none() {
        holds(start.elapsed() < Duration::from_secs(20), "the command does not end")?;
        std::thread::sleep(Duration::from_millis(1));
    }
    holds(counter.hits() > 0, format!("{hook} did not fire"))
}

fn cookie(hook: &Hook) -> Verdict {
    if !has_value("bpf_link_type", "BPF_LINK_TYPE_PERF_EVENT")? {
        return skip("perf events have no links and so no cookies (before 5.15)");
    }
    let mut object = Object::default();
    let seen = object.add_map(shared("seen", 8));
    let keep = vec![
        set(Reg::R1, Operand::Reg(Reg::R6)),
        call("get_attach_cookie"),
        Insn::LoadMapValue { dst: Reg::R1, map: seen, offset: 0 },
        Insn::Store { width: Width::B8, dst: Reg::R1, offset: 0, src: Operand::Reg(Reg::R0) },
    ];
    object.programs.push(program("test_cookie", hook, of_process(std::process::id(), keep)));
    let loaded = kernel::load(&object)?;
    let memory = loaded.maps[0].map_memory()?;
    let cookie = NonZero::new(0x1234_5678_9abc_def0).unwrap_or(NonZero::<u64>::MIN);
    let link = Link::attach_with_cookie(&loaded.programs[0], cookie)?;
    trigger(hook, 1);
    drop(link);
    same("cookie", memory.load_u64(0, 0), Some(cookie.get()))
}

/// `getppid` of 32-bit programs has another number.
const GETPPID_32: u32 = 64;

fn int80() -> Verdict {
    // A kernel without 32-bit calls kills who makes one.
    let status = testing::fork_run(|| {
        let parent = i32::try_from(std::os::unix::process::parent_id());
        u8::from(parent != Ok(testing::int80(GETPPID_32, [0; 6])))
    })?;
    if std::os::unix::process::ExitStatusExt::signal(&status).is_some() {
        return skip("the kernel takes no 32-bit calls (CONFIG_IA32_EMULATION)");
    }
    holds(status.success(), "getppid of 32 bits gives another number than that of 64")?;
    let mut object = Object::default();
    let seen = object.add_map(shared("seen", 8));
    let keep = vec![
        Insn::Load { width: Width::B8, dst: Reg::R1, src: Reg::R6, offset: 8 },
        Insn::LoadMapValue { dst: Reg::R2, map: seen, offset: 0 },
        Insn::Store { width: Width::B8, dst: Reg::R2, offset: 0, src: Operand::Reg(Reg::R1) },
    ];
    object.programs.push(program("test_int80", &raw(), of_process(std::process::id(), keep)));
    let loaded = kernel::load(&object)?;
    let memory = loaded.maps[0].map_memory()?;
    let link = Link::attach(&loaded.programs[0])?;
    testing::int80(GETPPID_32, [0; 6]);
    // Read before the next call of this process: there is none between.
    let number = memory.load_u64(0, 0);
    drop(link);
    same("number of the call", number, Some(GETPPID_32.into()))
}
