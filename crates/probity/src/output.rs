//! Where events go: whole lines to a terminal, a pipe or a file, and what became of them.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::exit::{Exit, Failure};

/// Text that waits to be written is written when there is this much: a few times what one write costs.
const BATCH_BYTES: usize = 64 << 10;

/// Takes lines, writes them in batches.
#[derive(Debug)]
pub(crate) struct Output {
    sink: Sink,
    /// Lines that wait.
    pub(crate) text: String,
    /// Events whose lines were written to their end.
    written: u64,
    waiting: u64,
    /// Bytes of the file up to the end of the last whole line.
    whole_bytes: u64,
}

#[derive(Debug)]
enum Sink {
    Standard(io::Stdout),
    File { file: File, path: PathBuf },
}

/// Whether there is a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Go on.
    Open,
    /// The reader has closed the pipe: it has seen enough.
    Closed,
}

impl Output {
    /// Standard output, or this file, which is made or emptied.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let sink = match path {
            None => Sink::Standard(io::stdout()),
            Some(path) => match File::create(path) {
                Ok(file) => Sink::File { file, path: path.to_owned() },
                Err(error) => {
                    let message = format!("{} cannot be opened for events: {error}", path.display());
                    return Err(Failure::new(Exit::Output, message));
                }
            },
        };
        Ok(Self { sink, text: String::new(), written: 0, waiting: 0, whole_bytes: 0 })
    }

    /// Ends a line that was appended to `text`.
    pub(crate) fn end_line(&mut self) -> Result<Flow, Failure> {
        self.text.push('\n');
        self.waiting += 1;
        if self.text.len() >= BATCH_BYTES { self.flush() } else { Ok(Flow::Open) }
    }

    /// Writes what waits. A file that cannot take all of it is cut back to its last whole line.
    pub(crate) fn flush(&mut self) -> Result<Flow, Failure> {
        if self.text.is_empty() {
            return Ok(Flow::Open);
        }
        let bytes = std::mem::take(&mut self.text).into_bytes();
        let (taken, outcome) = match &mut self.sink {
            Sink::Standard(stdout) => write_counted(stdout, &bytes),
            Sink::File { file, .. } => write_counted(file, &bytes),
        };
        let waiting = std::mem::take(&mut self.waiting);
        let Err(error) = outcome else {
            self.written += waiting;
            self.whole_bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            self.reuse(bytes);
            return Ok(Flow::Open);
        };
        let whole = bytes[..taken].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let lines = bytes[..whole].split_inclusive(|&byte| byte == b'\n').count();
        self.whole_bytes += u64::try_from(whole).unwrap_or(u64::MAX);
        self.written += u64::try_from(lines).unwrap_or(u64::MAX).min(waiting);
        match error.kind() {
            ErrorKind::BrokenPipe => Ok(Flow::Closed),
            _ => Err(self.failure(&error, taken > whole)),
        }
    }

    /// Keeps the memory of the batch for the next one.
    fn reuse(&mut self, mut bytes: Vec<u8>) {
        bytes.clear();
        self.text = String::from_utf8(bytes).unwrap_or_default();
    }

    fn failure(&mut self, error: &io::Error, has_part_of_a_line: bool) -> Failure {
        let (name, cut) = match &mut self.sink {
            Sink::Standard(_) => ("standard output".to_owned(), Ok(())),
            Sink::File { path, .. } if !has_part_of_a_line => (path.display().to_string(), Ok(())),
            Sink::File { file, path } => (path.display().to_string(), file.set_len(self.whole_bytes)),
        };
        let rest = match cut {
            Ok(()) => String::new(),
            Err(error) => format!("; its last line is not whole, because it cannot be cut: {error}"),
        };
        let message = format!("{name}: {error}; {} events were written to their end{rest}", self.written);
        Failure::new(Exit::Output, message)
    }
}

/// Writes all it can; says how many bytes that were.
fn write_counted(sink: &mut dyn Write, bytes: &[u8]) -> (usize, io::Result<()>) {
    let mut taken = 0;
    while taken < bytes.len() {
        match sink.write(&bytes[taken..]) {
            Ok(0) => return (taken, Err(ErrorKind::WriteZero.into())),
            Ok(count) => taken += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return (taken, Err(error)),
        }
    }
    (taken, sink.flush())
}
