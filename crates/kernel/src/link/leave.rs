//! Detaching many programs at once.
//!
//! The kernel takes a perf tracepoint or an uprobe away in 30 to 110 ms, one after the other under one lock, in whatever
//! process closes the last descriptor; several threads make it twice as fast at best. So the descriptors are handed to a
//! child that nobody waits for. Its end closes them, and the same happens when it is killed.

use std::os::fd::{AsRawFd, RawFd};

use super::Link;
use crate::sys;

/// How the links went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Detached {
    /// Links in all.
    pub links: usize,
    /// Those of them that the kernel still takes away, at 0.1 s each at most: until then their programs run.
    pub handed_over: usize,
}

/// Detaches all of these, and does not wait for those that are slow.
pub fn detach_all(links: Vec<Link>) -> Detached {
    let count = links.len();
    let (slow, fast): (Vec<_>, Vec<_>) = links.into_iter().partition(|link| link.slow);
    drop(fast);
    let held: Vec<RawFd> = slow.iter().flat_map(Link::descriptors).collect();
    // Without a child they go here and now, in their time.
    let heir = if held.is_empty() { None } else { sys::leave_to_child(&held).ok() };
    let handed_over = if heir.is_some() { slow.len() } else { 0 };
    // Ours first: who closes last waits.
    drop(slow);
    drop(heir);
    Detached { links: count, handed_over }
}

impl Link {
    fn descriptors(&self) -> impl Iterator<Item = RawFd> {
        self.attachment.iter().chain(&self.event).map(AsRawFd::as_raw_fd)
    }
}
