//! Reader of the `format` text that tracefs has for each tracepoint: which fields its record holds and where.
//!
//! Source: `Documentation/trace/events.rst`, section 2.2, and `kernel/trace/trace_events.c`. The text of a type is
//! kept as it is written; what a `typedef` in it means only BTF knows. The `print fmt` is not taken apart.

use std::error::Error;
use std::fmt;

/// Longest format text that is read. The longest of Linux 6.18 has 5,600 bytes.
pub const FORMAT_BYTES_MAX: usize = 256 * 1024;
/// Fields of one tracepoint at most. Linux 6.18 has up to 24.
pub const FIELDS_MAX: usize = 512;

/// One tracepoint's format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// The tracepoint, such as `sys_enter_openat`.
    pub name: String,
    /// The number that `perf_event_open` wants.
    pub id: u64,
    /// The fields that every tracepoint has; their names begin with `common_`.
    pub common: Vec<Field>,
    /// The tracepoint's own fields.
    pub fields: Vec<Field>,
    /// The text behind `print fmt:`, which may have several lines.
    pub print: String,
}

/// One field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type as written, without the length of an array: `const char *`, `__data_loc char[]`.
    pub type_text: String,
    /// Bytes from the start of the record.
    pub offset: u32,
    /// Bytes in the record; for [`Shape::DataLoc`] and [`Shape::RelLoc`], of the reference: 4.
    pub bytes: u32,
    /// Whether the kernel calls the type signed.
    pub signed: bool,
    /// How the bytes are to be read.
    pub shape: Shape,
}

/// How a field holds its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A number of `bytes` bytes.
    Scalar,
    /// An address.
    Pointer,
    /// An array in the record.
    Array {
        /// How many elements, if the text tells by a number; `bytes` tells the rest.
        count: Option<u32>,
    },
    /// A reference to an array at the end of the record: length << 16 | offset from the record's start.
    DataLoc {
        /// The type of an element, such as `char`.
        element: String,
    },
    /// A reference like [`Shape::DataLoc`], but the offset counts from the end of this field. Linux 5.17.
    RelLoc {
        /// The type of an element, such as `char`.
        element: String,
    },
}

impl Format {
    /// Reads the text of a `format` file.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        if text.len() > FORMAT_BYTES_MAX {
            return Err(FormatError::TooLong { bytes: text.len() });
        }
        let (head, print) = split_print(text);
        let mut format = Parts::default();
        for (line, number) in head.lines().zip(1..) {
            format.read_line(line.trim(), number)?;
        }
        Ok(Self {
            name: format.name.ok_or(FormatError::Missing { what: "name:" })?,
            id: format.id.ok_or(FormatError::Missing { what: "ID:" })?,
            common: format.common,
            fields: format.fields,
            print: print.to_owned(),
        })
    }

    /// The field of this name, common ones included.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().chain(&self.common).find(|field| field.name == name)
    }

    /// The parameters of a system call, for the tracepoints of category `syscalls`: the fields after
    /// `__syscall_nr`. Linux 7.0 adds copies of what pointers point to (`__pathname_val`), which a program must not
    /// touch; their names begin with `__`.
    pub fn syscall_parameters(&self) -> impl Iterator<Item = &Field> {
        let after = self.fields.iter().skip_while(|field| field.name != "__syscall_nr");
        after.filter(|field| !field.name.starts_with("__"))
    }
}

/// What the lines gave so far.
#[derive(Default)]
struct Parts {
    name: Option<String>,
    id: Option<u64>,
    common: Vec<Field>,
    fields: Vec<Field>,
}

impl Parts {
    fn read_line(&mut self, text: &str, line: u32) -> Result<(), FormatError> {
        if let Some(name) = text.strip_prefix("name:") {
            self.name = Some(name.trim().to_owned());
        } else if let Some(id) = text.strip_prefix("ID:") {
            self.id = Some(id.trim().parse().map_err(|_source| FormatError::Number { line, what: "ID:" })?);
        } else if let Some(declaration) = text.strip_prefix("field:") {
            if self.common.len() + self.fields.len() >= FIELDS_MAX {
                return Err(FormatError::TooManyFields { line });
            }
            let field = Field::parse(declaration, line)?;
            let list = if field.name.starts_with("common_") { &mut self.common } else { &mut self.fields };
            list.push(field);
        } else if !text.is_empty() && text != "format:" {
            return Err(FormatError::Line { line, text: shorten(text) });
        }
        Ok(())
    }
}

impl Field {
    /// Reads what follows `field:`, such as `char comm[16]; offset:8; size:16; signed:0;`.
    fn parse(text: &str, line: u32) -> Result<Self, FormatError> {
        let place = text.find(";\toffset:").or_else(|| text.find("; offset:"));
        let (declaration, rest) = text.split_at(place.ok_or(FormatError::Number { line, what: "offset:" })?);
        let offset = attribute(rest, "offset:").ok_or(FormatError::Number { line, what: "offset:" })?;
        let bytes = attribute(rest, "size:").ok_or(FormatError::Number { line, what: "size:" })?;
        let signed = attribute(rest, "signed:").ok_or(FormatError::Number { line, what: "signed:" })? != 0;
        offset.checked_add(bytes).ok_or(FormatError::Number { line, what: "size:" })?;
        let declaration = Declaration::parse(declaration.trim());
        let Declaration { type_text, name, shape } =
            declaration.ok_or_else(|| FormatError::Declaration { line, text: shorten(text) })?;
        Ok(Self { name, type_text, offset, bytes, signed, shape })
    }
}

