//! Records made by hand, as the kernel programs lay them out, decoded to the line that a person sees.

use event::syscall::call::{Call, Structures};
use event::syscall::decode::{Decoder, RecordError};
use event::syscall::number::{Abi, number};
use event::syscall::record::{
    BUFFER_BYTES_DEFAULT, CaptureKind, HEADER_BYTES, Header, Limits, MORE_TEXTS, Origin,
};
use event::syscall::shape::Declared;
use event::{json, line};

/// What one capture brought: its result, its total, its bytes.
type Brought<'a> = (i32, u32, &'a [u8]);

/// A record in the making: registers, result, and what the captures brought.
struct Made<'a> {
    call: &'a str,
    declared: &'a str,
    registers: [u64; 6],
    result: i64,
    origin: Origin,
    /// In the order of the parameters.
    captures: &'a [Brought<'a>],
}

const OPENAT: &str = "int dfd,const char * filename,int flags,umode_t mode";
const WRITE: &str = "unsigned int fd,const char * buf,size_t count";

fn decoder(made: &Made<'_>) -> Decoder {
    let declared = made.declared.split(',').filter_map(|text| text.trim().rsplit_once(' '));
    let declared: Vec<Declared<'_>> = declared.map(|(c_type, name)| Declared { c_type, name }).collect();
    let number = number(Abi::X86_64, made.call).expect("a call of this name");
    let call = Call::describe(Abi::X86_64, number, made.call, &declared, &Structures::new());
    Decoder::new(vec![call], Structures::new(), Limits { buffer_bytes: BUFFER_BYTES_DEFAULT })
}

fn record(made: &Made<'_>) -> Vec<u8> {
    let mut bytes = vec![0; usize::from(HEADER_BYTES)];
    let mut put = |field: Header, value: &[u8]| {
        let start = usize::from(field.offset());
        bytes[start..start + value.len()].copy_from_slice(value);
    };
    put(Header::Sequence, &7_u64.to_le_bytes());
    put(Header::ExitTime, &2_000_u64.to_le_bytes());
    put(Header::EnterTime, &750_u64.to_le_bytes());
    put(Header::Process, &10_u32.to_le_bytes());
    put(Header::Thread, &11_u32.to_le_bytes());
    put(Header::Return, &made.result.to_le_bytes());
    put(Header::Number, &number(Abi::X86_64, made.call).expect("known").to_le_bytes());
    put(Header::Origin, &[made.origin.number()]);
    put(Header::Command, b"cat");
    let registers: Vec<u8> = made.registers.iter().flat_map(|register| register.to_le_bytes()).collect();
    put(Header::Arguments, &registers);
    let captures = in_plan_order(made);
    for (result, total, _) in &captures {
        bytes.extend(result.to_le_bytes());
        bytes.extend(total.to_le_bytes());
    }
    for (_, _, data) in &captures {
        bytes.extend_from_slice(data);
    }
    bytes
}

/// The captures, given in the order of the parameters, as the plan orders them.
fn in_plan_order<'a>(made: &Made<'a>) -> Vec<(i32, u32, &'a [u8])> {
    let mut captures = made.captures.to_vec();
    if made.origin == Origin::Exit {
        let decoder = decoder(made);
        let places = decoder.calls()[0].parameters.iter().filter_map(|parameter| parameter.capture);
        for (place, capture) in places.zip(made.captures) {
            captures[usize::from(place)] = *capture;
        }
    }
    captures
}

fn check(made: &Made<'_>, expected: &str) {
    let decoder = decoder(made);
    let record = record(made);
    let event = decoder.decode(&record).expect("a whole record");
    let mut out = String::new();
    line::write_call(&event, &mut out);
    assert_eq!(out, expected);
    let mut text = String::new();
    json::write_call(&event, 0, &mut text);
    let read: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
    for key in
        ["timestamp", "cpu", "seq", "pid", "tid", "ppid", "uid", "gid", "comm", "syscall", "abi", "args"]
    {
        assert!(read.get(key).is_some(), "{key} in {text}");
    }
    for key in ["ret", "errno", "duration_ns", "truncated", "source"] {
        assert!(read.get(key).is_some(), "{key} in {text}");
    }
    for end in 0..record.len() {
        let part = decoder.decode(&record[..end]);
        assert!(matches!(part, Err(RecordError::Short { .. })), "{end} of {} bytes: {part:?}", record.len());
    }
}

#[test]
fn a_path_flags_and_a_mode() {
    check(
        &Made {
            call: "openat",
            declared: OPENAT,
            registers: [0xffff_ff9c, 0x1000, 0x80000, 0, 0, 0],
            result: 3,
            origin: Origin::Exit,
            captures: &[(0, 0, b""), (12, 0, b"/etc/passwd\0")],
        },
        "cat[10/11] openat(dfd: AT_FDCWD, filename: \"/etc/passwd\", flags: O_RDONLY|O_CLOEXEC, mode: 0) = 3 <1.250 us>",
    );
}

