//! System calls, each wrapped once. What a caller gives is borrowed for the length of the call; what comes back is owned.
//!
//! Tests replace calls, thread by thread, through [`fake`].

use std::cell::RefCell;
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::{Mutex, PoisonError};

use crate::attr::Attr;
use crate::limits::LOAD_ATTEMPTS_MAX;

/// Commands of bpf(2) (`enum bpf_cmd`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    MapCreate,
    MapLookup,
    MapUpdate,
    MapDelete,
    MapNextKey,
    ProgramLoad,
    #[cfg(feature = "testing")]
    ProgramNextId,
    #[cfg(feature = "testing")]
    ProgramById,
    Information,
    RawTracepointOpen,
    BtfLoad,
    MapFreeze,
    LinkCreate,
}

impl Command {
    fn number(self) -> libc::c_int {
        match self {
            Self::MapCreate => 0,
            Self::MapLookup => 1,
            Self::MapUpdate => 2,
            Self::MapDelete => 3,
            Self::MapNextKey => 4,
            Self::ProgramLoad => 5,
            #[cfg(feature = "testing")]
            Self::ProgramNextId => 11,
            #[cfg(feature = "testing")]
            Self::ProgramById => 13,
            Self::Information => 15,
            Self::RawTracepointOpen => 17,
            Self::BtfLoad => 18,
            Self::MapFreeze => 22,
            Self::LinkCreate => 28,
        }
    }
}

impl Command {
    /// Whether what it makes takes memory of the kernel's.
    fn takes_memory(self) -> bool {
        matches!(self, Self::MapCreate | Self::ProgramLoad)
    }
}

/// A system call that a test may answer instead of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Bpf(Command),
    PerfEventOpen,
    Mmap,
    RaiseLockedMemory,
}

type Fake = Box<dyn FnMut(Call) -> Option<i32>>;

thread_local! {
    static FAKE: RefCell<Option<Fake>> = const { RefCell::new(None) };
}

/// Answers this thread's calls with the errno that `answer` gives; `None` lets a call through. For tests.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn fake(answer: impl FnMut(Call) -> Option<i32> + 'static) {
    FAKE.with(|fake| *fake.borrow_mut() = Some(Box::new(answer)));
}

fn faked(call: Call) -> io::Result<()> {
    let errno = FAKE.with(|fake| fake.borrow_mut().as_mut().and_then(|answer| answer(call)));
    errno.map_or(Ok(()), |errno| Err(io::Error::from_raw_os_error(errno)))
}

/// bpf(2); gives what the kernel returns.
pub(crate) fn bpf(command: Command, attr: &mut Attr) -> io::Result<libc::c_long> {
    faked(Call::Bpf(command))?;
    let length = attr.bytes().len();
    let pointer = attr.bytes_mut().as_mut_ptr();
    // SAFETY: the block is ours and `length` bytes long; addresses in it were put there by `Attr` from slices that the
    // caller keeps for the length of this call.
    let result = unsafe { libc::syscall(libc::SYS_bpf, command.number(), pointer, length) };
    checked(result)
}

/// bpf(2) for the commands that return a descriptor.
pub(crate) fn bpf_open(command: Command, attr: &mut Attr) -> io::Result<OwnedFd> {
    let mut result = bpf_with_memory(command, attr);
    for _ in 1..LOAD_ATTEMPTS_MAX {
        match &result {
            // The verifier stops for a signal that is on its way (`do_check`, kernel/bpf/verifier.c).
            Err(error) if command == Command::ProgramLoad && error.raw_os_error() == Some(libc::EAGAIN) => {
                result = bpf_with_memory(command, attr);
            }
            _ => break,
        }
    }
    result.and_then(owned)
}

/// Before 5.11 maps and programs count against the limit of locked memory, of all processes of this user together.
fn bpf_with_memory(command: Command, attr: &mut Attr) -> io::Result<libc::c_long> {
    match bpf(command, attr) {
        Err(error) if error.raw_os_error() == Some(libc::EPERM) && command.takes_memory() => {
            without_memory_limit(|| bpf(command, attr)).unwrap_or(Err(error))
        }
        other => other,
    }
}

/// `perf_event_open(2)` for all processes on one CPU, or for one process on all.
pub(crate) fn perf_event_open(attr: &mut Attr, process: i32, cpu: i32) -> io::Result<OwnedFd> {
    faked(Call::PerfEventOpen)?;
    let pointer = attr.bytes_mut().as_mut_ptr();
    let no_group: libc::c_int = -1;
    let flags = PERF_FLAG_FD_CLOEXEC;
    // SAFETY: the block says its own length at offset 4, which `perf_attr` has set to what it has; names in it are
    // kept by the caller for the length of this call.
    let result = unsafe { libc::syscall(libc::SYS_perf_event_open, pointer, process, cpu, no_group, flags) };
    checked(result).and_then(owned)
}

/// `include/uapi/linux/perf_event.h`; the `libc` crate does not have it for musl.
const PERF_FLAG_FD_CLOEXEC: libc::c_ulong = 1 << 3;

