//! The tools that are compared: how each is asked for the same thing, and what it shows of itself while it runs.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::load::{Call, Load};
use crate::error::{Error, Result};

/// How long a tool may take to show an event, or to leave: one that is behind has its backlog to print first, for 10 s
/// on a machine with other work. Nothing waits for ever.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often we look whether a tool has left: a fiftieth of the bar.
const LOOK_INTERVAL: Duration = Duration::from_micros(400);
/// How long a tool records before its memory is read.
const SETTLE: Duration = Duration::from_millis(100);
/// How often a tool is given a call to show, until it shows one.
const NUDGE_INTERVAL: Duration = Duration::from_millis(2);

/// A tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    /// This program.
    Probity(PathBuf),
    /// The peer.
    Bpftrace,
}

/// What a tool is asked to record, of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probe {
    /// One call with its path and result.
    One(Call),
    /// All calls. The peer prints number and result only: its probes of all calls take half a minute to come and go.
    All,
}

impl Tool {
    fn command(&self, probe: Probe, process: u32) -> Command {
        match self {
            Self::Probity(program) => {
                let calls = match probe {
                    Probe::One(call) => call.name(),
                    Probe::All => "all",
                };
                let mut command = Command::new(program);
                command.args(["trace", calls, "--json", "--pid"]).arg(process.to_string());
                command
            }
            Self::Bpftrace => {
                let mut command = Command::new("bpftrace");
                command.arg("-e").arg(script(probe, process));
                command
            }
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Probity(_) => "probity",
            Self::Bpftrace => "bpftrace",
        }
    }

    fn is_event(&self, line: &[u8]) -> bool {
        line.starts_with(match self {
            Self::Probity(_) => b"{\"timestamp\"",
            Self::Bpftrace => b"E ",
        })
    }
}

/// The peer's program.
fn script(probe: Probe, process: u32) -> String {
    match probe {
        Probe::One(call) => {
            let (name, path) = (call.name(), call.path_member());
            format!(
                "tracepoint:syscalls:sys_enter_{name} /pid == {process}/ {{ @path[tid] = args->{path}; }} \
                 tracepoint:syscalls:sys_exit_{name} /pid == {process}/ \
                 {{ printf(\"E %d %s %d\\n\", pid, str(@path[tid]), args->ret); delete(@path[tid]); }}"
            )
        }
        Probe::All => format!(
            "tracepoint:raw_syscalls:sys_exit /pid == {process}/ \
             {{ printf(\"E %d %d %d\\n\", pid, args->id, args->ret); }}"
        ),
    }
}

/// Resident memory of a process, in MB of a million bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Memory {
    /// All of it.
    pub(crate) resident: f64,
    /// The most there was so far.
    pub(crate) peak: f64,
    /// What is the kernel's, and only mapped: rings and arrays.
    pub(crate) kernel: f64,
    /// What belongs to the process alone.
    pub(crate) anonymous: f64,
}

impl Memory {
    fn of(process: u32) -> Result<Self> {
        let read = |name: &str| {
            let path = format!("/proc/{process}/{name}");
            fs::read_to_string(&path).map_err(Error::io(format!("read {path}")))
        };
        Ok(Self::parse(&read("status")?, &read("smaps")?))
    }

    /// From the texts of `/proc/PID/status` and `/proc/PID/smaps`: `VmRSS:  123 kB`; mappings of kernel objects are
    /// named `anon_inode:`.
    fn parse(status: &str, mappings: &str) -> Self {
        let of_status = |key: &str| status.lines().find_map(|line| kilobytes(line, key)).unwrap_or_default();
        let mut of_kernel = false;
        let mut kernel = 0.0;
        for line in mappings.lines() {
            // Only the first line of a mapping begins with an address.
            if line.split(' ').next().is_some_and(|word| word.contains('-')) {
                of_kernel = line.contains("anon_inode:");
            }
            kernel += kilobytes(line, "Rss:").filter(|_| of_kernel).unwrap_or_default();
        }
        Self {
            resident: of_status("VmRSS:"),
            peak: of_status("VmHWM:"),
            anonymous: of_status("RssAnon:"),
            kernel,
        }
    }
}

/// The MB that the line gives in units of 1024 bytes under this key.
fn kilobytes(line: &str, key: &str) -> Option<f64> {
    let number: u32 = line.strip_prefix(key)?.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(f64::from(number) * 1.024e-3)
}

