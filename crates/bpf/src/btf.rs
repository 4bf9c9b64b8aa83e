//! Reader of BTF, the kernel's description of its own types, over borrowed bytes.
//!
//! Format: Linux `Documentation/bpf/btf.rst` and `include/uapi/linux/btf.h`; little-endian only, which is what the
//! machines that we run on write. Reading costs one pass that notes where each type begins; everything else is
//! looked up when it is asked for, so the bytes can be dropped as soon as the answers are there. It does not check
//! that types make sense: each answer checks what it needs, and bytes that lie get an error, never a panic.

mod error;
mod find;
mod fuzz;
mod layout;
mod member;
mod name;
mod writer;

pub use error::BtfError;
pub use find::{Function, Parameter};
#[doc(hidden)]
pub use fuzz::fuzz_btf;
pub use layout::{Bits, FieldKind, FieldLayout, LayoutLimits, StructLayout};
pub use member::{Member, MemberEntry};
pub use writer::{IntEncoding, Linkage, Writer};

/// Type ids that may follow one another through typedefs, qualifiers and arrays. The kernel's own resolver stops
/// at 32 (`MAX_RESOLVE_DEPTH`); twice that is a circle or an attack.
pub const RESOLVE_STEPS_MAX: u32 = 64;
/// Structs inside structs while a member is sought or a layout described. The deepest of Linux 6.18 is 18.
pub const NESTING_MAX: u32 = 32;
/// Members looked at for one question. This stops structs that hold the next one twice, level by level. The
/// largest of Linux 6.18 with all that is in it, `bpf_ctx_convert`, has 2,689.
pub const MEMBERS_VISITED_MAX: u32 = 16_384;
/// Bytes of the C text of one type. The longest of Linux 6.18 has 445.
pub const TYPE_TEXT_BYTES_MAX: usize = 4_096;
/// Bytes of a pointer on the 64-bit machines that we run on; BTF does not say it.
pub const POINTER_BYTES: u32 = 8;

/// Names a type within one [`Btf`]; 0 is `void`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub u32);

impl TypeId {
    /// The type `void`, which has no record.
    pub const VOID: Self = Self(0);
}

/// What a type is (`BTF_KIND_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Integer, character or boolean.
    Int,
    /// Pointer.
    Pointer,
    /// Array.
    Array,
    /// Struct.
    Struct,
    /// Union.
    Union,
    /// Enumeration of at most 32 bits.
    Enum,
    /// Struct or union that is only declared.
    Forward,
    /// Another name for a type.
    Typedef,
    /// `volatile`.
    Volatile,
    /// `const`.
    Const,
    /// `restrict`.
    Restrict,
    /// Function.
    Function,
    /// Result and parameters of a function.
    FunctionPrototype,
    /// Global variable.
    Variable,
    /// Section of variables.
    DataSection,
    /// Floating point number.
    Float,
    /// Tag on a declaration.
    DeclarationTag,
    /// Tag on a type, such as `user` on a pointer.
    TypeTag,
    /// Enumeration of 64 bits.
    Enum64,
}

impl Kind {
    /// All kinds; the place plus one is the number.
    const ALL: [Self; 19] = [
        Self::Int,
        Self::Pointer,
        Self::Array,
        Self::Struct,
        Self::Union,
        Self::Enum,
        Self::Forward,
        Self::Typedef,
        Self::Volatile,
        Self::Const,
        Self::Restrict,
        Self::Function,
        Self::FunctionPrototype,
        Self::Variable,
        Self::DataSection,
        Self::Float,
        Self::DeclarationTag,
        Self::TypeTag,
        Self::Enum64,
    ];

    fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number.checked_sub(1)?)).copied()
    }

    /// The format's number for it, 1 to 19.
    pub fn number(self) -> u8 {
        match self {
            Self::Int => 1,
            Self::Pointer => 2,
            Self::Array => 3,
            Self::Struct => 4,
            Self::Union => 5,
            Self::Enum => 6,
            Self::Forward => 7,
            Self::Typedef => 8,
            Self::Volatile => 9,
            Self::Const => 10,
            Self::Restrict => 11,
            Self::Function => 12,
            Self::FunctionPrototype => 13,
            Self::Variable => 14,
            Self::DataSection => 15,
            Self::Float => 16,
            Self::DeclarationTag => 17,
            Self::TypeTag => 18,
            Self::Enum64 => 19,
        }
    }

    /// What C calls it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Pointer => "pointer",
            Self::Array => "array",
            Self::Struct => "struct",
            Self::Union => "union",
            Self::Enum | Self::Enum64 => "enum",
            Self::Forward => "forward declaration",
            Self::Typedef => "typedef",
            Self::Volatile => "volatile",
            Self::Const => "const",
            Self::Restrict => "restrict",
            Self::Function => "function",
            Self::FunctionPrototype => "function type",
            Self::Variable => "variable",
            Self::DataSection => "section",
            Self::Float => "float",
            Self::DeclarationTag => "declaration tag",
            Self::TypeTag => "type tag",
        }
    }

    /// Whether the type only adds a name, a qualifier or a tag to another one.
    fn is_modifier(self) -> bool {
        matches!(self, Self::Typedef | Self::Volatile | Self::Const | Self::Restrict | Self::TypeTag)
    }

    /// Bytes that follow the common record once, and for each of its elements.
    fn tail(self) -> Tail {
        let (once, each) = match self {
            Self::Int | Self::Variable | Self::DeclarationTag => (4, 0),
            Self::Array => (12, 0),
            Self::Struct | Self::Union | Self::DataSection | Self::Enum64 => (0, 12),
            Self::Enum | Self::FunctionPrototype => (0, 8),
            _ => (0, 0),
        };
        Tail { once, each }
    }
}

/// What follows the common record of a kind, in bytes.
#[derive(Clone, Copy)]
struct Tail {
    once: u32,
    each: u32,
}

/// Where reading stopped because of a kind that nothing describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incomplete {
    /// The kind's number.
    pub kind: u8,
    /// The first type that cannot be used; all before it can.
    pub first: TypeId,
}

/// One value of an enumeration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnumValue<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its value; the type holds those of signed and of unsigned 64-bit enumerations.
    pub value: i128,
}

/// BTF that has been looked over; borrows the bytes.
#[derive(Clone, Debug)]
pub struct Btf<'a> {
    types: &'a [u8],
    strings: &'a [u8],
    /// Where in `types` each type begins, in bytes; the first is that of the type after `base`'s last.
    offsets: Vec<u32>,
    incomplete: Option<Incomplete>,
    base: Option<&'a Btf<'a>>,
}

