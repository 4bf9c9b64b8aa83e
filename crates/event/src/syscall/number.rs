//! The system call numbers of both x86-64 call tables, and the kernel's own names of the calls.
//!
//! Numbers: `asm/unistd_64.h` and `asm/unistd_32.h` of Linux 7.3-rc7. A number never changes its meaning, so
//! the table serves older kernels too. x32 (numbers from 512) is not here: no distribution enables it.

use std::fmt;

/// Which call table a number belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Abi {
    /// 64-bit calls, by the `syscall` instruction.
    X86_64,
    /// 32-bit calls, by `int 0x80` or from a 32-bit program.
    I386,
}

impl Abi {
    /// Both ABIs.
    pub const ALL: [Self; 2] = [Self::X86_64, Self::I386];

    /// `x86_64` or `i386`, as `uname -m` and Debian write them.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::I386 => "i386",
        }
    }

    /// The ABI of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|abi| abi.name() == name)
    }

    /// Bytes of a pointer, a `long`, and a parameter's register.
    pub fn word_bytes(self) -> u8 {
        match self {
            Self::X86_64 => 8,
            Self::I386 => 4,
        }
    }

    fn runs(self) -> &'static [Run] {
        match self {
            Self::X86_64 => X86_64,
            Self::I386 => I386,
        }
    }
}

impl fmt::Display for Abi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name of the call with this number, as `unistd.h` writes it: `openat`, `newfstatat`, `umount2`.
pub fn name(abi: Abi, number: u16) -> Option<&'static str> {
    let runs = abi.runs();
    let after = runs.partition_point(|(first, _)| *first <= number);
    let (first, names) = runs.get(after.checked_sub(1)?)?;
    names.get(usize::from(number - first)).copied()
}

/// The number of the call with this name.
pub fn number(abi: Abi, name: &str) -> Option<u16> {
    all(abi).find(|(_, known)| *known == name).map(|(number, _)| number)
}

/// All calls of one ABI in ascending order of their numbers.
pub fn all(abi: Abi) -> impl Iterator<Item = (u16, &'static str)> {
    abi.runs().iter().flat_map(|(first, names)| (*first..).zip(names.iter().copied()))
}

/// The event name after `sys_enter_` of the tracepoint that describes the parameters of this call, or `None`
/// when no kernel from 5.10 on has one.
///
/// The kernel names a tracepoint after its function, not after the call: `stat` is `newstat`. A call that the
/// kernel's configuration leaves out (`kexec_load`) has a name here and no tracepoint there. The tracepoints
/// fire for 64-bit calls only; for an i386 call this names the 64-bit call with the same parameters, of which
/// `long`, `size_t` and pointers are 4 bytes. A call with parameters of its own is in
/// [`super::shape::own_parameters`].
pub fn tracepoint_name(abi: Abi, call: &str) -> Option<&'static str> {
    let own = name(abi, number(abi, call)?)?;
    if abi == Abi::I386 && super::shape::own_parameters(abi, call).is_some() {
        return None;
    }
    let wide = if abi == Abi::I386 { wide_name(own) } else { own };
    match wide {
        "stat" => Some("newstat"),
        "fstat" => Some("newfstat"),
        "lstat" => Some("newlstat"),
        "uname" => Some("newuname"),
        "umount2" => Some("umount"),
        "sendfile" => Some("sendfile64"),
        removed if WITHOUT_TRACEPOINT.contains(&removed) || number(Abi::X86_64, removed).is_none() => None,
        same => Some(same),
    }
}

/// The x86-64 call with the same parameters, in the same order, as an i386 call of another name; else the same name.
///
/// Widths differ all the same: i386 passes 4 bytes in each register.
pub(super) fn wide_name(i386_call: &str) -> &str {
    let place = RENAMED.binary_search_by_key(&i386_call, |(narrow, _)| *narrow);
    place.ok().and_then(|place| RENAMED.get(place)).map_or(i386_call, |(_, wide)| *wide)
}

/// Calls with consecutive numbers: the first number, and the names from there on.
type Run = (u16, &'static [&'static str]);

/// x86-64 numbers that no kernel from 5.10 on implements, so no tracepoint exists.
///
/// `get_thread_area`, `set_thread_area` and `uselib` are implemented for i386 only.
const WITHOUT_TRACEPOINT: &[&str] = &[
    "_sysctl",
    "afs_syscall",
    "create_module",
    "epoll_ctl_old",
    "epoll_wait_old",
    "get_kernel_syms",
    "get_thread_area",
    "getpmsg",
    "nfsservctl",
    "putpmsg",
    "query_module",
    "security",
    "set_thread_area",
    "tuxcall",
    "uselib",
    "vserver",
];

