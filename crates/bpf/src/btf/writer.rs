//! Writer of small BTF: what the types of map keys and values, and of functions in a program, need.
//!
//! It does not check that the types make sense; the kernel does when it loads them.

use std::collections::BTreeMap;

use super::{BtfError, HEADER_BYTES, Kind, TypeId};

/// What the bits of an integer mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntEncoding {
    /// Unsigned number.
    Unsigned,
    /// Signed number.
    Signed,
    /// Character.
    Char,
    /// Truth value.
    Bool,
}

/// Who can call a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linkage {
    /// Only its own program: what a callback of a helper must be.
    Static,
    /// Also other programs.
    Global,
    /// It is defined elsewhere.
    Extern,
}

/// Elements that one type can have before Linux 7.2: the count had 16 bits.
const ELEMENTS_MAX: usize = 0xffff;

/// BTF under construction. Each call adds one type and returns its id; a name ends at its first NUL byte.
#[derive(Clone, Debug)]
pub struct Writer {
    types: Vec<u8>,
    strings: Vec<u8>,
    string_offsets: BTreeMap<String, u32>,
    last: u32,
    /// The first thing that did not fit; told by [`Writer::finish`].
    failure: Option<&'static str>,
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

impl Writer {
    /// BTF without any type.
    pub fn new() -> Self {
        Self { types: Vec::new(), strings: vec![0], string_offsets: BTreeMap::new(), last: 0, failure: None }
    }

    /// An integer of this many bytes (1, 2, 4, 8 or 16).
    pub fn int(&mut self, name: &str, bytes: u8, encoding: IntEncoding) -> TypeId {
        let code: u32 = match encoding {
            IntEncoding::Unsigned => 0,
            IntEncoding::Signed => 1,
            IntEncoding::Char => 2,
            IntEncoding::Bool => 4,
        };
        let id = self.record(name, Kind::Int, 0, bytes.into());
        self.number((code << 24) | (u32::from(bytes) * 8));
        id
    }

    /// A pointer.
    pub fn pointer(&mut self, to: TypeId) -> TypeId {
        self.record("", Kind::Pointer, 0, to.0)
    }

    /// An array, counted by an integer of type `index`.
    pub fn array(&mut self, element: TypeId, index: TypeId, count: u32) -> TypeId {
        let id = self.record("", Kind::Array, 0, 0);
        for number in [element.0, index.0, count] {
            self.number(number);
        }
        id
    }

    /// A struct; a member is its name, its type and its bits from the start.
    pub fn structure(&mut self, name: &str, bytes: u32, members: &[(&str, TypeId, u32)]) -> TypeId {
        self.members(Kind::Struct, name, bytes, members)
    }

    /// A union; its members are as in a struct.
    pub fn union(&mut self, name: &str, bytes: u32, members: &[(&str, TypeId, u32)]) -> TypeId {
        self.members(Kind::Union, name, bytes, members)
    }

    fn members(&mut self, kind: Kind, name: &str, bytes: u32, members: &[(&str, TypeId, u32)]) -> TypeId {
        let id = self.record(name, kind, members.len(), bytes);
        for (member, type_id, bit_offset) in members {
            let name = self.string(member);
            for number in [name, type_id.0, *bit_offset] {
                self.number(number);
            }
        }
        id
    }

    /// An enumeration of 4 bytes.
    pub fn enumeration(&mut self, name: &str, values: &[(&str, i32)]) -> TypeId {
        let id = self.record(name, Kind::Enum, values.len(), 4);
        if values.iter().any(|(_, value)| *value < 0) {
            self.set_flag();
        }
        for (value_name, value) in values {
            let name = self.string(value_name);
            self.number(name);
            self.number(value.cast_unsigned());
        }
        id
    }

    /// Another name for a type.
    pub fn typedef(&mut self, name: &str, of: TypeId) -> TypeId {
        self.record(name, Kind::Typedef, 0, of.0)
    }

    /// A `const` type.
    pub fn constant(&mut self, of: TypeId) -> TypeId {
        self.record("", Kind::Const, 0, of.0)
    }

    /// The result and the parameters, name and type, of functions.
    pub fn function_prototype(&mut self, result: TypeId, parameters: &[(&str, TypeId)]) -> TypeId {
        let id = self.record("", Kind::FunctionPrototype, parameters.len(), result.0);
        for (parameter, type_id) in parameters {
            let name = self.string(parameter);
            self.number(name);
            self.number(type_id.0);
        }
        id
    }

    /// A function.
    pub fn function(&mut self, name: &str, prototype: TypeId, linkage: Linkage) -> TypeId {
        let linkage = match linkage {
            Linkage::Static => 0,
            Linkage::Global => 1,
            Linkage::Extern => 2,
        };
        self.record(name, Kind::Function, linkage, prototype.0)
    }

    /// Text for line information, which names source lines by their offset in the strings.
    pub fn text(&mut self, text: &str) -> u32 {
        self.string(text)
    }

    /// The bytes, with a header of 24 bytes, which every kernel takes.
    pub fn finish(self) -> Result<Vec<u8>, BtfError> {
        if let Some(what) = self.failure {
            return Err(BtfError::Writer { what });
        }
        let too_long = |_source| BtfError::Writer { what: "more than 4 GiB" };
        let types_bytes = u32::try_from(self.types.len()).map_err(too_long)?;
        let strings_bytes = u32::try_from(self.strings.len()).map_err(too_long)?;
        let mut out = vec![0x9f, 0xeb, 1, 0];
        for number in [HEADER_BYTES, 0, types_bytes, types_bytes, strings_bytes] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&self.types);
        out.extend_from_slice(&self.strings);
        Ok(out)
    }

    /// Appends the part that all types have.
    fn record(&mut self, name: &str, kind: Kind, count: usize, size_or_type: u32) -> TypeId {
        let name = self.string(name);
        let count = u32::try_from(count.min(ELEMENTS_MAX + 1)).unwrap_or(u32::MAX);
        if usize::try_from(count).is_ok_and(|count| count > ELEMENTS_MAX) {
            self.failure.get_or_insert("a type with more than 65,535 elements");
        }
        self.number(name);
        self.number((u32::from(kind.number()) << 24) | (count & 0xffff));
        self.number(size_or_type);
        self.last = self.last.saturating_add(1);
        TypeId(self.last)
    }

    /// Sets the flag of the record that was appended last, which has no elements yet.
    fn set_flag(&mut self) {
        if let Some(byte) = self.types.len().checked_sub(5).and_then(|place| self.types.get_mut(place)) {
            *byte |= 0x80;
        }
    }

    fn number(&mut self, number: u32) {
        self.types.extend_from_slice(&number.to_le_bytes());
    }

    /// The offset of the string, which is written once.
    fn string(&mut self, text: &str) -> u32 {
        let text = text.split('\0').next().unwrap_or("");
        if text.is_empty() {
            return 0;
        }
        if let Some(offset) = self.string_offsets.get(text) {
            return *offset;
        }
        let Ok(offset) = u32::try_from(self.strings.len()) else {
            self.failure.get_or_insert("more than 4 GiB of names");
            return 0;
        };
        self.strings.extend_from_slice(text.as_bytes());
        self.strings.push(0);
        self.string_offsets.insert(text.to_owned(), offset);
        offset
    }
}
