//! i386 calls whose parameters are those of no x86-64 call.
//!
//! Sources: `arch/x86/entry/syscalls/syscall_32.tbl` of Linux 7.2 and the `COMPAT_SYSCALL_DEFINE` of each call. A 64-bit
//! parameter is two of 32 bits, low half first; the names end in `_lo` and `_hi` here.

use super::words::{
    ADDRESS, AT, FD, INT, INT_INOUT, INT_OUT, PATH, PID, SIGNAL, UINT, bytes, bytes_out, grown_out, input,
    number, output, own, set, structure, structure_changed, structure_out,
};
use super::{LengthSource, OwnParameter, Parameter, Scalar, Shape};
use crate::symbol::{file, ipc, network, process};

/// One call.
#[derive(Debug)]
pub(super) struct OwnCall {
    /// Its name in `unistd_32.h`.
    pub(super) name: &'static str,
    /// Its parameters in order.
    pub(super) parameters: &'static [OwnParameter],
    /// Its result.
    pub(super) returns: Scalar,
}

/// The row of this i386 call.
pub(super) fn find(call: &str) -> Option<&'static OwnCall> {
    CALLS.get(CALLS.binary_search_by_key(&call, |row| row.name).ok()?)
}

/// All rows, ascending.
#[cfg(test)]
pub(super) fn all() -> &'static [OwnCall] {
    CALLS
}

/// A `u32`, `long` or `size_t`, and each half of a 64-bit number.
const WORD: Parameter = number(Scalar::Unsigned(4));
/// A user or group id of 16 bits.
const OLD_ID: Parameter = number(Scalar::Unsigned(2));
const OLD_ID_OUT: Parameter = output(Shape::Pointed(Scalar::Unsigned(2)));
/// The mask of the first 32 signals, in a register.
const OLD_MASK: Parameter = set(&process::SIGNAL_SET);
const OLD_SIGNALS: Scalar = Scalar::Symbol { set: &process::SIGNAL_SET, bytes: 4 };
const OLD_RESULT: Scalar = Scalar::Unsigned(2);
const PLAIN: Scalar = Scalar::Signed(4);
const OLD_STAT: Parameter = structure_out("__old_kernel_stat");
const STATUS_OUT: Parameter = output(Shape::Pointed(Scalar::Symbol { set: &process::WAIT_STATUS, bytes: 4 }));
const OLD_GROUPS_OUT: Parameter =
    output(Shape::Array { element: Scalar::Unsigned(2), count: LengthSource::ReturnCappedBy(0) });
const OLD_GROUPS: Parameter =
    input(Shape::Array { element: Scalar::Unsigned(2), count: LengthSource::Parameter(0) });
/// What the array behind `socketcall` holds depends on the call.
const ARGUMENTS: Parameter = ADDRESS;
const SHOWN_FILE_SYSTEM: Parameter = grown_out("compat_statfs64", 1);

