//! Events as JSON: one object, keys in a fixed order, nothing lost.
//!
//! Our own writer: a record becomes text without a tree in between. `serde_json` reads it back in the tests.
//! Text that is not UTF-8 becomes `{"hex":"..."}`, so that it is kept exactly and cannot be taken for other text.

use std::fmt::Write;

use crate::syscall::decode::{CallEvent, errno_name};
use crate::syscall::record::Origin;
use crate::value::{Unknown, Value};

/// Appends the event as one JSON object without a line end. `wall_offset_ns` is what to add to nanoseconds since
/// boot to get nanoseconds since 1970.
pub fn write_call(event: &CallEvent<'_>, wall_offset_ns: i64, out: &mut String) {
    let wall = wall_offset_ns.saturating_add(i64::try_from(event.time_ns).unwrap_or(i64::MAX));
    out.push_str("{\"timestamp\":\"");
    write_time(wall, out);
    put(out, format_args!("\",\"cpu\":{},\"seq\":{}", event.cpu, event.sequence));
    put(out, format_args!(",\"pid\":{},\"tid\":{}", event.process, event.thread));
    put(out, format_args!(",\"ppid\":{},\"uid\":{},\"gid\":{}", event.parent, event.user, event.group));
    out.push_str(",\"comm\":");
    write_text(event.command, out);
    out.push_str(",\"syscall\":");
    write_text(event.call.name.as_bytes(), out);
    put(out, format_args!(",\"abi\":\"{}\",\"args\":{{", event.call.abi.name()));
    for (index, (name, value)) in event.arguments.iter().enumerate() {
        out.push_str(if index == 0 { "" } else { "," });
        write_text(name.as_bytes(), out);
        out.push(':');
        write_value(value, out);
    }
    out.push('}');
    write_outcome(event, out);
    out.push('}');
}

fn write_outcome(event: &CallEvent<'_>, out: &mut String) {
    match event.result {
        Some(result) => put(out, format_args!(",\"ret\":{result}")),
        None => out.push_str(",\"ret\":null"),
    }
    match event.errno() {
        Some(errno) => put(out, format_args!(",\"errno\":\"{}\"", errno_name(errno))),
        None => out.push_str(",\"errno\":null"),
    }
    match event.duration_ns {
        Some(duration) => put(out, format_args!(",\"duration_ns\":{duration}")),
        None => out.push_str(",\"duration_ns\":null"),
    }
    out.push_str(",\"truncated\":[");
    for (index, cut) in event.cuts.iter().enumerate() {
        out.push_str(if index == 0 { "{\"arg\":" } else { ",{\"arg\":" });
        write_text(cut.name.as_bytes(), out);
        put(out, format_args!(",\"kept\":{}", cut.kept));
        match cut.length {
            Some(length) => put(out, format_args!(",\"length\":{length}}}")),
            None => out.push_str(",\"length\":null}"),
        }
    }
    out.push(']');
    write_unread(event, out);
    put(out, format_args!(",\"source\":\"{}\"", source(event.origin)));
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
            Unknown::Fault(errno) => put(out, format_args!(":\"{}\"", errno_name(*errno))),
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
pub fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Signed(number) | Value::Descriptor { number, path: None } => {
            put(out, format_args!("{number}"));
        }
        Value::Unsigned(number) => put(out, format_args!("{number}")),
        Value::Address(address) => put(out, format_args!("\"{address:#x}\"")),
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
            put(out, format_args!("{{\"fd\":{number},\"path\":"));
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
            put(out, format_args!("{byte:02x}"));
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
            control => put(out, format_args!("\\u{control:04x}")),
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
    put(out, format_args!("{year:04}-{month:02}-{day:02}T"));
    write_clock(second, out);
    put(out, format_args!(".{nanoseconds:09}Z"));
}

/// Appends the time of day in UTC with microseconds, `18:47:53.123456`.
pub fn write_time_of_day(wall_ns: i64, out: &mut String) {
    write_clock(wall_ns.div_euclid(1_000_000_000).rem_euclid(86_400), out);
    put(out, format_args!(".{:06}", wall_ns.rem_euclid(1_000_000_000) / 1000));
}

fn write_clock(second_of_day: i64, out: &mut String) {
    let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
    put(out, format_args!("{hour:02}:{minute:02}:{second:02}"));
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

fn put(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("writing to a String cannot fail");
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
