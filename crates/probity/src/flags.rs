//! The command line: one table of commands and flags, from which parsing, help and suggestions come.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::RangedU64ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use event::syscall::record::{BUFFER_BYTES_DEFAULT, BUFFER_BYTES_MAX, BUFFER_BYTES_MIN};

use crate::exit::Exit;

/// What the user asked for.
#[derive(Debug)]
pub(crate) enum Request {
    /// Record system calls.
    Trace(Box<TraceRequest>),
    /// List the system calls of this kernel.
    List {
        /// One JSON object a line.
        json: bool,
    },
    /// Say what this kernel allows.
    Doctor {
        /// One JSON object.
        json: bool,
    },
}

/// `probity trace`.
#[derive(Debug)]
pub(crate) struct TraceRequest {
    /// Names of calls; `all` for every one.
    pub(crate) calls: Vec<String>,
    /// Command to run and record, with its arguments; empty for none.
    pub(crate) command: Vec<OsString>,
    /// Bytes kept of a string or buffer.
    pub(crate) buffer_bytes: u32,
    /// Bytes of the ring.
    pub(crate) ring_bytes: u32,
    /// Entries of the map of calls under way.
    pub(crate) entered_calls: u32,
    /// Print the programs.
    pub(crate) verbose: bool,
    /// One JSON object a line.
    pub(crate) json: bool,
    /// Only these processes.
    pub(crate) processes: Vec<u32>,
    /// Only threads of these names.
    pub(crate) commands: Vec<String>,
    /// Only these users.
    pub(crate) users: Vec<String>,
    /// Only these cgroups: paths, or ids.
    pub(crate) cgroups: Vec<String>,
    /// Only calls that failed.
    pub(crate) failed: bool,
    /// Stop after this time.
    pub(crate) duration: Option<Duration>,
    /// Stop after so many events.
    pub(crate) count: Option<u64>,
    /// Write events to this file.
    pub(crate) output: Option<PathBuf>,
}

/// The ring unless told: room for some 15,000 calls with a path, 15 ms of the fastest loop measured.
const RING_BYTES_DEFAULT: u64 = 4 << 20;
/// A page.
const RING_BYTES_MIN: u64 = 4096;
/// Half of what a u32 holds: the kernel's own limit is near.
const RING_BYTES_MAX: u64 = 1 << 30;
/// Calls that may be under way at a time unless told: one for each thread id of a host with the kernel's default of
/// `pid_max` for small machines, half of it.
const ENTERED_CALLS_DEFAULT: u64 = 16_384;
/// The most: 4,194,304 is the highest thread id that the kernel gives out.
const ENTERED_CALLS_MAX: u64 = 4_194_304;

/// Reads the command line.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Request, clap::Error> {
    let matches = command().try_get_matches_from(arguments)?;
    match matches.subcommand() {
        Some(("trace", trace)) if trace.get_flag("list") => {
            Ok(Request::List { json: trace.get_flag("json") })
        }
        Some(("trace", trace)) => Ok(Request::Trace(Box::new(trace_request(trace)))),
        Some(("doctor", doctor)) => Ok(Request::Doctor { json: doctor.get_flag("json") }),
        _ => Err(command().error(clap::error::ErrorKind::MissingSubcommand, "which command?")),
    }
}

/// The whole command line.
pub(crate) fn command() -> Command {
    Command::new("probity")
        .about("Sees what a Linux host does, and says exactly what it could not see.")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .after_help(exit_codes())
        .subcommand(trace_command())
        .subcommand(
            Command::new("doctor")
                .about("Say what this kernel allows, what is blind because of it, and what would help")
                .arg(json_flag("One JSON object instead of a table"))
                .after_help(
                    "Ends with 0 when all holds, 1 when something is blind, 2 when nothing can work.",
                ),
        )
}

fn exit_codes() -> String {
    let rows = Exit::TABLE.iter().map(|(exit, meaning)| format!("  {:>3}  {meaning}", exit.code()));
    let rows: Vec<String> = rows.collect();
    format!("Exit codes (with -- COMMAND, trace ends with the command's own):\n{}", rows.join("\n"))
}

fn trace_command() -> Command {
    Command::new("trace")
        .about("Record system calls with all their arguments, and what was lost")
        .override_usage("probity trace [OPTIONS] SYSCALL[,SYSCALL...] [-- COMMAND...]")
        .after_help(TRACE_EXAMPLES)
        .arg(
            Arg::new("calls")
                .value_name("SYSCALL")
                .value_delimiter(',')
                .help("Calls by name, of both ABIs; `all` for every one")
                .required_unless_present("list"),
        )
        .arg(
            Arg::new("command")
                .value_name("COMMAND")
                .help("Run it, and record only it and its descendants, from the first instruction")
                .value_parser(value_parser!(OsString))
                .num_args(1..)
                .last(true),
        )
        .args(size_flags())
        .args(filter_flags())
        .args(output_flags())
}

