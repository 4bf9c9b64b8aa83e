//! `probity trace --list`: every call that can be recorded, its parameters, and how each of them is shown.

use std::fmt::Write;
use std::path::Path;

use event::json::write_text;
use event::syscall::call::{Call, CallParameter, Structures};
use event::syscall::number;
use event::syscall::shape::{Scalar, Shape, When};
use kernel::facts;

use crate::calls::{self, Wanted};
use crate::exit::Failure;
use crate::host::{Described, fact_failure};
use crate::report;

/// Prints them, one line each.
pub(crate) fn run(json: bool) -> Result<u8, Failure> {
    let wanted: Vec<Wanted> = calls::every().collect();
    let tracefs = facts::tracefs().map_err(|error| fact_failure(&error))?;
    // What a structure holds is not listed, so that its layout need not be known.
    let described = Described::read(&wanted)?.calls(&Structures::new());
    let mut out = String::new();
    for call in &described {
        let presence = Presence::of(&tracefs, call);
        if json {
            write_json(call, presence, &mut out);
        } else {
            write_line(call, presence, &mut out);
        }
        out.push('\n');
    }
    report::output(&out)?;
    Ok(0)
}

/// Whether this kernel has a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    /// It has a tracepoint for it, or for the 64-bit call that does the same.
    Here,
    /// Other kernels have one, this one does not: the call is left out of its configuration, or older or newer.
    Missing,
    /// No kernel has a tracepoint for it, so that nothing tells.
    Untold,
}

impl Presence {
    fn of(tracefs: &Path, call: &Call) -> Self {
        let Some(name) = number::tracepoint_name(call.abi, &call.name) else { return Self::Untold };
        let place = tracefs.join("events/syscalls").join(format!("sys_enter_{name}"));
        if place.exists() { Self::Here } else { Self::Missing }
    }
}

/// `x86_64 257 openat specialised (int dfd: fd, const char *filename: path, ...) = fd`.
fn write_line(call: &Call, presence: Presence, out: &mut String) {
    let (abi, detail) = (call.abi.name(), call.detail.name());
    put(out, format_args!("{abi:<6} {:>3} {:<24} {detail:<11} (", call.number, call.name));
    for (place, parameter) in call.parameters.iter().enumerate() {
        let shown = shown(call, parameter);
        let (c_type, name) = (&parameter.c_type, &parameter.name);
        let gap = if c_type.ends_with('*') { "" } else { " " };
        put(out, format_args!("{}{c_type}{gap}{name}: {shown}", if place == 0 { "" } else { ", " }));
    }
    put(out, format_args!(") = {}", scalar(call, call.returns)));
    if presence == Presence::Missing {
        out.push_str("  not in this kernel");
    }
}

fn write_json(call: &Call, presence: Presence, out: &mut String) {
    put(out, format_args!("{{\"abi\":\"{}\",\"number\":{},\"name\":", call.abi.name(), call.number));
    write_text(call.name.as_bytes(), out);
    let in_kernel = match presence {
        Presence::Here => "true",
        Presence::Missing => "false",
        Presence::Untold => "null",
    };
    put(out, format_args!(",\"serializer\":\"{}\",\"in_this_kernel\":{in_kernel}", call.detail.name()));
    out.push_str(",\"parameters\":[");
    for (place, parameter) in call.parameters.iter().enumerate() {
        out.push_str(if place == 0 { "{\"name\":" } else { ",{\"name\":" });
        write_text(parameter.name.as_bytes(), out);
        out.push_str(",\"type\":");
        write_text(parameter.c_type.as_bytes(), out);
        out.push_str(",\"shown\":");
        write_text(shown(call, parameter).as_bytes(), out);
        put(out, format_args!(",\"direction\":\"{}\"}}", direction(parameter.meaning.when)));
    }
    out.push_str("],\"returns\":");
    write_text(scalar(call, call.returns).as_bytes(), out);
    out.push('}');
}

/// When the memory behind a parameter is read; a plain number goes in.
fn direction(when: When) -> &'static str {
    match when {
        When::In => "in",
        When::Out => "out",
        When::InOut => "inout",
    }
}

/// How a parameter is shown, in a word or two.
fn shown(call: &Call, parameter: &CallParameter) -> String {
    match parameter.meaning.shape {
        Shape::Number(number) | Shape::Pointed(number) | Shape::Chosen { otherwise: number, .. } => {
            scalar(call, number)
        }
        Shape::Array { element, .. } => format!("{} list", scalar(call, element)),
        Shape::Path => "path".to_owned(),
        Shape::Text => "text".to_owned(),
        Shape::TextArray => "text list".to_owned(),
        Shape::SocketAddress { .. } => "sockaddr".to_owned(),
        Shape::Bytes { .. } => "bytes".to_owned(),
        Shape::Vector { .. } => "iovec".to_owned(),
        Shape::Message { .. } => "msghdr".to_owned(),
        Shape::Messages { .. } => "mmsghdr list".to_owned(),
        Shape::QueueMessage { .. } => "struct msgbuf".to_owned(),
        Shape::Structure { name, .. } => format!("struct {name}"),
        Shape::Structures { name, .. } => format!("struct {name} list"),
        Shape::FdSet { .. } => "fd_set".to_owned(),
    }
}

fn scalar(call: &Call, scalar: Scalar) -> String {
    match scalar {
        Scalar::Signed(_) | Scalar::Unsigned(_) => "number".to_owned(),
        Scalar::Address => "address".to_owned(),
        Scalar::Fd => "fd".to_owned(),
        Scalar::Symbol { set, .. } => set.name.to_owned(),
        Scalar::Depends { on, .. } => {
            let decides = call.parameters.get(usize::from(on)).map_or("another", |decides| &decides.name);
            format!("by {decides}")
        }
        Scalar::Nothing => "nothing".to_owned(),
    }
}

fn put(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("writing to a String cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::syscall::number::Abi;
    use event::syscall::shape::Declared;

    fn check(name: &str, declared: &[(&str, &str)], presence: Presence, expected: &str) {
        let declared: Vec<Declared<'_>> =
            declared.iter().map(|(c_type, name)| Declared { c_type, name }).collect();
        let number = number::number(Abi::X86_64, name).expect("a call");
        let call = Call::describe(Abi::X86_64, number, name, &declared, &Structures::new());
        let mut line = String::new();
        write_line(&call, presence, &mut line);
        assert_eq!(line, expected);
        let mut json = String::new();
        write_json(&call, presence, &mut json);
        let read: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(read["name"], name);
        assert_eq!(read["parameters"].as_array().map(Vec::len), Some(declared.len()));
    }

    #[test]
    fn a_line_tells_how_each_parameter_is_shown() {
        check(
            "openat",
            &[("int", "dfd"), ("const char *", "filename"), ("int", "flags"), ("umode_t", "mode")],
            Presence::Here,
            "x86_64 257 openat                   specialised \
             (int dfd: fd, const char *filename: path, int flags: open_flags, umode_t mode: mode) = fd",
        );
        check(
            "uselib",
            &[("const char *", "library")],
            Presence::Missing,
            "x86_64 134 uselib                   generic     (const char *library: text) = number  not in this kernel",
        );
        check(
            "fcntl",
            &[("unsigned int", "fd"), ("unsigned int", "cmd"), ("unsigned long", "arg")],
            Presence::Untold,
            "x86_64  72 fcntl                    specialised \
             (unsigned int fd: fd, unsigned int cmd: fcntl_command, unsigned long arg: by cmd) = number",
        );
    }
}
