//! Names for calls on files, directories and descriptors. Each set names the header with its values.

use super::{Field, Flags, Names, Printer, Set};

/// Permission bits and file type of a file.
pub static MODE: Set = Set::printer("mode", Printer::Mode);

/// Device number of 32 bits.
pub static DEVICE: Set = Set::printer("device", Printer::Device);

/// `open`, `openat`, `F_SETFL`: `asm-generic/fcntl.h`.
pub static OPEN_FLAGS: Set = Set::flags("open_flags", Flags {
    fields: &[Field { mask: 3, names: Names::Dense(&[
        "O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE",
    ]) }],
    masks: &[
        (0x10_1000, "O_SYNC"), (0x41_0000, "O_TMPFILE"), (0x40, "O_CREAT"), (0x80, "O_EXCL"),
        (0x100, "O_NOCTTY"), (0x200, "O_TRUNC"), (0x400, "O_APPEND"), (0x800, "O_NONBLOCK"),
        (0x1000, "O_DSYNC"), (0x2000, "FASYNC"), (0x4000, "O_DIRECT"), (0x8000, "O_LARGEFILE"),
        (0x1_0000, "O_DIRECTORY"), (0x2_0000, "O_NOFOLLOW"), (0x4_0000, "O_NOATIME"), (0x8_0000, "O_CLOEXEC"),
        (0x10_0000, "__O_SYNC"), (0x20_0000, "O_PATH"), (0x40_0000, "__O_TMPFILE"),
    ],
    ..Flags::NONE
});

/// `eventfd2`: `linux/eventfd.h`.
pub static EVENTFD_FLAGS: Set = Set::flags("eventfd_flags", Flags {
    masks: &[(1, "EFD_SEMAPHORE"), (0x800, "EFD_NONBLOCK"), (0x8_0000, "EFD_CLOEXEC")],
    ..Flags::NONE
});

/// `pipe2`.
pub static PIPE_FLAGS: Set = Set::flags("pipe_flags", Flags {
    masks: &[(0x80, "O_EXCL"), (0x800, "O_NONBLOCK"), (0x4000, "O_DIRECT"), (0x8_0000, "O_CLOEXEC")],
    ..Flags::NONE
});

/// `resolve` of `struct open_how`: `linux/openat2.h`.
pub static RESOLVE_FLAGS: Set = Set::flags("resolve_flags", Flags {
    masks: &[
        (1, "RESOLVE_NO_XDEV"), (2, "RESOLVE_NO_MAGICLINKS"), (4, "RESOLVE_NO_SYMLINKS"),
        (8, "RESOLVE_BENEATH"), (0x10, "RESOLVE_IN_ROOT"), (0x20, "RESOLVE_CACHED"),
    ],
    ..Flags::NONE
});

/// `access`, `faccessat2`.
pub static ACCESS_MODE: Set = Set::flags("access_mode", Flags {
    zero: "F_OK",
    masks: &[(1, "X_OK"), (2, "W_OK"), (4, "R_OK")],
    ..Flags::NONE
});

/// Flags of path calls without flags of their own: `linux/fcntl.h`.
pub static AT_FLAGS: Set = Set::flags("at_flags", Flags {
    fields: &[Field { mask: 0x6000, names: Names::Sparse(&[
        (0x2000, "AT_STATX_FORCE_SYNC"), (0x4000, "AT_STATX_DONT_SYNC"),
    ]) }],
    masks: &[
        (0x100, "AT_SYMLINK_NOFOLLOW"), (0x400, "AT_SYMLINK_FOLLOW"), (0x800, "AT_NO_AUTOMOUNT"),
        (0x1000, "AT_EMPTY_PATH"), (0x8000, "AT_RECURSIVE"),
    ],
    ..Flags::NONE
});

/// `faccessat2`.
pub static ACCESS_FLAGS: Set = Set::flags("access_flags", Flags {
    masks: &[(0x100, "AT_SYMLINK_NOFOLLOW"), (0x200, "AT_EACCESS"), (0x1000, "AT_EMPTY_PATH")],
    ..Flags::NONE
});

/// `unlinkat`.
pub static UNLINK_FLAGS: Set = Set::flags("unlink_flags", Flags {
    masks: &[(0x200, "AT_REMOVEDIR")],
    ..Flags::NONE
});

/// `execveat`.
pub static EXEC_FLAGS: Set = Set::flags("exec_flags", Flags {
    masks: &[(0x100, "AT_SYMLINK_NOFOLLOW"), (0x1000, "AT_EMPTY_PATH"), (0x1_0000, "AT_EXECVE_CHECK")],
    ..Flags::NONE
});

