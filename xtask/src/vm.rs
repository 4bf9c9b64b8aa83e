//! `cargo xtask vm`: runs one static program under real kernels and returns its output and exit code.
//!
//! What the program is, and what it says, is none of this module's business.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use init::{ORDERS_PATH, Orders};

use crate::cpio::Archive;
use crate::elf::{self, Program};
use crate::error::{Error, Result};
use crate::host::{self, Scratch};
use crate::kernels;
use crate::machine::{self, Ending, Machine, Stream, Verdict};

/// How `vm` is called.
pub(crate) const USAGE: &str = "\
cargo xtask vm [KERNEL...] [OPTION...] -- COMMAND [ARGUMENT...]

Boots Debian kernels under QEMU and runs COMMAND in each. KERNEL is 5.10, 6.1, 6.12 or newest; without one, all
four. COMMAND is a static program of this machine, or with --busybox a name that busybox knows. Its output comes
byte by byte on standard output and standard error; what xtask has to say is on standard error.

  --memory MIB        memory of the machine (1024)
  --cpus N            processors (2)
  --timeout SECONDS   how long one kernel may take (300)
  --file PATH[:DEST]  copies a file into the machine, to DEST or to / under its own name; may be repeated
  --env NAME=VALUE    sets a variable for COMMAND, which gets PATH, HOME and nothing else; may be repeated
  --busybox           a shell and the usual tools, from the Debian package busybox-static
  --append WORDS      more words for the kernel's command line
  --refresh           looks for newer kernels instead of those in the cache

Exit code: that of COMMAND, of the first kernel where it is not 0. Else 124 when the time was over, 125 when a
kernel could not be had, 126 when a machine died without a verdict. 2 when the command line makes no sense.";

/// Exit code when the time was over, as timeout(1) has it.
const CODE_TIMED_OUT: u8 = 124;
/// Exit code when a kernel could not be had.
pub(crate) const CODE_UNAVAILABLE: u8 = 125;
/// Exit code when a machine died without a verdict.
const CODE_DIED: u8 = 126;

/// Lines of the kernel's log that are shown of a machine that died.
const LOG_LINES_MAX: usize = 40;

/// What is to be run, and on what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Short names of kernels.
    pub(crate) kernels: Vec<&'static str>,
    /// The program and its arguments.
    pub(crate) command: Vec<String>,
    /// More variables for it.
    pub(crate) environment: Vec<(String, String)>,
    /// Files of this machine and where they go.
    pub(crate) files: Vec<(PathBuf, String)>,
    /// Whether busybox is there.
    pub(crate) busybox: bool,
    /// Whether newer kernels are looked for.
    pub(crate) refresh: bool,
    /// Memory in MiB.
    pub(crate) memory_mib: u32,
    /// Processors.
    pub(crate) cpus: u32,
    /// How long one kernel may take.
    pub(crate) time_max: Duration,
    /// More words for the kernel's command line.
    pub(crate) append: String,
}

impl Plan {
    /// A plan with the defaults: all kernels, 2 processors, 1 GiB, 5 minutes.
    pub(crate) fn of(command: Vec<String>) -> Self {
        Self {
            kernels: Vec::new(),
            command,
            environment: Vec::new(),
            files: Vec::new(),
            busybox: false,
            refresh: false,
            memory_mib: 1024,
            cpus: 2,
            time_max: Duration::from_mins(5),
            append: String::new(),
        }
    }

    /// Reads the words after `vm`.
    pub(crate) fn parse(words: &[String]) -> Result<Self> {
        let mut own = words.iter();
        let mut plan = Self::of(Vec::new());
        while let Some(word) = own.next() {
            let mut value = || own.next().ok_or_else(|| Error::Usage(format!("{word} needs a value")));
            match word.as_str() {
                "--" => {
                    plan.command = own.by_ref().cloned().collect();
                }
                "--memory" => plan.memory_mib = number(word, value()?)?,
                "--cpus" => plan.cpus = number(word, value()?)?,
                "--timeout" => plan.time_max = Duration::from_secs(number(word, value()?)?.into()),
                "--file" => plan.files.push(file(value()?)),
                "--env" => plan.environment.push(variable(value()?)?),
                "--append" => plan.append.clone_from(value()?),
                "--busybox" => plan.busybox = true,
                "--refresh" => plan.refresh = true,
                _ if word.starts_with('-') => return Err(Error::Usage(format!("vm knows no {word}"))),
                _ => plan.kernels.push(kernels::named(word)?),
            }
        }
        if plan.command.is_empty() {
            return Err(Error::Usage("vm needs a command: `-- COMMAND` at the end".to_owned()));
        }
        if plan.kernels.is_empty() {
            plan.kernels = kernels::all();
        }
        Ok(plan)
    }
}

fn number(option: &str, word: &str) -> Result<u32> {
    let number = word.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| Error::Usage(format!("{option} needs a number above 0, not {word}")))
}

