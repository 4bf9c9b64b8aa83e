//! Shapes of parameters, row by row.
use std::fmt::Write as _;

use super::*;
use crate::syscall::number;

/// Sets of parameters, results and members, each once.
pub(crate) fn every_set() -> Vec<&'static Set> {
    let mut sets: Vec<&'static Set> = Vec::new();
    let wide = table::all().iter().flat_map(|row| row.1.iter().copied().chain([plain(row.2)]));
    let own =
        i386::all().iter().flat_map(|call| call.1.iter().map(|own| own.parameter).chain([plain(call.2)]));
    for parameter in wide.chain(own) {
        if let Some(scalar) = scalar_of(parameter.shape) {
            gather(scalar, &mut sets);
        }
    }
    sets.extend(MEMBERS.iter().map(|row| row.2));
    sets.sort_by_key(|set| set.name);
    sets.dedup_by_key(|set| std::ptr::from_ref(*set));
    sets
}

fn plain(scalar: Scalar) -> Parameter {
    Parameter { shape: Shape::Number(scalar), when: When::In }
}

fn scalar_of(shape: Shape) -> Option<Scalar> {
    match shape {
        Shape::Number(scalar) | Shape::Pointed(scalar) | Shape::Array { element: scalar, .. } => Some(scalar),
        _ => None,
    }
}

fn gather(scalar: Scalar, sets: &mut Vec<&'static Set>) {
    match scalar {
        Scalar::Symbol { set, .. } => sets.push(set),
        Scalar::Depends { cases, otherwise, .. } => {
            for (_, case) in cases {
                gather(*case, sets);
            }
            gather(*otherwise, sets);
        }
        _ => (),
    }
}

/// A parameter in a few words: `out bytes min(return,2)`.
fn words(parameter: Parameter) -> String {
    let mut out = match parameter.when {
        When::In => String::new(),
        When::Out => String::from("out "),
        When::InOut => String::from("inout "),
    };
    let written = match parameter.shape {
        Shape::Number(scalar) => write!(out, "{}", scalar_words(scalar)),
        Shape::Pointed(scalar) => write!(out, "*{}", scalar_words(scalar)),
        Shape::Array { element, count } => write!(out, "{}[{}]", scalar_words(element), length_words(count)),
        Shape::Path => write!(out, "path"),
        Shape::Text => write!(out, "text"),
        Shape::TextArray => write!(out, "texts"),
        Shape::SocketAddress { length } => write!(out, "sockaddr {}", length_words(length)),
        Shape::Bytes { length } => write!(out, "bytes {}", length_words(length)),
        Shape::Vector { count, length } => {
            write!(out, "vector {} {}", length_words(count), length.map_or("full".into(), length_words))
        }
        Shape::Message { length } => write!(out, "message {}", length.map_or("full".into(), length_words)),
        Shape::Messages { count } => write!(out, "messages {}", length_words(count)),
        Shape::Structure { name, length: None } => write!(out, "{name}"),
        Shape::Structure { name, length: Some(length) } => write!(out, "{name} {}", length_words(length)),
        Shape::Structures { name, count } => write!(out, "{name}[{}]", length_words(count)),
        Shape::QueueMessage { length } => write!(out, "queue_message {}", length_words(length)),
        Shape::Chosen { on, .. } => write!(out, "chosen({on})"),
        Shape::FdSet { count } => write!(out, "fd_set {}", length_words(count)),
    };
    written.unwrap();
    out
}

fn scalar_words(scalar: Scalar) -> String {
    match scalar {
        Scalar::Signed(bytes) => format!("i{}", bytes * 8),
        Scalar::Unsigned(bytes) => format!("u{}", bytes * 8),
        Scalar::Address => "address".into(),
        Scalar::Fd => "fd".into(),
        Scalar::Symbol { set, bytes } => format!("{}:{bytes}", set.name),
        Scalar::Depends { on, .. } => format!("depends({on})"),
        Scalar::Nothing => "nothing".into(),
    }
}

fn length_words(length: LengthSource) -> String {
    match length {
        LengthSource::Parameter(index) => index.to_string(),
        LengthSource::Pointed { parameter, offset, bytes } => format!("*({parameter}+{offset}):{bytes}"),
        LengthSource::Return => "return".into(),
        LengthSource::ReturnCappedBy(index) => format!("min(return,{index})"),
        LengthSource::Bits(index) => format!("bits({index})"),
        LengthSource::Constant(count) => format!("={count}"),
    }
}

/// Declares `declaration` as tracefs does, `int dfd`, for a call that no table may know.
fn check_one(abi: Abi, call: &str, index: u8, declaration: &str, expected: &str) {
    let (c_type, name) = declaration.rsplit_once(' ').unwrap();
    let found = words(parameter(abi, call, index, Declared { c_type, name }));
    assert_eq!(found, expected, "{abi} {call} {declaration}");
}

