//! `cargo xtask bench trace`: what `probity trace` costs, against a peer in the same run. See docs/benchmarks.md.
//!
//! Times on a shared machine are noisy, so the tools take turns, each block of calls stands between two without any
//! tool, and what counts are medians and ratios. Nothing here is a test: a bar that does not hold is a line in a table.
//! Everything is scoped to processes that the task has started itself, and is gone when it ends.

mod empty;
pub(crate) mod load;
mod report;
mod tool;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::host::{self, Scratch};
use empty::Floor;
use load::{Call, Cost, Load};
use report::{Bar, Row};
use tool::{Probe, Recording, Tool, Watched};

/// How `bench` is called.
pub(crate) const USAGE: &str = "\
cargo xtask bench trace [--quick] [--json FILE]

Builds the static release of probity and measures `probity trace` and, where it is installed, bpftrace, in turns:
start, memory, ns added to a call, loss at full speed. Needs root. Prints a table and writes all samples to FILE
(target/bench/trace.json). --quick takes fewer of them: for a look, not for a number to keep.";

/// What a run of the bench is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Plan {
    /// Turns of each tool in each measurement.
    rounds: u32,
    /// Calls in a block.
    calls: u32,
    /// Where the samples go.
    json: PathBuf,
}

/// Enough for a median that noise of 10 % does not move over a bar; 2 min in all.
const ROUNDS: u32 = 7;
/// Enough to see what is broken.
const ROUNDS_QUICK: u32 = 3;
/// Calls in a block: 0.2 s of the dearest, and more than any ring holds.
const CALLS: u32 = 200_000;
/// The same for a look.
const CALLS_QUICK: u32 = 50_000;
/// Calls in a burst whose events a ring of 4 MiB holds, so that what a call costs is seen without any loss.
const BURST_CALLS: u32 = 5000;
/// Bursts in a block.
const BURSTS: u32 = 20;
/// Pause after a burst, in which the tool takes all that is there.
const BURST_PAUSE: Duration = Duration::from_millis(40);
/// Pause between calls while a start is timed: short against the bar, and most of a CPU stays free.
const PAUSE: Duration = Duration::from_micros(50);

// The bars, from docs/benchmarks.md.
const FIRST_EVENT: Bar = Bar { most: Some(10.0), of_peer: Some(0.05) };
const LEAVE: Bar = Bar { most: Some(20.0), of_peer: None };
const MEMORY: Bar = Bar { most: Some(8.0), of_peer: None };
const ALL_CALLS: Bar = Bar { most: Some(200.0), of_peer: None };
const OVER_EMPTY: Bar = Bar { most: Some(10.0), of_peer: None };
const TRACED: Bar = Bar { most: None, of_peer: Some(0.5) };
const NOTHING: Bar = Bar { most: Some(0.0), of_peer: None };
const BINARY: Bar = Bar { most: Some(4.0), of_peer: None };
const NONE: Bar = Bar { most: None, of_peer: None };

/// `cargo xtask bench`: measures and returns the exit code.
pub(crate) fn task(words: &[String]) -> Result<u8> {
    if words.iter().any(|word| word == "--help") {
        println!("{USAGE}");
        return Ok(0);
    }
    let plan = plan(words)?;
    if !host::is_root() {
        return Err(Error::Missing("only root may load eBPF programs: run it as root".to_owned()));
    }
    host::require_static_target()?;
    for package in ["probity", "xtask"] {
        // One by one: built together they would share features, and probity would not be what users get.
        eprintln!("building {package}");
        let build = ["build", "--release", "--quiet", "--target", host::STATIC_TARGET, "--package", package];
        host::output(host::cargo().args(build))?;
    }
    let bench = Bench::new(plan)?;
    let rows = bench.run()?;
    let facts = bench.facts();
    for (name, text) in &facts {
        println!("{name}: {text}");
    }
    println!("\n{}", report::table(&rows));
    let json = &bench.plan.json;
    let doing = format!("write {}", json.display());
    if let Some(parent) = json.parent() {
        fs::create_dir_all(parent).map_err(Error::io(&doing))?;
    }
    fs::write(json, report::json(&facts, &rows)).map_err(Error::io(&doing))?;
    Ok(0)
}

