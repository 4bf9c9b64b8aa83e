//! Events as lines for people: one event a line, nothing in it that a terminal would act on.

use std::fmt::Write;

use crate::number::{write_hex, write_signed, write_unsigned};
use crate::symbol;
use crate::syscall::decode::{CallEvent, errno_name};
use crate::value::{Cut, Unknown, Value};

/// Bytes of one text or buffer that a line shows; what follows is counted, and whole in JSON.
pub const SHOWN_BYTES_MAX: usize = 256;

/// Bytes of a buffer that is not text that a line shows.
pub const SHOWN_BINARY_BYTES_MAX: usize = 64;

/// Elements of one list that a line shows; what follows is counted, and whole in JSON.
pub const SHOWN_ELEMENTS_MAX: usize = 32;

/// Appends `cat[1234] openat(dfd: AT_FDCWD, filename: "/etc/passwd", flags: O_RDONLY, mode: 0) = 3`.
pub fn write_call(event: &CallEvent<'_>, out: &mut String) {
    write_escaped(event.command, out);
    number(out, format_args!("[{}", event.process));
    if event.thread != event.process {
        number(out, format_args!("/{}", event.thread));
    }
    number(out, format_args!("] {}(", event.call.name));
    for (index, (name, value)) in event.arguments.iter().enumerate() {
        number(out, format_args!("{}{name}: ", if index == 0 { "" } else { ", " }));
        match value {
            Value::List(values) if *name == ENVIRONMENT => {
                number(out, format_args!("[{} strings]", values.len()));
            }
            value => write_value(value, out),
        }
        if let Some(cut) = event.cuts.iter().find(|cut| cut.name == *name) {
            write_cut(cut, out);
        }
    }
    out.push(')');
    write_result(event, out);
}

/// The parameter that every program has and few want to see: counted in a line, whole in JSON.
const ENVIRONMENT: &str = "envp";

fn write_result(event: &CallEvent<'_>, out: &mut String) {
    match (event.result, event.errno()) {
        (None, _) => out.push_str(" = ?"),
        (Some(_), Some(errno)) => number(out, format_args!(" = -{}", errno_name(errno))),
        (Some(_), None) => {
            out.push_str(" = ");
            write_value(&event.returned, out);
        }
    }
    if let Some(duration) = event.duration_ns {
        number(out, format_args!(" <{}.{:03} us>", duration / 1000, duration % 1000));
    }
}

fn write_cut(cut: &Cut, out: &mut String) {
    match cut.length {
        Some(length) => number(out, format_args!("... (kept {} of {length})", cut.kept)),
        None => number(out, format_args!("... (kept {})", cut.kept)),
    }
}

/// Appends one value: text quoted and escaped, bytes in hex unless they are all text.
pub fn write_value(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Signed(signed) => write_signed(*signed, out),
        Value::Unsigned(unsigned) => write_unsigned(*unsigned, out),
        Value::Address(address) => {
            out.push_str("0x");
            write_hex(*address, 1, out);
        }
        Value::Named { set, number } => symbol::write(set, *number, out),
        Value::Symbolic(text) => out.push_str(text),
        Value::Text(text) => write_quoted(text, out),
        Value::Bytes(bytes) => write_bytes(bytes, out),
        Value::List(values) => {
            out.push('[');
            for (index, value) in values.iter().take(SHOWN_ELEMENTS_MAX).enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_value(value, out);
            }
            if let Some(more) = values.len().checked_sub(SHOWN_ELEMENTS_MAX).filter(|&more| more > 0) {
                number(out, format_args!(", ... {more} more"));
            }
            out.push(']');
        }
        Value::Structure(fields) => {
            out.push('{');
            for (index, (name, value)) in fields.iter().enumerate() {
                number(out, format_args!("{}{name}: ", if index == 0 { "" } else { ", " }));
                write_value(value, out);
            }
            out.push('}');
        }
        Value::Descriptor { number: descriptor, path } => {
            number(out, format_args!("{descriptor}"));
            if let Some(path) = path {
                out.push('<');
                write_escaped(path, out);
                out.push('>');
            }
        }
        Value::Null => out.push_str("NULL"),
        Value::Unknown(Unknown::Fault(errno)) => number(out, format_args!("?{}", errno_name(*errno))),
        Value::Unknown(Unknown::CallFailed | Unknown::NotCaptured) => out.push('?'),
    }
}

