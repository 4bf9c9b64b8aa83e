//! The consumer of a BPF ring buffer.
//!
//! Layout (`kernel/bpf/ringbuf.c`): the consumer's position at page 0, writable; the producer's at page 1, then the data,
//! mapped twice in a row, so that a record never wraps. A record is a u32 length with [`BUSY`] and [`DISCARDED`], four bytes
//! of the kernel's, then the data, padded to 8 bytes. Positions only grow.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::slice;
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
/// Every position is a multiple of this.
const ALIGNMENT_BYTES: u64 = 8;

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
        let Some(place) =
            self.producer.place(start, HEADER_BYTES).filter(|_| here.is_multiple_of(ALIGNMENT_BYTES))
        else {
            return Record::Damaged;
        };
        // SAFETY: the place is inside the mapping and a multiple of 8 from its start, which is checked above; the kernel
        // writes the word atomically.
        let header = unsafe { AtomicU32::from_ptr(place.cast()) }.load(Ordering::Acquire);
        if header & BUSY != 0 {
            return Record::Busy;
        }
        let length = usize::try_from(header & !DISCARDED).unwrap_or(usize::MAX);
        let padded = length.next_multiple_of(8).saturating_add(HEADER_BYTES);
        let next = u64::try_from(padded).ok().and_then(|padded| here.checked_add(padded));
        let Some(next) = next.filter(|next| padded <= self.bytes && *next <= end) else {
            return Record::Damaged;
        };
        let Some(data) = self.producer.place(start + HEADER_BYTES, length) else { return Record::Damaged };
        if header & DISCARDED != 0 {
            return Record::Discarded { next };
        }
        // SAFETY: the place holds `length` bytes of a mapping that lives as long as `self`. Nobody writes them: the kernel
        // leaves a record that is not busy alone until the consumer's position is past it, and `drain` stores that when
        // the slice is gone.
        let data = unsafe { slice::from_raw_parts(data, length) };
        Record::Whole { data, next }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    const BYTES: usize = 4096;

    /// A ring without a kernel: private memory in the same layout.
    fn ring(from: u64, until: u64, words: &[(usize, u32)]) -> Ring {
        let fd = File::open("/dev/null").expect("/dev/null").into();
        let mut consumer = Mapping::private(PAGE_BYTES).expect("memory");
        let mut producer = Mapping::private(PAGE_BYTES + 2 * BYTES).expect("memory");
        consumer.as_slice_mut()[..8].copy_from_slice(&from.to_le_bytes());
        producer.as_slice_mut()[..8].copy_from_slice(&until.to_le_bytes());
        for &(offset, word) in words {
            let start = PAGE_BYTES + offset;
            producer.as_slice_mut()[start..start + 4].copy_from_slice(&word.to_le_bytes());
        }
        Ring { fd, consumer, producer, bytes: BYTES }
    }

    fn busy(length: u32) -> u32 {
        BUSY | length
    }

    fn discarded(length: u32) -> u32 {
        DISCARDED | length
    }

    /// `(offset, word)` pairs stand in a ring whose positions are these; `want` is the lengths of the records that come
    /// out, then the bytes taken, damaged and left.
    fn check((from, until): (u64, u64), words: &[(usize, u32)], want: &str) {
        let mut ring = ring(from, until, words);
        let mut lengths = Vec::new();
        let drained = ring.drain(16, |record| lengths.push(record.len()));
        let left = ring.pending_bytes();
        let found = format!("{lengths:?} {} {} {left}", drained.bytes, drained.damaged);
        assert_eq!(found, want, "{from} {until} {words:x?}");
    }

    #[test]
    fn records_are_taken_in_order_to_the_first_that_is_being_written() {
        check((0, 0), &[], "[] 0 0 0");
        check((0, 16), &[(0, 8)], "[8] 16 0 0");
        check((0, 40), &[(0, 5), (16, 9)], "[5, 9] 40 0 0");
        check((0, 24), &[(0, 0), (8, 8)], "[0, 8] 24 0 0");
        check((0, 32), &[(0, 8), (16, busy(8))], "[8] 16 0 16");
        check((0, 32), &[(0, busy(8)), (16, 8)], "[] 0 0 32");
        check((0, 32), &[(0, discarded(8)), (16, 8)], "[8] 32 0 0");
    }

    #[test]
    fn a_record_goes_on_at_the_start_of_the_ring() {
        check((4080, 4112), &[(4080, 20)], "[20] 32 0 0");
        check((4088, 4104), &[(4088, 4)], "[4] 16 0 0");
        check((8184, 12280), &[(4088, 4088)], "[4088] 4096 0 0");
        check((1 << 40, (1 << 40) + 16), &[(0, 8)], "[8] 16 0 0");
    }

    #[test]
    fn a_length_that_makes_no_sense_is_not_believed() {
        check((0, 16), &[(0, 9)], "[] 16 16 0");
        check((0, 64), &[(0, 8), (16, 4089)], "[8] 64 48 0");
        check((0, 64), &[(0, discarded(4089))], "[] 64 64 0");
        check((0, 4096), &[(0, DISCARDED - 1)], "[] 4096 4096 0");
        check((3, 64), &[(0, 8), (3, 8)], "[] 61 61 0");
        check((64, 0), &[(0, 8)], "[] 0 0 0");
        check((u64::MAX - 7, u64::MAX), &[(4088, 8)], "[] 7 7 0");
    }

    #[test]
    fn a_drain_stops_at_its_limit_and_goes_on_there() {
        let mut ring = ring(0, 32, &[(0, 1), (16, 2)]);
        for (length, more) in [(Some(1), true), (Some(2), true), (None, false)] {
            let mut found = None;
            let drained = ring.drain(1, |record| found = Some(record.len()));
            assert_eq!((found, drained.more), (length, more));
        }
    }
}
