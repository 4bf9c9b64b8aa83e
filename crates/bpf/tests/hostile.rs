//! Readers of bytes that we did not write: each file of the corpus, and thousands of mutations of it, must end in
//! an answer or an error. The bodies are those of the fuzz targets.
#![expect(clippy::disallowed_methods, reason = "the corpus lies in files")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Mutations of each corpus at most: all three take about a second in a debug build.
const MUTATIONS: u32 = 4_000;
/// A slow machine stops mutating here rather than failing; far above what the mutations need.
const MUTATING_TIME_MAX: Duration = Duration::from_secs(2);
/// Longest time that one input may take, in a debug build on a loaded machine.
const INPUT_TIME_MAX: Duration = Duration::from_secs(2);

#[test]
fn btf_of_any_bytes_is_read_or_refused() {
    check("btf", bpf::btf::fuzz_btf);
}

#[test]
fn format_of_any_bytes_is_read_or_refused() {
    check("tracefs", bpf::tracefs::fuzz_tracefs);
}

#[test]
fn text_of_any_bytes_is_read_or_refused() {
    check("text", bpf::text::fuzz_text);
}

fn check(corpus: &str, body: fn(&[u8])) {
    let inputs = inputs(corpus);
    assert!(inputs.len() > 5, "the corpus {corpus} is there");
    for (name, bytes) in &inputs {
        let start = Instant::now();
        body(bytes);
        assert!(start.elapsed() < INPUT_TIME_MAX, "{corpus}/{name} took {:?}", start.elapsed());
    }
    let start = Instant::now();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..MUTATIONS {
        if start.elapsed() > MUTATING_TIME_MAX {
            break;
        }
        let (_, bytes) = random.pick(&inputs);
        let (_, other) = random.pick(&inputs);
        let mutated = mutate(bytes, other, &mut random);
        let before = Instant::now();
        body(&mutated);
        assert!(before.elapsed() < INPUT_TIME_MAX, "{corpus}, mutation {round}: {mutated:?}");
    }
}

/// The files of one corpus by name.
fn inputs(corpus: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(corpus);
    let mut inputs: Vec<_> = fs::read_dir(&folder)
        .expect("the corpus is a folder")
        .map(|entry| entry.expect("an entry of the corpus").path())
        .map(|path| (path.display().to_string(), fs::read(&path).expect("a file of the corpus")))
        .collect();
    inputs.sort();
    inputs
}

/// One to four changes: a byte, a word that readers trip over, a cut, a repeat, a piece of another file.
fn mutate(bytes: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(out.len() + 1);
        let to = (at + random.below(24)).min(out.len());
        match random.below(6) {
            0 if at < out.len() => out[at] = random.byte(),
            1 if at < out.len() => out[at] ^= 1 << random.below(8),
            2 if at + 4 <= out.len() => {
                let words = [0, 1, 0x00ff_ffff, 0x7fff_ffff, 0x8000_0000, u32::MAX];
                out[at..at + 4].copy_from_slice(&random.pick(&words).to_le_bytes());
            }
            3 => out.truncate(at),
            4 => drop(out.splice(at..at, out[at..to].to_vec())),
            _ => {
                let from = random.below(other.len() + 1);
                let end = (from + random.below(24)).min(other.len());
                out.splice(at..to, other[from..end].iter().copied());
            }
        }
    }
    out
}

/// Xorshift with a fixed seed, so that a failure comes again.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[3]
    }

    /// A number below `end`, 0 if there is none.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a length fits 64 bits").max(1);
        usize::try_from((self.next() >> 16) % end).expect("below a length")
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}