/// All parameters by position, and the result.
fn check(abi: Abi, call: &str, expected: &str) {
    let count = match known(abi, call).unwrap() {
        Known::Own(own) => own.1.len(),
        Known::Wide(row) | Known::Narrow(row, _) => row.1.len(),
    };
    let declared = Declared { c_type: "int", name: "" };
    let found: Vec<_> = (0..u8::try_from(count).unwrap())
        .map(|index| words(parameter(abi, call, index, declared)))
        .chain([format!("-> {}", scalar_words(returns(abi, call)))])
        .collect();
    assert_eq!(found.join(", "), expected, "{abi} {call}");
}

#[test]
fn calls_are_described_by_position() {
    let x = Abi::X86_64;
    check(x, "openat", "fd, path, open_flags:4, mode:2, -> fd");
    check(x, "openat2", "fd, path, open_how 3, u64, -> fd");
    check(x, "read", "fd, out bytes min(return,2), u64, -> i64");
    check(x, "write", "fd, bytes 2, u64, -> i64");
    check(x, "readv", "fd, out vector 2 return, u64, -> i64");
    check(x, "writev", "fd, vector 2 full, u64, -> i64");
    check(x, "recvmsg", "fd, out message return, message_flags:4, -> i64");
    check(x, "accept", "fd, out sockaddr *(2+0):4, inout *i32, -> fd");
    check(x, "msgsnd", "i32, queue_message 2, u64, message_flags:4, -> i64");
    check(x, "msgrcv", "i32, out queue_message return, u64, i64, message_flags:4, -> i64");
    check(x, "connect", "fd, sockaddr 2, i32, -> i64");
    check(x, "pipe2", "out fd[=2], pipe_flags:4, -> i64");
    check(x, "execve", "path, texts, texts, -> i64");
    check(x, "exit_group", "i32, -> nothing");
    check(x, "stat", "path, out stat, -> i64");
    check(x, "poll", "inout pollfd[1], u32, i32, -> i64");
    check(x, "perf_event_open", "perf_event_attr *(0+4):4, i32, i32, fd, perf_flags:8, -> fd");
    check(x, "socket", "family:4, socket_type:4, depends(0), -> fd");
    check(x, "mmap", "address, u64, protection:8, map_flags:8, fd, u64, -> address");
    check(
        x,
        "select",
        "i32, inout fd_set bits(0), inout fd_set bits(0), inout fd_set bits(0), inout __kernel_old_timeval, -> i64",
    );
    check(x, "clone", "clone_flags:8, address, out *i32, address, address, -> i32");
}

#[test]
fn i386_calls_have_narrow_words_and_structures_of_their_own() {
    let i = Abi::I386;
    check(i, "openat", "fd, path, open_flags:4, mode:2, -> fd");
    check(i, "read", "fd, out bytes min(return,2), u32, -> i32");
    check(i, "mmap2", "address, u32, protection:4, map_flags:4, fd, u32, -> address");
    check(i, "mprotect", "address, u32, protection:4, -> i32");
    check(i, "mmap", "mmap_arg_struct32, -> address");
    check(i, "stat", "path, out compat_stat, -> i32");
    check(i, "stat64", "path, out stat64, -> i32");
    check(i, "clock_gettime", "clock:4, out old_timespec32, -> i32");
    check(i, "clock_gettime64", "clock:4, out __kernel_timespec, -> i32");
    check(i, "clone", "clone_flags:4, address, out *i32, address, address, -> i32");
    check(i, "chown", "path, u16, u16, -> i32");
    check(i, "chown32", "path, id:4, id:4, -> i32");
    check(i, "sendfile", "fd, fd, inout *i32, u32, -> i32");
    check(i, "sendfile64", "fd, fd, inout *i64, u32, -> i32");
    check(i, "pread64", "fd, out bytes min(return,2), u32, u32, u32, -> i32");
    check(i, "get_robust_list", "i32, out *u32, out *u32, -> i32");
    check(i, "socketcall", "socketcall:4, address, -> i32");
    check(i, "rt_sigaction", "signal:4, compat_sigaction, out compat_sigaction, u32, -> i32");
}

