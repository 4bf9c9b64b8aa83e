//! Attaching through a perf event: tracepoints by their id, kprobes and uprobes by the event sources of sysfs.
//!
//! The event names all processes and one CPU; its program runs on all CPUs all the same (`kernel/trace/bpf_trace.c`
//! keeps programs with the hook, not with the event).

use std::ffi::CString;
use std::io;
use std::num::NonZero;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use bpf::Hook;
use bpf::object::UserPlace as Place;

use super::{AttachError, Link};
use crate::attr::{self, Attr};
use crate::elf::{self, ElfError};
use crate::facts::{self, FactError};
use crate::library;
use crate::load::Program;
use crate::symbol;
use crate::sys::{self, Command};

/// Bytes of `struct perf_event_attr` that every kernel of ours knows (`PERF_ATTR_SIZE_VER5`).
const EVENT_BYTES: u32 = 112;
/// `PERF_TYPE_TRACEPOINT`.
const TRACEPOINT_TYPE: u32 = 2;
/// Bytes of `union bpf_attr` for `LINK_CREATE` on a perf event, up to the cookie.
const LINK_BYTES: usize = 64;
/// `BPF_PERF_EVENT` of `enum bpf_attach_type`.
const PERF_EVENT: u32 = 41;
/// `PERF_EVENT_IOC_SET_BPF`.
const SET_PROGRAM: libc::Ioctl = 0x4004_2408;
/// `PERF_EVENT_IOC_ENABLE`.
const ENABLE: libc::Ioctl = 0x2400;
/// Every process.
const ALL_PROCESSES: i32 = -1;

/// A file and an offset in it, as the kernel wants them.
pub(super) struct UserPlace {
    /// The path, with its NUL.
    pub(super) path: CString,
    /// Bytes from the start of the file.
    pub(super) offset: u64,
}

impl UserPlace {
    /// Finds the library by its name and the symbol in the file.
    pub(super) fn find(path: &str, place: &Place) -> Result<Self, AttachError> {
        let path = if path.contains('/') { Path::new(path).to_owned() } else { library::find(path)? };
        let offset = match place {
            Place::Symbol(symbol) => elf::file_offset(&path, symbol)?,
            Place::FileOffset(offset) => *offset,
        };
        match CString::new(path.as_os_str().as_bytes()) {
            Ok(path) => Ok(Self { path, offset }),
            Err(error) => Err(ElfError::Unreadable { path, error: error.into() }.into()),
        }
    }
}

pub(super) fn tracepoint(
    program: &Program,
    id: u64,
    cookie: Option<NonZero<u64>>,
) -> Result<Link, AttachError> {
    let mut event = event(TRACEPOINT_TYPE, id);
    open(&mut event)
        .and_then(|event| attach(program, event, cookie))
        .map_err(|error| AttachError::of(program, error))
}

pub(super) fn kernel(
    program: &Program,
    function: &str,
    offset: u64,
    cookie: Option<NonZero<u64>>,
) -> Result<Link, AttachError> {
    let name = [function.as_bytes(), &[0]].concat();
    let source = Source::read("kprobe", program)?;
    let mut event = source.event(program).read(attr::EVENT_NAME, &name).u64(attr::EVENT_OFFSET, offset);
    let opened = open(&mut event).and_then(|event| attach(program, event, cookie));
    opened.map_err(|error| match error.raw_os_error() {
        Some(libc::ENOENT) => AttachError::NoSuchFunction {
            function: function.to_owned(),
            near: symbol::near_in_kernel(function),
        },
        _ => AttachError::of(program, error),
    })
}

pub(super) fn user(
    program: &Program,
    place: &UserPlace,
    cookie: Option<NonZero<u64>>,
) -> Result<Link, AttachError> {
    let source = Source::read("uprobe", program)?;
    let path = place.path.to_bytes_with_nul();
    let mut event = source.event(program).read(attr::EVENT_NAME, path).u64(attr::EVENT_OFFSET, place.offset);
    open(&mut event)
        .and_then(|event| attach(program, event, cookie))
        .map_err(|error| of_user(program, place, error))
}

