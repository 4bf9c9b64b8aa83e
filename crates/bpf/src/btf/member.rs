//! Members of structs and unions: where a path such as `mm.arg_start` leads.

use super::find::not_found;
use super::{Btf, BtfError, Int, Kind, MEMBERS_VISITED_MAX, NESTING_MAX, Record, TypeId, word};

/// Where a member lies and how to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Bits from the start of the outermost struct.
    pub bit_offset: u32,
    /// Bits of the value: of the bitfield, or of all its bytes.
    pub bits: u32,
    /// Bytes of the declared type; 0 for a flexible array.
    pub bytes: u32,
    /// The declared type, with its typedefs and qualifiers.
    pub type_id: TypeId,
    /// Fewer bits than the type has, or not at a byte.
    pub is_bitfield: bool,
    /// The value is a signed integer or enumeration.
    pub signed: bool,
}

impl Member {
    /// Bytes from the start of the outermost struct; for a bitfield, of the byte that holds its first bit.
    pub fn byte_offset(&self) -> u32 {
        self.bit_offset / 8
    }
}

/// One member as a struct lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberEntry<'a> {
    /// Its name, empty if it has none.
    pub name: &'a str,
    /// Its type.
    pub type_id: TypeId,
    /// Bits from the start of the struct.
    pub bit_offset: u32,
    /// Bits of a bitfield, if the struct tells that it is one.
    pub bits: Option<u32>,
}

impl<'a> Btf<'a> {
    /// Where `path`, member names with dots between, leads from a struct or union.
    ///
    /// Unnamed structs and unions on the way are looked into, typedefs and qualifiers skipped, pointers not
    /// followed.
    pub fn member(&self, within: TypeId, path: &str) -> Result<Member, BtfError> {
        let mut steps = path.split('.');
        let mut current = within;
        let mut base: u32 = 0;
        let mut step = steps.next().unwrap_or("");
        loop {
            if step.is_empty() {
                return Err(BtfError::EmptyStep { path: path.to_owned() });
            }
            let found = self.step(current, step)?;
            let bit_offset = base.checked_add(found.bit_offset).ok_or(BtfError::TooLarge { id: within })?;
            let Some(next) = steps.next() else {
                return self.describe(MemberEntry { bit_offset, ..found });
            };
            let record = self.resolved_record(found.type_id)?;
            if record.kind == Kind::Pointer {
                return Err(BtfError::BehindPointer { member: step.to_owned(), next: next.to_owned() });
            }
            (base, current, step) = (bit_offset, found.type_id, next);
        }
    }

    /// Like [`Btf::member`], from the struct, else the union, else the typedef of this name.
    pub fn member_of(&self, structure: &str, path: &str) -> Result<Member, BtfError> {
        self.member(self.structure(structure)?, path)
    }

    /// The struct, else the union, else the typedef of this name.
    pub fn structure(&self, name: &str) -> Result<TypeId, BtfError> {
        let found = self.find_all(&[(Kind::Struct, name), (Kind::Union, name), (Kind::Typedef, name)]);
        found.into_iter().flatten().next().ok_or_else(|| not_found(Kind::Struct, name))
    }