#[test]
fn a_failed_call_shows_its_errno_and_an_unreadable_path_its_reason() {
    check(
        &Made {
            call: "openat",
            declared: OPENAT,
            registers: [3, 0x1000, 0, 0, 0, 0],
            result: -14,
            origin: Origin::Exit,
            captures: &[(0, 0, b""), (-14, 0, b"")],
        },
        "cat[10/11] openat(dfd: 3, filename: ?EFAULT, flags: O_RDONLY, mode: 0) = -EFAULT <1.250 us>",
    );
}

#[test]
fn a_path_that_just_fits_is_whole_and_a_longer_one_is_cut() {
    for (bytes, cut) in [(4095, ""), (4096, "... (kept 4096)")] {
        let mut path = vec![b'p'; bytes];
        path.push(0);
        check(
            &Made {
                call: "access",
                declared: "const char * filename,int mode",
                registers: [0x1000, 0, 0, 0, 0, 0],
                result: -36,
                origin: Origin::Exit,
                captures: &[(i32::try_from(path.len()).expect("short"), 0, &path)],
            },
            &format!(
                "cat[10/11] access(filename: \"{}\"... ({bytes} bytes){cut}, mode: F_OK) = -ENAMETOOLONG <1.250 us>",
                "p".repeat(256)
            ),
        );
    }
}

#[test]
fn a_path_of_a_descriptor_is_turned_round() {
    let names =
        [&0x9123_683e_u32.to_le_bytes()[..], &0_u32.to_le_bytes(), &5_u64.to_le_bytes(), b"c\0b\0a\0"]
            .concat();
    let kept = i32::try_from(names.len()).expect("short");
    for (total, path) in [(3, "/a/b/c"), (3 | MORE_TEXTS, ".../a/b/c")] {
        let cut = if total == 3 { "" } else { "... (kept 3)" };
        check(
            &Made {
                call: "write",
                declared: WRITE,
                registers: [1, 0x1000, 5000, 0, 0, 0],
                result: 5000,
                origin: Origin::Exit,
                captures: &[(kept, total, &names), (2, 5000, b"hi")],
            },
            &format!(
                "cat[10/11] write(fd: 1<{path}>{cut}, buf: \"hi\"... (kept 2 of 5000), count: 5000) = 5000 <1.250 us>"
            ),
        );
    }
}

#[test]
fn a_successful_exec_has_its_strings_from_the_kernel() {
    check(
        &Made {
            call: "execve",
            declared: "const char * filename,const char *const * argv,const char *const * envp",
            registers: [1, 2, 3, 0, 0, 0],
            result: 0,
            origin: Origin::Exec,
            captures: &[(8, 0, b"/bin/ls\0"), (6, 6, b"ls\0-l\0"), (4, 9, b"A=1\0")],
        },
        "cat[10/11] execve(filename: \"/bin/ls\", argv: [\"ls\", \"-l\"], envp: [1 strings]... (kept 4 of 9)) = 0 <1.250 us>",
    );
}

#[test]
fn a_mask_of_cpus_is_the_numbers_of_its_bits() {
    check(
        &Made {
            call: "sched_setaffinity",
            declared: "pid_t pid,unsigned int len,unsigned long * user_mask_ptr",
            registers: [0, 0xffff_0000_0000_0002, 0x1000, 0, 0, 0],
            result: 0,
            origin: Origin::Exit,
            captures: &[(2, 2, &[5, 2])],
        },
        "cat[10/11] sched_setaffinity(pid: 0, len: 2, user_mask_ptr: [0, 2, 9]) = 0 <1.250 us>",
    );
    check(
        &Made {
            call: "set_mempolicy",
            declared: "int mode,const unsigned long * nmask,unsigned long maxnode",
            registers: [2, 0x1000, 9, 0, 0, 0],
            result: 0,
            origin: Origin::Exit,
            captures: &[(8, 8, &[0xff, 0xff, 1, 0, 0, 0, 0, 0])],
        },
        "cat[10/11] set_mempolicy(mode: MPOL_BIND, nmask: [0, 1, 2, 3, 4, 5, 6, 7, 8], maxnode: 9) = 0 <1.250 us>",
    );
}

#[test]
fn a_queued_message_is_its_type_and_as_much_text_as_the_call_says() {
    check(
        &Made {
            call: "msgsnd",
            declared: "int msqid,struct msgbuf * msgp,size_t msgsz,int msgflg",
            registers: [1, 0x1000, 5, 0, 0, 0],
            result: 0,
            origin: Origin::Exit,
            captures: &[(13, 13, b"\x07\0\0\0\0\0\0\0text!")],
        },
        "cat[10/11] msgsnd(msqid: 1, msgp: {mtype: 7, mtext: \"text!\"}, msgsz: 5, msgflg: 0) = 0 <1.250 us>",
    );
}

