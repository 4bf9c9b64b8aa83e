//! Names that look like one that is missing, so that an error can offer them.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use crate::limits::{KALLSYMS_BYTES_MAX, NEAR_NAMES_MAX, SYMBOL_BYTES_MAX};

/// Letters of a name for each one that may be wrong in it.
const LETTERS_PER_MISTAKE: usize = 3;

/// The names that are nearest to a wanted one, of all that were offered.
#[derive(Debug)]
pub(crate) struct Near<'a> {
    wanted: &'a str,
    /// By distance, then by name; each name once.
    best: BTreeSet<(usize, String)>,
}

impl<'a> Near<'a> {
    pub(crate) fn new(wanted: &'a str) -> Self {
        Self { wanted, best: BTreeSet::new() }
    }

    /// Takes a name into account.
    pub(crate) fn offer(&mut self, name: &[u8]) {
        let worst = match self.best.last() {
            Some((distance, _)) if self.best.len() >= NEAR_NAMES_MAX => *distance,
            // A third of the letters wrong is another name.
            _ => self.wanted.len() / LETTERS_PER_MISTAKE + 1,
        };
        // Each letter more or less is a step, so most names are not worth a comparison.
        if name.is_empty() || name.len() > SYMBOL_BYTES_MAX || name.len().abs_diff(self.wanted.len()) > worst
        {
            return;
        }
        let Ok(name) = str::from_utf8(name) else { return };
        let distance = strsim::osa_distance(self.wanted, name);
        if distance < worst {
            self.best.insert((distance, name.to_owned()));
            if self.best.len() > NEAR_NAMES_MAX {
                self.best.pop_last();
            }
        }
    }

    /// The nearest first.
    pub(crate) fn names(self) -> Vec<String> {
        self.best.into_iter().map(|(_, name)| name).collect()
    }
}

/// Functions of the running kernel with a name like this; none where their names are hidden.
pub(crate) fn near_in_kernel(wanted: &str) -> Vec<String> {
    let mut near = Near::new(wanted);
    if wanted.len() <= SYMBOL_BYTES_MAX
        && let Ok(file) = File::open("/proc/kallsyms")
    {
        let lines = BufReader::new(file.take(KALLSYMS_BYTES_MAX)).split(b'\n');
        for line in lines.map_while(Result::ok) {
            // Address, kind, name and, after a tab, the module.
            let mut words = line.split(u8::is_ascii_whitespace);
            if words.nth(1).is_some_and(|kind| kind.eq_ignore_ascii_case(b"t")) {
                near.offer(words.next().unwrap_or_default());
            }
        }
    }
    near.names()
}

/// What an error says of near names: nothing, or a question at the end of its sentence.
pub(crate) fn near_text(near: &[String]) -> String {
    let quoted: Vec<_> = near.iter().map(|name| format!("`{name}`")).collect();
    if quoted.is_empty() { String::new() } else { format!("; did you mean {}?", quoted.join(" or ")) }
}

#[cfg(test)]
mod tests {
    use super::{Near, near_text};

    fn check(wanted: &str, names: &[&str], near: &[&str]) {
        let mut found = Near::new(wanted);
        for name in names {
            found.offer(name.as_bytes());
        }
        assert_eq!(found.names(), near, "{wanted}");
    }

    #[test]
    fn near_names_are_few_and_the_nearest_first() {
        check(
            "readlin",
            &["readline", "writeline", "main", "readlink", "reading", "reedlin"],
            &["readline", "readlink", "reedlin"],
        );
        check(
            "readline",
            &["a", "realine", "readlines", "eadlines", "readline_"],
            &["readline_", "readlines", "realine"],
        );
        check("readlinee", &["readline", "readline"], &["readline"]);
        check("x", &["y", "readline"], &[]);
        check("", &["y", ""], &[]);
    }

    #[test]
    fn near_names_are_a_question() {
        assert_eq!(near_text(&[]), "");
        assert_eq!(near_text(&["a".to_owned(), "b".to_owned()]), "; did you mean `a` or `b`?");
    }
}
