//! All tests that need a running kernel, as one static program: `kernel-tests [PART_OF_A_NAME]`.
//! `kernel-tests load NAME NUMBER` is what they record.
//!
//! One thread, one test after the other, a line for each; the last line is `N passed, N failed, N skipped`. A test is
//! skipped when the kernel shows by something else than the test's own subject that it lacks a feature, never by version.
#![expect(clippy::print_stdout, reason = "the verdicts of the tests")]

mod attributes;
mod case;
mod hooks;
mod leaving;
mod loading;
mod loads;
mod maps;
mod probe;
mod recorder;
mod rings;
mod symbols;

use std::panic;
use std::process::ExitCode;
use std::time::Instant;

use case::{Case, Stop};

/// Every test. A new one is one line in the table of its module.
const TABLES: [&[Case]; 8] = [
    attributes::CASES,
    loading::CASES,
    maps::CASES,
    rings::CASES,
    hooks::CASES,
    symbols::CASES,
    leaving::CASES,
    recorder::CASES,
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, word, name, number @ ..] = arguments.as_slice()
        && word == "load"
    {
        return loads::run(name, number.first().and_then(|number| number.parse().ok()).unwrap_or_default());
    }
    let wanted = arguments.get(1).cloned().unwrap_or_default();
    // A test that panics says why in its line.
    panic::set_hook(Box::new(|_| ()));
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (name, body) in
        TABLES.iter().flat_map(|table| table.iter()).filter(|(name, _)| name.contains(&wanted))
    {
        let start = Instant::now();
        let outcome = panic::catch_unwind(body).unwrap_or_else(|cause| Err(Stop::of_panic(&*cause)));
        let milliseconds = start.elapsed().as_millis();
        match outcome {
            Ok(()) => {
                passed += 1;
                println!("ok {name} ({milliseconds} ms)");
            }
            Err(Stop::Failed(why)) => {
                failed += 1;
                println!("FAILED {name}: {}", one_line(&why));
            }
            Err(Stop::Skipped(reason)) => {
                skipped += 1;
                println!("skipped {name}: {}", one_line(&reason));
            }
        }
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one_line(text: &str) -> String {
    text.replace('\n', " | ")
}
