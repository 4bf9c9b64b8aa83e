//! Names for calls on processes, threads, signals and scheduling.
//! Each set names the header with its values.

use super::{Field, Flags, Names, Printer, Set, signal};

/// Signal number.
pub static SIGNAL: Set = Set::printer("signal", Printer::Signal);

/// Mask of signals.
pub static SIGNAL_SET: Set = Set::printer("signal_set", Printer::SignalSet);

/// User or group id, -1 for unchanged.
pub static ID: Set = Set::printer("id", Printer::Signed32);

/// What `wait4` stores.
pub static WAIT_STATUS: Set = Set::printer("wait_status", Printer::WaitStatus);

/// `clone`, with the exit signal in the low byte: `linux/sched.h`.
pub static CLONE_FLAGS: Set = Set::flags("clone_flags", Flags {
    masks: &[
        (0x100, "CLONE_VM"), (0x200, "CLONE_FS"), (0x400, "CLONE_FILES"), (0x800, "CLONE_SIGHAND"),
        (0x1000, "CLONE_PIDFD"), (0x2000, "CLONE_PTRACE"), (0x4000, "CLONE_VFORK"), (0x8000, "CLONE_PARENT"),
        (0x1_0000, "CLONE_THREAD"), (0x2_0000, "CLONE_NEWNS"), (0x4_0000, "CLONE_SYSVSEM"),
        (0x8_0000, "CLONE_SETTLS"), (0x10_0000, "CLONE_PARENT_SETTID"), (0x20_0000, "CLONE_CHILD_CLEARTID"),
        (0x40_0000, "CLONE_DETACHED"), (0x80_0000, "CLONE_UNTRACED"), (0x100_0000, "CLONE_CHILD_SETTID"),
        (0x200_0000, "CLONE_NEWCGROUP"), (0x400_0000, "CLONE_NEWUTS"), (0x800_0000, "CLONE_NEWIPC"),
        (0x1000_0000, "CLONE_NEWUSER"), (0x2000_0000, "CLONE_NEWPID"), (0x4000_0000, "CLONE_NEWNET"),
        (0x8000_0000, "CLONE_IO"),
    ],
    last: Some(Field { mask: 0xff, names: Names::Dense(signal::NAMES) }),
    ..Flags::NONE
});

/// `flags` of `struct clone_args`, where bit 7 is the time namespace: `linux/sched.h`.
pub static CLONE3_FLAGS: Set = Set::flags("clone3_flags", Flags {
    masks: &[
        (0x80, "CLONE_NEWTIME"), (0x100, "CLONE_VM"), (0x200, "CLONE_FS"), (0x400, "CLONE_FILES"),
        (0x800, "CLONE_SIGHAND"), (0x1000, "CLONE_PIDFD"), (0x2000, "CLONE_PTRACE"), (0x4000, "CLONE_VFORK"),
        (0x8000, "CLONE_PARENT"), (0x1_0000, "CLONE_THREAD"), (0x2_0000, "CLONE_NEWNS"),
        (0x4_0000, "CLONE_SYSVSEM"), (0x8_0000, "CLONE_SETTLS"), (0x10_0000, "CLONE_PARENT_SETTID"),
        (0x20_0000, "CLONE_CHILD_CLEARTID"), (0x40_0000, "CLONE_DETACHED"), (0x80_0000, "CLONE_UNTRACED"),
        (0x100_0000, "CLONE_CHILD_SETTID"), (0x200_0000, "CLONE_NEWCGROUP"), (0x400_0000, "CLONE_NEWUTS"),
        (0x800_0000, "CLONE_NEWIPC"), (0x1000_0000, "CLONE_NEWUSER"), (0x2000_0000, "CLONE_NEWPID"),
        (0x4000_0000, "CLONE_NEWNET"), (0x8000_0000, "CLONE_IO"), (0x1_0000_0000, "CLONE_CLEAR_SIGHAND"),
        (0x2_0000_0000, "CLONE_INTO_CGROUP"), (0x4_0000_0000, "CLONE_AUTOREAP"), (0x8_0000_0000, "CLONE_NNP"),
        (0x10_0000_0000, "CLONE_PIDFD_AUTOKILL"), (0x20_0000_0000, "CLONE_EMPTY_MNTNS"),
    ],
    ..Flags::NONE
});

