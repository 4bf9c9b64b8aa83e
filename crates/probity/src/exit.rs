//! How the program ends: one table of codes, and the error that carries one.
//!
//! Codes from 64 on are those of `sysexits.h`, which scripts know. `probity --help` prints this table.

use std::fmt;

/// Why the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done. What was lost on the way, if anything, has been said.
    Done,
    /// `doctor`: something is blind on this kernel.
    Blind,
    /// `doctor`: nothing can work on this kernel. Elsewhere: the command line makes no sense.
    Usage,
    /// No system call has that name, on any ABI.
    UnknownCall,
    /// The filter cannot match anything.
    NoMatch,
    /// The kernel lacks what cannot be done without, such as BTF.
    Unavailable,
    /// A fault of this program.
    Fault,
    /// tracefs cannot be found or mounted.
    NoTracefs,
    /// The output could not be written to its end.
    Output,
    /// A privilege is missing.
    Permission,
    /// The command to trace exists but cannot be run.
    CannotRun,
    /// The command to trace does not exist.
    NotFound,
}

impl Exit {
    /// All of them with what they mean, for the help.
    pub(crate) const TABLE: &[(Self, &str)] = &[
        (Self::Done, "done; what was lost on the way, if anything, has been said"),
        (Self::Blind, "doctor: something is blind on this kernel, and the report says what"),
        (Self::Usage, "the command line makes no sense; doctor: nothing can work on this kernel"),
        (Self::UnknownCall, "no system call has that name"),
        (Self::NoMatch, "the filter cannot match anything"),
        (Self::Unavailable, "the kernel lacks something that cannot be done without, such as BTF"),
        (Self::Fault, "a fault of probity itself, worth a report"),
        (Self::NoTracefs, "tracefs is not mounted and cannot be"),
        (Self::Output, "the output could not be written to its end; what was written is counted"),
        (Self::Permission, "a privilege is missing; the message names it"),
        (Self::CannotRun, "the command after -- cannot be run"),
        (Self::NotFound, "the command after -- does not exist"),
    ];

    /// The number that the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Blind => 1,
            Self::Usage => 2,
            Self::UnknownCall => 65,
            Self::NoMatch => 66,
            Self::Unavailable => 69,
            Self::Fault => 70,
            Self::NoTracefs => 72,
            Self::Output => 74,
            Self::Permission => 77,
            Self::CannotRun => 126,
            Self::NotFound => 127,
        }
    }
}

/// What went wrong, in one line, and how the program ends because of it.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How the program ends.
    pub(crate) exit: Exit,
    /// What happened, to what, and what can be done.
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_told_apart_and_explained() {
        let mut codes: Vec<u8> = Exit::TABLE.iter().map(|(exit, _)| exit.code()).collect();
        codes.dedup();
        assert_eq!(codes.len(), 12, "one row for each code, ascending: {codes:?}");
        assert!(codes.is_sorted(), "{codes:?}");
    }
}
