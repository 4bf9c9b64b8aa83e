//! One observed value, independent of how it was captured and of how it is written.
//!
//! What is common is borrowed from the record, so that an event of numbers, names and texts costs no memory of its own.

use std::borrow::Cow;

use crate::symbol::Set;

/// A value of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A signed number.
    Signed(i64),
    /// An unsigned number.
    Unsigned(u64),
    /// A number that is an address or a bit pattern: written in hex.
    Address(u64),
    /// A number with names, such as `O_RDONLY|O_CLOEXEC`.
    Named {
        /// The names.
        set: &'static Set,
        /// The number, with as many bytes as it has and zeros above.
        number: u64,
    },
    /// A symbolic form that is no set's, such as `AF_INET`.
    Symbolic(Cow<'static, str>),
    /// Text as the program gave it; it need not be UTF-8.
    Text(Cow<'a, [u8]>),
    /// Bytes without a meaning of their own.
    Bytes(Cow<'a, [u8]>),
    /// Several values.
    List(Vec<Self>),
    /// Named values.
    Structure(Vec<(String, Self)>),
    /// An open descriptor and what it stands for, where that is known.
    Descriptor {
        /// The number.
        number: i64,
        /// Its path, or what stands for one (`socket:[1234]`).
        path: Option<Vec<u8>>,
    },
    /// Nothing to show: the caller passed a null pointer.
    Null,
    /// Not known, and why.
    Unknown(Unknown),
}

/// Why a value is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Reading the memory failed with this errno (positive).
    Fault(i32),
    /// The call failed, so it wrote nothing there.
    CallFailed,
    /// The program that makes records could not be told where to look.
    NotCaptured,
}

/// A value that holds less than there was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Name of the value.
    pub name: String,
    /// How much was kept, in bytes or elements.
    pub kept: u64,
    /// How much there was, where that is known.
    pub length: Option<u64>,
}
