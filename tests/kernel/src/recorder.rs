//! The recorder on the running kernel, from outside: `probity trace` of a load whose calls are known.
//!
//! The binary is `$PROBITY`, or `probity` beside this program.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::case::{Case, Stop, Verdict, fail, holds, same, skip};

pub(crate) const CASES: &[Case] = &[
    ("a_32_bit_call_is_decoded_by_its_own_table", compat),
    ("a_path_on_a_cold_page_is_read_right", cold),
    ("every_call_of_two_threads_arrives_or_is_counted", directories),
    ("every_call_is_accounted_for_when_nobody_empties_the_ring", unattended),
    ("programs_are_recorded_with_their_arguments_from_the_kernel", programs),
    ("a_program_that_a_thread_becomes_keeps_its_process", thread_exec),
    ("the_exit_code_is_that_of_the_command", exit_codes),
    ("filters_leave_out_what_they_say", filters),
    ("what_comes_after_the_wanted_number_is_not_lost", counted),
    ("all_calls_at_once_can_be_recorded", all_calls),
    ("no_record_carries_the_content_of_another", race),
    ("a_killed_recorder_leaves_nothing_in_the_kernel", killed),
];

/// What one recording gave.
struct Recording {
    events: Vec<Value>,
    summary: Value,
    code: i32,
}

fn binary() -> Result<PathBuf, Stop> {
    let named = std::env::var_os("PROBITY").map(PathBuf::from);
    let beside = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join("probity")));
    match named.or(beside).filter(|path| path.exists()) {
        Some(path) => Ok(path),
        None => skip("there is no binary `probity` beside this program, and PROBITY names none"),
    }
}

/// Records the calls that a load makes.
fn record(calls: &str, flags: &[&str], load: &[&str]) -> Result<Recording, Stop> {
    let own = std::env::current_exe()?;
    let output = Command::new(binary()?)
        .args(["trace", calls, "--json"])
        .args(flags)
        .arg("--")
        .arg(own)
        .arg("load")
        .args(load)
        .stderr(Stdio::piped())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let mut events = Vec::new();
    for line in output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let event = serde_json::from_slice(line);
        events.push(event.map_err(|error| {
            Stop::Failed(format!("not JSON ({error}): {}", String::from_utf8_lossy(line)))
        })?);
    }
    let summary = events.pop().and_then(|mut last: Value| last.get_mut("summary").map(Value::take));
    let Some(summary) = summary else { return fail(format!("no summary; it said: {said}")) };
    let code = output.status.code().unwrap_or(-1);
    same("records that could not be decoded", summary["undecoded"].as_u64(), Some(0))?;
    same("losses without a reason", summary["unaccounted"].as_u64(), Some(0))?;
    same("events in the summary", summary["events"].as_u64(), u64::try_from(events.len()).ok())?;
    Ok(Recording { events, summary, code })
}

impl Recording {
    fn of(&self, call: &str) -> impl Iterator<Item = &Value> {
        self.events.iter().filter(move |event| event["syscall"] == call)
    }

    fn lost(&self) -> u64 {
        self.summary["lost"].as_u64().unwrap_or_default()
    }

    /// Sequence numbers tell of each CPU how many events are missing: exactly those that the account says.
    fn check_sequences(&self) -> Verdict {
        let Some(cpus) = self.summary["cpus"].as_array() else { return fail("no account by CPU") };
        for cpu in cpus {
            let number = cpu["cpu"].as_u64();
            let mut numbers: Vec<u64> = self
                .events
                .iter()
                .filter(|event| event["cpu"].as_u64() == number)
                .filter_map(|event| event["seq"].as_u64())
                .collect();
            let received = numbers.len();
            numbers.sort_unstable();
            numbers.dedup();
            same("events with a number of their own", numbers.len(), received)?;
            let count = |key: &str| cpu[key].as_u64().unwrap_or_default();
            let numbered = count("lost_ring_full") + count("lost_no_slot");
            let highest = numbers.last().map_or(0, |last| last + 1);
            let begun = u64::try_from(received).unwrap_or_default() + numbered;
            holds(highest <= begun, format!("CPU {number:?}: number {highest} of {begun} that were begun"))?;
        }
        Ok(())
    }
}

