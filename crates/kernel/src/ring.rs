//! The consumer of a BPF ring buffer.
//!
//! Layout (`kernel/bpf/ringbuf.c`): the consumer's position at page 0, writable; the producer's at page 1, then the data,
//! mapped twice in a row, so that a record never wraps. A record is a u32 length with [`BUSY`] and [`DISCARDED`], four bytes
//! of the kernel's, then the data, padded to 8 bytes. Positions only grow.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::map::{Map, PAGE_BYTES};
use crate::sys::Mapping;

/// A ring that this process consumes. There must be one consumer only.
pub struct Ring {
    fd: OwnedFd,
    consumer: Mapping,
    producer: Mapping,
    bytes: usize,
}

/// What one drain of a ring gave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Drained {
    /// Records handed over.
    pub records: u64,
    /// Bytes of ring they took.
    pub bytes: u64,
    /// The limit was reached: there may be more.
    pub more: bool,
    /// Bytes that were skipped because a length in the ring made no sense. Not 0 only when memory is damaged.
    pub damaged: u64,
}

const BUSY: u32 = 1 << 31;
const DISCARDED: u32 = 1 << 30;
const HEADER_BYTES: usize = 8;

impl Ring {
    /// Maps a ring buffer map.
    pub fn new(map: &Map) -> io::Result<Self> {
        let fd = map.as_fd().try_clone_to_owned()?;
        let bytes = usize::try_from(map.spec().entries).map_err(io::Error::other)?;
        let page = u64::try_from(PAGE_BYTES).map_err(io::Error::other)?;
        let consumer = Mapping::shared(fd.as_fd(), PAGE_BYTES, 0, true)?;
        let producer = Mapping::shared(fd.as_fd(), PAGE_BYTES + 2 * bytes, page, false)?;
        Ok(Self { fd, consumer, producer, bytes })
    }

    /// Bytes that wait.
    pub fn pending_bytes(&self) -> u64 {
        let here = position(&self.consumer).map_or(0, |word| word.load(Ordering::Relaxed));
        let end = position(&self.producer).map_or(0, |word| word.load(Ordering::Acquire));
        end.saturating_sub(here)
    }

    /// Hands at most `limit` records to `take`, in order; each one's room is given back when `take` returns.
    pub fn drain(&mut self, limit: u64, mut take: impl FnMut(&[u8])) -> Drained {
        let mut drained = Drained::default();
        let (Some(consumer), Some(producer)) = (position(&self.consumer), position(&self.producer)) else {
            return drained;
        };
        let mut here = consumer.load(Ordering::Relaxed);
        while drained.records < limit {
            let end = producer.load(Ordering::Acquire);
            if here >= end {
                return drained;
            }
            let next = match self.record(here, end) {
                Record::Busy => return drained,
                Record::Damaged => {
                    drained.damaged += end - here;
                    end
                }
                Record::Discarded { next } => next,
                Record::Whole { data, next } => {
                    take(data);
                    drained.records += 1;
                    next
                }
            };
            drained.bytes += next - here;
            here = next;
            consumer.store(here, Ordering::Release);
        }
        drained.more = true;
        drained
    }

    fn record(&self, here: u64, end: u64) -> Record<'_> {
        let mask = u64::try_from(self.bytes).unwrap_or_default().wrapping_sub(1);
        let start = PAGE_BYTES + usize::try_from(here & mask).unwrap_or_default();
        let Some(place) = self.producer.place(start, 4) else { return Record::Damaged };
        // SAFETY: the place is inside the mapping and a multiple of 8 from its start, because lengths are padded to 8; the
        // kernel writes the word atomically.
        let header = unsafe { AtomicU32::from_ptr(place.cast()) }.load(Ordering::Acquire);
        if header & BUSY != 0 {
            return Record::Busy;
        }
        let length = usize::try_from(header & !DISCARDED).unwrap_or(usize::MAX);
        let padded = length.next_multiple_of(8).saturating_add(HEADER_BYTES);
        let next = here + u64::try_from(padded).unwrap_or(u64::MAX / 2);
        if padded > self.bytes || next > end {
            return Record::Damaged;
        }
        let data = start + HEADER_BYTES;
        match self.producer.as_slice().get(data..data + length) {
            Some(_) if header & DISCARDED != 0 => Record::Discarded { next },
            Some(data) => Record::Whole { data, next },
            None => Record::Damaged,
        }
    }
}

/// What stands at a position.
enum Record<'a> {
    /// A program still writes it.
    Busy,
    /// Its length makes no sense.
    Damaged,
    /// A record, and the position after it.
    Whole { data: &'a [u8], next: u64 },
    /// A record that its program has given up, and the position after it.
    Discarded { next: u64 },
}

fn position(page: &Mapping) -> Option<&AtomicU64> {
    // SAFETY: the start of a mapping is aligned to a page; kernel and process touch the word atomically, and the
    // mapping outlives the reference.
    page.place(0, 8).map(|place| unsafe { AtomicU64::from_ptr(place.cast()) })
}

impl AsFd for Ring {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ring({} bytes)", self.bytes)
    }
}
