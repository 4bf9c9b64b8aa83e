//! Copying what an argument points to into the record, with a status that says what was kept and what there was.
//!
//! What is copied is the program's; which argument, how many bytes and when is the call's recipe. Each capture adds a
//! bounded number of bytes to `used`, on every path; verification relies on it.

use bpf::insn::{Alu, Compare, Width};
use event::syscall::record::{
    ARGUMENTS_MAX, Header, MESSAGE_NAME_BYTES, MORE_TEXTS, TEXT_ARRAY_BUFFERS, TEXTS_MAX, VECTOR_BUFFERS,
    VECTOR_ENTRIES_MAX, message_header_bytes,
};
use event::syscall::shape::{Chosen, When};

use super::emit::{Frame, Place};
use super::recipe::{
    ARGUMENT, BEFORE, FLAGS, FormKind, MOST, ON_SUCCESS, SOURCE, SOURCE_ARGUMENT, SOURCE_BITS, SOURCE_BYTES,
    SOURCE_CAPPED, SOURCE_OFFSET, SOURCE_ONE, SOURCE_PARAMETER, SOURCE_POINTED, SOURCE_RETURN, SOURCE_SHIFT,
    UNIT, UP_TO_RETURN, bytes_max,
};
use crate::build::Builder;
use crate::helpers::Helper;
use crate::ir::{Block, Operand, Value};

