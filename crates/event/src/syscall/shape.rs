//! What each parameter and the result of a system call mean: how many bytes to capture, from where, and how
//! to show them.
//!
//! Calls that the table knows are described by position, because names of parameters change between kernels
//! and positions do not. For all others the C type and the name, as tracefs writes them, decide; every
//! parameter gets a shape. Nothing here captures or prints.

mod chosen;
mod i386;
mod rules;
mod table;
mod words;

use super::number::{Abi, wide_name};
use crate::symbol::{self, Set, file, ipc, network, process, push, system, time};

/// A number in a register or in memory, and how to show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// Two's complement number of this many bytes: 1, 2, 4 or 8. What lies above in its register is garbage.
    Signed(u8),
    /// Unsigned number of this many bytes.
    Unsigned(u8),
    /// An address nothing is read from: hexadecimal, as wide as a pointer of the ABI.
    Address,
    /// A file descriptor, a signed 4-byte number; -100 is `AT_FDCWD`.
    Fd,
    /// A number with names.
    Symbol {
        /// The names.
        set: &'static Set,
        /// Its bytes: 1, 2, 4 or 8.
        bytes: u8,
    },
    /// A number of 8 bytes (4 on i386) whose meaning another parameter decides, such as `arg` of `fcntl`.
    Depends {
        /// Position of the deciding parameter.
        on: u8,
        /// Bits of the deciding parameter that count.
        mask: u32,
        /// Its value and the meaning, ascending.
        cases: &'static [(u32, Scalar)],
        /// The meaning for all other values.
        otherwise: &'static Scalar,
    },
    /// The call has no result: `exit` does not come back.
    Nothing,
}

impl Scalar {
    /// What the number means when the parameter that decides it has this value; itself where nothing decides.
    #[must_use]
    pub fn settled(self, abi: Abi, deciding: u64) -> Self {
        let Self::Depends { mask, cases, otherwise, .. } = self else { return self };
        let key = u32::try_from(deciding & u64::from(mask)).unwrap_or(mask);
        let place = cases.binary_search_by_key(&key, |(value, _)| *value).ok();
        let meaning = place.and_then(|place| cases.get(place)).map_or(*otherwise, |case| case.1);
        if abi == Abi::I386 { narrow_scalar(meaning) } else { meaning }
    }

    /// How many bytes of the register or of memory count: 1, 2, 4 or 8.
    pub fn bytes(self, abi: Abi) -> u8 {
        match self {
            Self::Signed(bytes) | Self::Unsigned(bytes) | Self::Symbol { bytes, .. } => bytes,
            Self::Fd => 4,
            Self::Address | Self::Depends { .. } | Self::Nothing => abi.word_bytes(),
        }
    }

    /// The part of `raw` that counts, with zeros above.
    pub fn low(self, abi: Abi, raw: u64) -> u64 {
        raw & (u64::MAX >> (64 - 8 * u32::from(self.bytes(abi).clamp(1, 8))))
    }

    /// The part of `raw` that counts, extended with its sign: for [`Scalar::Signed`] and [`Scalar::Fd`].
    pub fn signed(self, abi: Abi, raw: u64) -> i64 {
        let above = 64 - 8 * u32::from(self.bytes(abi).clamp(1, 8));
        (raw << above).cast_signed() >> above
    }

    /// Appends the number as text: decimal, an address in hexadecimal, names where it has them. A number that
    /// another parameter decides is an address as long as it is not [`Scalar::settled`].
    pub fn write(self, abi: Abi, raw: u64, out: &mut String) {
        match self {
            Self::Fd if self.signed(abi, raw) == AT_FDCWD => out.push_str("AT_FDCWD"),
            Self::Signed(_) | Self::Fd => push(out, format_args!("{}", self.signed(abi, raw))),
            Self::Unsigned(_) => push(out, format_args!("{}", self.low(abi, raw))),
            Self::Address | Self::Depends { .. } => push(out, format_args!("{:#x}", self.low(abi, raw))),
            Self::Symbol { set, .. } => symbol::write(set, self.low(abi, raw), out),
            Self::Nothing => out.push('?'),
        }
    }
}

