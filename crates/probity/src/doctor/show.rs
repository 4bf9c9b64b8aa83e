//! The findings as a table for people and as one JSON object for programs.

use std::fmt::Write;

use event::json::write_text;
use event::syscall::decode::errno_name;
use kernel::feature::{Answer, Refusal};

use super::surroundings::Value;
use super::table::{Effect, FEATURES, Feature, Group, SIGHTS, Sight};
use super::{Findings, Seen, Verdict};

/// Columns of a table: what a terminal that is not narrow has, with room for a quotation mark in a report.
pub(super) const COLUMNS: usize = 100;

/// Columns of a fact's name, and of the name of a feature.
const NAME_COLUMNS: usize = 21;
/// Columns of a mark and the space before it.
const MARK_COLUMNS: usize = 9;
/// The mark of what could not be tried.
const UNKNOWN_MARK: &str = "?";
/// Columns of the name of something to be seen.
const SIGHT_COLUMNS: usize = 29;

/// The findings for people; with colours if asked for.
pub(super) fn text(findings: &Findings, colours: bool) -> String {
    let mut page = Page { out: String::new(), colours };
    for fact in &findings.facts {
        let value = match &fact.value {
            Ok(value) => value.text(),
            Err(reason) => format!("unknown: {reason}"),
        };
        page.row(&format!("{:<NAME_COLUMNS$} ", fact.name), &value);
    }
    page.head("What can be seen");
    for sight in SIGHTS {
        let seen = findings.seen(sight);
        page.mark(if seen == Seen::Unknown { UNKNOWN_MARK } else { seen.word() });
        let by = match findings.rung(sight).and_then(|rung| findings.feature(rung.trial)) {
            Some((feature, _)) => feature.name,
            None => "-",
        };
        page.line(&format!("{:<SIGHT_COLUMNS$} {by}", sight.name));
    }
    blind(findings, &mut page);
    for group in Group::ALL {
        page.head(match group {
            Group::Descriptions => "What the kernel tells of itself",
            Group::Hooks => "Hooks, by attaching a program that does nothing",
            Group::Memory => "Shared memory, by making some",
            Group::Language => "What programs can do, by loading one",
        });
        for (feature, answer) in findings.features().filter(|(feature, _)| feature.group == group) {
            feature_row(feature, answer, &mut page);
        }
    }
    page.head("In short");
    page.row("  ", &summary(findings));
    page.out
}

fn feature_row(feature: &Feature, answer: &Answer, page: &mut Page) {
    page.mark(if matches!(answer, Answer::Unknown(_)) { UNKNOWN_MARK } else { answer_word(answer) });
    let head = format!("{:<NAME_COLUMNS$} ", feature.name);
    let more = match (answer.refusal(), feature.effect) {
        (None, _) => feature.purpose.to_owned(),
        (Some(refusal), Effect::Costs(cost)) => format!("{}; {cost}", words(refusal)),
        (Some(refusal), _) => words(refusal),
    };
    page.hanging(MARK_COLUMNS, &head, &more);
}

/// What is blind, and the ways out of it.
fn blind(findings: &Findings, page: &mut Page) {
    if !findings.missing.is_empty() {
        page.head("What this process may not do");
        page.row("  ", &missing_privileges(findings));
    }
    if findings.verdict() == Verdict::Whole {
        return;
    }
    page.head("What is blind, and what would help");
    let blind = |sight: &&Sight| matches!(findings.seen(sight), Seen::Partly | Seen::Blind);
    for sight in SIGHTS.iter().filter(blind) {
        page.row("  ", findings.blind(sight));
        for feature in findings.better(sight) {
            advice(findings, feature, page);
        }
    }
    for (feature, _, what) in findings.needed().filter(|(_, answer, _)| matches!(answer, Answer::No(_))) {
        page.row("  ", what);
        advice(findings, feature, page);
    }
    let unknown = SIGHTS.iter().filter(|sight| findings.seen(sight) == Seen::Unknown);
    let unknown: Vec<&str> = unknown.map(|sight| sight.name).collect();
    if !unknown.is_empty() {
        page.row("  ", &format!("not known, because it could not be tried: {}", unknown.join(", ")));
    }
}