#[test]
fn unknown_calls_are_described_by_type_and_name() {
    let rows = [
        ("const char * filename", "path"),
        ("const char * _type", "text"),
        ("char * buf", "address"),
        ("const char *const * argv", "address"),
        ("void * arg", "address"),
        ("struct statx * buffer", "inout statx"),
        ("const struct __kernel_timespec * uts", "__kernel_timespec"),
        ("struct never_seen * hidden", "address"),
        ("int dfd", "fd"),
        ("unsigned int fd", "fd"),
        ("int ruleset_fd", "fd"),
        ("int pidfd", "fd"),
        ("int sig", "signal:4"),
        ("umode_t mode", "mode:2"),
        ("uid_t user", "id:4"),
        ("const clockid_t which_clock", "clock:4"),
        ("const __u32 flags", "u32"),
        ("u16 port", "u16"),
        ("size_t len", "u64"),
        ("loff_t pos", "i64"),
        ("loff_t * pos", "inout *i64"),
        ("u32 * size", "inout *u32"),
        ("const enum landlock_rule_type rule_type", "u32"),
        ("some_t value", "u64"),
    ];
    for (declaration, expected) in rows {
        check_one(Abi::X86_64, "call_of_the_future", 0, declaration, expected);
    }
    check_one(Abi::I386, "call_of_the_future", 0, "size_t len", "u32");
    check_one(Abi::I386, "call_of_the_future", 0, "struct rusage * ru", "inout compat_rusage");
    check_one(Abi::X86_64, "read", 3, "int flags", "i32");
    assert_eq!(returns(Abi::X86_64, "call_of_the_future"), Scalar::Signed(8));
    assert_eq!(detail(Abi::X86_64, "call_of_the_future"), Detail::Generic);
    assert_eq!(detail(Abi::I386, "stat64"), Detail::Specialised);
}

fn check_value(abi: Abi, scalar: Scalar, raw: u64, expected: &str) {
    let mut out = String::new();
    scalar.write(abi, raw, &mut out);
    assert_eq!(out, expected, "{scalar:?} {raw:#x}");
}

#[test]
fn what_lies_above_a_number_in_its_register_is_not_shown() {
    let x = Abi::X86_64;
    check_value(x, Scalar::Signed(4), 0xdead_beef_ffff_fffe, "-2");
    check_value(x, Scalar::Signed(8), u64::MAX, "-1");
    check_value(x, Scalar::Signed(2), 0x1_8000, "-32768");
    check_value(x, Scalar::Unsigned(4), 0xdead_beef_0000_0007, "7");
    check_value(x, Scalar::Unsigned(8), u64::MAX, "18446744073709551615");
    check_value(x, Scalar::Fd, 0xffff_ffff, "-1");
    check_value(x, Scalar::Fd, 0xffff_ff9c, "AT_FDCWD");
    check_value(x, Scalar::Fd, 0xdead_beef_0000_0003, "3");
    check_value(x, Scalar::Address, 0x7fff_0000_1000, "0x7fff00001000");
    check_value(x, Scalar::Address, 0, "0x0");
    check_value(Abi::I386, Scalar::Address, 0xdead_beef_0000_1000, "0x1000");
    check_value(x, Scalar::Nothing, 5, "?");
    let mode = Scalar::Symbol { set: &crate::symbol::file::MODE, bytes: 2 };
    check_value(x, mode, 0xffff_ffff_0000_01ed, "0755");
}

#[test]
fn another_parameter_decides_what_a_number_means() {
    let declared = Declared { c_type: "unsigned long", name: "arg" };
    let rows = [
        ("fcntl", 2, 4, 0x800, "O_RDONLY|O_NONBLOCK"),
        ("fcntl", 2, 2, 1, "FD_CLOEXEC"),
        ("fcntl", 2, 0, 10, "10"),
        ("fcntl", 2, 5, 0x7000, "0x7000"),
        ("socket", 2, 2, 17, "IPPROTO_UDP"),
        ("socket", 2, 16, 0, "NETLINK_ROUTE"),
        ("socket", 2, 1, 0, "0"),
        ("setsockopt", 2, 6, 1, "TCP_NODELAY"),
        ("setsockopt", 2, 1, 2, "SO_REUSEADDR"),
        ("setsockopt", 2, 999, 2, "2"),
        ("prctl", 1, 1, 9, "SIGKILL"),
        ("prctl", 1, 24, 21, "CAP_SYS_ADMIN"),
        ("ptrace", 3, 0x4206, 1, "PTRACE_O_TRACESYSGOOD"),
        ("keyctl", 1, 11, 0xffff_fffd, "KEY_SPEC_SESSION_KEYRING"),
    ];
    for (call, index, deciding, raw, expected) in rows {
        let (Shape::Number(scalar) | Shape::Chosen { otherwise: scalar, .. }) =
            parameter(Abi::X86_64, call, index, declared).shape
        else {
            panic!("{call}")
        };
        check_value(
            Abi::X86_64,
            scalar.settled(Abi::X86_64, 0xffff_ffff_0000_0000 | deciding),
            raw,
            expected,
        );
    }
}

#[test]
fn a_settled_number_is_as_narrow_as_its_abi() {
    let declared = Declared { c_type: "unsigned long", name: "arg2" };
    for (abi, expected) in [(Abi::X86_64, "4294967297"), (Abi::I386, "1")] {
        let Shape::Chosen { otherwise: scalar, .. } = parameter(abi, "prctl", 1, declared).shape else {
            panic!("{abi}")
        };
        check_value(abi, scalar.settled(abi, 4), 0x1_0000_0001, expected);
    }
}

