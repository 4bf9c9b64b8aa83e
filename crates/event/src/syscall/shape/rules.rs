//! What a parameter means by its C type and name alone, for calls the table does not know.

use super::{Declared, LengthSource, Parameter, Scalar, Shape, When};
use crate::symbol::{Set, file, process, time};

/// The shape of a parameter that only its declaration describes.
pub(super) fn parameter(declared: Declared<'_>) -> Parameter {
    match declared.c_type.trim().strip_suffix('*') {
        None => Parameter { shape: Shape::Number(scalar(declared)), when: When::In },
        Some(pointee) => pointer(pointee.trim(), declared.name),
    }
}

fn pointer(pointee: &str, name: &str) -> Parameter {
    let constant = pointee.starts_with("const ");
    let bare = without_qualifiers(pointee);
    let when = if constant { When::In } else { When::InOut };
    if bare.ends_with('*') {
        return input(address());
    }
    let shape = match bare {
        "char" if constant && is_path_name(name) => Shape::Path,
        "char" if constant => Shape::Text,
        // Whether it is text, and for input or output, nothing here says.
        "char" | "unsigned char" | "void" => address(),
        "sigset_t" => Shape::Pointed(Scalar::Symbol { set: &process::SIGNAL_SET, bytes: 8 }),
        "siginfo_t" => structure("siginfo"),
        "stack_t" => structure("sigaltstack"),
        _ => match bare.strip_prefix("struct ").or_else(|| bare.strip_prefix("union ")) {
            Some(name) => known_structure(name),
            None => number(bare).map_or(address(), Shape::Pointed),
        },
    };
    if shape == address() { input(shape) } else { Parameter { shape, when } }
}

/// The names are a closed list: the caller can only look up the kernel's BTF by a text that lives for ever.
fn known_structure(name: &str) -> Shape {
    match STRUCTURES.binary_search(&name).ok().and_then(|place| STRUCTURES.get(place)) {
        Some(name) => structure(name),
        None => address(),
    }
}

fn scalar(declared: Declared<'_>) -> Scalar {
    let bare = without_qualifiers(declared.c_type);
    let by_name = match declared.name {
        "sig" | "signal" => Some(&process::SIGNAL),
        "at_flags" => Some(&file::AT_FLAGS),
        _ => None,
    };
    match (by_name, number(bare)) {
        (Some(set), _) => symbol(set, 4),
        (None, Some(Scalar::Signed(4) | Scalar::Unsigned(4))) if is_descriptor_name(declared.name) => {
            Scalar::Fd
        }
        (None, Some(number)) => number,
        (None, None) if bare.starts_with("enum ") => Scalar::Unsigned(4),
        (None, None) => Scalar::Unsigned(8),
    }
}

/// The number of this C type without qualifiers; `None` for types that are not numbers.
fn number(c_type: &str) -> Option<Scalar> {
    Some(match c_type {
        "char" | "s8" | "__s8" => Scalar::Signed(1),
        "unsigned char" | "u8" | "__u8" | "bool" => Scalar::Unsigned(1),
        "short" | "s16" | "__s16" => Scalar::Signed(2),
        "unsigned short" | "u16" | "__u16" | "old_uid_t" | "old_gid_t" => Scalar::Unsigned(2),
        "umode_t" => symbol(&file::MODE, 2),
        "int" | "s32" | "__s32" | "pid_t" | "key_t" | "timer_t" | "rwf_t" | "key_serial_t" => {
            Scalar::Signed(4)
        }
        "unsigned int" | "unsigned" | "u32" | "__u32" => Scalar::Unsigned(4),
        "uid_t" | "gid_t" | "qid_t" => symbol(&process::ID, 4),
        "clockid_t" => symbol(&time::CLOCK, 4),
        "long" | "long long" | "s64" | "__s64" | "loff_t" | "off_t" | "ssize_t" | "__kernel_old_time_t" => {
            Scalar::Signed(8)
        }
        "unsigned long" | "unsigned long long" | "u64" | "__u64" | "size_t" | "aio_context_t" => {
            Scalar::Unsigned(8)
        }
        "mqd_t" => Scalar::Fd,
        _ => return None,
    })
}

fn without_qualifiers(c_type: &str) -> &str {
    let mut bare = c_type.trim();
    loop {
        let shorter = bare.trim_start_matches("const ").trim_end_matches(" const").trim();
        if shorter == bare {
            return bare;
        }
        bare = shorter;
    }
}

fn is_path_name(name: &str) -> bool {
    matches!(name, "filename" | "pathname" | "path" | "oldname" | "newname" | "specialfile")
        || name.ends_with("_pathname")
        || name.ends_with("_path")
}

fn is_descriptor_name(name: &str) -> bool {
    name == "fildes" || ["fd", "fd_in", "fd_out"].iter().any(|end| name.ends_with(end))
}

fn symbol(set: &'static Set, bytes: u8) -> Scalar {
    Scalar::Symbol { set, bytes }
}

fn structure(name: &'static str) -> Shape {
    Shape::Structure { name, length: None::<LengthSource> }
}

fn address() -> Shape {
    Shape::Number(Scalar::Address)
}

fn input(shape: Shape) -> Parameter {
    Parameter { shape, when: When::In }
}

/// Structures that tracefs declares, by their BTF names, sorted. All are of fixed size.
const STRUCTURES: &[&str] = &[
    "__kernel_itimerspec",
    "__kernel_old_itimerval",
    "__kernel_old_timeval",
    "__kernel_timespec",
    "__kernel_timex",
    "cachestat",
    "cachestat_range",
    "epoll_event",
    "futex_waitv",
    "iocb",
    "mq_attr",
    "new_utsname",
    "old_utsname",
    "pollfd",
    "rlimit",
    "rlimit64",
    "robust_list_head",
    "rseq",
    "rusage",
    "sched_param",
    "sigaction",
    "sigaltstack",
    "sigevent",
    "siginfo",
    "stat",
    "statfs",
    "statx",
    "sysinfo",
    "timezone",
    "tms",
    "ustat",
    "utimbuf",
];
