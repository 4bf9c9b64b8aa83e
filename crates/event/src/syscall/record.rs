//! The kernel record of one system call: where each byte stands.
//!
//! Written down once, here: the compiler takes the offsets for its stores, [`super::decode`] for its loads, and
//! `docs/formats.md` prints the same table. All numbers are little-endian. A record is
//!
//! ```text
//! header (HEADER_BYTES) | one 8-byte status for each capture of the plan | the captured bytes, packed in order
//! ```

use super::shape::{Chosen, LengthSource};

/// A field of the record's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// u64: number of the event on its CPU, from 0, taken before space in the ring was asked for.
    Sequence,
    /// u64: nanoseconds since boot (`CLOCK_BOOTTIME`) when the call returned.
    ExitTime,
    /// u64: nanoseconds since boot when the call was entered; 0 when not known.
    EnterTime,
    /// u32: thread id, as the initial pid namespace counts.
    Thread,
    /// u32: process id (thread group), as the initial pid namespace counts.
    Process,
    /// u32: user id in the initial user namespace.
    User,
    /// u32: group id in the initial user namespace.
    Group,
    /// u32: process id of the parent that would be told of the exit (`real_parent`).
    Parent,
    /// u32: CPU on which the record was made.
    Cpu,
    /// i64: what the call returned.
    Return,
    /// u16: number of the call in its ABI.
    Number,
    /// u8: 0 for x86-64, 1 for i386.
    Abi,
    /// u8: how the record came about; see [`Origin`].
    Origin,
    /// u32: number of the form, of the program that wrote the rest; see `compiler::syscall`.
    Plan,
    /// 16 bytes: the thread's name, NUL-padded.
    Command,
    /// Six u64: the argument registers in the order of the parameters.
    Arguments,
}

impl Header {
    /// Every field, in order of its offset.
    pub const ALL: [Self; 16] = [
        Self::Sequence,
        Self::ExitTime,
        Self::EnterTime,
        Self::Thread,
        Self::Process,
        Self::User,
        Self::Group,
        Self::Parent,
        Self::Cpu,
        Self::Return,
        Self::Number,
        Self::Abi,
        Self::Origin,
        Self::Plan,
        Self::Command,
        Self::Arguments,
    ];

    /// Bytes from the start of the record.
    pub const fn offset(self) -> u16 {
        match self {
            Self::Sequence => 0,
            Self::ExitTime => 8,
            Self::EnterTime => 16,
            Self::Thread => 24,
            Self::Process => 28,
            Self::User => 32,
            Self::Group => 36,
            Self::Parent => 40,
            Self::Cpu => 44,
            Self::Return => 48,
            Self::Number => 56,
            Self::Abi => 58,
            Self::Origin => 59,
            Self::Plan => 60,
            Self::Command => 64,
            Self::Arguments => 80,
        }
    }

    /// Bytes of the field.
    pub const fn bytes(self) -> u16 {
        match self {
            Self::Sequence | Self::ExitTime | Self::EnterTime | Self::Return => 8,
            Self::Thread
            | Self::Process
            | Self::User
            | Self::Group
            | Self::Parent
            | Self::Cpu
            | Self::Plan => 4,
            Self::Number => 2,
            Self::Abi | Self::Origin => 1,
            Self::Command => 16,
            Self::Arguments => 8 * ARGUMENTS_MAX,
        }
    }
}

/// Arguments of a call at most: what the ABI passes in registers.
pub const ARGUMENTS_MAX: u16 = 6;

/// Bytes of the header.
pub const HEADER_BYTES: u16 = 128;

/// Bytes of the status of one capture: i32 result, u32 total.
///
/// The result is the number of bytes kept, or a negative errno when nothing could be read. The total is what
/// there was to keep, in the unit that the capture's kind defines, saturated at `u32::MAX`.
pub const STATUS_BYTES: u16 = 8;

/// Captures of one call at most: one for each parameter, and one for the result.
pub const CAPTURES_MAX: u16 = 8;

/// How a record came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// At the exit of the call: user memory was read after the kernel had.
    Exit,
    /// At the entry of a call that does not come back (`exit`, `rt_sigreturn`); there is no result.
    Enter,
    /// After the new program of a successful `execve` was set up: all from the kernel's objects.
    Exec,
}

impl Origin {
    /// The number in the record.
    pub const fn number(self) -> u8 {
        match self {
            Self::Exit => 0,
            Self::Enter => 1,
            Self::Exec => 2,
        }
    }

    /// The origin of this number.
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Exit),
            1 => Some(Self::Enter),
            2 => Some(Self::Exec),
            _ => None,
        }
    }
}

/// How many bytes a capture means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// Where the number of elements is found.
    pub source: LengthSource,
    /// Bytes of one element; for [`LengthSource::Bits`] of one word of bits.
    pub unit: u32,
    /// Bytes of the number where the source is an argument: what lies above in its register is garbage.
    pub width: u8,
    /// Bytes that stand before the first element and are not counted; only where one element has 1 byte.
    pub before: u8,
}

