//! Waiting for several things at once: rings, signals, processes, time.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// Waits for descriptors to become readable; each has a token of the caller's.
#[derive(Debug)]
pub struct Poll {
    fd: OwnedFd,
}

/// Descriptors told of in one wait.
const EVENTS_MAX: usize = 16;

impl Poll {
    /// A poll without descriptors.
    pub fn new() -> io::Result<Self> {
        // SAFETY: the call takes no memory; its result is a descriptor that nobody else knows.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        owned(fd).map(|fd| Self { fd })
    }

    /// Waits for this descriptor too, under this token.
    pub fn add(&self, fd: BorrowedFd<'_>, token: u64) -> io::Result<()> {
        self.control(fd, token, libc::EPOLLIN)
    }

    /// As [`Poll::add`], but tells only of wake-ups, not of data that waits: a ring whose programs wake seldom.
    pub fn add_edge(&self, fd: BorrowedFd<'_>, token: u64) -> io::Result<()> {
        self.control(fd, token, libc::EPOLLIN | libc::EPOLLET)
    }

    fn control(&self, fd: BorrowedFd<'_>, token: u64, events: libc::c_int) -> io::Result<()> {
        let mut event = libc::epoll_event { events: events.cast_unsigned(), u64: token };
        let (poll, fd) = (self.fd.as_raw_fd(), fd.as_raw_fd());
        // SAFETY: both descriptors are open because they are owned and borrowed; the event lives through the call.
        let result = unsafe { libc::epoll_ctl(poll, libc::EPOLL_CTL_ADD, fd, &raw mut event) };
        checked(result).map(drop)
    }

    /// Tokens of what is readable; none when the time is over. An interrupting signal is an early end.
    pub fn wait(&self, most: Duration) -> io::Result<Vec<u64>> {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; EVENTS_MAX];
        // Rounded up: who waits for the rest of a millisecond would ask again and again.
        let milliseconds = i32::try_from(most.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX);
        let count = i32::try_from(EVENTS_MAX).unwrap_or(1);
        // SAFETY: the array has room for `count` events and lives through the call.
        let result =
            unsafe { libc::epoll_wait(self.fd.as_raw_fd(), events.as_mut_ptr(), count, milliseconds) };
        match checked(result) {
            Ok(ready) => {
                let ready = usize::try_from(ready).unwrap_or_default();
                Ok(events.iter().take(ready).map(|event| event.u64).collect())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

/// Signals that ask this process to end, as something to wait for.
#[derive(Debug)]
pub struct Signals {
    fd: OwnedFd,
}

/// The signals that are taken: end, interrupt, hang-up.
const TAKEN: [libc::c_int; 3] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP];

impl Signals {
    /// Blocks the signals for this thread and those it starts, and takes them here instead.
    pub fn take() -> io::Result<Self> {
        let set = signal_set()?;
        // SAFETY: the set is ours and initialised; the old mask is not asked for.
        checked(unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()) })?;
        // SAFETY: the set is ours and initialised; -1 asks for a new descriptor.
        let fd = unsafe { libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
        owned(fd).map(|fd| Self { fd })
    }

    /// The next signal that came, by number.
    pub fn next(&self) -> Option<i32> {
        let mut bytes = [0_u8; SIGNAL_BYTES];
        // SAFETY: the buffer is ours and as long as it says.
        let result = unsafe { libc::read(self.fd.as_raw_fd(), bytes.as_mut_ptr().cast(), bytes.len()) };
        let read = usize::try_from(result).ok()?;
        let number = bytes.first_chunk::<4>().filter(|_| read == SIGNAL_BYTES)?;
        i32::try_from(u32::from_le_bytes(*number)).ok()
    }
}

/// Bytes of `struct signalfd_siginfo`, whose first member is the number.
const SIGNAL_BYTES: usize = 128;

fn signal_set() -> io::Result<libc::sigset_t> {
    let mut set = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the set is ours; the call initialises it.
    checked(unsafe { libc::sigemptyset(set.as_mut_ptr()) })?;
    // SAFETY: `sigemptyset` has succeeded.
    let mut set = unsafe { set.assume_init() };
    for signal in TAKEN {
        // SAFETY: the set is ours and initialised; the number is a signal's.
        checked(unsafe { libc::sigaddset(&raw mut set, signal) })?;
    }
    Ok(set)
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

pub(crate) fn checked(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

pub(crate) fn owned(fd: libc::c_int) -> io::Result<OwnedFd> {
    let fd = checked(fd)?;
    // SAFETY: the kernel has just made this descriptor for us and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::thread;
    use std::time::Instant;

    const SOON: Duration = Duration::from_millis(1);

    #[test]
    fn what_is_readable_is_told_by_its_token() {
        let poll = Poll::new().expect("a poll");
        let (reader, mut writer) = io::pipe().expect("a pipe");
        let (other, _other_writer) = io::pipe().expect("a pipe");
        poll.add(reader.as_fd(), 7).expect("added");
        poll.add(other.as_fd(), 8).expect("added");
        assert_eq!(poll.wait(SOON).expect("a wait"), []);
        writer.write_all(b"a").expect("written");
        for _ in 0..2 {
            assert_eq!(poll.wait(Duration::MAX).expect("a wait"), [7], "until it is read");
        }
    }

    #[test]
    fn an_edge_is_told_once() {
        let poll = Poll::new().expect("a poll");
        let (reader, mut writer) = io::pipe().expect("a pipe");
        poll.add_edge(reader.as_fd(), 7).expect("added");
        for _ in 0..2 {
            writer.write_all(b"a").expect("written");
            assert_eq!(poll.wait(Duration::MAX).expect("a wait"), [7]);
            assert_eq!(poll.wait(SOON).expect("a wait"), [], "the rest of what waits");
        }
    }

    #[test]
    fn a_wait_is_no_shorter_than_asked() {
        let poll = Poll::new().expect("a poll");
        for most in [Duration::from_micros(300), Duration::from_micros(1700)] {
            let start = Instant::now();
            assert_eq!(poll.wait(most).expect("a wait"), []);
            assert!(start.elapsed() >= most, "{most:?}");
        }
    }

    #[test]
    fn signals_are_taken_once_each() {
        let taken = thread::spawn(|| {
            let signals = Signals::take().expect("signals");
            let poll = Poll::new().expect("a poll");
            poll.add(signals.as_fd(), 3).expect("added");
            assert_eq!(signals.next(), None);
            // SAFETY: the call takes a number; the signal is blocked in this thread, to which it goes.
            assert_eq!(unsafe { libc::raise(libc::SIGHUP) }, 0);
            assert_eq!(poll.wait(Duration::MAX).expect("a wait"), [3]);
            (signals.next(), signals.next())
        });
        assert_eq!(taken.join().expect("a thread"), (Some(libc::SIGHUP), None));
    }
}
