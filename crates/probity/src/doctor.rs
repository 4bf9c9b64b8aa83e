//! `probity doctor`: what this kernel allows, what is blind because of it, and what would help.
//!
//! It finds out by [`kernel::feature`], weighs by [`table`], and changes nothing on the host (but mounts tracefs where
//! that is missing, as `trace` does).

mod show;
mod surroundings;
mod table;

use bpf::Btf;
use kernel::facts::{self, BtfBytes, Capability, Privileges};
use kernel::feature::{self, Answer, Grounds, Step, Trial};

use crate::exit::{Exit, Failure};
use crate::report;
use surroundings::Fact;
use table::{Effect, FEATURES, Feature, Rung, SIGHTS, Sight};

/// Finds out, prints, and gives the exit code.
pub(crate) fn run(json: bool) -> Result<u8, Failure> {
    let findings = Findings::gather();
    let text = if json { show::json(&findings) } else { show::text(&findings, report::colours()) };
    report::output(&text)?;
    Ok(findings.verdict().exit().code())
}

/// Privileges without which something is not seen or cannot be tried.
const WANTED: &[Capability] =
    &[Capability::Bpf, Capability::Perfmon, Capability::NetAdmin, Capability::DacReadSearch];

/// What helps where the kernel has a feature and lets nobody use it.
const POLICY: &str =
    "another policy, since one forbids it here: lockdown=, a security module, or a filter of system calls";

/// What helps where a security hook's program is attached and never called.
const NOT_CALLED: &str = "the boot parameter lsm={modules}";

/// All that was found out.
struct Findings {
    facts: Vec<Fact>,
    /// Privileges that this process lacks.
    missing: Vec<Capability>,
    /// Active security modules, where they are known.
    modules: Option<String>,
    /// In the order of [`FEATURES`].
    answers: Vec<Answer>,
}

/// What all of it comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Nothing is blind.
    Whole,
    /// Something is.
    Blind,
    /// Nothing can work.
    Unusable,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Blind => "blind",
            Self::Unusable => "unusable",
        }
    }

    fn exit(self) -> Exit {
        match self {
            Self::Whole => Exit::Done,
            Self::Blind => Exit::Blind,
            Self::Unusable => Exit::Usage,
        }
    }
}

/// How well something can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// All of it.
    Whole,
    /// Not all of it.
    Partly,
    /// None of it.
    Blind,
    /// It could not be found out.
    Unknown,
}

impl Seen {
    fn word(self) -> &'static str {
        match self {
            Self::Whole => "ok",
            Self::Partly => "partly",
            Self::Blind => "blind",
            Self::Unknown => "unknown",
        }
    }
}

impl Findings {
    fn gather() -> Self {
        let bytes = BtfBytes::of_this_kernel().ok();
        let btf = bytes.as_ref().and_then(|bytes| Btf::parse(bytes.as_slice()).ok());
        let grounds = Grounds::new(btf.as_ref());
        drop(bytes);
        let trials: Vec<Trial> = FEATURES.iter().map(|feature| feature.trial).collect();
        let missing = Privileges::of_this_process().map(|privileges| privileges.missing(WANTED));
        Self {
            facts: surroundings::gather(),
            missing: missing.unwrap_or_default(),
            modules: facts::security_modules().ok(),
            answers: feature::try_all(&trials, &grounds),
        }
    }

    fn features(&self) -> impl Iterator<Item = (&'static Feature, &Answer)> {
        FEATURES.iter().zip(&self.answers)
    }

    fn feature(&self, trial: Trial) -> Option<(&'static Feature, &Answer)> {
        self.features().find(|(feature, _)| feature.trial == trial)
    }

    fn holds(&self, trial: Trial) -> bool {
        self.feature(trial).is_some_and(|(_, answer)| answer.holds())
    }

    fn unknown(&self, trial: Trial) -> bool {
        self.feature(trial).is_some_and(|(_, answer)| matches!(answer, Answer::Unknown(_)))
    }