/// `name_to_handle_at`.
pub static HANDLE_FLAGS: Set = Set::flags("handle_flags", Flags {
    masks: &[
        (1, "AT_HANDLE_MNT_ID_UNIQUE"), (2, "AT_HANDLE_CONNECTABLE"), (0x200, "AT_HANDLE_FID"),
        (0x400, "AT_SYMLINK_FOLLOW"), (0x1000, "AT_EMPTY_PATH"),
    ],
    ..Flags::NONE
});

/// `renameat2`: `linux/fs.h`.
pub static RENAME_FLAGS: Set = Set::flags("rename_flags", Flags {
    masks: &[(1, "RENAME_NOREPLACE"), (2, "RENAME_EXCHANGE"), (4, "RENAME_WHITEOUT")],
    ..Flags::NONE
});

/// `mask` of `statx`: `linux/stat.h`.
pub static STATX_MASK: Set = Set::flags("statx_mask", Flags {
    masks: &[
        (0xfff, "STATX_ALL"), (0x7ff, "STATX_BASIC_STATS"), (1, "STATX_TYPE"), (2, "STATX_MODE"),
        (4, "STATX_NLINK"), (8, "STATX_UID"), (0x10, "STATX_GID"), (0x20, "STATX_ATIME"),
        (0x40, "STATX_MTIME"), (0x80, "STATX_CTIME"), (0x100, "STATX_INO"), (0x200, "STATX_SIZE"),
        (0x400, "STATX_BLOCKS"), (0x800, "STATX_BTIME"), (0x1000, "STATX_MNT_ID"), (0x2000, "STATX_DIOALIGN"),
        (0x4000, "STATX_MNT_ID_UNIQUE"), (0x8000, "STATX_SUBVOL"), (0x1_0000, "STATX_WRITE_ATOMIC"),
        (0x2_0000, "STATX_DIO_READ_ALIGN"), (0x8000_0000, "STATX__RESERVED"),
    ],
    ..Flags::NONE
});

/// `stx_attributes` of `struct statx`: `linux/stat.h`.
pub static STATX_ATTRIBUTES: Set = Set::flags("statx_attributes", Flags {
    masks: &[
        (4, "STATX_ATTR_COMPRESSED"), (0x10, "STATX_ATTR_IMMUTABLE"), (0x20, "STATX_ATTR_APPEND"),
        (0x40, "STATX_ATTR_NODUMP"), (0x800, "STATX_ATTR_ENCRYPTED"), (0x1000, "STATX_ATTR_AUTOMOUNT"),
        (0x2000, "STATX_ATTR_MOUNT_ROOT"), (0x10_0000, "STATX_ATTR_VERITY"), (0x20_0000, "STATX_ATTR_DAX"),
        (0x40_0000, "STATX_ATTR_WRITE_ATOMIC"),
    ],
    ..Flags::NONE
});

/// `f_flags` of `struct statfs`: `linux/statfs.h`.
pub static STATFS_FLAGS: Set = Set::flags("statfs_flags", Flags {
    masks: &[
        (1, "ST_RDONLY"), (2, "ST_NOSUID"), (4, "ST_NODEV"), (8, "ST_NOEXEC"), (0x10, "ST_SYNCHRONOUS"),
        (0x20, "ST_VALID"), (0x40, "ST_MANDLOCK"), (0x400, "ST_NOATIME"), (0x800, "ST_NODIRATIME"),
        (0x1000, "ST_RELATIME"), (0x2000, "ST_NOSYMFOLLOW"),
    ],
    ..Flags::NONE
});