/// A C declaration of one field.
struct Declaration {
    type_text: String,
    name: String,
    shape: Shape,
}

impl Declaration {
    fn parse(text: &str) -> Option<Self> {
        // `char comm[16]`: the brackets at the end are of the name; those in `__data_loc char[] name` are not.
        let (rest, brackets) = match text.find('[') {
            Some(open) if text.ends_with(']') => (text.get(..open)?, text.get(open..)?),
            _ => (text, ""),
        };
        let rest = rest.trim_end();
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let name = rest.get(rest.trim_end_matches(is_part).len()..)?;
        let type_text = rest.get(..rest.len() - name.len())?.trim();
        if name.is_empty() || type_text.is_empty() {
            return None;
        }
        let shape = Self::shape(type_text, brackets);
        Some(Self { type_text: type_text.to_owned(), name: name.to_owned(), shape })
    }

    fn shape(type_text: &str, brackets: &str) -> Shape {
        let element = |text: &str| text.trim().trim_end_matches("[]").trim().to_owned();
        if let Some(text) = type_text.strip_prefix("__data_loc ") {
            Shape::DataLoc { element: element(text) }
        } else if let Some(text) = type_text.strip_prefix("__rel_loc ") {
            Shape::RelLoc { element: element(text) }
        } else if !brackets.is_empty() {
            Shape::Array { count: count(brackets) }
        } else if type_text.contains('*') {
            Shape::Pointer
        } else {
            Shape::Scalar
        }
    }
}

/// The elements of `[2][16]`: 32; of `[]`: 0; of `[TASK_COMM_LEN]`: unknown.
fn count(brackets: &str) -> Option<u32> {
    if brackets == "[]" {
        return Some(0);
    }
    let inner = brackets.strip_prefix('[')?.strip_suffix(']')?;
    let mut count: u32 = 1;
    for dimension in inner.split("][") {
        count = count.checked_mul(dimension.trim().parse().ok()?)?;
    }
    Some(count)
}

/// The number behind `name` in `; offset:8; size:16;`.
fn attribute(text: &str, name: &str) -> Option<u32> {
    let part = text.split(';').find_map(|part| part.trim().strip_prefix(name))?;
    part.trim().parse().ok()
}

/// The lines before `print fmt:` and the text behind it; it is last and may have several lines.
fn split_print(text: &str) -> (&str, &str) {
    let mark = "print fmt:";
    let place =
        if text.starts_with(mark) { Some(0) } else { text.find("\nprint fmt:").map(|place| place + 1) };
    match place {
        Some(place) => {
            let (head, tail) = text.split_at(place);
            (head, tail.strip_prefix(mark).unwrap_or(tail).trim())
        }
        None => (text, ""),
    }
}

/// The start of a line for a message.
fn shorten(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).collect()
}

/// Characters of a bad line that a message shows: one line of a terminal.
const SHOWN_CHARS_MAX: usize = 60;

/// Why a format text could not be read. Another kernel wrote something this reader does not know: report the text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormatError {
    /// The text is longer than [`FORMAT_BYTES_MAX`].
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// More fields than [`FIELDS_MAX`].
    TooManyFields {
        /// The line of the first one too many.
        line: u32,
    },
    /// A line is not there.
    Missing {
        /// How it begins.
        what: &'static str,
    },
    /// A number is not there, or is none.
    Number {
        /// The line, from 1.
        line: u32,
        /// What stands before it.
        what: &'static str,
    },
    /// The declaration of a field is not `TYPE NAME`.
    Declaration {
        /// The line, from 1.
        line: u32,
        /// Its start.
        text: String,
    },
    /// A line of an unknown kind.
    Line {
        /// The line, from 1.
        line: u32,
        /// Its start.
        text: String,
    },
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { bytes } => {
                write!(f, "format text of {bytes} bytes, at most {FORMAT_BYTES_MAX} are read")
            }
            Self::TooManyFields { line } => {
                write!(f, "format line {line}: more than the {FIELDS_MAX} fields that are read")
            }
            Self::Missing { what } => write!(f, "format text has no line `{what}`"),
            Self::Number { line, what } => {
                write!(f, "format line {line}: no number that fits after `{what}`")
            }
            Self::Declaration { line, text } => {
                write!(f, "format line {line}: expected a type and a name in `{text}`")
            }
            Self::Line { line, text } => write!(f, "format line {line}: unknown `{text}`"),
        }
    }
}

impl Error for FormatError {}

/// The body of the fuzz target: reads any bytes as a format and checks what must hold of the answer.
#[doc(hidden)]
pub fn fuzz_tracefs(bytes: &[u8]) {
    let Ok(format) = Format::parse(&String::from_utf8_lossy(bytes)) else { return };
    for field in format.fields.iter().chain(&format.common) {
        assert!(field.offset.checked_add(field.bytes).is_some(), "a field ends within 32 bits");
        assert!(format.field(&field.name).is_some_and(|found| found.name == field.name));
    }
    assert!(format.syscall_parameters().all(|field| !field.name.starts_with("__")));
}