fn plan(words: &[String]) -> Result<Plan> {
    let usage = |text: String| Err(Error::Usage(text));
    let mut plan = Plan { rounds: ROUNDS, calls: CALLS, json: host::target().join("bench/trace.json") };
    let mut words = words.iter();
    match words.next().map(String::as_str) {
        Some("trace") => {}
        Some(other) => return usage(format!("there is nothing to measure named {other}: there is trace")),
        None => return usage("name what to measure: trace".to_owned()),
    }
    while let Some(word) = words.next() {
        match word.as_str() {
            "--quick" => (plan.rounds, plan.calls) = (ROUNDS_QUICK, CALLS_QUICK),
            "--json" => match words.next() {
                Some(file) => plan.json = PathBuf::from(file),
                None => return usage("--json needs a file".to_owned()),
            },
            other => return usage(format!("bench trace takes no {other}")),
        }
    }
    Ok(plan)
}

/// All that a run needs.
struct Bench {
    plan: Plan,
    /// Ours, and the peer where it is installed. They take turns in this order.
    tools: Vec<Tool>,
    /// The program that makes calls.
    caller: PathBuf,
    /// The CPU it stays on: the last one. The tools may use all.
    cpu: usize,
    scratch: Scratch,
    floor: Floor,
}

/// Time per call without any tool.
#[derive(Clone, Copy)]
struct Base {
    call: Cost,
    unrelated: Cost,
}

/// What one turn of a tool cost and gave.
struct Turn {
    /// Added to a call that it records, ns of CPU time: in bursts, and at full speed.
    traced: (f64, f64),
    /// The second in ns that passed.
    traced_wall: f64,
    /// Added to a call that nobody asked for.
    unrelated: f64,
    /// Added to a call that it records, but of another process.
    outside: f64,
    /// Events that are not in the file: of the bursts, and at full speed.
    lost: (u32, u32),
    /// Events that the tool says it lost.
    admitted: u32,
}

impl Bench {
    fn new(plan: Plan) -> Result<Self> {
        let mut tools = vec![Tool::Probity(host::static_program("probity"))];
        if peer_version().is_some() {
            tools.push(Tool::Bpftrace);
        } else {
            eprintln!("bpftrace is not installed: nothing to compare with");
        }
        let cpus = thread::available_parallelism().map_err(Error::io("count the CPUs"))?;
        Ok(Self {
            plan,
            tools,
            caller: host::static_program("xtask"),
            cpu: cpus.get() - 1,
            scratch: Scratch::create(&host::target().join("bench"))?,
            floor: Floor::find()?,
        })
    }

    fn run(&self) -> Result<Vec<Row>> {
        let mut rows = self.starts(Probe::One(Call::Mkdir), "mkdir", (FIRST_EVENT, MEMORY))?;
        rows.extend(self.starts(Probe::All, "all calls", (ALL_CALLS, NONE))?);
        rows.extend(self.costs(Call::Openat)?);
        rows.extend(self.costs(Call::Mkdir)?);
        rows.push(size(&host::static_program("probity"))?);
        Ok(rows)
    }

    /// Starts each tool again and again: time, memory, time to leave.
    fn starts(&self, probe: Probe, name: &str, (first_event, memory): (Bar, Bar)) -> Result<Vec<Row>> {
        type Column<'a> = (&'a str, &'static str, Bar, fn(&Watched) -> f64);
        let columns: [Column<'_>; 7] = [
            ("start to first event", "ms", first_event, |watched| watched.first_event_ms),
            ("start to first output", "ms", NONE, |watched| watched.first_output_ms),
            ("interrupt to end", "ms", LEAVE, |watched| watched.leave_ms),
            ("resident without rings", "MB", memory, |watched| {
                watched.memory.resident - watched.memory.kernel
            }),
            ("resident with rings", "MB", NONE, |watched| watched.memory.resident),
            ("resident, anonymous", "MB", NONE, |watched| watched.memory.anonymous),
            ("resident at its peak", "MB", NONE, |watched| watched.memory.peak),
        ];
        let mut rows = columns.map(|(what, unit, bar, _)| Row::new(format!("{name}: {what}"), unit, bar));
        let mut load = Load::start(&self.caller, self.cpu)?;
        load.begin(Call::Mkdir, u32::MAX, PAUSE)?;
        for round in 0..self.plan.rounds {
            eprintln!("{name}: start {} of {}", round + 1, self.plan.rounds);
            for tool in &self.tools {
                let watched = tool::watch(tool, probe, load.process())?;
                report::add(
                    &mut rows,
                    tool == &Tool::Bpftrace,
                    columns.map(|(_, _, _, value)| value(&watched)),
                );
            }
        }
        Ok(rows.to_vec())
    }