/// `unshare`, `setns`, where bit 7 is the time namespace: `linux/sched.h`.
pub static NAMESPACE_FLAGS: Set = Set::flags("namespace_flags", Flags {
    masks: &[
        (0x80, "CLONE_NEWTIME"), (0x100, "CLONE_VM"), (0x200, "CLONE_FS"), (0x400, "CLONE_FILES"),
        (0x800, "CLONE_SIGHAND"), (0x1_0000, "CLONE_THREAD"), (0x2_0000, "CLONE_NEWNS"),
        (0x4_0000, "CLONE_SYSVSEM"), (0x200_0000, "CLONE_NEWCGROUP"), (0x400_0000, "CLONE_NEWUTS"),
        (0x800_0000, "CLONE_NEWIPC"), (0x1000_0000, "CLONE_NEWUSER"), (0x2000_0000, "CLONE_NEWPID"),
        (0x4000_0000, "CLONE_NEWNET"), (0x8000_0000, "CLONE_IO"),
    ],
    ..Flags::NONE
});

/// `wait4`, `waitid`: `linux/wait.h`.
pub static WAIT_OPTIONS: Set = Set::flags("wait_options", Flags {
    masks: &[
        (1, "WNOHANG"), (2, "WUNTRACED"), (4, "WEXITED"), (8, "WCONTINUED"), (0x100_0000, "WNOWAIT"),
        (0x2000_0000, "__WNOTHREAD"), (0x4000_0000, "__WALL"), (0x8000_0000, "__WCLONE"),
    ],
    ..Flags::NONE
});

/// `which` of `waitid`: `linux/wait.h`.
pub static WAIT_WHICH: Set = Set::values("wait_which", Names::Dense(&[
    "P_ALL", "P_PID", "P_PGID", "P_PIDFD",
]));

/// `rt_sigprocmask`: `asm-generic/signal-defs.h`.
pub static SIGNAL_MASK_HOW: Set = Set::values("signal_mask_how", Names::Dense(&[
    "SIG_BLOCK", "SIG_UNBLOCK", "SIG_SETMASK",
]));

/// `ss_flags` of `stack_t`: `linux/signal.h`.
pub static SIGNAL_STACK_FLAGS: Set = Set::flags("signal_stack_flags", Flags {
    masks: &[(1, "SS_ONSTACK"), (2, "SS_DISABLE"), (0x8000_0000, "SS_AUTODISARM")],
    ..Flags::NONE
});

/// `sigev_notify` of `struct sigevent`: `asm-generic/siginfo.h`.
pub static NOTIFICATION: Set = Set::values("notification", Names::Dense(&[
    "SIGEV_SIGNAL", "SIGEV_NONE", "SIGEV_THREAD", "", "SIGEV_THREAD_ID",
]));

/// `sa_flags` of `struct sigaction`: `asm/signal.h`.
pub static SIGNAL_ACTION_FLAGS: Set = Set::flags("signal_action_flags", Flags {
    masks: &[
        (1, "SA_NOCLDSTOP"), (2, "SA_NOCLDWAIT"), (4, "SA_SIGINFO"), (0x400, "SA_UNSUPPORTED"),
        (0x800, "SA_EXPOSE_TAGBITS"), (0x400_0000, "SA_RESTORER"), (0x800_0000, "SA_ONSTACK"),
        (0x1000_0000, "SA_RESTART"), (0x4000_0000, "SA_NODEFER"), (0x8000_0000, "SA_RESETHAND"),
    ],
    ..Flags::NONE
});

/// `pidfd_open`: `linux/pidfd.h`.
pub static PIDFD_OPEN_FLAGS: Set = Set::flags("pidfd_open_flags", Flags {
    masks: &[(0x80, "PIDFD_THREAD"), (0x800, "PIDFD_NONBLOCK")],
    ..Flags::NONE
});

/// `pidfd_send_signal`: `linux/pidfd.h`.
pub static PIDFD_SIGNAL_FLAGS: Set = Set::flags("pidfd_signal_flags", Flags {
    masks: &[
        (1, "PIDFD_SIGNAL_THREAD"), (2, "PIDFD_SIGNAL_THREAD_GROUP"), (4, "PIDFD_SIGNAL_PROCESS_GROUP"),
    ],
    ..Flags::NONE
});

/// `getpriority`: `linux/resource.h`.
pub static PRIORITY_WHICH: Set = Set::values("priority_which", Names::Dense(&[
    "PRIO_PROCESS", "PRIO_PGRP", "PRIO_USER",
]));