fn variable(word: &str) -> Result<(String, String)> {
    let pair = word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    pair.ok_or_else(|| Error::Usage(format!("--env needs NAME=VALUE, not {word}")))
}

fn file(word: &str) -> (PathBuf, String) {
    match word.split_once(':') {
        Some((path, destination)) => (PathBuf::from(path), destination.to_owned()),
        None => (PathBuf::from(word), format!("/{}", base_name(Path::new(word)))),
    }
}

/// The last part of a path.
fn base_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// `cargo xtask vm`: runs the plan, prints, and returns the exit code.
pub(crate) fn task(words: &[String]) -> Result<u8> {
    if words.iter().take_while(|word| *word != "--").any(|word| word == "--help") {
        println!("{USAGE}");
        return Ok(0);
    }
    let plan = Plan::parse(words)?;
    let endings = run(&plan, &mut |stream, bytes| {
        let written = match stream {
            Stream::Stdout => io::stdout().lock().write_all(bytes).and_then(|()| io::stdout().flush()),
            Stream::Stderr => io::stderr().lock().write_all(bytes),
        };
        // A reader that went away is no reason to stop a test.
        written.unwrap_or_default();
    })?;
    Ok(code(&endings))
}

/// The exit code for all kernels: a failing command counts more than a kernel that could not be had.
fn code(endings: &[Result<Ending>]) -> u8 {
    let code = |ending: &Result<Ending>| match ending.as_ref().map(|ending| &ending.verdict) {
        Ok(Verdict::Exit(code)) => *code,
        Ok(Verdict::TimedOut) => CODE_TIMED_OUT,
        Ok(Verdict::Died(_)) => CODE_DIED,
        Err(_) => CODE_UNAVAILABLE,
    };
    let codes: Vec<u8> = endings.iter().map(code).filter(|code| *code != 0).collect();
    let failed = codes.iter().find(|code| **code != CODE_UNAVAILABLE);
    failed.or_else(|| codes.first()).copied().unwrap_or(0)
}

/// Runs the plan: one line for each kernel on standard error, and all that the command writes to `see`.
///
/// Returns one ending for each kernel; the error [`Error::Missing`] for one that could not be had.
pub(crate) fn run(plan: &Plan, see: &mut dyn FnMut(Stream, &[u8])) -> Result<Vec<Result<Ending>>> {
    host::require(&[(machine::QEMU, "qemu-system-x86")])?;
    build_init()?;
    let scratch = Scratch::create(&host::target().join("vm"))?;
    let initramfs = scratch.path().join("initramfs");
    let written = fs::write(&initramfs, archive(plan)?);
    written.map_err(Error::io(format!("write {}", initramfs.display())))?;
    let mut endings = Vec::new();
    for short in &plan.kernels {
        let ending = run_one(plan, short, &initramfs, scratch.path(), see);
        if let Err(error) = &ending {
            eprintln!("== {short}: {error}");
        }
        endings.push(ending);
    }
    Ok(endings)
}

fn build_init() -> Result<()> {
    host::require_static_target()?;
    let mut build = host::cargo();
    build.args(["build", "--quiet", "--release", "--target", host::STATIC_TARGET, "--package", "init"]);
    host::output(&mut build).map(drop)
}

fn run_one(
    plan: &Plan,
    short: &'static str,
    initramfs: &Path,
    directory: &Path,
    see: &mut dyn FnMut(Stream, &[u8]),
) -> Result<Ending> {
    let kernel = kernels::obtain(short, plan.refresh);
    let kernel = kernel.map_err(|error| Error::Missing(format!("cannot be had: {error}")))?;
    let machine = Machine {
        kernel: &kernel,
        initramfs,
        directory,
        memory_mib: plan.memory_mib,
        cpus: plan.cpus,
        time_max: plan.time_max,
        append: &plan.append,
    };
    let ending = machine::boot(&machine, see)?;
    let what = match &ending.verdict {
        Verdict::Exit(code) => format!("exit {code}"),
        Verdict::TimedOut => format!("killed after {} s", plan.time_max.as_secs()),
        Verdict::Died(reason) => format!("died: {reason}"),
    };
    if !matches!(ending.verdict, Verdict::Exit(_)) {
        eprint!("{}", machine::log_tail(directory, LOG_LINES_MAX));
    }
    let boot = ending.boot.map_or_else(|| "none".to_owned(), |boot| format!("{:.1} s", boot.as_secs_f32()));
    let total = ending.total.as_secs_f32();
    eprintln!(
        "== {short} ({}): {what}, boot {boot}, total {total:.1} s [{}]",
        kernel.release, kernel.package
    );
    Ok(ending)
}