    /// What each tool adds to calls, and what it loses when they come as fast as they can.
    fn costs(&self, call: Call) -> Result<Vec<Row>> {
        let name = call.name();
        let row = |what: &str, unit, bar| Row::new(format!("{name}: {what}"), unit, bar);
        let mut rows = [
            row("added to a recorded call, in bursts", "ns", TRACED),
            row("lost of these", "events", NOTHING),
            row("added to a recorded call, at full speed", "ns", NONE),
            row("the same, wall", "ns", NONE),
            row("lost of these", "events", NOTHING),
            row("lost in silence of both", "events", NOTHING),
            row("added to the same call out of scope", "ns", NONE),
            row("added to getppid", "ns", NONE),
            row("added to getppid, over empty programs", "ns", OVER_EMPTY),
        ];
        let mut alone = [row("without any tool", "ns", NONE), row("empty programs, added to it", "ns", NONE)];
        let mut load = Load::start(&self.caller, self.cpu)?;
        let mut other = Load::start(&self.caller, self.cpu)?;
        let mut before = self.base(&mut load, call)?;
        for round in 0..self.plan.rounds {
            eprintln!("{name}: round {} of {}", round + 1, self.plan.rounds);
            let links = self.floor.attach()?;
            let with = self.base(&mut load, call)?;
            drop(links);
            let after = self.base(&mut load, call)?;
            let floor = with.over(before, after);
            report::add(&mut alone, false, [before.call.cpu_ns, floor.call.cpu_ns]);
            before = after;
            for tool in &self.tools {
                let turn = self.turn(tool, call, (&mut load, &mut other), &mut before)?;
                let values = [
                    turn.traced.0,
                    f64::from(turn.lost.0),
                    turn.traced.1,
                    turn.traced_wall,
                    f64::from(turn.lost.1),
                    f64::from(turn.lost.0) + f64::from(turn.lost.1) - f64::from(turn.admitted),
                    turn.outside,
                    turn.unrelated,
                    turn.unrelated - floor.unrelated.cpu_ns,
                ];
                report::add(&mut rows, tool == &Tool::Bpftrace, values);
            }
        }
        Ok(alone.into_iter().chain(rows).collect())
    }

    /// One tool, between two blocks without any; `before` becomes the second one.
    fn turn(
        &self,
        tool: &Tool,
        call: Call,
        (load, other): (&mut Load, &mut Load),
        before: &mut Base,
    ) -> Result<Turn> {
        let file = self.scratch.path().join("events");
        let recording = Recording::start(tool, call, load, &file)?;
        let bursts = bursts(load, call)?;
        let lost_in_bursts = (BURSTS * BURST_CALLS).saturating_sub(recording.events()?);
        let traced = load.run(call, self.plan.calls)?;
        let unrelated = load.run(Call::Getppid, self.plan.calls)?;
        let outside = other.run(call, self.plan.calls)?;
        let written = recording.stop()?;
        let after = self.base(load, call)?;
        let of_call = Base { call: traced, unrelated }.over(*before, after);
        let of_burst = Base { call: bursts, unrelated }.over(*before, after);
        let of_other = Base { call: outside, unrelated }.over(*before, after);
        *before = after;
        Ok(Turn {
            traced: (of_burst.call.cpu_ns, of_call.call.cpu_ns),
            traced_wall: of_call.call.wall_ns,
            unrelated: of_call.unrelated.cpu_ns,
            outside: of_other.call.cpu_ns,
            lost: (
                lost_in_bursts,
                (self.plan.calls + BURSTS * BURST_CALLS).saturating_sub(written.events + lost_in_bursts),
            ),
            admitted: written.admitted,
        })
    }

    fn base(&self, load: &mut Load, call: Call) -> Result<Base> {
        Ok(Base {
            call: load.run(call, self.plan.calls)?,
            unrelated: load.run(Call::Getppid, self.plan.calls)?,
        })
    }