/// One thing that the kernel program copies beside the six argument registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capture {
    /// Index of the argument that points to it (or is the descriptor).
    pub argument: u8,
    /// What it is.
    pub kind: CaptureKind,
    /// Only when the call succeeded: before that the memory holds nothing of the call's.
    pub on_success: bool,
}

/// What a capture copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureKind {
    /// A NUL-terminated string. Kept bytes include the NUL; more of them than [`Limits::buffer_bytes`] mean that the
    /// string goes on. Total is 0.
    Text,
    /// Bytes. Total is the length that the call's own numbers give.
    Bytes {
        /// How many.
        length: Length,
        /// Kept at most, where that is not [`Limits::buffer_bytes`].
        bytes_max: Option<u32>,
    },
    /// What another argument says is behind the address: nothing (kept is 0), or bytes as many as its case has.
    Chosen {
        /// Index of the argument that decides, of which 4 bytes count.
        on: u8,
        /// Its values and what is there; those with 0 bytes are copied no more than those that are missing.
        cases: &'static [(u32, Chosen)],
    },
    /// An array of string pointers ended by a null pointer. Kept is all strings, each with its NUL. Total is the
    /// number of strings, with [`MORE_TEXTS`] set when the array goes on.
    TextArray {
        /// Bytes of a pointer: 8, or 4 for i386.
        word_bytes: u8,
    },
    /// An array of `struct iovec`, then the bytes it points to. Kept is u32 number of entries kept, the entries
    /// as they are in user memory, then the data of the entries, packed. Total is the number of entries.
    Vector {
        /// Bytes of a pointer: 8, or 4 for i386.
        word_bytes: u8,
        /// How many entries; `unit` is 1.
        count: Length,
        /// The data ends after the bytes that the call returned (`readv`); else all of it is meant (`writev`).
        up_to_return: bool,
    },
    /// A `struct user_msghdr`: its own bytes, then [`MESSAGE_NAME_BYTES`] for the address, then the same as a
    /// vector. Total is the number of entries of the vector.
    Message {
        /// Bytes of a pointer: 8, or 4 for i386.
        word_bytes: u8,
        /// The data ends after the bytes that the call returned.
        up_to_return: bool,
    },
    /// The path of an open descriptor, from the kernel's objects: u32 file system magic, u32 file type bits,
    /// u64 inode, then the names from the file up to the root, each with its NUL. Total is the number of names,
    /// with [`MORE_TEXTS`] set when the root was not reached.
    DescriptorPath,
    /// The program's path as the kernel has it (`bprm->filename`).
    ExecPath,
    /// The argument block of the new program: strings, each with its NUL. Total is its full length in bytes.
    ExecArguments,
    /// The environment block of the new program: strings, each with its NUL. Total is its full length in bytes.
    ExecEnvironment,
}

/// Set in the total of an array of strings that was not read to its end.
pub const MORE_TEXTS: u32 = 1 << 31;

/// Bytes kept of a socket address: `sizeof(struct sockaddr_storage)` of `include/uapi/linux/socket.h`.
pub const SOCKET_ADDRESS_BYTES: u16 = 128;

/// Bytes kept for the address of a message.
pub const MESSAGE_NAME_BYTES: u16 = SOCKET_ADDRESS_BYTES;

/// Bytes of `struct user_msghdr` (`include/linux/socket.h`); 28 in the i386 ABI.
pub const MESSAGE_HEADER_BYTES: u16 = 56;

/// Bytes of `struct compat_msghdr` (`include/net/compat.h`).
pub const COMPAT_MESSAGE_HEADER_BYTES: u16 = 28;

/// Entries of an `iovec` array that are kept. The kernel takes up to 1,024 (`UIO_MAXIOV`); programs use few, and
/// each costs the verifier a turn.
pub const VECTOR_ENTRIES_MAX: u16 = 8;

/// Strings of one array that are kept at system call exit. A longer argument list of a *successful* exec comes
/// whole from the new program's memory instead.
pub const TEXTS_MAX: u16 = 32;

/// Names and mounts of one path that are kept. Deeper paths are marked as cut: each turn costs the verifier time in
/// every program that shows a descriptor.
pub const PATH_NAMES_MAX: u16 = 24;

/// Bytes of one name of a path with its NUL: `NAME_MAX` + 1.
pub const PATH_NAME_BYTES_MAX: u16 = 256;

/// The fixed part of a descriptor's path: magic, mode, inode.
pub const PATH_HEADER_BYTES: u16 = 16;

/// What one program copies for the calls that share it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The captures, in the order in which their bytes stand in the record.
    pub captures: Vec<Capture>,
}

impl Plan {
    /// Bytes before the first captured byte.
    pub fn fixed_bytes(&self) -> u16 {
        let captures = u16::try_from(self.captures.len()).unwrap_or(CAPTURES_MAX).min(CAPTURES_MAX);
        HEADER_BYTES + captures * STATUS_BYTES
    }

