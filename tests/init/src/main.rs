//! PID 1 of the test machine: mounts what a kernel test needs, runs the one command of its orders, sends output
//! and exit code to the host as frames, and powers off.
//!
//! It loads no module and starts nothing else. Its own messages go to the console, which is the kernel's log.
#![expect(clippy::print_stderr, reason = "standard error is the console of the test machine")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use init::{Frame, ORDERS_PATH, Orders, PAYLOAD_BYTES_MAX};
use rustix::io::Errno;
use rustix::mount::{MountFlags, mount};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketType, recv, sendto, socket};
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, wait};
use rustix::system::{RebootCommand, reboot, uname};
use rustix::termios::{OptionalActions, tcdrain, tcgetattr, tcsetattr};

/// The serial port that carries the frames; the first one is the kernel's console.
const CHANNEL_PATH: &str = "/dev/ttyS1";

/// Where busybox lies if the initramfs has it.
const BUSYBOX_PATH: &str = "/bin/busybox";

/// Type and target of each file system, in this order. The first three must mount; a kernel may lack any other,
/// and the test that needs it says so.
const FILE_SYSTEMS: [(&str, &str); 12] = [
    ("proc", "/proc"),
    ("sysfs", "/sys"),
    ("devtmpfs", "/dev"),
    ("devpts", "/dev/pts"),
    ("tmpfs", "/dev/shm"),
    ("tmpfs", "/run"),
    ("tmpfs", "/tmp"),
    ("tracefs", "/sys/kernel/tracing"),
    ("debugfs", "/sys/kernel/debug"),
    ("securityfs", "/sys/kernel/security"),
    ("bpf", "/sys/fs/bpf"),
    ("cgroup2", "/sys/fs/cgroup"),
];

/// How many of [`FILE_SYSTEMS`] nothing works without.
const FILE_SYSTEMS_NEEDED: usize = 3;

/// The way to the host, shared by the two pipes of the command.
type Channel = Arc<Mutex<File>>;

fn main() -> ExitCode {
    // Anywhere but in the test machine this program would power off the machine of whoever starts it.
    if getpid() != Pid::INIT || fs::metadata(ORDERS_PATH).is_err() {
        eprintln!("init: this is PID 1 of the test machine: run it through `cargo xtask vm`");
        return ExitCode::FAILURE;
    }
    match open_channel() {
        Ok(channel) => {
            let last = serve(&channel).unwrap_or_else(Frame::Failed);
            close(&channel, &last);
        }
        Err(reason) => eprintln!("init: {reason}"),
    }
    rustix::fs::sync();
    if let Err(error) = reboot(RebootCommand::PowerOff) {
        eprintln!("init: cannot power off: {error}");
    }
    ExitCode::FAILURE
}

/// Mounts the file systems and opens the serial port as a stream of plain bytes.
fn open_channel() -> Result<Channel, String> {
    for (index, (kind, target)) in FILE_SYSTEMS.into_iter().enumerate() {
        if let Err(error) = mount_one(kind, target) {
            eprintln!("init: cannot mount {kind} on {target}: {error}");
            if index < FILE_SYSTEMS_NEEDED {
                return Err(format!("nothing works without {target}"));
            }
        }
    }
    let port = OpenOptions::new().read(true).write(true).open(CHANNEL_PATH);
    let port = port.map_err(|error| format!("cannot open {CHANNEL_PATH}: {error}"))?;
    let mut terminal = tcgetattr(&port).map_err(|error| format!("{CHANNEL_PATH} is no terminal: {error}"))?;
    terminal.make_raw();
    tcsetattr(&port, OptionalActions::Now, &terminal)
        .map_err(|error| format!("cannot set {CHANNEL_PATH} to raw bytes: {error}"))?;
    Ok(Arc::new(Mutex::new(port)))
}

fn mount_one(kind: &str, target: &str) -> io::Result<()> {
    fs::create_dir_all(target)?;
    match mount(kind, target, kind, MountFlags::empty(), None) {
        // devtmpfs: the kernel may have mounted it before us.
        Err(Errno::BUSY) => Ok(()),
        result => Ok(result?),
    }
}

