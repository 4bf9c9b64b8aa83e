//! Symbolic forms, row by row.
use super::*;

fn check(set: &Set, value: u64, expected: &str) {
    assert_eq!(text(set, value), expected, "{set:?} {value:#x}");
}

#[test]
fn flags_are_fields_then_combinations_then_bits_then_the_rest() {
    check(&file::OPEN_FLAGS, 0, "O_RDONLY");
    check(&file::OPEN_FLAGS, 0o2_000_000, "O_RDONLY|O_CLOEXEC");
    check(&file::OPEN_FLAGS, 0o1101, "O_WRONLY|O_CREAT|O_TRUNC");
    check(&file::OPEN_FLAGS, 0o4_010_002, "O_RDWR|O_SYNC");
    check(&file::OPEN_FLAGS, 0o10_002, "O_RDWR|O_DSYNC");
    check(&file::OPEN_FLAGS, 0o20_200_002, "O_RDWR|O_TMPFILE");
    check(&file::OPEN_FLAGS, 0o200_000, "O_RDONLY|O_DIRECTORY");
    check(&file::OPEN_FLAGS, 0x8000_0003, "O_ACCMODE|0x80000000");
    check(&memory::PROTECTION, 0, "PROT_NONE");
    check(&memory::PROTECTION, 3, "PROT_READ|PROT_WRITE");
    check(&memory::PROTECTION, 0x4000_0001, "PROT_READ|0x40000000");
    check(&memory::MAP_FLAGS, 0x22, "MAP_PRIVATE|MAP_ANONYMOUS");
    check(&memory::MAP_FLAGS, 0x20, "MAP_ANONYMOUS");
    check(&memory::MAP_FLAGS, 0x5404_0022, "MAP_PRIVATE|MAP_HUGE_2MB|MAP_ANONYMOUS|MAP_HUGETLB");
    check(&file::ACCESS_MODE, 0, "F_OK");
    check(&file::ACCESS_MODE, 5, "X_OK|R_OK");
    check(&file::MOUNT_FLAGS, 0xc0ed_1000, "MS_MGC_VAL|MS_BIND");
    check(&file::STATX_MASK, 0x7ff, "STATX_BASIC_STATS");
    check(&file::STATX_MASK, 0xfff, "STATX_ALL");
    check(&ipc::GET_FLAGS, 0o3600, "IPC_CREAT|IPC_EXCL|0600");
    check(&ipc::GET_FLAGS, 0, "0");
    check(&ipc::SEMAPHORE_FLAGS, 0x1800, "IPC_NOWAIT|SEM_UNDO");
    check(&file::STATX_ATTRIBUTES, 0x2010, "STATX_ATTR_IMMUTABLE|STATX_ATTR_MOUNT_ROOT");
    check(&file::STATFS_FLAGS, 0x1020, "ST_VALID|ST_RELATIME");
    check(&process::SIGNAL_STACK_FLAGS, 0x8000_0002, "SS_DISABLE|SS_AUTODISARM");
    check(&file::RENAME_FLAGS, 0, "0");
    check(&file::RENAME_FLAGS, 3, "RENAME_NOREPLACE|RENAME_EXCHANGE");
    check(
        &file::CLOSE_RANGE_FLAGS,
        u64::from(u32::MAX),
        "CLOSE_RANGE_UNSHARE|CLOSE_RANGE_CLOEXEC|0xfffffff9",
    );
    check(&file::FANOTIFY_MARK_FLAGS, 0x101, "FAN_MARK_FILESYSTEM|FAN_MARK_ADD");
    check(&process::CLONE_FLAGS, 0x11, "SIGCHLD");
    check(&process::CLONE_FLAGS, 0x311, "CLONE_VM|CLONE_FS|SIGCHLD");
    check(&process::CLONE_FLAGS, 0x1_0000_0000, "0x100000000");
    check(&process::CLONE3_FLAGS, 0x2_0000_0080, "CLONE_NEWTIME|CLONE_INTO_CGROUP");
    check(&process::FUTEX_OPERATION, 0x81, "FUTEX_WAKE|FUTEX_PRIVATE_FLAG");
    check(&process::FUTEX_OPERATION, 0x189, "FUTEX_WAIT_BITSET|FUTEX_PRIVATE_FLAG|FUTEX_CLOCK_REALTIME");
    check(&process::PERSONALITY, 0xffff_ffff, "QUERY");
    check(&process::PERSONALITY, 0x004_0008, "PER_LINUX32|ADDR_NO_RANDOMIZE");
    check(&network::SOCKET_TYPE, 0x8_0801, "SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC");
    check(&network::MESSAGE_FLAGS, 0x4040, "MSG_DONTWAIT|MSG_NOSIGNAL");
    check(
        &system::RING_REGISTER_OPERATION,
        0x8000_0001,
        "IORING_UNREGISTER_BUFFERS|IORING_REGISTER_USE_REGISTERED_RING",
    );
    check(&security::KEXEC_FLAGS, 0x3e_0001, "KEXEC_ARCH_X86_64|KEXEC_ON_CRASH");
}

