//! `cargo xtask ci`: everything that has to hold before a change goes in, in one command.
//!
//! It sets up what it needs. What cannot run on this machine is counted as skipped, with the reason; it is
//! never left out in silence.

use std::fmt;
use std::io::{self, Write};
use std::ops::AddAssign;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::host;
use crate::kernels;
use crate::machine::{Stream, Verdict};
use crate::vm::{self, Plan};

/// How `ci` is called.
pub(crate) const USAGE: &str = "\
cargo xtask ci [STEP...]

Runs all checks and tests, or only those whose names begin with one of the words. The last line on standard
output is `N passed, N failed, N skipped`: tests, and each failed or skipped step as one. Exit code 1 when
anything failed.";

/// The package and program of the tests that need a running kernel.
const KERNEL_TESTS: &str = "kernel-tests";
const PRODUCT: &str = "probity";
/// Where the product lies on the test machine.
const GUEST_PRODUCT: &str = "/probity";

/// How long one run under one kernel may take. A machine boots in 3 s; eight that hang take 32 min.
const RUN_TIME_MAX: Duration = Duration::from_mins(4);

/// Packages with a program for the test machine.
const STATIC_PACKAGES: [&str; 3] = ["init", KERNEL_TESTS, "probity"];

/// Programs that the steps run, and the Debian packages that have them.
const PROGRAMS: [(&str, &str); 3] =
    [("cc", "gcc"), ("qemu-system-x86_64", "qemu-system-x86"), ("dpkg-deb", "dpkg")];

/// How many tests ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u32,
    failed: u32,
    skipped: u32,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// What a step came to.
struct Outcome {
    tally: Tally,
    /// Why the step as a whole failed or was skipped.
    ending: Ending,
}

enum Ending {
    Done,
    Failed(String),
    Skipped(String),
}

impl Outcome {
    fn new(tally: Tally, result: std::result::Result<(), String>) -> Self {
        Self { tally, ending: result.map_or_else(Ending::Failed, |()| Ending::Done) }
    }

    /// A step that ended with this error: skipped when the machine lacks something, else failed.
    fn of_error(error: &Error) -> Self {
        match error {
            Error::Missing(reason) => Self::skipped(reason),
            _ => Self::new(Tally::default(), Err(error.to_string())),
        }
    }

    fn skipped(reason: impl Into<String>) -> Self {
        Self { tally: Tally::default(), ending: Ending::Skipped(reason.into()) }
    }

    /// The tests, and the step itself where it failed without a failed test, or was skipped.
    fn count(&self) -> Tally {
        let mut tally = self.tally;
        match self.ending {
            Ending::Failed(_) if tally.failed == 0 => tally.failed = 1,
            Ending::Skipped(_) => tally.skipped += 1,
            _ => {}
        }
        tally
    }
}

/// One step: its name and its work.
struct Step {
    name: String,
    run: Box<dyn Fn() -> Outcome>,
}

fn step(name: impl Into<String>, run: impl Fn() -> Outcome + 'static) -> Step {
    Step { name: name.into(), run: Box::new(run) }
}

/// All steps, cheap ones first.
fn steps() -> Vec<Step> {
    let mut steps = vec![
        step("setup", setup),
        step("fmt", || cargo(&["fmt", "--all", "--check"], &[])),
        step("clippy", || {
            cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"], &[])
        }),
        step("test", || cargo(&["test", "--workspace", "--exclude", KERNEL_TESTS, "--no-fail-fast"], &[])),
        step("doc", || {
            cargo(
                &["doc", "--workspace", "--no-deps", "--document-private-items", "--quiet"],
                &[("RUSTDOCFLAGS", "--deny warnings --allow rustdoc::private-intra-doc-links")],
            )
        }),
        step("static", build_static),
        step("kernel-tests here", kernel_tests_here),
    ];
    for short in kernels::all() {
        steps.push(step(format!("kernel-tests {short}"), move || kernel_tests_under(short)));
        steps.push(step(format!("product {short}"), move || product_under(short)));
    }
    steps
}

