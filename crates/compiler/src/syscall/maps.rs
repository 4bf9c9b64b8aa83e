//! The maps of the recorder, and where each counter stands in those that user space maps into its memory.

use bpf::object::MapKind;
use bpf::{MapIndex, MapSpec};

use super::{Options, Selected};
use crate::ir::{BUSY_BYTES, MapDeclaration, SLOTS_PER_CPU};

/// Numbers of calls that are told apart. The tables of Linux 7.2 end at 471 on both ABIs.
pub const CALL_NUMBERS: u16 = 1024;

/// Bytes of one entry of the table of calls: for x86-64, then for i386, u16 form + 1 with flags and u16 recipe; 0 is not
/// traced.
pub const TABLE_ENTRY_BYTES: u16 = 8;

/// Set in a form of the table: the call is recorded at its entry, because it does not come back.
pub const AT_ENTRY: u16 = 0x8000;

/// Set in a form of the table: a successful exec, which the exec hook records.
pub const REPLACES_PROGRAM: u16 = 0x4000;

/// Mask of form + 1 in the table.
pub const FORM_MASK: u16 = 0x0fff;

/// What the programs and the reader tell each other, by offset in the only value of the map `state`.
pub struct State;

impl State {
    /// u32: what the reader wants to be woken for: [`WAKE_NEVER`], [`WAKE_NEXT`] or [`WAKE_WEIGHT`].
    pub const WAKE: u32 = 0;
    /// u64: new processes that could not be added to the scope, because its map was full.
    pub const SCOPE_FULL: u32 = 8;
    /// Bytes of the value: a cache line.
    pub const BYTES: u32 = 64;
}

/// What one CPU has counted, by offset in its value of the map `counters`. All are u64.
pub struct Counters;

impl Counters {
    /// Events that were begun. The next one's sequence number.
    pub const SEQUENCE: u32 = 0;
    /// Events lost because the ring was full.
    pub const LOST_RING: u32 = 8;
    /// Events lost because all scratch slots were taken.
    pub const LOST_SLOT: u32 = 16;
    /// Events lost because a tail call failed. They have no sequence number.
    pub const LOST_CALL: u32 = 24;
    /// Events lost because the kernel skipped the program at the exit of a call whose entry was seen: found when the
    /// thread enters its next call, and counted on that CPU. They have no sequence number.
    pub const LOST_SKIPPED: u32 = 32;
    /// Bytes of the value: a cache line, so that CPUs do not share one.
    pub const BYTES: u32 = 64;
}

/// The reader looks by itself.
pub const WAKE_NEVER: u32 = 0;
/// The reader sleeps until there is a record.
pub const WAKE_NEXT: u32 = 1;
/// The reader sleeps until a quarter of the ring is full.
pub const WAKE_WEIGHT: u32 = 2;

/// Bytes of one entry of the map of calls that have been entered: time, check, six arguments. The first two are 0 when
/// the call has returned.
pub const ENTERED_BYTES: u32 = 64;
/// Offset of the time of entry in it.
pub const ENTERED_TIME: i32 = 0;
/// Offset of the check word in it: time ^ (number << 32 | thread id) ^ [`ENTERED_I386`] for an i386 call.
pub const ENTERED_CHECK: i32 = 8;
/// Offset of the arguments in it; kept for calls that replace their program.
pub const ENTERED_ARGUMENTS: i32 = 16;
/// Tells an i386 call in the check word.
pub const ENTERED_I386: u64 = 1 << 63;

/// The maps by their place in the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maps {
    /// Records to user space.
    pub ring: MapIndex,
    /// Wake-up wish and what is counted once, shared with the reader.
    pub state: MapIndex,
    /// Counters by CPU, shared with the reader.
    pub counters: MapIndex,
    /// Which calls are traced, by number.
    pub table: MapIndex,
    /// Claimed scratch memory in which records are built.
    pub slots: MapIndex,
    /// Calls that have been entered, by the low bits of the thread id.
    pub entered: MapIndex,
    /// Recipes of the calls.
    pub recipes: MapIndex,
    /// Programs by form, where there are several.
    pub programs: Option<MapIndex>,
    /// Processes in scope, where the scope is a process tree.
    pub scope: Option<MapIndex>,
}

/// Bytes of one scratch slot, its busy word included.
pub(super) fn slot_bytes(selected: &Selected) -> u32 {
    selected.record_bytes_max.next_multiple_of(8) + BUSY_BYTES
}

/// Declares the maps in the order in which they are created.
pub(super) fn declare(selected: &Selected, cpus: u32, options: &Options) -> (Maps, Vec<MapDeclaration>) {
    let mut list = Vec::new();
    let mut add = |spec: MapSpec, scratch: bool| {
        let index = MapIndex(u16::try_from(list.len()).unwrap_or(u16::MAX));
        list.push(MapDeclaration { spec, index, scratch });
        index
    };
    let ring = add(spec("ring", MapKind::RingBuffer, 0, 0, options.ring_bytes), false);
    let shared = |spec: MapSpec| MapSpec { mmapable: true, ..spec };
    let state = add(shared(spec("state", MapKind::Array, 4, State::BYTES, 1)), false);
    let counters = add(shared(spec("counters", MapKind::Array, 4, Counters::BYTES, cpus)), false);
    let table = selected.table();
    let table_bytes = u32::from(CALL_NUMBERS) * u32::from(TABLE_ENTRY_BYTES);
    let table = add(
        MapSpec { constants: Some(vec![table]), ..spec("table", MapKind::Array, 4, table_bytes, 1) },
        false,
    );
    // One value for all: the verifier reads constants itself, and refuses to from a map of several.
    let recipes = selected.recipes.concat();
    let recipe_bytes = u32::try_from(recipes.len()).unwrap_or(u32::MAX);
    let recipes =
        MapSpec { constants: Some(vec![recipes]), ..spec("recipes", MapKind::Array, 4, recipe_bytes, 1) };
    let recipes = add(recipes, false);
    let bytes = slot_bytes(selected);
    let slots = add(spec("slots", MapKind::Array, 4, bytes, cpus * SLOTS_PER_CPU), true);
    let entered =
        add(shared(spec("entered", MapKind::Array, 4, ENTERED_BYTES, options.entered_calls)), false);
    let forms = u32::try_from(selected.forms.len()).unwrap_or(u32::MAX);
    let programs = (forms > 1).then(|| add(spec("programs", MapKind::ProgramArray, 4, 4, forms), false));
    let scope = options.filter.tree.then(|| {
        let hash = spec("scope", MapKind::Hash, 4, 1, SCOPE_PROCESSES_MAX);
        add(MapSpec { no_prealloc: true, ..hash }, false)
    });
    (Maps { ring, state, counters, table, slots, entered, recipes, programs, scope }, list)
}

/// Value of the scope map: the process is in scope.
pub const SCOPE_INSIDE: u8 = 1;
/// Value of the scope map: the process will be in scope when it has become its program.
pub const SCOPE_WAITS: u8 = 2;

/// Processes of a tree that are followed at a time. A fork bomb that goes past it is counted, not followed; the
/// kernel takes memory only for those that live.
pub const SCOPE_PROCESSES_MAX: u32 = 65_536;

fn spec(name: &str, kind: MapKind, key_bytes: u32, value_bytes: u32, entries: u32) -> MapSpec {
    MapSpec {
        name: name.to_owned(),
        kind,
        key_bytes,
        value_bytes,
        entries,
        mmapable: false,
        no_prealloc: false,
        constants: None,
    }
}
