//! Why a task could not be done.

use std::fmt;
use std::io;
use std::process::ExitStatus;

/// Every function here that can fail fails with this.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Whose move it is next: the caller's, the machine's owner's, or ours.
#[derive(Debug)]
pub(crate) enum Error {
    /// The command line makes no sense; the text says which word.
    Usage(String),
    /// The machine lacks something; the text names it and what to do about it.
    Missing(String),
    /// A file or process could not be used.
    Io {
        /// What was being done, to what.
        doing: String,
        /// Why not.
        source: io::Error,
    },
    /// A program ran and failed.
    Command {
        /// The program and its arguments.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it wrote to standard error.
        message: String,
    },
}

impl Error {
    /// For `map_err`: gives an I/O error the words that it lacks.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::Missing(text) => write!(out, "{text}"),
            Self::Io { doing, source } => write!(out, "cannot {doing}: {source}"),
            Self::Command { command, status, message } if message.is_empty() => {
                write!(out, "`{command}` ended with {status}")
            }
            Self::Command { command, status, message } => {
                write!(out, "`{command}` ended with {status}: {message}")
            }
        }
    }
}