/// `getrusage`: `linux/resource.h`.
pub static USAGE_WHO: Set = Set::values("usage_who", Names::Sparse(&[
    (0, "RUSAGE_SELF"), (1, "RUSAGE_THREAD"), (0xffff_fffe, "RUSAGE_BOTH"), (0xffff_ffff, "RUSAGE_CHILDREN"),
]));

/// `prlimit64`: `asm-generic/resource.h`.
pub static RESOURCE: Set = Set::values("resource", Names::Dense(&[
    "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS", "RLIMIT_NPROC",
    "RLIMIT_NOFILE", "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE",
    "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
]));

/// `sched_setscheduler`: `linux/sched.h`.
pub static SCHEDULER_POLICY: Set = Set::flags("scheduler_policy", Flags {
    fields: &[Field { mask: 0x3fff_ffff, names: Names::Dense(&[
        "SCHED_NORMAL", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "", "SCHED_IDLE", "SCHED_DEADLINE",
        "SCHED_EXT",
    ]) }],
    masks: &[(0x4000_0000, "SCHED_RESET_ON_FORK")],
    ..Flags::NONE
});

/// `ioprio_get`: `linux/ioprio.h`.
pub static IO_PRIORITY_WHICH: Set = Set::values("io_priority_which", Names::Dense(&[
    "", "IOPRIO_WHO_PROCESS", "IOPRIO_WHO_PGRP", "IOPRIO_WHO_USER",
]));

/// `ioprio_set`.
pub static IO_PRIORITY: Set = Set::printer("io_priority", Printer::IoPriority);

/// `prctl`: `linux/prctl.h`.
pub static PRCTL_OPTION: Set = Set::values("prctl_option", Names::Sparse(&[
    (1, "PR_SET_PDEATHSIG"), (2, "PR_GET_PDEATHSIG"), (3, "PR_GET_DUMPABLE"), (4, "PR_SET_DUMPABLE"),
    (5, "PR_GET_UNALIGN"), (6, "PR_SET_UNALIGN"), (7, "PR_GET_KEEPCAPS"), (8, "PR_SET_KEEPCAPS"),
    (9, "PR_GET_FPEMU"), (10, "PR_SET_FPEMU"), (11, "PR_GET_FPEXC"), (12, "PR_SET_FPEXC"),
    (13, "PR_GET_TIMING"), (14, "PR_SET_TIMING"), (15, "PR_SET_NAME"), (0x10, "PR_GET_NAME"),
    (0x13, "PR_GET_ENDIAN"), (0x14, "PR_SET_ENDIAN"), (0x15, "PR_GET_SECCOMP"), (0x16, "PR_SET_SECCOMP"),
    (0x17, "PR_CAPBSET_READ"), (0x18, "PR_CAPBSET_DROP"), (0x19, "PR_GET_TSC"), (0x1a, "PR_SET_TSC"),
    (0x1b, "PR_GET_SECUREBITS"), (0x1c, "PR_SET_SECUREBITS"), (0x1d, "PR_SET_TIMERSLACK"),
    (0x1e, "PR_GET_TIMERSLACK"), (0x1f, "PR_TASK_PERF_EVENTS_DISABLE"), (0x20, "PR_TASK_PERF_EVENTS_ENABLE"),
    (0x21, "PR_MCE_KILL"), (0x22, "PR_MCE_KILL_GET"), (0x23, "PR_SET_MM"), (0x24, "PR_SET_CHILD_SUBREAPER"),
    (0x25, "PR_GET_CHILD_SUBREAPER"), (0x26, "PR_SET_NO_NEW_PRIVS"), (0x27, "PR_GET_NO_NEW_PRIVS"),
    (0x28, "PR_GET_TID_ADDRESS"), (0x29, "PR_SET_THP_DISABLE"), (0x2a, "PR_GET_THP_DISABLE"),
    (0x2b, "PR_MPX_ENABLE_MANAGEMENT"), (0x2c, "PR_MPX_DISABLE_MANAGEMENT"), (0x2d, "PR_SET_FP_MODE"),
    (0x2e, "PR_GET_FP_MODE"), (0x2f, "PR_CAP_AMBIENT"), (0x32, "PR_SVE_SET_VL"), (0x33, "PR_SVE_GET_VL"),
    (0x34, "PR_GET_SPECULATION_CTRL"), (0x35, "PR_SET_SPECULATION_CTRL"), (0x36, "PR_PAC_RESET_KEYS"),
    (0x37, "PR_SET_TAGGED_ADDR_CTRL"), (0x38, "PR_GET_TAGGED_ADDR_CTRL"), (0x39, "PR_SET_IO_FLUSHER"),
    (0x3a, "PR_GET_IO_FLUSHER"), (0x3b, "PR_SET_SYSCALL_USER_DISPATCH"), (0x3c, "PR_PAC_SET_ENABLED_KEYS"),
    (0x3d, "PR_PAC_GET_ENABLED_KEYS"), (0x3e, "PR_SCHED_CORE"), (0x3f, "PR_SME_SET_VL"),
    (0x40, "PR_SME_GET_VL"), (0x41, "PR_SET_MDWE"), (0x42, "PR_GET_MDWE"), (0x43, "PR_SET_MEMORY_MERGE"),
    (0x44, "PR_GET_MEMORY_MERGE"), (0x45, "PR_RISCV_V_SET_CONTROL"), (0x46, "PR_RISCV_V_GET_CONTROL"),
    (0x47, "PR_RISCV_SET_ICACHE_FLUSH_CTX"), (0x48, "PR_PPC_GET_DEXCR"), (0x49, "PR_PPC_SET_DEXCR"),
    (0x4a, "PR_GET_SHADOW_STACK_STATUS"), (0x4b, "PR_SET_SHADOW_STACK_STATUS"),
    (0x4c, "PR_LOCK_SHADOW_STACK_STATUS"), (0x4d, "PR_TIMER_CREATE_RESTORE_IDS"), (0x4e, "PR_FUTEX_HASH"),
    (0x4f, "PR_RSEQ_SLICE_EXTENSION"), (0x50, "PR_GET_CFI"), (0x51, "PR_SET_CFI"),
    (0x4155_5856, "PR_GET_AUXV"), (0x5356_4d41, "PR_SET_VMA"), (0x5961_6d61, "PR_SET_PTRACER"),
]));

