//! What a test is, and the ways in which it can end.

use std::any::Any;
use std::error::Error;

/// A test: its name, as a sentence with `_`, and its body.
pub(crate) type Case = (&'static str, fn() -> Verdict);

/// How a test ends.
pub(crate) type Verdict = Result<(), Stop>;

/// Why a test did not come to a good end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Something is not as it should be.
    Failed(String),
    /// The kernel lacks what is tested.
    Skipped(String),
}

impl<E: Error> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Stop {
    /// What a panic said.
    pub(crate) fn of_panic(cause: &(dyn Any + Send)) -> Self {
        let text = cause.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| cause.downcast_ref::<&str>().copied());
        Self::Failed(format!("panic: {}", text.unwrap_or("of unknown cause")))
    }
}

/// Fails the test with this reason.
pub(crate) fn fail<T>(why: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Failed(why.into()))
}

/// Skips the test for this reason.
pub(crate) fn skip<T>(reason: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Skipped(reason.into()))
}

/// Fails unless this holds.
pub(crate) fn holds(condition: bool, why: impl Into<String>) -> Verdict {
    if condition { Ok(()) } else { fail(why) }
}

/// Fails unless both are the same.
#[expect(clippy::needless_pass_by_value, reason = "what is compared is mostly made for the comparison")]
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, wanted: T) -> Verdict {
    holds(found == wanted, format!("{what}: found {found:?}, wanted {wanted:?}"))
}
