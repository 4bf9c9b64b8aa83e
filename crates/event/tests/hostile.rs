//! Records as hostile bytes: each file of the corpus, and thousands of mutations of it, must end in an event whose
//! JSON is valid, or in an error. The body is that of the fuzz target.
#![expect(clippy::disallowed_methods, reason = "the corpus lies in files")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use event::syscall::decode::fuzz_record;

/// Mutations of the corpus at most: all take about a second in a debug build.
const MUTATIONS: u32 = 20_000;
/// A slow machine stops mutating here rather than failing.
const MUTATING_TIME_MAX: Duration = Duration::from_millis(1_500);

#[test]
fn a_record_of_any_bytes_is_decoded_or_refused() {
    let inputs = inputs();
    assert!(inputs.len() > 15, "the corpus is there");
    let decoded = inputs.iter().filter(|(_, bytes)| check(bytes)).count();
    assert_eq!(decoded, inputs.len() - 1, "all but the call without a name are whole records");
    let start = Instant::now();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut rounds, mut decoded) = (0_u32, 0_u32);
    while rounds < MUTATIONS && start.elapsed() < MUTATING_TIME_MAX {
        let (_, bytes) = random.pick(&inputs);
        let (_, other) = random.pick(&inputs);
        decoded += u32::from(check(&mutate(bytes, other, &mut random)));
        rounds += 1;
    }
    assert!(decoded > rounds / 10, "mutations reach behind the header: {decoded} of {rounds}");
}

/// Whether the bytes were a record.
fn check(bytes: &[u8]) -> bool {
    let Some(text) = fuzz_record(bytes) else { return false };
    let read: Result<serde_json::Value, _> = serde_json::from_str(&text);
    assert!(read.is_ok_and(|read| read.is_object()), "{bytes:?} became {text}");
    true
}

/// The files of the corpus by name.
fn inputs() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/record");
    let mut inputs: Vec<_> = fs::read_dir(&folder)
        .expect("the corpus is a folder")
        .map(|entry| entry.expect("an entry of the corpus").path())
        .map(|path| (path.display().to_string(), fs::read(&path).expect("a file of the corpus")))
        .collect();
    inputs.sort();
    inputs
}

/// One to three changes: a byte, a bit, a word that readers trip over, a cut, or a piece of another record.
fn mutate(bytes: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(out.len() + 1);
        match random.below(8) {
            0 | 1 if at < out.len() => out[at] = random.byte(),
            2 | 3 if at < out.len() => out[at] ^= 1 << random.below(8),
            4 | 5 if at + 4 <= out.len() => {
                let words = [0, 1, 8, 0x00ff_ffff, 0x7fff_ffff, 0x8000_0000, u32::MAX];
                out[at..at + 4].copy_from_slice(&random.pick(&words).to_le_bytes());
            }
            6 => out.truncate(at.max(random.below(out.len() + 1))),
            _ => {
                let from = random.below(other.len() + 1);
                let piece = other[from..].iter().take(random.below(24)).copied().collect::<Vec<u8>>();
                let end = (at + piece.len()).min(out.len());
                out.splice(at..end, piece);
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
