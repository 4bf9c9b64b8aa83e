//! The programs that record system calls, on the running kernel.

use crate::case::Case;

pub(crate) const CASES: &[Case] = &[];
