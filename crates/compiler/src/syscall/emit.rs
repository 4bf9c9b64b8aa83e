//! Building one record: header, captures, output. The same for all programs that make records.

use bpf::insn::{Alu, Compare, Width};
use event::syscall::record::{CAPTURES_MAX, HEADER_BYTES, Header, Origin, STATUS_BYTES};

use super::Options;
use super::facts::{Facts, REGISTERS_BYTES, Rung, TS_COMPAT};
use super::maps::{Counters, ENTERED_CHECK, ENTERED_I386, ENTERED_TIME, Maps, State, WAKE_NEVER, WAKE_NEXT};
use super::recipe::CAPTURE_BYTES;
use crate::build::Builder;
use crate::helpers::Helper;
use crate::ir::{Block, Operand, Value};

/// What all programs of one recorder have in common.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) facts: &'a Facts,
    pub(super) options: &'a Options,
    pub(super) maps: Maps,
    pub(super) slot_bytes: u32,
    /// How many recipes there are: at least one.
    pub(super) recipes: u32,
    /// The numbers of the calls, of both ABIs, where they are few; else empty.
    pub(super) few: &'a [i64],
}

/// A kernel object: typed, or only an address.
#[derive(Clone, Copy)]
pub(super) enum Object {
    Typed(Value),
    Address(Value),
}

/// The registers that a call was made with.
#[derive(Clone, Copy)]
pub(super) struct Registers(Object);

impl Object {
    /// The number of this width at `offset`.
    pub(super) fn number(self, builder: &mut Builder, width: Width, offset: i32) -> Value {
        match self {
            Self::Typed(pointer) => builder.load(width, pointer, offset),
            Self::Address(address) => {
                let scratch = builder.word();
                builder.store(Width::B8, scratch, 0, 0);
                let from = builder.alu(Alu::Add, address, i64::from(offset));
                let bytes = i64::from(width.bytes());
                builder.call(Helper::ProbeReadKernel, &[scratch.into(), bytes.into(), from.into()]);
                builder.load(width, scratch, 0)
            }
        }
    }

    /// The object that the pointer at `offset` points to.
    pub(super) fn object(self, builder: &mut Builder, offset: i32) -> Self {
        match self {
            Self::Typed(pointer) => Self::Typed(builder.load_pointer(pointer, offset)),
            Self::Address(_) => Self::Address(self.number(builder, Width::B8, offset)),
        }
    }
}

impl Registers {
    /// The saved registers that context argument 0 points to.
    pub(super) fn new(builder: &mut Builder, rung: Rung) -> Self {
        let pointer = builder.context(0);
        Self(match rung {
            Rung::TpBtf => Object::Typed(pointer),
            Rung::RawTracepoint => Object::Address(pointer),
        })
    }

    /// Number of the call. The kernel looks at the low 32 bits only, so more would be a way to hide.
    pub(super) fn number(self, builder: &mut Builder, facts: &Facts) -> Value {
        self.0.number(builder, Width::B4, facts.offsets.regs_number)
    }

    /// All registers at once where reading each would cost a call.
    fn ready(self, builder: &mut Builder) -> Value {
        match self.0 {
            Object::Typed(pointer) => pointer,
            Object::Address(address) => {
                let copy = builder.stack(REGISTERS_BYTES, 8);
                let copy = builder.stack_address(copy);
                for offset in (0..i32::from(REGISTERS_BYTES)).step_by(8) {
                    builder.store(Width::B8, copy, offset, 0);
                }
                let bytes = Operand::from(i64::from(REGISTERS_BYTES));
                builder.call(Helper::ProbeReadKernel, &[copy.into(), bytes, address.into()]);
                copy
            }
        }
    }

    /// Calls `keep` with each argument, in the order of the call's parameters, for its ABI.
    pub(super) fn arguments(
        self,
        builder: &mut Builder,
        facts: &Facts,
        compat: Value,
        mut keep: impl FnMut(&mut Builder, i32, Value),
    ) {
        let at = &facts.offsets;
        let wide = [at.regs_di, at.regs_si, at.regs_dx, at.regs_r10, at.regs_r8, at.regs_r9];
        let narrow = [at.regs_bx, at.regs_cx, at.regs_dx, at.regs_si, at.regs_di, at.regs_bp];
        let registers = self.ready(builder);
        let [is_wide, is_narrow, done] =
            ["args_64", "args_32", "args_done"].map(|label| builder.block(label));
        builder.branch(Compare::Eq, compat, 0, is_wide, is_narrow);
        for (block, width, offsets) in [(is_wide, Width::B8, wide), (is_narrow, Width::B4, narrow)] {
            builder.switch_to(block);
            for (index, offset) in (0..).zip(offsets) {
                let argument = builder.load(width, registers, offset);
                keep(builder, index, argument);
            }
            builder.goto(done);
        }
        builder.switch_to(done);
    }
}

