//! How a structure of the kernel's user interface lies in memory, and its bytes as a [`Value`].
//!
//! The layouts come from the running kernel's own type information; nothing here knows where that is.

use crate::syscall::shape;
use crate::value::Value;

/// A structure or union.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    /// Its name in C, without `struct`.
    pub name: String,
    /// Its size.
    pub bytes: u32,
    /// Its members, in the kernel's order.
    pub fields: Vec<Field>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Bytes from the start of the structure.
    pub offset: u32,
    /// What it holds.
    pub kind: FieldKind,
}

/// What a member holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Two's complement number of this many bytes.
    Signed(u8),
    /// Unsigned number of this many bytes.
    Unsigned(u8),
    /// A pointer of this many bytes.
    Pointer(u8),
    /// Some bits of a number: they start `shift` bits above the member's offset.
    Bits {
        /// Bits above the byte at the offset.
        shift: u8,
        /// How many.
        count: u8,
        /// Two's complement.
        signed: bool,
    },
    /// Text in a fixed number of bytes, NUL-padded.
    Characters(u32),
    /// Several of the same.
    Array {
        /// One of them.
        element: Box<FieldKind>,
        /// Bytes from one to the next.
        element_bytes: u32,
        /// How many.
        count: u32,
    },
    /// A structure inside.
    Structure(Structure),
}

/// Elements of an array inside a structure that are shown. `sigset_t` and reserved words are longer and say nothing.
pub const ELEMENTS_MAX: u32 = 16;

/// The members that lie wholly in `bytes`, as named values. Reserved members are left out.
pub fn value(structure: &Structure, bytes: &[u8]) -> Value<'static> {
    let fields = structure.fields.iter().filter(|field| !reserved(&field.name)).filter_map(|field| {
        let rest = bytes.get(usize::try_from(field.offset).ok()?..)?;
        let named = shape::member(&structure.name, &field.name)
            .and_then(|set| Some(Value::Named { set, number: number(&field.kind, rest)? }));
        Some((field.name.clone(), named.or_else(|| field_value(&field.kind, rest))?))
    });
    Value::Structure(fields.collect())
}

/// The bits of a member that is one number, or a structure of words that are one, such as a `sigset_t`.
fn number(kind: &FieldKind, bytes: &[u8]) -> Option<u64> {
    match kind {
        FieldKind::Signed(width) | FieldKind::Unsigned(width) => unsigned(bytes, *width),
        FieldKind::Structure(inner) => {
            unsigned(bytes, u8::try_from(inner.bytes).ok().filter(|bytes| *bytes <= 8)?)
        }
        _ => None,
    }
}

fn reserved(name: &str) -> bool {
    ["__unused", "__pad", "__spare", "__reserved", "__linux_unused", "f_spare", "resv", "_f", "_pad"]
        .iter()
        .any(|prefix| name == *prefix || (prefix.len() > 3 && name.starts_with(prefix)))
}

fn field_value(kind: &FieldKind, bytes: &[u8]) -> Option<Value<'static>> {
    match kind {
        FieldKind::Signed(width) => Some(Value::Signed(signed(bytes, *width)?)),
        FieldKind::Unsigned(width) => Some(Value::Unsigned(unsigned(bytes, *width)?)),
        FieldKind::Pointer(width) => Some(Value::Address(unsigned(bytes, *width)?)),
        FieldKind::Bits { shift, count, signed } => bits(bytes, *shift, *count, *signed),
        FieldKind::Characters(count) => {
            let kept = bytes.get(..usize::try_from(*count).ok()?)?;
            let end = kept.iter().position(|&byte| byte == 0).unwrap_or(kept.len());
            Some(Value::Text(kept[..end].to_vec().into()))
        }
        FieldKind::Array { element, element_bytes, count } => {
            let step = usize::try_from(*element_bytes).ok()?.max(1);
            let shown = usize::try_from((*count).min(ELEMENTS_MAX)).ok()?;
            let elements = bytes.chunks_exact(step).take(shown);
            Some(Value::List(elements.filter_map(|bytes| field_value(element, bytes)).collect()))
        }
        FieldKind::Structure(inner) => {
            bytes.get(..usize::try_from(inner.bytes).ok()?).map(|bytes| value(inner, bytes))
        }
    }
}

fn bits(bytes: &[u8], shift: u8, count: u8, is_signed: bool) -> Option<Value<'static>> {
    let end = usize::from(shift) + usize::from(count);
    if count == 0 || end > 64 {
        return None;
    }
    let mut word = [0; 8];
    word.get_mut(..end.div_ceil(8))?.copy_from_slice(bytes.get(..end.div_ceil(8))?);
    let high = u64::from_le_bytes(word) << (64 - end);
    let down = 64 - u32::from(count);
    Some(if is_signed { Value::Signed(high.cast_signed() >> down) } else { Value::Unsigned(high >> down) })
}

/// The little-endian unsigned number in the first `width` (1 to 8) of `bytes`.
pub fn unsigned(bytes: &[u8], width: u8) -> Option<u64> {
    let width = usize::from(width.min(8));
    let mut word = [0; 8];
    word[..width].copy_from_slice(bytes.get(..width)?);
    Some(u64::from_le_bytes(word))
}

/// The little-endian two's complement number in the first `width` (1 to 8) of `bytes`.
pub fn signed(bytes: &[u8], width: u8) -> Option<i64> {
    let shift = 64 - 8 * u32::from(width.clamp(1, 8));
    Some(unsigned(bytes, width)?.cast_signed() << shift >> shift)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line;

    fn check(structure: &Structure, bytes: &[u8], expected: &str) {
        let mut out = String::new();
        line::write_value(&value(structure, bytes), &mut out);
        assert_eq!(out, expected);
    }

    fn field(name: &str, offset: u32, kind: FieldKind) -> Field {
        Field { name: name.to_owned(), offset, kind }
    }

    fn structure(name: &str, bytes: u32, fields: Vec<Field>) -> Structure {
        Structure { name: name.to_owned(), bytes, fields }
    }

    #[test]
    fn members_have_their_names_for_values() {
        let word = FieldKind::Array { element: Box::new(FieldKind::Unsigned(8)), element_bytes: 8, count: 1 };
        let mask = FieldKind::Structure(structure("", 8, vec![field("sig", 0, word)]));
        let action = structure(
            "sigaction",
            16,
            vec![field("sa_flags", 0, FieldKind::Unsigned(8)), field("sa_mask", 8, mask)],
        );
        let bytes = [0, 0, 0, 0x10, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0, 0];
        check(&action, &bytes, "{sa_flags: SA_RESTART, sa_mask: [SIGINT SIGUSR1]}");
        check(&action, &bytes[..12], "{sa_flags: SA_RESTART}");
        let file = structure("compat_stat", 4, vec![field("st_dev", 0, FieldKind::Unsigned(4))]);
        check(&file, &[1, 8, 0, 0], "{st_dev: 8:1}");
    }

    #[test]
    fn reserved_members_are_left_out() {
        let spare = structure("statfs", 4, vec![field("f_spare", 0, FieldKind::Unsigned(4))]);
        check(&spare, &[0; 4], "{}");
    }
}