fn advice(findings: &Findings, feature: &Feature, page: &mut Page) {
    let advice =
        if findings.unknown(feature.trial) { "not known".to_owned() } else { findings.remedy(feature) };
    page.row("    > ", &format!("{}: {advice}", feature.name));
}

fn missing_privileges(findings: &Findings) -> String {
    let names: Vec<&str> = findings.missing.iter().map(|capability| capability.name()).collect();
    let grant = names.join(",").to_ascii_lowercase();
    format!(
        "{} missing, so that not everything could be tried. Run it as root, or in a service with \
         AmbientCapabilities=, or once as root: setcap {grant}+ep FILE",
        names.join(" ")
    )
}

fn summary(findings: &Findings) -> String {
    let held = findings.answers.iter().filter(|answer| answer.holds()).count();
    let unknown = findings.answers.iter().filter(|answer| matches!(answer, Answer::Unknown(_))).count();
    let verdict = match findings.verdict() {
        Verdict::Whole => "Nothing is blind on this kernel.",
        Verdict::Blind => "Something is blind on this kernel; all else works.",
        Verdict::Unusable => "Nothing can be recorded here.",
    };
    let count = format!("{held} of {} features hold", FEATURES.len());
    if unknown == 0 {
        format!("{verdict} {count}.")
    } else {
        format!("{verdict} {count}, {unknown} could not be tried.")
    }
}

fn answer_word(answer: &Answer) -> &'static str {
    match answer {
        Answer::Yes => "ok",
        Answer::No(_) => "no",
        Answer::Unknown(_) => "unknown",
    }
}

fn words(refusal: &Refusal) -> String {
    format!("{}: {}", refusal.step.word(), refusal.reason)
}

/// Text that is being laid out.
struct Page {
    out: String,
    colours: bool,
}