impl Frame<'_> {
    /// The task that runs.
    pub(super) fn task(&self, builder: &mut Builder) -> Object {
        if self.facts.current_task_btf && self.facts.rung == Rung::TpBtf {
            Object::Typed(builder.call(Helper::GetCurrentTaskBtf, &[]))
        } else {
            Object::Address(builder.call(Helper::GetCurrentTask, &[]))
        }
    }

    /// The task that runs, to follow its pointers. For each typed load of a pointer to a structure, newer verifiers look
    /// through all names of the kernel's types (`btf_nested_type_is_trusted`): half of what loading a small program takes.
    pub(super) fn task_to_follow(builder: &mut Builder) -> Object {
        Object::Address(builder.call(Helper::GetCurrentTask, &[]))
    }

    /// Not 0 during a 32-bit call.
    pub(super) fn compat(&self, builder: &mut Builder, task: Object) -> Value {
        let status = task.number(builder, Width::B4, self.facts.offsets.task_status);
        builder.alu(Alu::And, status, TS_COMPAT)
    }

    /// The counters of this CPU. Leaves to `out` on a CPU that the kernel did not announce.
    pub(super) fn counters(&self, builder: &mut Builder, out: Block) -> Value {
        let cpu = builder.call(Helper::GetSmpProcessorId, &[]);
        let key = builder.word();
        builder.store(Width::B4, key, 0, cpu);
        let map = builder.map(self.maps.counters);
        let counters = builder.call(Helper::MapLookup, &[map.into(), key.into()]);
        let known = builder.block("cpu");
        builder.branch(Compare::Eq, counters, 0, out, known);
        builder.switch_to(known);
        counters
    }

    /// The next sequence number of this CPU.
    fn sequence(&self, builder: &mut Builder, counters: Value) -> Value {
        let offset = counter(Counters::SEQUENCE);
        if self.facts.fetch_atomics {
            return builder.fetch_add(counters, offset, 1);
        }
        // Without these atomics a kernel does not preempt programs, and the counter is this CPU's alone.
        let sequence = builder.load(Width::B8, counters, offset);
        let next = builder.alu(Alu::Add, sequence, 1);
        builder.store(Width::B8, counters, offset, next);
        sequence
    }

    /// Where the entry of this thread's call is kept, if anywhere.
    pub(super) fn entered(&self, builder: &mut Builder, thread: Value, missing: Block) -> Value {
        let key = builder.word();
        let index = builder.alu(Alu::And, thread, self.options.entered_calls - 1);
        builder.store(Width::B4, key, 0, index);
        let map = builder.map(self.maps.entered);
        let entry = builder.call(Helper::MapLookup, &[map.into(), key.into()]);
        let found = builder.block("entered");
        builder.branch(Compare::Eq, entry, 0, missing, found);
        builder.switch_to(found);
        entry
    }

    /// The time at which this call was entered, or 0 when another thread has used its place since.
    pub(super) fn entered_time(&self, builder: &mut Builder, identity: Value, thread: Value) -> Value {
        let time = builder.number(0);
        let done = builder.block("enter_time_done");
        let entry = self.entered(builder, thread, done);
        let since = builder.load(Width::B8, entry, ENTERED_TIME);
        let check = builder.load(Width::B8, entry, ENTERED_CHECK);
        let found = builder.alu(Alu::Xor, check, since);
        let matches = builder.block("enter_time");
        builder.branch(Compare::Eq, found, identity, matches, done);
        builder.switch_to(matches);
        builder.assign(time, since);
        clear_entered(builder, entry);
        builder.goto(done);
        builder.switch_to(done);
        time
    }

    /// Forgets that this thread has entered a call, and goes on to `out`.
    pub(super) fn forget(&self, builder: &mut Builder, out: Block) {
        let thread = builder.call(Helper::GetCurrentPidTgid, &[]);
        let entry = self.entered(builder, thread, out);
        clear_entered(builder, entry);
        builder.goto(out);
    }

    /// Counts a call of this thread that was entered and whose exit was never seen: the kernel skips a program that is
    /// already running on the CPU, preempted (`bpf_prog_check_recur`, since 7.0).
    pub(super) fn count_skipped(&self, builder: &mut Builder, entry: Value, thread: Value, out: Block) {
        let since = builder.load(Width::B8, entry, ENTERED_TIME);
        let check = builder.load(Width::B8, entry, ENTERED_CHECK);
        let before = builder.alu(Alu::Xor, check, since);
        let before = builder.alu32(Alu::Mov, before, before);
        let thread = builder.alu32(Alu::Mov, thread, thread);
        let [skipped, done] = ["exit_skipped", "exit_seen"].map(|label| builder.block(label));
        builder.branch(Compare::Eq, before, thread, skipped, done);
        builder.switch_to(skipped);
        self.filters(builder, None, done);
        let counters = self.counters(builder, out);
        builder.atomic_add(counters, counter(Counters::LOST_SKIPPED), 1);
        builder.goto(done);
        builder.switch_to(done);
    }

    /// Claims a slot and numbers the event: the sequence is taken before any space is.
    pub(super) fn begin(&self, builder: &mut Builder, out: Block) -> Record {
        let counters = self.counters(builder, out);
        let sequence = self.sequence(builder, counters);
        let [got, none] = ["slot", "no_slot"].map(|label| builder.block(label));
        let slot = builder.claim(self.maps.slots, got, none);
        builder.switch_to(none);
        builder.atomic_add(counters, counter(Counters::LOST_SLOT), 1);
        builder.goto(out);
        builder.switch_to(got);
        store(builder, slot, Header::Sequence, sequence);
        Record { slot, counters }
    }

    /// Stores what the kernel knows of the thread.
    pub(super) fn identify(&self, builder: &mut Builder, record: Record) {
        let slot = record.slot;
        let ids = builder.call(Helper::GetCurrentPidTgid, &[]);
        store(builder, slot, Header::Thread, ids);
        let process = builder.alu(Alu::Rsh, ids, 32);
        store(builder, slot, Header::Process, process);
        let ids = builder.call(Helper::GetCurrentUidGid, &[]);
        store(builder, slot, Header::User, ids);
        let group = builder.alu(Alu::Rsh, ids, 32);
        store(builder, slot, Header::Group, group);
        let cpu = builder.call(Helper::GetSmpProcessorId, &[]);
        store(builder, slot, Header::Cpu, cpu);
        let task = Self::task_to_follow(builder);
        let parent = task.object(builder, self.facts.offsets.task_parent);
        let parent = parent.number(builder, Width::B4, self.facts.offsets.task_process);
        store(builder, slot, Header::Parent, parent);
        let command = builder.offset(slot, i64::from(Header::Command.offset()));
        let bytes = Operand::from(i64::from(Header::Command.bytes()));
        builder.call(Helper::GetCurrentComm, &[command.into(), bytes]);
    }

    /// Sends the record, wakes the reader if it asked for that, and gives the slot back.
    pub(super) fn finish(&self, builder: &mut Builder, record: Record, length: Value, out: Block) {
        let flags = builder.number(RINGBUF_NO_WAKEUP);
        let wish_place = builder.map_value(self.maps.state, State::WAKE);
        let wish = builder.load(Width::B4, wish_place, 0);
        let [asked, heavy, wake, send] =
            ["wake_asked", "wake_weight", "wake", "send"].map(|label| builder.block(label));
        builder.branch(Compare::Eq, wish, WAKE_NEVER, send, asked);
        builder.switch_to(asked);
        builder.branch(Compare::Eq, wish, WAKE_NEXT, wake, heavy);
        builder.switch_to(heavy);
        let ring = builder.map(self.maps.ring);
        let waiting = builder.call(Helper::RingbufQuery, &[ring.into(), RINGBUF_AVAILABLE.into()]);
        builder.branch(Compare::Ge, waiting, self.options.ring_bytes / WAKE_WEIGHT_SHARE, wake, send);
        builder.switch_to(wake);
        let wish_place = builder.map_value(self.maps.state, State::WAKE);
        builder.store(Width::B4, wish_place, 0, WAKE_NEVER);
        builder.assign(flags, RINGBUF_FORCE_WAKEUP);
        builder.goto(send);
        builder.switch_to(send);
        let ring = builder.map(self.maps.ring);
        let length = builder.clamp(length, self.slot_bytes - crate::ir::BUSY_BYTES);
        let failed = builder
            .call(Helper::RingbufOutput, &[ring.into(), record.slot.into(), length.into(), flags.into()]);
        builder.release(record.slot);
        let full = builder.block("ring_full");
        builder.branch(Compare::Eq, failed, 0, out, full);
        builder.switch_to(full);
        builder.atomic_add(record.counters, counter(Counters::LOST_RING), 1);
        builder.goto(out);
    }
}