/// ioctl(2) with a number as argument.
pub(crate) fn ioctl(fd: BorrowedFd<'_>, request: libc::Ioctl, argument: libc::c_int) -> io::Result<()> {
    // SAFETY: the requests that this crate names take an int, and the descriptor is open because it is borrowed.
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), request, argument) };
    checked(libc::c_long::from(result)).map(drop)
}

fn checked(result: libc::c_long) -> io::Result<libc::c_long> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

fn owned(result: libc::c_long) -> io::Result<OwnedFd> {
    let fd = i32::try_from(result).map_err(io::Error::other)?;
    // SAFETY: the kernel has just made this descriptor for us and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Leaves these descriptors to a process that holds nothing else and is waited for by nobody: what closing them takes is
/// its time. It closes them when the result is dropped, which must be after the caller's own are closed.
pub(crate) fn leave_to_child(held: &[RawFd]) -> io::Result<io::PipeWriter> {
    let (wait, gate) = io::pipe()?;
    let mut held = [held, &[wait.as_raw_fd()]].concat();
    held.sort_unstable();
    // SAFETY: the child makes system calls only, and leaves by `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // A child of the child is nobody's to wait for.
        // SAFETY: as above.
        let heir = unsafe { libc::fork() };
        if heir == 0 {
            close_others(&held);
            wait_for_end(&wait);
        }
        // SAFETY: ends the process at once; descriptors are shared with others or are what it is to close.
        unsafe { libc::_exit(i32::from(heir < 0)) }
    }
    checked(child.into())?;
    let mut status = 0;
    // SAFETY: the number is ours and lives through the call; the child is ours.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    checked(waited.into())?;
    if status == 0 { Ok(gate) } else { Err(io::Error::from_raw_os_error(libc::EAGAIN)) }
}

/// Waits until nobody has the other end of a pipe.
fn wait_for_end(pipe: &io::PipeReader) {
    let mut byte = 0_u8;
    loop {
        // SAFETY: the byte is ours and lives through the call.
        let read = unsafe { libc::read(pipe.as_raw_fd(), (&raw mut byte).cast(), 1) };
        if read >= 0 || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            return;
        }
    }
}

/// Closes every descriptor but these, which are sorted: whoever reads our output must not wait for us.
fn close_others(held: &[RawFd]) {
    let mut first = 0;
    for fd in held.iter().map(|fd| fd.unsigned_abs()) {
        if fd > first {
            close_range(first, fd - 1);
        }
        first = fd + 1;
    }
    close_range(first, u32::MAX);
}

/// Only for a process that is about to end, where a descriptor that stays open is closed a moment later.
fn close_range(first: u32, last: u32) {
    // SAFETY: nothing in this process uses the descriptors any more: it ends without running any other code.
    unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
}

/// Memory that is shared with the kernel or was taken from it, given back when dropped.
pub(crate) struct Mapping {
    start: *mut u8,
    bytes: usize,
}

// SAFETY: the mapping is plain memory; who reads or writes it does so through atomics or by exclusive reference.
unsafe impl Send for Mapping {}

// SAFETY: as for `Send`: shared access goes through atomics only.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps `bytes` of a descriptor from `offset`, shared, readable, and writable if asked for.
    pub(crate) fn shared(fd: BorrowedFd<'_>, bytes: usize, offset: u64, writable: bool) -> io::Result<Self> {
        let offset = i64::try_from(offset).map_err(io::Error::other)?;
        let access = if writable { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_READ };
        Self::map(bytes, access, libc::MAP_SHARED, fd.as_raw_fd(), offset)
    }

    /// Maps `bytes` of a file for reading, so that nobody else sees it as shared.
    pub(crate) fn read_only(fd: BorrowedFd<'_>, bytes: usize) -> io::Result<Self> {
        Self::map(bytes, libc::PROT_READ, libc::MAP_PRIVATE, fd.as_raw_fd(), 0)
    }

    /// Fresh zeroed memory of our own, which really goes back when it is dropped.
    pub(crate) fn private(bytes: usize) -> io::Result<Self> {
        Self::map(bytes, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0)
    }

    /// As [`Mapping::private`], with an address below 2 GiB.
    #[cfg(feature = "testing")]
    pub(crate) fn low(bytes: usize) -> io::Result<Self> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_32BIT;
        Self::map(bytes, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0)
    }

    fn map(bytes: usize, access: i32, flags: i32, fd: i32, offset: i64) -> io::Result<Self> {
        faked(Call::Mmap)?;
        // SAFETY: a null hint lets the kernel choose the address, so no mapping of ours is replaced; the descriptor, if
        // any, is open for the whole call because its caller borrows it.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), bytes, access, flags, fd, offset) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { start: start.cast(), bytes })
    }

    /// Its length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.bytes
    }

    /// Its bytes. Only for memory that nobody writes meanwhile.
    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: `start` is the start of a mapping of `bytes` bytes that lives as long as `self`.
        unsafe { std::slice::from_raw_parts(self.start, self.bytes) }
    }

    /// Its bytes, to be written.
    pub(crate) fn as_slice_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `as_slice`; the exclusive reference keeps others of this process away.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.bytes) }
    }

    /// The address of `bytes` bytes at `offset`, if they lie inside.
    pub(crate) fn place(&self, offset: usize, bytes: usize) -> Option<*mut u8> {
        let end = offset.checked_add(bytes)?;
        // SAFETY: `offset` is at most the length of the mapping, which `start` is the start of.
        (end <= self.bytes).then(|| unsafe { self.start.add(offset) })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and no reference into it outlives `self`.
        let result = unsafe { libc::munmap(self.start.cast(), self.bytes) };
        debug_assert_eq!(result, 0, "munmap of a mapping of ours cannot fail");
    }
}

