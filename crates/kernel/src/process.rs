//! A command that is stopped before its first instruction, so that what watches it can be made ready.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::thread::{self, JoinHandle};

use crate::poll::owned;

/// A command that waits for its release.
#[derive(Debug)]
pub struct Gated {
    process: u32,
    gate: Option<io::PipeWriter>,
    spawner: Option<JoinHandle<io::Result<Child>>>,
}

/// A command that runs.
#[derive(Debug)]
pub struct Running {
    child: Child,
    exit: OwnedFd,
}

impl Gated {
    /// Starts a process that will become `command` and stops it there.
    ///
    /// The standard library's spawn waits for the exec, so a thread does it; the child tells its number through one pipe
    /// and waits at the other.
    pub fn spawn(command: &[OsString]) -> io::Result<Self> {
        let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let (mut told, tell) = io::pipe()?;
        let (wait, gate) = io::pipe()?;
        let mut spawn = Command::new(program);
        spawn.args(arguments);
        let (mut tell_child, mut wait_child) = (tell.try_clone()?, wait.try_clone()?);
        let gate_fd = gate.as_raw_fd();
        // SAFETY: between fork and exec the closure makes system calls only: write, close, read, sigprocmask.
        unsafe {
            spawn.pre_exec(move || {
                tell_child.write_all(&std::process::id().to_le_bytes())?;
                unblock_signals()?;
                close(gate_fd);
                let mut byte = [0];
                match wait_child.read(&mut byte) {
                    Ok(1) => Ok(()),
                    Ok(_) => Err(io::Error::from_raw_os_error(libc::ECANCELED)),
                    Err(error) => Err(error),
                }
            });
        }
        let spawner = thread::spawn(move || {
            let child = spawn.spawn();
            drop((tell, wait));
            child
        });
        let mut number = [0; 4];
        match told.read_exact(&mut number) {
            Ok(()) => {
                Ok(Self { process: u32::from_le_bytes(number), gate: Some(gate), spawner: Some(spawner) })
            }
            // No process was made; why, the spawner knows.
            Err(error) => Err(spawner.join().ok().and_then(Result::err).unwrap_or(error)),
        }
    }

    /// Its process id, which the exec keeps.
    pub fn process(&self) -> u32 {
        self.process
    }

    /// Lets it go on; an error is that of the exec (not found, not executable).
    pub fn release(mut self) -> io::Result<Running> {
        if let Some(mut gate) = self.gate.take() {
            gate.write_all(&[1])?;
        }
        let child = match self.spawner.take().map(JoinHandle::join) {
            Some(Ok(child)) => child?,
            _ => return Err(io::Error::other("the thread that starts the command is gone")),
        };
        let process = libc::c_long::from(i32::try_from(child.id()).map_err(io::Error::other)?);
        // SAFETY: the call takes numbers only.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, process, 0) };
        let exit = owned(i32::try_from(fd).map_err(io::Error::other)?)?;
        Ok(Running { child, exit })
    }
}

impl Drop for Gated {
    fn drop(&mut self) {
        // Without a byte the child gives up before its exec, and the spawner comes to an end.
        drop(self.gate.take());
        if let Some(spawner) = self.spawner.take() {
            drop(spawner.join());
        }
    }
}

impl Running {
    /// Its process id.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal; one that has ended needs none.
    pub fn signal(&self, signal: i32) -> io::Result<()> {
        let no_details: *const libc::siginfo_t = std::ptr::null();
        let fd = self.exit.as_raw_fd();
        // SAFETY: the call takes numbers and a null pointer, which means no details.
        let result = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd, signal, no_details, 0) };
        if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }
}

impl AsFd for Running {
    /// Readable when the command has ended.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.exit.as_fd()
    }
}

/// The exit code that a shell would show: 128 and the signal for a command that one ended.
pub fn shell_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(255);
    u8::try_from(code & 0xff).unwrap_or(u8::MAX)
}

