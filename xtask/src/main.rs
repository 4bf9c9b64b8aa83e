//! The tasks of this repository: `cargo xtask ci`, `cargo xtask vm`, `cargo xtask bench`. See docs/testing.md.
//!
//! Everything a task needs from the machine it looks for itself, and installs or names what is missing.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to the person who started it")]

mod apt;
mod bench;
mod ci;
mod cpio;
mod elf;
mod error;
mod host;
mod kernels;
mod machine;
mod vm;

use std::env;
use std::process::ExitCode;

use error::{Error, Result};

/// Exit code of a command line that makes no sense.
const CODE_USAGE: u8 = 2;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    match task(&words) {
        Ok(code) => ExitCode::from(code),
        Err(error @ Error::Usage(_)) => {
            eprintln!("xtask: {error}; `cargo xtask TASK --help` says more");
            ExitCode::from(CODE_USAGE)
        }
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::from(vm::CODE_UNAVAILABLE)
        }
    }
}

fn task(words: &[String]) -> Result<u8> {
    let Some((name, rest)) = words.split_first() else {
        return Err(Error::Usage("name a task: ci, vm or bench".to_owned()));
    };
    match name.as_str() {
        "ci" => ci::task(rest),
        "vm" => vm::task(rest),
        "bench" => bench::task(rest),
        bench::load::TASK => bench::load::task(rest),
        "--help" => {
            println!("{}\n\n{}\n\n{}", ci::USAGE, vm::USAGE, bench::USAGE);
            Ok(0)
        }
        _ => Err(Error::Usage(format!("there is no task {name}: there are ci, vm and bench"))),
    }
}