fn write_quoted(text: &[u8], out: &mut String) {
    let shown = &text[..text.len().min(SHOWN_BYTES_MAX)];
    out.push('"');
    write_escaped(shown, out);
    out.push('"');
    if shown.len() < text.len() {
        number(out, format_args!("... ({} bytes)", text.len()));
    }
}

/// As text when it is text, else with every byte that is none escaped, and less of it.
fn write_bytes(bytes: &[u8], out: &mut String) {
    let printable = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t' | b'\r');
    if bytes.iter().all(printable) {
        write_quoted(bytes, out);
        return;
    }
    out.push('"');
    for byte in bytes.iter().take(SHOWN_BINARY_BYTES_MAX) {
        match byte {
            b'"' | b'\\' => number(out, format_args!("\\{}", char::from(*byte))),
            b' '..=b'~' => out.push(char::from(*byte)),
            other => number(out, format_args!("\\x{other:02x}")),
        }
    }
    out.push('"');
    if bytes.len() > SHOWN_BINARY_BYTES_MAX {
        number(out, format_args!("... ({} bytes)", bytes.len()));
    }
}

/// Appends text in which control characters, quotes, and bytes that are not UTF-8 are escaped.
pub fn write_escaped(text: &[u8], out: &mut String) {
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '"' | '\\' => {
                    out.push('\\');
                    out.push(character);
                }
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\r' => out.push_str("\\r"),
                // Directional marks reorder what a person sees (Unicode TR 36, bidirectional text spoofing).
                '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                    number(out, format_args!("\\u{{{:x}}}", u32::from(character)));
                }
                control if control.is_control() => {
                    number(out, format_args!("\\x{:02x}", u32::from(control)));
                }
                plain => out.push(plain),
            }
        }
        for byte in chunk.invalid() {
            number(out, format_args!("\\x{byte:02x}"));
        }
    }
}

fn number(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("writing to a String cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &Value<'_>, expected: &str) {
        let mut out = String::new();
        write_value(value, &mut out);
        assert_eq!(out, expected);
    }

    #[test]
    fn text_cannot_act_on_a_terminal() {
        check(&Value::Text(b"a\x1b[2J\n\"\\\xff\0"[..].into()), r#""a\x1b[2J\n\"\\\xff\x00""#);
        check(&Value::Text("\u{202e}txt".as_bytes().into()), r#""\u{202e}txt""#);
        check(&Value::Text("gr\u{fc}n".as_bytes().into()), "\"gr\u{fc}n\"");
    }

    #[test]
    fn values_in_their_forms() {
        check(&Value::Bytes(vec![0, 1, b'a', b'"'].into()), r#""\x00\x01a\"""#);
        check(&Value::Bytes(b"plain text\n"[..].into()), r#""plain text\n""#);
        check(&Value::Bytes(Vec::new().into()), "\"\"");
        check(&Value::Descriptor { number: 3, path: Some(b"/a b".to_vec()) }, "3</a b>");
        check(&Value::List(vec![Value::Signed(-1), Value::Null]), "[-1, NULL]");
        check(&Value::Unknown(Unknown::Fault(14)), "?EFAULT");
        check(&Value::Structure(vec![("a".to_owned(), Value::Address(16))]), "{a: 0x10}");
    }

    #[test]
    fn what_is_long_is_shown_in_part_and_counted() {
        let mut out = String::new();
        write_value(&Value::Text(vec![b'x'; SHOWN_BYTES_MAX + 1].into()), &mut out);
        assert!(out.ends_with("\"... (257 bytes)"), "{out}");
        let mut out = String::new();
        write_value(&Value::List(vec![Value::Signed(7); SHOWN_ELEMENTS_MAX + 2]), &mut out);
        assert!(out.ends_with("7, ... 2 more]"), "{out}");
    }
}
