//! Detaching many programs at once.

use super::Link;

/// How the links went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Detached {
    /// Links that were closed.
    pub links: usize,
}

/// Detaches all of these.
pub fn detach_all(links: Vec<Link>) -> Detached {
    let detached = Detached { links: links.len() };
    drop(links);
    detached
}