#[rustfmt::skip]
const CALLS: &[OwnCall] = &[
    OwnCall { name: "_llseek", parameters: &[own("unsigned int", "fd", FD), own("unsigned long", "offset_high", WORD),
        own("unsigned long", "offset_low", WORD), own("loff_t *", "result", output(Shape::Pointed(Scalar::Signed(8)))),
        own("unsigned int", "whence", set(&file::SEEK))], returns: PLAIN },
    OwnCall { name: "chown", parameters: &[own("const char *", "filename", PATH), own("old_uid_t", "user", OLD_ID),
        own("old_gid_t", "group", OLD_ID)], returns: PLAIN },
    OwnCall { name: "clone", parameters: &[own("unsigned long", "clone_flags", set(&process::CLONE_FLAGS)),
        own("unsigned long", "newsp", ADDRESS), own("int *", "parent_tidptr", INT_OUT),
        own("unsigned long", "tls", ADDRESS), own("int *", "child_tidptr", ADDRESS)], returns: PLAIN },
    OwnCall { name: "fadvise64", parameters: &[own("int", "fd", FD), own("unsigned int", "offset_lo", WORD),
        own("unsigned int", "offset_hi", WORD), own("size_t", "len", WORD),
        own("int", "advice", set(&file::FILE_ADVICE))], returns: PLAIN },
    OwnCall { name: "fadvise64_64", parameters: &[own("int", "fd", FD), own("__u32", "offset_lo", WORD),
        own("__u32", "offset_hi", WORD), own("__u32", "len_lo", WORD), own("__u32", "len_hi", WORD),
        own("int", "advice", set(&file::FILE_ADVICE))], returns: PLAIN },
    OwnCall { name: "fallocate", parameters: &[own("int", "fd", FD), own("int", "mode", set(&file::FALLOCATE_MODE)),
        own("unsigned int", "offset_lo", WORD), own("unsigned int", "offset_hi", WORD),
        own("unsigned int", "len_lo", WORD), own("unsigned int", "len_hi", WORD)], returns: PLAIN },
    OwnCall { name: "fanotify_mark", parameters: &[own("int", "fanotify_fd", FD),
        own("unsigned int", "flags", set(&file::FANOTIFY_MARK_FLAGS)),
        own("__u32", "mask_lo", set(&file::FANOTIFY_MASK)), own("__u32", "mask_hi", WORD), own("int", "dfd", AT),
        own("const char *", "pathname", PATH)], returns: PLAIN },
    OwnCall { name: "fchown", parameters: &[own("unsigned int", "fd", FD), own("old_uid_t", "user", OLD_ID),
        own("old_gid_t", "group", OLD_ID)], returns: PLAIN },
    OwnCall { name: "fstatfs64", parameters: &[own("unsigned int", "fd", FD), own("size_t", "sz", WORD),
        own("struct compat_statfs64 *", "buf", SHOWN_FILE_SYSTEM)], returns: PLAIN },
    OwnCall { name: "ftruncate64", parameters: &[own("unsigned int", "fd", FD), own("unsigned int", "length_lo", WORD),
        own("unsigned int", "length_hi", WORD)], returns: PLAIN },
    OwnCall { name: "get_thread_area", parameters: &[own("struct user_desc *", "u_info",
        structure_changed("user_desc"))], returns: PLAIN },
    OwnCall { name: "getegid", parameters: &[], returns: OLD_RESULT },
    OwnCall { name: "geteuid", parameters: &[], returns: OLD_RESULT },
    OwnCall { name: "getgid", parameters: &[], returns: OLD_RESULT },
    OwnCall { name: "getgroups", parameters: &[own("int", "gidsetsize", INT),
        own("old_gid_t *", "grouplist", OLD_GROUPS_OUT)], returns: PLAIN },
    OwnCall { name: "getresgid", parameters: &[own("old_gid_t *", "rgidp", OLD_ID_OUT),
        own("old_gid_t *", "egidp", OLD_ID_OUT), own("old_gid_t *", "sgidp", OLD_ID_OUT)], returns: PLAIN },
    OwnCall { name: "getresuid", parameters: &[own("old_uid_t *", "ruidp", OLD_ID_OUT),
        own("old_uid_t *", "euidp", OLD_ID_OUT), own("old_uid_t *", "suidp", OLD_ID_OUT)], returns: PLAIN },
    OwnCall { name: "getuid", parameters: &[], returns: OLD_RESULT },
    OwnCall { name: "ipc", parameters: &[own("unsigned int", "call", set(&ipc::IPC_CALL)), own("int", "first", INT),
        own("unsigned long", "second", WORD), own("unsigned long", "third", WORD), own("void *", "ptr", ADDRESS),
        own("long", "fifth", WORD)], returns: PLAIN },
    OwnCall { name: "lchown", parameters: &[own("const char *", "filename", PATH), own("old_uid_t", "user", OLD_ID),
        own("old_gid_t", "group", OLD_ID)], returns: PLAIN },
    OwnCall { name: "lookup_dcookie", parameters: &[own("u32", "cookie_lo", WORD), own("u32", "cookie_hi", WORD),
        own("char *", "buf", bytes_out(3)), own("size_t", "len", WORD)], returns: PLAIN },
    OwnCall { name: "mmap", parameters: &[own("struct mmap_arg_struct32 *", "arg", structure("mmap_arg_struct32"))],
        returns: Scalar::Address },
    OwnCall { name: "nice", parameters: &[own("int", "increment", INT)], returns: PLAIN },
    OwnCall { name: "oldfstat", parameters: &[own("unsigned int", "fd", FD),
        own("struct __old_kernel_stat *", "statbuf", OLD_STAT)], returns: PLAIN },
    OwnCall { name: "oldlstat", parameters: &[own("const char *", "filename", PATH),
        own("struct __old_kernel_stat *", "statbuf", OLD_STAT)], returns: PLAIN },
    OwnCall { name: "oldolduname", parameters: &[own("struct oldold_utsname *", "name",
        structure_out("oldold_utsname"))], returns: PLAIN },
    OwnCall { name: "oldstat", parameters: &[own("const char *", "filename", PATH),
        own("struct __old_kernel_stat *", "statbuf", OLD_STAT)], returns: PLAIN },
    OwnCall { name: "olduname", parameters: &[own("struct old_utsname *", "name", structure_out("old_utsname"))],
        returns: PLAIN },
    OwnCall { name: "pread64", parameters: &[own("unsigned int", "fd", FD), own("char *", "buf", bytes_out(2)),
        own("u32", "count", WORD), own("u32", "pos_lo", WORD), own("u32", "pos_hi", WORD)], returns: PLAIN },
    OwnCall { name: "pwrite64", parameters: &[own("unsigned int", "fd", FD), own("const char *", "buf", bytes(2)),
        own("u32", "count", WORD), own("u32", "pos_lo", WORD), own("u32", "pos_hi", WORD)], returns: PLAIN },
    OwnCall { name: "readahead", parameters: &[own("int", "fd", FD), own("unsigned int", "offset_lo", WORD),
        own("unsigned int", "offset_hi", WORD), own("size_t", "count", WORD)], returns: PLAIN },
    OwnCall { name: "readdir", parameters: &[own("unsigned int", "fd", FD), own("struct compat_old_linux_dirent *",
        "dirent", structure_out("compat_old_linux_dirent")), own("unsigned int", "count", UINT)], returns: PLAIN },
    OwnCall { name: "select", parameters: &[own("struct compat_sel_arg_struct *", "arg",
        structure("compat_sel_arg_struct"))], returns: PLAIN },
    OwnCall { name: "sendfile", parameters: &[own("int", "out_fd", FD), own("int", "in_fd", FD),
        own("off_t *", "offset", INT_INOUT), own("size_t", "count", WORD)], returns: PLAIN },
    OwnCall { name: "set_thread_area", parameters: &[own("struct user_desc *", "u_info",
        structure_changed("user_desc"))], returns: PLAIN },
    OwnCall { name: "setfsgid", parameters: &[own("old_gid_t", "gid", OLD_ID)], returns: OLD_RESULT },
    OwnCall { name: "setfsuid", parameters: &[own("old_uid_t", "uid", OLD_ID)], returns: OLD_RESULT },
    OwnCall { name: "setgid", parameters: &[own("old_gid_t", "gid", OLD_ID)], returns: PLAIN },
    OwnCall { name: "setgroups", parameters: &[own("int", "gidsetsize", INT),
        own("old_gid_t *", "grouplist", OLD_GROUPS)], returns: PLAIN },
    OwnCall { name: "setregid", parameters: &[own("old_gid_t", "rgid", OLD_ID), own("old_gid_t", "egid", OLD_ID)],
        returns: PLAIN },
    OwnCall { name: "setresgid", parameters: &[own("old_gid_t", "rgid", OLD_ID), own("old_gid_t", "egid", OLD_ID),
        own("old_gid_t", "sgid", OLD_ID)], returns: PLAIN },
    OwnCall { name: "setresuid", parameters: &[own("old_uid_t", "ruid", OLD_ID), own("old_uid_t", "euid", OLD_ID),
        own("old_uid_t", "suid", OLD_ID)], returns: PLAIN },
    OwnCall { name: "setreuid", parameters: &[own("old_uid_t", "ruid", OLD_ID), own("old_uid_t", "euid", OLD_ID)],
        returns: PLAIN },
    OwnCall { name: "setuid", parameters: &[own("old_uid_t", "uid", OLD_ID)], returns: PLAIN },
    OwnCall { name: "sgetmask", parameters: &[], returns: OLD_SIGNALS },
    OwnCall { name: "sigaction", parameters: &[own("int", "sig", SIGNAL),
        own("const struct compat_old_sigaction *", "act", structure("compat_old_sigaction")),
        own("struct compat_old_sigaction *", "oact", structure_out("compat_old_sigaction"))], returns: PLAIN },
    OwnCall { name: "signal", parameters: &[own("int", "sig", SIGNAL), own("void *", "handler", ADDRESS)],
        returns: Scalar::Address },
    OwnCall { name: "sigpending", parameters: &[own("u32 *", "uset", output(Shape::Pointed(OLD_SIGNALS)))],
        returns: PLAIN },
    OwnCall { name: "sigprocmask", parameters: &[own("int", "how", set(&process::SIGNAL_MASK_HOW)),
        own("u32 *", "nset", input(Shape::Pointed(OLD_SIGNALS))),
        own("u32 *", "oset", output(Shape::Pointed(OLD_SIGNALS)))], returns: PLAIN },
    OwnCall { name: "sigreturn", parameters: &[], returns: PLAIN },
    OwnCall { name: "sigsuspend", parameters: &[own("int", "unused1", INT), own("int", "unused2", INT),
        own("u32", "mask", OLD_MASK)], returns: PLAIN },
    OwnCall { name: "socketcall", parameters: &[own("int", "call", set(&network::SOCKETCALL)),
        own("u32 *", "args", ARGUMENTS)], returns: PLAIN },
    OwnCall { name: "ssetmask", parameters: &[own("int", "newmask", OLD_MASK)], returns: OLD_SIGNALS },
    OwnCall { name: "statfs64", parameters: &[own("const char *", "pathname", PATH), own("size_t", "sz", WORD),
        own("struct compat_statfs64 *", "buf", SHOWN_FILE_SYSTEM)], returns: PLAIN },
    OwnCall { name: "stime", parameters: &[own("old_time32_t *", "tptr", input(Shape::Pointed(Scalar::Signed(4))))],
        returns: PLAIN },
    OwnCall { name: "sync_file_range", parameters: &[own("int", "fd", FD), own("unsigned int", "offset_lo", WORD),
        own("unsigned int", "offset_hi", WORD), own("unsigned int", "nbytes_lo", WORD),
        own("unsigned int", "nbytes_hi", WORD), own("int", "flags", set(&file::SYNC_RANGE_FLAGS))], returns: PLAIN },
    OwnCall { name: "time", parameters: &[own("old_time32_t *", "tloc", output(Shape::Pointed(Scalar::Signed(4))))],
        returns: PLAIN },
    OwnCall { name: "truncate64", parameters: &[own("const char *", "filename", PATH),
        own("unsigned int", "length_lo", WORD), own("unsigned int", "length_hi", WORD)], returns: PLAIN },
    OwnCall { name: "umount", parameters: &[own("char *", "name", PATH)], returns: PLAIN },
    OwnCall { name: "uselib", parameters: &[own("const char *", "library", PATH)], returns: PLAIN },
    OwnCall { name: "vm86", parameters: &[own("unsigned long", "cmd", WORD), own("unsigned long", "arg", ADDRESS)],
        returns: PLAIN },
    OwnCall { name: "vm86old", parameters: &[own("struct vm86_struct *", "user_vm86",
        structure_changed("vm86_struct"))], returns: PLAIN },
    OwnCall { name: "waitpid", parameters: &[own("pid_t", "pid", PID), own("int *", "stat_addr", STATUS_OUT),
        own("int", "options", set(&process::WAIT_OPTIONS))], returns: PLAIN },
];
