//! From the kernel's own descriptions (BTF, tracefs formats) to the values that the recorder works with.

use std::collections::{BTreeMap, BTreeSet};

use bpf::btf::{FieldKind as BtfKind, FieldLayout, Kind, LayoutLimits, StructLayout};
use bpf::tracefs::Format;
use bpf::{Btf, BtfError, Hook, TypeId};
use event::structure::{Field, FieldKind, Structure};
use event::syscall::call::{Call, Structures};
use event::syscall::number::Abi;
use event::syscall::shape::{self, Declared, Shape};

use super::facts::{Hooks, Offsets, Rung};

/// Describes a call by the tracefs format of its tracepoint, or by our own table where the kernel has none.
pub fn call(abi: Abi, number: u16, name: &str, format: Option<&Format>, structures: &Structures) -> Call {
    Call::describe(abi, number, name, &declared(abi, name, format), structures)
}

/// Names of the structures that the parameters of a call point to.
pub fn structure_names(abi: Abi, name: &str, format: Option<&Format>) -> Vec<&'static str> {
    (0..)
        .zip(declared(abi, name, format))
        .filter_map(|(index, declared)| match shape::parameter(abi, name, index, declared).shape {
            Shape::Structure { name, .. } | Shape::Structures { name, .. } => Some(name),
            _ => None,
        })
        .collect()
}

fn declared<'a>(abi: Abi, name: &str, format: Option<&'a Format>) -> Vec<Declared<'a>> {
    if let Some(own) = shape::own_parameters(abi, name) {
        return own.iter().map(|own| own.declared).collect();
    }
    let fields = format.into_iter().flat_map(Format::syscall_parameters);
    fields.map(|field| Declared { c_type: &field.type_text, name: &field.name }).collect()
}

/// The layouts of these structures; those that this kernel does not have are left out.
pub fn structures(btf: &Btf<'_>, names: &BTreeSet<&str>) -> Structures {
    let wanted: Vec<(Kind, &str)> = names.iter().map(|name| (Kind::Struct, *name)).collect();
    let found = wanted.iter().zip(btf.find_all(&wanted));
    found
        .filter_map(|((_, name), id)| {
            let layout = btf.layout(id?, LayoutLimits::default()).ok()?;
            Some(((*name).to_owned(), structure(layout)))
        })
        .collect()
}

/// The recorder's hooks on this rung.
pub fn hooks(btf: &Btf<'_>, rung: Rung) -> Result<Hooks, BtfError> {
    let names = ["sys_enter", "sys_exit", "sched_process_exec", "sched_process_fork", "sched_process_exit"];
    let typedefs = names.map(|name| format!("btf_trace_{name}"));
    let wanted: Vec<(Kind, &str)> = typedefs.iter().map(|name| (Kind::Typedef, name.as_str())).collect();
    let found = btf.find_all(&wanted);
    let hook = |index: usize| {
        let name = names[index].to_owned();
        match rung {
            Rung::RawTracepoint => Ok(Hook::RawTracepoint { name }),
            Rung::TpBtf => match found.get(index).copied().flatten() {
                Some(TypeId(btf_id)) => Ok(Hook::TpBtf { name, btf_id }),
                None => Err(BtfError::NotFound { kind: Kind::Typedef.word(), name: typedefs[index].clone() }),
            },
        }
    };
    Ok(Hooks {
        sys_enter: hook(0)?,
        sys_exit: hook(1)?,
        exec: hook(2)?,
        fork: hook(3)?,
        process_exit: hook(4)?,
    })
}

/// Where the members of kernel objects stand.
pub fn offsets(btf: &Btf<'_>) -> Result<Offsets, BtfError> {
    let mut names = BTreeSet::new();
    let mut collect = |structure: &'static str, _: &'static str| -> Result<i32, BtfError> {
        names.insert(structure);
        Ok(0)
    };
    Offsets::find(&mut collect)?;
    let wanted: Vec<(Kind, &str)> = names.iter().map(|name| (Kind::Struct, *name)).collect();
    let ids: BTreeMap<&str, Option<TypeId>> =
        wanted.iter().map(|(_, name)| *name).zip(btf.find_all(&wanted)).collect();
    Offsets::find(|structure, member| {
        let id = ids.get(structure).copied().flatten();
        let id =
            id.ok_or_else(|| BtfError::NotFound { kind: Kind::Struct.word(), name: structure.to_owned() })?;
        let offset = btf.member(id, member)?.byte_offset();
        Ok(i32::try_from(offset).unwrap_or(i32::MAX))
    })
}

fn structure(layout: StructLayout) -> Structure {
    let fields = layout.fields.into_iter().filter_map(field).collect();
    Structure { name: layout.name, bytes: layout.bytes, fields }
}

fn field(field: FieldLayout) -> Option<Field> {
    let kind = match (field.bits, &field.kind) {
        (Some(bits), kind) => FieldKind::Bits {
            shift: u8::try_from(bits.offset.checked_sub(field.byte_offset * 8)?).ok()?,
            count: u8::try_from(bits.count).ok()?,
            signed: matches!(kind, BtfKind::Signed { .. } | BtfKind::Enum { signed: true, .. }),
        },
        (None, _) => field_kind(field.kind)?,
    };
    Some(Field { name: field.name, offset: field.byte_offset, kind })
}

/// `None` for what cannot be shown: numbers wider than 8 bytes and flexible arrays.
fn field_kind(kind: BtfKind) -> Option<FieldKind> {
    let width = |bytes: u32| u8::try_from(bytes).ok().filter(|bytes| (1..=8).contains(bytes));
    Some(match kind {
        BtfKind::Signed { bytes } | BtfKind::Enum { bytes, signed: true } => FieldKind::Signed(width(bytes)?),
        BtfKind::Unsigned { bytes }
        | BtfKind::Bool { bytes }
        | BtfKind::Float { bytes }
        | BtfKind::Enum { bytes, signed: false } => FieldKind::Unsigned(width(bytes)?),
        BtfKind::CharArray { count } => FieldKind::Characters(Some(count).filter(|&count| count > 0)?),
        BtfKind::Array { element, element_bytes, count } => FieldKind::Array {
            element: Box::new(field_kind(*element)?),
            element_bytes,
            count: Some(count).filter(|&count| count > 0)?,
        },
        BtfKind::Pointer => FieldKind::Pointer(8),
        BtfKind::Struct(layout) | BtfKind::Union(layout) => FieldKind::Structure(structure(layout)),
    })
}