/// One call whose second argument decides what the third is.
fn check_chosen(call: &str, declared: &str, registers: [u64; 3], captures: &[Brought<'_>], expected: &str) {
    let [first, second, third] = registers;
    let registers = [first, second, third, 0, 0, 0];
    let made = Made { call, declared, registers, result: 0, origin: Origin::Exit, captures };
    check(&made, &format!("cat[10/11] {call}({expected}) = 0 <1.250 us>"));
}

#[test]
fn another_argument_decides_what_an_address_points_to() {
    let ioctl = "unsigned int fd,unsigned int cmd,unsigned long arg";
    let none: Brought<'_> = (0, 0, b"");
    let rows: [(u64, Brought<'_>, &str); 6] = [
        (0x5421, (4, 4, &[1, 0, 0, 0]), "cmd: FIONBIO, arg: 1"),
        (0x8913, (16, 16, b"lo\0junk of ifreq"), "cmd: SIOCGIFFLAGS, arg: \"lo\""),
        (0x5412, (1, 1, b"x"), "cmd: TIOCSTI, arg: \"x\""),
        (0x541b, none, "cmd: FIONREAD, arg: 0x1000"),
        (0x5413, (-14, 8, b""), "cmd: TIOCGWINSZ, arg: ?EFAULT"),
        (0x5422, none, "cmd: TIOCNOTTY, arg: 0x1000"),
    ];
    for (request, capture, expected) in rows {
        let expected = format!("fd: 3, {expected}");
        check_chosen("ioctl", ioctl, [3, request, 0x1000], &[none, capture], &expected);
    }
    check_chosen("ioctl", ioctl, [3, 0x4004_9409, 4], &[none, none], "fd: 3, cmd: FICLONE, arg: 4");
    let prctl = "int option,unsigned long arg2,unsigned long arg3";
    let name: &[Brought<'_>] = &[(16, 16, b"worker\0---------")];
    check_chosen("prctl", prctl, [15, 0x1000, 0], name, "option: PR_SET_NAME, arg2: \"worker\", arg3: 0x0");
    check_chosen("prctl", prctl, [15, 0, 0], &[(-14, 16, b"")], "option: PR_SET_NAME, arg2: NULL, arg3: 0x0");
    check_chosen("prctl", prctl, [1, 9, 0], &[none], "option: PR_SET_PDEATHSIG, arg2: SIGKILL, arg3: 0x0");
}

#[test]
fn attributes_of_bpf_are_those_of_its_command() {
    check(
        &Made {
            call: "bpf",
            declared: "int cmd,union bpf_attr * uattr,unsigned int size",
            registers: [0xffff_ffff_0000_0016, 0x1000, 4, 0, 0, 0],
            result: -1,
            origin: Origin::Exit,
            captures: &[(4, 4, &[7, 0, 0, 0])],
        },
        "cat[10/11] bpf(cmd: BPF_MAP_FREEZE, uattr: {map_fd: 7}, size: 4) = -EPERM <1.250 us>",
    );
}

#[test]
fn an_error_without_its_sign_is_an_error() {
    check(
        &Made {
            call: "modify_ldt",
            declared: "int func,void * ptr,unsigned long bytecount",
            registers: [1, 0, 1, 0, 0, 0],
            result: 4_294_967_258,
            origin: Origin::Exit,
            captures: &[],
        },
        "cat[10/11] modify_ldt(func: write, ptr: 0x0, bytecount: 1) = -ENOSYS <1.250 us>",
    );
}

#[test]
fn messages_are_their_headers() {
    let words: [u64; 8] = [0, 0, 0x2000, 2, 0x3000, 24, 0x4000_0000_0000_0020, 7];
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    check(
        &Made {
            call: "sendmmsg",
            declared: "int fd,struct mmsghdr * mmsg,unsigned int vlen,unsigned int flags",
            registers: [3, 0x1000, 1, 0, 0, 0],
            result: 1,
            origin: Origin::Exit,
            captures: &[(0, 0, b""), (64, 64, &bytes)],
        },
        "cat[10/11] sendmmsg(fd: 3, mmsg: [{name: NULL, namelen: 0, iov: 0x2000, iovlen: 2, control: 0x3000, controllen: 24, flags: MSG_TRUNC, len: 7}], vlen: 1, flags: 0) = 1 <1.250 us>",
    );
}

#[test]
fn the_plan_of_a_call_is_what_its_parameters_need() {
    let made = Made {
        call: "write",
        declared: WRITE,
        registers: [0; 6],
        result: 0,
        origin: Origin::Exit,
        captures: &[],
    };
    let decoder = decoder(&made);
    let kinds: Vec<CaptureKind> =
        decoder.calls()[0].plan.captures.iter().map(|capture| capture.kind).collect();
    assert!(matches!(kinds[..], [CaptureKind::Bytes { .. }, CaptureKind::DescriptorPath]), "{kinds:?}");
}