impl<'a> Btf<'a> {
    /// Looks over BTF that stands alone, such as `/sys/kernel/btf/vmlinux`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, BtfError> {
        Self::parse_on(bytes, None)
    }

    /// Looks over the BTF of a module, whose ids and names go on where those of `base` (vmlinux) end.
    pub fn parse_split(bytes: &'a [u8], base: &'a Btf<'a>) -> Result<Self, BtfError> {
        Self::parse_on(bytes, Some(base))
    }

    fn parse_on(bytes: &'a [u8], base: Option<&'a Btf<'a>>) -> Result<Self, BtfError> {
        let header = Header::parse(bytes)?;
        let types = section(bytes, header.types, "types")?;
        let strings = section(bytes, header.strings, "strings")?;
        let starts_well = base.is_some() || strings.first() == Some(&0);
        let ends_well = strings.is_empty() || strings.last() == Some(&0);
        if !starts_well || !ends_well {
            return Err(BtfError::Strings);
        }
        // A layout section that lies outside is as good as none: it only matters for kinds that we do not know.
        let layouts = header.layouts.and_then(|span| section(bytes, span, "layouts").ok()).unwrap_or(&[]);
        let first = base.map_or(1, Btf::end);
        let (offsets, incomplete) = index(types, layouts, first)?;
        Ok(Self { types, strings, offsets, incomplete, base })
    }

    /// Where reading stopped, if a kind turned up that neither this reader nor the bytes describe.
    pub fn incomplete(&self) -> Option<Incomplete> {
        self.incomplete.or_else(|| self.base.and_then(Btf::incomplete))
    }

    /// How many types there are, `void` and those of the base included: every id is below it.
    pub fn type_count(&self) -> u32 {
        self.end()
    }

    /// Bytes of memory that the index takes, the borrowed bytes not counted.
    pub fn index_bytes(&self) -> usize {
        self.offsets.capacity() * size_of::<u32>()
    }

    /// What the type is; `void` has no kind and is an error.
    pub fn kind(&self, id: TypeId) -> Result<Kind, BtfError> {
        Ok(self.record(id)?.kind)
    }

    /// The type's own name, empty if it has none.
    pub fn name(&self, id: TypeId) -> Result<&'a str, BtfError> {
        self.text(self.record(id)?.name)
    }

    /// The type behind typedefs, `const`, `volatile`, `restrict` and tags; may be `void`.
    pub fn resolve(&self, id: TypeId) -> Result<TypeId, BtfError> {
        let mut current = id;
        for _ in 0..RESOLVE_STEPS_MAX {
            if current == TypeId::VOID {
                return Ok(current);
            }
            let record = self.record(current)?;
            if !record.kind.is_modifier() {
                return Ok(current);
            }
            current = TypeId(record.size_or_type);
        }
        Err(BtfError::Circle { id })
    }

    /// What a pointer points to, or what an array holds; typedefs and qualifiers before it are skipped.
    pub fn target(&self, id: TypeId) -> Result<TypeId, BtfError> {
        let record = self.resolved_record(id)?;
        match record.kind {
            Kind::Pointer => Ok(TypeId(record.size_or_type)),
            Kind::Array => Ok(record.array()?.element),
            found => Err(BtfError::WrongKind { id, found, wanted: "a pointer or an array" }),
        }
    }

    /// Bytes that a value of the type takes.
    pub fn size_of(&self, id: TypeId) -> Result<u32, BtfError> {
        let mut count: u32 = 1;
        let mut current = id;
        for _ in 0..RESOLVE_STEPS_MAX {
            let record = self.resolved_record(current)?;
            let element_bytes = match record.kind {
                Kind::Array => {
                    let array = record.array()?;
                    count = count.checked_mul(array.count).ok_or(BtfError::TooLarge { id })?;
                    current = array.element;
                    continue;
                }
                Kind::Pointer => POINTER_BYTES,
                Kind::Int
                | Kind::Struct
                | Kind::Union
                | Kind::Enum
                | Kind::Enum64
                | Kind::Float
                | Kind::DataSection => record.size_or_type,
                Kind::Variable => {
                    current = TypeId(record.size_or_type);
                    continue;
                }
                found => return Err(BtfError::WrongKind { id, found, wanted: "a type that has a size" }),
            };
            return count.checked_mul(element_bytes).ok_or(BtfError::TooLarge { id });
        }
        Err(BtfError::Circle { id })
    }

    /// The names and values of an enumeration; typedefs and qualifiers before it are skipped.
    pub fn enum_values(&self, id: TypeId) -> Result<Vec<EnumValue<'a>>, BtfError> {
        let record = self.resolved_record(id)?;
        let wide = match record.kind {
            Kind::Enum => false,
            Kind::Enum64 => true,
            found => return Err(BtfError::WrongKind { id, found, wanted: "an enumeration" }),
        };
        let stride = if wide { 12 } else { 8 };
        let mut values = Vec::new();
        for element in record.tail.chunks_exact(stride) {
            let name = self.text(word(element, 0)?)?;
            let low = word(element, 4)?;
            let bits = u64::from(low) | if wide { u64::from(word(element, 8)?) << 32 } else { 0 };
            let value = match (record.flag, wide) {
                (true, true) => i128::from(bits.cast_signed()),
                (true, false) => i128::from(low.cast_signed()),
                (false, _) => i128::from(bits),
            };
            values.push(EnumValue { name, value });
        }
        Ok(values)
    }

    /// The id after the last one.
    fn end(&self) -> u32 {
        let own = u32::try_from(self.offsets.len()).unwrap_or(u32::MAX);
        self.first().saturating_add(own)
    }

    /// The first id that is not the base's.
    fn first(&self) -> u32 {
        self.base.map_or(1, Btf::end)
    }

    fn record(&self, id: TypeId) -> Result<Record<'a>, BtfError> {
        let Some(index) = id.0.checked_sub(self.first()) else {
            return match self.base {
                Some(base) => base.record(id),
                None => Err(BtfError::Void),
            };
        };
        let offset = usize::try_from(index).ok().and_then(|index| self.offsets.get(index));
        let offset = *offset.ok_or(BtfError::NoType { id, count: self.end() })?;
        Record::read(self.types, offset)?.ok_or(BtfError::Undescribed { id })
    }

    /// The record behind typedefs and qualifiers; an error if that is `void`.
    fn resolved_record(&self, id: TypeId) -> Result<Record<'a>, BtfError> {
        self.record(self.resolve(id)?)
    }

    /// The string that begins at `offset`.
    fn text(&self, offset: u32) -> Result<&'a str, BtfError> {
        let bytes = self.string_bytes(offset).ok_or(BtfError::NoString { offset })?;
        let length = bytes.iter().position(|byte| *byte == 0).ok_or(BtfError::NoString { offset })?;
        let text = bytes.get(..length).ok_or(BtfError::NoString { offset })?;
        std::str::from_utf8(text).map_err(|_source| BtfError::NotText { offset })
    }

    /// The strings from `offset` on: those of the base come first.
    fn string_bytes(&self, offset: u32) -> Option<&'a [u8]> {
        let offset = usize::try_from(offset).ok()?;
        let base_length = self.base.map_or(0, Btf::strings_length);
        match (offset.checked_sub(base_length), self.base) {
            (Some(own), _) => self.strings.get(own..),
            (None, Some(base)) => base.string_bytes(u32::try_from(offset).ok()?),
            (None, None) => None,
        }
    }

    fn strings_length(&self) -> usize {
        self.strings.len().saturating_add(self.base.map_or(0, Btf::strings_length))
    }
}