fn close(fd: i32) {
    // SAFETY: the child's copy of the gate's writing end, which nothing in the child uses; closing it lets the child see
    // the end of the pipe when the parent goes.
    unsafe { libc::close(fd) };
}

fn unblock_signals() -> io::Result<()> {
    let mut set = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the set is ours; the call initialises it.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: the set was initialised by `sigemptyset`, which cannot fail on a valid pointer.
    let result = unsafe { libc::sigprocmask(libc::SIG_SETMASK, set.as_ptr(), std::ptr::null_mut()) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::Poll;
    use std::fs;
    use std::time::Duration;

    fn gated(command: &[&str]) -> io::Result<Gated> {
        Gated::spawn(&command.iter().map(OsString::from).collect::<Vec<_>>())
    }

    /// Runs a command to its end; `want` is its exit code, or the kind of the error that stopped it.
    fn check(command: &[&str], want: Result<u8, io::ErrorKind>) {
        let code = gated(command).and_then(Gated::release).and_then(|mut running| end_of(&mut running));
        assert_eq!(code.map_err(|error| error.kind()), want, "{command:?}");
    }

    fn end_of(running: &mut Running) -> io::Result<u8> {
        let poll = Poll::new()?;
        poll.add(running.as_fd(), 7)?;
        assert_eq!(poll.wait(Duration::from_secs(10))?, [7], "the end is told");
        running.ended().map(|status| shell_code(status.expect("it has ended")))
    }

    #[test]
    fn an_exit_code_is_what_a_shell_shows() {
        check(&["true"], Ok(0));
        check(&["sh", "-c", "exit 3"], Ok(3));
        check(&["sh", "-c", "kill -9 $$"], Ok(137));
        check(&["sh", "-c", "kill -15 $$"], Ok(143));
    }

    #[test]
    fn a_command_that_cannot_be_run_says_why() {
        check(&["/no/such/program"], Err(io::ErrorKind::NotFound));
        check(&["no-such-program-anywhere"], Err(io::ErrorKind::NotFound));
        check(&["/dev/null"], Err(io::ErrorKind::PermissionDenied));
        check(&["a name with\0in it"], Err(io::ErrorKind::InvalidInput));
        check(&[], Err(io::ErrorKind::InvalidInput));
    }

    #[test]
    fn nothing_of_the_command_runs_before_its_release() {
        let gated = gated(&["sleep", "60"]).expect("a process");
        let name = |process| fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
        let process = gated.process();
        std::thread::sleep(Duration::from_millis(20));
        assert_ne!(name(process), "sleep\n");
        let mut running = gated.release().expect("a command");
        assert_eq!((running.process(), name(process).as_str()), (process, "sleep\n"));
        running.signal(libc::SIGTERM).expect("it runs");
        assert_eq!(end_of(&mut running).expect("it ends"), 143);
    }

    #[test]
    fn a_command_that_is_not_released_is_gone() {
        let gated = gated(&["sleep", "60"]).expect("a process");
        let place = format!("/proc/{}", gated.process());
        assert!(fs::exists(&place).expect("/proc"));
        drop(gated);
        assert!(!fs::exists(&place).expect("/proc"));
    }

    #[test]
    fn a_command_takes_all_signals() {
        // SIGPIPE, which Rust programs ignore, is the lowest bit of the fourth digit.
        let script = "grep -q '^SigBlk:.0*$' /proc/self/status && ! grep -q '^SigIgn:.*[13579bdf]...$' /proc/self/status";
        let status = std::thread::spawn(move || {
            let signals = crate::poll::Signals::take().expect("signals");
            let code = gated(&["sh", "-c", script]).and_then(Gated::release);
            let code = code.and_then(|mut running| end_of(&mut running));
            drop(signals);
            code
        });
        assert_eq!(status.join().expect("a thread").expect("a command"), 0);
    }
}