    /// The best rung that holds.
    fn rung(&self, sight: &Sight) -> Option<&'static Rung> {
        sight.rungs.iter().find(|rung| self.holds(rung.trial))
    }

    fn seen(&self, sight: &Sight) -> Seen {
        match self.rung(sight) {
            Some(Rung { blind: "", .. }) => Seen::Whole,
            Some(_) => Seen::Partly,
            None if sight.rungs.iter().any(|rung| self.unknown(rung.trial)) => Seen::Unknown,
            None => Seen::Blind,
        }
    }

    /// What is blind of this; empty for nothing.
    fn blind(&self, sight: &Sight) -> &'static str {
        self.rung(sight).map_or(sight.without, |rung| rung.blind)
    }

    /// The rungs that would be better than the one that holds.
    fn better(&self, sight: &Sight) -> Vec<&'static Feature> {
        if self.blind(sight).is_empty() {
            return Vec::new();
        }
        let better = sight.rungs.iter().take_while(|rung| !self.holds(rung.trial));
        better.filter_map(|rung| self.feature(rung.trial)).map(|(feature, _)| feature).collect()
    }

    /// Features that do not hold and make something blind by themselves.
    fn needed(&self) -> impl Iterator<Item = (&'static Feature, &Answer, &'static str)> {
        let missing = self.features().filter(|(_, answer)| !answer.holds());
        missing.filter_map(|(feature, answer)| match feature.effect {
            Effect::Fatal(what) | Effect::Blind(what) => Some((feature, answer, what)),
            Effect::Costs(_) | Effect::Rung => None,
        })
    }

    fn verdict(&self) -> Verdict {
        let fatal = self.needed().any(|(feature, ..)| matches!(feature.effect, Effect::Fatal(_)));
        if fatal || SIGHTS.iter().any(|sight| sight.vital && self.rung(sight).is_none()) {
            Verdict::Unusable
        } else if SIGHTS.iter().any(|sight| self.seen(sight) != Seen::Whole) || self.needed().next().is_some()
        {
            Verdict::Blind
        } else {
            Verdict::Whole
        }
    }

    /// What an operator could change, with what is known of this host filled in.
    fn remedy(&self, feature: &Feature) -> String {
        let refusal = self.feature(feature.trial).and_then(|(_, answer)| answer.refusal());
        let remedy = match refusal {
            Some(refusal) if refusal.forbidden() => POLICY,
            Some(refusal) if refusal.step == Step::Run => NOT_CALLED,
            _ => feature.remedy,
        };
        let modules = match &self.modules {
            None => "...,bpf".to_owned(),
            Some(modules) if modules.split(',').any(|module| module == "bpf") => modules.clone(),
            Some(modules) if modules.is_empty() => "bpf".to_owned(),
            Some(modules) => format!("{modules},bpf"),
        };
        remedy.replace("{modules}", &modules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::feature::Refusal;

    /// Findings where these trials fail, `?` before those that could not be made.
    fn findings(failed: &[(Trial, bool)]) -> Findings {
        let refusal = Refusal { step: Step::Load, errno: Some(22), reason: "Invalid argument".to_owned() };
        let answer = |feature: &Feature| match failed.iter().find(|(trial, _)| *trial == feature.trial) {
            None => Answer::Yes,
            Some((_, true)) => Answer::Unknown(refusal.clone()),
            Some((_, false)) => Answer::No(refusal.clone()),
        };
        let answers = FEATURES.iter().map(answer).collect();
        Findings {
            facts: Vec::new(),
            missing: Vec::new(),
            modules: Some("yama,apparmor".to_owned()),
            answers,
        }
    }

    fn check(failed: &[Trial], verdict: Verdict, sight: &str, seen: Seen, rung: Option<Trial>) {
        let failed: Vec<_> = failed.iter().map(|trial| (*trial, false)).collect();
        let findings = findings(&failed);
        let sight = SIGHTS.iter().find(|row| row.name == sight).expect("a row of the table");
        assert_eq!(findings.verdict(), verdict);
        assert_eq!(findings.seen(sight), seen);
        assert_eq!(findings.rung(sight).map(|rung| rung.trial), rung);
        let json: serde_json::Value = serde_json::from_str(&show::json(&findings)).expect("JSON");
        assert_eq!(json["verdict"], verdict.word());
        let text = show::text(&findings, false);
        assert!(text.lines().all(|line| line.len() <= show::COLUMNS), "{text}");
    }

    #[test]
    fn the_best_rung_is_taken() {
        let calls = "system calls";
        check(&[], Verdict::Whole, calls, Seen::Whole, Some(Trial::TypedCalls));
        check(&[Trial::Kprobe, Trial::Loop], Verdict::Whole, calls, Seen::Whole, Some(Trial::TypedCalls));
        let typed = [Trial::TypedCalls];
        check(&typed, Verdict::Whole, calls, Seen::Whole, Some(Trial::RawCalls));
        let none_but_one = [Trial::TypedCalls, Trial::RawCalls, Trial::Fexit];
        check(&none_but_one, Verdict::Blind, calls, Seen::Partly, Some(Trial::Tracepoint));
        let none = [Trial::TypedCalls, Trial::RawCalls, Trial::Fexit, Trial::Tracepoint];
        check(&none, Verdict::Unusable, calls, Seen::Blind, None);
        check(&[Trial::RingBuffer], Verdict::Unusable, calls, Seen::Whole, Some(Trial::TypedCalls));
        let security = "security operations";
        check(&[Trial::Lsm], Verdict::Blind, security, Seen::Partly, Some(Trial::TypedCalls));
        let functions = "kernel functions";
        check(&[Trial::Kprobe, Trial::KprobeMulti], Verdict::Blind, functions, Seen::Blind, None);
    }

    #[test]
    fn the_table_says_what_is_blind_and_what_would_help() {
        let text = show::text(&findings(&[(Trial::Kprobe, false), (Trial::KprobeMulti, true)]), false);
        for expected in [
            "\n  ok     system calls                  tp_btf:sys_exit\n",
            "\n  ?      kernel functions              -\n",
            "\n  not known, because it could not be tried: kernel functions\n",
            "\n  no     kprobe                load: Invalid argument\n",
            "\n  ?      kprobe.multi          load: Invalid argument\n",
            "\n  Something is blind on this kernel; all else works. 28 of 30 features hold, 1 could not be tried.\n",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        let text = show::text(&findings(&[(Trial::Lsm, false)]), true);
        let remedy = "    > lsm: a kernel with CONFIG_BPF_LSM=y and CONFIG_FUNCTION_TRACER=y, booted with\n      \
                      lsm=yama,apparmor,bpf\n";
        assert!(text.contains(remedy), "{text}");
        assert!(text.contains("\u{1b}[33mpartly \u{1b}[0msecurity operations"), "{text}");
    }

    #[test]
    fn what_could_not_be_tried_is_not_called_missing() {
        let findings = findings(&[(Trial::CgroupConnect, true)]);
        let sight = SIGHTS.iter().find(|row| row.name == "blocking of connections").expect("a row");
        assert_eq!(findings.seen(sight), Seen::Unknown);
    }

    #[test]
    fn the_boot_parameter_keeps_the_modules_of_this_host() {
        let lsm = FEATURES.iter().find(|feature| feature.trial == Trial::Lsm).expect("a row");
        assert!(findings(&[]).remedy(lsm).ends_with("lsm=yama,apparmor,bpf"));
    }
}