/// `arg2` of `PR_CAP_AMBIENT`: `linux/prctl.h`.
pub static AMBIENT_OPERATION: Set = Set::values("ambient_operation", Names::Dense(&[
    "", "PR_CAP_AMBIENT_IS_SET", "PR_CAP_AMBIENT_RAISE", "PR_CAP_AMBIENT_LOWER", "PR_CAP_AMBIENT_CLEAR_ALL",
]));

/// `arg2` of `PR_SET_MM`: `linux/prctl.h`.
pub static MEMORY_MAP_FIELD: Set = Set::values("memory_map_field", Names::Dense(&[
    "", "PR_SET_MM_START_CODE", "PR_SET_MM_END_CODE", "PR_SET_MM_START_DATA", "PR_SET_MM_END_DATA",
    "PR_SET_MM_START_STACK", "PR_SET_MM_START_BRK", "PR_SET_MM_BRK", "PR_SET_MM_ARG_START",
    "PR_SET_MM_ARG_END", "PR_SET_MM_ENV_START", "PR_SET_MM_ENV_END", "PR_SET_MM_AUXV", "PR_SET_MM_EXE_FILE",
    "PR_SET_MM_MAP", "PR_SET_MM_MAP_SIZE",
]));

/// `arch_prctl`: `asm/prctl.h`.
pub static ARCH_OPTION: Set = Set::values("arch_option", Names::Sparse(&[
    (0, "ARCH_XCOMP_TILECFG"), (0x1001, "ARCH_SET_GS"), (0x1002, "ARCH_SET_FS"), (0x1003, "ARCH_GET_FS"),
    (0x1004, "ARCH_GET_GS"), (0x1011, "ARCH_GET_CPUID"), (0x1012, "ARCH_SET_CPUID"),
    (0x1021, "ARCH_GET_XCOMP_SUPP"), (0x1022, "ARCH_GET_XCOMP_PERM"), (0x1023, "ARCH_REQ_XCOMP_PERM"),
    (0x1024, "ARCH_GET_XCOMP_GUEST_PERM"), (0x1025, "ARCH_REQ_XCOMP_GUEST_PERM"),
    (0x2001, "ARCH_MAP_VDSO_X32"), (0x2002, "ARCH_MAP_VDSO_32"), (0x2003, "ARCH_MAP_VDSO_64"),
    (0x4001, "ARCH_GET_UNTAG_MASK"), (0x4002, "ARCH_ENABLE_TAGGED_ADDR"), (0x4003, "ARCH_GET_MAX_TAG_BITS"),
    (0x4004, "ARCH_FORCE_TAGGED_SVA"), (0x5001, "ARCH_SHSTK_ENABLE"), (0x5002, "ARCH_SHSTK_DISABLE"),
    (0x5003, "ARCH_SHSTK_LOCK"), (0x5004, "ARCH_SHSTK_UNLOCK"), (0x5005, "ARCH_SHSTK_STATUS"),
]));

