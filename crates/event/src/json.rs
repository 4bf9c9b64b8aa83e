//! Events as JSON: one object, keys in a fixed order, nothing lost.
//!
//! Our own writer: a record becomes text without a tree in between. `serde_json` reads it back in the tests.
//! Text that is not UTF-8 becomes `{"hex":"..."}`, so that it is kept exactly and cannot be taken for other text.

use crate::number::{write_hex, write_padded, write_signed, write_unsigned};
use crate::symbol;
use crate::syscall::decode::{CallEvent, errno_name};
use crate::syscall::number::Abi;
use crate::syscall::record::Origin;
use crate::value::{Unknown, Value};

/// Appends the event as one JSON object without a line end. `wall_offset_ns` is what to add to nanoseconds since
/// boot to get nanoseconds since 1970.
pub fn write_call(event: &CallEvent<'_>, wall_offset_ns: i64, out: &mut String) {
    let wall = wall_offset_ns.saturating_add(i64::try_from(event.time_ns).unwrap_or(i64::MAX));
    out.push_str("{\"timestamp\":\"");
    write_time(wall, out);
    out.push_str("\",\"cpu\":");
    write_unsigned(u64::from(event.cpu), out);
    out.push_str(",\"seq\":");
    write_unsigned(event.sequence, out);
    for (key, number) in [
        (",\"pid\":", event.process),
        (",\"tid\":", event.thread),
        (",\"ppid\":", event.parent),
        (",\"uid\":", event.user),
        (",\"gid\":", event.group),
    ] {
        out.push_str(key);
        write_unsigned(u64::from(number), out);
    }
    out.push_str(",\"comm\":");
    write_text(event.command, out);
    out.push_str(&event.call.json_head);
    for (parameter, (_, value)) in event.call.parameters.iter().zip(&event.arguments) {
        out.push_str(&parameter.json_key);
        write_value(value, out);
    }
    out.push('}');
    write_outcome(event, out);
    out.push('}');
}

/// What stands between the thread's name and the arguments of each event of a call.
pub(crate) fn head(call: &str, abi: Abi) -> String {
    let mut head = ",\"syscall\":".to_owned();
    write_text(call.as_bytes(), &mut head);
    head.push_str(",\"abi\":\"");
    head.push_str(abi.name());
    head.push_str("\",\"args\":{");
    head
}

/// What stands before the value of a parameter.
pub(crate) fn key(index: usize, name: &str) -> String {
    let mut key = if index == 0 { String::new() } else { ",".to_owned() };
    write_text(name.as_bytes(), &mut key);
    key.push(':');
    key
}

fn write_outcome(event: &CallEvent<'_>, out: &mut String) {
    out.push_str(",\"ret\":");
    match event.result {
        Some(result) => write_signed(result, out),
        None => out.push_str("null"),
    }
    out.push_str(",\"errno\":");
    match event.errno() {
        Some(errno) => {
            out.push('"');
            out.push_str(&errno_name(errno));
            out.push('"');
        }
        None => out.push_str("null"),
    }
    out.push_str(",\"duration_ns\":");
    match event.duration_ns {
        Some(duration) => write_unsigned(duration, out),
        None => out.push_str("null"),
    }
    out.push_str(",\"truncated\":[");
    for (index, cut) in event.cuts.iter().enumerate() {
        out.push_str(if index == 0 { "{\"arg\":" } else { ",{\"arg\":" });
        write_text(cut.name.as_bytes(), out);
        out.push_str(",\"kept\":");
        write_unsigned(cut.kept, out);
        out.push_str(",\"length\":");
        match cut.length {
            Some(length) => write_unsigned(length, out),
            None => out.push_str("null"),
        }
        out.push('}');
    }
    out.push(']');
    write_unread(event, out);
    out.push_str(",\"source\":\"");
    out.push_str(source(event.origin));
    out.push('"');
}

/// Why values are null: only where there are any, `"unread":{"filename":"EFAULT"}`.
fn write_unread(event: &CallEvent<'_>, out: &mut String) {
    let unread = event.arguments.iter().filter_map(|(name, value)| match value {
        Value::Unknown(unknown) => Some((name, unknown)),
        _ => None,
    });
    let mut any = false;
    for (name, unknown) in unread {
        out.push_str(if any { "," } else { ",\"unread\":{" });
        any = true;
        write_text(name.as_bytes(), out);
        match unknown {
            Unknown::Fault(errno) => {
                out.push_str(":\"");
                out.push_str(&errno_name(*errno));
                out.push('"');
            }
            Unknown::CallFailed => out.push_str(":\"call failed\""),
            Unknown::NotCaptured => out.push_str(":\"not captured\""),
        }
    }
    out.push_str(if any { "}" } else { "" });
}

/// Where values behind pointers were read, as a word.
pub fn source(origin: Origin) -> &'static str {
    match origin {
        Origin::Exit => "user_at_exit",
        Origin::Enter => "user_at_enter",
        Origin::Exec => "kernel",
    }
}