/// What the kernel said about a place in a file.
pub(super) fn of_user(program: &Program, place: &UserPlace, error: io::Error) -> AttachError {
    match error.raw_os_error() {
        Some(libc::ENOENT | libc::ENOTDIR | libc::EBADF | libc::ELOOP) => {
            let path = Path::new(std::ffi::OsStr::from_bytes(place.path.to_bytes())).to_owned();
            ElfError::Unreadable { path, error }.into()
        }
        _ => AttachError::of(program, error),
    }
}

/// An event source of sysfs.
struct Source {
    kind: u32,
    /// The bit of `config` that asks for returns.
    return_bit: u64,
}

impl Source {
    fn read(name: &str, program: &Program) -> Result<Self, AttachError> {
        let folder = Path::new("/sys/bus/event_source/devices").join(name);
        let lacks = |error| match error {
            FactError::Unreadable { error, .. } => {
                AttachError::Unsupported { hook: program.hook().to_string(), error }
            }
            other => AttachError::of(program, io::Error::other(other)),
        };
        let kind = facts::read_text(&folder.join("type")).map_err(lacks)?;
        let format = facts::read_text(&folder.join("format/retprobe")).map_err(lacks)?;
        // The format is `config:N`.
        let bit = format.trim().strip_prefix("config:").and_then(|bit| bit.parse::<u32>().ok());
        let return_bit = bit.and_then(|bit| 1_u64.checked_shl(bit));
        if let (Ok(kind), Some(return_bit)) = (kind.trim().parse(), return_bit) {
            return Ok(Self { kind, return_bit });
        }
        let reason = format!("{} makes no sense", folder.display());
        Err(AttachError::of(program, io::Error::new(io::ErrorKind::InvalidData, reason)))
    }

    fn event(&self, program: &Program) -> Attr {
        let returns = matches!(program.hook(), Hook::Kretprobe { .. } | Hook::Uretprobe { .. });
        event(self.kind, if returns { self.return_bit } else { 0 })
    }
}

fn event(kind: u32, config: u64) -> Attr {
    Attr::new(usize::try_from(EVENT_BYTES).unwrap_or_default())
        .u32(attr::EVENT_TYPE, kind)
        .u32(attr::EVENT_BYTES, EVENT_BYTES)
        .u64(attr::EVENT_CONFIG, config)
        .u64(attr::EVENT_PERIOD, 1)
}

fn open(event: &mut Attr) -> io::Result<OwnedFd> {
    sys::perf_event_open(event, ALL_PROCESSES, first_cpu())
}

/// A CPU that is up: the first one.
fn first_cpu() -> i32 {
    let text = facts::read_text(Path::new("/sys/devices/system/cpu/online")).unwrap_or_default();
    text.split([',', '-', '\n']).next().and_then(|first| first.parse().ok()).unwrap_or(0)
}

fn attach(program: &Program, event: OwnedFd, cookie: Option<NonZero<u64>>) -> io::Result<Link> {
    let mut attr = Attr::new(LINK_BYTES)
        .u32(attr::LINK_PROGRAM, program.number())
        .u32(attr::LINK_TARGET, u32::try_from(event.as_raw_fd()).unwrap_or_default())
        .u32(attr::LINK_ATTACH_TYPE, PERF_EVENT)
        .u64(attr::LINK_COOKIE, cookie.map_or(0, NonZero::get));
    let link = match sys::bpf_open(Command::LinkCreate, &mut attr) {
        Ok(link) => Some(link),
        // Before 5.15 a perf event has no link; then the event itself takes the program.
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) && cookie.is_none() => {
            let program = program.as_fd().as_raw_fd();
            sys::ioctl(event.as_fd(), SET_PROGRAM, program)?;
            None
        }
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
            return Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP));
        }
        Err(error) => return Err(error),
    };
    sys::ioctl(event.as_fd(), ENABLE, 0)?;
    Ok(Link { attachment: link, event: Some(event), slow: true })
}
