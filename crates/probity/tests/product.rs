//! The program as its user sees it: what it says and how it ends when something is wrong, and the answers that need
//! no recording. What needs a privilege that the test lacks is skipped by name.
#![expect(clippy::print_stderr, reason = "a test that cannot be made says so")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

const PROBITY: &str = env!("CARGO_BIN_EXE_probity");

/// Somebody who may do nothing.
const NOBODY: u32 = 65_534;

/// What a row needs of the host.
#[derive(Clone, Copy, PartialEq)]
enum Needs {
    Nothing,
    Recording,
}
use Needs::{Nothing, Recording};

/// A command line, and how it has to end.
type Row = (&'static str, Needs, i32, &'static str);

const ROWS: &[Row] = &[
    ("trace opnat", Nothing, 65, "no system call is named `opnat`: did you mean openat"),
    ("trace openat,qqqqqqqqqqqq", Nothing, 65, "`qqqqqqqqqqqq`: `probity trace --list` shows all"),
    ("trace", Nothing, 2, "required arguments were not provided: <SYSCALL>"),
    ("trace openat --bogus", Nothing, 2, "unexpected argument '--bogus' found"),
    ("trace openat --ring-size 17", Nothing, 2, "17 is not in 4096..=1073741824"),
    ("trace openat --buffer-size x", Nothing, 2, "invalid value 'x' for '--buffer-size <N>'"),
    ("trace openat --duration -1", Nothing, 2, "unexpected argument '-1' found"),
    ("trace openat --duration nan", Nothing, 2, "invalid value 'nan'"),
    ("trace openat --count 0", Nothing, 2, "invalid value '0' for '--count <N>'"),
    ("trace openat --pid 1x", Nothing, 2, "invalid value '1x' for '--pid <PID>'"),
    ("trace --list openat", Nothing, 2, "cannot be used with"),
    ("doctr", Nothing, 2, "a similar subcommand exists: 'doctor'"),
    ("doctor extra", Nothing, 2, "unexpected argument 'extra' found"),
    ("trace openat --comm a-name-of-sixteen", Nothing, 66, "the kernel keeps 1 to 15 bytes of a name"),
    ("trace openat --pid 4194304", Nothing, 66, "--pid 4194304 cannot match: no such process"),
    ("trace openat --uid no-such-user", Nothing, 66, "no such user in /etc/passwd; give its number"),
    ("trace openat --cgroup /no/such", Nothing, 66, "--cgroup /no/such cannot match: there is no cgroup"),
    ("trace openat --output /no/such/file", Nothing, 74, "/no/such/file cannot be opened for events"),
    ("trace openat -- /no/such/command", Recording, 127, "the command `/no/such/command` does not exist"),
    ("trace openat -- /etc/passwd", Recording, 126, "the command `/etc/passwd` cannot be run"),
    ("trace openat -o /dev/full -- ls /", Recording, 74, "0 events were written to their end"),
];

#[test]
fn what_is_wrong_is_told_in_one_line() {
    for (line, needs, code, expected) in ROWS {
        if *needs == Recording && !can_record(line) {
            continue;
        }
        let ended = probity(line).output().expect("the program under test");
        check(line, &ended, *code, expected);
        let said = text(&ended.stderr);
        assert!(*needs == Recording || said.lines().count() == 1, "{line}: {said}");
    }
}

