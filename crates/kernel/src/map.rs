//! Maps that live in the kernel.

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use bpf::MapSpec;
use bpf::object::MapKind;

use crate::attr::{self, Attr};
use crate::facts::possible_cpus;
use crate::sys::{self, Command, Mapping};

/// What went wrong with a map.
#[derive(Debug)]
#[non_exhaustive]
pub enum MapError {
    /// The kernel refused to create or fill it.
    Refused {
        /// Name of the map.
        map: String,
        /// What was being done.
        what: &'static str,
        /// Bytes of keys and values it was to hold.
        bytes: u64,
        /// What the kernel said.
        error: io::Error,
    },
    /// A key or value of the wrong length: a fault of the caller.
    Length {
        /// Name of the map.
        map: String,
        /// Bytes given.
        given: usize,
        /// Bytes it has.
        wanted: u32,
    },
}

impl std::fmt::Display for MapError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused { map, what, bytes, error } => {
                write!(f, "the kernel refused to {what} the map `{map}` of {bytes} bytes: {error}")
            }
            Self::Length { map, given, wanted } => {
                write!(f, "map `{map}`: {given} bytes where it has {wanted}")
            }
        }
    }
}

impl std::error::Error for MapError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Refused { error, .. } => Some(error),
            Self::Length { .. } => None,
        }
    }
}

impl MapError {
    /// The errno of the kernel's refusal.
    pub fn errno(&self) -> Option<i32> {
        match self {
            Self::Refused { error, .. } => error.raw_os_error(),
            Self::Length { .. } => None,
        }
    }
}

/// A map in the kernel. It goes when this and all programs that use it are gone.
#[derive(Debug)]
pub struct Map {
    fd: OwnedFd,
    spec: MapSpec,
    /// Bytes of a value as the kernel reads and writes it: more than one program sees where each CPU has its own.
    value_bytes: u32,
}

// Flags of BPF_MAP_CREATE: include/uapi/linux/bpf.h.
const NO_PREALLOC: u32 = 1;
const READ_ONLY_PROGRAM: u32 = 1 << 7;
const MMAPABLE: u32 = 1 << 10;

/// Bytes of `union bpf_attr` for each command: up to the last member we set.
const CREATE_BYTES: usize = 72;
const ELEMENT_BYTES: usize = 32;
const FREEZE_BYTES: usize = 4;

impl Map {
    /// Creates a map, fills it with its constants and freezes those.
    pub fn create(spec: &MapSpec) -> Result<Self, MapError> {
        let mut attr = Attr::new(CREATE_BYTES)
            .u32(attr::MAP_TYPE, spec.kind.number())
            .u32(attr::MAP_KEY_BYTES, spec.key_bytes)
            .u32(attr::MAP_VALUE_BYTES, spec.value_bytes)
            .u32(attr::MAP_ENTRIES, spec.entries)
            .u32(attr::MAP_FLAGS, flags(spec))
            .name(attr::MAP_NAME, &spec.name);
        let fd =
            sys::bpf_open(Command::MapCreate, &mut attr).map_err(|error| refused(spec, "create", error))?;
        let value_bytes = value_bytes(spec).map_err(|error| refused(spec, "size", error))?;
        let map = Self { fd, spec: spec.clone(), value_bytes };
        if let Some(constants) = &spec.constants {
            for (index, value) in (0_u32..).zip(constants) {
                map.update(&index.to_le_bytes(), value)?;
            }
            let mut attr = Attr::new(FREEZE_BYTES).u32(attr::ELEMENT_MAP, map.number());
            sys::bpf(Command::MapFreeze, &mut attr).map_err(|error| refused(spec, "freeze", error))?;
        }
        Ok(map)
    }

    /// What it was made from.
    pub fn spec(&self) -> &MapSpec {
        &self.spec
    }