fn size_flags() -> [Arg; 3] {
    [
        size("buffer-size", 'b', (u64::from(BUFFER_BYTES_MIN), u64::from(BUFFER_BYTES_MAX)))
            .help("Bytes kept of each string and buffer; what is longer is marked as cut")
            .default_value(BUFFER_BYTES_DEFAULT.to_string()),
        size("ring-size", 'r', (RING_BYTES_MIN, RING_BYTES_MAX))
            .help("Bytes of the ring from the kernel, a power of two; what does not fit is counted as lost")
            .default_value(RING_BYTES_DEFAULT.to_string()),
        size("event-map-size", 'e', (1, ENTERED_CALLS_MAX))
            .help("Calls that may be under way at a time, a power of two; beyond it durations are unknown")
            .default_value(ENTERED_CALLS_DEFAULT.to_string()),
    ]
}

fn size(name: &'static str, short: char, (least, most): (u64, u64)) -> Arg {
    let parser = RangedU64ValueParser::<u32>::new().range(least..=most);
    Arg::new(name).long(name).short(short).value_name("N").value_parser(parser)
}

fn filter_flags() -> [Arg; 5] {
    [
        several("pid", "PID").value_parser(value_parser!(u32).range(1..)).help("Only these processes"),
        several("comm", "NAME").help("Only threads of these names, which have 15 bytes at most"),
        several("uid", "USER").help("Only these users, by id or name"),
        several("cgroup", "PATH").help("Only threads in these cgroups, by path below the mount or by id"),
        Arg::new("failed").long("failed").action(ArgAction::SetTrue).help("Only calls that failed"),
    ]
}

fn several(name: &'static str, value: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).value_delimiter(',').action(ArgAction::Append)
}

fn output_flags() -> [Arg; 6] {
    [
        json_flag("One JSON object a line"),
        Arg::new("output")
            .long("output")
            .short('o')
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help("Write events to FILE instead of the terminal"),
        Arg::new("duration")
            .long("duration")
            .short('d')
            .value_name("SECONDS")
            .value_parser(seconds)
            .help("Stop after this time"),
        Arg::new("count")
            .long("count")
            .short('n')
            .value_name("N")
            .value_parser(value_parser!(u64).range(1..))
            .help("Stop after so many events"),
        Arg::new("verbose")
            .long("verbose")
            .short('v')
            .action(ArgAction::SetTrue)
            .help("Print the programs before they are loaded, and what the kernel's verifier walked"),
        Arg::new("list")
            .long("list")
            .short('l')
            .action(ArgAction::SetTrue)
            .conflicts_with_all(["calls", "command"])
            .help("List the calls of this kernel, their parameters and their serializers"),
    ]
}

fn json_flag(help: &'static str) -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help(help)
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|error| format!("{error}"))?;
    let duration = Duration::try_from_secs_f64(number).map_err(|error| error.to_string())?;
    if duration.is_zero() {
        Err("a recorder that stops at once records nothing".to_owned())
    } else {
        Ok(duration)
    }
}

fn trace_request(matches: &ArgMatches) -> TraceRequest {
    TraceRequest {
        calls: list(matches, "calls"),
        command: list(matches, "command"),
        buffer_bytes: number(matches, "buffer-size"),
        ring_bytes: number(matches, "ring-size"),
        entered_calls: number(matches, "event-map-size"),
        verbose: matches.get_flag("verbose"),
        json: matches.get_flag("json"),
        processes: list(matches, "pid"),
        commands: list(matches, "comm"),
        users: list(matches, "uid"),
        cgroups: list(matches, "cgroup"),
        failed: matches.get_flag("failed"),
        duration: matches.get_one("duration").copied(),
        count: matches.get_one("count").copied(),
        output: matches.get_one("output").cloned(),
    }
}

fn list<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, name: &str) -> Vec<T> {
    matches.get_many(name).into_iter().flatten().cloned().collect()
}

fn number(matches: &ArgMatches, name: &str) -> u32 {
    matches.get_one(name).copied().expect("the flag has a default")
}

const TRACE_EXAMPLES: &str = "\
Examples:
  probity trace openat,connect -- curl example.org    what one command opens and reaches
  probity trace execve --json --output exec.ndjson    every program that is started, to a file
  probity trace unlinkat --uid 1000 --failed          what a user could not delete

Events go to standard output, all else to standard error. At the end stand how many events there
were, how many were lost on which CPU, and how many hold less than there was.";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &str) {
        let words = line.split_whitespace().map(OsString::from);
        let found = match parse(words) {
            Ok(request) => format!("{request:?}"),
            Err(error) => error.to_string(),
        };
        assert!(found.contains(expected), "{line}: {found}");
    }

    #[test]
    fn the_table_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn good_lines_are_understood() {
        check("probity trace openat,close -- ls -l", r#"calls: ["openat", "close"], command: ["ls", "-l"]"#);
        check("probity trace openat --pid 1,2 --pid 3", "processes: [1, 2, 3]");
        check("probity trace openat --duration 0.5", "duration: Some(500ms)");
        check("probity trace --list --json", "List { json: true }");
        check("probity doctor", "Doctor { json: false }");
    }

    #[test]
    fn bad_lines_say_what_is_wrong() {
        check("probity", "Usage");
        check("probity trac openat", "'trace'");
        check("probity trace", "SYSCALL");
        check("probity trace openat --buffer-size 1", "16..=65536");
        check("probity trace openat --duration nan", "invalid value 'nan'");
        check("probity trace openat --duration 0", "records nothing");
        check("probity trace openat --pid 0", "invalid value '0'");
        check("probity trace --list openat", "cannot be used with");
    }
}
