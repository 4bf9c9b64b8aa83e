//! The binary: flags, the loop that joins the other crates, and the account of every lost event.
//!
//! The only crate that reads flags, prints, and chooses exit codes. It knows how none of the others works inside.

mod account;
mod calls;
mod doctor;
mod exit;
mod filter;
mod flags;
mod host;
mod list;
mod output;
mod report;
mod trace;

use std::process::ExitCode;

use exit::Exit;
use flags::Request;

fn main() -> ExitCode {
    let request = match flags::parse(std::env::args_os()) {
        Ok(request) => request,
        Err(error) => return say(&error),
    };
    let outcome = match request {
        Request::Trace(request) => trace::run(&request),
        Request::Doctor { json } => doctor::run(json),
        Request::List { json } => list::run(json),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            report::failure(&failure.message);
            ExitCode::from(failure.exit.code())
        }
    }
}

/// Help and version go to standard output; what is wrong with the command line to standard error.
fn say(error: &clap::Error) -> ExitCode {
    let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
    match error.print() {
        Ok(()) => ExitCode::from(exit.code()),
        // The reader has closed the pipe: it has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::from(Exit::Done.code()),
        Err(_) => ExitCode::from(Exit::Output.code()),
    }
}
