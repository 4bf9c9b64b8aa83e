//! What holds for the whole repository and no compiler checks: which crate may know which, where `unsafe` and
//! heavy dependencies may stand, how long a function may be, and what must not lie in the tree.
//!
//! Each rule is a function from text to complaints, so that it can be seen to complain; [`the_tree_is_tidy`]
//! gives them the tree.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Which crate may depend on which of ours. A new arrow is first changed here, in a commit of its own.
const ARROWS: &[(&str, &[&str])] = &[
    ("bpf", &[]),
    ("event", &[]),
    ("compiler", &["bpf", "event"]),
    ("kernel", &["bpf"]),
    ("probity", &["bpf", "compiler", "event", "kernel"]),
    ("kernel-tests", &["bpf", "compiler", "event", "kernel"]),
    ("init", &[]),
    ("xtask", &["bpf", "init", "kernel"]),
    ("fuzz", &["bpf", "compiler", "event", "kernel"]),
];

/// Crates that read no file, clock, environment or random source.
const PURE: &[&str] = &["bpf", "event", "compiler"];

/// Libraries that only these packages may name.
const OWNERS: &[(&str, &[&str])] = &[
    ("libc", &["kernel", "kernel-tests"]),
    ("object", &["kernel"]),
    ("clap", &["probity"]),
    ("rustix", &["init", "xtask"]),
];

/// The only directory with `unsafe`.
const UNSAFE_DIRECTORY: &str = "crates/kernel/";

/// Lines of code of a function, without comments and blank lines: what fits a screen. The same number stands in
/// clippy.toml.
const FUNCTION_LINES_MAX: usize = 70;

/// Of this many functions one may be longer, with a reason in its `expect`.
const FUNCTIONS_FOR_A_LONG_ONE: usize = 50;

/// Longest file of the tree: no binary, no recorded trace, no vendored source.
const FILE_BYTES_MAX: u64 = 256 * 1024;

/// Sources that hold other letters than ASCII, and why.
const NOT_ASCII: &[(&str, &str)] = &[];

