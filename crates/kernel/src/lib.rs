//! The only crate that calls the kernel: gathers its facts, probes features, loads, attaches, drains rings.
//!
//! It takes [`bpf::Object`] and gives things that live in a kernel; each closes what it holds when it is dropped,
//! and nothing is pinned, so that nothing stays behind, a crash included. It knows neither the language that a
//! program came from nor what its records mean.
#![expect(unsafe_code, reason = "system calls and shared memory; each block says why it holds")]

mod attr;
pub mod elf;
pub mod facts;
pub mod feature;
pub mod library;
mod limits;
pub mod link;
pub mod load;
pub mod map;
pub mod poll;
pub mod process;
pub mod ring;
mod symbol;
mod sys;
#[cfg(feature = "testing")]
#[doc(hidden)]
pub mod testing;

pub use link::{AttachError, Link, detach_all};
pub use load::{LoadError, Loaded, Program, load};
pub use map::{Map, MapError, MappedArray};
pub use ring::{Drained, Ring};
