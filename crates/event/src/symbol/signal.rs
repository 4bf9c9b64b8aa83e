//! Signal numbers of x86.

/// The name of a signal with a fixed meaning, `asm/signal.h`.
pub(super) fn name(number: u64) -> Option<&'static str> {
    NAMES.get(usize::try_from(number).ok()?).copied().filter(|name| !name.is_empty())
}

/// First real-time signal as the kernel counts; the C library keeps the first two for itself.
pub(super) const REAL_TIME_FIRST: u64 = 32;

/// `_NSIG`.
pub(super) const LAST: u64 = 64;

/// By number; 0 is no signal.
pub(super) const NAMES: &[&str] = &[
    "",
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
];