impl Page {
    fn head(&mut self, text: &str) {
        let (bold, plain) = if self.colours { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
        put(&mut self.out, format_args!("\n{bold}{text}{plain}\n"));
    }

    fn line(&mut self, text: &str) {
        put(&mut self.out, format_args!("{text}\n"));
    }

    /// Two spaces and a word in its colour; the line goes on.
    fn mark(&mut self, word: &str) {
        let colour = match word {
            "ok" => "32",
            "blind" | "no" => "31",
            _ => "33",
        };
        let width = MARK_COLUMNS - 2;
        if self.colours {
            put(&mut self.out, format_args!("  \x1b[{colour}m{word:<width$}\x1b[0m"));
        } else {
            put(&mut self.out, format_args!("  {word:<width$}"));
        }
    }

    /// A head, and text beside it that is broken between words.
    fn row(&mut self, head: &str, text: &str) {
        self.hanging(0, head, text);
    }

    /// The same where so many columns of the line are taken.
    fn hanging(&mut self, taken: usize, head: &str, text: &str) {
        self.out.push_str(head);
        let indent = taken + head.len();
        let mut column = indent;
        for (place, word) in text.split_whitespace().enumerate() {
            if place > 0 && column + 1 + word.len() > COLUMNS {
                put(&mut self.out, format_args!("\n{:indent$}", ""));
                column = indent;
            } else if place > 0 {
                self.out.push(' ');
                column += 1;
            }
            self.out.push_str(word);
            column += word.len();
        }
        self.out.push('\n');
    }
}

/// The findings for programs: one object, whose keys stay.
pub(super) fn json(findings: &Findings) -> String {
    let mut out = String::from("{\"verdict\":");
    let verdict = findings.verdict();
    write_text(verdict.word().as_bytes(), &mut out);
    put(&mut out, format_args!(",\"exit_code\":{},\"kernel\":", verdict.exit().code()));
    object(&mut out, &findings.facts, |fact, out| {
        key(fact.key, out);
        match &fact.value {
            Ok(Value::Text(text)) => write_text(text.as_bytes(), out),
            Ok(Value::Word(word, _)) => write_text(word.as_bytes(), out),
            Ok(Value::Number(number, _)) => put(out, format_args!("{number}")),
            Ok(Value::Bytes(bytes)) => put(out, format_args!("{bytes}")),
            Err(_) => out.push_str("null"),
        }
    });
    out.push_str(",\"unknown\":");
    let unknown = findings.facts.iter().filter_map(|fact| Some((fact.key, fact.value.as_ref().err()?)));
    object(&mut out, unknown, |(name, reason), out| {
        key(name, out);
        write_text(reason.as_bytes(), out);
    });
    out.push_str(",\"missing_capabilities\":");
    list(&mut out, &findings.missing, |capability, out| write_text(capability.name().as_bytes(), out));
    out.push_str(",\"sights\":");
    list(&mut out, SIGHTS, |sight, out| json_sight(findings, sight, out));
    out.push_str(",\"features\":");
    list(&mut out, findings.features(), |(feature, answer), out| {
        json_feature(findings, feature, answer, out);
    });
    out.push_str("}\n");
    out
}

fn json_sight(findings: &Findings, sight: &Sight, out: &mut String) {
    let rung = findings.rung(sight).and_then(|rung| findings.feature(rung.trial));
    let fields = [
        ("name", Some(sight.name)),
        ("seen", Some(findings.seen(sight).word())),
        ("rung", rung.map(|(feature, _)| feature.name)),
        ("blind", Some(findings.blind(sight)).filter(|blind| !blind.is_empty())),
    ];
    out.push('{');
    for (name, value) in fields {
        key(name, out);
        json_option(value, out);
        out.push(',');
    }
    key("rungs", out);
    let rungs = sight.rungs.iter().filter_map(|rung| findings.feature(rung.trial));
    list(out, rungs, |(feature, _), out| write_text(feature.name.as_bytes(), out));
    out.push(',');
    key("would_help", out);
    list(out, findings.better(sight), |feature, out| write_text(findings.remedy(feature).as_bytes(), out));
    out.push('}');
}

fn json_feature(findings: &Findings, feature: &Feature, answer: &Answer, out: &mut String) {
    let refusal = answer.refusal();
    let (effect, without) = match feature.effect {
        Effect::Fatal(without) => ("fatal", Some(without)),
        Effect::Blind(without) => ("blind", Some(without)),
        Effect::Costs(without) => ("costs", Some(without)),
        Effect::Rung => ("rung", None),
    };
    let word = if answer.holds() { "yes" } else { answer_word(answer) };
    let remedy = findings.remedy(feature);
    let errno = refusal.and_then(|refusal| refusal.errno).map(errno_name);
    let fields = [
        ("name", Some(feature.name)),
        ("group", Some(feature.group.word())),
        ("holds", Some(word)),
        ("step", refusal.map(|refusal| refusal.step.word())),
        ("errno", errno.as_deref()),
        ("reason", refusal.map(|refusal| refusal.reason.as_str())),
        ("purpose", Some(feature.purpose)),
        ("effect", Some(effect)),
        ("without", without),
        ("remedy", Some(remedy.as_str())),
    ];
    object(out, fields, |(name, value), out| {
        key(name, out);
        json_option(value, out);
    });
}

fn json_option(value: Option<&str>, out: &mut String) {
    match value {
        Some(text) => write_text(text.as_bytes(), out),
        None => out.push_str("null"),
    }
}

fn key(name: &str, out: &mut String) {
    write_text(name.as_bytes(), out);
    out.push(':');
}

fn object<T>(out: &mut String, items: impl IntoIterator<Item = T>, write: impl FnMut(T, &mut String)) {
    out.push('{');
    separated(out, items, write);
    out.push('}');
}

fn list<T>(out: &mut String, items: impl IntoIterator<Item = T>, write: impl FnMut(T, &mut String)) {
    out.push('[');
    separated(out, items, write);
    out.push(']');
}

fn separated<T>(out: &mut String, items: impl IntoIterator<Item = T>, mut write: impl FnMut(T, &mut String)) {
    for (place, item) in items.into_iter().enumerate() {
        out.push_str(if place == 0 { "" } else { "," });
        write(item, out);
    }
}

fn put(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("writing to a String cannot fail");
}