/// `ptrace`: `linux/ptrace.h`, `asm/ptrace-abi.h`.
pub static PTRACE_REQUEST: Set = Set::values("ptrace_request", Names::Sparse(&[
    (0, "PTRACE_TRACEME"), (1, "PTRACE_PEEKTEXT"), (2, "PTRACE_PEEKDATA"), (3, "PTRACE_PEEKUSER"),
    (4, "PTRACE_POKETEXT"), (5, "PTRACE_POKEDATA"), (6, "PTRACE_POKEUSER"), (7, "PTRACE_CONT"),
    (8, "PTRACE_KILL"), (9, "PTRACE_SINGLESTEP"), (12, "PTRACE_GETREGS"), (13, "PTRACE_SETREGS"),
    (14, "PTRACE_GETFPREGS"), (15, "PTRACE_SETFPREGS"), (0x10, "PTRACE_ATTACH"), (0x11, "PTRACE_DETACH"),
    (0x12, "PTRACE_GETFPXREGS"), (0x13, "PTRACE_SETFPXREGS"), (0x15, "PTRACE_OLDSETOPTIONS"),
    (0x18, "PTRACE_SYSCALL"), (0x19, "PTRACE_GET_THREAD_AREA"), (0x1a, "PTRACE_SET_THREAD_AREA"),
    (0x1e, "PTRACE_ARCH_PRCTL"), (0x1f, "PTRACE_SYSEMU"), (0x20, "PTRACE_SYSEMU_SINGLESTEP"),
    (0x21, "PTRACE_SINGLEBLOCK"), (0x4200, "PTRACE_SETOPTIONS"), (0x4201, "PTRACE_GETEVENTMSG"),
    (0x4202, "PTRACE_GETSIGINFO"), (0x4203, "PTRACE_SETSIGINFO"), (0x4204, "PTRACE_GETREGSET"),
    (0x4205, "PTRACE_SETREGSET"), (0x4206, "PTRACE_SEIZE"), (0x4207, "PTRACE_INTERRUPT"),
    (0x4208, "PTRACE_LISTEN"), (0x4209, "PTRACE_PEEKSIGINFO"), (0x420a, "PTRACE_GETSIGMASK"),
    (0x420b, "PTRACE_SETSIGMASK"), (0x420c, "PTRACE_SECCOMP_GET_FILTER"),
    (0x420d, "PTRACE_SECCOMP_GET_METADATA"), (0x420e, "PTRACE_GET_SYSCALL_INFO"),
    (0x420f, "PTRACE_GET_RSEQ_CONFIGURATION"), (0x4210, "PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG"),
    (0x4211, "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG"), (0x4212, "PTRACE_SET_SYSCALL_INFO"),
]));

/// `data` of `PTRACE_SETOPTIONS`: `linux/ptrace.h`.
pub static PTRACE_OPTIONS: Set = Set::flags("ptrace_options", Flags {
    masks: &[
        (1, "PTRACE_O_TRACESYSGOOD"), (2, "PTRACE_O_TRACEFORK"), (4, "PTRACE_O_TRACEVFORK"),
        (8, "PTRACE_O_TRACECLONE"), (0x10, "PTRACE_O_TRACEEXEC"), (0x20, "PTRACE_O_TRACEVFORKDONE"),
        (0x40, "PTRACE_O_TRACEEXIT"), (0x80, "PTRACE_O_TRACESECCOMP"), (0x10_0000, "PTRACE_O_EXITKILL"),
        (0x20_0000, "PTRACE_O_SUSPEND_SECCOMP"),
    ],
    ..Flags::NONE
});

