//! The parameters and the result of each x86-64 call, by position.

use super::{Parameter, Scalar};

/// Name, parameters in order, result.
pub(super) type Row = (&'static str, &'static [Parameter], Scalar);

/// The row of this x86-64 call.
pub(super) fn find(call: &str) -> Option<&'static Row> {
    CALLS.get(CALLS.binary_search_by_key(&call, |row| row.0).ok()?)
}

const CALLS: &[Row] = &[];
