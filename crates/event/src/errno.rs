//! Error numbers of Linux on x86: names and short texts.
//!
//! A failed system call returns the negative of such a number. From 512 on they are the kernel's own; a
//! tracer sees them where a call is about to be restarted after a signal, a program does not.

/// The name of an error number: 2 is `ENOENT`. Zero and negative numbers have none.
pub fn name(errno: i32) -> Option<&'static str> {
    row(errno).map(|row| row.0)
}

/// What an error number means, in a few lower-case words.
pub fn text(errno: i32) -> Option<&'static str> {
    row(errno).map(|row| row.1)
}

/// The error number that a result of a system call holds, if it is one: the last 4095 values of a word.
pub fn of_result(result: i64) -> Option<i32> {
    if (-ERRNO_MAX..0).contains(&result) { i32::try_from(-result).ok() } else { None }
}

type Row = (&'static str, &'static str);

fn row(errno: i32) -> Option<&'static Row> {
    let number = usize::try_from(errno).ok()?;
    let row = match number.checked_sub(KERNEL_FIRST) {
        Some(place) => KERNEL.get(place),
        None => USER.get(number.checked_sub(1)?),
    };
    row.filter(|row| !row.0.is_empty())
}

/// `MAX_ERRNO` of `include/linux/err.h`: greater results are values.
const ERRNO_MAX: i64 = 4095;

/// From 1: `asm-generic/errno-base.h`, `asm-generic/errno.h`. Empty where a number is not used.
const USER: &[Row] = &[
    ("EPERM", "operation not permitted"),
    ("ENOENT", "no such file or directory"),
    ("ESRCH", "no such process"),
    ("EINTR", "interrupted system call"),
    ("EIO", "input/output error"),
    ("ENXIO", "no such device or address"),
    ("E2BIG", "argument list too long"),
    ("ENOEXEC", "exec format error"),
    ("EBADF", "bad file descriptor"),
    ("ECHILD", "no child processes"),
    ("EAGAIN", "resource temporarily unavailable"),
    ("ENOMEM", "cannot allocate memory"),
    ("EACCES", "permission denied"),
    ("EFAULT", "bad address"),
    ("ENOTBLK", "block device required"),
    ("EBUSY", "device or resource busy"),
    ("EEXIST", "file exists"),
    ("EXDEV", "invalid cross-device link"),
    ("ENODEV", "no such device"),
    ("ENOTDIR", "not a directory"),
    ("EISDIR", "is a directory"),
    ("EINVAL", "invalid argument"),
    ("ENFILE", "too many open files in system"),
    ("EMFILE", "too many open files"),
    ("ENOTTY", "inappropriate ioctl for device"),
    ("ETXTBSY", "text file busy"),
    ("EFBIG", "file too large"),
    ("ENOSPC", "no space left on device"),
    ("ESPIPE", "illegal seek"),
    ("EROFS", "read-only file system"),
    ("EMLINK", "too many links"),
    ("EPIPE", "broken pipe"),
    ("EDOM", "numerical argument out of domain"),
    ("ERANGE", "numerical result out of range"),
    ("EDEADLK", "resource deadlock avoided"),
    ("ENAMETOOLONG", "file name too long"),
    ("ENOLCK", "no locks available"),
    ("ENOSYS", "function not implemented"),
    ("ENOTEMPTY", "directory not empty"),
    ("ELOOP", "too many levels of symbolic links"),
    ("", ""),
    ("ENOMSG", "no message of desired type"),
    ("EIDRM", "identifier removed"),
    ("ECHRNG", "channel number out of range"),
    ("EL2NSYNC", "level 2 not synchronized"),
    ("EL3HLT", "level 3 halted"),
    ("EL3RST", "level 3 reset"),
    ("ELNRNG", "link number out of range"),
    ("EUNATCH", "protocol driver not attached"),
    ("ENOCSI", "no csi structure available"),
    ("EL2HLT", "level 2 halted"),
    ("EBADE", "invalid exchange"),
    ("EBADR", "invalid request descriptor"),
    ("EXFULL", "exchange full"),
    ("ENOANO", "no anode"),
    ("EBADRQC", "invalid request code"),
    ("EBADSLT", "invalid slot"),
    ("", ""),
    ("EBFONT", "bad font file format"),
    ("ENOSTR", "device not a stream"),
    ("ENODATA", "no data available"),
    ("ETIME", "timer expired"),
    ("ENOSR", "out of streams resources"),
    ("ENONET", "machine is not on the network"),
    ("ENOPKG", "package not installed"),
    ("EREMOTE", "object is remote"),
    ("ENOLINK", "link has been severed"),
    ("EADV", "advertise error"),
    ("ESRMNT", "srmount error"),
    ("ECOMM", "communication error on send"),
    ("EPROTO", "protocol error"),
    ("EMULTIHOP", "multihop attempted"),
    ("EDOTDOT", "rfs specific error"),
    ("EBADMSG", "bad message"),
    ("EOVERFLOW", "value too large for defined data type"),
    ("ENOTUNIQ", "name not unique on network"),
    ("EBADFD", "file descriptor in bad state"),
    ("EREMCHG", "remote address changed"),
    ("ELIBACC", "cannot access a needed shared library"),
    ("ELIBBAD", "accessing a corrupted shared library"),
    ("ELIBSCN", ".lib section in a.out corrupted"),
    ("ELIBMAX", "attempting to link in too many shared libraries"),
    ("ELIBEXEC", "cannot exec a shared library directly"),
    ("EILSEQ", "invalid character"),
    ("ERESTART", "interrupted system call should be restarted"),
    ("ESTRPIPE", "streams pipe error"),
    ("EUSERS", "too many users"),
    ("ENOTSOCK", "socket operation on non-socket"),
    ("EDESTADDRREQ", "destination address required"),
    ("EMSGSIZE", "message too long"),
    ("EPROTOTYPE", "protocol wrong type for socket"),
    ("ENOPROTOOPT", "protocol not available"),
    ("EPROTONOSUPPORT", "protocol not supported"),
    ("ESOCKTNOSUPPORT", "socket type not supported"),
    ("EOPNOTSUPP", "operation not supported"),
    ("EPFNOSUPPORT", "protocol family not supported"),
    ("EAFNOSUPPORT", "address family not supported by protocol"),
    ("EADDRINUSE", "address already in use"),
    ("EADDRNOTAVAIL", "cannot assign requested address"),
    ("ENETDOWN", "network is down"),
    ("ENETUNREACH", "network is unreachable"),
    ("ENETRESET", "network dropped connection on reset"),
    ("ECONNABORTED", "software caused connection abort"),
    ("ECONNRESET", "connection reset by peer"),
    ("ENOBUFS", "no buffer space available"),
    ("EISCONN", "transport endpoint is already connected"),
    ("ENOTCONN", "transport endpoint is not connected"),
    ("ESHUTDOWN", "cannot send after transport endpoint shutdown"),
    ("ETOOMANYREFS", "too many references: cannot splice"),
    ("ETIMEDOUT", "connection timed out"),
    ("ECONNREFUSED", "connection refused"),
    ("EHOSTDOWN", "host is down"),
    ("EHOSTUNREACH", "no route to host"),
    ("EALREADY", "operation already in progress"),
    ("EINPROGRESS", "operation now in progress"),
    ("ESTALE", "stale file handle"),
    ("EUCLEAN", "structure needs cleaning"),
    ("ENOTNAM", "not a xenix named type file"),
    ("ENAVAIL", "no xenix semaphores available"),
    ("EISNAM", "is a named type file"),
    ("EREMOTEIO", "remote i/o error"),
    ("EDQUOT", "disk quota exceeded"),
    ("ENOMEDIUM", "no medium found"),
    ("EMEDIUMTYPE", "wrong medium type"),
    ("ECANCELED", "operation canceled"),
    ("ENOKEY", "required key not available"),
    ("EKEYEXPIRED", "key has expired"),
    ("EKEYREVOKED", "key has been revoked"),
    ("EKEYREJECTED", "key was rejected by service"),
    ("EOWNERDEAD", "owner died"),
    ("ENOTRECOVERABLE", "state not recoverable"),
    ("ERFKILL", "operation not possible due to rf-kill"),
    ("EHWPOISON", "memory page has hardware error"),
    ("EFTYPE", "wrong file type"),
];