/// Appends one value.
pub fn write_value(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Signed(number) | Value::Descriptor { number, path: None } => {
            write_signed(*number, out);
        }
        Value::Unsigned(number) => write_unsigned(*number, out),
        Value::Address(address) => {
            out.push_str("\"0x");
            write_hex(*address, 1, out);
            out.push('"');
        }
        Value::Named { set, number } => {
            // Names are letters, digits and signs that JSON does not escape.
            out.push('"');
            symbol::write(set, *number, out);
            out.push('"');
        }
        Value::Symbolic(text) => write_text(text.as_bytes(), out),
        Value::Text(text) | Value::Bytes(text) => write_text(text, out),
        Value::List(values) => {
            out.push('[');
            for (index, value) in values.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                write_value(value, out);
            }
            out.push(']');
        }
        Value::Structure(fields) => {
            out.push('{');
            for (index, (name, value)) in fields.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                write_text(name.as_bytes(), out);
                out.push(':');
                write_value(value, out);
            }
            out.push('}');
        }
        Value::Descriptor { number, path: Some(path) } => {
            out.push_str("{\"fd\":");
            write_signed(*number, out);
            out.push_str(",\"path\":");
            write_text(path, out);
            out.push('}');
        }
        Value::Null | Value::Unknown(_) => out.push_str("null"),
    }
}

/// Appends text as a JSON string, or as `{"hex":"..."}` when it is not UTF-8.
pub fn write_text(text: &[u8], out: &mut String) {
    let Ok(text) = str::from_utf8(text) else {
        out.push_str("{\"hex\":\"");
        for byte in text {
            write_hex(u64::from(*byte), 2, out);
        }
        out.push_str("\"}");
        return;
    };
    out.push('"');
    let mut plain = 0;
    for (place, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' && byte != 0x7f {
            continue;
        }
        out.push_str(text.get(plain..place).unwrap_or_default());
        plain = place + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\t' => out.push_str("\\t"),
            b'\r' => out.push_str("\\r"),
            control => {
                out.push_str("\\u");
                write_hex(u64::from(control), 4, out);
            }
        }
    }
    out.push_str(text.get(plain..).unwrap_or_default());
    out.push('"');
}

/// Appends nanoseconds since 1970 as RFC 3339 in UTC, `2026-11-20T18:47:53.123456789Z`.
pub fn write_time(wall_ns: i64, out: &mut String) {
    let (seconds, nanoseconds) = (wall_ns.div_euclid(1_000_000_000), wall_ns.rem_euclid(1_000_000_000));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    write_part(year, 4, out);
    out.push('-');
    write_part(month, 2, out);
    out.push('-');
    write_part(day, 2, out);
    out.push('T');
    write_clock(second, out);
    out.push('.');
    write_part(nanoseconds, 9, out);
    out.push('Z');
}

/// Appends the time of day in UTC with microseconds, `18:47:53.123456`.
pub fn write_time_of_day(wall_ns: i64, out: &mut String) {
    write_clock(wall_ns.div_euclid(1_000_000_000).rem_euclid(86_400), out);
    out.push('.');
    write_part(wall_ns.rem_euclid(1_000_000_000) / 1000, 6, out);
}

fn write_clock(second_of_day: i64, out: &mut String) {
    write_part(second_of_day / 3600, 2, out);
    out.push(':');
    write_part(second_of_day / 60 % 60, 2, out);
    out.push(':');
    write_part(second_of_day % 60, 2, out);
}

fn write_part(part: i64, width: usize, out: &mut String) {
    write_padded(part.unsigned_abs(), width, out);
}

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar: counts in eras of 400
/// years that start on 1 March, so that the leap day is the last of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339() {
        let rows = [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (951_827_696_000_000_007, "2000-02-29T12:34:56.000000007Z"),
            (1_795_200_473_123_456_789, "2026-11-20T18:47:53.123456789Z"),
            (-1, "1969-12-31T23:59:59.999999999Z"),
            (4_107_542_399_000_000_000, "2100-02-28T23:59:59.000000000Z"),
        ];
        for (wall, expected) in rows {
            let mut out = String::new();
            write_time(wall, &mut out);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn text_reads_back_as_what_it_was() {
        let rows: [&[u8]; 5] =
            [b"plain", b"\"\\\n\r\t\0\x1f\x7f", "gr\u{fc}n \u{1f600}".as_bytes(), b"", b"/"];
        for text in rows {
            let mut out = String::new();
            write_text(text, &mut out);
            let read: String = serde_json::from_str(&out).expect("valid JSON");
            assert_eq!(read.as_bytes(), text);
        }
        let mut out = String::new();
        write_text(b"a\xff", &mut out);
        assert_eq!(out, r#"{"hex":"61ff"}"#);
    }
}
