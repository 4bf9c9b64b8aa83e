//! The parameters and the result of each x86-64 call, by position.
//!
//! Sources: the `SYSCALL_DEFINE` of each call in Linux 7.2, and section 2 of the manual.

use super::words::{
    ADDRESS, AT, AT_FLAGS, CLOCK, COUNT, DONE, FD, FD_PAIR_OUT, FD_SET, FLAGS, ID, ID_OUT, INT, INT_INOUT,
    INT_OUT, LONG, MODE, NEW_FD, NUMBER, OFFSET, OFFSET_INOUT, OWNER, PATH, PID, PLACE, SIGNAL, SIGNALS,
    SIGNALS_OUT, SIZE, TEXT, TEXTS, TIMESPEC, TIMESPEC_OUT, UINT, UINT_OUT, ULONG, WORD_OUT, bytes,
    bytes_out, changed, depends, grown, grown_out, holding_size, input, mask, named, number, output, set,
    socket_address, socket_address_out, structure, structure_changed, structure_out, structures,
    structures_out, vector, vector_out, wide_set,
};
use super::{Cases, LengthSource, Parameter, Scalar, Shape, chosen};
use crate::symbol::{file, ipc, memory, network, process, security, system, time};

/// Name, parameters in order, result.
pub(super) type Row = (&'static str, &'static [Parameter], Scalar);

/// The row of this x86-64 call.
pub(super) fn find(call: &str) -> Option<&'static Row> {
    CALLS.get(CALLS.binary_search_by_key(&call, |row| row.0).ok()?)
}

/// All rows, ascending.
#[cfg(test)]
pub(super) fn all() -> &'static [Row] {
    CALLS
}

/// What decides `arg` of `fcntl`, by command.
const FCNTL_ARGUMENT: &[(u32, Scalar)] = &[
    (0, Scalar::Fd),
    (2, named(&file::CLOSE_ON_EXEC)),
    (4, named(&file::OPEN_FLAGS)),
    (8, Scalar::Signed(4)),
    (10, named(&process::SIGNAL)),
    (1024, named(&file::LEASE)),
    (1026, named(&file::DIRECTORY_NOTIFY)),
    (1030, Scalar::Fd),
    (1031, Scalar::Signed(4)),
    (1033, named(&file::SEALS)),
];

/// What decides `arg2` of `prctl`, by option.
const PRCTL_ARGUMENT: &[(u32, Scalar)] = &[
    (1, named(&process::SIGNAL)),
    (4, Scalar::Unsigned(8)),
    (8, Scalar::Unsigned(8)),
    (22, named(&security::SECCOMP_MODE)),
    (23, named(&security::CAPABILITY)),
    (24, named(&security::CAPABILITY)),
    (28, named(&security::SECURE_BITS)),
    (29, Scalar::Unsigned(8)),
    (35, named(&process::MEMORY_MAP_FIELD)),
    (36, Scalar::Unsigned(8)),
    (38, Scalar::Unsigned(8)),
    (41, Scalar::Unsigned(8)),
    (47, named(&process::AMBIENT_OPERATION)),
];

/// `arg3` of `prctl`: the capability of `PR_CAP_AMBIENT`.
const PRCTL_THIRD: &[(u32, Scalar)] = &[(47, named(&security::CAPABILITY))];

/// `data` of `ptrace`: a signal where the tracee runs on, options where they are set.
const PTRACE_DATA: &[(u32, Scalar)] = &[
    (7, named(&process::SIGNAL)),
    (9, named(&process::SIGNAL)),
    (17, named(&process::SIGNAL)),
    (21, named(&process::PTRACE_OPTIONS)),
    (24, named(&process::SIGNAL)),
    (31, named(&process::SIGNAL)),
    (32, named(&process::SIGNAL)),
    (0x4200, named(&process::PTRACE_OPTIONS)),
    (0x4206, named(&process::PTRACE_OPTIONS)),
];

/// `protocol` of `socket`, by family.
const PROTOCOL: &[(u32, Scalar)] = &[
    (2, named(&network::INTERNET_PROTOCOL)),
    (10, named(&network::INTERNET_PROTOCOL)),
    (16, named(&network::NETLINK_PROTOCOL)),
];

/// `optname` of `setsockopt`, by level.
const SOCKET_OPTION: &[(u32, Scalar)] = &[
    (0, named(&network::IP_OPTION)),
    (1, named(&network::SOCKET_OPTION)),
    (6, named(&network::TCP_OPTION)),
    (17, named(&network::UDP_OPTION)),
    (41, named(&network::IPV6_OPTION)),
    (263, named(&network::PACKET_OPTION)),
    (270, named(&network::NETLINK_OPTION)),
];

/// `arg2` of `keyctl`, by operation: a key, except where it is a text.
const KEYCTL_SECOND: &[(u32, Scalar)] =
    &[(1, Scalar::Address), (14, Scalar::Signed(4)), (22, Scalar::Signed(4)), (23, Scalar::Address)];

const SIGNED: Scalar = Scalar::Signed(4);
const UNSIGNED: Scalar = Scalar::Unsigned(8);
const UNKNOWN: Scalar = Scalar::Address;
const SPECIAL_KEY: Scalar = named(&security::KEY);

const CPU_MASK: Parameter = input(Shape::FdSet { count: LengthSource::Parameter(1) });
const CPU_MASK_OUT: Parameter = output(Shape::FdSet { count: LengthSource::ReturnCappedBy(1) });
const KEY: Parameter = number(SPECIAL_KEY);
/// `key` of System V IPC.
const IPC_KEY: Parameter = set(&ipc::KEY);
const PROTECTION: Parameter = wide_set(&memory::PROTECTION);
const MESSAGE: Parameter = set(&network::MESSAGE_FLAGS);
const SPLICE: Parameter = set(&file::SPLICE_FLAGS);
const PAIR_OF_TIMES: Parameter =
    input(Shape::Structures { name: "__kernel_timespec", count: LengthSource::Constant(2) });