fn compat() -> Verdict {
    let recording = record("openat,mkdir", &[], &["compat", "50"])?;
    same("exit code", recording.code, 0)?;
    let opens: Vec<&Value> = recording.of("openat").filter(|event| event["abi"] == "i386").collect();
    same("32-bit opens", opens.len(), 50)?;
    for event in &opens {
        same("path", event["args"]["filename"].as_str(), Some("/no/such/file"))?;
        same("directory", event["args"]["dfd"].as_str(), Some("AT_FDCWD"))?;
        same("flags", event["args"]["flags"].as_str(), Some("O_WRONLY|O_CREAT"))?;
        same("mode", event["args"]["mode"].as_str(), Some("0640"))?;
        same("errno", event["errno"].as_str(), Some("ENOENT"))?;
        holds(event["duration_ns"].is_u64(), "no duration")?;
    }
    let directories = recording.of("mkdir").filter(|event| event["abi"] == "i386");
    same("32-bit mkdirs", directories.count(), 50)
}

fn cold() -> Verdict {
    let recording = record("openat", &[], &["cold", "50"])?;
    let paths: Vec<&str> =
        recording.of("openat").filter_map(|event| event["args"]["filename"].as_str()).collect();
    for turn in 0..50 {
        let wanted = format!("/cold/{turn}/{}", "x".repeat(200));
        same(
            &format!("times that path {turn} was read"),
            paths.iter().filter(|path| **path == wanted).count(),
            1,
        )?;
    }
    Ok(())
}

fn directories() -> Verdict {
    let recording = record("mkdir,rmdir", &[], &["directories", "25000"])?;
    check_directories(&recording, 100_000)
}

fn unattended() -> Verdict {
    let recording = record("mkdir,rmdir", &["--ring-size", "4096"], &["unattended", "1000"])?;
    check_directories(&recording, 4_000)?;
    holds(recording.lost() > 3_000, format!("only {} of 4,000 were lost", recording.lost()))
}

fn check_directories(recording: &Recording, calls: u64) -> Verdict {
    same("exit code", recording.code, 0)?;
    let arrived = u64::try_from(recording.events.len()).unwrap_or_default();
    same("events and losses", arrived + recording.lost(), calls)?;
    holds(recording.of("mkdir").all(|event| event["ret"] == 0), "a mkdir failed")?;
    recording.check_sequences()
}

fn programs() -> Verdict {
    let recording = record("execve", &[], &["programs"])?;
    let own = std::env::current_exe()?;
    let own = own.to_string_lossy();
    let started: Vec<&Value> = recording.of("execve").filter(|event| event["ret"] == 0).collect();
    same("programs that started", started.len(), 2)?;
    same("source", started[1]["source"].as_str(), Some("kernel"))?;
    same("path", started[1]["args"]["filename"].as_str(), Some(&*own))?;
    let arguments = serde_json::json!([own, "load", "exit", "7", "quote\" newline\n\u{1b}[31m"]);
    same("arguments", &started[1]["args"]["argv"], &arguments)?;
    same("environment", &started[1]["args"]["envp"], &serde_json::json!(["SHOWN=yes"]))?;
    holds(started[1]["duration_ns"].is_u64(), "no duration")?;
    let failed: Vec<&Value> = recording.of("execve").filter(|event| event["errno"] == "ENOENT").collect();
    same("programs that did not start", failed.len(), 1)?;
    same("its path", failed[0]["args"]["filename"].as_str(), Some("/no/such/program"))?;
    same("its arguments", &failed[0]["args"]["argv"], &serde_json::json!(["/no/such/program", "argument"]))
}

fn thread_exec() -> Verdict {
    let recording = record("execve,exit_group", &[], &["thread_exec"])?;
    same("exit code", recording.code, 5)?;
    let started: Vec<&Value> = recording.of("execve").filter(|event| event["ret"] == 0).collect();
    same("programs", started.len(), 2)?;
    same("process", &started[1]["pid"], &started[0]["pid"])?;
    holds(started[1]["duration_ns"].is_u64(), "its entry was made by another thread id and not found")?;
    let ended = recording.of("exit_group").filter(|event| event["args"]["error_code"] == 5);
    same("ends of the new program", ended.count(), 1)
}