    /// The value of a key, if it is there. Where each CPU has its own, they come in their order, each padded to 8 bytes.
    pub fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, MapError> {
        self.check(key, self.spec.key_bytes)?;
        let mut value = vec![0; usize::try_from(self.value_bytes).unwrap_or_default()];
        let mut attr = self.element().read(attr::ELEMENT_KEY, key).written(attr::ELEMENT_VALUE, &mut value);
        match sys::bpf(Command::MapLookup, &mut attr) {
            Ok(_) => Ok(Some(value)),
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(None),
            Err(error) => Err(refused(&self.spec, "look into", error)),
        }
    }

    /// Stores a value under a key, in the form in which [`Map::lookup`] gives it.
    pub fn update(&self, key: &[u8], value: &[u8]) -> Result<(), MapError> {
        self.check(key, self.spec.key_bytes)?;
        self.check(value, self.value_bytes)?;
        let mut attr = self.element().read(attr::ELEMENT_KEY, key).read(attr::ELEMENT_VALUE, value);
        sys::bpf(Command::MapUpdate, &mut attr).map_err(|error| refused(&self.spec, "store into", error))?;
        Ok(())
    }

    /// Removes a key; says whether it was there.
    pub fn delete(&self, key: &[u8]) -> Result<bool, MapError> {
        self.check(key, self.spec.key_bytes)?;
        let mut attr = self.element().read(attr::ELEMENT_KEY, key);
        match sys::bpf(Command::MapDelete, &mut attr) {
            Ok(_) => Ok(true),
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(false),
            Err(error) => Err(refused(&self.spec, "delete from", error)),
        }
    }

    /// The key after this one, or the first; the order is the kernel's.
    pub fn next_key(&self, key: Option<&[u8]>) -> Result<Option<Vec<u8>>, MapError> {
        let mut next = vec![0; usize::try_from(self.spec.key_bytes).unwrap_or_default()];
        let mut attr = self.element().written(attr::ELEMENT_NEXT_KEY, &mut next);
        if let Some(key) = key {
            self.check(key, self.spec.key_bytes)?;
            attr = attr.read(attr::ELEMENT_KEY, key);
        }
        match sys::bpf(Command::MapNextKey, &mut attr) {
            Ok(_) => Ok(Some(next)),
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(None),
            Err(error) => Err(refused(&self.spec, "walk", error)),
        }
    }

    /// Bytes that the kernel counts for it, as it says itself. Some kernels say 0 for a ring (6.1): then it is what
    /// `kernel/bpf/ringbuf.c` takes, the data and three pages of positions and bookkeeping.
    pub fn memory_bytes(&self) -> u64 {
        match memory_bytes(self.fd.as_fd()) {
            Some(bytes) if bytes > 0 => bytes,
            _ if self.spec.kind == MapKind::RingBuffer => {
                u64::from(self.spec.entries) + RING_PAGES * u64::try_from(PAGE_BYTES).unwrap_or_default()
            }
            other => other.unwrap_or_default(),
        }
    }

    /// The values of an mmapable array as memory of this process.
    pub fn map_memory(&self) -> Result<MappedArray, MapError> {
        let stride = usize::try_from(self.spec.value_bytes.next_multiple_of(8)).unwrap_or_default();
        let bytes = stride * usize::try_from(self.spec.entries).unwrap_or_default();
        let memory = Mapping::shared(self.fd.as_fd(), bytes.next_multiple_of(PAGE_BYTES), 0, true)
            .map_err(|error| refused(&self.spec, "map", error))?;
        Ok(MappedArray { memory, stride, entries: self.spec.entries })
    }

    fn element(&self) -> Attr {
        Attr::new(ELEMENT_BYTES).u32(attr::ELEMENT_MAP, self.number())
    }

    pub(crate) fn number(&self) -> u32 {
        u32::try_from(self.fd.as_raw_fd()).unwrap_or_default()
    }

    fn check(&self, bytes: &[u8], wanted: u32) -> Result<(), MapError> {
        if u32::try_from(bytes.len()).is_ok_and(|given| given == wanted) {
            return Ok(());
        }
        Err(MapError::Length { map: self.spec.name.clone(), given: bytes.len(), wanted })
    }
}