/// i386 calls whose parameters are those of an x86-64 call of another name, sorted.
const RENAMED: &[(&str, &str)] = &[
    ("_newselect", "select"),
    ("chown32", "chown"),
    ("clock_adjtime64", "clock_adjtime"),
    ("clock_getres_time64", "clock_getres"),
    ("clock_gettime64", "clock_gettime"),
    ("clock_nanosleep_time64", "clock_nanosleep"),
    ("clock_settime64", "clock_settime"),
    ("fchown32", "fchown"),
    ("fcntl64", "fcntl"),
    ("fstat64", "fstat"),
    ("fstatat64", "newfstatat"),
    ("futex_time64", "futex"),
    ("getegid32", "getegid"),
    ("geteuid32", "geteuid"),
    ("getgid32", "getgid"),
    ("getgroups32", "getgroups"),
    ("getresgid32", "getresgid"),
    ("getresuid32", "getresuid"),
    ("getuid32", "getuid"),
    ("io_pgetevents_time64", "io_pgetevents"),
    ("lchown32", "lchown"),
    ("lstat64", "lstat"),
    ("mq_timedreceive_time64", "mq_timedreceive"),
    ("mq_timedsend_time64", "mq_timedsend"),
    ("ppoll_time64", "ppoll"),
    ("pselect6_time64", "pselect6"),
    ("recvmmsg_time64", "recvmmsg"),
    ("rt_sigtimedwait_time64", "rt_sigtimedwait"),
    ("sched_rr_get_interval_time64", "sched_rr_get_interval"),
    ("semtimedop_time64", "semtimedop"),
    ("sendfile64", "sendfile"),
    ("setfsgid32", "setfsgid"),
    ("setfsuid32", "setfsuid"),
    ("setgid32", "setgid"),
    ("setgroups32", "setgroups"),
    ("setregid32", "setregid"),
    ("setresgid32", "setresgid"),
    ("setresuid32", "setresuid"),
    ("setreuid32", "setreuid"),
    ("setuid32", "setuid"),
    ("stat64", "stat"),
    ("timer_gettime64", "timer_gettime"),
    ("timer_settime64", "timer_settime"),
    ("timerfd_gettime64", "timerfd_gettime"),
    ("timerfd_settime64", "timerfd_settime"),
    ("ugetrlimit", "getrlimit"),
    ("utimensat_time64", "utimensat"),
];