/// One type as it is written.
#[derive(Clone, Copy)]
struct Record<'a> {
    kind: Kind,
    /// Bitfields have their width in the offset (structs), values are signed (enums), union (forward).
    flag: bool,
    /// Offset of the name.
    name: u32,
    /// Bytes of the type, or another type's id; the kind decides.
    size_or_type: u32,
    /// What follows: elements, or what the kind says.
    tail: &'a [u8],
}

/// What an array holds.
struct Array {
    element: TypeId,
    count: u32,
}

/// What an integer is.
struct Int {
    signed: bool,
    is_char: bool,
    is_bool: bool,
    /// Bits from the start of the bytes, and how many: less than the bytes only in bitfields of old compilers.
    offset: u32,
    bits: u32,
}

impl<'a> Record<'a> {
    /// The record at `offset`, or nothing if its kind is unknown.
    fn read(types: &'a [u8], offset: u32) -> Result<Option<Self>, BtfError> {
        let head = Head::read(types, offset)?;
        let Some(kind) = Kind::from_number(head.kind) else { return Ok(None) };
        let start = u64::from(offset) + u64::from(RECORD_BYTES);
        let end = u64::from(offset) + head.bytes(kind.tail());
        let tail = span(types, start, end).ok_or_else(|| cut("a type", end, types))?;
        let Head { name, flag, size_or_type, .. } = head;
        Ok(Some(Self { kind, flag, name, size_or_type, tail }))
    }

    fn array(&self) -> Result<Array, BtfError> {
        Ok(Array { element: TypeId(word(self.tail, 0)?), count: word(self.tail, 8)? })
    }

    fn int(&self) -> Result<Int, BtfError> {
        let encoding = word(self.tail, 0)?;
        Ok(Int {
            signed: encoding & (1 << 24) != 0,
            is_char: encoding & (2 << 24) != 0,
            is_bool: encoding & (4 << 24) != 0,
            offset: (encoding >> 16) & 0xff,
            bits: encoding & 0xff,
        })
    }
}

/// The part that all types have (`struct btf_type`).
#[derive(Clone, Copy)]
struct Head {
    name: u32,
    kind: u8,
    flag: bool,
    count: u32,
    size_or_type: u32,
}

/// Bytes of a [`Head`].
const RECORD_BYTES: u32 = 12;

impl Head {
    fn read(types: &[u8], offset: u32) -> Result<Self, BtfError> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let bytes = types.get(start..).and_then(<[u8]>::first_chunk::<12>);
        let [n0, n1, n2, n3, c0, c1, c2, kind, s0, s1, s2, s3] =
            *bytes.ok_or_else(|| cut("a type", u64::from(offset) + u64::from(RECORD_BYTES), types))?;
        // Up to Linux 7.1 a count has 16 bits and a kind 5; the bits that later headers add were 0 before.
        Ok(Self {
            name: u32::from_le_bytes([n0, n1, n2, n3]),
            kind: kind & 0x7f,
            flag: kind & 0x80 != 0,
            count: u32::from_le_bytes([c0, c1, c2, 0]),
            size_or_type: u32::from_le_bytes([s0, s1, s2, s3]),
        })
    }

    /// Bytes of the whole type.
    fn bytes(self, tail: Tail) -> u64 {
        u64::from(RECORD_BYTES) + u64::from(tail.once) + u64::from(tail.each) * u64::from(self.count)
    }
}

