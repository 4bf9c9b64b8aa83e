//! What an eBPF program is, as plain data: instructions and their text form, the specifications of maps,
//! programs and hooks, and the readers of BTF and of tracefs format text.
//!
//! Pure: nothing here reads a file, calls the kernel, or knows the probe language. The same input gives the
//! same value.
#![deny(clippy::disallowed_methods)]

pub mod btf;
pub mod helper;
pub mod insn;
pub mod object;
pub mod text;
pub mod tracefs;

pub use btf::{Btf, BtfError, TypeId};
pub use insn::Insn;
pub use object::{Hook, MapIndex, MapSpec, Object, ProgramSpec};