impl Frame<'_> {
    /// Copies one thing at the exit of a call.
    pub(super) fn capture_at_exit(&self, builder: &mut Builder, place: Place, kind: FormKind) {
        let done = builder.block("captured");
        set_status(builder, place, 0, 0);
        only_on_success(builder, place, done);
        let address = argument(builder, place, ARGUMENT);
        match kind {
            FormKind::Text => self.text(builder, place, Helper::ProbeReadUserStr, address, done),
            FormKind::Bytes => self.bytes(builder, place, address, done),
            FormKind::Texts { word_bytes } => self.texts(builder, place, address, word_bytes, done),
            FormKind::Vector { word_bytes } => {
                let count = full_length(builder, place);
                self.vector(builder, place, Vector { address, count, word_bytes }, done);
            }
            FormKind::Message { word_bytes } => self.message(builder, place, address, word_bytes, done),
            FormKind::Chosen { cases } => chosen_bytes(builder, place, address, cases, done),
            FormKind::Path => self.descriptor_path(builder, place, address, done),
        }
        builder.switch_to(done);
    }

    /// A NUL-terminated string.
    pub(super) fn text(
        &self,
        builder: &mut Builder,
        place: Place,
        helper: Helper,
        address: Value,
        done: Block,
    ) {
        let bytes = i64::from(self.options.limits.text_bytes());
        let to = builder.offset(place.slot, place.used);
        let kept = builder.call(helper, &[to.into(), bytes.into(), address.into()]);
        let [good, bad] = ["text", "text_fault"].map(|label| builder.block(label));
        builder.branch(Compare::SignedLt, kept, 0, bad, good);
        builder.switch_to(good);
        set_status(builder, place, kept, 0);
        add_used(builder, place, kept);
        builder.goto(done);
        builder.switch_to(bad);
        set_status(builder, place, kept, 0);
        builder.goto(done);
    }

    fn bytes(&self, builder: &mut Builder, place: Place, address: Value, done: Block) {
        let full = full_length(builder, place);
        let most = builder.load(Width::B4, place.recipe, place.at(MOST));
        let size = least(builder, full, most);
        let size = builder.clamp(size, bytes_max(self.options.limits));
        user_bytes(builder, place, address, (size, full), done);
    }

    /// An array of addresses of strings.
    fn texts(&self, builder: &mut Builder, place: Place, address: Value, word_bytes: u8, done: Block) {
        let buffer_bytes = self.options.limits.buffer_bytes;
        let [body, read, text, take, count_done, more, end] =
            ["texts", "texts_pointer", "texts_text", "texts_take", "texts_all", "texts_more", "texts_end"]
                .map(|label| builder.block(label));
        let taken = builder.variable(0);
        let flag = builder.variable(0);
        let count = builder.variable(0);
        let head = builder.counted_loop(count, u32::from(TEXTS_MAX), body, more);
        builder.switch_to(body);
        let pointer = user_word(builder, address, (count, word_bytes), more, read);
        builder.branch(Compare::Eq, pointer, 0, count_done, text);
        builder.switch_to(text);
        builder.branch(Compare::Gt, taken, buffer_bytes * (TEXT_ARRAY_BUFFERS - 1), more, take);
        builder.switch_to(take);
        let start = builder.alu(Alu::Add, place.used, taken);
        let to = builder.offset(place.slot, start);
        let size = i64::from(buffer_bytes);
        let kept = builder.call(Helper::ProbeReadUserStr, &[to.into(), size.into(), pointer.into()]);
        let [good, whole] = ["texts_good", "texts_whole"].map(|label| builder.block(label));
        builder.branch(Compare::SignedLt, kept, 0, more, good);
        builder.switch_to(good);
        let next = builder.alu(Alu::Add, taken, kept);
        builder.assign(taken, next);
        builder.branch(Compare::Eq, kept, buffer_bytes, more, whole);
        builder.switch_to(whole);
        builder.next(head);
        builder.switch_to(more);
        builder.assign(flag, i64::from(MORE_TEXTS));
        builder.goto(end);
        builder.switch_to(count_done);
        builder.goto(end);
        builder.switch_to(end);
        let total = builder.alu(Alu::Or, count, flag);
        let taken = builder.clamp(taken, buffer_bytes * TEXT_ARRAY_BUFFERS);
        set_status(builder, place, taken, total);
        add_used(builder, place, taken);
        builder.goto(done);
    }

    fn message(&self, builder: &mut Builder, place: Place, address: Value, word_bytes: u8, done: Block) {
        let header_bytes = i32::from(message_header_bytes(word_bytes));
        let word = i32::from(word_bytes);
        let width = Width::from_bytes(u32::from(word_bytes)).unwrap_or(Width::B8);
        let to = builder.offset(place.slot, place.used);
        let size = i64::from(header_bytes);
        let failed = builder.call(Helper::ProbeReadUser, &[to.into(), size.into(), address.into()]);
        let [good, bad] = ["message", "message_fault"].map(|label| builder.block(label));
        builder.branch(Compare::Ne, failed, 0, bad, good);
        builder.switch_to(bad);
        set_status(builder, place, failed, 0);
        builder.goto(done);
        builder.switch_to(good);
        let header = builder.offset(place.slot, place.used);
        // Bytes of an earlier record must not stand where the name is shorter than its room.
        for offset in (0..i32::from(MESSAGE_NAME_BYTES)).step_by(8) {
            builder.store(Width::B8, header, header_bytes + offset, 0);
        }
        let name = builder.load(width, header, 0);
        let name_length = builder.load(Width::B4, header, word);
        let name_length = builder.clamp(name_length, u32::from(MESSAGE_NAME_BYTES));
        let to = builder.offset(header, i64::from(header_bytes));
        builder.call(Helper::ProbeReadUser, &[to.into(), name_length.into(), name.into()]);
        let header = builder.offset(place.slot, place.used);
        let after_name = word + if word_bytes == 8 { 8 } else { 4 };
        let entries = builder.load(width, header, after_name);
        let count = builder.load(width, header, after_name + word);
        let count = builder.clamp(count, LENGTH_MAX);
        let vector = Vector { address: entries, count, word_bytes };
        let before = u32::from(message_header_bytes(word_bytes)) + u32::from(MESSAGE_NAME_BYTES);
        let start = builder.alu(Alu::Add, place.used, before);
        let taken = self.vector_bytes(builder, place, vector, start);
        let all = builder.alu(Alu::Add, taken, before);
        set_status(builder, place, all, count);
        add_used(builder, place, all);
        builder.goto(done);
    }

    fn vector(&self, builder: &mut Builder, place: Place, vector: Vector, done: Block) {
        let taken = self.vector_bytes(builder, place, vector, place.used);
        set_status(builder, place, taken, vector.count);
        add_used(builder, place, taken);
        builder.goto(done);
    }

    /// Copies entries and data to `start` in the slot and returns how many bytes that took.
    fn vector_bytes(&self, builder: &mut Builder, place: Place, vector: Vector, start: Value) -> Value {
        let buffer_bytes = self.options.limits.buffer_bytes;
        let entry_bytes = u32::from(vector.word_bytes) * 2;
        let [entries, body, one, take, last, end] =
            ["vector", "vector_entry", "vector_one", "vector_take", "vector_last", "vector_end"]
                .map(|label| builder.block(label));
        let header = builder.offset(place.slot, start);
        builder.store(Width::B4, header, 0, 0);
        let taken = builder.variable(4);
        let kept = builder.clamp(vector.count, u32::from(VECTOR_ENTRIES_MAX));
        let size = builder.alu(Alu::Mul, kept, entry_bytes);
        let size = builder.clamp(size, u32::from(VECTOR_ENTRIES_MAX) * entry_bytes);
        let to = builder.offset(header, 4);
        let failed = builder.call(Helper::ProbeReadUser, &[to.into(), size.into(), vector.address.into()]);
        builder.branch(Compare::Ne, failed, 0, end, entries);
        builder.switch_to(entries);
        let header = builder.offset(place.slot, start);
        builder.store(Width::B4, header, 0, kept);
        let table = builder.alu(Alu::Add, size, 4);
        builder.assign(taken, table);
        let data = builder.variable(0);
        let remaining = vector_meant(builder, place);
        let index = builder.variable(0);
        let head = builder.counted_loop(index, u32::from(VECTOR_ENTRIES_MAX), body, last);
        builder.switch_to(body);
        builder.branch(Compare::Ge, index, kept, last, one);
        builder.switch_to(one);
        let (base, length) = vector_entry(builder, place, vector, (start, index));
        let meant = builder.variable(length);
        let [shorter, sized] = ["vector_rest", "vector_sized"].map(|label| builder.block(label));
        builder.branch(Compare::Gt, length, remaining, shorter, sized);
        builder.switch_to(shorter);
        builder.assign(meant, remaining);
        builder.goto(sized);
        builder.switch_to(sized);
        let left = builder.alu(Alu::Sub, remaining, meant);
        builder.assign(remaining, left);
        builder.branch(Compare::Ge, data, buffer_bytes, last, take);
        builder.switch_to(take);
        let table = builder.clamp(taken, 4 + u32::from(VECTOR_ENTRIES_MAX) * entry_bytes);
        let place_of_data = builder.alu(Alu::Add, start, table);
        let place_of_data = builder.alu(Alu::Add, place_of_data, data);
        let to = builder.offset(place.slot, place_of_data);
        let size = builder.clamp(meant, buffer_bytes);
        let failed = builder.call(Helper::ProbeReadUser, &[to.into(), size.into(), base.into()]);
        let [good, whole] = ["vector_good", "vector_whole"].map(|label| builder.block(label));
        builder.branch(Compare::Ne, failed, 0, last, good);
        builder.switch_to(good);
        let next = builder.alu(Alu::Add, data, size);
        builder.assign(data, next);
        builder.branch(Compare::Ne, size, meant, last, whole);
        builder.switch_to(whole);
        builder.next(head);
        builder.switch_to(last);
        let table = builder.clamp(taken, 4 + u32::from(VECTOR_ENTRIES_MAX) * entry_bytes);
        let data = builder.clamp(data, buffer_bytes * VECTOR_BUFFERS);
        let all = builder.alu(Alu::Add, table, data);
        builder.assign(taken, all);
        builder.goto(end);
        builder.switch_to(end);
        taken
    }
}