/// Where the length of a buffer (in bytes) or of an array (in elements) is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthSource {
    /// The value of the parameter at this position.
    Parameter(u8),
    /// A number in user memory that the parameter at this position points to.
    Pointed {
        /// Position of the pointer.
        parameter: u8,
        /// Bytes from there to the number.
        offset: u8,
        /// Bytes of the number: 4 or 8.
        bytes: u8,
    },
    /// The result of the call.
    Return,
    /// The result of the call, or the parameter at this position if that is smaller: with a size of 0 or with
    /// `MSG_TRUNC`, some calls tell how much there would have been.
    ReturnCappedBy(u8),
    /// As many bits as the parameter at this position says, rounded up to whole bytes or words.
    Bits(u8),
    /// Always this many.
    Constant(u32),
}

/// What one parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The number in the register itself.
    Number(Scalar),
    /// Address of one number.
    Pointed(Scalar),
    /// Address of several numbers, one after the other.
    Array {
        /// One of them. Never [`Scalar::Depends`].
        element: Scalar,
        /// How many.
        count: LengthSource,
    },
    /// Address of a NUL-terminated path.
    Path,
    /// Address of another NUL-terminated text.
    Text,
    /// Address of an array of addresses of texts, ended by a null address: `argv`.
    TextArray,
    /// Address of a `struct sockaddr` of this length in bytes.
    SocketAddress {
        /// Bytes of the address.
        length: LengthSource,
    },
    /// Address of bytes without a structure of ours.
    Bytes {
        /// How many bytes.
        length: LengthSource,
    },
    /// Address of an array of `struct iovec` (`compat_iovec` on i386).
    Vector {
        /// How many of them.
        count: LengthSource,
        /// Bytes over all buffers that hold content; `None` if all buffers are full.
        length: Option<LengthSource>,
    },
    /// Address of a `struct user_msghdr` (`compat_msghdr` on i386).
    Message {
        /// Bytes over all buffers that hold content; `None` if all buffers are full.
        length: Option<LengthSource>,
    },
    /// Address of an array of `struct mmsghdr` (`compat_mmsghdr` on i386).
    Messages {
        /// How many of them.
        count: LengthSource,
    },
    /// Address of a `struct msgbuf`: a word that is the type, then a text of this many bytes.
    QueueMessage {
        /// Bytes of the text.
        length: LengthSource,
    },
    /// Address of one structure.
    Structure {
        /// Its name in the kernel's BTF for this ABI: `stat`, `compat_stat`.
        name: &'static str,
        /// Bytes that the caller says it has, where the call lets the structure grow; never read more.
        length: Option<LengthSource>,
    },
    /// Address of an array of structures.
    Structures {
        /// Name of one in the kernel's BTF for this ABI.
        name: &'static str,
        /// How many.
        count: LengthSource,
    },
    /// What the parameter at `on` says: a number, or the address of one of several things.
    Chosen {
        /// Position of the deciding parameter, of which 4 bytes count.
        on: u8,
        /// The values that say what it is, for each ABI.
        cases: &'static Cases,
        /// The meaning for all other values.
        otherwise: Scalar,
    },
    /// Address of a `fd_set`, or of a mask of CPUs or memory nodes: the numbers of the bits that are set.
    FdSet {
        /// How many bits with [`LengthSource::Bits`], else how many bytes.
        count: LengthSource,
    },
}

/// Values of a deciding parameter, ascending, and what another parameter is then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cases {
    /// For x86-64.
    pub x86_64: &'static [(u32, Chosen)],
    /// For i386.
    pub i386: &'static [(u32, Chosen)],
}

impl Cases {
    /// Those of one ABI.
    pub fn of(&self, abi: Abi) -> &'static [(u32, Chosen)] {
        match abi {
            Abi::X86_64 => self.x86_64,
            Abi::I386 => self.i386,
        }
    }

    /// What a parameter is when the low 4 bytes of the deciding one are those of `deciding`.
    pub fn find(&self, abi: Abi, deciding: u64) -> Option<Chosen> {
        let key = u32::try_from(deciding & u64::from(u32::MAX)).ok()?;
        let cases = self.of(abi);
        let place = cases.binary_search_by_key(&key, |(value, _)| *value).ok()?;
        cases.get(place).map(|case| case.1)
    }
}

/// One case of [`Shape::Chosen`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// What it is.
    pub kind: ChosenKind,
    /// Bytes behind the address; 0 where the number itself is all.
    pub bytes: u8,
    /// Whether they are input or output.
    pub when: When,
}

