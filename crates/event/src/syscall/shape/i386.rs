//! i386 calls whose parameters are those of no x86-64 call.
//!
//! Sources: `arch/x86/entry/syscalls/syscall_32.tbl` of Linux 7.2 and the `COMPAT_SYSCALL_DEFINE` of each
//! call. A 64-bit parameter is two of 32 bits, low half first; the names end in `_lo` and `_hi` here.

use super::words::{
    ADDRESS, AT, FD, INT, INT_INOUT, INT_OUT, PATH, PID, SIGNAL, UINT, bytes, bytes_out, grown_out, input,
    number, output, own, set, structure, structure_changed, structure_out,
};
use super::{LengthSource, OwnParameter, Parameter, Scalar, Shape};
use crate::symbol::{file, ipc, memory, network, process};

/// Name in `unistd_32.h`, parameters in order, result.
pub(super) type OwnCall = (&'static str, &'static [OwnParameter], Scalar);

/// The row of this i386 call.
pub(super) fn find(call: &str) -> Option<&'static OwnCall> {
    CALLS.get(CALLS.binary_search_by_key(&call, |row| row.0).ok()?)
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
    ("_llseek", &[own("unsigned int", "fd", FD), own("unsigned long", "offset_high", WORD),
        own("unsigned long", "offset_low", WORD),
        own("loff_t *", "result", output(Shape::Pointed(Scalar::Signed(8)))),
        own("unsigned int", "whence", set(&file::SEEK))], PLAIN),
    ("chown", &[own("const char *", "filename", PATH), own("old_uid_t", "user", OLD_ID),
        own("old_gid_t", "group", OLD_ID)], PLAIN),
    ("clone", &[own("unsigned long", "clone_flags", set(&process::CLONE_FLAGS)),
        own("unsigned long", "newsp", ADDRESS), own("int *", "parent_tidptr", INT_OUT),
        own("unsigned long", "tls", ADDRESS), own("int *", "child_tidptr", ADDRESS)], PLAIN),
    ("fadvise64", &[own("int", "fd", FD), own("unsigned int", "offset_lo", WORD),
        own("unsigned int", "offset_hi", WORD), own("size_t", "len", WORD),
        own("int", "advice", set(&file::FILE_ADVICE))], PLAIN),
    ("fadvise64_64", &[own("int", "fd", FD), own("__u32", "offset_lo", WORD),
        own("__u32", "offset_hi", WORD), own("__u32", "len_lo", WORD), own("__u32", "len_hi", WORD),
        own("int", "advice", set(&file::FILE_ADVICE))], PLAIN),
    ("fallocate", &[own("int", "fd", FD), own("int", "mode", set(&file::FALLOCATE_MODE)),
        own("unsigned int", "offset_lo", WORD), own("unsigned int", "offset_hi", WORD),
        own("unsigned int", "len_lo", WORD), own("unsigned int", "len_hi", WORD)], PLAIN),
    ("fanotify_mark", &[own("int", "fanotify_fd", FD),
        own("unsigned int", "flags", set(&file::FANOTIFY_MARK_FLAGS)),
        own("__u32", "mask_lo", set(&file::FANOTIFY_MASK)), own("__u32", "mask_hi", WORD),
        own("int", "dfd", AT), own("const char *", "pathname", PATH)], PLAIN),
    ("fchown", &[own("unsigned int", "fd", FD), own("old_uid_t", "user", OLD_ID),
        own("old_gid_t", "group", OLD_ID)], PLAIN),
    ("fstatfs64", &[own("unsigned int", "fd", FD), own("size_t", "sz", WORD),
        own("struct compat_statfs64 *", "buf", SHOWN_FILE_SYSTEM)], PLAIN),
    ("ftruncate64", &[own("unsigned int", "fd", FD), own("unsigned int", "length_lo", WORD),
        own("unsigned int", "length_hi", WORD)], PLAIN),
    ("get_thread_area", &[own("struct user_desc *", "u_info", structure_changed("user_desc"))], PLAIN),
    ("getegid", &[], OLD_RESULT),
    ("geteuid", &[], OLD_RESULT),
    ("getgid", &[], OLD_RESULT),
    ("getgroups", &[own("int", "gidsetsize", INT), own("old_gid_t *", "grouplist", OLD_GROUPS_OUT)], PLAIN),
    ("getresgid", &[own("old_gid_t *", "rgidp", OLD_ID_OUT), own("old_gid_t *", "egidp", OLD_ID_OUT),
        own("old_gid_t *", "sgidp", OLD_ID_OUT)], PLAIN),
    ("getresuid", &[own("old_uid_t *", "ruidp", OLD_ID_OUT), own("old_uid_t *", "euidp", OLD_ID_OUT),
        own("old_uid_t *", "suidp", OLD_ID_OUT)], PLAIN),
    ("getuid", &[], OLD_RESULT),
    ("ipc", &[own("unsigned int", "call", set(&ipc::IPC_CALL)), own("int", "first", INT),
        own("unsigned long", "second", WORD), own("unsigned long", "third", WORD),
        own("void *", "ptr", ADDRESS), own("long", "fifth", WORD)], PLAIN),
    ("lchown", &[own("const char *", "filename", PATH), own("old_uid_t", "user", OLD_ID),
        own("old_gid_t", "group", OLD_ID)], PLAIN),
    ("lookup_dcookie", &[own("u32", "cookie_lo", WORD), own("u32", "cookie_hi", WORD),
        own("char *", "buf", bytes_out(3)), own("size_t", "len", WORD)], PLAIN),
    ("mmap", &[own("struct mmap_arg_struct32 *", "arg", structure("mmap_arg_struct32"))], Scalar::Address),
    ("mmap2", &[own("unsigned long", "addr", ADDRESS), own("unsigned long", "len", WORD),
        own("unsigned long", "prot", set(&memory::PROTECTION)),
        own("unsigned long", "flags", set(&memory::MAP_FLAGS)), own("unsigned long", "fd", FD),
        own("unsigned long", "pgoff", WORD)], Scalar::Address),
    ("nice", &[own("int", "increment", INT)], PLAIN),
    ("oldfstat", &[own("unsigned int", "fd", FD), own("struct __old_kernel_stat *", "statbuf", OLD_STAT)],
        PLAIN),
    ("oldlstat", &[own("const char *", "filename", PATH),
        own("struct __old_kernel_stat *", "statbuf", OLD_STAT)], PLAIN),
    ("oldolduname", &[own("struct oldold_utsname *", "name", structure_out("oldold_utsname"))], PLAIN),
    ("oldstat", &[own("const char *", "filename", PATH),
        own("struct __old_kernel_stat *", "statbuf", OLD_STAT)], PLAIN),
    ("olduname", &[own("struct old_utsname *", "name", structure_out("old_utsname"))], PLAIN),
    ("pread64", &[own("unsigned int", "fd", FD), own("char *", "buf", bytes_out(2)),
        own("u32", "count", WORD), own("u32", "pos_lo", WORD), own("u32", "pos_hi", WORD)], PLAIN),
    ("pwrite64", &[own("unsigned int", "fd", FD), own("const char *", "buf", bytes(2)),
        own("u32", "count", WORD), own("u32", "pos_lo", WORD), own("u32", "pos_hi", WORD)], PLAIN),
    ("readahead", &[own("int", "fd", FD), own("unsigned int", "offset_lo", WORD),
        own("unsigned int", "offset_hi", WORD), own("size_t", "count", WORD)], PLAIN),
    ("readdir", &[own("unsigned int", "fd", FD),
        own("struct compat_old_linux_dirent *", "dirent", structure_out("compat_old_linux_dirent")),
        own("unsigned int", "count", UINT)], PLAIN),
    ("select", &[own("struct compat_sel_arg_struct *", "arg", structure("compat_sel_arg_struct"))], PLAIN),
    ("sendfile", &[own("int", "out_fd", FD), own("int", "in_fd", FD), own("off_t *", "offset", INT_INOUT),
        own("size_t", "count", WORD)], PLAIN),
    ("set_thread_area", &[own("struct user_desc *", "u_info", structure_changed("user_desc"))], PLAIN),
    ("setfsgid", &[own("old_gid_t", "gid", OLD_ID)], OLD_RESULT),
    ("setfsuid", &[own("old_uid_t", "uid", OLD_ID)], OLD_RESULT),
    ("setgid", &[own("old_gid_t", "gid", OLD_ID)], PLAIN),
    ("setgroups", &[own("int", "gidsetsize", INT), own("old_gid_t *", "grouplist", OLD_GROUPS)], PLAIN),
    ("setregid", &[own("old_gid_t", "rgid", OLD_ID), own("old_gid_t", "egid", OLD_ID)], PLAIN),
    ("setresgid", &[own("old_gid_t", "rgid", OLD_ID), own("old_gid_t", "egid", OLD_ID),
        own("old_gid_t", "sgid", OLD_ID)], PLAIN),
    ("setresuid", &[own("old_uid_t", "ruid", OLD_ID), own("old_uid_t", "euid", OLD_ID),
        own("old_uid_t", "suid", OLD_ID)], PLAIN),
    ("setreuid", &[own("old_uid_t", "ruid", OLD_ID), own("old_uid_t", "euid", OLD_ID)], PLAIN),
    ("setuid", &[own("old_uid_t", "uid", OLD_ID)], PLAIN),
    ("sgetmask", &[], OLD_SIGNALS),
    ("sigaction", &[own("int", "sig", SIGNAL),
        own("const struct compat_old_sigaction *", "act", structure("compat_old_sigaction")),
        own("struct compat_old_sigaction *", "oact", structure_out("compat_old_sigaction"))], PLAIN),
    ("signal", &[own("int", "sig", SIGNAL), own("void *", "handler", ADDRESS)], Scalar::Address),
    ("sigpending", &[own("u32 *", "uset", output(Shape::Pointed(OLD_SIGNALS)))], PLAIN),
    ("sigprocmask", &[own("int", "how", set(&process::SIGNAL_MASK_HOW)),
        own("u32 *", "nset", input(Shape::Pointed(OLD_SIGNALS))),
        own("u32 *", "oset", output(Shape::Pointed(OLD_SIGNALS)))], PLAIN),
    ("sigreturn", &[], PLAIN),
    ("sigsuspend", &[own("int", "unused1", INT), own("int", "unused2", INT), own("u32", "mask", OLD_MASK)],
        PLAIN),
    ("socketcall", &[own("int", "call", set(&network::SOCKETCALL)), own("u32 *", "args", ARGUMENTS)], PLAIN),
    ("ssetmask", &[own("int", "newmask", OLD_MASK)], OLD_SIGNALS),
    ("statfs64", &[own("const char *", "pathname", PATH), own("size_t", "sz", WORD),
        own("struct compat_statfs64 *", "buf", SHOWN_FILE_SYSTEM)], PLAIN),
    ("stime", &[own("old_time32_t *", "tptr", input(Shape::Pointed(Scalar::Signed(4))))], PLAIN),
    ("sync_file_range", &[own("int", "fd", FD), own("unsigned int", "offset_lo", WORD),
        own("unsigned int", "offset_hi", WORD), own("unsigned int", "nbytes_lo", WORD),
        own("unsigned int", "nbytes_hi", WORD), own("int", "flags", set(&file::SYNC_RANGE_FLAGS))], PLAIN),
    ("time", &[own("old_time32_t *", "tloc", output(Shape::Pointed(Scalar::Signed(4))))], PLAIN),
    ("truncate64", &[own("const char *", "filename", PATH), own("unsigned int", "length_lo", WORD),
        own("unsigned int", "length_hi", WORD)], PLAIN),
    ("umount", &[own("char *", "name", PATH)], PLAIN),
    ("uselib", &[own("const char *", "library", PATH)], PLAIN),
    ("vm86", &[own("unsigned long", "cmd", WORD), own("unsigned long", "arg", ADDRESS)], PLAIN),
    ("vm86old", &[own("struct vm86_struct *", "user_vm86", structure_changed("vm86_struct"))], PLAIN),
    ("waitpid", &[own("pid_t", "pid", PID), own("int *", "stat_addr", STATUS_OUT),
        own("int", "options", set(&process::WAIT_OPTIONS))], PLAIN),
];