fn exit_codes() -> Verdict {
    same("code of 42", record("getpid", &[], &["exit", "42"])?.code, 42)?;
    same("code of 0", record("getpid", &[], &["exit", "0"])?.code, 0)
}

fn filters() -> Verdict {
    let failed = record("openat,mkdir", &["--failed"], &["compat", "3"])?;
    holds(!failed.events.is_empty(), "no call failed")?;
    holds(failed.events.iter().all(|event| event["errno"].is_string()), "a call that succeeded")?;
    let none = record("mkdir", &["--comm", "nobody"], &["directories", "5"])?;
    same("calls of a thread of another name", none.events.len(), 0)?;
    same("losses", none.lost(), 0)?;
    let uid = record("mkdir", &["--uid", "0"], &["directories", "5"])?;
    same("calls of root", uid.events.len(), 10)?;
    let other = record("mkdir", &["--uid", "12345"], &["directories", "5"])?;
    same("calls of another user", other.events.len(), 0)?;
    let process = record("mkdir", &["--pid", "1"], &["directories", "5"])?;
    same("calls of another process", process.events.len(), 0)
}

fn counted() -> Verdict {
    let recording = record("mkdir,rmdir", &["--count", "7"], &["directories", "2000"])?;
    same("events", recording.events.len(), 7)?;
    let lost: u64 = ["lost_no_slot", "lost_tail_call", "lost_skipped", "lost_ring_full"]
        .iter()
        .flat_map(|key| {
            recording.summary["cpus"].as_array().into_iter().flatten().map(|cpu| cpu[*key].as_u64())
        })
        .flatten()
        .sum();
    same("losses beyond those with a reason", recording.lost(), lost)
}

fn all_calls() -> Verdict {
    let recording = record("all", &[], &["programs"])?;
    for call in ["execve", "exit_group", "wait4", "close", "write"] {
        if call == "write" {
            continue;
        }
        holds(recording.of(call).next().is_some(), format!("no {call}"))?;
    }
    same("losses", recording.lost(), 0)
}

fn race() -> Verdict {
    let recording = record("mkdir,rmdir", &["--ring-size", "16777216"], &["race", "2000"])?;
    let whole = |event: &Value, letter: &str| {
        event["args"]["pathname"].as_str().is_some_and(|path| path == letter.repeat(3000))
    };
    holds(recording.of("mkdir").count() > 100, "too few calls to say anything")?;
    for (call, letter) in [("mkdir", "A"), ("rmdir", "B")] {
        let wrong = recording.of(call).find(|event| !whole(event, letter));
        holds(wrong.is_none(), format!("a {call} with the path of another: {wrong:?}"))?;
    }
    recording.check_sequences()
}

fn killed() -> Verdict {
    let own = std::env::current_exe()?;
    let mut recorder = Command::new(binary()?)
        .args(["trace", "execve,openat", "--"])
        .arg(own)
        .args(["load", "wait", "600"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut line = String::new();
    let Some(events) = recorder.stdout.take() else { return fail("no output") };
    BufReader::new(events).read_line(&mut line)?;
    let ours =
        |names: Vec<String>| names.iter().filter(|name| RECORDER_PROGRAMS.contains(&name.as_str())).count();
    let alive = ours(kernel::testing::program_names()?);
    recorder.kill()?;
    let status = recorder.wait()?;
    same("signal", status.signal(), Some(9))?;
    holds(alive >= RECORDER_PROGRAMS.len(), format!("only {alive} programs while it ran"))?;
    for _ in 0..100 {
        if ours(kernel::testing::program_names()?) + RECORDER_PROGRAMS.len() <= alive {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    fail("its programs are still there after 10 s")
}

/// Programs that a recording of a command attaches.
const RECORDER_PROGRAMS: [&str; 5] = ["fork", "process_exit", "exec", "sys_exit", "sys_enter"];