    /// The members of a struct or union as it lists them; typedefs and qualifiers before it are skipped.
    pub fn members(&self, id: TypeId) -> Result<Vec<MemberEntry<'a>>, BtfError> {
        let record = self.resolved_record(id)?;
        if !is_structure(record.kind) {
            return Err(BtfError::WrongKind { id, found: record.kind, wanted: "a struct or union" });
        }
        self.entries(record).collect()
    }

    /// The members in the record of a struct or union, one by one.
    pub(super) fn entries(
        &self,
        record: Record<'a>,
    ) -> impl Iterator<Item = Result<MemberEntry<'a>, BtfError>> {
        record.tail.chunks_exact(MEMBER_BYTES).map(move |bytes| self.entry(record, bytes))
    }

    /// The entry written in `bytes`.
    fn entry(&self, record: Record<'a>, bytes: &[u8]) -> Result<MemberEntry<'a>, BtfError> {
        let name = self.text(word(bytes, 0)?)?;
        let offset = word(bytes, 8)?;
        let (bit_offset, bits) = if record.flag {
            (offset & 0x00ff_ffff, Some(offset >> 24).filter(|bits| *bits != 0))
        } else {
            (offset, None)
        };
        Ok(MemberEntry { name, type_id: TypeId(word(bytes, 4)?), bit_offset, bits })
    }

    /// The member `name` of the struct, with its offset from the start of it.
    fn step(&self, within: TypeId, name: &str) -> Result<MemberEntry<'a>, BtfError> {
        let record = match self.resolve(within)? {
            TypeId::VOID => return Err(self.no_members(within, name)),
            id => self.record(id)?,
        };
        if !is_structure(record.kind) {
            return Err(self.no_members(within, name));
        }
        let mut visits = Visits { id: within, left: MEMBERS_VISITED_MAX };
        let found = self.seek(record, name, &mut visits, NESTING_MAX)?;
        found.ok_or_else(|| BtfError::NoMember { within: self.words(within), member: name.to_owned() })
    }

    /// Looks for `name` among the members, and in unnamed structs at the place where they stand, as C does.
    fn seek(
        &self,
        record: Record<'a>,
        name: &str,
        visits: &mut Visits,
        depth: u32,
    ) -> Result<Option<MemberEntry<'a>>, BtfError> {
        let depth = depth.checked_sub(1).ok_or(BtfError::Nesting { id: visits.id })?;
        for entry in self.entries(record) {
            visits.count()?;
            let entry = entry?;
            if entry.name == name {
                return Ok(Some(entry));
            }
            let Some(inner) = self.unnamed_structure(&entry)? else { continue };
            if let Some(found) = self.seek(inner, name, visits, depth)? {
                let offset = entry.bit_offset.checked_add(found.bit_offset);
                let bit_offset = offset.ok_or(BtfError::TooLarge { id: visits.id })?;
                return Ok(Some(MemberEntry { bit_offset, ..found }));
            }
        }
        Ok(None)
    }

    /// The struct or union that a member without a name is.
    pub(super) fn unnamed_structure(&self, entry: &MemberEntry<'a>) -> Result<Option<Record<'a>>, BtfError> {
        if !entry.name.is_empty() {
            return Ok(None);
        }
        let record = self.resolved_record(entry.type_id)?;
        Ok(Some(record).filter(|record| is_structure(record.kind)))
    }

    /// The entry with what its type says.
    pub(super) fn describe(&self, entry: MemberEntry<'a>) -> Result<Member, BtfError> {
        let MemberEntry { type_id, .. } = entry;
        let too_large = || BtfError::TooLarge { id: type_id };
        let bytes = self.size_of(type_id)?;
        let whole = bytes.checked_mul(8).ok_or_else(too_large)?;
        let record = self.resolved_record(type_id)?;
        let int = if record.kind == Kind::Int { Some(record.int()?) } else { None };
        let signed = match record.kind {
            Kind::Enum | Kind::Enum64 => record.flag,
            _ => int.as_ref().is_some_and(|int| int.signed),
        };
        // Before struct flags (Linux 4.20, pahole 1.13) the width of a bitfield stood in an integer type of its own.
        let (shift, bits) = match (entry.bits, int) {
            (Some(bits), _) => (0, bits),
            (None, Some(Int { offset, bits, .. })) if bits != 0 => (offset, bits.min(whole)),
            (None, _) => (0, whole),
        };
        let bit_offset = entry.bit_offset.checked_add(shift).ok_or_else(too_large)?;
        let is_bitfield = bits != whole || bit_offset % 8 != 0;
        Ok(Member { bit_offset, bits, bytes, type_id, is_bitfield, signed })
    }

    fn no_members(&self, within: TypeId, member: &str) -> BtfError {
        BtfError::NoMembers { within: self.words(within), member: member.to_owned() }
    }

    /// The type in C for a message; its number if even that fails.
    fn words(&self, id: TypeId) -> String {
        self.type_name(id).unwrap_or_else(|_source| format!("type {}", id.0))
    }
}

/// How many members may still be looked at.
struct Visits {
    /// What the question was about.
    id: TypeId,
    left: u32,
}

impl Visits {
    fn count(&mut self) -> Result<(), BtfError> {
        let limit = MEMBERS_VISITED_MAX;
        self.left = self.left.checked_sub(1).ok_or(BtfError::TooManyMembers { id: self.id, limit })?;
        Ok(())
    }
}

pub(super) fn is_structure(kind: Kind) -> bool {
    matches!(kind, Kind::Struct | Kind::Union)
}

/// Bytes of one member in a struct's record.
const MEMBER_BYTES: usize = 12;