/// `f_type` of `struct statfs`: `linux/magic.h`.
pub static FILE_SYSTEM: Set = Set::values("file_system", Names::Sparse(&[
    (0x187, "AUTOFS_SUPER_MAGIC"), (0x1cd1, "DEVPTS_SUPER_MAGIC"), (0x4d44, "MSDOS_SUPER_MAGIC"),
    (0x6969, "NFS_SUPER_MAGIC"), (0x9660, "ISOFS_SUPER_MAGIC"), (0x9fa0, "PROC_SUPER_MAGIC"),
    (0xef53, "EXT4_SUPER_MAGIC"), (0x27_e0eb, "CGROUP_SUPER_MAGIC"), (0x102_1994, "TMPFS_MAGIC"),
    (0x102_1997, "V9FS_MAGIC"), (0x904_1934, "ANON_INODE_FS_MAGIC"), (0x5049_5045, "PIPEFS_MAGIC"),
    (0x5346_544e, "NTFS_SB_MAGIC"), (0x534f_434b, "SOCKFS_MAGIC"), (0x5846_5342, "XFS_SUPER_MAGIC"),
    (0x6165_676c, "PSTOREFS_MAGIC"), (0x6265_6572, "SYSFS_MAGIC"), (0x6367_7270, "CGROUP2_SUPER_MAGIC"),
    (0x6462_6720, "DEBUGFS_MAGIC"), (0x6573_5546, "FUSE_SUPER_MAGIC"), (0x6e73_6673, "NSFS_MAGIC"),
    (0x7363_6673, "SECURITYFS_MAGIC"), (0x7371_7368, "SQUASHFS_MAGIC"), (0x7472_6163, "TRACEFS_MAGIC"),
    (0x794c_7630, "OVERLAYFS_SUPER_MAGIC"), (0x9123_683e, "BTRFS_SUPER_MAGIC"),
    (0x9584_58f6, "HUGETLBFS_MAGIC"), (0xcafe_4a11, "BPF_FS_MAGIC"), (0xde5e_81e4, "EFIVARFS_MAGIC"),
    (0xf2f5_2010, "F2FS_SUPER_MAGIC"), (0xf97c_ff8c, "SELINUX_MAGIC"), (0xff53_4d42, "CIFS_SUPER_MAGIC"),
]));

/// `lseek`: `linux/fs.h`.
pub static SEEK: Set = Set::values("seek", Names::Dense(&[
    "SEEK_SET", "SEEK_CUR", "SEEK_END", "SEEK_DATA", "SEEK_HOLE",
]));

/// `fallocate`: `linux/falloc.h`.
pub static FALLOCATE_MODE: Set = Set::flags("fallocate_mode", Flags {
    masks: &[
        (1, "FALLOC_FL_KEEP_SIZE"), (2, "FALLOC_FL_PUNCH_HOLE"), (4, "FALLOC_FL_NO_HIDE_STALE"),
        (8, "FALLOC_FL_COLLAPSE_RANGE"), (0x10, "FALLOC_FL_ZERO_RANGE"), (0x20, "FALLOC_FL_INSERT_RANGE"),
        (0x40, "FALLOC_FL_UNSHARE_RANGE"), (0x80, "FALLOC_FL_WRITE_ZEROES"),
    ],
    ..Flags::NONE
});

/// `posix_fadvise`: `linux/fadvise.h`.
pub static FILE_ADVICE: Set = Set::values("file_advice", Names::Dense(&[
    "POSIX_FADV_NORMAL", "POSIX_FADV_RANDOM", "POSIX_FADV_SEQUENTIAL", "POSIX_FADV_WILLNEED",
    "POSIX_FADV_DONTNEED", "POSIX_FADV_NOREUSE",
]));

/// `sync_file_range`: `linux/fs.h`.
pub static SYNC_RANGE_FLAGS: Set = Set::flags("sync_range_flags", Flags {
    masks: &[
        (7, "SYNC_FILE_RANGE_WRITE_AND_WAIT"), (1, "SYNC_FILE_RANGE_WAIT_BEFORE"),
        (2, "SYNC_FILE_RANGE_WRITE"), (4, "SYNC_FILE_RANGE_WAIT_AFTER"),
    ],
    ..Flags::NONE
});

/// `splice`, `tee`, `vmsplice`: `include/linux/splice.h`.
pub static SPLICE_FLAGS: Set = Set::flags("splice_flags", Flags {
    masks: &[(1, "SPLICE_F_MOVE"), (2, "SPLICE_F_NONBLOCK"), (4, "SPLICE_F_MORE"), (8, "SPLICE_F_GIFT")],
    ..Flags::NONE
});

/// `preadv2`, `pwritev2`: `linux/fs.h`.
pub static READ_WRITE_FLAGS: Set = Set::flags("read_write_flags", Flags {
    masks: &[
        (1, "RWF_HIPRI"), (2, "RWF_DSYNC"), (4, "RWF_SYNC"), (8, "RWF_NOWAIT"), (0x10, "RWF_APPEND"),
        (0x20, "RWF_NOAPPEND"), (0x40, "RWF_ATOMIC"), (0x80, "RWF_DONTCACHE"),
    ],
    ..Flags::NONE
});

