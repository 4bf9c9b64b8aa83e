//! The words that both tables of calls are written in.

use super::{Declared, LengthSource, OwnParameter, Parameter, Scalar, Shape, When};
use crate::symbol::{Set, file, process, time};

pub(super) const INT: Parameter = number(Scalar::Signed(4));
pub(super) const UINT: Parameter = number(Scalar::Unsigned(4));
pub(super) const LONG: Parameter = number(Scalar::Signed(8));
pub(super) const ULONG: Parameter = number(Scalar::Unsigned(8));
pub(super) const SIZE: Parameter = ULONG;
/// A `loff_t`, or half of one.
pub(super) const OFFSET: Parameter = LONG;
pub(super) const ADDRESS: Parameter = number(Scalar::Address);
pub(super) const FD: Parameter = number(Scalar::Fd);
pub(super) const PID: Parameter = INT;
/// A user or group id.
pub(super) const ID: Parameter = set(&process::ID);
pub(super) const SIGNAL: Parameter = set(&process::SIGNAL);
/// The directory descriptor before a path.
pub(super) const AT: Parameter = FD;
pub(super) const AT_FLAGS: Parameter = set(&file::AT_FLAGS);
pub(super) const CLOCK: Parameter = set(&time::CLOCK);
pub(super) const MODE: Parameter = number(Scalar::Symbol { set: &file::MODE, bytes: 2 });
/// Flags that no kernel gives names to.
pub(super) const FLAGS: Parameter = UINT;
pub(super) const PATH: Parameter = input(Shape::Path);
pub(super) const TEXT: Parameter = input(Shape::Text);
pub(super) const TEXTS: Parameter = input(Shape::TextArray);
pub(super) const INT_OUT: Parameter = output(Shape::Pointed(Scalar::Signed(4)));
pub(super) const INT_INOUT: Parameter = changed(Shape::Pointed(Scalar::Signed(4)));
pub(super) const UINT_OUT: Parameter = output(Shape::Pointed(Scalar::Unsigned(4)));
pub(super) const ID_OUT: Parameter = output(Shape::Pointed(Scalar::Symbol { set: &process::ID, bytes: 4 }));
/// A `size_t` or `unsigned long` in memory.
pub(super) const WORD_OUT: Parameter = output(Shape::Pointed(Scalar::Unsigned(8)));
/// A `loff_t` in memory that the call moves on.
pub(super) const OFFSET_INOUT: Parameter = changed(Shape::Pointed(Scalar::Signed(8)));
pub(super) const FD_PAIR_OUT: Parameter =
    output(Shape::Array { element: Scalar::Fd, count: LengthSource::Constant(2) });
pub(super) const SIGNALS: Parameter = input(Shape::Pointed(SIGNAL_MASK));
pub(super) const SIGNALS_OUT: Parameter = output(Shape::Pointed(SIGNAL_MASK));
pub(super) const FD_SET: Parameter = changed(Shape::FdSet { count: LengthSource::Bits(0) });
pub(super) const TIMESPEC: Parameter = structure("__kernel_timespec");
pub(super) const TIMESPEC_OUT: Parameter = structure_out("__kernel_timespec");

const SIGNAL_MASK: Scalar = Scalar::Symbol { set: &process::SIGNAL_SET, bytes: 8 };

/// Result: 0, or a number without a better word.
pub(super) const DONE: Scalar = Scalar::Signed(8);
/// Result: how many bytes or elements.
pub(super) const COUNT: Scalar = Scalar::Signed(8);
/// Result: a descriptor.
pub(super) const NEW_FD: Scalar = Scalar::Fd;
/// Result: an address.
pub(super) const PLACE: Scalar = Scalar::Address;
/// Result: a process, thread, timer, queue or another small number.
pub(super) const NUMBER: Scalar = Scalar::Signed(4);
/// Result: a user or group id.
pub(super) const OWNER: Scalar = Scalar::Symbol { set: &process::ID, bytes: 4 };

pub(super) const fn number(scalar: Scalar) -> Parameter {
    input(Shape::Number(scalar))
}

/// A 4-byte number with names.
pub(super) const fn set(set: &'static Set) -> Parameter {
    number(Scalar::Symbol { set, bytes: 4 })
}

