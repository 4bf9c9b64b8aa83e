//! What is said beside the events, on standard error, and the answers to questions, on standard output.
#![expect(clippy::print_stderr, reason = "the one place that prints messages")]

use std::io::{self, ErrorKind, IsTerminal, Write};

use std::fmt::Write as _;

use bpf::text::Listing;
use compiler::syscall::Recorder;
use kernel::Loaded;

use crate::account::Account;
use crate::exit::{Exit, Failure};

/// One line that says what went wrong.
pub(crate) fn failure(message: &str) {
    eprintln!("probity: {message}");
}

/// An answer on standard output. A reader that has closed the pipe has seen enough.
pub(crate) fn output(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Output, format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Whether standard output is a terminal of somebody who wants colours (no-color.org).
pub(crate) fn colours() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Every program as a listing.
pub(crate) fn programs(recorder: &Recorder) {
    for (program, summary) in recorder.object.programs.iter().zip(&recorder.programs) {
        eprintln!("program {} ({} instructions):", program.name, program.insns.len());
        eprintln!("{}", Listing(&program.insns));
        let (estimate, stack) = (summary.instructions_estimate, summary.stack_bytes);
        eprintln!("  estimate: {estimate} instructions to verify, {stack} bytes of stack\n");
    }
}

/// What the kernel's verifier walked of each program.
pub(crate) fn statistics(loaded: &Loaded) {
    eprintln!("Verified instructions");
    for program in &loaded.programs {
        eprintln!("  {:<16} {:>10}", program.name(), program.statistics().verified_instructions);
    }
}

/// The memory that the kernel counts for each map and program.
pub(crate) fn resources(loaded: &Loaded) {
    let mut text = "Memory of kernel resources\n".to_owned();
    let mut total = 0;
    let mut row = |name: &str, bytes: u64, what: &str| {
        total += bytes;
        writeln!(text, "  {name:<12} {bytes:>12} bytes  {what}").expect("writing to a String cannot fail");
    };
    for map in &loaded.maps {
        let spec = map.spec();
        row(&spec.name, map.memory_bytes(), spec.kind.word());
    }
    let programs = loaded.programs.iter().filter_map(kernel::Program::memory_bytes).sum();
    row("programs", programs, &format!("{} programs", loaded.programs.len()));
    eprintln!("{text}  {:<12} {total:>12} bytes", "total");
}

/// What was recorded and what was lost.
pub(crate) fn account(account: &Account) {
    eprint!("{}", account.text());
}