/// The first number that only the kernel uses.
const KERNEL_FIRST: usize = 512;

/// From 512: `include/linux/errno.h`, which is not UAPI.
const KERNEL: &[Row] = &[
    ("ERESTARTSYS", "to be restarted if the signal's action says so"),
    ("ERESTARTNOINTR", "to be restarted"),
    ("ERESTARTNOHAND", "to be restarted if no handler runs"),
    ("ENOIOCTLCMD", "no such ioctl here"),
    ("ERESTART_RESTARTBLOCK", "to be restarted by restart_syscall"),
    ("EPROBE_DEFER", "driver asks to be tried later"),
    ("EOPENSTALE", "open found a stale entry"),
    ("ENOPARAM", "parameter not supported"),
    ("", ""),
    ("EBADHANDLE", "bad file handle"),
    ("ENOTSYNC", "update out of step"),
    ("EBADCOOKIE", "cookie is stale"),
    ("ENOTSUPP", "operation not supported"),
    ("ETOOSMALL", "buffer or request too small"),
    ("ESERVERFAULT", "server fault"),
    ("EBADTYPE", "type not supported by server"),
    ("EJUKEBOX", "request started but not done in time"),
    ("EIOCBQUEUED", "request queued, completion comes later"),
    ("ERECALLCONFLICT", "conflict with recalled state"),
    ("ENOGRACE", "not in a grace period"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_names_of_the_headers() {
        let rows = [
            (1, Some("EPERM")),
            (2, Some("ENOENT")),
            (11, Some("EAGAIN")),
            (13, Some("EACCES")),
            (35, Some("EDEADLK")),
            (38, Some("ENOSYS")),
            (95, Some("EOPNOTSUPP")),
            (110, Some("ETIMEDOUT")),
            (133, Some("EHWPOISON")),
            (512, Some("ERESTARTSYS")),
            (513, Some("ERESTARTNOINTR")),
            (514, Some("ERESTARTNOHAND")),
            (516, Some("ERESTART_RESTARTBLOCK")),
            (524, Some("ENOTSUPP")),
            (530, Some("ERECALLCONFLICT")),
            (0, None),
            (-2, None),
            (41, None),
            (58, None),
            (135, None),
            (511, None),
            (520, None),
            (532, None),
            (i32::MIN, None),
        ];
        for (errno, expected) in rows {
            assert_eq!(name(errno), expected, "{errno}");
        }
    }

    #[test]
    fn every_name_has_a_text_and_stands_once() {
        let mut names: Vec<_> = (1..=600).filter_map(name).collect();
        assert_eq!(names.len(), 151);
        assert!((1..=600).all(|errno| text(errno).is_none_or(|text| !text.is_empty())));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 151);
        assert_eq!(text(2), Some("no such file or directory"));
    }

    #[test]
    fn only_the_last_4095_results_are_errors() {
        for (result, expected) in [(-1, Some(1)), (-4095, Some(4095)), (-4096, None), (0, None), (3, None)] {
            assert_eq!(of_result(result), expected, "{result}");
        }
    }
}
