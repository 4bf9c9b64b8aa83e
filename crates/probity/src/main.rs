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

/// Help and version go to standard output; what is wrong with the command line to standard error, in one line.
fn say(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand as NoCommand;
    if error.use_stderr() && error.kind() != NoCommand {
        report::failure(&one_line(&error.to_string()));
        return ExitCode::from(Exit::Usage.code());
    }
    let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
    match error.print() {
        Ok(()) => ExitCode::from(exit.code()),
        // The reader has closed the pipe: it has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::from(Exit::Done.code()),
        Err(_) => ExitCode::from(Exit::Output.code()),
    }
}

/// What is wrong and the tip, without the usage, on one line.
fn one_line(message: &str) -> String {
    let told =
        message.lines().take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let words: Vec<&str> = told.map(str::trim).filter(|line| !line.is_empty()).collect();
    let told = words.join("; ").replace(":; ", ": ");
    format!("{}; --help shows what there is", told.strip_prefix("error: ").unwrap_or(&told))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_about_the_command_line_is_one_line() {
        for (message, expected) in [
            (
                "error: unexpected argument '--x' found\n\n  tip: try '--xy'\n\nUsage: probity\n\nFor more\n",
                "unexpected argument '--x' found; tip: try '--xy'; --help shows what there is",
            ),
            (
                "error: these are missing:\n  <A>\n\nUsage: x\n",
                "these are missing: <A>; --help shows what there is",
            ),
        ] {
            assert_eq!(one_line(message), expected);
        }
    }
}