/// `setxattr`: `linux/xattr.h`.
pub static XATTR_FLAGS: Set = Set::flags("xattr_flags", Flags {
    masks: &[(1, "XATTR_CREATE"), (2, "XATTR_REPLACE")],
    ..Flags::NONE
});

/// `cmd` of `fcntl`: `asm-generic/fcntl.h`, `linux/fcntl.h`.
pub static FCNTL_COMMAND: Set = Set::values("fcntl_command", Names::Sparse(&[
    (0, "F_DUPFD"), (1, "F_GETFD"), (2, "F_SETFD"), (3, "F_GETFL"), (4, "F_SETFL"), (5, "F_GETLK"),
    (6, "F_SETLK"), (7, "F_SETLKW"), (8, "F_SETOWN"), (9, "F_GETOWN"), (10, "F_SETSIG"), (11, "F_GETSIG"),
    (12, "F_GETLK64"), (13, "F_SETLK64"), (14, "F_SETLKW64"), (15, "F_SETOWN_EX"), (0x10, "F_GETOWN_EX"),
    (0x11, "F_GETOWNER_UIDS"), (0x24, "F_OFD_GETLK"), (0x25, "F_OFD_SETLK"), (0x26, "F_OFD_SETLKW"),
    (0x400, "F_SETLEASE"), (0x401, "F_GETLEASE"), (0x402, "F_NOTIFY"), (0x403, "F_DUPFD_QUERY"),
    (0x404, "F_CREATED_QUERY"), (0x405, "F_CANCELLK"), (0x406, "F_DUPFD_CLOEXEC"), (0x407, "F_SETPIPE_SZ"),
    (0x408, "F_GETPIPE_SZ"), (0x409, "F_ADD_SEALS"), (0x40a, "F_GET_SEALS"), (0x40b, "F_GET_RW_HINT"),
    (0x40c, "F_SET_RW_HINT"), (0x40d, "F_GET_FILE_RW_HINT"), (0x40e, "F_SET_FILE_RW_HINT"),
    (0x40f, "F_GETDELEG"), (0x410, "F_SETDELEG"),
]));

/// `F_SETFD`.
pub static CLOSE_ON_EXEC: Set = Set::flags("close_on_exec", Flags {
    masks: &[(1, "FD_CLOEXEC")],
    ..Flags::NONE
});

/// `F_ADD_SEALS`.
pub static SEALS: Set = Set::flags("seals", Flags {
    masks: &[
        (1, "F_SEAL_SEAL"), (2, "F_SEAL_SHRINK"), (4, "F_SEAL_GROW"), (8, "F_SEAL_WRITE"),
        (0x10, "F_SEAL_FUTURE_WRITE"), (0x20, "F_SEAL_EXEC"),
    ],
    ..Flags::NONE
});

/// `F_SETLEASE`.
pub static LEASE: Set = Set::values("lease", Names::Dense(&["F_RDLCK", "F_WRLCK", "F_UNLCK"]));

/// `F_NOTIFY`.
pub static DIRECTORY_NOTIFY: Set = Set::flags("directory_notify", Flags {
    masks: &[
        (1, "DN_ACCESS"), (2, "DN_MODIFY"), (4, "DN_CREATE"), (8, "DN_DELETE"), (0x10, "DN_RENAME"),
        (0x20, "DN_ATTRIB"), (0x8000_0000, "DN_MULTISHOT"),
    ],
    ..Flags::NONE
});

/// `flock`: `asm-generic/fcntl.h`.
pub static LOCK_OPERATION: Set = Set::flags("lock_operation", Flags {
    masks: &[(1, "LOCK_SH"), (2, "LOCK_EX"), (4, "LOCK_NB"), (8, "LOCK_UN")],
    ..Flags::NONE
});

/// Request of `ioctl`.
pub static IOCTL: Set = Set::printer("ioctl", Printer::Ioctl);

/// `close_range`: `linux/close_range.h`.
pub static CLOSE_RANGE_FLAGS: Set = Set::flags("close_range_flags", Flags {
    masks: &[(2, "CLOSE_RANGE_UNSHARE"), (4, "CLOSE_RANGE_CLOEXEC")],
    ..Flags::NONE
});

/// `epoll_ctl`: `linux/eventpoll.h`.
pub static EPOLL_OPERATION: Set = Set::values("epoll_operation", Names::Dense(&[
    "", "EPOLL_CTL_ADD", "EPOLL_CTL_DEL", "EPOLL_CTL_MOD",
]));