/// `personality`: `linux/personality.h`.
pub static PERSONALITY: Set = Set::flags("personality", Flags {
    fields: &[
        Field { mask: 0xffff_ffff, names: Names::Sparse(&[(0xffff_ffff, "QUERY")]) },
        Field { mask: 0xff, names: Names::Sparse(&[
            (0, "PER_LINUX"), (6, "PER_BSD"), (8, "PER_LINUX32"), (0x10, "PER_HPUX"),
        ]) },
    ],
    masks: &[
        (0x2_0000, "UNAME26"), (0x4_0000, "ADDR_NO_RANDOMIZE"), (0x8_0000, "FDPIC_FUNCPTRS"),
        (0x10_0000, "MMAP_PAGE_ZERO"), (0x20_0000, "ADDR_COMPAT_LAYOUT"), (0x40_0000, "READ_IMPLIES_EXEC"),
        (0x80_0000, "ADDR_LIMIT_32BIT"), (0x100_0000, "SHORT_INODE"), (0x200_0000, "WHOLE_SECONDS"),
        (0x400_0000, "STICKY_TIMEOUTS"), (0x800_0000, "ADDR_LIMIT_3GB"),
    ],
    ..Flags::NONE
});

/// `kcmp`: `linux/kcmp.h`.
pub static COMPARE_TYPE: Set = Set::values("compare_type", Names::Dense(&[
    "KCMP_FILE", "KCMP_VM", "KCMP_FILES", "KCMP_FS", "KCMP_SIGHAND", "KCMP_IO", "KCMP_SYSVSEM",
    "KCMP_EPOLL_TFD",
]));

/// `futex`: `linux/futex.h`.
pub static FUTEX_OPERATION: Set = Set::flags("futex_operation", Flags {
    fields: &[Field { mask: 0x7f, names: Names::Dense(&[
        "FUTEX_WAIT", "FUTEX_WAKE", "FUTEX_FD", "FUTEX_REQUEUE", "FUTEX_CMP_REQUEUE", "FUTEX_WAKE_OP",
        "FUTEX_LOCK_PI", "FUTEX_UNLOCK_PI", "FUTEX_TRYLOCK_PI", "FUTEX_WAIT_BITSET", "FUTEX_WAKE_BITSET",
        "FUTEX_WAIT_REQUEUE_PI", "FUTEX_CMP_REQUEUE_PI", "FUTEX_LOCK_PI2",
    ]) }],
    masks: &[(0x80, "FUTEX_PRIVATE_FLAG"), (0x100, "FUTEX_CLOCK_REALTIME")],
    ..Flags::NONE
});

/// `futex_wait` and its like: `linux/futex.h`.
pub static FUTEX2_FLAGS: Set = Set::flags("futex2_flags", Flags {
    fields: &[Field { mask: 3, names: Names::Dense(&[
        "FUTEX2_SIZE_U8", "FUTEX2_SIZE_U16", "FUTEX2_SIZE_U32", "FUTEX2_SIZE_U64",
    ]) }],
    masks: &[(4, "FUTEX2_NUMA"), (8, "FUTEX2_MPOL"), (0x80, "FUTEX2_PRIVATE")],
    ..Flags::NONE
});

/// `membarrier`: `linux/membarrier.h`.
pub static BARRIER_COMMAND: Set = Set::values("barrier_command", Names::Sparse(&[
    (0, "MEMBARRIER_CMD_QUERY"), (1, "MEMBARRIER_CMD_GLOBAL"), (2, "MEMBARRIER_CMD_GLOBAL_EXPEDITED"),
    (4, "MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED"), (8, "MEMBARRIER_CMD_PRIVATE_EXPEDITED"),
    (0x10, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED"), (0x20, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE"),
    (0x40, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE"),
    (0x80, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ"),
    (0x100, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ"), (0x200, "MEMBARRIER_CMD_GET_REGISTRATIONS"),
]));

/// `membarrier`: `linux/membarrier.h`.
pub static BARRIER_FLAGS: Set = Set::flags("barrier_flags", Flags {
    masks: &[(1, "MEMBARRIER_CMD_FLAG_CPU")],
    ..Flags::NONE
});

/// `rseq`: `linux/rseq.h`.
pub static RSEQ_FLAGS: Set = Set::flags("rseq_flags", Flags {
    masks: &[(1, "RSEQ_FLAG_UNREGISTER"), (2, "RSEQ_FLAG_SLICE_EXT_DEFAULT_ON")],
    ..Flags::NONE
});