#[test]
fn the_tree_is_tidy() {
    let mut complaints = Vec::new();
    let mut functions = Functions::default();
    for path in files(&root()) {
        let name = path.strip_prefix(root()).expect("below the root").display().to_string();
        let bytes = fs::read(&path).expect("a readable file");
        if u64::try_from(bytes.len()).expect("a length") > FILE_BYTES_MAX {
            complaints.push(format!("{name}: longer than {FILE_BYTES_MAX} bytes"));
        }
        let Ok(text) = str::from_utf8(&bytes) else {
            // Inputs that readers are tried with are bytes on purpose.
            if !name.contains("/tests/corpus/") {
                complaints.push(format!("{name}: is no text"));
            }
            continue;
        };
        complaints.extend(of_file(&name, text).into_iter().map(|complaint| format!("{name}: {complaint}")));
        if has_extension(&name, "rs") {
            functions.add(text);
        }
    }
    if functions.excused * FUNCTIONS_FOR_A_LONG_ONE > functions.all {
        complaints.push(format!("{} of {} functions are too long", functions.excused, functions.all));
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn the_second_command_is_what_ci_runs() {
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md");
    let blocks = shell_blocks(&readme);
    assert_eq!(blocks.len(), 2, "one command that does the main job, one that runs all tests: {blocks:?}");
    let run = root().join(".ci/run");
    let script = fs::read_to_string(&run).expect(".ci/run");
    assert_eq!(script.trim_end().lines().last(), Some(format!("exec {}", blocks[1].trim()).as_str()));
    assert_ne!(
        fs::metadata(&run).expect(".ci/run").permissions().mode() & 0o111,
        0,
        ".ci/run has no run bit"
    );
}

#[test]
fn the_changelog_has_a_place_for_the_next_release() {
    let text = fs::read_to_string(root().join("CHANGELOG.md")).expect("CHANGELOG.md");
    assert!(text.contains("\n## [Unreleased]\n"));
}

#[test]
fn the_documents_name_what_exists() {
    for name in ["README.md", "ARCHITECTURE.md", "STYLE.md", "SECURITY.md", "docs/testing.md"] {
        let text = fs::read_to_string(root().join(name)).expect(name);
        for path in paths(&text) {
            assert!(root().join(&path).exists(), "{name} names {path}, which does not exist");
        }
    }
}

#[test]
fn paths_are_quoted_words_that_begin_with_a_directory_of_ours() {
    let text = "See `xtask/src/ci.rs`, `crates/*/tests`, `STYLE.md` and `cargo test`; `sys/none` is none.\n";
    assert_eq!(paths(text), ["xtask/src/ci.rs", "STYLE.md"]);
}

/// The first complaint about a file, if there is one.
fn check(name: &str, text: &str, want: &str) {
    let complaints = of_file(name, text);
    assert_eq!(complaints.first().map_or("", String::as_str), want, "{name}: {text:?}");
}

#[test]
fn arrows_point_down() {
    let manifest = |name: &str, rest: &str| format!("[package]\nname = \"{name}\"\n\n{rest}");
    let depends = |name: &str, on: &str| manifest(name, &format!("[dependencies]\n{on}.workspace = true\n"));
    check("crates/compiler/Cargo.toml", &depends("compiler", "bpf"), "");
    check("crates/bpf/Cargo.toml", &depends("bpf", "event"), "bpf must not know event");
    check("crates/kernel/Cargo.toml", &depends("kernel", "compiler"), "kernel must not know compiler");
    check("crates/event/Cargo.toml", &depends("event", "libc"), "event must not name libc");
    check("crates/event/Cargo.toml", &depends("event", "clap"), "event must not name clap");
    check("crates/new/Cargo.toml", &manifest("new", ""), "new is in no row of ARROWS");
    let table = "[dependencies.compiler]\nworkspace = true\n";
    check("crates/kernel/Cargo.toml", &manifest("kernel", table), "kernel must not know compiler");
    let test_only = "[dev-dependencies]\nevent.workspace = true\n";
    check("crates/bpf/Cargo.toml", &manifest("bpf", test_only), "bpf must not know event");
    let renamed = "[dependencies]\nother = { package = \"event\", path = \"../event\" }\n";
    check("crates/bpf/Cargo.toml", &manifest("bpf", renamed), "bpf must not rename event");
}

#[test]
fn sources_keep_the_rules() {
    let name = "crates/probity/src/run.rs";
    check(name, "//! A module.\nfn main() {}\n", "");
    check(name, "#![no_main]\n//! A module.\nfn main() {}\n", "");
    check(name, "fn main() {}\n", "begins without a module comment");
    check(name, "//! A caf\u{e9}.\n", "line 1 is not ASCII");
    for body in ["{ 1 }", "fn f() {}", "impl Send for S {}", "extern \"C\" {}", "trait T {}"] {
        let text = format!("//! A module.\n{} {body}\n", "unsafe");
        check(name, &text, "line 2 is unsafe outside of crates/kernel/");
        check("crates/kernel/src/sys.rs", &text, "");
    }
    for mark in marks() {
        check(name, &format!("//! A module.\n    {mark}\n"), &format!("line 2 holds {mark}"));
    }
    check("crates/event/src/lib.rs", "//! A crate.\n", "a pure crate denies clippy::disallowed_methods");
    check("crates/event/src/lib.rs", "//! A crate.\n#![deny(clippy::disallowed_methods)]\n", "");
}

#[test]
fn no_machine_and_no_registry_is_named() {
    for word in foreign_words() {
        let text = format!("See {word} for more.\n");
        check("docs/testing.md", &text, &format!("line 1 names {word}"));
        check("Cargo.lock", &text, "");
    }
}

#[test]
fn long_functions_are_found() {
    let function = |lines: usize, above: &str| {
        let body = "        let _ = 1;\n        // A comment.\n\n".repeat(lines);
        format!(
            "//! A module.\nimpl S {{\n{above}    pub(crate) const fn f(\n        a: u8,\n    ) {{\n{body}    }}\n}}\n"
        )
    };
    let name = "crates/event/src/a.rs";
    check(name, &function(FUNCTION_LINES_MAX, ""), "");
    check(name, &function(FUNCTION_LINES_MAX + 1, ""), "line 3: a function of 71 lines");
    let excuse = "    #[expect(clippy::too_many_lines, reason = \"one arm per opcode\")]\n";
    check(name, &function(FUNCTION_LINES_MAX + 1, excuse), "");
}

#[test]
fn shell_blocks_are_those_with_the_word_sh() {
    let text = "a\n```sh\none\n```\n```text\ntwo\n```\n```sh\nthree\nfour\n```\n";
    assert_eq!(shell_blocks(text), ["one\n", "three\nfour\n"]);
}

/// All that is wrong with one file of the tree.
fn of_file(name: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    if Path::new(name).file_name() != Some("Cargo.lock".as_ref()) {
        complaints.extend(lines_with(text, &foreign_words(), "names"));
    }
    if name.ends_with("Cargo.toml") && name != "Cargo.toml" {
        complaints.extend(of_manifest(text));
    }
    let is_source = has_extension(name, "rs");
    if (is_source || has_extension(name, "toml")) && !NOT_ASCII.iter().any(|(listed, _)| *listed == name) {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.is_ascii());
        complaints.extend(lines.map(|(index, _)| format!("line {} is not ASCII", index + 1)));
    }
    if is_source {
        complaints.extend(of_source(name, text));
    }
    complaints
}

fn of_manifest(text: &str) -> Vec<String> {
    let package =
        text.lines().find_map(|line| line.strip_prefix("name = ")).unwrap_or_default().trim_matches('"');
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package) else {
        return vec![format!("{package} is in no row of ARROWS")];
    };
    let ours = |name: &str| ARROWS.iter().any(|(our, _)| *our == name);
    let mut complaints = Vec::new();
    for dependency in dependencies(text) {
        if ours(&dependency) && !allowed.contains(&dependency.as_str()) {
            complaints.push(format!("{package} must not know {dependency}"));
        }
        let owners = OWNERS.iter().find(|(name, _)| *name == dependency);
        if owners.is_some_and(|(_, owners)| !owners.contains(&package)) {
            complaints.push(format!("{package} must not name {dependency}"));
        }
    }
    let renamed = text.lines().filter_map(|line| line.split_once("package = \"")?.1.split_once('"'));
    complaints.extend(renamed.map(|(name, _)| format!("{package} must not rename {name}")));
    complaints
}