/// `events` of `struct epoll_event`.
pub static EPOLL_EVENTS: Set = Set::flags("epoll_events", Flags {
    masks: &[
        (1, "EPOLLIN"), (2, "EPOLLPRI"), (4, "EPOLLOUT"), (8, "EPOLLERR"), (0x10, "EPOLLHUP"),
        (0x20, "EPOLLNVAL"), (0x40, "EPOLLRDNORM"), (0x80, "EPOLLRDBAND"), (0x100, "EPOLLWRNORM"),
        (0x200, "EPOLLWRBAND"), (0x400, "EPOLLMSG"), (0x2000, "EPOLLRDHUP"), (0x1000_0000, "EPOLLEXCLUSIVE"),
        (0x2000_0000, "EPOLLWAKEUP"), (0x4000_0000, "EPOLLONESHOT"), (0x8000_0000, "EPOLLET"),
    ],
    ..Flags::NONE
});

/// `events` of `struct pollfd`: `asm-generic/poll.h`.
pub static POLL_EVENTS: Set = Set::flags("poll_events", Flags {
    masks: &[
        (1, "POLLIN"), (2, "POLLPRI"), (4, "POLLOUT"), (8, "POLLERR"), (0x10, "POLLHUP"), (0x20, "POLLNVAL"),
        (0x40, "POLLRDNORM"), (0x80, "POLLRDBAND"), (0x100, "POLLWRNORM"), (0x200, "POLLWRBAND"),
        (0x400, "POLLMSG"), (0x1000, "POLLREMOVE"), (0x2000, "POLLRDHUP"),
    ],
    ..Flags::NONE
});

/// `epoll_create1`: `linux/eventpoll.h`.
pub static EPOLL_FLAGS: Set = Set::flags("epoll_flags", Flags {
    masks: &[(0x8_0000, "EPOLL_CLOEXEC")],
    ..Flags::NONE
});

/// `signalfd4`: `linux/signalfd.h`.
pub static SIGNALFD_FLAGS: Set = Set::flags("signalfd_flags", Flags {
    masks: &[(0x800, "SFD_NONBLOCK"), (0x8_0000, "SFD_CLOEXEC")],
    ..Flags::NONE
});

/// `inotify_init1`: `linux/inotify.h`.
pub static INOTIFY_FLAGS: Set = Set::flags("inotify_flags", Flags {
    masks: &[(0x800, "IN_NONBLOCK"), (0x8_0000, "IN_CLOEXEC")],
    ..Flags::NONE
});

/// `inotify_add_watch`: `linux/inotify.h`.
pub static INOTIFY_MASK: Set = Set::flags("inotify_mask", Flags {
    masks: &[
        (0xfff, "IN_ALL_EVENTS"), (1, "IN_ACCESS"), (2, "IN_MODIFY"), (4, "IN_ATTRIB"), (8, "IN_CLOSE_WRITE"),
        (0x10, "IN_CLOSE_NOWRITE"), (0x20, "IN_OPEN"), (0x40, "IN_MOVED_FROM"), (0x80, "IN_MOVED_TO"),
        (0x100, "IN_CREATE"), (0x200, "IN_DELETE"), (0x400, "IN_DELETE_SELF"), (0x800, "IN_MOVE_SELF"),
        (0x2000, "IN_UNMOUNT"), (0x4000, "IN_Q_OVERFLOW"), (0x8000, "IN_IGNORED"), (0x100_0000, "IN_ONLYDIR"),
        (0x200_0000, "IN_DONT_FOLLOW"), (0x400_0000, "IN_EXCL_UNLINK"), (0x1000_0000, "IN_MASK_CREATE"),
        (0x2000_0000, "IN_MASK_ADD"), (0x4000_0000, "IN_ISDIR"), (0x8000_0000, "IN_ONESHOT"),
    ],
    ..Flags::NONE
});

/// `fanotify_init`: `linux/fanotify.h`.
pub static FANOTIFY_INIT_FLAGS: Set = Set::flags("fanotify_init_flags", Flags {
    fields: &[Field { mask: 12, names: Names::Sparse(&[
        (0, "FAN_CLASS_NOTIF"), (4, "FAN_CLASS_CONTENT"), (8, "FAN_CLASS_PRE_CONTENT"),
    ]) }],
    masks: &[
        (1, "FAN_CLOEXEC"), (2, "FAN_NONBLOCK"), (0x10, "FAN_UNLIMITED_QUEUE"), (0x20, "FAN_UNLIMITED_MARKS"),
        (0x40, "FAN_ENABLE_AUDIT"), (0x80, "FAN_REPORT_PIDFD"), (0x100, "FAN_REPORT_TID"),
        (0x200, "FAN_REPORT_FID"), (0x400, "FAN_REPORT_DIR_FID"), (0x800, "FAN_REPORT_NAME"),
        (0x1000, "FAN_REPORT_TARGET_FID"), (0x2000, "FAN_REPORT_FD_ERROR"), (0x4000, "FAN_REPORT_MNT"),
    ],
    ..Flags::NONE
});