/// The first file system of the machine.
fn archive(plan: &Plan) -> Result<Vec<u8>> {
    let mut archive = Archive::with_console();
    let mut command = plan.command.clone();
    add(&mut archive, "/init", &host::static_program("init"), None)?;
    if plan.busybox {
        add(&mut archive, "/bin/busybox", &kernels::busybox(plan.refresh)?, None)?;
    }
    let program = PathBuf::from(&command[0]);
    if program.is_file() {
        let bytes = read(&program)?;
        check_static(&program, &bytes, plan.busybox)?;
        command[0] = format!("/bin/{}", base_name(&program));
        add(&mut archive, &command[0], &program, Some(0o755))?;
    } else if !plan.busybox {
        let text = format!("there is no file {}: build it first, or add --busybox", program.display());
        return Err(Error::Usage(text));
    }
    for (path, destination) in &plan.files {
        add(&mut archive, destination, path, None)?;
    }
    let mut environment = vec![("PATH".to_owned(), "/bin".to_owned()), ("HOME".to_owned(), "/".to_owned())];
    environment.extend(plan.environment.iter().cloned());
    let texts = [
        (ORDERS_PATH, Orders { command, environment }.encode()),
        ("/etc/passwd", b"root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n".to_vec()),
        ("/etc/group", b"root:x:0:\nnogroup:x:65534:\n".to_vec()),
    ];
    for (path, contents) in texts {
        add_bytes(&mut archive, path, 0o644, &contents)?;
    }
    Ok(archive.finish())
}

/// Refuses a program that would not start in a machine with nothing else in it.
fn check_static(path: &Path, bytes: &[u8], busybox: bool) -> Result<()> {
    let path = path.display();
    let text = match elf::program(bytes) {
        Program::Static => return Ok(()),
        Program::Script if busybox => return Ok(()),
        Program::Script => format!("{path} is a script: add --busybox"),
        Program::Other(reason) => format!("{path} cannot run in the machine: {reason}"),
        Program::Dynamic(loader) => {
            let target = host::STATIC_TARGET;
            format!("{path} is no static program, it needs {loader}: build it with `--target {target}`")
        }
    };
    Err(Error::Usage(text))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(Error::io(format!("read {}", path.display())))
}

fn add(archive: &mut Archive, destination: &str, path: &Path, permissions: Option<u32>) -> Result<()> {
    let metadata = fs::metadata(path).map_err(Error::io(format!("read {}", path.display())))?;
    let permissions = permissions.unwrap_or(metadata.permissions().mode() & 0o777);
    add_bytes(archive, destination, permissions, &read(path)?)
}

fn add_bytes(archive: &mut Archive, destination: &str, permissions: u32, contents: &[u8]) -> Result<()> {
    if archive.add(destination, permissions, contents) {
        return Ok(());
    }
    Err(Error::Usage(format!("{destination} is longer than an initramfs can hold")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    /// What is wrong with a command line.
    fn check(line: &str, want: &str) {
        assert_eq!(Plan::parse(&words(line)).expect_err("refused").to_string(), want, "{line}");
    }

    #[test]
    fn a_plan_is_read_from_the_command_line() {
        let line = "6.1 newest --memory 512 --cpus 1 --timeout 9 --file /a/b --file c:/d/e --env A=b=c --busybox -- \
            sh --file x";
        let mut want = Plan::of(words("sh --file x"));
        want.kernels = vec!["6.1", "newest"];
        want.files = vec![("/a/b".into(), "/b".to_owned()), ("c".into(), "/d/e".to_owned())];
        want.environment = vec![("A".to_owned(), "b=c".to_owned())];
        want.busybox = true;
        want.memory_mib = 512;
        want.cpus = 1;
        want.time_max = Duration::from_secs(9);
        assert_eq!(Plan::parse(&words(line)).expect("a plan"), want);
        assert_eq!(Plan::parse(&words("-- sh")).expect("a plan").kernels, kernels::all());
    }

    #[test]
    fn a_command_line_without_sense_is_refused() {
        check("6.1", "vm needs a command: `-- COMMAND` at the end");
        check("--memory", "--memory needs a value");
        check("--cpus 0 -- sh", "--cpus needs a number above 0, not 0");
        check("--env A -- sh", "--env needs NAME=VALUE, not A");
        check("--fast -- sh", "vm knows no --fast");
        check("6.2 -- sh", "no kernel is called 6.2: there are 5.10, 6.1, 6.12, newest");
    }

    #[test]
    fn a_failing_command_counts_more_than_a_missing_kernel() {
        let exit = |code| Ending { verdict: Verdict::Exit(code), boot: None, total: Duration::ZERO };
        let missing = || Err(Error::Missing(String::new()));
        assert_eq!(code(&[Ok(exit(0)), Ok(exit(0))]), 0);
        assert_eq!(code(&[missing(), Ok(exit(0))]), CODE_UNAVAILABLE);
        assert_eq!(code(&[missing(), Ok(exit(0)), Ok(exit(7)), Ok(exit(3))]), 7);
    }
}