/// The dependencies of a manifest, of all kinds.
fn dependencies(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut in_table = false;
    for line in text.lines() {
        if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_end_matches(']');
            in_table = header.ends_with("dependencies");
            names.extend(header.split_once("dependencies.").map(|(_, name)| name.to_owned()));
        } else if in_table && !line.trim().is_empty() && !line.starts_with('#') {
            let name: String = line.chars().take_while(|letter| !" .=".contains(*letter)).collect();
            names.push(name);
        }
    }
    names
}

fn of_source(name: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let first = text.lines().find(|line| !line.starts_with("#![") && !line.is_empty());
    if !first.is_some_and(|line| line.starts_with("//! ")) {
        complaints.push("begins without a module comment".to_owned());
    }
    complaints.extend(lines_with(text, &marks(), "holds"));
    if !name.starts_with(UNSAFE_DIRECTORY) {
        let lines = text.lines().enumerate().filter(|(_, line)| is_unsafe(line));
        complaints.extend(
            lines.map(|(index, _)| format!("line {} is unsafe outside of {UNSAFE_DIRECTORY}", index + 1)),
        );
    }
    let mut pure_roots = PURE.iter().map(|name| format!("crates/{name}/src/lib.rs"));
    if pure_roots.any(|root| root == name) && !text.contains("#![deny(clippy::disallowed_methods)]") {
        complaints.push("a pure crate denies clippy::disallowed_methods".to_owned());
    }
    let mut functions = Functions::default();
    functions.add(text);
    complaints.extend(functions.too_long);
    complaints
}

/// One complaint for each line that holds one of the words.
fn lines_with(text: &str, words: &[String], verb: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let word = words.iter().find(|word| line.contains(word.as_str()));
        complaints.extend(word.map(|word| format!("line {} {verb} {word}", index + 1)));
    }
    complaints
}