/// `fanotify_mark`: `linux/fanotify.h`.
pub static FANOTIFY_MARK_FLAGS: Set = Set::flags("fanotify_mark_flags", Flags {
    fields: &[Field { mask: 0x110, names: Names::Sparse(&[
        (0x10, "FAN_MARK_MOUNT"), (0x100, "FAN_MARK_FILESYSTEM"), (0x110, "FAN_MARK_MNTNS"),
    ]) }],
    masks: &[
        (1, "FAN_MARK_ADD"), (2, "FAN_MARK_REMOVE"), (4, "FAN_MARK_DONT_FOLLOW"), (8, "FAN_MARK_ONLYDIR"),
        (0x20, "FAN_MARK_IGNORED_MASK"), (0x40, "FAN_MARK_IGNORED_SURV_MODIFY"), (0x80, "FAN_MARK_FLUSH"),
        (0x200, "FAN_MARK_EVICTABLE"), (0x400, "FAN_MARK_IGNORE"),
    ],
    ..Flags::NONE
});

/// Event mask of `fanotify_mark`.
pub static FANOTIFY_MASK: Set = Set::flags("fanotify_mask", Flags {
    masks: &[
        (1, "FAN_ACCESS"), (2, "FAN_MODIFY"), (4, "FAN_ATTRIB"), (8, "FAN_CLOSE_WRITE"),
        (0x10, "FAN_CLOSE_NOWRITE"), (0x20, "FAN_OPEN"), (0x40, "FAN_MOVED_FROM"), (0x80, "FAN_MOVED_TO"),
        (0x100, "FAN_CREATE"), (0x200, "FAN_DELETE"), (0x400, "FAN_DELETE_SELF"), (0x800, "FAN_MOVE_SELF"),
        (0x1000, "FAN_OPEN_EXEC"), (0x4000, "FAN_Q_OVERFLOW"), (0x8000, "FAN_FS_ERROR"),
        (0x1_0000, "FAN_OPEN_PERM"), (0x2_0000, "FAN_ACCESS_PERM"), (0x4_0000, "FAN_OPEN_EXEC_PERM"),
        (0x8_0000, "FAN_DIR_MODIFY"), (0x10_0000, "FAN_PRE_ACCESS"), (0x100_0000, "FAN_MNT_ATTACH"),
        (0x200_0000, "FAN_MNT_DETACH"), (0x800_0000, "FAN_EVENT_ON_CHILD"), (0x1000_0000, "FAN_RENAME"),
        (0x4000_0000, "FAN_ONDIR"),
    ],
    ..Flags::NONE
});

/// `memfd_create`: `linux/memfd.h`.
pub static MEMFD_FLAGS: Set = Set::flags("memfd_flags", Flags {
    fields: &[Field { mask: 0xfc00_0000, names: Names::Sparse(&[
        (0x4000_0000, "MFD_HUGE_64KB"), (0x4c00_0000, "MFD_HUGE_512KB"), (0x5000_0000, "MFD_HUGE_1MB"),
        (0x5400_0000, "MFD_HUGE_2MB"), (0x5c00_0000, "MFD_HUGE_8MB"), (0x6000_0000, "MFD_HUGE_16MB"),
        (0x6400_0000, "MFD_HUGE_32MB"), (0x7000_0000, "MFD_HUGE_256MB"), (0x7400_0000, "MFD_HUGE_512MB"),
        (0x7800_0000, "MFD_HUGE_1GB"), (0x7c00_0000, "MFD_HUGE_2GB"), (0x8800_0000, "MFD_HUGE_16GB"),
    ]) }],
    masks: &[
        (1, "MFD_CLOEXEC"), (2, "MFD_ALLOW_SEALING"), (4, "MFD_HUGETLB"), (8, "MFD_NOEXEC_SEAL"),
        (0x10, "MFD_EXEC"),
    ],
    ..Flags::NONE
});