/// What one run showed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched {
    /// From the start to the first output of any kind, ms.
    pub(crate) first_output_ms: f64,
    /// From the start to the first event, ms.
    pub(crate) first_event_ms: f64,
    /// From the interrupt to the end, ms.
    pub(crate) leave_ms: f64,
    /// Memory while it recorded.
    pub(crate) memory: Memory,
}

/// Runs a tool until it has shown events for a while, then interrupts it. `process` has to make calls all the time.
pub(crate) fn watch(tool: &Tool, probe: Probe, process: u32) -> Result<Watched> {
    let mut command = tool.command(probe, process);
    let start = Instant::now();
    let mut running = Running::start(tool, command.stdout(Stdio::piped()).stderr(Stdio::null()))?;
    let pipe = running.child.stdout.take().ok_or_else(|| silent(tool))?;
    let (tell, told) = mpsc::channel();
    let reader = tool.clone();
    thread::spawn(move || read_all(pipe, &reader, &tell));
    let first_output = hear(&told, tool)?;
    let first_event = hear(&told, tool)?;
    thread::sleep(SETTLE);
    let memory = Memory::of(running.child.id())?;
    let leave = running.interrupt()?;
    Ok(Watched {
        first_output_ms: milliseconds(first_output.duration_since(start)),
        first_event_ms: milliseconds(first_event.duration_since(start)),
        leave_ms: milliseconds(leave),
        memory,
    })
}

/// Tells when the first line and when the first event came, then reads on so that the tool never waits for us.
fn read_all(pipe: impl Read, tool: &Tool, tell: &Sender<Instant>) {
    let mut lines = BufReader::new(pipe).split(b'\n').map_while(std::result::Result::ok);
    let Some(first) = lines.next() else { return };
    let mut event = tool.is_event(&first);
    let mut told = tell.send(Instant::now());
    while !event && told.is_ok() {
        let Some(line) = lines.next() else { return };
        event = tool.is_event(&line);
    }
    told = told.and_then(|()| tell.send(Instant::now()));
    if told.is_ok() {
        lines.for_each(drop);
    }
}

fn hear(told: &Receiver<Instant>, tool: &Tool) -> Result<Instant> {
    told.recv_timeout(PATIENCE).map_err(|_silence| silent(tool))
}

fn silent(tool: &Tool) -> Error {
    let name = match tool {
        Tool::Probity(_) => "probity",
        Tool::Bpftrace => "bpftrace",
    };
    Error::Missing(format!(
        "{name} showed no event within {} s: see what it says by hand",
        PATIENCE.as_secs()
    ))
}

/// A time in milliseconds.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A tool that runs; it is gone with the value.
struct Running {
    name: &'static str,
    child: Child,
}

impl Running {
    fn start(tool: &Tool, command: &mut Command) -> Result<Self> {
        let name = tool.name();
        let child = command.stdin(Stdio::null()).spawn().map_err(Error::io(format!("start {name}")))?;
        Ok(Self { name, child })
    }

    /// Asks it to leave; how long that took. One that does not is ended, and has taken all of our patience.
    fn interrupt(&mut self) -> Result<Duration> {
        let start = Instant::now();
        let name = self.name;
        kill_process(Pid::from_child(&self.child), Signal::INT)
            .map_err(|error| Error::io(format!("interrupt {name}"))(error.into()))?;
        while self.child.try_wait().map_err(Error::io(format!("wait for {name}")))?.is_none() {
            if start.elapsed() > PATIENCE {
                eprintln!("{name} did not leave within {} s, and was ended", PATIENCE.as_secs());
                self.child.kill().map_err(Error::io(format!("end {name}")))?;
                self.child.wait().map_err(Error::io(format!("wait for {name}")))?;
                return Ok(start.elapsed());
            }
            thread::sleep(LOOK_INTERVAL);
        }
        Ok(start.elapsed())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended needs neither.
        self.child.kill().unwrap_or_default();
        drop(self.child.wait());
    }
}

/// A tool that writes to a file.
pub(crate) struct Recording {
    tool: Tool,
    running: Running,
    file: PathBuf,
    /// Events shown before the measurement began.
    before: u32,
}

/// What a recording came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// Events in the file, since the tool was ready.
    pub(crate) events: u32,
    /// Events that the tool itself says it lost.
    pub(crate) admitted: u32,
}

