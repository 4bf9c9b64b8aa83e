//! The machine that a task runs on: its programs, its Debian packages, its directories.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};

use crate::error::{Error, Result};

/// Target of everything that runs in the test machine.
pub(crate) const STATIC_TARGET: &str = "x86_64-unknown-linux-musl";

/// Lines of a failed program's standard error that are worth repeating.
const MESSAGE_LINES_MAX: usize = 8;

/// The root of the workspace.
pub(crate) fn workspace() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// Cargo's directory of results.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), |path| workspace().join(path))
}

/// Where a static release build leaves a program.
pub(crate) fn static_program(name: &str) -> PathBuf {
    target().join(STATIC_TARGET).join("release").join(name)
}

/// Where kernels are kept between runs: outside of the tree, shared by all clones.
pub(crate) fn cache() -> Result<PathBuf> {
    let base = env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let missing = || Error::Missing("neither XDG_CACHE_HOME nor HOME is set: set one".to_owned());
    Ok(base.or_else(home).ok_or_else(missing)?.join("probity"))
}

/// A directory of this process alone, which goes with the value.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Creates it in `parent`, which is created too.
    pub(crate) fn create(parent: &Path) -> Result<Self> {
        let path = parent.join(format!("scratch-{}", process::id()));
        fs::create_dir_all(&path).map_err(Error::io(format!("create {}", path.display())))?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays is in nobody's way: the next process has a directory of its own.
        fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

/// The cargo that runs this task, in the root of the workspace.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace());
    command
}

/// Whether this process may do what root may.
pub(crate) fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let uids = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    uids.and_then(|uids| uids.split_whitespace().nth(1)) == Some("0")
}

/// The program and its arguments, as a person would type them.
fn words(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = [program].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Runs a program to its end and returns its standard output.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>> {
    let result = command.stdin(Stdio::null()).output();
    let output = result.map_err(Error::io(format!("run `{}`", words(command))))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let message = lines[lines.len().saturating_sub(MESSAGE_LINES_MAX)..].join("; ");
    Err(Error::Command { command: words(command), status: output.status, message })
}

/// Runs a program whose output is for the reader, shows each line to `see` too, and fails when it fails.
pub(crate) fn show(command: &mut Command, mut see: impl FnMut(&str)) -> Result<()> {
    let doing = format!("run `{}`", words(command));
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = child.map_err(Error::io(&doing))?;
    if let Some(pipe) = child.stdout.take() {
        for line in BufReader::new(pipe).split(b'\n') {
            let line = line.map_err(Error::io(&doing))?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            see(&line);
        }
    }
    let status = child.wait().map_err(Error::io(&doing))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Command { command: words(command), status, message: String::new() })
}

/// Sees to it that each program is there; `programs` are pairs of a program and the Debian package that has it.
///
/// Installs what is missing when it may: as root, with apt.
pub(crate) fn require(programs: &[(&str, &str)]) -> Result<()> {
    let lacking = || programs.iter().filter(|(program, _)| !is_program(program));
    let packages: Vec<&str> = lacking().map(|(_, package)| *package).collect();
    if packages.is_empty() {
        return Ok(());
    }
    let names = lacking().map(|(program, _)| *program).collect::<Vec<_>>().join(", ");
    let packages_text = packages.join(" ");
    if !is_root() || !is_program("apt-get") {
        let text = format!("{names}: not found: install the Debian packages {packages_text}");
        return Err(Error::Missing(text));
    }
    eprintln!("installing {packages_text} for {names}");
    let mut install = Command::new("apt-get");
    install.args(["install", "--yes", "--no-install-recommends"]).args(packages);
    let installed = output(Command::new("apt-get").arg("update"))
        .and_then(|_| output(install.env("DEBIAN_FRONTEND", "noninteractive")));
    match (installed, lacking().next()) {
        (_, None) => Ok(()),
        (Err(error), Some(_)) => Err(Error::Missing(format!("{names}: not found: {error}"))),
        (Ok(_), Some((program, package))) => {
            Err(Error::Missing(format!("{program} is still not found after {package} was installed")))
        }
    }
}

fn is_program(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|directory| directory.join(name).is_file())
}

/// Sees to it that static programs can be built: asks rustup for the target when it is not there.
pub(crate) fn require_static_target() -> Result<()> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]).current_dir(workspace()))?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot).trim());
    if sysroot.join("lib/rustlib").join(STATIC_TARGET).is_dir() {
        return Ok(());
    }
    if !is_program("rustup") {
        let text =
            format!("the Rust target {STATIC_TARGET} is not installed, and rustup is not here to add it");
        return Err(Error::Missing(text));
    }
    eprintln!("adding the Rust target {STATIC_TARGET}");
    output(Command::new("rustup").args(["target", "add", STATIC_TARGET]).current_dir(workspace())).map(drop)
}