#[rustfmt::skip]
const X86_64: &[Run] = &[
    (0, &["read", "write", "open", "close", "stat", "fstat", "lstat", "poll", "lseek", "mmap"]),
    (10, &["mprotect", "munmap", "brk", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "ioctl",
        "pread64", "pwrite64", "readv"]),
    (20, &["writev", "access", "pipe", "select", "sched_yield", "mremap", "msync", "mincore", "madvise",
        "shmget"]),
    (30, &["shmat", "shmctl", "dup", "dup2", "pause", "nanosleep", "getitimer", "alarm", "setitimer",
        "getpid"]),
    (40, &["sendfile", "socket", "connect", "accept", "sendto", "recvfrom", "sendmsg", "recvmsg",
        "shutdown", "bind"]),
    (50, &["listen", "getsockname", "getpeername", "socketpair", "setsockopt", "getsockopt", "clone",
        "fork", "vfork", "execve"]),
    (60, &["exit", "wait4", "kill", "uname", "semget", "semop", "semctl", "shmdt", "msgget", "msgsnd"]),
    (70, &["msgrcv", "msgctl", "fcntl", "flock", "fsync", "fdatasync", "truncate", "ftruncate", "getdents",
        "getcwd"]),
    (80, &["chdir", "fchdir", "rename", "mkdir", "rmdir", "creat", "link", "unlink", "symlink", "readlink"]),
    (90, &["chmod", "fchmod", "chown", "fchown", "lchown", "umask", "gettimeofday", "getrlimit",
        "getrusage", "sysinfo"]),
    (100, &["times", "ptrace", "getuid", "syslog", "getgid", "setuid", "setgid", "geteuid", "getegid",
        "setpgid"]),
    (110, &["getppid", "getpgrp", "setsid", "setreuid", "setregid", "getgroups", "setgroups", "setresuid",
        "getresuid", "setresgid"]),
    (120, &["getresgid", "getpgid", "setfsuid", "setfsgid", "getsid", "capget", "capset", "rt_sigpending",
        "rt_sigtimedwait", "rt_sigqueueinfo"]),
    (130, &["rt_sigsuspend", "sigaltstack", "utime", "mknod", "uselib", "personality", "ustat", "statfs",
        "fstatfs", "sysfs"]),
    (140, &["getpriority", "setpriority", "sched_setparam", "sched_getparam", "sched_setscheduler",
        "sched_getscheduler", "sched_get_priority_max", "sched_get_priority_min", "sched_rr_get_interval",
        "mlock"]),
    (150, &["munlock", "mlockall", "munlockall", "vhangup", "modify_ldt", "pivot_root", "_sysctl", "prctl",
        "arch_prctl", "adjtimex"]),
    (160, &["setrlimit", "chroot", "sync", "acct", "settimeofday", "mount", "umount2", "swapon", "swapoff",
        "reboot"]),
    (170, &["sethostname", "setdomainname", "iopl", "ioperm", "create_module", "init_module",
        "delete_module", "get_kernel_syms", "query_module", "quotactl"]),
    (180, &["nfsservctl", "getpmsg", "putpmsg", "afs_syscall", "tuxcall", "security", "gettid",
        "readahead", "setxattr", "lsetxattr"]),
    (190, &["fsetxattr", "getxattr", "lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr",
        "removexattr", "lremovexattr", "fremovexattr"]),
    (200, &["tkill", "time", "futex", "sched_setaffinity", "sched_getaffinity", "set_thread_area",
        "io_setup", "io_destroy", "io_getevents", "io_submit"]),
    (210, &["io_cancel", "get_thread_area", "lookup_dcookie", "epoll_create", "epoll_ctl_old",
        "epoll_wait_old", "remap_file_pages", "getdents64", "set_tid_address", "restart_syscall"]),
    (220, &["semtimedop", "fadvise64", "timer_create", "timer_settime", "timer_gettime",
        "timer_getoverrun", "timer_delete", "clock_settime", "clock_gettime", "clock_getres"]),
    (230, &["clock_nanosleep", "exit_group", "epoll_wait", "epoll_ctl", "tgkill", "utimes", "vserver",
        "mbind", "set_mempolicy", "get_mempolicy"]),
    (240, &["mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify", "mq_getsetattr",
        "kexec_load", "waitid", "add_key", "request_key"]),
    (250, &["keyctl", "ioprio_set", "ioprio_get", "inotify_init", "inotify_add_watch", "inotify_rm_watch",
        "migrate_pages", "openat", "mkdirat", "mknodat"]),
    (260, &["fchownat", "futimesat", "newfstatat", "unlinkat", "renameat", "linkat", "symlinkat",
        "readlinkat", "fchmodat", "faccessat"]),
    (270, &["pselect6", "ppoll", "unshare", "set_robust_list", "get_robust_list", "splice", "tee",
        "sync_file_range", "vmsplice", "move_pages"]),
    (280, &["utimensat", "epoll_pwait", "signalfd", "timerfd_create", "eventfd", "fallocate",
        "timerfd_settime", "timerfd_gettime", "accept4", "signalfd4"]),
    (290, &["eventfd2", "epoll_create1", "dup3", "pipe2", "inotify_init1", "preadv", "pwritev",
        "rt_tgsigqueueinfo", "perf_event_open", "recvmmsg"]),
    (300, &["fanotify_init", "fanotify_mark", "prlimit64", "name_to_handle_at", "open_by_handle_at",
        "clock_adjtime", "syncfs", "sendmmsg", "setns", "getcpu"]),
    (310, &["process_vm_readv", "process_vm_writev", "kcmp", "finit_module", "sched_setattr",
        "sched_getattr", "renameat2", "seccomp", "getrandom", "memfd_create"]),
    (320, &["kexec_file_load", "bpf", "execveat", "userfaultfd", "membarrier", "mlock2", "copy_file_range",
        "preadv2", "pwritev2", "pkey_mprotect"]),
    (330, &["pkey_alloc", "pkey_free", "statx", "io_pgetevents", "rseq", "uretprobe", "uprobe"]),
    (424, &["pidfd_send_signal", "io_uring_setup", "io_uring_enter", "io_uring_register", "open_tree",
        "move_mount"]),
    (430, &["fsopen", "fsconfig", "fsmount", "fspick", "pidfd_open", "clone3", "close_range", "openat2",
        "pidfd_getfd", "faccessat2"]),
    (440, &["process_madvise", "epoll_pwait2", "mount_setattr", "quotactl_fd", "landlock_create_ruleset",
        "landlock_add_rule", "landlock_restrict_self", "memfd_secret", "process_mrelease", "futex_waitv"]),
    (450, &["set_mempolicy_home_node", "cachestat", "fchmodat2", "map_shadow_stack", "futex_wake",
        "futex_wait", "futex_requeue", "statmount", "listmount", "lsm_get_self_attr"]),
    (460, &["lsm_set_self_attr", "lsm_list_modules", "mseal", "setxattrat", "getxattrat", "listxattrat",
        "removexattrat", "open_tree_attr", "file_getattr", "file_setattr"]),
    (470, &["listns", "rseq_slice_yield", "fchroot"]),
];