const PAIR_OF_OLD_TIMES: Parameter =
    input(Shape::Structures { name: "__kernel_old_timeval", count: LengthSource::Constant(2) });
const OPTION_OUT: Parameter =
    output(Shape::Bytes { length: LengthSource::Pointed { parameter: 4, offset: 0, bytes: 4 } });
const LIMIT: Parameter = structure("rlimit");
const WAIT_STATUS_OUT: Parameter =
    output(Shape::Pointed(Scalar::Symbol { set: &process::WAIT_STATUS, bytes: 4 }));
const POLL: Parameter = changed(Shape::Structures { name: "pollfd", count: LengthSource::Parameter(1) });

#[rustfmt::skip]
const CALLS: &[Row] = &[
    ("accept", &[FD, socket_address_out(2), INT_INOUT], NEW_FD),
    ("accept4", &[FD, socket_address_out(2), INT_INOUT, set(&network::SOCKET_FLAGS)], NEW_FD),
    ("access", &[PATH, set(&file::ACCESS_MODE)], DONE),
    ("acct", &[PATH], DONE),
    ("add_key", &[TEXT, TEXT, bytes(3), SIZE, KEY], SPECIAL_KEY),
    ("adjtimex", &[structure_changed("__kernel_timex")], NUMBER),
    ("alarm", &[UINT], NUMBER),
    ("arch_prctl", &[set(&process::ARCH_OPTION), chosen(0, chosen::ARCHITECTURE, &[])], DONE),
    ("bind", &[FD, socket_address(2), INT], DONE),
    ("bpf", &[set(&security::BPF_COMMAND), grown("bpf_attr", 2), UINT], NUMBER),
    ("brk", &[ADDRESS], PLACE),
    ("cachestat", &[FD, structure("cachestat_range"), structure_out("cachestat"), FLAGS], DONE),
    ("capget", &[structure("__user_cap_header_struct"), CAPABILITIES_OUT], DONE),
    ("capset", &[structure("__user_cap_header_struct"), CAPABILITIES], DONE),
    ("chdir", &[PATH], DONE),
    ("chmod", &[PATH, MODE], DONE),
    ("chown", &[PATH, ID, ID], DONE),
    ("chroot", &[PATH], DONE),
    ("clock_adjtime", &[CLOCK, structure_changed("__kernel_timex")], NUMBER),
    ("clock_getres", &[CLOCK, TIMESPEC_OUT], DONE),
    ("clock_gettime", &[CLOCK, TIMESPEC_OUT], DONE),
    ("clock_nanosleep", &[CLOCK, set(&time::TIMER_FLAGS), TIMESPEC, TIMESPEC_OUT], DONE),
    ("clock_settime", &[CLOCK, TIMESPEC], DONE),
    ("clone", &[wide_set(&process::CLONE_FLAGS), ADDRESS, INT_OUT, ADDRESS, ADDRESS], NUMBER),
    ("clone3", &[grown("clone_args", 1), SIZE], NUMBER),
    ("close", &[FD], DONE),
    ("close_range", &[FD, UINT, set(&file::CLOSE_RANGE_FLAGS)], DONE),
    ("connect", &[FD, socket_address(2), INT], DONE),
    ("copy_file_range", &[FD, OFFSET_INOUT, FD, OFFSET_INOUT, SIZE, FLAGS], COUNT),
    ("creat", &[PATH, MODE], NEW_FD),
    ("delete_module", &[TEXT, set(&security::MODULE_DELETE_FLAGS)], DONE),
    ("dup", &[FD], NEW_FD),
    ("dup2", &[FD, FD], NEW_FD),
    ("dup3", &[FD, FD, set(&file::PIPE_FLAGS)], NEW_FD),
    ("epoll_create", &[INT], NEW_FD),
    ("epoll_create1", &[set(&file::EPOLL_FLAGS)], NEW_FD),
    ("epoll_ctl", &[FD, set(&file::EPOLL_OPERATION), FD, structure("epoll_event")], DONE),
    ("epoll_pwait", &[FD, structures_out("epoll_event"), INT, INT, SIGNALS, SIZE], COUNT),
    ("epoll_pwait2", &[FD, structures_out("epoll_event"), INT, TIMESPEC, SIGNALS, SIZE], COUNT),
    ("epoll_wait", &[FD, structures_out("epoll_event"), INT, INT], COUNT),
    ("eventfd", &[UINT], NEW_FD),
    ("eventfd2", &[UINT, set(&file::EVENTFD_FLAGS)], NEW_FD),
    ("execve", &[PATH, TEXTS, TEXTS], DONE),
    ("execveat", &[AT, PATH, TEXTS, TEXTS, set(&file::EXEC_FLAGS)], DONE),
    ("exit", &[INT], Scalar::Nothing),
    ("exit_group", &[INT], Scalar::Nothing),
    ("faccessat", &[AT, PATH, set(&file::ACCESS_MODE)], DONE),
    ("faccessat2", &[AT, PATH, set(&file::ACCESS_MODE), set(&file::ACCESS_FLAGS)], DONE),
    ("fadvise64", &[FD, OFFSET, SIZE, set(&file::FILE_ADVICE)], DONE),
    ("fallocate", &[FD, set(&file::FALLOCATE_MODE), OFFSET, OFFSET], DONE),
    ("fanotify_init", &[set(&file::FANOTIFY_INIT_FLAGS), set(&file::OPEN_FLAGS)], NEW_FD),
    ("fanotify_mark", &[FD, set(&file::FANOTIFY_MARK_FLAGS), wide_set(&file::FANOTIFY_MASK), AT, PATH], DONE),
    ("fchdir", &[FD], DONE),
    ("fchmod", &[FD, MODE], DONE),
    ("fchmodat", &[AT, PATH, MODE], DONE),
    ("fchmodat2", &[AT, PATH, MODE, AT_FLAGS], DONE),
    ("fchown", &[FD, ID, ID], DONE),
    ("fchownat", &[AT, PATH, ID, ID, AT_FLAGS], DONE),
    ("fcntl", &[FD, set(&file::FCNTL_COMMAND), chosen(1, chosen::FCNTL, FCNTL_ARGUMENT)], NUMBER),
    ("fdatasync", &[FD], DONE),
    ("fgetxattr", &[FD, TEXT, bytes_out(3), SIZE], COUNT),
    ("file_getattr", &[AT, PATH, grown_out("file_attr", 3), SIZE, AT_FLAGS], DONE),
    ("file_setattr", &[AT, PATH, grown("file_attr", 3), SIZE, AT_FLAGS], DONE),
    ("finit_module", &[FD, TEXT, set(&security::MODULE_FLAGS)], DONE),
    ("flistxattr", &[FD, bytes_out(2), SIZE], COUNT),
    ("flock", &[FD, set(&file::LOCK_OPERATION)], DONE),
    ("fork", &[], NUMBER),
    ("fremovexattr", &[FD, TEXT], DONE),
    ("fsconfig", &[FD, set(&file::FSCONFIG_COMMAND), TEXT, ADDRESS, INT], DONE),
    ("fsetxattr", &[FD, TEXT, bytes(3), SIZE, set(&file::XATTR_FLAGS)], DONE),
    ("fsmount", &[FD, set(&file::FSMOUNT_FLAGS), set(&file::MOUNT_ATTRIBUTES)], NEW_FD),
    ("fsopen", &[TEXT, set(&file::FSOPEN_FLAGS)], NEW_FD),
    ("fspick", &[AT, PATH, set(&file::FSPICK_FLAGS)], NEW_FD),
    ("fstat", &[FD, structure_out("stat")], DONE),
    ("fstatfs", &[FD, structure_out("statfs")], DONE),
    ("fsync", &[FD], DONE),
    ("ftruncate", &[FD, OFFSET], DONE),
    ("futex", &[ADDRESS, set(&process::FUTEX_OPERATION), UINT, ADDRESS, ADDRESS, UINT], COUNT),
    ("futex_requeue", &[FUTEX_PAIR, set(&process::FUTEX2_FLAGS), INT, INT], COUNT),
    ("futex_wait", &[ADDRESS, ULONG, ULONG, set(&process::FUTEX2_FLAGS), TIMESPEC, CLOCK], DONE),
    ("futex_waitv", &[structures("futex_waitv", 1), UINT, FLAGS, TIMESPEC, CLOCK], COUNT),
    ("futex_wake", &[ADDRESS, ULONG, INT, set(&process::FUTEX2_FLAGS)], COUNT),
    ("futimesat", &[AT, PATH, PAIR_OF_OLD_TIMES], DONE),
    ("get_mempolicy", &[INT_OUT, output(Shape::FdSet { count: LengthSource::Bits(2) }), ULONG, ADDRESS,
        wide_set(&memory::POLICY_QUERY)], DONE),
    ("get_robust_list", &[PID, WORD_OUT, WORD_OUT], DONE),
    ("getcpu", &[UINT_OUT, UINT_OUT, ADDRESS], DONE),
    ("getcwd", &[output(Shape::Path), SIZE], COUNT),
    ("getdents", &[FD, bytes_out(2), UINT], COUNT),
    ("getdents64", &[FD, bytes_out(2), UINT], COUNT),
    ("getegid", &[], OWNER),
    ("geteuid", &[], OWNER),
    ("getgid", &[], OWNER),
    ("getgroups", &[INT, output(Shape::Array { element: OWNER, count: LengthSource::ReturnCappedBy(0) })],
        COUNT),
    ("getitimer", &[set(&time::INTERVAL_TIMER), structure_out("__kernel_old_itimerval")], DONE),
    ("getpeername", &[FD, socket_address_out(2), INT_INOUT], DONE),
    ("getpgid", &[PID], NUMBER),
    ("getpgrp", &[], NUMBER),
    ("getpid", &[], NUMBER),
    ("getppid", &[], NUMBER),
    ("getpriority", &[set(&process::PRIORITY_WHICH), INT], NUMBER),
    ("getrandom", &[bytes_out(1), SIZE, set(&system::RANDOM_FLAGS)], COUNT),
    ("getresgid", &[ID_OUT, ID_OUT, ID_OUT], DONE),
    ("getresuid", &[ID_OUT, ID_OUT, ID_OUT], DONE),
    ("getrlimit", &[set(&process::RESOURCE), structure_out("rlimit")], DONE),
    ("getrusage", &[set(&process::USAGE_WHO), structure_out("rusage")], DONE),
    ("getsid", &[PID], NUMBER),
    ("getsockname", &[FD, socket_address_out(2), INT_INOUT], DONE),
    ("getsockopt", &[FD, set(&network::OPTION_LEVEL), depends(1, SOCKET_OPTION, &SIGNED), OPTION_OUT,
        INT_INOUT], DONE),
    ("gettid", &[], NUMBER),
    ("gettimeofday", &[structure_out("__kernel_old_timeval"), structure_out("timezone")], DONE),
    ("getuid", &[], OWNER),
    ("getxattr", &[PATH, TEXT, bytes_out(3), SIZE], COUNT),
    ("getxattrat", &[AT, PATH, AT_FLAGS, TEXT, grown("xattr_args", 5), SIZE], COUNT),
    ("init_module", &[ADDRESS, ULONG, TEXT], DONE),
    ("inotify_add_watch", &[FD, PATH, set(&file::INOTIFY_MASK)], NUMBER),
    ("inotify_init", &[], NEW_FD),
    ("inotify_init1", &[set(&file::INOTIFY_FLAGS)], NEW_FD),
    ("inotify_rm_watch", &[FD, INT], DONE),
    ("io_cancel", &[ADDRESS, structure("iocb"), structure_out("io_event")], DONE),
    ("io_destroy", &[ADDRESS], DONE),
    ("io_getevents", &[ADDRESS, LONG, LONG, structures_out("io_event"), TIMESPEC], COUNT),
    ("io_pgetevents", &[ADDRESS, LONG, LONG, structures_out("io_event"), TIMESPEC,
        structure("__aio_sigset")], COUNT),
    ("io_setup", &[UINT, WORD_OUT], DONE),
    ("io_submit", &[ADDRESS, LONG, ADDRESS], COUNT),
    ("io_uring_enter", &[FD, UINT, UINT, set(&system::RING_ENTER_FLAGS), ADDRESS, SIZE], COUNT),
    ("io_uring_register", &[FD, set(&system::RING_REGISTER_OPERATION), ADDRESS, UINT], NUMBER),
    ("io_uring_setup", &[UINT, structure_changed("io_uring_params")], NEW_FD),
    ("ioctl", &[FD, set(&file::IOCTL), chosen(1, chosen::IOCTL, &[])], NUMBER),
    ("ioperm", &[ULONG, ULONG, INT], DONE),
    ("iopl", &[UINT], DONE),
    ("ioprio_get", &[set(&process::IO_PRIORITY_WHICH), INT], named(&process::IO_PRIORITY)),
    ("ioprio_set", &[set(&process::IO_PRIORITY_WHICH), INT, set(&process::IO_PRIORITY)], DONE),
    ("kcmp", &[PID, PID, set(&process::COMPARE_TYPE), ULONG, ULONG], NUMBER),
    ("kexec_file_load", &[FD, FD, ULONG, TEXT, wide_set(&security::KEXEC_FILE_FLAGS)], DONE),
    ("kexec_load", &[ADDRESS, ULONG, ADDRESS, wide_set(&security::KEXEC_FLAGS)], DONE),
    ("keyctl", &[set(&security::KEYCTL_OPERATION), depends(0, KEYCTL_SECOND, &SPECIAL_KEY), ADDRESS, ADDRESS,
        ADDRESS], COUNT),
    ("kill", &[PID, SIGNAL], DONE),
    ("landlock_add_rule", &[FD, set(&security::LANDLOCK_RULE), ADDRESS, FLAGS], DONE),
    ("landlock_create_ruleset", &[grown("landlock_ruleset_attr", 1), SIZE,
        set(&security::LANDLOCK_CREATE_FLAGS)], NEW_FD),
    ("landlock_restrict_self", &[FD, set(&security::LANDLOCK_RESTRICT_FLAGS)], DONE),
    ("lchown", &[PATH, ID, ID], DONE),
    ("lgetxattr", &[PATH, TEXT, bytes_out(3), SIZE], COUNT),
    ("link", &[PATH, PATH], DONE),
    ("linkat", &[AT, PATH, AT, PATH, AT_FLAGS], DONE),
    ("listen", &[FD, INT], DONE),
    ("listmount", &[MOUNT_REQUEST, U64S_OUT, SIZE, set(&file::LISTMOUNT_FLAGS)], COUNT),
    ("listns", &[NAMESPACE_REQUEST, U64S_OUT, SIZE, FLAGS], COUNT),
    ("listxattr", &[PATH, bytes_out(2), SIZE], COUNT),
    ("listxattrat", &[AT, PATH, AT_FLAGS, bytes_out(4), SIZE], COUNT),
    ("llistxattr", &[PATH, bytes_out(2), SIZE], COUNT),
    ("lookup_dcookie", &[ULONG, bytes_out(2), SIZE], COUNT),
    ("lremovexattr", &[PATH, TEXT], DONE),
    ("lseek", &[FD, OFFSET, set(&file::SEEK)], COUNT),
    ("lsetxattr", &[PATH, TEXT, bytes(3), SIZE, set(&file::XATTR_FLAGS)], DONE),
    ("lsm_get_self_attr", &[set(&security::LSM_ATTRIBUTE), output(Shape::Bytes { length: POINTED_2 }),
        changed(Shape::Pointed(Scalar::Unsigned(4))), set(&security::LSM_FLAGS)], COUNT),
    ("lsm_list_modules", &[output(Shape::Array { element: UNSIGNED, count: LengthSource::Return }),
        changed(Shape::Pointed(Scalar::Unsigned(4))), FLAGS], COUNT),
    ("lsm_set_self_attr", &[set(&security::LSM_ATTRIBUTE), grown("lsm_ctx", 2), UINT, FLAGS], DONE),
    ("lstat", &[PATH, structure_out("stat")], DONE),
    ("madvise", &[ADDRESS, SIZE, set(&memory::ADVICE)], DONE),
    ("map_shadow_stack", &[ADDRESS, ULONG, set(&memory::SHADOW_STACK_FLAGS)], PLACE),
    ("mbind", &[ADDRESS, ULONG, wide_set(&memory::POLICY_MODE), mask(4), ULONG, set(&memory::POLICY_FLAGS)],
        DONE),
    ("membarrier", &[set(&process::BARRIER_COMMAND), set(&process::BARRIER_FLAGS), INT], NUMBER),
    ("memfd_create", &[TEXT, set(&file::MEMFD_FLAGS)], NEW_FD),
    ("memfd_secret", &[set(&file::MEMFD_SECRET_FLAGS)], NEW_FD),
    ("migrate_pages", &[PID, ULONG, mask(1), mask(1)], COUNT),
    ("mincore", &[ADDRESS, SIZE, ADDRESS], DONE),
    ("mkdir", &[PATH, MODE], DONE),
    ("mkdirat", &[AT, PATH, MODE], DONE),
    ("mknod", &[PATH, MODE, set(&file::DEVICE)], DONE),
    ("mknodat", &[AT, PATH, MODE, set(&file::DEVICE)], DONE),
    ("mlock", &[ADDRESS, SIZE], DONE),
    ("mlock2", &[ADDRESS, SIZE, set(&memory::LOCK_FLAGS)], DONE),
    ("mlockall", &[set(&memory::LOCK_ALL_FLAGS)], DONE),
    ("mmap", &[ADDRESS, SIZE, PROTECTION, wide_set(&memory::MAP_FLAGS), FD, SIZE], PLACE),
    ("modify_ldt", &[set(&memory::LDT_FUNCTION), ADDRESS, ULONG], NUMBER),
    ("mount", &[TEXT, PATH, TEXT, wide_set(&file::MOUNT_FLAGS), TEXT], DONE),
    ("mount_setattr", &[AT, PATH, set(&file::MOUNT_SETATTR_FLAGS), grown("mount_attr", 4), SIZE], DONE),
    ("move_mount", &[AT, PATH, AT, PATH, set(&file::MOVE_MOUNT_FLAGS)], DONE),
    ("move_pages", &[PID, ULONG, ADDRESS, ints(1), ints_out(1), set(&memory::POLICY_FLAGS)], DONE),
    ("mprotect", &[ADDRESS, SIZE, PROTECTION], DONE),
    ("mq_getsetattr", &[FD, structure("mq_attr"), structure_out("mq_attr")], DONE),
    ("mq_notify", &[FD, structure("sigevent")], DONE),
    ("mq_open", &[TEXT, set(&file::OPEN_FLAGS), MODE, structure("mq_attr")], NEW_FD),
    ("mq_timedreceive", &[FD, bytes_out(2), SIZE, UINT_OUT, TIMESPEC], COUNT),
    ("mq_timedsend", &[FD, bytes(2), SIZE, UINT, TIMESPEC], DONE),
    ("mq_unlink", &[TEXT], DONE),
    ("mremap", &[ADDRESS, SIZE, SIZE, wide_set(&memory::REMAP_FLAGS), ADDRESS], PLACE),
    ("mseal", &[ADDRESS, SIZE, ULONG], DONE),
    ("msgctl", &[INT, set(&ipc::MESSAGE_COMMAND), ADDRESS], NUMBER),
    ("msgget", &[IPC_KEY, set(&ipc::GET_FLAGS)], NUMBER),
    ("msgrcv", &[INT, output(Shape::QueueMessage { length: LengthSource::Return }), SIZE, LONG, set(&ipc::MESSAGE_FLAGS)], COUNT),
    ("msgsnd", &[INT, input(Shape::QueueMessage { length: LengthSource::Parameter(2) }), SIZE, set(&ipc::MESSAGE_FLAGS)], DONE),
    ("msync", &[ADDRESS, SIZE, set(&memory::SYNC_FLAGS)], DONE),
    ("munlock", &[ADDRESS, SIZE], DONE),
    ("munlockall", &[], DONE),
    ("munmap", &[ADDRESS, SIZE], DONE),
    ("name_to_handle_at", &[AT, PATH, structure_changed("file_handle"), INT_OUT, set(&file::HANDLE_FLAGS)],
        DONE),
    ("nanosleep", &[TIMESPEC, TIMESPEC_OUT], DONE),
    ("newfstatat", &[AT, PATH, structure_out("stat"), AT_FLAGS], DONE),
    ("open", &[PATH, set(&file::OPEN_FLAGS), MODE], NEW_FD),
    ("open_by_handle_at", &[FD, structure("file_handle"), set(&file::OPEN_FLAGS)], NEW_FD),
    ("open_tree", &[AT, PATH, set(&file::OPEN_TREE_FLAGS)], NEW_FD),
    ("open_tree_attr", &[AT, PATH, set(&file::OPEN_TREE_FLAGS), grown("mount_attr", 4), SIZE], NEW_FD),
    ("openat", &[AT, PATH, set(&file::OPEN_FLAGS), MODE], NEW_FD),
    ("openat2", &[AT, PATH, grown("open_how", 3), SIZE], NEW_FD),
    ("pause", &[], DONE),
    ("perf_event_open", &[PERF_EVENT, PID, INT, FD, wide_set(&security::PERF_FLAGS)], NEW_FD),
    ("personality", &[set(&process::PERSONALITY)], named(&process::PERSONALITY)),
    ("pidfd_getfd", &[FD, FD, FLAGS], NEW_FD),
    ("pidfd_open", &[PID, set(&process::PIDFD_OPEN_FLAGS)], NEW_FD),
    ("pidfd_send_signal", &[FD, SIGNAL, structure("siginfo"), set(&process::PIDFD_SIGNAL_FLAGS)], DONE),
    ("pipe", &[FD_PAIR_OUT], DONE),
    ("pipe2", &[FD_PAIR_OUT, set(&file::PIPE_FLAGS)], DONE),
    ("pivot_root", &[PATH, PATH], DONE),
    ("pkey_alloc", &[ULONG, wide_set(&memory::KEY_RIGHTS)], NUMBER),
    ("pkey_free", &[INT], DONE),
    ("pkey_mprotect", &[ADDRESS, SIZE, PROTECTION, INT], DONE),
    ("poll", &[POLL, UINT, INT], COUNT),
    ("ppoll", &[POLL, UINT, TIMESPEC, SIGNALS, SIZE], COUNT),
    ("prctl", &[set(&process::PRCTL_OPTION), chosen(0, chosen::PRCTL, PRCTL_ARGUMENT),
        depends(0, PRCTL_THIRD, &UNKNOWN), ADDRESS, ADDRESS], NUMBER),
    ("pread64", &[FD, bytes_out(2), SIZE, OFFSET], COUNT),
    ("preadv", &[FD, vector_out(2), ULONG, ULONG, ULONG], COUNT),
    ("preadv2", &[FD, vector_out(2), ULONG, ULONG, ULONG, set(&file::READ_WRITE_FLAGS)], COUNT),
    ("prlimit64", &[PID, set(&process::RESOURCE), structure("rlimit64"), structure_out("rlimit64")], DONE),
    ("process_madvise", &[FD, ranges(2), SIZE, set(&memory::ADVICE), FLAGS], COUNT),
    ("process_mrelease", &[FD, FLAGS], DONE),
    ("process_vm_readv", &[PID, vector_out(2), ULONG, ranges(4), ULONG, ULONG], COUNT),
    ("process_vm_writev", &[PID, vector(2), ULONG, ranges(4), ULONG, ULONG], COUNT),
    ("pselect6", &[INT, FD_SET, FD_SET, FD_SET, TIMESPEC, ADDRESS], COUNT),
    ("ptrace", &[wide_set(&process::PTRACE_REQUEST), PID, ADDRESS, depends(0, PTRACE_DATA, &UNKNOWN)], COUNT),
    ("pwrite64", &[FD, bytes(2), SIZE, OFFSET], COUNT),
    ("pwritev", &[FD, vector(2), ULONG, ULONG, ULONG], COUNT),
    ("pwritev2", &[FD, vector(2), ULONG, ULONG, ULONG, set(&file::READ_WRITE_FLAGS)], COUNT),
    ("quotactl", &[set(&file::QUOTA_COMMAND), PATH, ID, ADDRESS], DONE),
    ("quotactl_fd", &[FD, set(&file::QUOTA_COMMAND), ID, ADDRESS], DONE),
    ("read", &[FD, bytes_out(2), SIZE], COUNT),
    ("readahead", &[FD, OFFSET, SIZE], DONE),
    ("readlink", &[PATH, bytes_out(2), INT], COUNT),
    ("readlinkat", &[AT, PATH, bytes_out(3), INT], COUNT),
    ("readv", &[FD, vector_out(2), ULONG], COUNT),
    ("reboot", &[set(&system::REBOOT_MAGIC), set(&system::REBOOT_MAGIC), set(&system::REBOOT_COMMAND),
        ADDRESS], DONE),
    ("recvfrom", &[FD, bytes_out(2), SIZE, MESSAGE, socket_address_out(5), INT_INOUT], COUNT),
    ("recvmmsg", &[FD, output(Shape::Messages { count: LengthSource::Return }), UINT, MESSAGE,
        structure_changed("__kernel_timespec")], COUNT),
    ("recvmsg", &[FD, output(Shape::Message { length: Some(LengthSource::Return) }), MESSAGE], COUNT),
    ("remap_file_pages", &[ADDRESS, ULONG, PROTECTION, ULONG, wide_set(&memory::MAP_FLAGS)], DONE),
    ("removexattr", &[PATH, TEXT], DONE),
    ("removexattrat", &[AT, PATH, AT_FLAGS, TEXT], DONE),
    ("rename", &[PATH, PATH], DONE),
    ("renameat", &[AT, PATH, AT, PATH], DONE),
    ("renameat2", &[AT, PATH, AT, PATH, set(&file::RENAME_FLAGS)], DONE),
    ("request_key", &[TEXT, TEXT, TEXT, KEY], SPECIAL_KEY),
    ("restart_syscall", &[], DONE),
    ("rmdir", &[PATH], DONE),
    ("rseq", &[grown("rseq", 1), UINT, set(&process::RSEQ_FLAGS), set(&system::HEXADECIMAL)], DONE),
    ("rseq_slice_yield", &[], DONE),
    ("rt_sigaction", &[SIGNAL, structure("sigaction"), structure_out("sigaction"), SIZE], DONE),
    ("rt_sigpending", &[SIGNALS_OUT, SIZE], DONE),
    ("rt_sigprocmask", &[set(&process::SIGNAL_MASK_HOW), SIGNALS, SIGNALS_OUT, SIZE], DONE),
    ("rt_sigqueueinfo", &[PID, SIGNAL, structure("siginfo")], DONE),
    ("rt_sigreturn", &[], DONE),
    ("rt_sigsuspend", &[SIGNALS, SIZE], DONE),
    ("rt_sigtimedwait", &[SIGNALS, structure_out("siginfo"), TIMESPEC, SIZE], named(&process::SIGNAL)),
    ("rt_tgsigqueueinfo", &[PID, PID, SIGNAL, structure("siginfo")], DONE),
    ("sched_get_priority_max", &[set(&process::SCHEDULER_POLICY)], NUMBER),
    ("sched_get_priority_min", &[set(&process::SCHEDULER_POLICY)], NUMBER),
    ("sched_getaffinity", &[PID, UINT, CPU_MASK_OUT], COUNT),
    ("sched_getattr", &[PID, grown_out("sched_attr", 2), UINT, FLAGS], DONE),
    ("sched_getparam", &[PID, structure_out("sched_param")], DONE),
    ("sched_getscheduler", &[PID], named(&process::SCHEDULER_POLICY)),
    ("sched_rr_get_interval", &[PID, TIMESPEC_OUT], DONE),
    ("sched_setaffinity", &[PID, UINT, CPU_MASK], DONE),
    ("sched_setattr", &[PID, SCHEDULING, FLAGS], DONE),
    ("sched_setparam", &[PID, structure("sched_param")], DONE),
    ("sched_setscheduler", &[PID, set(&process::SCHEDULER_POLICY), structure("sched_param")], DONE),
    ("sched_yield", &[], DONE),
    ("seccomp", &[set(&security::SECCOMP_OPERATION), set(&security::SECCOMP_FLAGS), ADDRESS], NUMBER),
    ("select", &[INT, FD_SET, FD_SET, FD_SET, structure_changed("__kernel_old_timeval")], COUNT),
    ("semctl", &[INT, INT, set(&ipc::SEMAPHORE_COMMAND), ADDRESS], NUMBER),
    ("semget", &[IPC_KEY, INT, set(&ipc::GET_FLAGS)], NUMBER),
    ("semop", &[INT, structures("sembuf", 2), UINT], DONE),
    ("semtimedop", &[INT, structures("sembuf", 2), UINT, TIMESPEC], DONE),
    ("sendfile", &[FD, FD, OFFSET_INOUT, SIZE], COUNT),
    ("sendmmsg", &[FD, input(Shape::Messages { count: LengthSource::Parameter(2) }), UINT, MESSAGE], COUNT),
    ("sendmsg", &[FD, input(Shape::Message { length: None }), MESSAGE], COUNT),
    ("sendto", &[FD, bytes(2), SIZE, MESSAGE, socket_address(5), INT], COUNT),
    ("set_mempolicy", &[set(&memory::POLICY_MODE), mask(2), ULONG], DONE),
    ("set_mempolicy_home_node", &[ADDRESS, ULONG, ULONG, ULONG], DONE),
    ("set_robust_list", &[structure("robust_list_head"), SIZE], DONE),
    ("set_tid_address", &[ADDRESS], NUMBER),
    ("setdomainname", &[bytes(1), INT], DONE),
    ("setfsgid", &[ID], OWNER),
    ("setfsuid", &[ID], OWNER),
    ("setgid", &[ID], DONE),
    ("setgroups", &[INT, input(Shape::Array { element: OWNER, count: LengthSource::Parameter(0) })], DONE),
    ("sethostname", &[bytes(1), INT], DONE),
    ("setitimer", &[set(&time::INTERVAL_TIMER), structure("__kernel_old_itimerval"),
        structure_out("__kernel_old_itimerval")], DONE),
    ("setns", &[FD, set(&process::NAMESPACE_FLAGS)], DONE),
    ("setpgid", &[PID, PID], DONE),
    ("setpriority", &[set(&process::PRIORITY_WHICH), INT, INT], DONE),
    ("setregid", &[ID, ID], DONE),
    ("setresgid", &[ID, ID, ID], DONE),
    ("setresuid", &[ID, ID, ID], DONE),
    ("setreuid", &[ID, ID], DONE),
    ("setrlimit", &[set(&process::RESOURCE), LIMIT], DONE),
    ("setsid", &[], NUMBER),
    ("setsockopt", &[FD, set(&network::OPTION_LEVEL), depends(1, SOCKET_OPTION, &SIGNED), bytes(4), INT],
        DONE),
    ("settimeofday", &[structure("__kernel_old_timeval"), structure("timezone")], DONE),
    ("setuid", &[ID], DONE),
    ("setxattr", &[PATH, TEXT, bytes(3), SIZE, set(&file::XATTR_FLAGS)], DONE),
    ("setxattrat", &[AT, PATH, AT_FLAGS, TEXT, grown("xattr_args", 5), SIZE], DONE),
    ("shmat", &[INT, ADDRESS, set(&ipc::SHARED_MEMORY_ATTACH_FLAGS)], PLACE),
    ("shmctl", &[INT, set(&ipc::SHARED_MEMORY_COMMAND), ADDRESS], NUMBER),
    ("shmdt", &[ADDRESS], DONE),
    ("shmget", &[IPC_KEY, SIZE, set(&ipc::SHARED_MEMORY_GET_FLAGS)], NUMBER),
    ("shutdown", &[FD, set(&network::SHUTDOWN_HOW)], DONE),
    ("sigaltstack", &[structure("sigaltstack"), structure_out("sigaltstack")], DONE),
    ("signalfd", &[FD, SIGNALS, SIZE], NEW_FD),
    ("signalfd4", &[FD, SIGNALS, SIZE, set(&file::SIGNALFD_FLAGS)], NEW_FD),
    ("socket", &[set(&network::FAMILY), set(&network::SOCKET_TYPE), depends(0, PROTOCOL, &SIGNED)], NEW_FD),
    ("socketpair", &[set(&network::FAMILY), set(&network::SOCKET_TYPE), depends(0, PROTOCOL, &SIGNED),
        FD_PAIR_OUT], DONE),
    ("splice", &[FD, OFFSET_INOUT, FD, OFFSET_INOUT, SIZE, SPLICE], COUNT),
    ("stat", &[PATH, structure_out("stat")], DONE),
    ("statfs", &[PATH, structure_out("statfs")], DONE),
    ("statmount", &[MOUNT_REQUEST, grown_out("statmount", 2), SIZE, set(&file::STATMOUNT_FLAGS)], DONE),
    ("statx", &[AT, PATH, AT_FLAGS, set(&file::STATX_MASK), structure_out("statx")], DONE),
    ("swapoff", &[PATH], DONE),
    ("swapon", &[PATH, set(&file::SWAP_FLAGS)], DONE),
    ("symlink", &[PATH, PATH], DONE),
    ("symlinkat", &[PATH, AT, PATH], DONE),
    ("sync", &[], DONE),
    ("sync_file_range", &[FD, OFFSET, OFFSET, set(&file::SYNC_RANGE_FLAGS)], DONE),
    ("syncfs", &[FD], DONE),
    ("sysfs", &[INT, ULONG, ULONG], NUMBER),
    ("sysinfo", &[structure_out("sysinfo")], DONE),
    ("syslog", &[set(&system::SYSLOG_ACTION), ADDRESS, INT], COUNT),
    ("tee", &[FD, FD, SIZE, SPLICE], COUNT),
    ("tgkill", &[PID, PID, SIGNAL], DONE),
    ("time", &[output(Shape::Pointed(Scalar::Signed(8)))], COUNT),
    ("timer_create", &[CLOCK, structure("sigevent"), INT_OUT], DONE),
    ("timer_delete", &[INT], DONE),
    ("timer_getoverrun", &[INT], NUMBER),
    ("timer_gettime", &[INT, structure_out("__kernel_itimerspec")], DONE),
    ("timer_settime", &[INT, set(&time::TIMER_FLAGS), structure("__kernel_itimerspec"),
        structure_out("__kernel_itimerspec")], DONE),
    ("timerfd_create", &[CLOCK, set(&time::TIMERFD_FLAGS)], NEW_FD),
    ("timerfd_gettime", &[FD, structure_out("__kernel_itimerspec")], DONE),
    ("timerfd_settime", &[FD, set(&time::TIMERFD_SET_FLAGS), structure("__kernel_itimerspec"),
        structure_out("__kernel_itimerspec")], DONE),
    ("times", &[structure_out("tms")], COUNT),
    ("tkill", &[PID, SIGNAL], DONE),
    ("truncate", &[PATH, OFFSET], DONE),
    ("umask", &[set(&file::MODE)], named(&file::MODE)),
    ("umount2", &[PATH, set(&file::UNMOUNT_FLAGS)], DONE),
    ("uname", &[structure_out("new_utsname")], DONE),
    ("unlink", &[PATH], DONE),
    ("unlinkat", &[AT, PATH, set(&file::UNLINK_FLAGS)], DONE),
    ("unshare", &[wide_set(&process::NAMESPACE_FLAGS)], DONE),
    ("uprobe", &[], COUNT),
    ("uretprobe", &[], COUNT),
    ("userfaultfd", &[set(&memory::USERFAULT_FLAGS)], NEW_FD),
    ("ustat", &[set(&file::DEVICE), structure_out("ustat")], DONE),
    ("utime", &[PATH, structure("utimbuf")], DONE),
    ("utimensat", &[AT, PATH, PAIR_OF_TIMES, AT_FLAGS], DONE),
    ("utimes", &[PATH, PAIR_OF_OLD_TIMES], DONE),
    ("vfork", &[], NUMBER),
    ("vhangup", &[], DONE),
    ("vmsplice", &[FD, vector(2), ULONG, SPLICE], COUNT),
    ("wait4", &[PID, WAIT_STATUS_OUT, set(&process::WAIT_OPTIONS), structure_out("rusage")], NUMBER),
    ("waitid", &[set(&process::WAIT_WHICH), PID, structure_out("siginfo"), set(&process::WAIT_OPTIONS),
        structure_out("rusage")], DONE),
    ("write", &[FD, bytes(2), SIZE], COUNT),
    ("writev", &[FD, vector(2), ULONG], COUNT),
];