/// Makes captures, in order, from this offset of the slot on, and returns the length of the record.
pub(super) fn captures<T: Copy>(
    builder: &mut Builder,
    (slot, recipe): (Value, Value),
    kinds: &[T],
    mut capture: impl FnMut(&mut Builder, Place, T),
) -> Value {
    let count = u16::try_from(kinds.len()).unwrap_or(CAPTURES_MAX).min(CAPTURES_MAX);
    let used = builder.number(u64::from(HEADER_BYTES + count * STATUS_BYTES));
    for (index, kind) in (0..count).zip(kinds) {
        let status = i32::from(HEADER_BYTES + index * STATUS_BYTES);
        let first = i32::from(index * CAPTURE_BYTES);
        capture(builder, Place { slot, used, status, recipe, first }, *kind);
    }
    used
}

/// What identifies an entered call: thread, number and ABI in one word.
pub(super) fn identity(builder: &mut Builder, thread: Value, number: Value, compat: Value) -> Value {
    let thread = builder.alu32(Alu::Mov, thread, thread);
    let number = builder.alu(Alu::Lsh, number, 32);
    let both = builder.alu(Alu::Or, number, thread);
    let high = ENTERED_I386.trailing_zeros() - TS_COMPAT.trailing_zeros();
    let flag = builder.alu(Alu::Lsh, compat, high);
    builder.alu(Alu::Or, both, flag)
}