#[test]
fn without_a_privilege_its_name_is_told() {
    let Some(program) = program_of_nobody("without_a_privilege_its_name_is_told") else { return };
    for (words, expected) in [("trace openat -- true", "CAP_"), ("trace --list", "CAP_DAC_READ_SEARCH")] {
        let ended = as_nobody(&program, words);
        // Where everybody may read tracefs, a list needs no privilege.
        if words.ends_with("--list") && ended.status.success() {
            continue;
        }
        check(words, &ended, 77, expected);
    }
    let doctor = as_nobody(&program, "doctor");
    assert_eq!(doctor.status.code(), Some(2), "{}", text(&doctor.stdout));
    assert!(text(&doctor.stdout).contains("CAP_BPF"), "{}", text(&doctor.stdout));
    fs::remove_dir_all(program.parent().expect("a directory of ours")).expect("no longer needed");
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    for (line, needs) in [
        ("--help", Nothing),
        ("trace --list", Recording),
        ("trace openat,statx,newfstatat --json -- ls -lR /etc", Recording),
    ] {
        if needs == Recording && !can_record(line) {
            continue;
        }
        let command = probity(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = command.expect("the program under test");
        let mut first = String::new();
        let mut reader = BufReader::with_capacity(1, child.stdout.take().expect("piped"));
        reader.read_line(&mut first).expect("a line");
        drop(reader);
        let ended = child.wait_with_output().expect("an end");
        assert!(!first.is_empty(), "{line}");
        assert_eq!(ended.status.code(), Some(0), "{line}: {}", text(&ended.stderr));
        assert!(!text(&ended.stderr).contains("panicked"), "{line}: {}", text(&ended.stderr));
    }
}

/// In a namespace of its own, so that the small disk is gone with the process.
#[test]
fn a_full_disk_keeps_whole_lines_and_counts_them() {
    let name = "a_full_disk_keeps_whole_lines_and_counts_them";
    let script = format!(
        "mount -t tmpfs -o size=32k none /mnt || exit 3
         {PROBITY} trace openat,statx,newfstatat,read --json --output /mnt/events -- ls -l /usr/bin > /dev/null
         code=$?; cat /mnt/events; exit $code"
    );
    if !can_record(name) {
        return;
    }
    let ended = match Command::new("unshare").args(["-m", "sh", "-c", &script]).output() {
        Ok(ended) if ended.status.code() != Some(3) && ended.status.code() != Some(1) => ended,
        _ => return skip(name, "no namespace with a disk of its own can be made"),
    };
    check(name, &ended, 74, "No space left on device");
    let events = text(&ended.stdout);
    assert!(events.ends_with('\n'), "the last line is whole: {:?}", events.lines().last());
    for line in events.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    let told = format!("; {} events were written to their end\n", events.lines().count());
    assert!(text(&ended.stderr).contains(&told), "{told}: {}", text(&ended.stderr));
}

/// What a kernel or a host may lack, made in a mount namespace of its own: how to make it, what to run, how it ends.
const LACKS: &[(&str, &str, i32, &str)] = &[
    (
        "mount -t tmpfs none /sys/kernel/btf",
        "",
        69,
        "no type information, which needs CONFIG_DEBUG_INFO_BTF=y",
    ),
    ("mount -t tmpfs none /sys/kernel/tracing && mkdir -p /sys/kernel/tracing", "", 0, "0 lost"),
    (
        "mount -t tmpfs none /sys/kernel/tracing && mount -t tmpfs none /sys/kernel/debug",
        "setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin",
        72,
        "`mount -t tracefs tracefs /sys/kernel/tracing`",
    ),
    (
        "mount -t tmpfs none /sys/devices/system/cpu",
        "",
        69,
        "/sys/devices/system/cpu/possible cannot be read",
    ),
];

#[test]
fn what_the_host_lacks_is_told_in_one_line() {
    for (make, wrapper, code, expected) in LACKS {
        let name = format!("what_the_host_lacks: {make}");
        if !can_record(&name) {
            return;
        }
        let script = format!("({make}) || exit 3; exec {wrapper} {PROBITY} trace openat -- /bin/true");
        match Command::new("unshare").args(["-m", "sh", "-c", &script]).output() {
            Ok(ended) if !matches!(ended.status.code(), Some(3)) && *code == 0 => {
                assert_eq!(ended.status.code(), Some(0), "{make}: {}", text(&ended.stderr));
                assert!(text(&ended.stderr).contains(expected), "{make}: {}", text(&ended.stderr));
            }
            Ok(ended) if !matches!(ended.status.code(), Some(3)) => check(&name, &ended, *code, expected),
            _ => skip(&name, "no such lack can be made here"),
        }
    }
}

#[test]
fn help_is_there_for_all_that_can_be_asked() {
    for (line, expected) in [
        ("--help", "Exit codes"),
        ("--help", "doctor  "),
        ("trace --help", "Examples:"),
        ("trace --help", "--ring-size"),
        ("doctor --help", "Ends with 0 when all holds"),
        ("--version", "probity "),
    ] {
        let ended = probity(line).output().expect("the program under test");
        assert_eq!(ended.status.code(), Some(0), "{line}");
        assert!(text(&ended.stdout).contains(expected), "{line}: {}", text(&ended.stdout));
        assert_eq!(text(&ended.stderr), "", "{line}");
    }
}

#[test]
fn doctor_answers_whoever_asks() {
    let ended = probity("doctor --json").output().expect("the program under test");
    assert_eq!(text(&ended.stderr), "");
    let findings: Value = serde_json::from_slice(&ended.stdout).expect("one object");
    assert_eq!(findings["exit_code"].as_i64(), ended.status.code().map(i64::from));
    assert!((0..=2).contains(&ended.status.code().expect("an exit")));
    let names = |key: &str| -> BTreeSet<String> {
        let rows = findings[key].as_array().expect("rows").iter();
        rows.map(|row| row["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert!(names("features").contains("tp_btf:sys_exit") && names("features").contains("lsm"));
    assert!(names("sights").contains("system calls"));
    for key in ["release", "lockdown", "preemption", "capabilities"] {
        assert!(findings["kernel"].get(key).is_some(), "{key}");
    }

    let ended = probity("doctor").output().expect("the program under test");
    assert_eq!(ended.status.code().map(i64::from), findings["exit_code"].as_i64());
    let table = text(&ended.stdout);
    assert!(table.lines().all(|line| line.len() <= 100), "{table}");
    assert!(!table.contains('\u{1b}'), "no colours into a pipe: {table}");
}

#[test]
fn every_call_is_listed_once() {
    let name = "every_call_is_listed_once";
    let lines = probity("trace --list").output().expect("the program under test");
    if lines.status.code() == Some(77) || lines.status.code() == Some(72) {
        return skip(name, &text(&lines.stderr));
    }
    let ended = probity("trace --list --json").output().expect("the program under test");
    assert_eq!((lines.status.code(), ended.status.code()), (Some(0), Some(0)));
    let mut seen = BTreeSet::new();
    for line in text(&ended.stdout).lines() {
        let call: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let key = (call["abi"].to_string(), call["number"].as_u64().expect("a number"));
        assert!(seen.insert(key), "twice: {line}");
        if call["name"] == "openat" {
            assert_eq!(call["serializer"], "specialised");
            assert_eq!(call["parameters"][1]["shown"], "path");
        }
    }
    assert!(seen.len() > 750, "{} calls", seen.len());
    assert_eq!(text(&lines.stdout).lines().count(), seen.len());
}

fn probity(line: &str) -> Command {
    let mut command = Command::new(PROBITY);
    command.args(line.split_whitespace()).stdin(Stdio::null());
    command
}

/// One message, on one line, that says this, and this exit code.
fn check(line: &str, ended: &Output, code: i32, expected: &str) {
    let said = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(code), "{line}: {said}");
    let messages: Vec<&str> = said.lines().filter(|line| line.starts_with("probity: ")).collect();
    assert_eq!(messages.len(), 1, "{line}: {said}");
    assert!(messages[0].contains(expected), "{line}: {said}");
    assert_eq!(said.lines().last(), Some(messages[0]), "{line}: {said}");
    assert!(!said.contains("panicked") && !said.contains("not whole"), "{line}: {said}");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn skip(name: &str, reason: &str) {
    eprintln!("skipped {name}: {}", reason.trim());
}

/// Whether this host lets us record; says so if not.
fn can_record(name: &str) -> bool {
    static UNUSABLE: OnceLock<bool> = OnceLock::new();
    let ask = || probity("doctor --json").output().expect("the program under test").status.code() == Some(2);
    let unusable = *UNUSABLE.get_or_init(ask);
    if unusable {
        skip(name, "nothing can be recorded here: see `probity doctor`");
    }
    !unusable
}

/// A copy of the program where everybody can run it; `None` if we cannot become somebody else.
fn program_of_nobody(name: &str) -> Option<PathBuf> {
    if fs::metadata("/proc/self").expect("procfs").uid() != 0 {
        skip(name, "only root can become somebody else");
        return None;
    }
    let directory = std::env::temp_dir().join(format!("probity-product-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory for a while");
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).expect("open to all");
    let program = directory.join("probity");
    fs::copy(PROBITY, &program).expect("a copy");
    Some(program)
}

fn as_nobody(program: &PathBuf, words: &str) -> Output {
    let mut command = Command::new(program);
    command.args(words.split_whitespace()).uid(NOBODY).gid(NOBODY).stdin(Stdio::null());
    command.output().expect("the program under test")
}