/// `cargo xtask ci`: runs the steps and returns the exit code.
pub(crate) fn task(words: &[String]) -> Result<u8> {
    if words.iter().any(|word| word == "--help") {
        println!("{USAGE}");
        return Ok(0);
    }
    let mut steps = steps();
    if let Some(word) = words.iter().find(|word| !steps.iter().any(|step| step.name.starts_with(*word))) {
        let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
        return Err(Error::Usage(format!("ci has no step {word}: there are {}", names.join(", "))));
    }
    steps.retain(|step| words.is_empty() || words.iter().any(|word| step.name.starts_with(word)));
    let start = Instant::now();
    let mut total = Tally::default();
    let mut summary = String::new();
    for step in &steps {
        println!("--- {}", step.name);
        let start = Instant::now();
        let outcome = (step.run)();
        let line = line_of(&step.name, &outcome, start.elapsed());
        println!("{line}");
        summary.extend([line.as_str(), "\n"]);
        total += outcome.count();
    }
    print!("\nsummary, {:.0} s:\n{summary}", start.elapsed().as_secs_f32());
    println!("{total}");
    Ok(u8::from(total.failed > 0))
}

/// What the summary says of a step.
fn line_of(name: &str, outcome: &Outcome, time: Duration) -> String {
    let time = time.as_secs_f32();
    let tests =
        if outcome.tally == Tally::default() { String::new() } else { format!(": {}", outcome.tally) };
    match &outcome.ending {
        Ending::Done => format!("ok {name} ({time:.1} s){tests}"),
        Ending::Failed(reason) => format!("failed {name} ({time:.1} s){tests}: {reason}"),
        Ending::Skipped(reason) => format!("skipped {name}: {reason}"),
    }
}

/// Installs what later steps need; without it they say themselves what they lack.
fn setup() -> Outcome {
    match host::require(&PROGRAMS).and_then(|()| host::require_static_target()) {
        Ok(()) => Outcome::new(Tally::default(), Ok(())),
        Err(error) => Outcome::of_error(&error),
    }
}

/// Runs cargo, and counts the tests if it runs some.
fn cargo(arguments: &[&str], environment: &[(&str, &str)]) -> Outcome {
    let mut tally = Tally::default();
    let mut command = host::cargo();
    command.args(arguments).envs(environment.iter().copied());
    let result = host::show(&mut command, |line| tally += of_libtest(line).unwrap_or_default());
    Outcome::new(tally, result.map_err(|error| error.to_string()))
}

fn build_static() -> Outcome {
    if let Err(error) = host::require_static_target() {
        return Outcome::of_error(&error);
    }
    let mut arguments = vec!["build", "--release", "--quiet", "--target", host::STATIC_TARGET];
    for package in STATIC_PACKAGES {
        arguments.extend(["--package", package]);
    }
    cargo(&arguments, &[])
}

/// The kernel tests on the kernel that runs now.
fn kernel_tests_here() -> Outcome {
    if !host::is_root() {
        return Outcome::skipped("loading programs needs root; the same tests run under QEMU");
    }
    let mut last = None;
    let mut command = Command::new(host::static_program(KERNEL_TESTS));
    let result = host::show(&mut command, |line| last = of_kernel_tests(line).or(last));
    with_verdict(last, result.map_err(|error| error.to_string()))
}

/// The kernel tests under one kernel of Debian's.
fn kernel_tests_under(short: &'static str) -> Outcome {
    let (output, result) = match under(short, &[KERNEL_TESTS]) {
        Ok(pair) => pair,
        Err(error) => return Outcome::of_error(&error),
    };
    with_verdict(output.lines().filter_map(of_kernel_tests).next_back(), result)
}

/// What README.md shows first, under one kernel of Debian's: trace the opens of a listing.
fn product_under(short: &'static str) -> Outcome {
    let command = [PRODUCT, "trace", "openat", "--", "/bin/busybox", "ls", "/"];
    let (output, result) = match under(short, &command) {
        Ok(pair) => pair,
        Err(error) => return Outcome::of_error(&error),
    };
    let seen = result.and_then(|()| {
        let seen = output.lines().any(|line| line.contains("openat"));
        seen.then_some(()).ok_or_else(|| "the trace of `ls /` shows no openat".to_owned())
    });
    let (passed, failed) = if seen.is_ok() { (1, 0) } else { (0, 1) };
    Outcome::new(Tally { passed, failed, skipped: 0 }, seen)
}

/// What a program wrote to standard output, and how it ended.
type Run = (String, std::result::Result<(), String>);

