//! Which system calls the user means: names to numbers of both ABIs, and near names for those that do not exist.

use std::collections::BTreeSet;

use event::syscall::number::{self, Abi};

use crate::exit::{Exit, Failure};

/// Stands for every call.
pub(crate) const ALL: &str = "all";

/// One call to trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wanted {
    /// Which call table.
    pub(crate) abi: Abi,
    /// Number in it.
    pub(crate) number: u16,
    /// Name in it.
    pub(crate) name: &'static str,
}

/// The calls with these names, of both ABIs, each once. The kernel's own name of a call (`newstat`) will do too.
pub(crate) fn select(names: &[String]) -> Result<Vec<Wanted>, Failure> {
    let mut selected = BTreeSet::new();
    for name in names {
        let mut found: Vec<Wanted> = if name == ALL { every().collect() } else { named(name).collect() };
        if found.is_empty() {
            found = named_by_kernel(name).collect();
        }
        if found.is_empty() {
            return Err(Failure::new(Exit::UnknownCall, unknown(name)));
        }
        selected.extend(found);
    }
    Ok(selected.into_iter().collect())
}

/// Every call of both ABIs.
pub(crate) fn every() -> impl Iterator<Item = Wanted> {
    Abi::ALL
        .into_iter()
        .flat_map(|abi| number::all(abi).map(move |(number, name)| Wanted { abi, number, name }))
}

fn named(name: &str) -> impl Iterator<Item = Wanted> {
    every().filter(move |call| call.name == name)
}

/// Calls whose tracepoint has this name: the kernel's own word for them.
fn named_by_kernel(name: &str) -> impl Iterator<Item = Wanted> {
    every().filter(move |call| number::tracepoint_name(call.abi, call.name).is_some_and(|own| own == name))
}

fn unknown(name: &str) -> String {
    let near = nearest(name);
    let advice = if near.is_empty() {
        "`probity trace --list` shows all".to_owned()
    } else {
        format!("did you mean {}?", near.join(", "))
    };
    format!("no system call is named `{}`: {advice}", name.escape_debug())
}

/// Names of calls that a slip could have made into `name`, best first.
fn nearest(name: &str) -> Vec<&'static str> {
    let names: BTreeSet<&'static str> = every().map(|call| call.name).collect();
    let mut scored: Vec<(usize, &'static str)> = names
        .into_iter()
        .map(|known| (distance(name, known), known))
        .filter(|(score, known)| *score <= SLIPS_MAX.min(known.len() / 2))
        .collect();
    scored.sort_unstable();
    scored.into_iter().take(NEAREST_MAX).map(|(_, known)| known).collect()
}

/// Slips between two names; one that the other begins with counts as one.
fn distance(name: &str, known: &str) -> usize {
    let slips = strsim::damerau_levenshtein(name, known);
    if name.len() > 2 && known.starts_with(name) { slips.min(1) } else { slips }
}

/// Slips that still look like the same word.
const SLIPS_MAX: usize = 3;
/// Names that are offered.
const NEAREST_MAX: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &str, expected: &str) {
        let names: Vec<String> = names.split(',').map(str::to_owned).collect();
        let found = match select(&names) {
            Ok(calls) => {
                let calls =
                    calls.iter().map(|call| format!("{}:{}:{}", call.abi.name(), call.number, call.name));
                calls.collect::<Vec<_>>().join(" ")
            }
            Err(failure) => failure.message,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_name_means_the_call_of_both_abis() {
        check("openat", "x86_64:257:openat i386:295:openat");
        check("openat,openat", "x86_64:257:openat i386:295:openat");
        check("socketcall", "i386:102:socketcall");
        check(
            "arch_prctl,statx",
            "x86_64:158:arch_prctl x86_64:332:statx i386:383:statx i386:384:arch_prctl",
        );
    }

    #[test]
    fn the_kernels_own_names_will_do() {
        check("newuname", "x86_64:63:uname i386:122:uname");
    }

    #[test]
    fn a_slip_gets_near_names() {
        check("opnat", "no system call is named `opnat`: did you mean openat, openat2, linkat?");
        check(
            "foo\u{1b}zzzzzzz",
            "no system call is named `foo\\u{1b}zzzzzzz`: `probity trace --list` shows all",
        );
    }

    #[test]
    fn all_is_every_call() {
        let all = select(&[ALL.to_owned()]).map(|calls| calls.len());
        assert!(all.is_ok_and(|count| count > 750), "both tables");
    }
}
