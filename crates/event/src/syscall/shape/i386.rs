//! i386 calls whose parameters are those of no x86-64 call.

use super::{OwnParameter, Scalar};

/// One call.
pub(super) struct OwnCall {
    /// Its name in `unistd_32.h`.
    pub(super) name: &'static str,
    /// Its parameters in order.
    pub(super) parameters: &'static [OwnParameter],
    /// Its result.
    pub(super) returns: Scalar,
}

/// The row of this i386 call.
pub(super) fn find(call: &str) -> Option<&'static OwnCall> {
    CALLS.get(CALLS.binary_search_by_key(&call, |row| row.name).ok()?)
}

const CALLS: &[OwnCall] = &[];
