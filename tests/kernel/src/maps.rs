//! Maps as this process uses them.

use std::collections::BTreeMap;
use std::path::Path;

use bpf::object::MapKind;
use kernel::{Map, MapError, facts};

use crate::case::{Case, Stop, Verdict, fail, holds, same};
use crate::probe::{map, shared};

pub(crate) const CASES: &[Case] = &[
    ("a_hash_stores_finds_removes_and_is_walked", hash),
    ("a_full_hash_refuses_and_a_full_lru_makes_room", full),
    ("a_key_of_the_wrong_length_is_refused_before_the_kernel", lengths),
    ("an_array_is_memory_of_this_process", mapped),
    ("a_value_for_each_cpu_is_stored_and_found_whole", each_cpu),
    ("a_large_map_leaves_the_limit_of_locked_memory_as_it_was", locked_memory),
];

fn hash() -> Verdict {
    let map = Map::create(&map("test_hash", MapKind::Hash, 4, 8, 16))?;
    let wanted: BTreeMap<u32, u64> = (0..10).map(|key| (key, u64::from(key) * 1000)).collect();
    for (key, value) in &wanted {
        map.update(&key.to_le_bytes(), &value.to_le_bytes())?;
    }
    same("value", map.lookup(&3_u32.to_le_bytes())?, Some(3000_u64.to_le_bytes().to_vec()))?;
    same("value of no key", map.lookup(&99_u32.to_le_bytes())?, None)?;
    let mut found = BTreeMap::new();
    let mut key = map.next_key(None)?;
    while let Some(bytes) = key {
        let value = map.lookup(&bytes)?.unwrap_or_default();
        found.insert(u32::from_le_bytes(bytes[..4].try_into()?), u64::from_le_bytes(value[..8].try_into()?));
        key = map.next_key(Some(&bytes))?;
    }
    same("walk", found, wanted)?;
    same("first removal", map.delete(&3_u32.to_le_bytes())?, true)?;
    same("second removal", map.delete(&3_u32.to_le_bytes())?, false)?;
    same("value of a removed key", map.lookup(&3_u32.to_le_bytes())?, None)
}

fn full() -> Verdict {
    let hash = Map::create(&map("test_full", MapKind::Hash, 4, 4, 2))?;
    let stores =
        |map: &Map| (0_u32..64).filter(|key| map.update(&key.to_le_bytes(), &[0; 4]).is_ok()).count();
    same("stores into two entries", stores(&hash), 2)?;
    let lru = Map::create(&map("test_lru", MapKind::LruHash, 4, 4, 2))?;
    same("stores into two entries that make room", stores(&lru), 64)
}

fn lengths() -> Verdict {
    let map = Map::create(&map("test_lengths", MapKind::Hash, 4, 8, 1))?;
    for (key, value) in [(&[0; 3][..], &[0; 8][..]), (&[0; 4], &[0; 7]), (&[], &[])] {
        match map.update(key, value) {
            Err(MapError::Length { .. }) => {}
            other => return fail(format!("{key:?} and {value:?}: {other:?}")),
        }
    }
    Ok(())
}

fn mapped() -> Verdict {
    let array = Map::create(&shared("test_array", 24))?;
    let memory = array.map_memory()?;
    holds(memory.store_u32(0, 20, 7), "a store inside")?;
    holds(!memory.store_u32(0, 24, 7), "a store behind the value")?;
    holds(!memory.store_u32(1, 0, 7), "a store behind the array, on the same page")?;
    let value = array.lookup(&[0; 4])?.unwrap_or_default();
    same("what the kernel has", value.get(20..).map(<[u8]>::to_vec), Some(vec![7, 0, 0, 0]))?;
    array.update(&[0; 4], &[1; 24])?;
    same("what this process sees", memory.load_u64(0, 8), Some(0x0101_0101_0101_0101))?;
    same("a load that is not aligned", memory.load_u64(0, 4), None)
}

fn each_cpu() -> Verdict {
    let cpus = usize::try_from(facts::possible_cpus()?)?;
    for (kind, value_bytes) in [(MapKind::PerCpuArray, 12), (MapKind::PerCpuHash, 8)] {
        let map = Map::create(&map("test_each_cpu", kind, 4, value_bytes, 2))?;
        let stride = usize::try_from(value_bytes.next_multiple_of(8))?;
        // Padding behind a value is not kept.
        let value = |cpu: usize| (0..stride).map(move |byte| if byte < 8 { cpu + 1 } else { 0 });
        let values = (0..cpus).flat_map(value).map(u8::try_from).collect::<Result<Vec<_>, _>>()?;
        map.update(&[0; 4], &values)?;
        same("values", map.lookup(&[0; 4])?, Some(values))?;
        match map.update(&[1, 0, 0, 0], &[0; 8]) {
            Err(MapError::Length { .. }) => {}
            other if cpus == 1 && value_bytes == 8 => other?,
            other => return fail(format!("a value for one CPU of {cpus}: {other:?}")),
        }
    }
    Ok(())
}

/// Kernels before 5.11 count maps against it, and give a process 64 KiB unless told otherwise.
fn locked_memory() -> Verdict {
    let limit = || -> Result<Option<String>, Stop> {
        let limits = facts::read_text(Path::new("/proc/self/limits"))?;
        Ok(limits.lines().find(|line| line.starts_with("Max locked memory")).map(str::to_owned))
    };
    let before = limit()?;
    holds(before.is_some(), "the kernel tells no limit")?;
    let map = Map::create(&map("test_large", MapKind::Array, 4, 1 << 16, 512))?;
    holds(map.memory_bytes() >= 512 << 16, "a map of 32 MiB has that much memory")?;
    same("limit", limit()?, before)
}