/// What one case of [`Shape::Chosen`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChosenKind {
    /// The number in the register.
    Direct(Scalar),
    /// Address of a number.
    Number(Scalar),
    /// Address of a text that ends at its NUL, or where its room ends.
    Text,
    /// Address of a structure of this name in the kernel's BTF.
    Structure(&'static str),
}

/// When the memory behind a parameter holds what is to be shown. A plain number is always [`When::In`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The caller wrote it.
    In,
    /// The kernel wrote it, if the call succeeded; before, it is garbage.
    Out,
    /// The caller wrote it, and the kernel wrote over it if the call succeeded.
    InOut,
}

/// Shape and direction of one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// What it is.
    pub shape: Shape,
    /// Whether its memory is input or output.
    pub when: When,
}

/// A parameter as a tracefs format file declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared<'a> {
    /// `const char * filename` without the name.
    pub c_type: &'a str,
    /// The name: `filename`.
    pub name: &'a str,
}

/// How well a call is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Each parameter is described by hand.
    Specialised,
    /// C types and names decide.
    Generic,
}

impl Detail {
    /// `specialised` or `generic`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Specialised => "specialised",
            Self::Generic => "generic",
        }
    }
}

/// What the parameter at position `index`, counted from 0, of a call means.
///
/// `call` is the name of the call in that ABI, as [`super::number::name`] gives it, never the tracepoint's.
pub fn parameter(abi: Abi, call: &str, index: u8, declared: Declared<'_>) -> Parameter {
    if let Some(parameter) = known(abi, call).and_then(|known| known.parameter(index)) {
        return parameter;
    }
    match abi {
        Abi::X86_64 => rules::parameter(declared),
        Abi::I386 => narrow(rules::parameter(declared), Variant::of(call)),
    }
}

/// What the result of a call means when it is not an error.
pub fn returns(abi: Abi, call: &str) -> Scalar {
    match known(abi, call) {
        Some(known) => known.returns(),
        None => Scalar::Signed(abi.word_bytes()),
    }
}

/// Names of the structures that a parameter may point to.
pub fn structure_names(abi: Abi, shape: Shape) -> Vec<&'static str> {
    match shape {
        Shape::Structure { name, .. } | Shape::Structures { name, .. } => vec![name],
        Shape::Chosen { cases, .. } => {
            let named = |case: &(u32, Chosen)| match case.1.kind {
                ChosenKind::Structure(name) => Some(name),
                _ => None,
            };
            cases.of(abi).iter().filter_map(named).collect()
        }
        _ => Vec::new(),
    }
}

/// The names of the values of one member of a structure, where it has some: `flags` of `open_how`.
///
/// `structure` is a BTF name as [`Shape::Structure`] gives it.
pub fn member(structure: &str, member: &str) -> Option<&'static Set> {
    let wide = structure.strip_prefix("compat_").unwrap_or(structure);
    let place = MEMBERS.binary_search_by_key(&(wide, member), |row| (row.0, row.1)).ok()?;
    MEMBERS.get(place).map(|row| row.2)
}

/// Whether a call is described by hand.
pub fn detail(abi: Abi, call: &str) -> Detail {
    if known(abi, call).is_some() { Detail::Specialised } else { Detail::Generic }
}

/// One parameter of a call that no tracepoint describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnParameter {
    /// C type and name.
    pub declared: Declared<'static>,
    /// What it means.
    pub parameter: Parameter,
}

/// The parameters of an i386 call that differ from those of every x86-64 call; for others, and all x86-64
/// calls, `None`.
///
/// A 64-bit number is split over two of them, low half first, because an i386 register has 32 bits.
pub fn own_parameters(abi: Abi, call: &str) -> Option<&'static [OwnParameter]> {
    match abi {
        Abi::X86_64 => None,
        Abi::I386 => i386::find(call).map(|call| call.1),
    }
}

/// Declarations of a call of the tables that this kernel does not declare, because it was built without: a call that
/// fails with `ENOSYS` is shown with its arguments too. Empty for calls without a row.
pub fn undeclared(abi: Abi, call: &str) -> Vec<Declared<'static>> {
    let count = match known(abi, call) {
        Some(Known::Own(own)) => own.1.len(),
        Some(Known::Wide(row) | Known::Narrow(row, _)) => row.1.len(),
        None => 0,
    };
    POSITIONS.iter().take(count).map(|name| Declared { c_type: "unsigned long", name }).collect()
}

/// Names of parameters that nothing names.
const POSITIONS: [&str; 6] = ["arg1", "arg2", "arg3", "arg4", "arg5", "arg6"];

