//! What can be observed: one schema per kind of event, from which record layout, JSON, columns and docs derive.
#![deny(clippy::disallowed_methods)]

pub mod errno;
pub mod symbol;
pub mod syscall;
