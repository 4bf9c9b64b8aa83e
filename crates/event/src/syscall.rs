//! System calls: their numbers in both x86-64 call tables, and what their parameters mean.
//!
//! Only facts and pure functions: decoding of captured bytes is the rest of this crate's work.

pub mod number;
pub mod shape;
