//! The cases of `tests/cases`: text of a program, and the instructions or errors that come of it.
//!
//! A case is `== what it shows`, the program, `-- listing` or `-- error`, and what is expected. A program without
//! a `program` line has the context `[pointer, number]`. With `(5.10)` in the title it is compiled for a kernel
//! without fetch atomics. `UPDATE=1` writes what comes out into the files.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use bpf::text::Listing;
use compiler::ir::{Program, Target};
use compiler::verify::verify;
use compiler::{CompileError, compile, fuzz_ir_text, text};

/// Variants of `compiler::verify::Problem`: each has a case.
const PROBLEMS: usize = 56;

/// What comes of a program, under which heading.
fn outcome(title: &str, source: &str) -> (&'static str, String) {
    let target = Target { fetch_atomics: !title.contains("(5.10)"), ..Target::default() };
    let program = match text::parse(source) {
        Ok(program) => program,
        Err(error) => return ("error", format!("{error}\n")),
    };
    assert_eq!(text::parse(&program.to_string()).as_ref(), Ok(&program), "{title}: printed and parsed");
    match compile(&program, &target) {
        Ok(compiled) => ("listing", Listing(&compiled.insns).to_string()),
        Err(error) => ("error", format!("{error}\n")),
    }
}

fn with_header(source: &str) -> String {
    if source.contains("program ") {
        return source.to_owned();
    }
    format!("program test arguments [pointer, number]\n{source}\n")
}

struct Case<'a> {
    title: &'a str,
    source: &'a str,
    kind: &'a str,
    wanted: &'a str,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    // A comparison in a program is not at the start of a line.
    let text = text.strip_prefix("== ").expect("a file starts with a case");
    text.split("\n== ")
        .map(|case| {
            let (title, rest) = case.split_once('\n').expect("a title");
            let (source, rest) = rest.split_once("\n-- ").expect("`-- listing` or `-- error`");
            let (kind, wanted) = rest.split_once('\n').unwrap_or((rest, ""));
            Case { title: title.trim(), source, kind: kind.trim(), wanted: wanted.trim_end() }
        })
        .collect()
}

fn check(path: &Path, update: bool) {
    let text = std::fs::read_to_string(path).expect("a case file");
    let mut updated = String::new();
    for case in cases(&text) {
        let (kind, found) = outcome(case.title, &with_header(case.source));
        if !update {
            assert_eq!(
                (kind, found.trim_end()),
                (case.kind, case.wanted),
                "{}: {}",
                path.display(),
                case.title
            );
        }
        let separator = if updated.is_empty() { "" } else { "\n" };
        let source = case.source;
        write!(updated, "{separator}== {}\n{source}\n-- {kind}\n{found}", case.title)
            .expect("a string takes all");
    }
    if update {
        std::fs::write(path, updated).expect("the case file is written");
    }
}

fn files() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory)
        .expect("tests/cases")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "case"));
    files.sort();
    files
}

#[test]
fn cases_come_out_as_written() {
    let update = is_update();
    let files = files();
    assert!(!files.is_empty());
    for path in files {
        check(&path, update);
    }
}

fn is_update() -> bool {
    std::env::var_os("UPDATE").is_some()
}

/// Title and program of each case; none while the files are being written.
fn sources() -> Vec<(String, String)> {
    if is_update() {
        return Vec::new();
    }
    let texts = files().into_iter().map(|path| std::fs::read_to_string(path).expect("a case file"));
    let mut sources = Vec::new();
    for text in texts {
        sources.extend(cases(&text).iter().map(|case| (case.title.to_owned(), with_header(case.source))));
    }
    sources
}

#[test]
fn each_problem_has_a_case() {
    let mut seen = BTreeSet::new();
    for (title, source) in sources() {
        let Ok(program) = text::parse(&source) else { continue };
        let target = Target { fetch_atomics: !title.contains("(5.10)"), ..Target::default() };
        for error in verify(&program, &target).err().unwrap_or_default() {
            let name = format!("{:?}", error.problem);
            seen.insert(name.split([' ', '{', '(']).next().unwrap_or("").to_owned());
        }
    }
    assert!(is_update() || seen.len() == PROBLEMS, "{} of {PROBLEMS}: {seen:?}", seen.len());
}

#[test]
fn damaged_programs_are_no_reason_to_panic() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |end: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % end.max(1)
    };
    for (_, source) in sources() {
        for _ in 0..20 {
            let mut words: Vec<&str> = source.split_inclusive([' ', '\n']).collect();
            let (from, to) = (random(words.len()), random(words.len()));
            match random(3) {
                0 => words.swap(from, to),
                1 => words[to] = words[from],
                _ => drop(words.remove(from)),
            }
            fuzz_ir_text(words.concat().as_bytes());
        }
    }
}

#[test]
fn a_program_that_was_not_verified_is_refused_by_name() {
    let program: Program =
        text::parse("program lost bytes 0..8\nentry:\n v0 = stack 3\n return v0\n").unwrap();
    let error = compiler::lower::lower(&program, &Target::default()).unwrap_err();
    assert_eq!(error.to_string(), "lost: it is not well formed; verify it first");
    let error = compile(&program, &Target::default()).unwrap_err();
    assert!(matches!(error, CompileError::Rejected(errors) if errors.len() == 1));
}

/// The message of lowering a program that only its size makes impossible.
fn check_too_large(body: &str, wanted: &str) {
    let program = text::parse(&with_header(body)).unwrap_or_else(|error| panic!("{error}"));
    let error =
        compiler::lower::lower(&program, &Target::default()).expect_err("a program that is too large");
    assert_eq!(error.to_string(), wanted);
}

#[test]
fn more_values_than_the_stack_holds() {
    let mut body = "entry:\n v0 = context 1\n".to_owned();
    for value in 1..=70 {
        writeln!(body, " v{value} = v0 * {}", value + 1).unwrap();
    }
    body.push_str(" v71 = call ktime_get_ns()\n");
    for value in 1..=70 {
        writeln!(body, " v71 = v71 ^ v{value}").unwrap();
    }
    body.push_str(" return v71\n");
    check_too_large(&body, "test: it needs 528 bytes of stack, a frame has 512; use a map");
}

#[test]
fn a_jump_over_more_than_an_instruction_can_say() {
    let stores = " store u8 v1 + 0, 1\n".repeat(33_000);
    let body = format!(
        "stack 0 1 1\nentry:\n v0 = context 1\n v1 = stack 0\n if v0 == 0 goto out else long\nlong:\n{stores} goto out\nout:\n return 0\n"
    );
    check_too_large(&body, "test: the jump to block out is too far; split the program by a tail call");
}