/// An `unsigned long` with names.
pub(super) const fn wide_set(set: &'static Set) -> Parameter {
    number(Scalar::Symbol { set, bytes: 8 })
}

pub(super) const fn input(shape: Shape) -> Parameter {
    Parameter { shape, when: When::In }
}

pub(super) const fn output(shape: Shape) -> Parameter {
    Parameter { shape, when: When::Out }
}

pub(super) const fn changed(shape: Shape) -> Parameter {
    Parameter { shape, when: When::InOut }
}

pub(super) const fn structure(name: &'static str) -> Parameter {
    input(Shape::Structure { name, length: None })
}

pub(super) const fn structure_out(name: &'static str) -> Parameter {
    output(Shape::Structure { name, length: None })
}

pub(super) const fn structure_changed(name: &'static str) -> Parameter {
    changed(Shape::Structure { name, length: None })
}

/// A structure that grows with kernels; the parameter at `size` says how long the caller's is.
pub(super) const fn grown(name: &'static str, size: u8) -> Parameter {
    input(Shape::Structure { name, length: Some(LengthSource::Parameter(size)) })
}

/// As [`grown`], written by the kernel.
pub(super) const fn grown_out(name: &'static str, size: u8) -> Parameter {
    output(Shape::Structure { name, length: Some(LengthSource::Parameter(size)) })
}

/// A structure that grows with kernels and holds the size of the caller's itself, in 4 bytes at `offset`.
pub(super) const fn holding_size(name: &'static str, parameter: u8, offset: u8) -> Parameter {
    input(Shape::Structure { name, length: Some(LengthSource::Pointed { parameter, offset, bytes: 4 }) })
}

pub(super) const fn structures(name: &'static str, count: u8) -> Parameter {
    input(Shape::Structures { name, count: LengthSource::Parameter(count) })
}

/// As many structures as the result says.
pub(super) const fn structures_out(name: &'static str) -> Parameter {
    output(Shape::Structures { name, count: LengthSource::Return })
}

/// Bytes that the caller gives, as many as the parameter at `length` says.
pub(super) const fn bytes(length: u8) -> Parameter {
    input(Shape::Bytes { length: LengthSource::Parameter(length) })
}

/// Bytes that the kernel wrote, as many as the result says but at most the parameter at `size`.
pub(super) const fn bytes_out(size: u8) -> Parameter {
    output(Shape::Bytes { length: LengthSource::ReturnCappedBy(size) })
}

/// Whole buffers to write.
pub(super) const fn vector(count: u8) -> Parameter {
    input(Shape::Vector { count: LengthSource::Parameter(count), length: None })
}

/// Buffers filled up to the result.
pub(super) const fn vector_out(count: u8) -> Parameter {
    output(Shape::Vector { count: LengthSource::Parameter(count), length: Some(LengthSource::Return) })
}

/// A socket address of the caller; `length` holds its length.
pub(super) const fn socket_address(length: u8) -> Parameter {
    input(Shape::SocketAddress { length: LengthSource::Parameter(length) })
}

/// A socket address from the kernel; `length` points to its length.
pub(super) const fn socket_address_out(length: u8) -> Parameter {
    output(Shape::SocketAddress { length: LengthSource::Pointed { parameter: length, offset: 0, bytes: 4 } })
}

/// A mask of CPUs or memory nodes, as many bits as the parameter at `bits` says.
pub(super) const fn mask(bits: u8) -> Parameter {
    input(Shape::FdSet { count: LengthSource::Bits(bits) })
}

/// A number whose meaning the parameter at `on` decides.
pub(super) const fn depends(
    on: u8,
    cases: &'static [(u32, Scalar)],
    otherwise: &'static Scalar,
) -> Parameter {
    number(Scalar::Depends { on, mask: u32::MAX, cases, otherwise })
}

/// A 4-byte number with names, as a case of [`depends`].
pub(super) const fn named(set: &'static Set) -> Scalar {
    Scalar::Symbol { set, bytes: 4 }
}

/// A parameter that is declared here as no tracepoint declares it.
pub(super) const fn own(c_type: &'static str, name: &'static str, parameter: Parameter) -> OwnParameter {
    OwnParameter { declared: Declared { c_type, name }, parameter }
}
