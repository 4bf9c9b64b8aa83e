//! What was measured, as a table for people and as JSON for machines.

use std::fmt::Write;

/// What a number is held to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Bar {
    /// At most this.
    pub(crate) most: Option<f64>,
    /// At most this part of the peer's number.
    pub(crate) of_peer: Option<f64>,
}

/// One thing that was measured, several times for each tool.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Row {
    /// What it is.
    pub(crate) name: String,
    /// The unit of all its numbers.
    pub(crate) unit: &'static str,
    /// Ours.
    pub(crate) probity: Vec<f64>,
    /// The peer's, in the same order; empty without a peer.
    pub(crate) peer: Vec<f64>,
    /// What ours is held to.
    pub(crate) bar: Bar,
}

impl Row {
    /// A row without numbers.
    pub(crate) fn new(name: impl Into<String>, unit: &'static str, bar: Bar) -> Self {
        Self { name: name.into(), unit, bar, ..Self::default() }
    }

    /// Ours as a part of the peer's: of the medians, where the peer's is more than nothing.
    fn ratio(&self) -> Option<f64> {
        let peer = median(&self.peer).filter(|peer| *peer > 0.0)?;
        Some(median(&self.probity)? / peer)
    }

    /// Whether the bar holds; `None` where there is none, or not enough was measured to say.
    fn holds(&self) -> Option<bool> {
        let number = median(&self.probity)?;
        let most = self.bar.most.map(|most| Some(number <= most));
        let of_peer = self.bar.of_peer.map(|part| self.ratio().map(|ratio| ratio <= part));
        match (most, of_peer) {
            (None, None) => None,
            (Some(one), None) | (None, Some(one)) => one,
            (Some(Some(false)), _) | (_, Some(Some(false))) => Some(false),
            (Some(one), Some(other)) => one.and(other),
        }
    }
}

/// Adds one sample to each row, of the peer or of ours.
pub(crate) fn add(rows: &mut [Row], of_peer: bool, values: impl IntoIterator<Item = f64>) {
    for (row, value) in rows.iter_mut().zip(values) {
        let samples = if of_peer { &mut row.peer } else { &mut row.probity };
        samples.push(value);
    }
}

/// The middle of the numbers, or of the two in the middle.
pub(crate) fn median(numbers: &[f64]) -> Option<f64> {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted.get(sorted.len().checked_sub(1)? / 2)?, sorted.get(sorted.len() / 2)?);
    Some(f64::midpoint(*low, *high))
}

fn ends(numbers: &[f64]) -> Option<(f64, f64)> {
    let least = numbers.iter().copied().min_by(f64::total_cmp)?;
    let most = numbers.iter().copied().max_by(f64::total_cmp)?;
    Some((least, most))
}

/// A number with as many digits as a reader needs.
fn short(number: f64) -> String {
    if number.fract().abs() < f64::EPSILON || number.abs() >= 1000.0 {
        format!("{number:.0}")
    } else if number.abs() >= 100.0 {
        format!("{number:.1}")
    } else {
        format!("{number:.2}")
    }
}

fn cell(numbers: &[f64]) -> String {
    match (median(numbers), ends(numbers)) {
        (Some(middle), Some((least, most))) if numbers.len() > 1 => {
            format!("{} ({}..{})", short(middle), short(least), short(most))
        }
        (Some(middle), _) => short(middle),
        _ => "-".to_owned(),
    }
}

fn bar_text(row: &Row) -> String {
    let most = row.bar.most.map(|most| format!("<= {}", short(most)));
    let of_peer = row.bar.of_peer.map(|part| format!("<= {part} of peer"));
    let parts: Vec<String> = [most, of_peer].into_iter().flatten().collect();
    if parts.is_empty() { "-".to_owned() } else { parts.join(", ") }
}

fn verdict(row: &Row) -> &'static str {
    match (row.holds(), row.bar == Bar::default()) {
        (Some(true), _) => "yes",
        (Some(false), _) => "NO",
        (None, true) => "-",
        (None, false) => "unknown",
    }
}

/// The rows as a Markdown table with even columns: median (least..most).
pub(crate) fn table(rows: &[Row]) -> String {
    let head = ["what", "unit", "probity", "peer", "ratio", "bar", "holds"].map(str::to_owned);
    let mut lines = vec![head];
    for row in rows {
        lines.push([
            row.name.clone(),
            row.unit.to_owned(),
            cell(&row.probity),
            cell(&row.peer),
            row.ratio().map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.3}")),
            bar_text(row),
            verdict(row).to_owned(),
        ]);
    }
    let mut widths = [0; 7];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.len().max(*width);
        }
    }
    lines.insert(1, widths.map(|width| "-".repeat(width)));
    let mut out = String::new();
    for line in lines {
        for (cell, width) in line.iter().zip(widths) {
            put(&mut out, format_args!("| {cell:width$} "));
        }
        out.push_str("|\n");
    }
    out
}

