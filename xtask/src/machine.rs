//! One boot of one kernel under QEMU, from the first instruction to power-off.
//!
//! It knows neither where kernels come from nor what the command is. QEMU interprets the guest (TCG): the same
//! everywhere, no privilege, and slower than real hardware by a factor that no test may depend on.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use init::{Frame, FrameError};

use crate::error::{Error, Result};
use crate::kernels::Kernel;

/// The program that the machine runs on.
pub(crate) const QEMU: &str = "qemu-system-x86_64";

/// Frames that wait for the printer: 64 full ones are 4 MiB, and a slower printer slows the guest down.
const FRAMES_WAITING_MAX: usize = 64;

/// How long power-off may take after the last frame.
const POWER_OFF_TIME_MAX: Duration = Duration::from_secs(20);

/// What the machine is made of.
pub(crate) struct Machine<'a> {
    /// The kernel to boot.
    pub(crate) kernel: &'a Kernel,
    /// Its first file system.
    pub(crate) initramfs: &'a Path,
    /// Directory for its logs.
    pub(crate) directory: &'a Path,
    /// Memory in MiB.
    pub(crate) memory_mib: u32,
    /// Processors.
    pub(crate) cpus: u32,
    /// How long all of it may take.
    pub(crate) time_max: Duration,
    /// More words for the kernel's command line.
    pub(crate) append: &'a str,
}

/// A stream of the command in the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// How a boot ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The command ended with this code.
    Exit(u8),
    /// The command was still running when the time was over.
    TimedOut,
    /// The machine gave no verdict: it panicked, or PID 1 failed. The text says what is known.
    Died(String),
}

/// A verdict, and how long it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    /// The verdict.
    pub(crate) verdict: Verdict,
    /// From the start of QEMU to PID 1 being ready, if it came to that.
    pub(crate) boot: Option<Duration>,
    /// From the start of QEMU to its end.
    pub(crate) total: Duration,
}

type Received = std::result::Result<Frame, FrameError>;

/// Kills QEMU when a boot is left early; after its own end that does nothing.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        for result in [self.0.kill(), self.0.wait().map(drop)] {
            // Fails only for a child that is reaped already.
            result.unwrap_or_default();
        }
    }
}

/// Boots the machine and shows `see` all that the command writes.
pub(crate) fn boot(machine: &Machine<'_>, see: &mut dyn FnMut(Stream, &[u8])) -> Result<Ending> {
    let start = Instant::now();
    let mut running = Running(start_qemu(machine)?);
    let frames = frames_of(&mut running.0);
    let mut boot = None;
    let verdict = loop {
        let left = machine.time_max.saturating_sub(start.elapsed());
        match frames.recv_timeout(left) {
            Ok(Ok(Frame::Ready(release))) => {
                boot = Some(start.elapsed());
                if release != machine.kernel.release {
                    let name = &machine.kernel.release;
                    eprintln!("the kernel of {name} calls itself {release}: try --refresh");
                }
            }
            Ok(Ok(Frame::Stdout(bytes))) => see(Stream::Stdout, &bytes),
            Ok(Ok(Frame::Stderr(bytes))) => see(Stream::Stderr, &bytes),
            Ok(Ok(Frame::Exit(code))) => break Verdict::Exit(code),
            Ok(Ok(Frame::Failed(reason))) => break Verdict::Died(format!("PID 1: {reason}")),
            Ok(Err(error)) => break Verdict::Died(error.to_string()),
            Err(RecvTimeoutError::Timeout) => break Verdict::TimedOut,
            Err(RecvTimeoutError::Disconnected) => {
                break Verdict::Died("the machine ended without a verdict".to_owned());
            }
        }
    };
    if verdict != Verdict::TimedOut {
        // QEMU ends by itself, and with it the stream.
        while frames.recv_timeout(POWER_OFF_TIME_MAX).is_ok() {}
    }
    drop(running);
    Ok(Ending { verdict, boot, total: start.elapsed() })
}

/// The last lines of what the kernel and QEMU wrote.
pub(crate) fn log_tail(directory: &Path, lines_max: usize) -> String {
    let mut tail = String::new();
    for name in ["kernel.log", "qemu.log"] {
        let text = fs::read(directory.join(name)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        for line in &lines[lines.len().saturating_sub(lines_max)..] {
            tail.extend([name, ": ", line.trim_end(), "\n"]);
        }
    }
    tail
}

fn start_qemu(machine: &Machine<'_>) -> Result<Child> {
    let log = machine.directory.join("kernel.log");
    let errors = machine.directory.join("qemu.log");
    let errors = File::create(&errors).map_err(Error::io(format!("create {}", errors.display())))?;
    let command_line = format!("console=ttyS0 panic=-1 {}", machine.append);
    let mut qemu = Command::new(QEMU);
    // Without cx16: QEMU 7.2 emulates cmpxchg16b so that 6.12 faults under load.
    qemu.args(["-accel", "tcg", "-cpu", "max,-cx16", "-nodefaults", "-no-user-config", "-no-reboot"]);
    qemu.args(["-display", "none", "-monitor", "none"]);
    qemu.args(["-smp", &machine.cpus.to_string(), "-m", &machine.memory_mib.to_string()]);
    qemu.arg("-kernel").arg(&machine.kernel.image).arg("-initrd").arg(machine.initramfs);
    qemu.args(["-append", command_line.trim_end()]);
    // The first serial port is the kernel's console, the second carries the frames.
    qemu.arg("-serial").arg(format!("file:{}", log.display())).args(["-serial", "stdio"]);
    qemu.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
    qemu.spawn().map_err(Error::io(format!("start {QEMU}")))
}

/// Reads the frames on a thread of its own, so that their absence can be waited for.
fn frames_of(qemu: &mut Child) -> Receiver<Received> {
    let (sender, receiver) = mpsc::sync_channel(FRAMES_WAITING_MAX);
    if let Some(pipe) = qemu.stdout.take() {
        thread::spawn(move || send_frames(BufReader::new(pipe), &sender));
    }
    receiver
}

/// Reads frames until the stream ends or breaks, or nobody waits for them any more.
fn send_frames(mut pipe: impl Read, sender: &SyncSender<Received>) {
    while let Some(frame) = Frame::read(&mut pipe).transpose() {
        let last = frame.is_err();
        if sender.send(frame).is_err() || last {
            return;
        }
    }
}