/// mount(2) of a file system without a device.
pub(crate) fn mount(kind: &CStr, place: &CStr) -> io::Result<()> {
    let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    // SAFETY: both texts end with NUL and live through the call; the file system takes no data.
    let result =
        unsafe { libc::mount(kind.as_ptr(), place.as_ptr(), kind.as_ptr(), flags, std::ptr::null()) };
    checked(libc::c_long::from(result)).map(drop)
}

/// Lets this process lock as much memory as it may: kernels before 5.11 count maps and programs against it.
pub(crate) fn raise_locked_memory() -> io::Result<()> {
    faked(Call::RaiseLockedMemory)?;
    limit_locked_memory(libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY })
}

fn limit_locked_memory(limit: libc::rlimit) -> io::Result<()> {
    // SAFETY: the structure is ours and lives through the call.
    let result = unsafe { libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const limit) };
    checked(libc::c_long::from(result)).map(drop)
}

fn locked_memory_limit() -> io::Result<libc::rlimit> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the structure is ours and lives through the call.
    let result = unsafe { libc::getrlimit(libc::RLIMIT_MEMLOCK, &raw mut limit) };
    checked(libc::c_long::from(result)).map(|_| limit)
}

/// Makes a call that the limit of locked memory may have stopped once more without that limit; `None` when there is none
/// or it cannot be raised. The limit is put back, because commands that are started later inherit it.
fn without_memory_limit<T>(call: impl FnOnce() -> T) -> Option<T> {
    static TURN: Mutex<()> = Mutex::new(());
    // Two threads at a time would put back each other's limits.
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = locked_memory_limit().ok().filter(|limit| limit.rlim_cur != libc::RLIM_INFINITY)?;
    raise_locked_memory().ok()?;
    let result = call();
    let restored = limit_locked_memory(before);
    debug_assert!(restored.is_ok(), "a limit can be lowered");
    Some(result)
}

/// Nanoseconds of this clock.
pub(crate) fn clock_ns(clock: libc::clockid_t) -> i64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the structure is ours and lives through the call; both clocks that this crate asks for exist.
    let result = unsafe { libc::clock_gettime(clock, &raw mut time) };
    debug_assert_eq!(result, 0, "the clocks asked for exist on every kernel");
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    /// A command is refused with this errno; `want` is how often it is made, and how often the limit is to be raised.
    fn check(command: Command, errno: i32, want: (u32, u32)) {
        let counts = Rc::new(Cell::new((0, 0)));
        let counted = Rc::clone(&counts);
        fake(move |call| {
            let (made, raised) = counted.get();
            counted.set(if call == Call::Bpf(command) { (made + 1, raised) } else { (made, raised + 1) });
            Some(if call == Call::Bpf(command) { errno } else { libc::EPERM })
        });
        let error = bpf_open(command, &mut Attr::new(8)).expect_err("refused");
        fake(|_| None);
        assert_eq!((error.raw_os_error(), counts.get()), (Some(errno), want), "{command:?}");
    }

    #[test]
    fn the_limit_of_locked_memory_is_raised_only_where_it_may_be_the_reason() {
        let limited = locked_memory_limit().is_ok_and(|limit| limit.rlim_cur != libc::RLIM_INFINITY);
        check(Command::MapCreate, libc::EPERM, (1, u32::from(limited)));
        check(Command::ProgramLoad, libc::EPERM, (1, u32::from(limited)));
        check(Command::ProgramLoad, libc::EACCES, (1, 0));
        check(Command::LinkCreate, libc::EPERM, (1, 0));
    }

    #[test]
    fn a_load_that_a_signal_stopped_is_made_again() {
        check(Command::ProgramLoad, libc::EAGAIN, (5, 0));
        check(Command::MapCreate, libc::EAGAIN, (1, 0));
        check(Command::ProgramLoad, libc::EINVAL, (1, 0));
    }

    #[test]
    fn the_limit_of_locked_memory_is_what_it_was() {
        let read = || locked_memory_limit().map(|limit| (limit.rlim_cur, limit.rlim_max)).ok();
        let before = read();
        // Without privilege it cannot be raised, and nothing is done.
        let during = without_memory_limit(read);
        assert!(during.is_none_or(|during| during == Some((libc::RLIM_INFINITY, libc::RLIM_INFINITY))));
        assert_eq!(read(), before);
    }
}