/// Structures that hold their own size: `perf_event_attr` as second member, the others as first.
const PERF_EVENT: Parameter = holding_size("perf_event_attr", 0, 4);
const SCHEDULING: Parameter = holding_size("sched_attr", 1, 0);
const MOUNT_REQUEST: Parameter = holding_size("mnt_id_req", 0, 0);
const NAMESPACE_REQUEST: Parameter = holding_size("ns_id_req", 0, 0);

const CAPABILITIES: Parameter =
    input(Shape::Structures { name: "__user_cap_data_struct", count: LengthSource::Constant(2) });
const CAPABILITIES_OUT: Parameter =
    output(Shape::Structures { name: "__user_cap_data_struct", count: LengthSource::Constant(2) });
const FUTEX_PAIR: Parameter =
    input(Shape::Structures { name: "futex_waitv", count: LengthSource::Constant(2) });
const U64S_OUT: Parameter = output(Shape::Array { element: UNSIGNED, count: LengthSource::Return });
const POINTED_2: LengthSource = LengthSource::Pointed { parameter: 2, offset: 0, bytes: 4 };

/// A number or the address of what the parameter at `on` says.
const fn chosen(on: u8, cases: &'static Cases, numbers: &'static [(u32, Scalar)]) -> Parameter {
    let otherwise = Scalar::Depends { on, mask: u32::MAX, cases: numbers, otherwise: &UNKNOWN };
    input(Shape::Chosen { on, cases, otherwise })
}

const fn ints(count: u8) -> Parameter {
    input(Shape::Array { element: SIGNED, count: LengthSource::Parameter(count) })
}

const fn ints_out(count: u8) -> Parameter {
    output(Shape::Array { element: SIGNED, count: LengthSource::Parameter(count) })
}

/// Addresses and lengths of memory that is not the caller's, or not read: the content is no concern.
const fn ranges(count: u8) -> Parameter {
    structures("iovec", count)
}