/// `memfd_secret`.
pub static MEMFD_SECRET_FLAGS: Set = Set::flags("memfd_secret_flags", Flags {
    masks: &[(0x8_0000, "O_CLOEXEC")],
    ..Flags::NONE
});

/// `mount`: `linux/mount.h`.
pub static MOUNT_FLAGS: Set = Set::flags("mount_flags", Flags {
    masks: &[
        (0xc0ed_0000, "MS_MGC_VAL"), (1, "MS_RDONLY"), (2, "MS_NOSUID"), (4, "MS_NODEV"), (8, "MS_NOEXEC"),
        (0x10, "MS_SYNCHRONOUS"), (0x20, "MS_REMOUNT"), (0x40, "MS_MANDLOCK"), (0x80, "MS_DIRSYNC"),
        (0x100, "MS_NOSYMFOLLOW"), (0x400, "MS_NOATIME"), (0x800, "MS_NODIRATIME"), (0x1000, "MS_BIND"),
        (0x2000, "MS_MOVE"), (0x4000, "MS_REC"), (0x8000, "MS_SILENT"), (0x1_0000, "MS_POSIXACL"),
        (0x2_0000, "MS_UNBINDABLE"), (0x4_0000, "MS_PRIVATE"), (0x8_0000, "MS_SLAVE"),
        (0x10_0000, "MS_SHARED"), (0x20_0000, "MS_RELATIME"), (0x40_0000, "MS_KERNMOUNT"),
        (0x80_0000, "MS_I_VERSION"), (0x100_0000, "MS_STRICTATIME"), (0x200_0000, "MS_LAZYTIME"),
        (0x400_0000, "MS_SUBMOUNT"), (0x800_0000, "MS_NOREMOTELOCK"), (0x1000_0000, "MS_NOSEC"),
        (0x2000_0000, "MS_BORN"), (0x4000_0000, "MS_ACTIVE"), (0x8000_0000, "MS_NOUSER"),
    ],
    ..Flags::NONE
});

/// `umount2`: `include/linux/fs.h`.
pub static UNMOUNT_FLAGS: Set = Set::flags("unmount_flags", Flags {
    masks: &[(1, "MNT_FORCE"), (2, "MNT_DETACH"), (4, "MNT_EXPIRE"), (8, "UMOUNT_NOFOLLOW")],
    ..Flags::NONE
});

/// `fsopen`: `linux/mount.h`.
pub static FSOPEN_FLAGS: Set = Set::flags("fsopen_flags", Flags {
    masks: &[(1, "FSOPEN_CLOEXEC")],
    ..Flags::NONE
});

/// `fspick`: `linux/mount.h`.
pub static FSPICK_FLAGS: Set = Set::flags("fspick_flags", Flags {
    masks: &[
        (1, "FSPICK_CLOEXEC"), (2, "FSPICK_SYMLINK_NOFOLLOW"), (4, "FSPICK_NO_AUTOMOUNT"),
        (8, "FSPICK_EMPTY_PATH"),
    ],
    ..Flags::NONE
});

/// `fsconfig`: `linux/mount.h`.
pub static FSCONFIG_COMMAND: Set = Set::values("fsconfig_command", Names::Dense(&[
    "FSCONFIG_SET_FLAG", "FSCONFIG_SET_STRING", "FSCONFIG_SET_BINARY", "FSCONFIG_SET_PATH",
    "FSCONFIG_SET_PATH_EMPTY", "FSCONFIG_SET_FD", "FSCONFIG_CMD_CREATE", "FSCONFIG_CMD_RECONFIGURE",
    "FSCONFIG_CMD_CREATE_EXCL",
]));

/// `fsmount`: `linux/mount.h`.
pub static FSMOUNT_FLAGS: Set = Set::flags("fsmount_flags", Flags {
    masks: &[(1, "FSMOUNT_CLOEXEC"), (2, "FSMOUNT_NAMESPACE")],
    ..Flags::NONE
});

/// `attr_flags` of `fsmount`, and of `struct mount_attr`: `linux/mount.h`.
pub static MOUNT_ATTRIBUTES: Set = Set::flags("mount_attributes", Flags {
    fields: &[Field { mask: 0x70, names: Names::Sparse(&[
        (0x10, "MOUNT_ATTR_NOATIME"), (0x20, "MOUNT_ATTR_STRICTATIME"),
    ]) }],
    masks: &[
        (1, "MOUNT_ATTR_RDONLY"), (2, "MOUNT_ATTR_NOSUID"), (4, "MOUNT_ATTR_NODEV"), (8, "MOUNT_ATTR_NOEXEC"),
        (0x80, "MOUNT_ATTR_NODIRATIME"), (0x10_0000, "MOUNT_ATTR_IDMAP"),
        (0x20_0000, "MOUNT_ATTR_NOSYMFOLLOW"),
    ],
    ..Flags::NONE
});

