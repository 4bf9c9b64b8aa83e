//! The binary.
mod calls;
mod exit;
mod flags;
fn main() {}
