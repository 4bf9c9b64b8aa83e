//! System calls: their numbers in both x86-64 call tables, what their parameters mean, the kernel record of a call,
//! and its way back into an event.

pub mod call;
pub mod decode;
pub mod number;
pub mod record;
pub mod shape;
