//! What is left behind: nothing, however this process ends, and soon.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use bpf::Hook;
use kernel::{detach_all, testing};

use crate::case::{Case, Verdict, fail, holds, same};
use crate::probe::{Counter, call_getppid, tracepoint, typed_tracepoint};

pub(crate) const CASES: &[Case] =
    &[("a_killed_process_leaves_no_program_behind", killed), ("many_links_are_detached_at_once", many)];

/// How long the kernel may take to free programs: it waits for all CPUs, which a test machine shares with others.
const FREED_TIME_MAX: Duration = Duration::from_secs(10);
/// How long leaving may take without links that are slow by nature. 20 ms are promised; an interpreted machine is slower.
const LEAVING_TIME_MAX: Duration = Duration::from_millis(200);

fn killed() -> Verdict {
    let hooks = [
        Hook::RawTracepoint { name: "sys_enter".to_owned() },
        typed_tracepoint("sys_enter")?,
        tracepoint("syscalls", "sys_enter_getppid")?,
    ];
    let (mut told, mut tell) = io::pipe()?;
    let child = testing::Fork::start(|| {
        let process = std::process::id();
        let counters: Vec<_> = hooks
            .iter()
            .map(|hook| Counter::load("killed_child", hook, process).and_then(Counter::attached))
            .collect();
        call_getppid(3);
        let hits: Vec<u8> = counters
            .iter()
            .map(|counter| counter.as_ref().map_or(0, |counter| u8::try_from(counter.hits()).unwrap_or(0)))
            .collect();
        if tell.write_all(&hits).is_ok() {
            std::thread::sleep(Duration::from_secs(600));
        }
        1
    })?;
    let mut hits = [0; 3];
    told.read_exact(&mut hits)?;
    let of_child =
        || testing::program_names().map(|names| names.iter().filter(|name| *name == "killed_child").count());
    let alive = of_child()?;
    child.signal(libc::SIGKILL)?;
    child.wait()?;
    same("runs in the child", hits, [3; 3])?;
    same("programs of the child", alive, hooks.len())?;
    let start = Instant::now();
    while of_child()? > 0 {
        if start.elapsed() > FREED_TIME_MAX {
            return fail(format!("{} programs of a dead process are still there", of_child()?));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

fn many() -> Verdict {
    let hook = typed_tracepoint("sys_enter")?;
    let mut counters = Vec::new();
    let mut links = Vec::new();
    for _ in 0..20 {
        let mut counter = Counter::attach(&hook, std::process::id())?;
        links.extend(counter.link.take());
        counters.push(counter);
    }
    call_getppid(1);
    let start = Instant::now();
    let detached = detach_all(links);
    let took = start.elapsed();
    call_getppid(1);
    same("links", detached.links, 20)?;
    same("runs", counters.iter().map(Counter::hits).collect(), vec![1; 20])?;
    holds(took < LEAVING_TIME_MAX, format!("it took {took:?}"))
}