/// What the tables hold about a call.
#[derive(Clone, Copy)]
enum Known {
    /// A call described for its own ABI.
    Own(&'static i386::OwnCall),
    /// An x86-64 call of this ABI.
    Wide(&'static table::Row),
    /// The x86-64 call that this i386 call equals, but for widths.
    Narrow(&'static table::Row, Variant),
}

impl Known {
    fn parameter(self, index: u8) -> Option<Parameter> {
        let index = usize::from(index);
        match self {
            Self::Own(call) => call.1.get(index).map(|own| own.parameter),
            Self::Wide(row) => row.1.get(index).copied(),
            Self::Narrow(row, variant) => row.1.get(index).map(|wide| narrow(*wide, variant)),
        }
    }

    fn returns(self) -> Scalar {
        match self {
            Self::Own(call) => call.2,
            Self::Wide(row) => row.2,
            Self::Narrow(row, _) => narrow_scalar(row.2),
        }
    }
}

fn known(abi: Abi, call: &str) -> Option<Known> {
    match abi {
        Abi::X86_64 => table::find(call).map(Known::Wide),
        Abi::I386 => match i386::find(call) {
            Some(own) => Some(Known::Own(own)),
            None => table::find(wide_name(call)).map(|row| Known::Narrow(row, Variant::of(call))),
        },
    }
}

/// Whether an i386 call takes the structures of 32-bit or of 64-bit times, sizes and inode numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Variant {
    /// The first of its name: `clock_gettime`, `stat`.
    Old,
    /// The later one: `clock_gettime64`, `stat64`.
    Wide,
}

impl Variant {
    fn of(i386_call: &str) -> Self {
        if i386_call.contains("64") { Self::Wide } else { Self::Old }
    }
}

/// The i386 form of a parameter of an x86-64 call.
fn narrow(parameter: Parameter, variant: Variant) -> Parameter {
    let shape = match parameter.shape {
        Shape::Number(scalar) => Shape::Number(narrow_scalar(scalar)),
        Shape::Chosen { on, cases, otherwise } => {
            Shape::Chosen { on, cases, otherwise: narrow_scalar(otherwise) }
        }
        Shape::Pointed(Scalar::Unsigned(8)) => Shape::Pointed(Scalar::Unsigned(4)),
        Shape::Structure { name, length } => Shape::Structure { name: compat_name(name, variant), length },
        Shape::Structures { name, count } => Shape::Structures { name: compat_name(name, variant), count },
        // A signed 8-byte number behind a pointer is a loff_t, and arrays of 8-byte numbers are u64: both are
        // the same for i386.
        same => same,
    };
    Parameter { shape, when: parameter.when }
}

/// i386 registers have 4 bytes, whatever the 64-bit call takes there.
fn narrow_scalar(scalar: Scalar) -> Scalar {
    match scalar {
        Scalar::Signed(bytes) => Scalar::Signed(bytes.min(4)),
        Scalar::Unsigned(bytes) => Scalar::Unsigned(bytes.min(4)),
        Scalar::Symbol { set, bytes } => Scalar::Symbol { set, bytes: bytes.min(4) },
        same => same,
    }
}

/// The BTF name of the structure that an i386 call takes where the x86-64 call takes `name`.
fn compat_name(name: &'static str, variant: Variant) -> &'static str {
    if name == "stat" && variant == Variant::Wide {
        return "stat64";
    }
    if variant == Variant::Wide && name.starts_with("__kernel_") {
        return name;
    }
    COMPAT
        .binary_search_by_key(&name, |(wide, _)| *wide)
        .ok()
        .and_then(|place| COMPAT.get(place))
        .map_or(name, |pair| pair.1)
}

/// Structures with words in them and what i386 calls take instead, sorted. Sources: `include/linux/compat.h`,
/// `include/linux/time32.h`, `arch/x86/include/asm/compat.h`.
const COMPAT: &[(&str, &str)] = &[
    ("__aio_sigset", "__compat_aio_sigset"),
    ("__kernel_itimerspec", "old_itimerspec32"),
    ("__kernel_old_itimerval", "old_itimerval32"),
    ("__kernel_old_timeval", "old_timeval32"),
    ("__kernel_timespec", "old_timespec32"),
    ("__kernel_timex", "old_timex32"),
    ("iovec", "compat_iovec"),
    ("linux_dirent", "compat_linux_dirent"),
    ("mmsghdr", "compat_mmsghdr"),
    ("mq_attr", "compat_mq_attr"),
    ("msqid64_ds", "compat_msqid64_ds"),
    ("rlimit", "compat_rlimit"),
    ("robust_list_head", "compat_robust_list_head"),
    ("rusage", "compat_rusage"),
    ("shmid64_ds", "compat_shmid64_ds"),
    ("sigaction", "compat_sigaction"),
    ("sigaltstack", "compat_sigaltstack"),
    ("sigevent", "compat_sigevent"),
    ("siginfo", "compat_siginfo"),
    ("stat", "compat_stat"),
    ("statfs", "compat_statfs"),
    ("sysinfo", "compat_sysinfo"),
    ("tms", "compat_tms"),
    ("user_msghdr", "compat_msghdr"),
    ("ustat", "compat_ustat"),
    ("utimbuf", "old_utimbuf32"),
];

/// `linux/fcntl.h`: paths start in the working directory.
const AT_FDCWD: i64 = -100;

/// Members with names, sorted.
const MEMBERS: &[(&str, &str, &Set)] = &[
    ("__kernel_timespec", "tv_nsec", &time::NANOSECONDS),
    ("clone_args", "exit_signal", &process::SIGNAL),
    ("clone_args", "flags", &process::CLONE3_FLAGS),
    ("epoll_event", "events", &file::EPOLL_EVENTS),
    ("flock", "l_type", &file::LEASE),
    ("flock", "l_whence", &file::SEEK),
    ("flock64", "l_type", &file::LEASE),
    ("flock64", "l_whence", &file::SEEK),
    ("futex_waitv", "flags", &process::FUTEX2_FLAGS),
    ("io_uring_params", "flags", &system::RING_SETUP_FLAGS),
    ("mnt_id_req", "param", &file::STATMOUNT_MASK),
    ("mount_attr", "attr_clr", &file::MOUNT_ATTRIBUTES),
    ("mount_attr", "attr_set", &file::MOUNT_ATTRIBUTES),
    ("mount_attr", "propagation", &file::MOUNT_FLAGS),
    ("mq_attr", "mq_flags", &file::OPEN_FLAGS),
    ("old_sigaction", "sa_flags", &process::SIGNAL_ACTION_FLAGS),
    ("old_sigaction", "sa_mask", &process::SIGNAL_SET),
    ("old_timespec32", "tv_nsec", &time::NANOSECONDS),
    ("open_how", "flags", &file::OPEN_FLAGS),
    ("open_how", "mode", &file::MODE),
    ("open_how", "resolve", &file::RESOLVE_FLAGS),
    ("pollfd", "events", &file::POLL_EVENTS),
    ("pollfd", "revents", &file::POLL_EVENTS),
    ("sched_attr", "sched_policy", &process::SCHEDULER_POLICY),
    ("sembuf", "sem_flg", &ipc::SEMAPHORE_FLAGS),
    ("sigaction", "sa_flags", &process::SIGNAL_ACTION_FLAGS),
    ("sigaction", "sa_mask", &process::SIGNAL_SET),
    ("sigaltstack", "ss_flags", &process::SIGNAL_STACK_FLAGS),
    ("sigevent", "sigev_notify", &process::NOTIFICATION),
    ("sigevent", "sigev_signo", &process::SIGNAL),
    ("stat", "st_dev", &file::DEVICE),
    ("stat", "st_mode", &file::MODE),
    ("stat", "st_rdev", &file::DEVICE),
    ("stat64", "st_dev", &file::DEVICE),
    ("stat64", "st_mode", &file::MODE),
    ("stat64", "st_rdev", &file::DEVICE),
    ("statfs", "f_flags", &file::STATFS_FLAGS),
    ("statfs", "f_type", &file::FILE_SYSTEM),
    ("statfs64", "f_flags", &file::STATFS_FLAGS),
    ("statfs64", "f_type", &file::FILE_SYSTEM),
    ("statx", "stx_attributes", &file::STATX_ATTRIBUTES),
    ("statx", "stx_attributes_mask", &file::STATX_ATTRIBUTES),
    ("statx", "stx_mask", &file::STATX_MASK),
    ("statx", "stx_mode", &file::MODE),
    ("user_msghdr", "msg_flags", &network::MESSAGE_FLAGS),
];

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use tests::every_set;