/// Runs a program of ours under one kernel. Fails when the kernel or QEMU could not be had.
fn under(short: &'static str, command: &[&str]) -> Result<Run> {
    let program = host::static_program(command[0]).display().to_string();
    let words = [program].into_iter().chain(command[1..].iter().map(|word| (*word).to_owned()));
    let mut plan = Plan::of(words.collect());
    plan.kernels = vec![short];
    plan.busybox = true;
    plan.time_max = RUN_TIME_MAX;
    if command[0] == KERNEL_TESTS {
        // What the tests of the recorder run.
        plan.files.push((host::static_program(PRODUCT), GUEST_PRODUCT.to_owned()));
        plan.environment.push(("PROBITY".to_owned(), GUEST_PRODUCT.to_owned()));
    }
    let mut output = Vec::new();
    let endings = vm::run(&plan, &mut |stream, bytes| {
        if stream == Stream::Stdout {
            output.extend_from_slice(bytes);
        }
        // A reader that went away is no reason to stop a test.
        io::stdout().lock().write_all(bytes).unwrap_or_default();
    })?;
    let mut result = Ok(());
    for ending in endings {
        result = match ending?.verdict {
            Verdict::Exit(0) => Ok(()),
            Verdict::Exit(code) => Err(format!("exit code {code}")),
            Verdict::TimedOut => Err(format!("not done after {} s", RUN_TIME_MAX.as_secs())),
            Verdict::Died(reason) => Err(reason),
        };
    }
    Ok((String::from_utf8_lossy(&output).into_owned(), result))
}

/// A run of the kernel tests is good when it ended well and said what it had done.
fn with_verdict(last: Option<Tally>, result: std::result::Result<(), String>) -> Outcome {
    let silent = || "the tests ended without a line `N passed, N failed, N skipped`".to_owned();
    Outcome::new(last.unwrap_or_default(), result.and(last.map(drop).ok_or_else(silent)))
}

/// The numbers of a line of libtest: `test result: ok. 3 passed; 0 failed; 1 ignored; ...`.
fn of_libtest(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    Some(Tally {
        passed: number_before(counts, " passed")?,
        failed: number_before(counts, " failed")?,
        skipped: number_before(counts, " ignored")?,
    })
}

/// The numbers of the line `3 passed, 0 failed, 1 skipped`, which is nothing else.
fn of_kernel_tests(line: &str) -> Option<Tally> {
    let tally = Tally {
        passed: number_before(line, " passed")?,
        failed: number_before(line, " failed")?,
        skipped: number_before(line, " skipped")?,
    };
    (tally.to_string() == line.trim_end()).then_some(tally)
}

/// The number that stands right before this word.
fn number_before(text: &str, word: &str) -> Option<u32> {
    text.split_once(word)?.0.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u32, failed: u32, skipped: u32) -> Tally {
        Tally { passed, failed, skipped }
    }

    #[test]
    fn numbers_are_read_from_the_lines_that_hold_them() {
        let line =
            "test result: FAILED. 12 passed; 1 failed; 3 ignored; 0 measured; 0 filtered out; finished";
        assert_eq!(of_libtest(line), Some(tally(12, 1, 3)));
        assert_eq!(of_libtest("test bpf::result ... ok"), None);
        assert_eq!(of_kernel_tests("40 passed, 0 failed, 2 skipped\r"), Some(tally(40, 0, 2)));
        assert_eq!(of_kernel_tests("then 40 passed, 0 failed, 2 skipped"), None);
    }

    #[test]
    fn a_step_counts_once_when_no_test_says_why_it_failed() {
        let error = || "no compiler".to_owned();
        assert_eq!(Outcome::new(tally(2, 0, 1), Ok(())).count(), tally(2, 0, 1));
        assert_eq!(Outcome::new(tally(2, 0, 0), Err(error())).count(), tally(2, 1, 0));
        assert_eq!(Outcome::new(tally(2, 3, 0), Err(error())).count(), tally(2, 3, 0));
        assert_eq!(Outcome::skipped("no kernel").count(), tally(0, 0, 1));
    }

    #[test]
    fn tests_without_a_verdict_have_failed() {
        assert_eq!(with_verdict(None, Ok(())).count(), tally(0, 1, 0));
        assert_eq!(with_verdict(Some(tally(4, 0, 0)), Ok(())).count(), tally(4, 0, 0));
        let died = with_verdict(Some(tally(4, 0, 0)), Err("exit code 101".to_owned()));
        assert_eq!(died.count(), tally(4, 1, 0));
    }

    #[test]
    fn the_summary_names_the_reason() {
        let second = Duration::from_secs(1);
        assert_eq!(line_of("fmt", &Outcome::new(tally(0, 0, 0), Ok(())), second), "ok fmt (1.0 s)");
        assert_eq!(line_of("vm", &Outcome::skipped("no QEMU"), second), "skipped vm: no QEMU");
        let failed = Outcome::new(tally(1, 1, 0), Err("exit code 1".to_owned()));
        assert_eq!(
            line_of("t", &failed, second),
            "failed t (1.0 s): 1 passed, 1 failed, 0 skipped: exit code 1"
        );
    }
}
