//! What is left behind: nothing, however this process ends, and soon.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use bpf::Hook;
use kernel::{Link, detach_all, testing};

use crate::case::{Case, Stop, Verdict, fail, holds, same};
use crate::probe::{Counter, call_getppid, tracepoint, typed_tracepoint};

pub(crate) const CASES: &[Case] = &[
    ("a_killed_process_leaves_no_program_behind", killed),
    ("links_that_are_fast_are_detached_at_once", fast),
    ("links_that_are_slow_do_not_make_leaving_wait", slow),
];

/// How long the kernel may take to free programs: it waits for all CPUs, which a test machine shares with others.
const FREED_TIME_MAX: Duration = Duration::from_secs(10);
/// How long leaving may take, here where machines are interpreted and shared. On a real one it is some milliseconds.
const LEAVING_TIME_MAX: Duration = Duration::from_millis(200);

fn killed() -> Verdict {
    let hooks = [
        Hook::RawTracepoint { name: "sys_enter".to_owned() },
        typed_tracepoint("sys_enter")?,
        tracepoint("syscalls", "sys_enter_getppid")?,
    ];
    let (mut told, mut tell) = io::pipe()?;
    let child = testing::Fork::start(|| {
        let held = attach(hooks.len(), "killed_child", |place| Ok(hooks[place].clone()));
        call_getppid(3);
        let hits = held.as_ref().map(|(counters, _)| hits(counters)).unwrap_or_default();
        let hits: Vec<u8> = hits.into_iter().map(|hits| u8::try_from(hits).unwrap_or(u8::MAX)).collect();
        if tell.write_all(&hits).is_ok() {
            std::thread::sleep(Duration::from_mins(10));
        }
        1
    })?;
    drop(tell);
    let mut hits = [0; 3];
    told.read_exact(&mut hits)?;
    let alive = programs_named("killed_child")?;
    child.signal(libc::SIGKILL)?;
    child.wait()?;
    same("runs in the child", hits, [3; 3])?;
    same("programs of the child", alive, hooks.len())?;
    gone("killed_child")
}

fn fast() -> Verdict {
    let hook = typed_tracepoint("sys_enter")?;
    let (counters, links) = attach(20, "test_fast", |_| Ok(hook.clone()))?;
    call_getppid(1);
    let start = Instant::now();
    let detached = detach_all(links);
    let took = start.elapsed();
    call_getppid(1);
    same("links", (detached.links, detached.handed_over), (20, 0))?;
    same("runs", hits(&counters), vec![1; 20])?;
    holds(took < LEAVING_TIME_MAX, format!("it took {took:?}"))
}

/// Tracepoints of a call that this process makes, and of calls that nobody makes.
const SLOW: [&str; 5] =
    ["sys_enter_getppid", "sys_enter_mlockall", "sys_exit_mlockall", "sys_enter_acct", "sys_exit_acct"];

fn slow() -> Verdict {
    let (counters, links) = attach(SLOW.len(), "test_slow", |place| tracepoint("syscalls", SLOW[place]))?;
    call_getppid(3);
    let start = Instant::now();
    let detached = detach_all(links);
    let took = start.elapsed();
    same("links", (detached.links, detached.handed_over), (SLOW.len(), SLOW.len()))?;
    holds(took < LEAVING_TIME_MAX, format!("it took {took:?}"))?;
    same("runs", hits(&counters), vec![3, 0, 0, 0, 0])?;
    drop(counters);
    gone("test_slow")
}

/// As many counters and their links.
fn attach(
    count: usize,
    name: &str,
    hook: impl Fn(usize) -> Result<Hook, Stop>,
) -> Result<(Vec<Counter>, Vec<Link>), Stop> {
    let mut counters = Vec::new();
    let mut links = Vec::new();
    for place in 0..count {
        let mut counter = Counter::load(name, &hook(place)?, std::process::id())?.attached()?;
        links.extend(counter.link.take());
        counters.push(counter);
    }
    Ok((counters, links))
}

fn hits(counters: &[Counter]) -> Vec<u64> {
    counters.iter().map(Counter::hits).collect()
}

fn programs_named(name: &str) -> io::Result<usize> {
    testing::program_names().map(|names| names.iter().filter(|known| *known == name).count())
}

/// Waits until the kernel has freed all programs of this name.
fn gone(name: &str) -> Verdict {
    let start = Instant::now();
    loop {
        let left = programs_named(name)?;
        if left == 0 {
            return Ok(());
        }
        if start.elapsed() > FREED_TIME_MAX {
            return fail(format!("{left} programs {name} are still there"));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