/// All of it as one JSON object: `facts` are pairs of a name and a text.
pub(crate) fn json(facts: &[(&str, String)], rows: &[Row]) -> String {
    let mut out = String::from("{");
    for (name, text) in facts {
        put(&mut out, format_args!("\n{}:{},", quoted(name), quoted(text)));
    }
    out.push_str("\n\"rows\":[");
    for (index, row) in rows.iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        put(&mut out, format_args!("{{\"name\":{},\"unit\":{}", quoted(&row.name), quoted(row.unit)));
        put(&mut out, format_args!(",\"probity\":{}", samples(&row.probity)));
        put(&mut out, format_args!(",\"peer\":{}", samples(&row.peer)));
        put(&mut out, format_args!(",\"ratio\":{}", number(row.ratio())));
        put(&mut out, format_args!(",\"bar_most\":{}", number(row.bar.most)));
        put(&mut out, format_args!(",\"bar_of_peer\":{}", number(row.bar.of_peer)));
        let holds = row.holds().map_or_else(|| "null".to_owned(), |holds| holds.to_string());
        put(&mut out, format_args!(",\"holds\":{holds}}}"));
    }
    out.push_str("\n]}\n");
    out
}

fn samples(numbers: &[f64]) -> String {
    let Some(middle) = median(numbers) else {
        return "null".to_owned();
    };
    let all: Vec<String> = numbers.iter().map(|sample| number(Some(*sample))).collect();
    format!("{{\"median\":{},\"samples\":[{}]}}", number(Some(middle)), all.join(","))
}

fn number(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map_or_else(|| "null".to_owned(), |value| format!("{value:.4}"))
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            letter if letter.is_control() => put(&mut out, format_args!("\\u{:04x}", u32::from(letter))),
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a String cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(probity: &[f64], peer: &[f64], most: Option<f64>, of_peer: Option<f64>) -> Row {
        let bar = Bar { most, of_peer };
        Row { probity: probity.to_vec(), peer: peer.to_vec(), ..Row::new("start", "ms", bar) }
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn a_bar_holds_when_all_of_it_does() {
        for (most, of_peer, want) in [
            (None, None, None),
            (Some(5.0), None, Some(true)),
            (Some(4.9), None, Some(false)),
            (None, Some(0.5), Some(true)),
            (None, Some(0.4), Some(false)),
            (Some(5.0), Some(0.4), Some(false)),
            (Some(4.0), Some(0.5), Some(false)),
            (Some(5.0), Some(0.5), Some(true)),
        ] {
            assert_eq!(row(&[5.0], &[10.0], most, of_peer).holds(), want, "{most:?} {of_peer:?}");
        }
        assert_eq!(row(&[5.0], &[], Some(5.0), Some(0.5)).holds(), None, "half of a bar is no bar");
        assert_eq!(row(&[5.0], &[], Some(4.0), Some(0.5)).holds(), Some(false));
        assert_eq!(row(&[], &[], Some(4.0), None).holds(), None);
    }

    #[test]
    fn a_row_shows_middle_and_ends() {
        let rows = [row(&[1.0, 2.5, 3.0], &[10.0], Some(2.0), None), row(&[0.0], &[0.0], None, None)];
        assert_eq!(
            table(&rows),
            "| what  | unit | probity     | peer | ratio | bar  | holds |\n\
             | ----- | ---- | ----------- | ---- | ----- | ---- | ----- |\n\
             | start | ms   | 2.50 (1..3) | 10   | 0.250 | <= 2 | NO    |\n\
             | start | ms   | 0           | 0    | -     | -    | -     |\n"
        );
    }

    #[test]
    fn json_is_whole_and_escaped() {
        let facts = [("machine", "a \"b\"\n".to_owned())];
        assert_eq!(
            json(&facts, &[row(&[1.0], &[], None, Some(0.5))]),
            "{\n\"machine\":\"a \\\"b\\\"\\u000a\",\n\"rows\":[\n{\"name\":\"start\",\"unit\":\"ms\",\
             \"probity\":{\"median\":1.0000,\"samples\":[1.0000]},\"peer\":null,\"ratio\":null,\
             \"bar_most\":null,\"bar_of_peer\":0.5000,\"holds\":null}\n]}\n"
        );
    }
}
