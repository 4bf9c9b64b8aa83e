//! A struct described by plain values that outlive the BTF bytes: enough to decode its copy in user space.

use super::member::is_structure;
use super::{
    Btf, BtfError, Kind, MEMBERS_VISITED_MAX, Member, MemberEntry, NESTING_MAX, RESOLVE_STEPS_MAX, Record,
    TypeId,
};

/// How much of a struct is described before that is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayoutLimits {
    /// Structs within structs, the outermost counted.
    pub depth: u32,
    /// Fields in all structs together.
    pub fields: u32,
}

impl LayoutLimits {
    /// As deep as any question goes.
    pub const WIDEST: Self = Self { depth: NESTING_MAX, fields: MEMBERS_VISITED_MAX };
}

impl Default for LayoutLimits {
    /// Enough for any struct that user space passes to the kernel: `union bpf_attr` has 235 fields in 5 levels.
    fn default() -> Self {
        Self { depth: 8, fields: 1_024 }
    }
}

/// A struct or union.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StructLayout {
    /// Its name, empty if it has none.
    pub name: String,
    /// Bytes that it takes.
    pub bytes: u32,
    /// Its fields in the order of the declaration, those of unnamed structs and unions included.
    pub fields: Vec<FieldLayout>,
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldLayout {
    /// Its name.
    pub name: String,
    /// Bytes from the start of the struct; for a bitfield, of the byte that holds its first bit.
    pub byte_offset: u32,
    /// Which bits, if it is a bitfield.
    pub bits: Option<Bits>,
    /// What it holds.
    pub kind: FieldKind,
}

/// The bits of a bitfield.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bits {
    /// Bits from the start of the struct to the lowest bit.
    pub offset: u32,
    /// How many.
    pub count: u32,
}

/// What a field holds. Sizes are in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Signed integer.
    Signed {
        /// Its size.
        bytes: u32,
    },
    /// Unsigned integer.
    Unsigned {
        /// Its size.
        bytes: u32,
    },
    /// Truth value.
    Bool {
        /// Its size.
        bytes: u32,
    },
    /// Floating point number.
    Float {
        /// Its size.
        bytes: u32,
    },
    /// Array of `char`: text that a NUL byte may end early.
    CharArray {
        /// How many; 0 for a flexible array.
        count: u32,
    },
    /// Array of anything else.
    Array {
        /// What each element is.
        element: Box<FieldKind>,
        /// Bytes of one element.
        element_bytes: u32,
        /// How many; 0 for a flexible array.
        count: u32,
    },
    /// Address.
    Pointer,
    /// Enumeration.
    Enum {
        /// Its size.
        bytes: u32,
        /// Whether its values are signed.
        signed: bool,
    },
    /// Struct.
    Struct(StructLayout),
    /// Union: its fields lie over one another.
    Union(StructLayout),
}

impl Btf<'_> {
    /// Describes a struct or union; typedefs and qualifiers before it are skipped.
    pub fn layout(&self, id: TypeId, limits: LayoutLimits) -> Result<StructLayout, BtfError> {
        let record = self.resolved_record(id)?;
        if !is_structure(record.kind) {
            return Err(BtfError::WrongKind { id, found: record.kind, wanted: "a struct or union" });
        }
        let limits = LayoutLimits { depth: limits.depth.min(NESTING_MAX), ..limits };
        Describer { btf: self, outermost: id, limits, fields_left: limits.fields }.structure(record, 1)
    }
}

/// One description under way.
struct Describer<'b, 'a> {
    btf: &'b Btf<'a>,
    outermost: TypeId,
    limits: LayoutLimits,
    fields_left: u32,
}

impl<'a> Describer<'_, 'a> {
    fn structure(&mut self, record: Record<'a>, depth: u32) -> Result<StructLayout, BtfError> {
        let mut fields = Vec::new();
        self.add_fields(&mut fields, record, 0, depth)?;
        let name = self.btf.text(record.name)?.to_owned();
        Ok(StructLayout { name, bytes: record.size_or_type, fields })
    }

    /// Adds the fields of `record`, which begins `base` bits into the struct that `fields` are of.
    fn add_fields(
        &mut self,
        fields: &mut Vec<FieldLayout>,
        record: Record<'a>,
        base: u32,
        depth: u32,
    ) -> Result<(), BtfError> {
        if depth > self.limits.depth {
            return Err(BtfError::Nesting { id: self.outermost });
        }
        for entry in self.btf.entries(record) {
            let entry = entry?;
            self.count()?;
            let offset = base.checked_add(entry.bit_offset);
            let bit_offset = offset.ok_or(BtfError::TooLarge { id: self.outermost })?;
            if let Some(inner) = self.btf.unnamed_structure(&entry)? {
                self.add_fields(fields, inner, bit_offset, depth + 1)?;
            } else if !entry.name.is_empty() {
                fields.push(self.field(MemberEntry { bit_offset, ..entry }, depth)?);
            }
        }
        Ok(())
    }

    fn field(&mut self, entry: MemberEntry<'a>, depth: u32) -> Result<FieldLayout, BtfError> {
        let member = self.btf.describe(entry)?;
        let Member { bit_offset, bits, is_bitfield, .. } = member;
        Ok(FieldLayout {
            name: entry.name.to_owned(),
            byte_offset: member.byte_offset(),
            bits: is_bitfield.then_some(Bits { offset: bit_offset, count: bits }),
            kind: self.field_kind(entry.type_id, depth, RESOLVE_STEPS_MAX)?,
        })
    }

    fn field_kind(&mut self, id: TypeId, depth: u32, steps: u32) -> Result<FieldKind, BtfError> {
        let steps = steps.checked_sub(1).ok_or(BtfError::Circle { id })?;
        let record = self.btf.resolved_record(id)?;
        let bytes = record.size_or_type;
        Ok(match record.kind {
            Kind::Int => {
                let int = record.int()?;
                match (int.is_bool, int.signed) {
                    (true, _) => FieldKind::Bool { bytes },
                    (false, true) => FieldKind::Signed { bytes },
                    (false, false) => FieldKind::Unsigned { bytes },
                }
            }
            Kind::Float => FieldKind::Float { bytes },
            Kind::Pointer => FieldKind::Pointer,
            Kind::Enum | Kind::Enum64 => FieldKind::Enum { bytes, signed: record.flag },
            Kind::Struct => FieldKind::Struct(self.structure(record, depth + 1)?),
            Kind::Union => FieldKind::Union(self.structure(record, depth + 1)?),
            Kind::Array => {
                let array = record.array()?;
                if self.is_char(array.element)? {
                    return Ok(FieldKind::CharArray { count: array.count });
                }
                FieldKind::Array {
                    element_bytes: self.btf.size_of(array.element)?,
                    element: Box::new(self.field_kind(array.element, depth, steps)?),
                    count: array.count,
                }
            }
            found => return Err(BtfError::WrongKind { id, found, wanted: "a type of a field" }),
        })
    }

    /// Whether an element is a `char`. Compilers seldom set the encoding for it, so the name decides as well.
    fn is_char(&self, id: TypeId) -> Result<bool, BtfError> {
        let record = self.btf.resolved_record(id)?;
        if record.kind != Kind::Int || record.size_or_type != 1 {
            return Ok(false);
        }
        Ok(record.int()?.is_char || self.btf.text(record.name)? == "char")
    }

    fn count(&mut self) -> Result<(), BtfError> {
        let error = BtfError::TooManyMembers { id: self.outermost, limit: self.limits.fields };
        self.fields_left = self.fields_left.checked_sub(1).ok_or(error)?;
        Ok(())
    }
}