/// Marks an entered call as returned: a later exit without an entry must not find it.
pub(super) fn clear_entered(builder: &mut Builder, entry: Value) {
    builder.store(Width::B8, entry, ENTERED_TIME, 0);
    builder.store(Width::B8, entry, ENTERED_CHECK, 0);
}

/// A claimed slot and the counters of its CPU.
#[derive(Clone, Copy)]
pub(super) struct Record {
    pub(super) slot: Value,
    pub(super) counters: Value,
}

/// Where a capture puts its bytes and its status.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The slot.
    pub(super) slot: Value,
    /// Bytes of the slot that are used; the capture adds its own.
    pub(super) used: Value,
    /// Offset of the status.
    pub(super) status: i32,
    /// The recipe of the call.
    pub(super) recipe: Value,
    /// Where the recipe of this capture begins in it.
    pub(super) first: i32,
}

impl Place {
    /// Where this part of the capture's recipe stands.
    pub(super) fn at(self, part: u16) -> i32 {
        self.first + i32::from(part)
    }
}

/// Stores a header field.
pub(super) fn store(builder: &mut Builder, slot: Value, field: Header, value: impl Into<Operand>) {
    let width = Width::from_bytes(u32::from(field.bytes())).unwrap_or(Width::B8);
    builder.store(width, slot, i32::from(field.offset()), value);
}

/// Stores which call it is and how the record came about.
pub(super) fn store_call(builder: &mut Builder, slot: Value, number: Value, compat: Value, origin: Origin) {
    store(builder, slot, Header::Number, number);
    let abi = builder.alu(Alu::Rsh, compat, TS_COMPAT.trailing_zeros());
    store(builder, slot, Header::Abi, abi);
    store(builder, slot, Header::Origin, i64::from(origin.number()));
}

fn counter(offset: u32) -> i32 {
    i32::try_from(offset).unwrap_or(i32::MAX)
}

// Flags of bpf_ringbuf_output and bpf_ringbuf_query: include/uapi/linux/bpf.h.
const RINGBUF_NO_WAKEUP: u64 = 1;
const RINGBUF_FORCE_WAKEUP: u32 = 2;
const RINGBUF_AVAILABLE: u32 = 0;

/// A reader that asked for weight is woken when one part in so many of the ring is full: it has the rest of the ring's
/// time to come.
const WAKE_WEIGHT_SHARE: u32 = 4;
