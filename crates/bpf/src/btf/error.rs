//! What can be wrong with BTF, or with a question to it.

use std::error::Error;
use std::fmt;

use super::{Kind, RESOLVE_STEPS_MAX, TYPE_TEXT_BYTES_MAX, TypeId};

/// Why BTF could not be read or did not hold what was asked for.
///
/// The last five are answers about a kernel ("it has no such thing"); the others mean bytes that are not the BTF
/// of a running kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BtfError {
    /// The bytes end before something does.
    Truncated {
        /// What was being read.
        what: &'static str,
        /// Where it would end, in bytes.
        wanted: u64,
        /// How many bytes there are.
        bytes: usize,
    },
    /// The bytes do not begin as BTF does.
    Magic {
        /// How they begin.
        magic: u16,
    },
    /// Written by a machine of the other byte order.
    BigEndian,
    /// A version of the format that is not 1.
    Version {
        /// The version.
        version: u8,
    },
    /// A header of less than 24 bytes.
    HeaderLength {
        /// What it says of itself.
        bytes: u32,
    },
    /// More bytes of types than the format can address.
    TooLong {
        /// How many.
        bytes: usize,
    },
    /// The string section does not begin or end with a NUL byte.
    Strings,
    /// A name lies outside the string section.
    NoString {
        /// Its offset.
        offset: u32,
    },
    /// A name is not UTF-8.
    NotText {
        /// Its offset.
        offset: u32,
    },
    /// `void` where a type with a record is needed.
    Void,
    /// A type id beyond the last type.
    NoType {
        /// The id.
        id: TypeId,
        /// How many types there are.
        count: u32,
    },
    /// A type whose kind this reader does not know.
    Undescribed {
        /// The type.
        id: TypeId,
    },
    /// A type of another kind than the question needs.
    WrongKind {
        /// The type.
        id: TypeId,
        /// What it is.
        found: Kind,
        /// What it should be.
        wanted: &'static str,
    },
    /// Types that lead to one another in a circle, or through too many steps.
    Circle {
        /// Where the steps began.
        id: TypeId,
    },
    /// Structs nested too deeply, or a struct that contains itself.
    Nesting {
        /// The struct in which the limit was met.
        id: TypeId,
    },
    /// Too many members for one question.
    TooManyMembers {
        /// The struct in which the limit was met.
        id: TypeId,
        /// The limit.
        limit: u32,
    },
    /// A size or an offset that does not fit 32 bits.
    TooLarge {
        /// The type.
        id: TypeId,
    },
    /// The C text of a type would be too long.
    TypeText {
        /// The type.
        id: TypeId,
    },
    /// The writer was given more than a record can hold.
    Writer {
        /// What was too much.
        what: &'static str,
    },
    /// No type of this kind has this name.
    NotFound {
        /// The kind, as C calls it.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A struct has no such member.
    NoMember {
        /// The struct, in C.
        within: String,
        /// The step of the path that failed.
        member: String,
    },
    /// A path goes on behind a pointer, which needs a read of memory.
    BehindPointer {
        /// The step that is a pointer.
        member: String,
        /// The step behind it.
        next: String,
    },
    /// A path goes on behind something that has no members.
    NoMembers {
        /// The type, in C.
        within: String,
        /// The step of the path.
        member: String,
    },
    /// A step of a path is empty.
    EmptyStep {
        /// The path.
        path: String,
    },
}

impl fmt::Display for BtfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { what, wanted, bytes } => {
                write!(f, "BTF is cut short: {what} would end at byte {wanted} of {bytes}")
            }
            Self::Magic { magic } => write!(f, "not BTF: it begins with {magic:#06x}, not 0xeb9f"),
            Self::BigEndian => write!(f, "BTF of a big-endian machine, which this build does not read"),
            Self::Version { version } => write!(f, "BTF version {version}, only 1 is known"),
            Self::HeaderLength { bytes } => write!(f, "BTF header of {bytes} bytes, at least 24 are needed"),
            Self::TooLong { bytes } => {
                write!(f, "BTF has {bytes} bytes of types, more than 32 bits can count")
            }
            Self::Strings => write!(f, "BTF string section does not begin and end with a NUL byte"),
            Self::NoString { offset } => write!(f, "BTF name at {offset} lies outside the string section"),
            Self::NotText { offset } => write!(f, "BTF name at {offset} is not UTF-8"),
            Self::Void => write!(f, "type 0 is void, which has no size, name or members"),
            Self::NoType { id, count } => write!(f, "BTF has no type {}: there are {count}", id.0),
            Self::Undescribed { id } => {
                write!(f, "type {} is of a kind that this version does not know", id.0)
            }
            Self::WrongKind { id, found, wanted } => {
                write!(f, "type {} is a {}, not {wanted}", id.0, found.word())
            }
            Self::Circle { id } => {
                write!(f, "type {} leads through more than {RESOLVE_STEPS_MAX} other types", id.0)
            }
            Self::Nesting { id } => write!(f, "type {} is nested too deeply, or contains itself", id.0),
            Self::TooManyMembers { id, limit } => {
                write!(f, "type {} has more members than the {limit} that one question may look at", id.0)
            }
            Self::TooLarge { id } => write!(f, "type {} has a size or offset of more than 32 bits", id.0),
            Self::TypeText { id } => {
                write!(
                    f,
                    "the C text of type {} is longer than {TYPE_TEXT_BYTES_MAX} bytes or too deep",
                    id.0
                )
            }
            Self::Writer { what } => write!(f, "BTF cannot hold {what}"),
            Self::NotFound { kind, name } => write!(f, "this kernel's BTF has no {kind} `{name}`"),
            Self::NoMember { within, member } => write!(f, "`{within}` has no member `{member}`"),
            Self::BehindPointer { member, next } => {
                write!(f, "`{member}` is a pointer: read it first, then ask what it points to for `{next}`")
            }
            Self::NoMembers { within, member } => {
                write!(f, "`{within}` is no struct or union, so it has no member `{member}`")
            }
            Self::EmptyStep { path } => write!(f, "the path `{path}` has an empty step"),
        }
    }
}

impl Error for BtfError {}