/// Leaves to `done` when the recipe wants the call to have succeeded and it has not.
fn only_on_success(builder: &mut Builder, place: Place, done: Block) {
    let flags = builder.load(Width::B1, place.recipe, place.at(FLAGS));
    let wants = builder.alu(Alu::And, flags, u32::from(ON_SUCCESS));
    let [check, go] = ["on_success", "capture"].map(|label| builder.block(label));
    builder.branch(Compare::Eq, wants, 0, go, check);
    builder.switch_to(check);
    let result = builder.load(Width::B8, place.slot, i32::from(Header::Return.offset()));
    builder.branch(Compare::Gt, result, i64::from(ERRNO_FIRST), done, go);
    builder.switch_to(go);
}

/// As many bytes as the case has that another argument says.
fn chosen_bytes(builder: &mut Builder, place: Place, address: Value, cases: &[(u32, Chosen)], done: Block) {
    let key = narrow_argument(builder, place);
    let size = builder.variable(0);
    let sized = builder.block("chosen");
    for (value, case) in cases.iter().filter(|case| case.1.bytes > 0) {
        let [here, next] = ["chosen_here", "chosen_next"].map(|label| builder.block(label));
        builder.branch(Compare::Eq, key, i64::from(*value), here, next);
        builder.switch_to(here);
        builder.assign(size, i64::from(case.bytes));
        if case.when == When::Out {
            let result = builder.load(Width::B8, place.slot, i32::from(Header::Return.offset()));
            builder.branch(Compare::Gt, result, i64::from(ERRNO_FIRST), done, sized);
        } else {
            builder.goto(sized);
        }
        builder.switch_to(next);
    }
    builder.goto(done);
    builder.switch_to(sized);
    let most = cases.iter().map(|case| u32::from(case.1.bytes)).max().unwrap_or(0);
    let size = builder.clamp(size, most);
    user_bytes(builder, place, address, (size, size), done);
}

