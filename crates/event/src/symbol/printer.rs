//! Numbers with a syntax of their own: modes, descriptors, devices, clocks, signal sets, ioctl requests.

use super::{ioctl, push, signal, write_decimal, write_hexadecimal, write_octal, write_unnamed};

/// How such a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Printer {
    /// Permission bits in octal, `0644`; with a file type in front where there is one, `S_IFCHR|0600`.
    Mode,
    /// A signed 32-bit number, such as a uid where -1 means unchanged.
    Signed32,
    /// A signal number: `SIGKILL`, `SIGRT_2`.
    Signal,
    /// A mask of signals, bit 0 for signal 1: `[SIGINT SIGTERM]`, `~[]` for all.
    SignalSet,
    /// A device number as system calls pass it: `8:1`.
    Device,
    /// A clock: `CLOCK_MONOTONIC`, `cpu_clock(pid 42, sched)`, `clock_of_fd(3)`.
    Clock,
    /// An ioctl request: its name where known, else `_IOR(0x54,0x30,4)`.
    Ioctl,
    /// What `wait4` stores: `exited(1)`, `killed(SIGSEGV, core)`, `stopped(SIGSTOP)`, `continued`.
    WaitStatus,
    /// A `quotactl` command: `Q_GETQUOTA(USRQUOTA)`.
    QuotaCommand,
    /// An I/O priority: `IOPRIO_CLASS_BE:4`.
    IoPriority,
    /// A key: `KEY_SPEC_SESSION_KEYRING`, or its serial number.
    Key,
    /// Nanoseconds in decimal, except `UTIME_NOW` and `UTIME_OMIT`, which are more than a second has.
    Nanoseconds,
    /// A magic number, a mask or another number that reads best in hexadecimal.
    Hexadecimal,
}

impl Printer {
    /// Appends the written form of `value`.
    pub(super) fn write(self, value: u64, out: &mut String) {
        match self {
            Self::Mode => write_mode(value, out),
            Self::Signed32 => write_signed(low_32(value).cast_signed(), out),
            Self::Signal => write_signal(value, out),
            Self::SignalSet => write_signal_set(value, out),
            Self::Device => write_device(value, out),
            Self::Clock => write_clock(low_32(value).cast_signed(), out),
            Self::Ioctl => ioctl::write(low_32(value), out),
            Self::WaitStatus => write_wait_status(low_32(value), out),
            Self::QuotaCommand => write_quota_command(low_32(value), out),
            Self::IoPriority => write_io_priority(low_32(value), out),
            Self::Key => write_key(low_32(value).cast_signed(), out),
            Self::Nanoseconds if value == UTIME_NOW => out.push_str("UTIME_NOW"),
            Self::Nanoseconds if value == UTIME_OMIT => out.push_str("UTIME_OMIT"),
            Self::Nanoseconds => write_decimal(value, out),
            Self::Hexadecimal => write_hexadecimal(value, out),
        }
    }
}

fn write_mode(value: u64, out: &mut String) {
    let kind = match value & FILE_TYPE_MASK {
        0o010_000 => "S_IFIFO",
        0o020_000 => "S_IFCHR",
        0o040_000 => "S_IFDIR",
        0o060_000 => "S_IFBLK",
        0o100_000 => "S_IFREG",
        0o120_000 => "S_IFLNK",
        0o140_000 => "S_IFSOCK",
        _ => "",
    };
    let rest = if kind.is_empty() { value } else { value & !FILE_TYPE_MASK };
    if !kind.is_empty() {
        out.push_str(kind);
        out.push('|');
    }
    write_octal(rest, out);
}

fn write_signed(value: i32, out: &mut String) {
    push(out, format_args!("{value}"));
}

fn write_signal(value: u64, out: &mut String) {
    match signal::name(value) {
        Some(name) => out.push_str(name),
        None if (signal::REAL_TIME_FIRST..=signal::LAST).contains(&value) => {
            push(out, format_args!("SIGRT_{}", value - signal::REAL_TIME_FIRST));
        }
        None => write_signed(low_32(value).cast_signed(), out),
    }
}

/// More than half of the signals are written as the ones that are missing, as masks of "all but" are common.
fn write_signal_set(value: u64, out: &mut String) {
    let inverted = value.count_ones() > 32;
    let shown = if inverted { !value } else { value };
    out.push_str(if inverted { "~[" } else { "[" });
    let mut separator = "";
    for number in (1..=signal::LAST).filter(|number| shown >> (number - 1) & 1 == 1) {
        out.push_str(separator);
        write_signal(number, out);
        separator = " ";
    }
    out.push(']');
}

/// The encoding of `new_encode_dev`, `include/linux/kdev_t.h`.
fn write_device(value: u64, out: &mut String) {
    let major = (value >> 8) & 0xfff;
    let minor = (value & 0xff) | ((value >> 12) & 0xf_ff00);
    push(out, format_args!("{major}:{minor}"));
}

/// Negative clock ids hold a process, thread or descriptor: `include/linux/posix-timers.h`.
fn write_clock(value: i32, out: &mut String) {
    if let Some(name) = usize::try_from(value).ok().and_then(|place| CLOCKS.get(place)) {
        out.push_str(name);
        return;
    }
    if value >= 0 {
        write_decimal(u64::from(value.unsigned_abs()), out);
        return;
    }
    let owner = !(value >> 3);
    let kind = match value & 3 {
        0 => "prof",
        1 => "virt",
        2 => "sched",
        // With the bit for a thread, as in -1, it is no clock at all: `clockid_to_kclock`.
        _ if value & 4 != 0 => {
            write_signed(value, out);
            return;
        }
        _ => {
            push(out, format_args!("clock_of_fd({owner})"));
            return;
        }
    };
    let scope = if value & 4 == 0 { "pid" } else { "tid" };
    push(out, format_args!("cpu_clock({scope} {owner}, {kind})"));
}