impl AsFd for Map {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Pages of a ring beside its data: `RINGBUF_PGOFF` and the two positions.
const RING_PAGES: u64 = 3;

/// Bytes of a page on x86-64.
pub(crate) const PAGE_BYTES: usize = 4096;

/// What the kernel copies for one value (`bpf_map_value_size`, kernel/bpf/syscall.c). It is told no length, so a buffer that
/// is shorter would be written past its end.
fn value_bytes(spec: &MapSpec) -> io::Result<u32> {
    match spec.kind {
        MapKind::PerCpuHash | MapKind::PerCpuArray => {
            let cpus = possible_cpus().map_err(io::Error::other)?;
            let value = spec.value_bytes.next_multiple_of(8);
            value.checked_mul(cpus).ok_or_else(|| io::ErrorKind::FileTooLarge.into())
        }
        _ => Ok(spec.value_bytes),
    }
}

fn flags(spec: &MapSpec) -> u32 {
    let mut flags = 0;
    if spec.no_prealloc && spec.kind != MapKind::RingBuffer {
        flags |= NO_PREALLOC;
    }
    if spec.mmapable {
        flags |= MMAPABLE;
    }
    if spec.constants.is_some() {
        flags |= READ_ONLY_PROGRAM;
    }
    flags
}

fn refused(spec: &MapSpec, what: &'static str, error: io::Error) -> MapError {
    let element = u64::from(spec.key_bytes) + u64::from(spec.value_bytes);
    let bytes = if spec.kind == MapKind::RingBuffer {
        u64::from(spec.entries)
    } else {
        element.saturating_mul(u64::from(spec.entries))
    };
    MapError::Refused { map: spec.name.clone(), what, bytes, error }
}

/// `memlock:` of a descriptor's fdinfo.
pub(crate) fn memory_bytes(fd: BorrowedFd<'_>) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/self/fdinfo/{}", fd.as_raw_fd())).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("memlock:"))?;
    line.trim().parse().ok()
}

/// The values of an array, shared with the programs that count in it.
pub struct MappedArray {
    memory: Mapping,
    stride: usize,
    entries: u32,
}

impl MappedArray {
    /// How many values it has.
    pub fn len(&self) -> u32 {
        self.entries
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// The u64 at `offset` of the value with this index; `None` outside the array.
    pub fn load_u64(&self, index: u32, offset: u32) -> Option<u64> {
        self.u64(index, offset).map(|word| word.load(Ordering::Acquire))
    }

    /// Stores the u32 at `offset` of the value with this index; says whether that lies inside the array.
    pub fn store_u32(&self, index: u32, offset: u32, value: u32) -> bool {
        // SAFETY: the place is inside the mapping and aligned, the mapping outlives the reference, and both sides
        // touch the word by atomic operations only.
        let word = self.place(index, offset, 4).map(|place| unsafe { AtomicU32::from_ptr(place.cast()) });
        word.inspect(|word| word.store(value, Ordering::SeqCst)).is_some()
    }

    fn u64(&self, index: u32, offset: u32) -> Option<&AtomicU64> {
        // SAFETY: the place is inside the mapping and aligned, the mapping outlives the reference, and both sides touch
        // the word by atomic operations only.
        self.place(index, offset, 8).map(|place| unsafe { AtomicU64::from_ptr(place.cast()) })
    }

    fn place(&self, index: u32, offset: u32, bytes: usize) -> Option<*mut u8> {
        let offset = usize::try_from(offset).ok()?;
        let start = usize::try_from(index).ok()?.checked_mul(self.stride)?.checked_add(offset)?;
        // The last page may have room behind the last value, which belongs to no value.
        let inside = index < self.entries && offset + bytes <= self.stride && start % bytes == 0;
        inside.then(|| self.memory.place(start, bytes))?
    }
}

impl std::fmt::Debug for MappedArray {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MappedArray({} bytes)", self.memory.len())
    }
}