/// Where a section lies, in bytes from the start.
#[derive(Clone, Copy)]
struct Span {
    start: u64,
    bytes: u64,
}

struct Header {
    types: Span,
    strings: Span,
    /// Since Linux 7.1.
    layouts: Option<Span>,
}

/// Bytes of the header up to Linux 7.0, and of the one that tells the layouts of kinds.
const HEADER_BYTES: u32 = 24;
const HEADER_BYTES_WITH_LAYOUTS: u32 = 32;

impl Header {
    fn parse(bytes: &[u8]) -> Result<Self, BtfError> {
        let start: &[u8; 8] =
            bytes.first_chunk().ok_or_else(|| cut("the header", u64::from(HEADER_BYTES), bytes))?;
        match (u16::from_le_bytes([start[0], start[1]]), start[2]) {
            (0xeb9f, 1) => {}
            (0xeb9f, version) => return Err(BtfError::Version { version }),
            (0x9feb, _) => return Err(BtfError::BigEndian),
            (magic, _) => return Err(BtfError::Magic { magic }),
        }
        let header_bytes = word(bytes, 4)?;
        if header_bytes < HEADER_BYTES {
            return Err(BtfError::HeaderLength { bytes: header_bytes });
        }
        let header = span(bytes, 0, header_bytes.into())
            .ok_or_else(|| cut("the header", header_bytes.into(), bytes))?;
        let section_at = |place: usize| -> Result<Span, BtfError> {
            let start = u64::from(header_bytes) + u64::from(word(header, place)?);
            Ok(Span { start, bytes: word(header, place + 4)?.into() })
        };
        let layouts = if header_bytes >= HEADER_BYTES_WITH_LAYOUTS { Some(section_at(24)?) } else { None };
        Ok(Self { types: section_at(8)?, strings: section_at(16)?, layouts })
    }
}

/// Where each type begins, and where an unknown kind ended the reading.
fn index(types: &[u8], layouts: &[u8], first: u32) -> Result<(Vec<u32>, Option<Incomplete>), BtfError> {
    let length = u32::try_from(types.len()).map_err(|_source| BtfError::TooLong { bytes: types.len() })?;
    // A type of the kernel takes 25 to 30 bytes.
    let mut offsets = Vec::with_capacity(types.len() / 24);
    let mut offset = 0;
    while offset < length {
        let head = Head::read(types, offset)?;
        let Some(tail) =
            Kind::from_number(head.kind).map(Kind::tail).or_else(|| layout_of(layouts, head.kind))
        else {
            let read = u32::try_from(offsets.len()).unwrap_or(u32::MAX);
            let first = TypeId(first.saturating_add(read));
            offsets.shrink_to_fit();
            return Ok((offsets, Some(Incomplete { kind: head.kind, first })));
        };
        offsets.push(offset);
        let end = u64::from(offset) + head.bytes(tail);
        offset =
            u32::try_from(end).ok().filter(|end| *end <= length).ok_or_else(|| cut("a type", end, types))?;
    }
    offsets.shrink_to_fit();
    Ok((offsets, None))
}

/// What the layout section (`struct btf_layout`, 4 bytes a kind) says of a kind.
fn layout_of(layouts: &[u8], kind: u8) -> Option<Tail> {
    let entry = layouts.chunks_exact(4).nth(kind.into()).filter(|_| kind != 0)?;
    Some(Tail { once: (*entry.first()?).into(), each: (*entry.get(1)?).into() })
}

fn section<'a>(bytes: &'a [u8], place: Span, what: &'static str) -> Result<&'a [u8], BtfError> {
    let end = place.start.saturating_add(place.bytes);
    span(bytes, place.start, end).ok_or_else(|| cut(what, end, bytes))
}

fn span(bytes: &[u8], start: u64, end: u64) -> Option<&[u8]> {
    bytes.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
}

/// The little-endian number at `offset`.
fn word(bytes: &[u8], offset: usize) -> Result<u32, BtfError> {
    let four = bytes.get(offset..).and_then(<[u8]>::first_chunk::<4>);
    four.map(|four| u32::from_le_bytes(*four)).ok_or(BtfError::Truncated {
        what: "a number",
        wanted: u64::try_from(offset).unwrap_or(u64::MAX).saturating_add(4),
        bytes: bytes.len(),
    })
}

fn cut(what: &'static str, wanted: u64, bytes: &[u8]) -> BtfError {
    BtfError::Truncated { what, wanted, bytes: bytes.len() }
}
