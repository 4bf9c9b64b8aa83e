//! What the recorder is shown: small programs that make known calls. `kernel-tests load NAME NUMBER` runs one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use kernel::testing;

/// Runs the load of this name; its exit code tells whether it did what it was to do.
pub(crate) fn run(name: &str, number: u32) -> ExitCode {
    let done = match name {
        "compat" => compat(number),
        "cold" => cold(number),
        "directories" => directories(number),
        "unattended" => unattended(number),
        "programs" => programs(),
        "thread_exec" => thread_exec(),
        "race" => race(number),
        "exit" => return ExitCode::from(u8::try_from(number).unwrap_or(u8::MAX)),
        "wait" => {
            thread::sleep(Duration::from_secs(u64::from(number)));
            Ok(())
        }
        _ => Err(io::Error::other("there is no load of this name")),
    };
    if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Numbers of the i386 call table.
const I386_OPENAT: u32 = 295;
const I386_MKDIR: u32 = 39;
/// Numbers of the x86-64 call table.
const OPENAT: u32 = 257;
const MKDIR: u32 = 83;
const RMDIR: u32 = 84;

/// Calls by `int 0x80` from this 64-bit program.
fn compat(number: u32) -> io::Result<()> {
    let mut page = testing::low_page()?;
    let path = b"/no/such/file\0";
    page.bytes_mut()[..path.len()].copy_from_slice(path);
    let address = u32::try_from(page.address()).map_err(io::Error::other)?;
    for _ in 0..number {
        // AT_FDCWD, and O_WRONLY|O_CREAT with a mode.
        testing::int80(I386_OPENAT, [(-100_i32).cast_unsigned(), address, 0o101, 0o640, 0, 0]);
        testing::int80(I386_MKDIR, [address, 0o700, 0, 0, 0, 0]);
    }
    Ok(())
}

/// Paths in pages that are mapped and have never been touched.
fn cold(number: u32) -> io::Result<()> {
    let place = std::env::temp_dir().join(format!("probity-cold-{}", std::process::id()));
    let written = (0..number).try_for_each(|turn| {
        let mut file = File::create(&place)?;
        write!(file, "/cold/{turn}/{}\0", "x".repeat(200))?;
        let page = testing::file_page(&File::open(&place)?)?;
        testing::syscall(OPENAT, [(-100_i64).cast_unsigned(), page.address(), 0, 0, 0, 0]);
        Ok(())
    });
    fs::remove_file(&place)?;
    written
}

/// `mkdir` and `rmdir` by turns, from two threads.
fn directories(number: u32) -> io::Result<()> {
    let base = std::env::temp_dir();
    let turns = |name: &str| {
        let place = base.join(format!("probity-{}-{name}", std::process::id()));
        for _ in 0..number {
            fs::create_dir(&place)?;
            fs::remove_dir(&place)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| turns("b"));
        let own: io::Result<()> = turns("a");
        other.join().map_err(|_cause| io::Error::other("the other thread is gone"))?.and(own)
    })
}

/// As [`directories`], while the recorder is stopped: nobody empties its ring.
fn unattended(number: u32) -> io::Result<()> {
    testing::signal_parent(libc::SIGSTOP)?;
    let done = directories(number);
    testing::signal_parent(libc::SIGCONT)?;
    done
}

/// Programs that start, fail to start, and end in different ways.
fn programs() -> io::Result<()> {
    let own = std::env::current_exe()?;
    let text = "quote\" newline\n\u{1b}[31m";
    Command::new(&own).args(["load", "exit", "7", text]).env_clear().env("SHOWN", "yes").status()?;
    let missing = Command::new("/no/such/program").arg("argument").status();
    if missing.is_ok() { Err(io::Error::other("a program that does not exist ran")) } else { Ok(()) }
}

/// A thread that is not the leader becomes another program.
fn thread_exec() -> io::Result<()> {
    use std::os::unix::process::CommandExt;
    let own = std::env::current_exe()?;
    let failed = thread::spawn(move || Command::new(own).args(["load", "exit", "5"]).exec()).join();
    Err(failed.unwrap_or_else(|_| io::Error::other("the thread is gone")))
}

/// Bytes of a path in the race: long enough that a copy takes a while.
const RACE_PATH_BYTES: usize = 3000;
/// How often the urgent thread comes in.
const RACE_INTERVAL: Duration = Duration::from_micros(60);

/// Two threads on one CPU, one of them urgent, each with paths of its own letter: `mkdir` of A's, `rmdir` of B's.
fn race(milliseconds: u32) -> io::Result<()> {
    let stop = AtomicBool::new(false);
    let path = |letter: u8| [vec![letter; RACE_PATH_BYTES], vec![0]].concat();
    let (a, b) = (path(b'A'), path(b'B'));
    let call = |number: u32, path: &[u8]| testing::syscall(number, [testing::address(path), 0, 0, 0, 0, 0]);
    thread::scope(|scope| {
        let urgent = scope.spawn(|| -> io::Result<()> {
            testing::stay_on_cpu(0)?;
            testing::sched_fifo(10)?;
            while !stop.load(Ordering::Relaxed) {
                thread::sleep(RACE_INTERVAL);
                call(RMDIR, &b);
            }
            Ok(())
        });
        let plain = scope.spawn(|| -> io::Result<()> {
            testing::stay_on_cpu(0)?;
            while !stop.load(Ordering::Relaxed) {
                call(MKDIR, &a);
            }
            Ok(())
        });
        thread::sleep(Duration::from_millis(u64::from(milliseconds)));
        stop.store(true, Ordering::Relaxed);
        let gone = |_cause| io::Error::other("a thread of the race is gone");
        urgent.join().map_err(gone)?.and(plain.join().map_err(gone)?)
    })
}
