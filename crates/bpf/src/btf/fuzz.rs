//! The body of the fuzz target for BTF; also run on the corpus and on mutations of it by `tests/hostile.rs`.

use super::{Btf, Kind, LayoutLimits, TypeId};

/// Types that are asked about, so that one input takes no longer than a few milliseconds.
const TYPES_MAX: u32 = 16;

/// Reads any bytes as BTF, alone and as a module's, and asks every question about the first types.
#[doc(hidden)]
pub fn fuzz_btf(bytes: &[u8]) {
    let Ok(btf) = Btf::parse(bytes) else { return };
    ask(&btf);
    if let Ok(split) = Btf::parse_split(bytes, &btf) {
        assert!(split.type_count() >= btf.type_count());
        ask(&split);
    }
}

fn ask(btf: &Btf<'_>) {
    let count = btf.type_count();
    if let Some(incomplete) = btf.incomplete() {
        assert!(incomplete.first.0 <= count, "an unusable type lies behind the usable ones");
    }
    let last = count.saturating_add(1);
    let ids = (0..TYPES_MAX.min(last)).chain(last.saturating_sub(TYPES_MAX)..=last).map(TypeId);
    for id in ids {
        ask_about(btf, id);
    }
    for kind in Kind::ALL {
        let found = btf.find(kind, "int");
        assert!(found.is_none_or(|id| id.0 < count && btf.kind(id) == Ok(kind)));
    }
    drop((btf.tracepoint("sys_exit"), btf.function("f"), btf.member_of("s", "a.b")));
}

fn ask_about(btf: &Btf<'_>, id: TypeId) {
    let name = btf.name(id);
    if let (Ok(kind), Ok(name)) = (btf.kind(id), name)
        && !name.is_empty()
    {
        assert!(btf.find(kind, name).is_some(), "a type that has a name is found by it");
    }
    if let Ok(resolved) = btf.resolve(id) {
        assert_eq!(btf.resolve(resolved), Ok(resolved), "what is resolved stays");
    }
    drop((btf.target(id), btf.size_of(id), btf.type_name(id), btf.prototype(id), btf.enum_values(id)));
    drop(btf.layout(id, LayoutLimits::default()));
    if id == TypeId(1) {
        drop(btf.layout(id, LayoutLimits::WIDEST));
    }
    for entry in btf.members(id).into_iter().flatten().take(2) {
        drop((btf.member(id, entry.name), btf.member(id, &format!("{}.a", entry.name))));
    }
}