    /// Offset of the status of the capture with this index.
    pub fn status_offset(&self, index: u16) -> u16 {
        HEADER_BYTES + index * STATUS_BYTES
    }

    /// Bytes of the largest record this plan makes.
    pub fn bytes_max(&self, limits: Limits) -> u32 {
        self.captures
            .iter()
            .fold(u32::from(self.fixed_bytes()), |sum, capture| sum + capture.kind.bytes_max(limits))
    }
}

/// How much of the long things is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one string with its NUL, of one buffer, and a quarter of one array of strings.
    pub buffer_bytes: u32,
}

impl Limits {
    /// Bytes that are asked for of one string: one more than is kept of it with its NUL, so that a string that just
    /// fits can be told from one that goes on.
    pub fn text_bytes(self) -> u32 {
        self.buffer_bytes + 1
    }
}

/// Bytes kept of a string or buffer unless told: `PATH_MAX`, so that no valid path is cut.
pub const BUFFER_BYTES_DEFAULT: u32 = 4096;
/// The least that makes sense: a thread name.
pub const BUFFER_BYTES_MIN: u32 = 16;
/// The most: 64 KiB keeps a record (strings, two arrays) below 1 MiB, and the scratch of a CPU at a few MiB.
pub const BUFFER_BYTES_MAX: u32 = 65_536;

/// How many buffers' worth the data of one vector may take: a new entry is begun while less than one is used, and
/// adds at most one.
pub const VECTOR_BUFFERS: u32 = 2;

/// How many buffers' worth one array of strings may take.
pub const TEXT_ARRAY_BUFFERS: u32 = 4;

impl CaptureKind {
    /// Its place among the captures of a plan. One order for all plans lets calls share programs.
    pub fn rank(self) -> u8 {
        match self {
            Self::Text | Self::ExecPath => 0,
            Self::Bytes { .. } | Self::ExecArguments => 1,
            Self::Chosen { .. } => 2,
            Self::TextArray { .. } | Self::ExecEnvironment => 3,
            Self::Vector { .. } => 4,
            Self::Message { .. } => 5,
            // Last: a walk ends in many ways, and what follows is verified for each.
            Self::DescriptorPath => 6,
        }
    }

    /// The most bytes that this capture adds to a record.
    pub fn bytes_max(self, limits: Limits) -> u32 {
        match self {
            Self::Text | Self::ExecPath => limits.text_bytes(),
            Self::Bytes { length, bytes_max } => length.bytes_max(bytes_max, limits),
            Self::Chosen { cases, .. } => cases.iter().map(|case| u32::from(case.1.bytes)).max().unwrap_or(0),
            Self::TextArray { .. } | Self::ExecArguments | Self::ExecEnvironment => {
                limits.buffer_bytes * TEXT_ARRAY_BUFFERS
            }
            Self::Vector { word_bytes, .. } => vector_bytes_max(word_bytes, limits),
            Self::Message { word_bytes, .. } => {
                u32::from(message_header_bytes(word_bytes))
                    + u32::from(MESSAGE_NAME_BYTES)
                    + vector_bytes_max(word_bytes, limits)
            }
            Self::DescriptorPath => u32::from(PATH_HEADER_BYTES) + PATH_BYTES_MAX,
        }
    }
}

/// Bytes of all names of one path: `PATH_MAX`, and one name more, so that the last one has room.
pub const PATH_BYTES_MAX: u32 = 4096 + 256;

impl Length {
    /// The most bytes that are kept of this length.
    pub fn bytes_max(self, bytes_max: Option<u32>, limits: Limits) -> u32 {
        let most = bytes_max.unwrap_or(limits.buffer_bytes);
        match self.source {
            LengthSource::Constant(count) => count.saturating_mul(self.unit).min(most),
            _ => most,
        }
    }
}

/// Bytes of the largest structure that is kept whole whatever the buffer limit says (`struct sysinfo`, `stat`,
/// `statx` and `utsname` fit).
pub const STRUCTURE_BYTES_MAX: u32 = 512;

/// Bytes of a message header in an ABI with this pointer size.
pub fn message_header_bytes(word_bytes: u8) -> u16 {
    if word_bytes == 4 { COMPAT_MESSAGE_HEADER_BYTES } else { MESSAGE_HEADER_BYTES }
}

fn vector_bytes_max(word_bytes: u8, limits: Limits) -> u32 {
    4 + u32::from(VECTOR_ENTRIES_MAX) * 2 * u32::from(word_bytes) + limits.buffer_bytes * VECTOR_BUFFERS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_fields_follow_each_other_without_gap() {
        let mut end = 0;
        for field in Header::ALL {
            assert_eq!(field.offset(), end, "{field:?}");
            end += field.bytes();
        }
        assert_eq!(end, HEADER_BYTES);
    }

    #[test]
    fn origins_go_both_ways() {
        for origin in [Origin::Exit, Origin::Enter, Origin::Exec] {
            assert_eq!(Origin::from_number(origin.number()), Some(origin));
        }
        assert_eq!(Origin::from_number(3), None);
    }
}