/// Whether a line opens something unsafe; a comment or the name of a lint does not.
fn is_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    let after = |opening: &str| code.contains(&["unsafe", opening].join(" "));
    ["{", "fn ", "impl", "extern", "trait "].into_iter().any(after)
}

/// Marks of unfinished work. Written in parts, so that this file does not hold them.
fn marks() -> Vec<String> {
    let parts = [["tod", "o!("], ["unimpl", "emented!("], ["#[ig", "nore"], ["FIX", "ME"], ["XX", "X"]];
    parts.map(|parts| parts.concat()).to_vec()
}

/// Directories of one machine, and hosts of registries and mirrors. Written in parts, as the marks are.
fn foreign_words() -> Vec<String> {
    let parts = [
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["/fa", "rm/"],
        ["crates", ".io"],
        ["static.rust", "-lang"],
        ["deb.deb", "ian"],
        ["archive.deb", "ian"],
        ["snapshot.deb", "ian"],
        ["security.deb", "ian"],
        ["py", "pi."],
        ["python", "hosted"],
        ["npm", "js"],
        ["proxy.go", "lang"],
    ];
    parts.map(|parts| parts.concat()).to_vec()
}

/// What was seen of functions.
#[derive(Default)]
struct Functions {
    all: usize,
    /// Longer than allowed, with a reason.
    excused: usize,
    /// Longer than allowed, without.
    too_long: Vec<String>,
}

impl Functions {
    /// Counts the functions of one formatted source.
    fn add(&mut self, text: &str) {
        let lines: Vec<&str> = text.lines().collect();
        for (index, _) in lines.iter().enumerate().filter(|(_, line)| opens_function(line)) {
            self.all += 1;
            let length = function_lines(&lines[index..]);
            if length <= FUNCTION_LINES_MAX {
                continue;
            }
            let above = lines[..index].iter().rev().take_while(|line| !line.trim().is_empty());
            if above.take(8).any(|line| line.contains("clippy::too_many_lines")) {
                self.excused += 1;
            } else {
                let line_number = index + 1;
                self.too_long.push(format!("line {line_number}: a function of {length} lines"));
            }
        }
    }
}

fn opens_function(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let qualifiers = ["pub", "pub(crate)", "pub(super)", "const", "async", "unsafe", "extern", "\"C\""];
    words.find(|word| !qualifiers.contains(word)) == Some("fn")
}

/// Lines of code between the braces of the function that begins on the first line.
fn function_lines(lines: &[&str]) -> usize {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = |line: &&&str| indent(line) == indent(lines[0]) && !line.is_empty();
    let Some(opening) = lines.iter().filter(own).find(|line| line.ends_with(['{', '}', ';'])) else {
        return 0;
    };
    if !opening.ends_with('{') {
        // Nothing but a signature, or a body on the same line.
        return 0;
    }
    let body = lines.iter().skip_while(|line| *line != opening).skip(1);
    let body = body.take_while(|line| !own(line) || !line.ends_with('}'));
    body.filter(|line| !line.trim().is_empty() && !line.trim().starts_with("//")).count()
}

/// The paths of this repository that a document names.
fn paths(text: &str) -> Vec<String> {
    let is_path = |word: &&str| {
        let below =
            ["crates/", "docs/", "tests/", "xtask/"].iter().any(|directory| word.starts_with(directory));
        let beside = has_extension(word, "md") || has_extension(word, "toml");
        (below || beside) && !word.contains(['*', ' '])
    };
    text.split('`').skip(1).step_by(2).filter(is_path).map(str::to_owned).collect()
}

/// The contents of the blocks marked as shell.
fn shell_blocks(text: &str) -> Vec<String> {
    let blocks = text.split("```sh\n").skip(1);
    blocks.filter_map(|block| Some(block.split_once("```")?.0.to_owned())).collect()
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == extension)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_owned()
}

/// All files of the tree but git's, cargo's and the fuzzer's own.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry")) {
        let name = entry.file_name();
        if [".git", "target", "artifacts"].iter().any(|other| name == *other) {
            continue;
        }
        if entry.file_type().expect("a type").is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}
