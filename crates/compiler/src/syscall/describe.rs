//! From the kernel's own descriptions (BTF, tracefs formats) to the values that the recorder works with.

use std::collections::{BTreeMap, BTreeSet};

use bpf::btf::{FieldKind as BtfKind, FieldLayout, Kind, LayoutLimits, StructLayout};
use bpf::tracefs::Format;
use bpf::{Btf, BtfError, Hook, TypeId};
use event::structure::{Field, FieldKind, Structure};
use event::syscall::call::{Call, Structures};
use event::syscall::number::Abi;
use event::syscall::shape::{self, Declared};

use super::facts::{Hooks, Offsets, Rung};

/// Describes a call by the tracefs format of its tracepoint, or by our own table where the kernel has none.
pub fn call(abi: Abi, number: u16, name: &str, format: Option<&Format>, structures: &Structures) -> Call {
    Call::describe(abi, number, name, &declared(abi, name, format), structures)
}

/// Names of the structures that the parameters of a call point to.
pub fn structure_names(abi: Abi, name: &str, format: Option<&Format>) -> Vec<&'static str> {
    (0..)
        .zip(declared(abi, name, format))
        .flat_map(|(index, declared)| {
            shape::structure_names(abi, shape::parameter(abi, name, index, declared).shape)
        })
        .collect()
}

fn declared<'a>(abi: Abi, name: &str, format: Option<&'a Format>) -> Vec<Declared<'a>> {
    if let Some(own) = shape::own_parameters(abi, name) {
        return own.iter().map(|own| own.declared).collect();
    }
    let Some(format) = format else { return shape::undeclared(abi, name) };
    let fields = format.syscall_parameters();
    fields.map(|field| Declared { c_type: &field.type_text, name: &field.name }).collect()
}

/// What the recorder needs of the kernel's type information, found in one pass over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelTypes {
    /// Layouts of the structures that calls point to; those that this kernel does not have are left out.
    pub structures: Structures,
    /// Where the members of kernel objects stand.
    pub offsets: Offsets,
    /// Type ids of the recorder's tracepoints, in the order of [`TRACEPOINTS`].
    tracepoints: [Option<TypeId>; TRACEPOINTS.len()],
}

/// The tracepoints that the recorder hooks.
const TRACEPOINTS: [&str; 5] =
    ["sys_enter", "sys_exit", "sched_process_exec", "sched_process_fork", "sched_process_exit"];

impl KernelTypes {
    /// Looks for these structures, for the kernel objects of the recorder, and for its tracepoints.
    pub fn read(btf: &Btf<'_>, structures: &BTreeSet<&str>) -> Result<Self, BtfError> {
        let typedefs = TRACEPOINTS.map(|name| format!("btf_trace_{name}"));
        let mut objects = BTreeSet::new();
        Offsets::find(|object, _| -> Result<i32, BtfError> {
            objects.insert(object);
            Ok(0)
        })?;
        let tracepoints = typedefs.iter().map(|name| (Kind::Typedef, name.as_str()));
        let structs = objects.iter().chain(structures).map(|name| (Kind::Struct, *name));
        let wanted: Vec<(Kind, &str)> = tracepoints.chain(structs).collect();
        let found = btf.find_all(&wanted);
        let ids: BTreeMap<&str, TypeId> =
            wanted.iter().zip(&found).filter_map(|((_, name), id)| Some((*name, (*id)?))).collect();
        let layout = |name: &&str| {
            let layout = btf.layout(*ids.get(name)?, LayoutLimits::default()).ok()?;
            Some(((*name).to_owned(), structure(layout)))
        };
        Ok(Self {
            structures: structures.iter().filter_map(layout).collect(),
            offsets: offsets(btf, &ids)?,
            tracepoints: typedefs.each_ref().map(|name| ids.get(name.as_str()).copied()),
        })
    }

    /// The recorder's hooks on this rung; an error when the kernel has no types for a tracepoint that needs them.
    pub fn hooks(&self, rung: Rung) -> Result<Hooks, BtfError> {
        let [sys_enter, sys_exit, exec, fork, process_exit] = [0, 1, 2, 3, 4].map(|index: usize| {
            let name = TRACEPOINTS[index].to_owned();
            match (rung, self.tracepoints[index]) {
                (Rung::RawTracepoint, _) => Ok(Hook::RawTracepoint { name }),
                (Rung::TpBtf, Some(TypeId(btf_id))) => Ok(Hook::TpBtf { name, btf_id }),
                (Rung::TpBtf, None) => {
                    Err(BtfError::NotFound { kind: Kind::Typedef.word(), name: format!("btf_trace_{name}") })
                }
            }
        });
        Ok(Hooks {
            sys_enter: sys_enter?,
            sys_exit: sys_exit?,
            exec: exec?,
            fork: fork?,
            process_exit: process_exit?,
        })
    }
}

fn offsets(btf: &Btf<'_>, ids: &BTreeMap<&str, TypeId>) -> Result<Offsets, BtfError> {
    Offsets::find(|object, member| {
        let missing = || BtfError::NotFound { kind: Kind::Struct.word(), name: object.to_owned() };
        let offset = btf.member(ids.get(object).copied().ok_or_else(missing)?, member)?.byte_offset();
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
