//! Readers of files that we did not write: each file of the corpus, and thousands of mutations of it, must end in an
//! answer or an error. The bodies are those of the fuzz targets.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kernel::elf::{self, ElfError};

/// Mutations of each corpus.
const MUTATIONS: u64 = 4_000;
/// Longest time that one input may take, in a debug build on a loaded machine.
const INPUT_TIME_MAX: Duration = Duration::from_secs(2);

#[test]
fn elf_of_any_bytes_is_read_or_refused() {
    check("elf", elf::fuzz_elf);
}

#[test]
fn library_cache_of_any_bytes_is_read_or_refused() {
    check("library_cache", kernel::library::fuzz_library_cache);
}

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name)
}

fn check(name: &str, body: fn(&[u8])) {
    let entries = fs::read_dir(corpus(name)).expect("the corpus is a folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    assert!(paths.len() > 5, "the corpus {name} is there");
    let inputs: Vec<_> = paths.iter().map(|path| fs::read(path).expect("a file of the corpus")).collect();
    for input in &inputs {
        body(input);
    }
    for round in 0..MUTATIONS {
        let mutated = mutate(&inputs, round);
        let start = Instant::now();
        body(&mutated);
        assert!(start.elapsed() < INPUT_TIME_MAX, "{name}, mutation {round}: {mutated:?}");
    }
}

/// One to four changes of one input: a bit, a word that readers trip over, a cut, a repeat.
fn mutate(inputs: &[Vec<u8>], round: u64) -> Vec<u8> {
    let mut seed = round.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = |end: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed >> 20).expect("44 bits") % end.max(1)
    };
    let mut bytes = inputs[below(inputs.len())].clone();
    for _ in 0..=below(4) {
        let at = below(bytes.len());
        match below(4) {
            0 if at < bytes.len() => bytes[at] ^= 1 << below(8),
            1 if at + 8 <= bytes.len() => {
                let words = [0, 1, 0xffff, 0x7fff_ffff, u64::from(u32::MAX), 1 << 40, u64::MAX];
                bytes[at..at + 8].copy_from_slice(&words[below(words.len())].to_le_bytes());
            }
            2 => bytes.truncate(at),
            _ => {
                let end = (at + below(64)).min(bytes.len());
                let repeated = bytes[at..end].to_vec();
                bytes.splice(at..at, repeated);
            }
        }
    }
    bytes
}

/// What a look-up says: the offset in the file, or the error without the path before it.
fn place(file: &str, symbol: &str, wanted: &str) {
    let path = corpus("elf").join(file);
    let said = match elf::file_offset(&path, symbol) {
        Ok(offset) => format!("{offset:#x}"),
        Err(ElfError::NotElf { reason, .. }) => reason,
        Err(error) => error.to_string().replace(&path.display().to_string(), "FILE"),
    };
    assert_eq!(said, wanted, "{symbol} in {file}");
}

#[test]
fn a_function_is_found_where_the_file_has_it() {
    place("functions.elf", "main", "0x140");
    place("functions_32.elf", "main", "0x140");
    place("big_endian.elf", "main", "0x140");
    place("dynamic.elf", "main", "0x140");
    place("functions.elf", "ifunc", "0x180");
}

#[test]
fn of_several_functions_the_one_that_others_can_call_is_meant() {
    place("functions.elf", "readline", "0x160");
}

#[test]
fn what_is_missing_is_named_with_what_is_near() {
    place("functions.elf", "readlinee", "FILE has no function `readlinee`; did you mean `readline`?");
    place("functions.elf", "table", "FILE has no function `table`");
    place("functions.elf", "read", "FILE has no function `read`");
    place(
        "stripped.elf",
        "main",
        "FILE names no functions, so `main` cannot be found: give its offset in the file",
    );
}

#[test]
fn a_damaged_file_is_refused() {
    place("functions.elf", "lost", "address 0x900000 of `lost` lies in no code of it");
    place("functions.elf", "before", "address 0x10 of `before` lies in no code of it");
    place("no_segments.elf", "main", "address 0x400120 of `main` lies in no code of it");
    place("offset_overflow.elf", "main", "address 0x400120 of `main` lies in no code of it");
    place("names_outside.elf", "main", "a symbol table has no names");
    place("symbols_huge.elf", "main", "its symbol tables exceed 536870912 bytes");
    place("symbols_odd.elf", "main", "Invalid ELF section size or offset");
    place("no_magic.elf", "main", "Unknown file magic");
    place("empty.elf", "main", "Could not read file magic");
}
