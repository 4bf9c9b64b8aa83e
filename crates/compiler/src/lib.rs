//! From what is wanted and the facts of one kernel to `bpf::Object` and record layouts, or diagnostics.
#![deny(clippy::disallowed_methods)]

pub mod build;
pub mod helpers;
pub mod ir;