/// Bytes that all entries together hold of the call's.
fn vector_meant(builder: &mut Builder, place: Place) -> Value {
    let meant = builder.variable(i64::MAX);
    let flags = builder.load(Width::B1, place.recipe, place.at(FLAGS));
    let wants = builder.alu(Alu::And, flags, u32::from(UP_TO_RETURN));
    let [bounded, done] = ["up_to_return", "meant"].map(|label| builder.block(label));
    builder.branch(Compare::Eq, wants, 0, done, bounded);
    builder.switch_to(bounded);
    let returned = returned(builder, place);
    builder.assign(meant, returned);
    builder.goto(done);
    builder.switch_to(done);
    meant
}

/// How many bytes (entries, of a vector) the call's own numbers mean, by its recipe: at most [`LENGTH_MAX`], so that a u32
/// holds it.
fn full_length(builder: &mut Builder, place: Place) -> Value {
    let labels = ["length_one", "length_return", "length_capped", "length_pointed", "length_bits"];
    let sources = [SOURCE_ONE, SOURCE_RETURN, SOURCE_CAPPED, SOURCE_POINTED, SOURCE_BITS];
    let count = builder.variable(1);
    let done = builder.block("length");
    let source = builder.load(Width::B1, place.recipe, place.at(SOURCE));
    for (label, number) in labels.into_iter().zip(sources) {
        let [here, next] = [label, "length_next"].map(|label| builder.block(label));
        builder.branch(Compare::Eq, source, u32::from(number), here, next);
        builder.switch_to(here);
        let found = count_of(builder, place, number);
        builder.assign(count, found);
        builder.goto(done);
        builder.switch_to(next);
    }
    // The widest comes last: the verifier follows it first, and finds the others covered.
    let found = count_of(builder, place, SOURCE_PARAMETER);
    builder.assign(count, found);
    builder.goto(done);
    builder.switch_to(done);
    let count = builder.clamp(count, LENGTH_MAX);
    let unit = builder.load(Width::B4, place.recipe, place.at(UNIT));
    let bytes = builder.alu(Alu::Mul, count, unit);
    let bytes = builder.clamp(bytes, LENGTH_MAX - u32::from(u8::MAX));
    let before = builder.load(Width::B1, place.recipe, place.at(BEFORE));
    builder.alu(Alu::Add, bytes, before)
}