#[test]
fn members_have_names_in_both_abis() {
    assert_eq!(member("open_how", "flags"), Some(&crate::symbol::file::OPEN_FLAGS));
    assert_eq!(member("compat_stat", "st_mode"), Some(&crate::symbol::file::MODE));
    assert_eq!(member("stat", "st_size"), None);
}

#[test]
fn calls_that_a_kernel_lacks_have_parameters_by_position() {
    let names = |abi, call| undeclared(abi, call).iter().map(|declared| declared.name).collect::<Vec<_>>();
    assert_eq!(names(Abi::X86_64, "init_module"), ["arg1", "arg2", "arg3"]);
    assert_eq!(names(Abi::I386, "socketcall"), ["arg1", "arg2"]);
    assert_eq!(names(Abi::X86_64, "uselib"), [""; 0]);
}

#[test]
fn tables_are_sorted_and_every_row_is_a_call() {
    assert!(table::all().is_sorted_by(|low, high| low.0 < high.0));
    assert!(i386::all().is_sorted_by(|low, high| low.0 < high.0));
    assert!(COMPAT.is_sorted());
    assert!(MEMBERS.is_sorted_by_key(|row| (row.0, row.1)));
    for (call, _, _) in table::all() {
        assert!(number::number(Abi::X86_64, call).is_some(), "{call}");
    }
    for call in i386::all() {
        assert!(number::number(Abi::I386, call.0).is_some(), "{}", call.0);
    }
}

#[test]
fn every_implemented_call_is_described() {
    // Newer than the table's kernel: types and names decide.
    let newer = ["fchroot"];
    let undescribed = |abi| {
        number::all(abi)
            .map(|(_, name)| name)
            .filter(|name| detail(abi, name) == Detail::Generic && !newer.contains(name))
            .collect::<Vec<_>>()
    };
    let x86_64 = undescribed(Abi::X86_64);
    assert!(x86_64.iter().all(|call| number::tracepoint_name(Abi::X86_64, call).is_none()), "{x86_64:?}");
    assert_eq!(x86_64.len(), 16);
    let unimplemented = [
        "afs_syscall",
        "bdflush",
        "break",
        "create_module",
        "ftime",
        "get_kernel_syms",
        "getpmsg",
        "gtty",
        "idle",
        "lock",
        "mpx",
        "nfsservctl",
        "prof",
        "profil",
        "putpmsg",
        "query_module",
        "stty",
        "ulimit",
        "vserver",
        "_sysctl",
    ];
    let i386 = undescribed(Abi::I386);
    assert!(i386.iter().all(|call| unimplemented.contains(call)), "{i386:?}");
}

#[test]
fn lengths_and_cases_refer_to_parameters_that_exist() {
    for (call, parameters, _) in table::all() {
        assert!(parameters.len() <= 6, "{call}");
        for parameter in *parameters {
            check_references(call, parameter.shape, parameters.len());
        }
    }
    for call in i386::all() {
        for own in call.1 {
            check_references(call.0, own.parameter.shape, call.1.len());
        }
    }
}

fn check_references(call: &str, shape: Shape, count: usize) {
    let lengths = match shape {
        Shape::Array { count, .. } | Shape::Messages { count } | Shape::Structures { count, .. } => {
            [Some(count), None]
        }
        Shape::SocketAddress { length }
        | Shape::Bytes { length }
        | Shape::QueueMessage { length }
        | Shape::FdSet { count: length } => [Some(length), None],
        Shape::Vector { count, length } => [Some(count), length],
        Shape::Message { length } | Shape::Structure { length, .. } => [length, None],
        _ => [None, None],
    };
    for length in lengths.into_iter().flatten() {
        let index = match length {
            LengthSource::Parameter(index)
            | LengthSource::ReturnCappedBy(index)
            | LengthSource::Bits(index) => index,
            LengthSource::Pointed { parameter, .. } => parameter,
            LengthSource::Return | LengthSource::Constant(_) => 0,
        };
        assert!(usize::from(index) < count, "{call} {length:?}");
    }
    if let Shape::Chosen { on, cases, .. } = shape {
        assert!(usize::from(on) < count, "{call}");
        for abi in Abi::ALL {
            assert!(cases.of(abi).is_sorted_by(|low, high| low.0 < high.0), "{call} {abi}");
        }
    }
    if let Shape::Number(Scalar::Depends { on, cases, .. }) = shape {
        assert!(usize::from(on) < count, "{call}");
        assert!(cases.is_sorted_by(|low, high| low.0 < high.0), "{call}");
        assert!(cases.iter().all(|(_, case)| !matches!(case, Scalar::Depends { .. })), "{call}");
    }
}
