//! The ring buffer: order, lengths, limits, and the account of what did not fit.

use bpf::insn::{Alu, Compare, Operand, Reg, Size, Width};
use bpf::object::MapKind;
use bpf::{Hook, Insn, Object};
use kernel::{Link, Loaded, MappedArray, Ring, testing};

use crate::case::{Case, Stop, Verdict, holds, same};
use crate::probe::{GETPPID, call, call_getppid, count, map, of_process, program, set, shared, unless};

pub(crate) const CASES: &[Case] = &[
    ("records_of_all_lengths_come_in_order_round_and_round", wraps),
    ("records_and_counted_losses_of_a_full_ring_are_all_calls", full),
    ("a_drain_stops_at_its_limit", limits),
    ("nobody_but_the_kernel_writes_records", read_only),
];

/// Bytes of the ring: the smallest but one, so that little fills it.
const RING_BYTES: u32 = 8192;
/// Bytes of a record at most.
const RECORD_BYTES_MAX: u16 = 4095;

/// A program that puts a record into a ring for each `getppid` of this process.
struct Writer {
    _loaded: Loaded,
    _link: Link,
    ring: Ring,
    /// Bytes 0 to 3 are the number of the record, then whatever stands there.
    data: MappedArray,
    /// Length of the next record; at 8 the records that did not fit.
    state: MappedArray,
}

impl Writer {
    fn start() -> Result<Self, Stop> {
        let mut object = Object::default();
        let ring = object.add_map(map("ring", MapKind::RingBuffer, 0, 0, RING_BYTES));
        let data = object.add_map(shared("data", u32::from(RECORD_BYTES_MAX) + 1));
        let state = object.add_map(shared("state", 16));
        let output = vec![
            Insn::LoadMapValue { dst: Reg::R3, map: state, offset: 0 },
            Insn::Load { width: Width::B4, dst: Reg::R3, src: Reg::R3, offset: 0 },
            Insn::Alu {
                size: Size::W64,
                op: Alu::And,
                dst: Reg::R3,
                src: Operand::Imm(i32::from(RECORD_BYTES_MAX)),
            },
            Insn::LoadMap { dst: Reg::R1, map: ring },
            Insn::LoadMapValue { dst: Reg::R2, map: data, offset: 0 },
            set(Reg::R4, Operand::Imm(0)),
            call("ringbuf_output"),
        ];
        let lost = unless(Compare::Ne, Reg::R0, Operand::Imm(0), count(state, 8));
        let number = Insn::Load { width: Width::B8, dst: Reg::R1, src: Reg::R6, offset: 8 };
        let getppid = Operand::Imm(GETPPID.cast_signed());
        let keep = unless(Compare::Eq, Reg::R1, getppid, [output, lost].concat());
        let hook = Hook::RawTracepoint { name: "sys_enter".to_owned() };
        let insns = of_process(std::process::id(), [vec![number], keep].concat());
        object.programs.push(program("test_ring", &hook, insns));
        let loaded = kernel::load(&object)?;
        Ok(Self {
            ring: Ring::new(&loaded.maps[0])?,
            data: loaded.maps[1].map_memory()?,
            state: loaded.maps[2].map_memory()?,
            _link: Link::attach(&loaded.programs[0])?,
            _loaded: loaded,
        })
    }

    fn write(&self, number: u32, bytes: u32) {
        self.data.store_u32(0, 0, number);
        self.state.store_u32(0, 0, bytes);
        call_getppid(1);
    }

    fn lost(&self) -> u64 {
        self.state.load_u64(0, 8).unwrap_or(u64::MAX)
    }

    /// Numbers and lengths of the records that are there.
    fn drain(&mut self, limit: u64, into: &mut Vec<(u32, usize)>) -> kernel::Drained {
        self.ring.drain(limit, |record| {
            let number = record.first_chunk::<4>().map_or(u32::MAX, |word| u32::from_le_bytes(*word));
            into.push((number, record.len()));
        })
    }
}

fn wraps() -> Verdict {
    let mut writer = Writer::start()?;
    let (mut found, mut wanted) = (Vec::new(), Vec::new());
    for number in 0..3000_u32 {
        let bytes = 4 + number * 37 % 701;
        wanted.push((number, usize::try_from(bytes)?));
        writer.write(number, bytes);
        if number % 7 == 0 {
            same("damaged", writer.drain(u64::MAX, &mut found).damaged, 0)?;
        }
    }
    same("damaged", writer.drain(u64::MAX, &mut found).damaged, 0)?;
    same("lost", writer.lost(), 0)?;
    let first = found.iter().zip(&wanted).find(|(found, wanted)| found != wanted);
    same("first difference", first, None)?;
    same("records", found.len(), wanted.len())
}

fn full() -> Verdict {
    let mut writer = Writer::start()?;
    let mut found = Vec::new();
    for number in 0..100 {
        writer.write(number, 500);
    }
    let pending = writer.ring.pending_bytes();
    let drained = writer.drain(u64::MAX, &mut found);
    holds(writer.lost() > 0, "nothing was lost")?;
    same("records and losses", drained.records + writer.lost(), 100)?;
    same("bytes", drained.bytes, pending)?;
    same("bytes", drained.bytes, drained.records * 512)?;
    // What was first stays; room that was given back is used again.
    same("first", found.first().copied(), Some((0, 500)))?;
    let lost = writer.lost();
    writer.write(200, 500);
    found.clear();
    same("records afterwards", writer.drain(u64::MAX, &mut found).records, 1)?;
    same("the record", found, vec![(200, 500)])?;
    same("lost afterwards", writer.lost(), lost)
}

fn limits() -> Verdict {
    let mut writer = Writer::start()?;
    let mut found = Vec::new();
    for number in 0..5 {
        writer.write(number, 8);
    }
    let first = writer.drain(3, &mut found);
    same("first drain", (first.records, first.more), (3, true))?;
    let rest = writer.drain(3, &mut found);
    same("second drain", (rest.records, rest.more), (2, false))?;
    let nothing = writer.drain(0, &mut found);
    same("drain of nothing", (nothing.records, nothing.more), (0, true))?;
    same("numbers", found.iter().map(|(number, _)| *number).collect(), vec![0, 1, 2, 3, 4])
}

fn read_only() -> Verdict {
    let ring = kernel::Map::create(&map("ring", MapKind::RingBuffer, 0, 0, RING_BYTES))?;
    holds(!testing::records_are_writable(&ring), "this process can write records into a ring")
}