#[rustfmt::skip]
const I386: &[Run] = &[
    (0, &["restart_syscall", "exit", "fork", "read", "write", "open", "close", "waitpid", "creat", "link"]),
    (10, &["unlink", "execve", "chdir", "time", "mknod", "chmod", "lchown", "break", "oldstat", "lseek"]),
    (20, &["getpid", "mount", "umount", "setuid", "getuid", "stime", "ptrace", "alarm", "oldfstat", "pause"]),
    (30, &["utime", "stty", "gtty", "access", "nice", "ftime", "sync", "kill", "rename", "mkdir"]),
    (40, &["rmdir", "dup", "pipe", "times", "prof", "brk", "setgid", "getgid", "signal", "geteuid"]),
    (50, &["getegid", "acct", "umount2", "lock", "ioctl", "fcntl", "mpx", "setpgid", "ulimit",
        "oldolduname"]),
    (60, &["umask", "chroot", "ustat", "dup2", "getppid", "getpgrp", "setsid", "sigaction", "sgetmask",
        "ssetmask"]),
    (70, &["setreuid", "setregid", "sigsuspend", "sigpending", "sethostname", "setrlimit", "getrlimit",
        "getrusage", "gettimeofday", "settimeofday"]),
    (80, &["getgroups", "setgroups", "select", "symlink", "oldlstat", "readlink", "uselib", "swapon",
        "reboot", "readdir"]),
    (90, &["mmap", "munmap", "truncate", "ftruncate", "fchmod", "fchown", "getpriority", "setpriority",
        "profil", "statfs"]),
    (100, &["fstatfs", "ioperm", "socketcall", "syslog", "setitimer", "getitimer", "stat", "lstat",
        "fstat", "olduname"]),
    (110, &["iopl", "vhangup", "idle", "vm86old", "wait4", "swapoff", "sysinfo", "ipc", "fsync",
        "sigreturn"]),
    (120, &["clone", "setdomainname", "uname", "modify_ldt", "adjtimex", "mprotect", "sigprocmask",
        "create_module", "init_module", "delete_module"]),
    (130, &["get_kernel_syms", "quotactl", "getpgid", "fchdir", "bdflush", "sysfs", "personality",
        "afs_syscall", "setfsuid", "setfsgid"]),
    (140, &["_llseek", "getdents", "_newselect", "flock", "msync", "readv", "writev", "getsid",
        "fdatasync", "_sysctl"]),
    (150, &["mlock", "munlock", "mlockall", "munlockall", "sched_setparam", "sched_getparam",
        "sched_setscheduler", "sched_getscheduler", "sched_yield", "sched_get_priority_max"]),
    (160, &["sched_get_priority_min", "sched_rr_get_interval", "nanosleep", "mremap", "setresuid",
        "getresuid", "vm86", "query_module", "poll", "nfsservctl"]),
    (170, &["setresgid", "getresgid", "prctl", "rt_sigreturn", "rt_sigaction", "rt_sigprocmask",
        "rt_sigpending", "rt_sigtimedwait", "rt_sigqueueinfo", "rt_sigsuspend"]),
    (180, &["pread64", "pwrite64", "chown", "getcwd", "capget", "capset", "sigaltstack", "sendfile",
        "getpmsg", "putpmsg"]),
    (190, &["vfork", "ugetrlimit", "mmap2", "truncate64", "ftruncate64", "stat64", "lstat64", "fstat64",
        "lchown32", "getuid32"]),
    (200, &["getgid32", "geteuid32", "getegid32", "setreuid32", "setregid32", "getgroups32", "setgroups32",
        "fchown32", "setresuid32", "getresuid32"]),
    (210, &["setresgid32", "getresgid32", "chown32", "setuid32", "setgid32", "setfsuid32", "setfsgid32",
        "pivot_root", "mincore", "madvise"]),
    (220, &["getdents64", "fcntl64"]),
    (224, &["gettid", "readahead", "setxattr", "lsetxattr", "fsetxattr", "getxattr"]),
    (230, &["lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr", "removexattr",
        "lremovexattr", "fremovexattr", "tkill", "sendfile64"]),
    (240, &["futex", "sched_setaffinity", "sched_getaffinity", "set_thread_area", "get_thread_area",
        "io_setup", "io_destroy", "io_getevents", "io_submit", "io_cancel"]),
    (250, &["fadvise64"]),
    (252, &["exit_group", "lookup_dcookie", "epoll_create", "epoll_ctl", "epoll_wait", "remap_file_pages",
        "set_tid_address", "timer_create"]),
    (260, &["timer_settime", "timer_gettime", "timer_getoverrun", "timer_delete", "clock_settime",
        "clock_gettime", "clock_getres", "clock_nanosleep", "statfs64", "fstatfs64"]),
    (270, &["tgkill", "utimes", "fadvise64_64", "vserver", "mbind", "get_mempolicy", "set_mempolicy",
        "mq_open", "mq_unlink", "mq_timedsend"]),
    (280, &["mq_timedreceive", "mq_notify", "mq_getsetattr", "kexec_load", "waitid"]),
    (286, &["add_key", "request_key", "keyctl", "ioprio_set"]),
    (290, &["ioprio_get", "inotify_init", "inotify_add_watch", "inotify_rm_watch", "migrate_pages",
        "openat", "mkdirat", "mknodat", "fchownat", "futimesat"]),
    (300, &["fstatat64", "unlinkat", "renameat", "linkat", "symlinkat", "readlinkat", "fchmodat",
        "faccessat", "pselect6", "ppoll"]),
    (310, &["unshare", "set_robust_list", "get_robust_list", "splice", "sync_file_range", "tee",
        "vmsplice", "move_pages", "getcpu", "epoll_pwait"]),
    (320, &["utimensat", "signalfd", "timerfd_create", "eventfd", "fallocate", "timerfd_settime",
        "timerfd_gettime", "signalfd4", "eventfd2", "epoll_create1"]),
    (330, &["dup3", "pipe2", "inotify_init1", "preadv", "pwritev", "rt_tgsigqueueinfo", "perf_event_open",
        "recvmmsg", "fanotify_init", "fanotify_mark"]),
    (340, &["prlimit64", "name_to_handle_at", "open_by_handle_at", "clock_adjtime", "syncfs", "sendmmsg",
        "setns", "process_vm_readv", "process_vm_writev", "kcmp"]),
    (350, &["finit_module", "sched_setattr", "sched_getattr", "renameat2", "seccomp", "getrandom",
        "memfd_create", "bpf", "execveat", "socket"]),
    (360, &["socketpair", "bind", "connect", "listen", "accept4", "getsockopt", "setsockopt",
        "getsockname", "getpeername", "sendto"]),
    (370, &["sendmsg", "recvfrom", "recvmsg", "shutdown", "userfaultfd", "membarrier", "mlock2",
        "copy_file_range", "preadv2", "pwritev2"]),
    (380, &["pkey_mprotect", "pkey_alloc", "pkey_free", "statx", "arch_prctl", "io_pgetevents", "rseq"]),
    (393, &["semget", "semctl", "shmget", "shmctl", "shmat", "shmdt", "msgget"]),
    (400, &["msgsnd", "msgrcv", "msgctl", "clock_gettime64", "clock_settime64", "clock_adjtime64",
        "clock_getres_time64", "clock_nanosleep_time64", "timer_gettime64", "timer_settime64"]),
    (410, &["timerfd_gettime64", "timerfd_settime64", "utimensat_time64", "pselect6_time64", "ppoll_time64"]),
    (416, &["io_pgetevents_time64", "recvmmsg_time64", "mq_timedsend_time64", "mq_timedreceive_time64"]),
    (420, &["semtimedop_time64", "rt_sigtimedwait_time64", "futex_time64", "sched_rr_get_interval_time64",
        "pidfd_send_signal", "io_uring_setup", "io_uring_enter", "io_uring_register", "open_tree",
        "move_mount"]),
    (430, &["fsopen", "fsconfig", "fsmount", "fspick", "pidfd_open", "clone3", "close_range", "openat2",
        "pidfd_getfd", "faccessat2"]),
    (440, &["process_madvise", "epoll_pwait2", "mount_setattr", "quotactl_fd", "landlock_create_ruleset",
        "landlock_add_rule", "landlock_restrict_self", "memfd_secret", "process_mrelease", "futex_waitv"]),
    (450, &["set_mempolicy_home_node", "cachestat", "fchmodat2", "map_shadow_stack", "futex_wake",
        "futex_wait", "futex_requeue", "statmount", "listmount", "lsm_get_self_attr"]),
    (460, &["lsm_set_self_attr", "lsm_list_modules", "mseal", "setxattrat", "getxattrat", "listxattrat",
        "removexattrat", "open_tree_attr", "file_getattr", "file_setattr"]),
    (470, &["listns", "rseq_slice_yield", "fchroot"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(abi: Abi, expected_number: u16, expected_name: &str) {
        assert_eq!(name(abi, expected_number), Some(expected_name), "{abi} {expected_number}");
        assert_eq!(number(abi, expected_name), Some(expected_number), "{abi} {expected_name}");
    }

    #[test]
    fn a_number_and_its_name_find_each_other() {
        check(Abi::X86_64, 0, "read");
        check(Abi::X86_64, 59, "execve");
        check(Abi::X86_64, 257, "openat");
        check(Abi::X86_64, 334, "rseq");
        check(Abi::X86_64, 335, "uretprobe");
        check(Abi::X86_64, 424, "pidfd_send_signal");
        check(Abi::X86_64, 437, "openat2");
        check(Abi::X86_64, 453, "map_shadow_stack");
        check(Abi::X86_64, 470, "listns");
        check(Abi::I386, 0, "restart_syscall");
        check(Abi::I386, 11, "execve");
        check(Abi::I386, 102, "socketcall");
        check(Abi::I386, 192, "mmap2");
        check(Abi::I386, 295, "openat");
        check(Abi::I386, 403, "clock_gettime64");
        check(Abi::I386, 462, "mseal");
    }

    #[test]
    fn every_number_and_name_is_there_once() {
        for (abi, count) in [(Abi::X86_64, 386), (Abi::I386, 462)] {
            let calls: Vec<_> = all(abi).collect();
            assert_eq!(calls.len(), count);
            assert!(calls.is_sorted_by(|low, high| low.0 < high.0), "{abi}");
            for (call_number, call_name) in calls {
                check(abi, call_number, call_name);
            }
        }
    }

    #[test]
    fn holes_and_unknown_names_are_none() {
        for (abi, hole) in [(Abi::X86_64, 337), (Abi::X86_64, 512), (Abi::I386, 222), (Abi::I386, u16::MAX)] {
            assert_eq!(name(abi, hole), None, "{abi} {hole}");
        }
        assert_eq!(number(Abi::X86_64, "mmap2"), None);
        assert_eq!(number(Abi::I386, ""), None);
    }

    #[test]
    fn tracepoints_are_named_after_kernel_functions() {
        let rows = [
            (Abi::X86_64, "openat", Some("openat")),
            (Abi::X86_64, "stat", Some("newstat")),
            (Abi::X86_64, "umount2", Some("umount")),
            (Abi::X86_64, "newfstatat", Some("newfstatat")),
            (Abi::X86_64, "uselib", None),
            (Abi::X86_64, "unheard_of", None),
            (Abi::I386, "openat", Some("openat")),
            (Abi::I386, "fstat64", Some("newfstat")),
            (Abi::I386, "mmap2", None),
            (Abi::I386, "mmap", None),
            (Abi::I386, "_llseek", None),
            (Abi::I386, "bdflush", None),
            (Abi::I386, "sendfile64", Some("sendfile64")),
        ];
        for (abi, call, expected) in rows {
            assert_eq!(tracepoint_name(abi, call), expected, "{abi} {call}");
        }
    }

    #[test]
    fn renamed_calls_are_sorted_and_exist_on_both_sides() {
        assert!(RENAMED.is_sorted());
        for (narrow, wide) in RENAMED {
            assert!(number(Abi::I386, narrow).is_some(), "{narrow}");
            assert!(number(Abi::X86_64, wide).is_some(), "{wide}");
        }
    }
}