/// The number of elements by one source.
fn count_of(builder: &mut Builder, place: Place, source: u8) -> Value {
    match source {
        // The unit is all.
        SOURCE_ONE => builder.number(1),
        SOURCE_PARAMETER => narrow_argument(builder, place),
        SOURCE_RETURN => returned(builder, place),
        SOURCE_CAPPED => {
            let returned = returned(builder, place);
            let cap = narrow_argument(builder, place);
            least(builder, returned, cap)
        }
        SOURCE_POINTED => pointed_number(builder, place),
        _ => {
            let bits = narrow_argument(builder, place);
            let bits = builder.clamp(bits, LENGTH_MAX);
            let unit = builder.load(Width::B4, place.recipe, place.at(UNIT));
            let word_bits = builder.alu(Alu::Lsh, unit, 3);
            let up = builder.alu(Alu::Add, bits, word_bits);
            let up = builder.alu(Alu::Sub, up, 1);
            builder.alu(Alu::Div, up, word_bits)
        }
    }
}

/// What the call returned; 0 for an error.
fn returned(builder: &mut Builder, place: Place) -> Value {
    let result = builder.load(Width::B8, place.slot, i32::from(Header::Return.offset()));
    not_negative(builder, result)
}

/// The smaller one, unsigned.
fn least(builder: &mut Builder, a: Value, b: Value) -> Value {
    let least = builder.variable(a);
    let [smaller, done] = ["smaller", "least"].map(|label| builder.block(label));
    builder.branch(Compare::Lt, b, a, smaller, done);
    builder.switch_to(smaller);
    builder.assign(least, b);
    builder.goto(done);
    builder.switch_to(done);
    least
}

/// Address and length of one entry, from the copy in the slot.
fn vector_entry(
    builder: &mut Builder,
    place: Place,
    vector: Vector,
    (start, index): (Value, Value),
) -> (Value, Value) {
    let width = Width::from_bytes(u32::from(vector.word_bytes)).unwrap_or(Width::B8);
    let number = builder.clamp(index, u32::from(VECTOR_ENTRIES_MAX) - 1);
    let bytes = builder.alu(Alu::Mul, number, i64::from(vector.word_bytes) * 2);
    let entry = builder.alu(Alu::Add, start, bytes);
    let entry = builder.offset(place.slot, entry);
    let base = builder.load(width, entry, 4);
    let length = builder.load(width, entry, 4 + i32::from(vector.word_bytes));
    (base, length)
}

fn not_negative(builder: &mut Builder, number: Value) -> Value {
    let positive = builder.variable(number);
    let [negative, done] = ["negative", "sign_done"].map(|label| builder.block(label));
    builder.branch(Compare::SignedLt, number, 0, negative, done);
    builder.switch_to(negative);
    builder.assign(positive, 0);
    builder.goto(done);
    builder.switch_to(done);
    positive
}

/// `size` bytes of `full`, all or nothing.
pub(super) fn user_bytes(
    builder: &mut Builder,
    place: Place,
    address: Value,
    (size, full): (Value, Value),
    done: Block,
) {
    let to = builder.offset(place.slot, place.used);
    let failed = builder.call(Helper::ProbeReadUser, &[to.into(), size.into(), address.into()]);
    let [good, bad] = ["bytes", "bytes_fault"].map(|label| builder.block(label));
    builder.branch(Compare::Ne, failed, 0, bad, good);
    builder.switch_to(good);
    set_status(builder, place, size, full);
    add_used(builder, place, size);
    builder.goto(done);
    builder.switch_to(bad);
    set_status(builder, place, failed, full);
    builder.goto(done);
}