/// Runs the command and returns the last frame.
fn serve(channel: &Channel) -> Result<Frame, String> {
    if let Err(error) = loopback_up() {
        eprintln!("init: the loopback interface stays down: {error}");
    }
    if fs::metadata(BUSYBOX_PATH).is_ok() {
        let links = Command::new(BUSYBOX_PATH).args(["--install", "-s", "/bin"]).status();
        links.map_err(|error| format!("cannot install the links of {BUSYBOX_PATH}: {error}"))?;
    }
    let bytes = fs::read(ORDERS_PATH).map_err(|error| format!("cannot read {ORDERS_PATH}: {error}"))?;
    let orders = Orders::decode(&bytes).map_err(|error| error.to_string())?;
    let Some((program, arguments)) = orders.command.split_first() else {
        return Err("the orders name no program".to_owned());
    };
    send(channel, &Frame::Ready(uname().release().to_string_lossy().into_owned()));
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(orders.environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start {program}: {error}"))?;
    let stdout = child.stdout.take().map(|pipe| forward(channel, pipe, Frame::Stdout));
    let stderr = child.stderr.take().map(|pipe| forward(channel, pipe, Frame::Stderr));
    let status = reap_until(child.id())?;
    // A process that the command left behind may hold the pipes open; it ends with the command.
    kill_the_rest();
    for pipe in [stdout, stderr].into_iter().flatten() {
        if pipe.join().is_err() {
            return Err("a thread that forwards output panicked".to_owned());
        }
    }
    reap_the_rest();
    Ok(Frame::Exit(exit_code(status)))
}

/// Sends all that a pipe gives, until its last writer closes it.
fn forward(
    channel: &Channel,
    mut pipe: impl Read + Send + 'static,
    frame: impl Fn(Vec<u8>) -> Frame + Send + 'static,
) -> JoinHandle<()> {
    let channel = Arc::clone(channel);
    thread::spawn(move || {
        let mut buffer = vec![0; PAYLOAD_BYTES_MAX];
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => return,
                Ok(length) => send(&channel, &frame(buffer[..length].to_vec())),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    eprintln!("init: cannot read the command's output: {error}");
                    return;
                }
            }
        }
    })
}

/// Sends one frame. The console is told when that fails: there is no other way left to the host.
fn send(channel: &Channel, frame: &Frame) {
    let mut port = channel.lock().unwrap_or_else(PoisonError::into_inner);
    if let Err(error) = port.write_all(&frame.encode()) {
        eprintln!("init: cannot write to {CHANNEL_PATH}: {error}");
    }
}

/// Sends the last frame and waits until the port has given it away.
fn close(channel: &Channel, last: &Frame) {
    send(channel, last);
    let port = channel.lock().unwrap_or_else(PoisonError::into_inner);
    if let Err(error) = tcdrain(&*port) {
        eprintln!("init: cannot drain {CHANNEL_PATH}: {error}");
    }
}

/// Reaps every process that ends, orphans included, until this one has.
fn reap_until(child: u32) -> Result<ExitStatus, String> {
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if u32::try_from(pid.as_raw_nonzero().get()) == Ok(child) => {
                return Ok(ExitStatus::from_raw(status.as_raw()));
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(format!("cannot wait for the command: {error}")),
        }
    }
}

/// Kills every process but this one; the kernel's own threads do not take signals.
fn kill_the_rest() {
    let Ok(entries) = fs::read_dir("/proc") else { return };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    for pid in numbers.filter_map(Pid::from_raw).filter(|pid| *pid != Pid::INIT) {
        match kill_process(pid, Signal::KILL) {
            Ok(()) | Err(Errno::SRCH) => {}
            Err(error) => eprintln!("init: cannot kill process {}: {error}", pid.as_raw_nonzero()),
        }
    }
}

fn reap_the_rest() {
    while matches!(wait(WaitOptions::empty()), Ok(_) | Err(Errno::INTR)) {}
}

/// The code a shell would give: that of the process, or 128 and the signal's number.
fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

/// Sets the loopback interface up: one `RTM_NEWLINK` request (rtnetlink(7)) for interface 1, which it always is.
fn loopback_up() -> io::Result<()> {
    const REQUEST_AND_ACK: u16 = 0x5;
    const RTM_NEWLINK: u16 = 16;
    const LOOPBACK_INDEX: i32 = 1;
    const IFF_UP: u32 = 1;
    const MESSAGE_BYTES: u32 = 32;

    let mut message = Vec::new();
    message.extend_from_slice(&MESSAGE_BYTES.to_ne_bytes());
    message.extend_from_slice(&RTM_NEWLINK.to_ne_bytes());
    message.extend_from_slice(&REQUEST_AND_ACK.to_ne_bytes());
    // Sequence number and port, then family, padding and device type of `ifinfomsg`: all zero.
    message.extend_from_slice(&[0; 12]);
    message.extend_from_slice(&LOOPBACK_INDEX.to_ne_bytes());
    message.extend_from_slice(&IFF_UP.to_ne_bytes());
    message.extend_from_slice(&IFF_UP.to_ne_bytes());

    let kernel = SocketAddrNetlink::new(0, 0);
    // Protocol 0 of a netlink socket is NETLINK_ROUTE.
    let socket = socket(AddressFamily::NETLINK, SocketType::RAW, None)?;
    sendto(&socket, &message, SendFlags::empty(), &kernel)?;
    let mut answer = [0; 256];
    let (length, _) = recv(&socket, &mut answer, RecvFlags::empty())?;
    // The acknowledgement: a 16-byte header, then the negative error number or 0.
    match answer[..length].get(16..20) {
        Some([0, 0, 0, 0]) => Ok(()),
        Some(&[a, b, c, d]) => Err(io::Error::from_raw_os_error(-i32::from_ne_bytes([a, b, c, d]))),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
