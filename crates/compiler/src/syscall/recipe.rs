//! What makes calls share a program: a plan without its numbers is a *form*, and one program serves all calls of one form.
//! The numbers (which argument, how long, of which unit) are the call's *recipe*, data in a frozen map.

use event::syscall::record::{Capture, CaptureKind, Length, Limits, Plan, STRUCTURE_BYTES_MAX};
use event::syscall::shape::{Chosen, LengthSource};

/// What one capture of a form copies. The order is that of the captures in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FormKind {
    Path,
    Text,
    Bytes,
    /// The cases are the program's: few calls have any, and each its own.
    Chosen {
        cases: &'static [(u32, Chosen)],
    },
    Texts {
        word_bytes: u8,
    },
    Vector {
        word_bytes: u8,
    },
    Message {
        word_bytes: u8,
    },
}

/// What one program copies, in order.
pub(super) type Form = Vec<FormKind>;

/// The form of a plan.
pub(super) fn form(plan: &Plan) -> Form {
    plan.captures.iter().filter_map(|capture| form_kind(capture.kind)).collect()
}

fn form_kind(kind: CaptureKind) -> Option<FormKind> {
    match kind {
        CaptureKind::DescriptorPath => Some(FormKind::Path),
        CaptureKind::Text => Some(FormKind::Text),
        CaptureKind::Bytes { .. } => Some(FormKind::Bytes),
        CaptureKind::Chosen { cases, .. } => Some(FormKind::Chosen { cases }),
        CaptureKind::TextArray { word_bytes } => Some(FormKind::Texts { word_bytes }),
        CaptureKind::Vector { word_bytes, .. } => Some(FormKind::Vector { word_bytes }),
        CaptureKind::Message { word_bytes, .. } => Some(FormKind::Message { word_bytes }),
        CaptureKind::ExecPath | CaptureKind::ExecArguments | CaptureKind::ExecEnvironment => None,
    }
}

/// The most bytes that a capture of [`FormKind::Bytes`] adds, whatever its recipe says.
pub(super) fn bytes_max(limits: Limits) -> u32 {
    limits.buffer_bytes.max(STRUCTURE_BYTES_MAX)
}

/// Captures of one recipe: a call has six parameters.
pub(super) const RECIPE_CAPTURES: u16 = 6;
/// Bytes of the recipe of one capture.
pub(super) const CAPTURE_BYTES: u16 = 16;
/// Bytes of a recipe.
pub(super) const RECIPE_BYTES: u16 = RECIPE_CAPTURES * CAPTURE_BYTES;

// Offsets in the recipe of one capture.

/// u8: index of the argument that points to what is copied, or is the descriptor.
pub(super) const ARGUMENT: u16 = 0;
/// u8: [`ON_SUCCESS`], [`UP_TO_RETURN`].
pub(super) const FLAGS: u16 = 1;
/// u8: where the number of elements is found, one of the `SOURCE_` numbers.
pub(super) const SOURCE: u16 = 2;
/// u8: index of the argument that the source is, or that points to it.
pub(super) const SOURCE_ARGUMENT: u16 = 3;
/// u8: bits of that argument's register that do not count, at its top.
pub(super) const SOURCE_SHIFT: u16 = 4;
/// u8: bytes behind the address at which the number stands, where the source is pointed to.
pub(super) const SOURCE_OFFSET: u16 = 5;
/// u8: bytes of that number: 4 or 8.
pub(super) const SOURCE_BYTES: u16 = 6;
/// u8: bytes that stand before the elements and are not counted.
pub(super) const BEFORE: u16 = 7;
/// u32: bytes of one element.
pub(super) const UNIT: u16 = 8;
/// u32: bytes kept at most.
pub(super) const MOST: u16 = 12;

/// Copied only when the call succeeded.
pub(super) const ON_SUCCESS: u8 = 1;
/// The data of a vector ends after the bytes that the call returned.
pub(super) const UP_TO_RETURN: u8 = 2;

/// One element.
pub(super) const SOURCE_ONE: u8 = 0;
/// As many as the argument says.
pub(super) const SOURCE_PARAMETER: u8 = 1;
/// As many as the call returned.
pub(super) const SOURCE_RETURN: u8 = 2;
/// As many as the call returned, but no more than the argument says.
pub(super) const SOURCE_CAPPED: u8 = 3;
/// As many as a number says that the argument points to.
pub(super) const SOURCE_POINTED: u8 = 4;
/// As many words of bits as hold the number of bits that the argument says.
pub(super) const SOURCE_BITS: u8 = 5;

/// The bytes of the recipe for a plan.
pub(super) fn recipe(plan: &Plan, limits: Limits) -> Vec<u8> {
    let mut bytes = vec![0; usize::from(RECIPE_BYTES)];
    let captures = bytes.chunks_exact_mut(usize::from(CAPTURE_BYTES)).zip(&plan.captures);
    for (to, capture) in captures {
        write(to, capture, limits);
    }
    bytes
}

fn write(to: &mut [u8], capture: &Capture, limits: Limits) {
    let mut flags = if capture.on_success { ON_SUCCESS } else { 0 };
    let (length, most) = match capture.kind {
        CaptureKind::Bytes { length, bytes_max } => (Some(length), length.bytes_max(bytes_max, limits)),
        CaptureKind::Vector { count, up_to_return, .. } => {
            flags |= if up_to_return { UP_TO_RETURN } else { 0 };
            (Some(count), u32::MAX)
        }
        CaptureKind::Chosen { on, .. } => {
            let source = LengthSource::Parameter(on);
            (Some(Length { source, unit: 1, width: 4, before: 0 }), 0)
        }
        CaptureKind::Message { up_to_return, .. } => {
            flags |= if up_to_return { UP_TO_RETURN } else { 0 };
            (None, 0)
        }
        _ => (None, 0),
    };
    put(to, ARGUMENT, &[capture.argument]);
    put(to, FLAGS, &[flags]);
    put(to, MOST, &most.to_le_bytes());
    if let Some(length) = length {
        write_length(to, length);
    }
}

fn write_length(to: &mut [u8], length: Length) {
    let mut unit = length.unit;
    let (source, argument, offset) = match length.source {
        LengthSource::Constant(count) => {
            unit = unit.saturating_mul(count);
            (SOURCE_ONE, 0, 0)
        }
        LengthSource::Parameter(index) => (SOURCE_PARAMETER, index, 0),
        LengthSource::Return => (SOURCE_RETURN, 0, 0),
        LengthSource::ReturnCappedBy(index) => (SOURCE_CAPPED, index, 0),
        LengthSource::Pointed { parameter, offset, .. } => (SOURCE_POINTED, parameter, offset),
        LengthSource::Bits(index) => (SOURCE_BITS, index, 0),
    };
    let width = length.width.clamp(1, 8);
    put(to, SOURCE, &[source, argument, 64 - 8 * width, offset, width]);
    put(to, BEFORE, &[length.before]);
    put(to, UNIT, &unit.to_le_bytes());
}

fn put(to: &mut [u8], offset: u16, bytes: &[u8]) {
    let start = usize::from(offset);
    if let Some(place) = to.get_mut(start..start + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}
