//! Symbolic forms of numbers: flag sets, enumerations, and the few numbers with a syntax of their own.
//!
//! Names and values are those of the UAPI headers of Linux 7.2 for x86-64. A value of a newer kernel loses
//! nothing: bits and values without a name are written in hexadecimal.

// The tables are laid out by hand: one name per line would take five times as many lines.
#[rustfmt::skip]
pub mod file;
#[rustfmt::skip]
mod ioctl;
#[rustfmt::skip]
pub mod ipc;
#[rustfmt::skip]
pub mod memory;
#[rustfmt::skip]
pub mod network;
mod printer;
#[rustfmt::skip]
pub mod process;
#[rustfmt::skip]
pub mod security;
mod signal;
#[rustfmt::skip]
pub mod system;
#[rustfmt::skip]
pub mod time;

use std::fmt;

use printer::Printer;

/// Names for the values of one kind of number, such as the flags of `open`.
pub struct Set {
    /// Stable name for listings and documentation: `open_flags`.
    pub name: &'static str,
    form: Form,
}

impl Set {
    const fn flags(name: &'static str, flags: Flags) -> Self {
        Self { name, form: Form::Flags(flags) }
    }

    const fn values(name: &'static str, values: Names) -> Self {
        Self { name, form: Form::Values(values) }
    }

    const fn printer(name: &'static str, printer: Printer) -> Self {
        Self { name, form: Form::Printer(printer) }
    }
}

impl PartialEq for Set {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Set {}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Set({})", self.name)
    }
}

/// Appends the symbolic form of `value`, which has as many bytes as the number had and zeros above.
///
/// `O_WRONLY|O_CLOEXEC`, `SEEK_SET`, `0755`; what has no name is in hexadecimal, `PROT_READ|0x40000000`.
pub fn write(set: &Set, value: u64, out: &mut String) {
    match &set.form {
        Form::Flags(flags) => flags.write(value, out),
        Form::Values(names) => match names.name(value) {
            Some(name) => out.push_str(name),
            None => write_unnamed(value, out),
        },
        Form::Printer(printer) => printer.write(value, out),
    }
}

/// The symbolic form of `value` as text of its own; see [`write()`].
pub fn text(set: &Set, value: u64) -> String {
    let mut out = String::new();
    write(set, value, &mut out);
    out
}

enum Form {
    Flags(Flags),
    Values(Names),
    Printer(Printer),
}

/// How a set of flags is written: fields of several bits, then combinations, then single bits, then the rest.
struct Flags {
    /// What 0 is called if no field has a name for it.
    zero: &'static str,
    fields: &'static [Field],
    /// Bits and their name, which is written if all of them are set; combinations stand before their parts.
    masks: &'static [(u64, &'static str)],
    /// Bits that are a file mode and written in octal.
    octal: u64,
    /// A field that is written after the bits, such as the exit signal of `clone`.
    last: Option<Field>,
}

/// Some bits of a number which together are a value of their own. The names are of the value in its place,
/// not shifted.
struct Field {
    mask: u64,
    names: Names,
}

/// Names of values. An empty name is no name.
enum Names {
    /// The names of 0, 1, 2 and so on.
    Dense(&'static [&'static str]),
    /// Values and their names, ascending.
    Sparse(&'static [(u64, &'static str)]),
}

impl Flags {
    /// No names at all: what the tables start from.
    const NONE: Self = Self { zero: "0", fields: &[], masks: &[], octal: 0, last: None };

    fn write(&self, value: u64, out: &mut String) {
        let start = out.len();
        let mut rest = value;
        let mut taken = 0;
        for field in self.fields {
            // Where a wider field had a name, the zeros left of a narrower one are no value.
            if field.mask & taken == 0 {
                let left = field.write(rest, start, out);
                taken |= rest & !left;
                rest = left;
            }
        }
        for (mask, name) in self.masks {
            if rest & mask == *mask {
                push_part(name, start, out);
                rest &= !mask;
            }
        }
        if let Some(field) = &self.last {
            rest = field.write(rest, start, out);
        }
        if rest & self.octal != 0 {
            push_part("", start, out);
            write_octal(rest & self.octal, out);
            rest &= !self.octal;
        }
        if rest != 0 {
            push_part("", start, out);
            write_hexadecimal(rest, out);
        } else if out.len() == start {
            out.push_str(self.zero);
        }
    }
}

impl Field {
    /// Writes the field's value if it has a name; gives back the value without it.
    fn write(&self, value: u64, start: usize, out: &mut String) -> u64 {
        match self.names.name(value & self.mask) {
            Some(name) => {
                push_part(name, start, out);
                value & !self.mask
            }
            None => value,
        }
    }
}

impl Names {
    fn name(&self, value: u64) -> Option<&'static str> {
        let name = match self {
            Self::Dense(names) => names.get(usize::try_from(value).ok()?),
            Self::Sparse(pairs) => {
                let place = pairs.binary_search_by_key(&value, |(known, _)| *known).ok()?;
                pairs.get(place).map(|(_, name)| name)
            }
        };
        name.copied().filter(|name| !name.is_empty())
    }
}

/// Appends `|name`, or `name` where nothing was written since `start`.
fn push_part(name: &str, start: usize, out: &mut String) {
    if out.len() > start {
        out.push('|');
    }
    out.push_str(name);
}

/// A value without a name: small ones look the same in decimal, larger ones are most likely bits.
fn write_unnamed(value: u64, out: &mut String) {
    if value < 10 {
        write_decimal(value, out);
    } else {
        write_hexadecimal(value, out);
    }
}

fn write_decimal(value: u64, out: &mut String) {
    push(out, format_args!("{value}"));
}

fn write_hexadecimal(value: u64, out: &mut String) {
    push(out, format_args!("{value:#x}"));
}

/// A mode as shells and the C language write it: `0755`, and plain `0`.
fn write_octal(value: u64, out: &mut String) {
    let prefix = if value == 0 { "" } else { "0" };
    push(out, format_args!("{prefix}{value:o}"));
}

/// Appends formatted text.
pub(crate) fn push(out: &mut String, text: fmt::Arguments<'_>) {
    fmt::Write::write_fmt(out, text).expect("writing to a String cannot fail");
}

#[cfg(test)]
mod tests;
