//! What can be observed: one schema per kind of event, from which record layout, JSON, columns and docs derive.
//!
//! Pure: nothing here reads a file or the clock, or knows where events come from and where they go.
#![deny(clippy::disallowed_methods)]

pub mod bpf_attribute;
pub mod errno;
pub mod json;
pub mod line;
pub mod number;
pub mod siginfo;
pub mod socket_address;
pub mod structure;
pub mod symbol;
pub mod syscall;
pub mod value;