/// An array of `struct iovec` in user memory.
#[derive(Clone, Copy)]
struct Vector {
    address: Value,
    count: Value,
    word_bytes: u8,
}

/// Stores the status of a capture.
pub(super) fn set_status(
    builder: &mut Builder,
    place: Place,
    result: impl Into<Operand>,
    total: impl Into<Operand>,
) {
    builder.store(Width::B4, place.slot, place.status, result);
    builder.store(Width::B4, place.slot, place.status + 4, total);
}

/// Counts bytes that a capture has put into the record.
pub(super) fn add_used(builder: &mut Builder, place: Place, bytes: Value) {
    let sum = builder.alu(Alu::Add, place.used, bytes);
    builder.assign(place.used, sum);
}

/// The argument register whose index stands at this place of the recipe.
fn argument(builder: &mut Builder, place: Place, index: u16) -> Value {
    let index = builder.load(Width::B1, place.recipe, place.at(index));
    let index = builder.clamp(index, u32::from(ARGUMENTS_MAX) - 1);
    let bytes = builder.alu(Alu::Lsh, index, 3);
    let register = builder.offset(place.slot, bytes);
    builder.load(Width::B8, register, i32::from(Header::Arguments.offset()))
}

/// The argument that the recipe names as source, without the bits that do not count.
fn narrow_argument(builder: &mut Builder, place: Place) -> Value {
    let register = argument(builder, place, SOURCE_ARGUMENT);
    let shift = builder.load(Width::B1, place.recipe, place.at(SOURCE_SHIFT));
    let high = builder.alu(Alu::Lsh, register, shift);
    builder.alu(Alu::Rsh, high, shift)
}

/// The number that an argument points to, or 0 when it cannot be read.
fn pointed_number(builder: &mut Builder, place: Place) -> Value {
    let address = argument(builder, place, SOURCE_ARGUMENT);
    let offset = builder.load(Width::B1, place.recipe, place.at(SOURCE_OFFSET));
    let address = builder.alu(Alu::Add, address, offset);
    let scratch = builder.word();
    builder.store(Width::B8, scratch, 0, 0);
    let size = builder.load(Width::B1, place.recipe, place.at(SOURCE_BYTES));
    let size = builder.clamp(size, 8);
    builder.call(Helper::ProbeReadUser, &[scratch.into(), size.into(), address.into()]);
    builder.load(Width::B8, scratch, 0)
}

/// The word with this index of an array in user memory; leaves to `fault` when it cannot be read and goes on in
/// `good`.
fn user_word(
    builder: &mut Builder,
    array: Value,
    (index, word_bytes): (Value, u8),
    fault: Block,
    good: Block,
) -> Value {
    let scratch = builder.word();
    builder.store(Width::B8, scratch, 0, 0);
    let offset = builder.alu(Alu::Mul, index, i64::from(word_bytes));
    let address = builder.alu(Alu::Add, array, offset);
    let size = i64::from(word_bytes);
    let failed = builder.call(Helper::ProbeReadUser, &[scratch.into(), size.into(), address.into()]);
    builder.branch(Compare::Ne, failed, 0, fault, good);
    builder.switch_to(good);
    builder.load(Width::B8, scratch, 0)
}

/// Results above this, unsigned, are errors: -4095 to -1 (`MAX_ERRNO`, `include/linux/err.h`).
const ERRNO_FIRST: i32 = -4096;

/// Lengths above this say the same: far more than is kept. Half of what a u32 holds, so that sums do not wrap.
const LENGTH_MAX: u32 = 0x7fff_ffff;