/// `move_mount`: `linux/mount.h`.
pub static MOVE_MOUNT_FLAGS: Set = Set::flags("move_mount_flags", Flags {
    masks: &[
        (1, "MOVE_MOUNT_F_SYMLINKS"), (2, "MOVE_MOUNT_F_AUTOMOUNTS"), (4, "MOVE_MOUNT_F_EMPTY_PATH"),
        (0x10, "MOVE_MOUNT_T_SYMLINKS"), (0x20, "MOVE_MOUNT_T_AUTOMOUNTS"), (0x40, "MOVE_MOUNT_T_EMPTY_PATH"),
        (0x100, "MOVE_MOUNT_SET_GROUP"), (0x200, "MOVE_MOUNT_BENEATH"),
    ],
    ..Flags::NONE
});

/// `open_tree`: `linux/mount.h`.
pub static OPEN_TREE_FLAGS: Set = Set::flags("open_tree_flags", Flags {
    masks: &[
        (1, "OPEN_TREE_CLONE"), (2, "OPEN_TREE_NAMESPACE"), (0x100, "AT_SYMLINK_NOFOLLOW"),
        (0x800, "AT_NO_AUTOMOUNT"), (0x1000, "AT_EMPTY_PATH"), (0x8000, "AT_RECURSIVE"),
        (0x8_0000, "OPEN_TREE_CLOEXEC"),
    ],
    ..Flags::NONE
});

/// `mount_setattr`.
pub static MOUNT_SETATTR_FLAGS: Set = Set::flags("mount_setattr_flags", Flags {
    masks: &[
        (0x100, "AT_SYMLINK_NOFOLLOW"), (0x800, "AT_NO_AUTOMOUNT"), (0x1000, "AT_EMPTY_PATH"),
        (0x8000, "AT_RECURSIVE"),
    ],
    ..Flags::NONE
});

/// `listmount`: `linux/mount.h`.
pub static LISTMOUNT_FLAGS: Set = Set::flags("listmount_flags", Flags {
    masks: &[(1, "LISTMOUNT_REVERSE")],
    ..Flags::NONE
});

/// `statmount`: `linux/mount.h`.
pub static STATMOUNT_FLAGS: Set = Set::flags("statmount_flags", Flags {
    masks: &[(1, "STATMOUNT_BY_FD")],
    ..Flags::NONE
});

/// What `statmount` is asked for: `linux/mount.h`.
pub static STATMOUNT_MASK: Set = Set::flags("statmount_mask", Flags {
    masks: &[
        (1, "STATMOUNT_SB_BASIC"), (2, "STATMOUNT_MNT_BASIC"), (4, "STATMOUNT_PROPAGATE_FROM"),
        (8, "STATMOUNT_MNT_ROOT"), (0x10, "STATMOUNT_MNT_POINT"), (0x20, "STATMOUNT_FS_TYPE"),
        (0x40, "STATMOUNT_MNT_NS_ID"), (0x80, "STATMOUNT_MNT_OPTS"), (0x100, "STATMOUNT_FS_SUBTYPE"),
        (0x200, "STATMOUNT_SB_SOURCE"), (0x400, "STATMOUNT_OPT_ARRAY"), (0x800, "STATMOUNT_OPT_SEC_ARRAY"),
        (0x1000, "STATMOUNT_SUPPORTED_MASK"), (0x2000, "STATMOUNT_MNT_UIDMAP"),
        (0x4000, "STATMOUNT_MNT_GIDMAP"),
    ],
    ..Flags::NONE
});

/// `cmd` of `quotactl`.
pub static QUOTA_COMMAND: Set = Set::printer("quota_command", Printer::QuotaCommand);

/// `swapon`: `include/linux/swap.h`.
pub static SWAP_FLAGS: Set = Set::flags("swap_flags", Flags {
    masks: &[
        (0x8000, "SWAP_FLAG_PREFER"), (0x1_0000, "SWAP_FLAG_DISCARD"), (0x2_0000, "SWAP_FLAG_DISCARD_ONCE"),
        (0x4_0000, "SWAP_FLAG_DISCARD_PAGES"),
    ],
    ..Flags::NONE
});
