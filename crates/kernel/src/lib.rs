//! The only crate that calls the kernel.