    /// What the numbers were measured on, and how, in words that name no host.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let information = read("/proc/cpuinfo");
        let processor =
            information.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let processor = processor.map_or("unknown processor", |(_, name)| name);
        let release = read("/proc/sys/kernel/osrelease");
        let release: Vec<&str> = release.trim().splitn(3, '.').take(2).collect();
        let jit = if read("/proc/sys/net/core/bpf_jit_enable").trim() == "0" { "off" } else { "on" };
        let mitigations = if is_mitigated() { "on" } else { "off" };
        vec![
            (
                "machine",
                format!(
                    "{} CPUs, {processor}, Linux {}, JIT {jit}, mitigations {mitigations}",
                    self.cpu + 1,
                    release.join(".")
                ),
            ),
            ("peer", peer_version().unwrap_or_else(|| "none".to_owned())),
            ("plan", format!("{} rounds, {} calls in a block", self.plan.rounds, self.plan.calls)),
        ]
    }
}

impl Base {
    /// What this block took more than the middle of the blocks before and after it.
    fn over(self, before: Self, after: Self) -> Self {
        let over = |with: Cost, before: Cost, after: Cost| Cost {
            cpu_ns: with.cpu_ns - f64::midpoint(before.cpu_ns, after.cpu_ns),
            wall_ns: with.wall_ns - f64::midpoint(before.wall_ns, after.wall_ns),
        };
        Self {
            call: over(self.call, before.call, after.call),
            unrelated: over(self.unrelated, before.unrelated, after.unrelated),
        }
    }
}

/// Calls with pauses in which the tool takes all that is there.
fn bursts(load: &mut Load, call: Call) -> Result<Cost> {
    let mut sum = Cost { cpu_ns: 0.0, wall_ns: 0.0 };
    for _ in 0..BURSTS {
        let cost = load.run(call, BURST_CALLS)?;
        sum = Cost { cpu_ns: sum.cpu_ns + cost.cpu_ns, wall_ns: sum.wall_ns + cost.wall_ns };
        thread::sleep(BURST_PAUSE);
    }
    let bursts = f64::from(BURSTS);
    Ok(Cost { cpu_ns: sum.cpu_ns / bursts, wall_ns: sum.wall_ns / bursts })
}

/// Whether the kernel works around any fault of the processor.
fn is_mitigated() -> bool {
    let entries = fs::read_dir("/sys/devices/system/cpu/vulnerabilities").into_iter().flatten().flatten();
    entries
        .map(|entry| fs::read_to_string(entry.path()))
        .any(|text| text.is_ok_and(|text| text.starts_with("Mit")))
}

/// What the peer says it is; `None` when it is not installed.
fn peer_version() -> Option<String> {
    let output = Command::new("bpftrace").arg("--version").output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn size(program: &Path) -> Result<Row> {
    let metadata = fs::metadata(program).map_err(Error::io(format!("look at {}", program.display())))?;
    let bytes = u32::try_from(metadata.len()).unwrap_or(u32::MAX);
    Ok(Row { probity: vec![f64::from(bytes) / 1e6], ..Row::new("binary", "MB", BINARY) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: std::result::Result<(u32, &str), &str>) {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let have = plan(&words).map_err(|error| error.to_string());
        let have =
            have.map(|plan| (plan.rounds, plan.json.file_name().unwrap().to_str().unwrap().to_owned()));
        assert_eq!(
            have,
            want.map(|(rounds, file)| (rounds, file.to_owned())).map_err(str::to_owned),
            "{text}"
        );
    }

    #[test]
    fn the_command_line_says_how_much() {
        check("trace", Ok((ROUNDS, "trace.json")));
        check("trace --quick --json a/b", Ok((ROUNDS_QUICK, "b")));
        check("", Err("name what to measure: trace"));
        check("vm", Err("there is nothing to measure named vm: there is trace"));
        check("trace --json", Err("--json needs a file"));
        check("trace --fast", Err("bench trace takes no --fast"));
    }

    #[test]
    fn a_block_is_compared_with_its_neighbours() {
        let base = |call, unrelated| {
            let cost = |cpu_ns| Cost { cpu_ns, wall_ns: 2.0 * cpu_ns };
            Base { call: cost(call), unrelated: cost(unrelated) }
        };
        let over = base(150.0, 60.0).over(base(100.0, 40.0), base(120.0, 60.0));
        assert_eq!(over.call, Cost { cpu_ns: 40.0, wall_ns: 80.0 });
        assert_eq!(over.unrelated, Cost { cpu_ns: 10.0, wall_ns: 20.0 });
    }
}
