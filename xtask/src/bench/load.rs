//! The process that is measured: a second run of xtask, pinned to one CPU, which makes one call over and over.
//!
//! It lives through a whole measurement, so that the blocks with a tool and those without come from the same process,
//! page tables and CPU. What it is told and what it answers are lines of numbers.

use std::fs;
use std::hint::black_box;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, Mode, OFlags};
use rustix::thread::{CpuSet, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

use crate::error::{Error, Result};

/// The task of xtask that is this process.
pub(crate) const TASK: &str = "bench-load";

/// A path of the length that programs open, which no host has.
const ABSENT: &std::ffi::CStr = c"/usr/lib/probity-bench/no-such-file.so.1";
/// A directory that every host has: making it fails, and so changes nothing.
const PRESENT: &str = "/usr";

/// A system call that can be repeated for ever without a trace in the file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// Of a file that does not exist.
    Openat,
    /// Of a directory that exists.
    Mkdir,
    /// The cheapest one.
    Getppid,
}

impl Call {
    const ALL: [Self; 3] = [Self::Openat, Self::Mkdir, Self::Getppid];

    /// The kernel's name for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Openat => "openat",
            Self::Mkdir => "mkdir",
            Self::Getppid => "getppid",
        }
    }

    /// The member of its tracepoint that holds the path.
    pub(crate) fn path_member(self) -> &'static str {
        match self {
            Self::Openat => "filename",
            Self::Mkdir | Self::Getppid => "pathname",
        }
    }

    fn make(self) {
        match self {
            Self::Openat => drop(black_box(rustix::fs::openat(CWD, ABSENT, OFlags::RDONLY, Mode::empty()))),
            Self::Mkdir => drop(black_box(fs::create_dir(PRESENT))),
            Self::Getppid => drop(black_box(rustix::process::getppid())),
        }
    }
}

/// What a block of calls took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cost {
    /// CPU time of the calling thread, ns per call.
    pub(crate) cpu_ns: f64,
    /// Time that passed, ns per call.
    pub(crate) wall_ns: f64,
}

/// The process, as the one who measures sees it. It ends with the value.
pub(crate) struct Load {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Load {
    /// Starts it on this CPU; `program` is an xtask.
    pub(crate) fn start(program: &Path, cpu: usize) -> Result<Self> {
        let mut command = Command::new(program);
        command.arg(TASK).arg(cpu.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(Error::io("start the load"))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(to), Some(from)) => Ok(Self { child, to, from: BufReader::new(from) }),
            _ => Err(Error::Missing("the load has no pipes".to_owned())),
        }
    }

    /// Its process id.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Lets it make so many calls, with a pause after each.
    pub(crate) fn begin(&mut self, call: Call, count: u32, pause: Duration) -> Result<()> {
        let line = format!("{} {count} {}\n", call.name(), pause.as_micros());
        self.to.write_all(line.as_bytes()).map_err(Error::io("tell the load what to do"))
    }

    /// Lets it make so many calls as fast as it can, and waits for what they took.
    pub(crate) fn run(&mut self, call: Call, count: u32) -> Result<Cost> {
        self.begin(call, count, Duration::ZERO)?;
        let mut line = String::new();
        self.from.read_line(&mut line).map_err(Error::io("hear from the load"))?;
        let numbers: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        match numbers[..] {
            [cpu, wall] => Ok(Cost { cpu_ns: each(cpu, count), wall_ns: each(wall, count) }),
            _ => Err(Error::Missing(format!("the load answered `{}`", line.trim_end()))),
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // One that has ended needs neither.
        self.child.kill().unwrap_or_default();
        drop(self.child.wait());
    }
}

/// One of `count` equal parts of so many nanoseconds.
fn each(total_ns: u64, count: u32) -> f64 {
    Duration::from_nanos(total_ns).as_secs_f64() * 1e9 / f64::from(count.max(1))
}

/// `xtask bench-load CPU`: does what standard input says, a line `CALL COUNT PAUSE_US` each, and answers each with a
/// line `CPU_NS WALL_NS`, until the input ends.
pub(crate) fn task(words: &[String]) -> Result<u8> {
    let usage = || Error::Usage(format!("{TASK} is for `bench` alone: it takes the number of a CPU"));
    let cpu = words.first().and_then(|word| word.parse::<usize>().ok()).ok_or_else(usage)?;
    if cpu >= CpuSet::MAX_CPU {
        return Err(usage());
    }
    let mut cpus = CpuSet::new();
    cpus.set(cpu);
    sched_setaffinity(None, &cpus).map_err(|error| Error::io("stay on one CPU")(error.into()))?;
    for line in io::stdin().lines() {
        let line = line.map_err(Error::io("read what to do"))?;
        let (call, count, pause) = order(&line).ok_or_else(usage)?;
        let (cpu, wall) = block(call, count, pause);
        let mut out = io::stdout().lock();
        let written = writeln!(out, "{} {}", cpu.as_nanos(), wall.as_nanos()).and_then(|()| out.flush());
        written.map_err(Error::io("answer"))?;
    }
    Ok(0)
}

fn order(line: &str) -> Option<(Call, u32, Duration)> {
    let mut words = line.split(' ');
    let name = words.next()?;
    let call = Call::ALL.into_iter().find(|call| call.name() == name)?;
    let count = words.next()?.parse().ok()?;
    let pause = Duration::from_micros(words.next()?.parse().ok()?);
    words.next().is_none().then_some((call, count, pause))
}

/// Makes the calls; CPU time of this thread and time that passed.
fn block(call: Call, count: u32, pause: Duration) -> (Duration, Duration) {
    let (cpu, wall) = (thread_time(), Instant::now());
    if pause.is_zero() {
        for _ in 0..count {
            call.make();
        }
    } else {
        for _ in 0..count {
            call.make();
            thread::sleep(pause);
        }
    }
    (thread_time().saturating_sub(cpu), wall.elapsed())
}

fn thread_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_three_words() {
        assert_eq!(order("openat 20 0"), Some((Call::Openat, 20, Duration::ZERO)));
        assert_eq!(order("mkdir 1 50"), Some((Call::Mkdir, 1, Duration::from_micros(50))));
        for line in ["", "openat", "openat 20", "openat 20 0 0", "unlink 1 0", "openat -1 0"] {
            assert_eq!(order(line), None, "{line}");
        }
    }

    #[test]
    fn the_calls_change_nothing() {
        for call in Call::ALL {
            let (cpu, wall) = block(call, 3, Duration::ZERO);
            assert!(cpu <= wall + Duration::from_secs(1), "{call:?}");
        }
        assert!(rustix::fs::openat(CWD, ABSENT, OFlags::RDONLY, Mode::empty()).is_err());
        assert!(fs::create_dir(PRESENT).is_err());
    }
}