/// The encoding that `wait(2)` describes.
fn write_wait_status(status: u32, out: &mut String) {
    let signal_bits = u64::from(status & 0x7f);
    let upper = u64::from(status >> 8 & 0xff);
    match signal_bits {
        _ if status == 0xffff => out.push_str("continued"),
        0 => push(out, format_args!("exited({upper})")),
        0x7f => write_wrapped("stopped(", upper, if status >> 16 == 0 { ")" } else { ", event)" }, out),
        _ => write_wrapped("killed(", signal_bits, if status & 0x80 == 0 { ")" } else { ", core)" }, out),
    }
}

fn write_wrapped(before: &str, signal: u64, after: &str, out: &mut String) {
    out.push_str(before);
    write_signal(signal, out);
    out.push_str(after);
}

/// `QCMD(command, kind of quota)` of `linux/quota.h`.
fn write_quota_command(value: u32, out: &mut String) {
    match QUOTA_COMMANDS.iter().find(|(known, _)| *known == value >> 8) {
        Some((_, name)) => out.push_str(name),
        None => write_unnamed(u64::from(value >> 8), out),
    }
    match value & 0xff {
        0 => out.push_str("(USRQUOTA)"),
        1 => out.push_str("(GRPQUOTA)"),
        2 => out.push_str("(PRJQUOTA)"),
        kind => push(out, format_args!("({kind})")),
    }
}

/// Class in the upper 3 of 16 bits, hint in 10, level in 3: `linux/ioprio.h`.
fn write_io_priority(value: u32, out: &mut String) {
    let class = match value >> 13 {
        0 => "IOPRIO_CLASS_NONE",
        1 => "IOPRIO_CLASS_RT",
        2 => "IOPRIO_CLASS_BE",
        3 => "IOPRIO_CLASS_IDLE",
        _ => return write_hexadecimal(u64::from(value), out),
    };
    push(out, format_args!("{class}:{}", value & 7));
    let hint = value >> 3 & 0x3ff;
    if hint != 0 {
        push(out, format_args!(":hint {hint}"));
    }
}

fn write_key(value: i32, out: &mut String) {
    let name = match value {
        -1 => "KEY_SPEC_THREAD_KEYRING",
        -2 => "KEY_SPEC_PROCESS_KEYRING",
        -3 => "KEY_SPEC_SESSION_KEYRING",
        -4 => "KEY_SPEC_USER_KEYRING",
        -5 => "KEY_SPEC_USER_SESSION_KEYRING",
        -6 => "KEY_SPEC_GROUP_KEYRING",
        -7 => "KEY_SPEC_REQKEY_AUTH_KEY",
        -8 => "KEY_SPEC_REQUESTOR_KEYRING",
        serial => return write_signed(serial, out),
    };
    out.push_str(name);
}

/// The low 4 bytes: these numbers are `int` in the kernel, whatever the register holds above.
fn low_32(value: u64) -> u32 {
    u32::try_from(value & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

/// `linux/stat.h` has both `UTIME_` values.
const UTIME_NOW: u64 = (1 << 30) - 1;
const UTIME_OMIT: u64 = (1 << 30) - 2;

/// `S_IFMT` of `linux/stat.h`.
const FILE_TYPE_MASK: u64 = 0o170_000;

/// `linux/time.h`, from 0.
const CLOCKS: &[&str] = &[
    "CLOCK_REALTIME",
    "CLOCK_MONOTONIC",
    "CLOCK_PROCESS_CPUTIME_ID",
    "CLOCK_THREAD_CPUTIME_ID",
    "CLOCK_MONOTONIC_RAW",
    "CLOCK_REALTIME_COARSE",
    "CLOCK_MONOTONIC_COARSE",
    "CLOCK_BOOTTIME",
    "CLOCK_REALTIME_ALARM",
    "CLOCK_BOOTTIME_ALARM",
    "CLOCK_SGI_CYCLE",
    "CLOCK_TAI",
];

/// `linux/quota.h` and `linux/dqblk_xfs.h`, shifted right by 8 bits.
const QUOTA_COMMANDS: &[(u32, &str)] = &[
    (0x80_0001, "Q_SYNC"),
    (0x80_0002, "Q_QUOTAON"),
    (0x80_0003, "Q_QUOTAOFF"),
    (0x80_0004, "Q_GETFMT"),
    (0x80_0005, "Q_GETINFO"),
    (0x80_0006, "Q_SETINFO"),
    (0x80_0007, "Q_GETQUOTA"),
    (0x80_0008, "Q_SETQUOTA"),
    (0x80_0009, "Q_GETNEXTQUOTA"),
    (0x5801, "Q_XQUOTAON"),
    (0x5802, "Q_XQUOTAOFF"),
    (0x5803, "Q_XGETQUOTA"),
    (0x5804, "Q_XSETQLIM"),
    (0x5805, "Q_XGETQSTAT"),
    (0x5806, "Q_XQUOTARM"),
    (0x5807, "Q_XQUOTASYNC"),
    (0x5808, "Q_XGETQSTATV"),
    (0x5809, "Q_XGETNEXTQUOTA"),
];