#[test]
fn enumerations_are_names_or_hexadecimal() {
    check(&file::SEEK, 2, "SEEK_END");
    check(&file::SEEK, 9, "9");
    check(&file::FILE_SYSTEM, 0xef53, "EXT4_SUPER_MAGIC");
    check(&file::FILE_SYSTEM, 0x6573_5546, "FUSE_SUPER_MAGIC");
    check(&process::NOTIFICATION, 4, "SIGEV_THREAD_ID");
    check(&process::NOTIFICATION, 3, "3");
    check(&file::SEEK, 77, "0x4d");
    check(&file::FCNTL_COMMAND, 1030, "F_DUPFD_CLOEXEC");
    check(&memory::ADVICE, 8, "MADV_FREE");
    check(&network::FAMILY, 10, "AF_INET6");
    check(&network::FAMILY, u64::MAX, "0xffffffffffffffff");
    check(&network::INTERNET_PROTOCOL, 6, "IPPROTO_TCP");
    check(&network::INTERNET_PROTOCOL, 262, "IPPROTO_MPTCP");
    check(&network::OPTION_LEVEL, 1, "SOL_SOCKET");
    check(&network::SOCKET_OPTION, 2, "SO_REUSEADDR");
    check(&network::TCP_OPTION, 1, "TCP_NODELAY");
    check(&network::IPV6_OPTION, 26, "IPV6_V6ONLY");
    check(&process::PRCTL_OPTION, 15, "PR_SET_NAME");
    check(&process::PRCTL_OPTION, 0x5365_6341, "0x53656341");
    check(&process::PRCTL_OPTION, 0x5356_4d41, "PR_SET_VMA");
    check(&process::PTRACE_REQUEST, 16, "PTRACE_ATTACH");
    check(&process::PTRACE_REQUEST, 0x4206, "PTRACE_SEIZE");
    check(&process::ARCH_OPTION, 0x1002, "ARCH_SET_FS");
    check(&process::USAGE_WHO, 0xffff_ffff, "RUSAGE_CHILDREN");
    check(&process::RESOURCE, 7, "RLIMIT_NOFILE");
    check(&security::BPF_COMMAND, 5, "BPF_PROG_LOAD");
    check(&security::CAPABILITY, 21, "CAP_SYS_ADMIN");
    check(&security::KEYCTL_OPERATION, 11, "KEYCTL_READ");
    check(&system::REBOOT_MAGIC, 0xfee1_dead, "LINUX_REBOOT_MAGIC1");
    check(&system::REBOOT_COMMAND, 0x0123_4567, "LINUX_REBOOT_CMD_RESTART");
    check(&ipc::SHARED_MEMORY_COMMAND, 0, "IPC_RMID");
    check(&network::SOCKETCALL, 3, "SYS_CONNECT");
}