impl Recording {
    /// Starts a tool and returns once it shows the calls of the load.
    pub(crate) fn start(tool: &Tool, call: Call, load: &mut Load, file: &Path) -> Result<Self> {
        let create = || File::create(file).map_err(Error::io(format!("create {}", file.display())));
        let out = create()?;
        let mut command = tool.command(Probe::One(call), load.process());
        let running = Running::start(tool, command.stdout(out).stderr(Stdio::null()))?;
        let mut recording = Self { tool: tool.clone(), running, file: file.to_owned(), before: 0 };
        let start = Instant::now();
        while recording.count()?.events == 0 {
            if start.elapsed() > PATIENCE {
                return Err(silent(tool));
            }
            load.run(call, 1)?;
            thread::sleep(NUDGE_INTERVAL);
        }
        thread::sleep(SETTLE);
        recording.before = recording.count()?.events;
        Ok(recording)
    }

    /// Events in the file since the tool was ready. What the tool holds back is not there yet.
    pub(crate) fn events(&self) -> Result<u32> {
        Ok(self.count()?.events.saturating_sub(self.before))
    }

    /// Ends it and counts what it wrote.
    pub(crate) fn stop(mut self) -> Result<Written> {
        self.running.interrupt()?;
        let written = self.count()?;
        fs::remove_file(&self.file).map_err(Error::io(format!("remove {}", self.file.display())))?;
        Ok(Written { events: written.events.saturating_sub(self.before), ..written })
    }

    fn count(&self) -> Result<Written> {
        let doing = format!("read {}", self.file.display());
        let file = File::open(&self.file).map_err(Error::io(&doing))?;
        let mut written = Written { events: 0, admitted: 0 };
        for line in BufReader::new(file).split(b'\n') {
            let line = line.map_err(Error::io(&doing))?;
            if self.tool.is_event(&line) {
                written.events += 1;
            } else {
                written.admitted += admitted(&String::from_utf8_lossy(&line));
            }
        }
        Ok(written)
    }
}

/// The loss that a line tells of: `{"summary":{"events":1,"lost":2,...` or `Lost 2 events`.
fn admitted(line: &str) -> u32 {
    let number = |text: &str| text.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok();
    let summary = line.strip_prefix("{\"summary\"").and_then(|line| line.split_once("\"lost\":"));
    let text = summary.map(|(_, rest)| rest).or_else(|| line.strip_prefix("Lost "));
    text.and_then(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_is_read_from_what_each_tool_says() {
        assert_eq!(admitted("{\"summary\":{\"events\":5,\"lost\":17,\"cpus\":[{\"lost\":9}]}}"), 17);
        assert_eq!(admitted("Lost 1024 events"), 1024);
        assert_eq!(admitted("{\"timestamp\":\"\",\"lost\":3}"), 0);
        assert_eq!(admitted(""), 0);
    }

    #[test]
    fn memory_of_the_kernel_is_told_apart() {
        let status = "Name:\tprobity\nVmHWM:\t   2000 kB\nVmRSS:\t   1000 kB\nRssAnon:\t     100 kB\n";
        let mappings = "7f01-7f02 rw-s 00000000 00:0e 12 anon_inode:bpf-map\nSize: 900 kB\nRss: 500 kB\n\
                        7f03-7f04 r--p 00000000 00:0e 12 /bin/probity\nRss: 400 kB\n";
        let memory = Memory::parse(status, mappings);
        let want = Memory { resident: 1.024, peak: 2.048, kernel: 0.512, anonymous: 0.1024 };
        for (have, want) in [
            (memory.resident, want.resident),
            (memory.peak, want.peak),
            (memory.kernel, want.kernel),
            (memory.anonymous, want.anonymous),
        ] {
            assert!((have - want).abs() < 1e-9, "{memory:?}");
        }
    }

    #[test]
    fn both_tools_are_asked_for_the_same() {
        assert_eq!(
            script(Probe::One(Call::Mkdir), 7),
            "tracepoint:syscalls:sys_enter_mkdir /pid == 7/ { @path[tid] = args->pathname; } \
             tracepoint:syscalls:sys_exit_mkdir /pid == 7/ \
             { printf(\"E %d %s %d\\n\", pid, str(@path[tid]), args->ret); delete(@path[tid]); }"
        );
        let command = Tool::Probity("probity".into()).command(Probe::One(Call::Mkdir), 7);
        let words: Vec<_> = command.get_args().collect();
        assert_eq!(words, ["trace", "mkdir", "--json", "--pid", "7"]);
    }
}