#[test]
fn some_numbers_have_a_syntax_of_their_own() {
    check(&file::MODE, 0o755, "0755");
    check(&file::MODE, 0, "0");
    check(&file::MODE, 0o7, "07");
    check(&file::MODE, 0o1777, "01777");
    check(&file::MODE, 0o020_600, "S_IFCHR|0600");
    check(&file::DEVICE, 0x0801, "8:1");
    check(&file::DEVICE, 0x1234_5678, "1110:74616");
    check(&process::ID, 1000, "1000");
    check(&process::ID, 0xffff_ffff, "-1");
    check(&process::SIGNAL, 9, "SIGKILL");
    check(&process::SIGNAL, 31, "SIGSYS");
    check(&process::SIGNAL, 32, "SIGRT_0");
    check(&process::SIGNAL, 64, "SIGRT_32");
    check(&process::SIGNAL, 0, "0");
    check(&process::SIGNAL, 65, "65");
    check(&process::SIGNAL_SET, 0, "[]");
    check(&process::SIGNAL_SET, 0x4002, "[SIGINT SIGTERM]");
    check(&process::SIGNAL_SET, u64::MAX, "~[]");
    check(&process::SIGNAL_SET, !0x100, "~[SIGKILL]");
    check(&process::WAIT_STATUS, 0, "exited(0)");
    check(&process::WAIT_STATUS, 0x100, "exited(1)");
    check(&process::WAIT_STATUS, 9, "killed(SIGKILL)");
    check(&process::WAIT_STATUS, 0x8b, "killed(SIGSEGV, core)");
    check(&process::WAIT_STATUS, 0x137f, "stopped(SIGSTOP)");
    check(&process::WAIT_STATUS, 0x4_057f, "stopped(SIGTRAP, event)");
    check(&process::WAIT_STATUS, 0xffff, "continued");
    check(&process::IO_PRIORITY, 0x4004, "IOPRIO_CLASS_BE:4");
    check(&process::IO_PRIORITY, 0x400c, "IOPRIO_CLASS_BE:4:hint 1");
    check(&process::IO_PRIORITY, 0xffff_ffff, "0xffffffff");
    check(&time::CLOCK, 1, "CLOCK_MONOTONIC");
    check(&time::CLOCK, 11, "CLOCK_TAI");
    check(&time::CLOCK, 12, "12");
    // ~42 << 3 | CPUCLOCK_SCHED, and the same with CPUCLOCK_PERTHREAD_MASK and with CLOCKFD.
    check(&time::CLOCK, 0xffff_feaa, "cpu_clock(pid 42, sched)");
    check(&time::CLOCK, 0xffff_feae, "cpu_clock(tid 42, sched)");
    check(&time::CLOCK, 0xffff_feab, "clock_of_fd(42)");
    check(&time::CLOCK, 0xffff_ffff, "-1");
    check(&time::NANOSECONDS, 999_999_999, "999999999");
    check(&time::NANOSECONDS, 0x3fff_ffff, "UTIME_NOW");
    check(&time::NANOSECONDS, 0x3fff_fffe, "UTIME_OMIT");
    check(&file::IOCTL, 0x5401, "TCGETS");
    check(&file::IOCTL, 0x541b, "FIONREAD");
    check(&file::IOCTL, 0x8912, "SIOCGIFCONF");
    check(&file::IOCTL, 0x4004_5431, "TIOCSPTLCK");
    check(&file::IOCTL, 0x4004_9409, "FICLONE");
    check(&file::IOCTL, 0xc010_7a01, "_IOWR(0x7a,0x1,16)");
    check(&file::IOCTL, 0x7a05, "_IO(0x7a,0x5)");
    check(&file::QUOTA_COMMAND, 0x8000_0700, "Q_GETQUOTA(USRQUOTA)");
    check(&file::QUOTA_COMMAND, 0x0058_0301, "Q_XGETQUOTA(GRPQUOTA)");
    check(&file::QUOTA_COMMAND, 0x0058_ff07, "0x58ff(7)");
    check(&security::KEY, 0xffff_fffd, "KEY_SPEC_SESSION_KEYRING");
    check(&security::KEY, 0x1234, "4660");
    check(&system::HEXADECIMAL, 0x5305_3053, "0x53053053");
}

#[test]
fn writing_appends_and_separators_start_afresh() {
    let mut out = String::from("prot=");
    write(&memory::PROTECTION, 5, &mut out);
    out.push_str(", ");
    write(&memory::PROTECTION, 0, &mut out);
    assert_eq!(out, "prot=PROT_READ|PROT_EXEC, PROT_NONE");
}

#[test]
fn no_value_of_any_set_is_empty_or_fails() {
    let values = (0..64).flat_map(|bit| [1_u64 << bit, !(1 << bit)]).chain(0..1024).chain([u64::MAX]);
    for value in values {
        for set in every_set() {
            assert!(!text(set, value).is_empty(), "{set:?} {value:#x}");
        }
    }
}

#[test]
fn tables_are_in_the_order_that_look_up_needs() {
    for set in every_set() {
        match &set.form {
            Form::Values(names) => ascending(names, set),
            Form::Flags(flags) => {
                flags.fields.iter().chain(&flags.last).for_each(|field| ascending(&field.names, set));
                combinations_first(flags, set);
            }
            Form::Printer(_) => (),
        }
    }
    assert!(ioctl::are_ascending());
}

fn ascending(names: &Names, set: &Set) {
    if let Names::Sparse(pairs) = names {
        assert!(pairs.is_sorted_by(|low, high| low.0 < high.0), "{set:?}");
    }
}

/// A name whose bits are part of an earlier name's is fine; one that contains an earlier name's never gets a
/// turn.
fn combinations_first(flags: &Flags, set: &Set) {
    for (place, (mask, name)) in flags.masks.iter().enumerate() {
        assert_ne!(*mask, 0, "{set:?} {name}");
        assert!(flags.masks[..place].iter().all(|(earlier, _)| mask & earlier != *earlier), "{set:?} {name}");
    }
}

/// All sets that a parameter, a result or a member of a structure has.
fn every_set() -> impl Iterator<Item = &'static Set> {
    crate::syscall::shape::every_set().into_iter()
}
