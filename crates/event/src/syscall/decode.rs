//! Kernel records of system calls back into events. The bytes are checked as if anyone had written them.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use super::call::{Call, Structures, exec_plan, message_entry_bytes};
use super::number::{self, Abi};
use super::record::{
    Capture, CaptureKind, Header, Limits, MESSAGE_NAME_BYTES, MORE_TEXTS, Origin, PATH_HEADER_BYTES, Plan,
    STATUS_BYTES, message_header_bytes,
};
use super::shape::{self, Chosen, ChosenKind, LengthSource, Scalar, Shape};
use crate::bpf_attribute;
use crate::errno;
use crate::siginfo;
use crate::socket_address;
use crate::structure::{self, Field, FieldKind, Structure, signed, unsigned};
use crate::symbol::network;
use crate::value::{Cut, Unknown, Value};
use crate::{json, line};

/// One system call that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallEvent<'a> {
    /// Number of the event on its CPU, from 0.
    pub sequence: u64,
    /// CPU that made the record.
    pub cpu: u32,
    /// Nanoseconds since boot when the call returned (or was entered, or replaced its program: see `origin`).
    pub time_ns: u64,
    /// How long the call took, in nanoseconds; `None` when its entry was not seen.
    pub duration_ns: Option<u64>,
    /// Process id.
    pub process: u32,
    /// Thread id.
    pub thread: u32,
    /// Process id of the parent.
    pub parent: u32,
    /// User id.
    pub user: u32,
    /// Group id.
    pub group: u32,
    /// Name of the thread.
    pub command: &'a [u8],
    /// The call.
    pub call: &'a Call,
    /// Its arguments in order.
    pub arguments: Vec<(&'a str, Value<'a>)>,
    /// What it returned; `None` when it does not return.
    pub result: Option<i64>,
    /// The result with its meaning, when the call succeeded.
    pub returned: Value<'a>,
    /// What is kept only in part.
    pub cuts: Vec<Cut>,
    /// How the record came about.
    pub origin: Origin,
}

impl CallEvent<'_> {
    /// The errno (positive) of a call that failed.
    pub fn errno(&self) -> Option<i32> {
        let result = self.result.filter(|result| (-4095..0).contains(result))?;
        i32::try_from(-result).ok()
    }
}

/// Turns records into events.
#[derive(Clone, Debug)]
pub struct Decoder {
    calls: Vec<Call>,
    structures: Structures,
    limits: Limits,
    exec_plan: Plan,
}

/// Why a record is not one of ours. Each is a fault of this program or of memory, never of the traced one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordError {
    /// It ends before its header or its captures do.
    Short {
        /// Bytes it has.
        bytes: usize,
        /// Bytes it needs.
        needed: usize,
    },
    /// No call with this number is traced.
    UnknownCall {
        /// The number.
        number: u16,
    },
    /// Its origin is none.
    UnknownOrigin {
        /// The number.
        number: u8,
    },
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { bytes, needed } => {
                write!(f, "a kernel record of {bytes} bytes needs {needed}: it was not decoded")
            }
            Self::UnknownCall { number } => {
                write!(f, "a kernel record names call {number}, which is not traced: it was not decoded")
            }
            Self::UnknownOrigin { number } => {
                write!(f, "a kernel record has origin {number}, which does not exist: it was not decoded")
            }
        }
    }
}

impl std::error::Error for RecordError {}

impl Decoder {
    /// A decoder of records that the programs for `calls` make with these limits.
    pub fn new(calls: Vec<Call>, structures: Structures, limits: Limits) -> Self {
        Self { calls, structures, limits, exec_plan: exec_plan() }
    }

    /// The calls it knows.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// The event in `record`.
    pub fn decode<'a>(&'a self, record: &'a [u8]) -> Result<CallEvent<'a>, RecordError> {
        let header = HeaderBytes(record);
        let number = header.u16(Header::Number)?;
        let abi = if header.u8(Header::Abi)? == 0 { Abi::X86_64 } else { Abi::I386 };
        let call = self
            .calls
            .iter()
            .find(|call| call.number == number && call.abi == abi)
            .ok_or(RecordError::UnknownCall { number })?;
        let origin = header.u8(Header::Origin)?;
        let origin = Origin::from_number(origin).ok_or(RecordError::UnknownOrigin { number: origin })?;
        let result = returned(call, header.u64(Header::Return)?);
        let result = (origin != Origin::Enter).then_some(result);
        let time_ns = header.u64(Header::ExitTime)?;
        let enter_ns =
            Some(header.u64(Header::EnterTime)?).filter(|&enter| enter != 0 && origin != Origin::Enter);
        let mut reader = Reader {
            decoder: self,
            call,
            result,
            origin,
            arguments: header.arguments()?,
            captured: self.captured(call, origin, record)?,
            cuts: Vec::new(),
        };
        let arguments = reader.arguments();
        let command = header.field(Header::Command)?;
        let command_end = command.iter().position(|&byte| byte == 0).unwrap_or(command.len());
        Ok(CallEvent {
            sequence: header.u64(Header::Sequence)?,
            cpu: header.u32(Header::Cpu)?,
            time_ns,
            duration_ns: enter_ns.map(|enter| time_ns.saturating_sub(enter)),
            process: header.u32(Header::Process)?,
            thread: header.u32(Header::Thread)?,
            parent: header.u32(Header::Parent)?,
            user: header.u32(Header::User)?,
            group: header.u32(Header::Group)?,
            command: &command[..command_end],
            arguments,
            returned: reader.returned(),
            cuts: reader.cuts,
            result,
            origin,
            call,
        })
    }

    fn captured<'a>(
        &'a self,
        call: &'a Call,
        origin: Origin,
        record: &'a [u8],
    ) -> Result<Vec<Captured<'a>>, RecordError> {
        let plan = match origin {
            Origin::Exit => &call.plan,
            Origin::Exec => &self.exec_plan,
            Origin::Enter => return Ok(Vec::new()),
        };
        let mut start = usize::from(plan.fixed_bytes());
        let mut captured = Vec::with_capacity(plan.captures.len());
        for (index, capture) in (0_u16..).zip(&plan.captures) {
            let status = usize::from(plan.status_offset(index));
            let short = |needed| RecordError::Short { bytes: record.len(), needed };
            let status_end = status + usize::from(STATUS_BYTES);
            let status = record.get(status..status_end).ok_or(short(status_end))?;
            let result = signed(status, 4).and_then(|result| i32::try_from(result).ok()).unwrap_or_default();
            let total =
                unsigned(&status[4..], 4).and_then(|total| u32::try_from(total).ok()).unwrap_or_default();
            let kept = usize::try_from(result).unwrap_or(0);
            let bytes = record.get(start..start + kept).ok_or(short(start + kept))?;
            start += kept;
            captured.push(Captured { capture, result, total, bytes });
        }
        Ok(captured)
    }
}

/// The result as the program takes it: `modify_ldt` alone gives its int, which may be an error, without its sign
/// (`arch/x86/kernel/ldt.c`).
fn returned(call: &Call, raw: u64) -> i64 {
    if call.name == "modify_ldt" { Scalar::Signed(4).signed(call.abi, raw) } else { raw.cast_signed() }
}

struct HeaderBytes<'a>(&'a [u8]);

impl<'a> HeaderBytes<'a> {
    fn field(&self, field: Header) -> Result<&'a [u8], RecordError> {
        let (start, end) = (usize::from(field.offset()), usize::from(field.offset() + field.bytes()));
        self.0.get(start..end).ok_or(RecordError::Short { bytes: self.0.len(), needed: end })
    }

    fn u64(&self, field: Header) -> Result<u64, RecordError> {
        let bytes = self.field(field)?;
        Ok(unsigned(bytes, 8).unwrap_or_default())
    }

    fn u32(&self, field: Header) -> Result<u32, RecordError> {
        let bytes = self.field(field)?;
        Ok(unsigned(bytes, 4).and_then(|number| u32::try_from(number).ok()).unwrap_or_default())
    }

    fn u16(&self, field: Header) -> Result<u16, RecordError> {
        let bytes = self.field(field)?;
        Ok(unsigned(bytes, 2).and_then(|number| u16::try_from(number).ok()).unwrap_or_default())
    }

    fn u8(&self, field: Header) -> Result<u8, RecordError> {
        Ok(self.field(field)?.first().copied().unwrap_or_default())
    }

    fn arguments(&self) -> Result<[u64; 6], RecordError> {
        let bytes = self.field(Header::Arguments)?;
        let mut arguments = [0; 6];
        for (argument, bytes) in arguments.iter_mut().zip(bytes.chunks_exact(8)) {
            *argument = unsigned(bytes, 8).unwrap_or_default();
        }
        Ok(arguments)
    }
}

/// What one capture brought.
#[derive(Clone, Copy)]
struct Captured<'a> {
    capture: &'a Capture,
    result: i32,
    total: u32,
    bytes: &'a [u8],
}

struct Reader<'a> {
    decoder: &'a Decoder,
    call: &'a Call,
    result: Option<i64>,
    origin: Origin,
    arguments: [u64; 6],
    captured: Vec<Captured<'a>>,
    cuts: Vec<Cut>,
}

impl<'a> Reader<'a> {
    fn arguments(&mut self) -> Vec<(&'a str, Value<'a>)> {
        let call = self.call;
        let mut texts = 0;
        (0..)
            .zip(&call.parameters)
            .map(|(index, parameter)| {
                let captured = match self.origin {
                    Origin::Exec => exec_capture(parameter.meaning.shape, &mut texts),
                    _ => parameter.capture.map(usize::from),
                };
                let captured = captured.and_then(|capture| self.captured.get(capture).copied());
                let raw = self.arguments.get(index).copied().unwrap_or_default();
                (
                    parameter.name.as_str(),
                    self.argument(&parameter.name, parameter.meaning.shape, raw, captured),
                )
            })
            .collect()
    }

    fn argument(&mut self, name: &str, shape: Shape, raw: u64, captured: Option<Captured<'a>>) -> Value<'a> {
        if let Shape::Number(scalar) = shape {
            return self.number(name, scalar, raw, captured);
        }
        if let Shape::Chosen { on, cases, otherwise } = shape {
            let deciding = self.arguments.get(usize::from(on)).copied().unwrap_or_default();
            return match cases.find(self.call.abi, deciding) {
                Some(chosen) => self.chosen(chosen, raw, captured),
                None => self.scalar(otherwise, raw),
            };
        }
        let raw = if self.call.abi == Abi::I386 { raw & 0xffff_ffff } else { raw };
        let Some(captured) = captured else {
            return if raw == 0 { Value::Null } else { Value::Address(raw) };
        };
        if raw == 0 && self.origin == Origin::Exit {
            return Value::Null;
        }
        if captured.capture.on_success && self.result.is_some_and(|result| (-4095..0).contains(&result)) {
            return Value::Unknown(Unknown::CallFailed);
        }
        if captured.result < 0 {
            return Value::Unknown(Unknown::Fault(captured.result.saturating_neg()));
        }
        self.pointed(name, shape, captured)
    }

    /// What another argument says this one is: behind its address where that was read, else the address.
    fn chosen(&self, chosen: Chosen, raw: u64, captured: Option<Captured<'a>>) -> Value<'a> {
        if let ChosenKind::Direct(scalar) = chosen.kind {
            return self.scalar(scalar, raw);
        }
        let raw = Scalar::Address.low(self.call.abi, raw);
        let bytes = match captured {
            _ if raw == 0 => return Value::Null,
            Some(captured) if captured.result < 0 => {
                return Value::Unknown(Unknown::Fault(captured.result.saturating_neg()));
            }
            Some(captured) if !captured.bytes.is_empty() => captured.bytes,
            _ => return Value::Address(raw),
        };
        match chosen.kind {
            ChosenKind::Direct(scalar) | ChosenKind::Number(scalar) => {
                unsigned(bytes, scalar.bytes(self.call.abi).min(byte_count(bytes)))
                    .map_or(Value::Unknown(Unknown::NotCaptured), |raw| self.scalar(scalar, raw))
            }
            ChosenKind::Text => {
                let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
                Value::Text(bytes[..end].into())
            }
            ChosenKind::Structure(name) => match self.decoder.structures.get(name) {
                Some(structure) => structure::value(structure, bytes),
                None => Value::Bytes(bytes.into()),
            },
        }
    }

    fn number(&mut self, name: &str, scalar: Scalar, raw: u64, captured: Option<Captured<'a>>) -> Value<'a> {
        let value = self.scalar(scalar, raw);
        match (value, captured) {
            (Value::Descriptor { number, .. }, Some(captured)) if captured.result > 0 => {
                let path = self.descriptor_path(name, captured);
                Value::Descriptor { number, path }
            }
            (value, _) => value,
        }
    }

    fn scalar(&self, scalar: Scalar, raw: u64) -> Value<'a> {
        let abi = self.call.abi;
        let deciding = match scalar {
            Scalar::Depends { on, .. } => self.arguments.get(usize::from(on)).copied().unwrap_or_default(),
            _ => 0,
        };
        let scalar = scalar.settled(abi, deciding);
        match scalar {
            Scalar::Signed(_) => Value::Signed(scalar.signed(abi, raw)),
            Scalar::Unsigned(_) => Value::Unsigned(scalar.low(abi, raw)),
            Scalar::Address | Scalar::Depends { .. } => Value::Address(scalar.low(abi, raw)),
            Scalar::Fd => descriptor(scalar.signed(abi, raw)),
            Scalar::Symbol { set, .. } => Value::Named { set, number: scalar.low(abi, raw) },
            Scalar::Nothing => Value::Null,
        }
    }

    fn pointed(&mut self, name: &str, shape: Shape, captured: Captured<'a>) -> Value<'a> {
        match shape {
            Shape::Path | Shape::Text => self.text(name, captured),
            Shape::TextArray => self.texts(name, captured),
            Shape::Pointed(scalar) => {
                unsigned(captured.bytes, scalar.bytes(self.call.abi).min(byte_count(captured.bytes)))
                    .map_or(Value::Unknown(Unknown::NotCaptured), |raw| self.scalar(scalar, raw))
            }
            Shape::Array { element, .. } => {
                self.note_cut(name, captured);
                let step = element.bytes(self.call.abi);
                let elements = captured.bytes.chunks_exact(usize::from(step.max(1)));
                Value::List(
                    elements.filter_map(|raw| Some(self.scalar(element, unsigned(raw, step)?))).collect(),
                )
            }
            Shape::SocketAddress { .. } => {
                self.note_cut(name, captured);
                socket_address::value(captured.bytes)
            }
            Shape::Messages { .. } => self.messages(name, captured),
            Shape::QueueMessage { .. } => {
                self.note_cut(name, captured);
                queue_message(captured.bytes, self.call.abi.word_bytes())
            }
            Shape::Bytes { .. } => {
                self.note_cut(name, captured);
                Value::Bytes(captured.bytes.into())
            }
            Shape::Vector { .. } => self.vector(name, captured.bytes, captured.total),
            Shape::Message { .. } => self.message(name, captured),
            Shape::Structure { name: "siginfo" | "compat_siginfo", .. } => {
                siginfo::value(captured.bytes, self.call.abi.word_bytes())
            }
            Shape::Structure { name: "bpf_attr", .. } => {
                self.note_cut(name, captured);
                let command = self.arguments.first().map_or(0, |command| command & 0xffff_ffff);
                bpf_attribute::value(u32::try_from(command).unwrap_or_default(), captured.bytes)
            }
            Shape::Structure { name: structure, .. } => match self.decoder.structures.get(structure) {
                Some(structure) => structure::value(structure, captured.bytes),
                None => Value::Bytes(captured.bytes.into()),
            },
            Shape::Structures { name: structure, .. } => self.structures(name, structure, captured),
            Shape::FdSet { count } => {
                self.note_cut(name, captured);
                fd_set(captured.bytes, self.bit_count(count))
            }
            Shape::Number(_) | Shape::Chosen { .. } => Value::Null,
        }
    }

    fn bit_count(&self, count: LengthSource) -> u64 {
        match count {
            LengthSource::Bits(index) => {
                self.arguments.get(usize::from(index)).copied().unwrap_or_default() & 0xffff_ffff
            }
            _ => u64::MAX,
        }
    }

    fn text(&mut self, name: &str, captured: Captured<'a>) -> Value<'a> {
        if let Some((0, text)) = captured.bytes.split_last()
            && u32::try_from(captured.bytes.len()).is_ok_and(|kept| kept <= self.decoder.limits.buffer_bytes)
        {
            return Value::Text(text.into());
        }
        let text = captured.bytes.strip_suffix(&[0]).unwrap_or(captured.bytes);
        self.cut(name, text.len(), None);
        Value::Text(text.into())
    }

    fn texts(&mut self, name: &str, captured: Captured<'a>) -> Value<'a> {
        let by_kernel = self.origin == Origin::Exec;
        let texts = split_texts(captured.bytes);
        let full = usize::try_from(captured.total).unwrap_or(usize::MAX);
        if by_kernel && full > captured.bytes.len() {
            self.cut(name, captured.bytes.len(), Some(u64::from(captured.total)));
        } else if !by_kernel && captured.total & MORE_TEXTS != 0 {
            self.cut(name, texts.len(), None);
        }
        Value::List(texts.into_iter().map(|text| Value::Text(text.into())).collect())
    }

    fn structures(&mut self, name: &str, structure: &str, captured: Captured<'a>) -> Value<'a> {
        self.note_cut(name, captured);
        let Some(structure) = self.decoder.structures.get(structure) else {
            return Value::Bytes(captured.bytes.into());
        };
        let step = usize::try_from(structure.bytes.max(1)).unwrap_or(usize::MAX);
        Value::List(
            captured.bytes.chunks_exact(step).map(|bytes| structure::value(structure, bytes)).collect(),
        )
    }

    /// Entries of a vector with their data: u32 count, entries, data.
    fn vector(&mut self, name: &str, bytes: &'a [u8], total: u32) -> Value<'a> {
        let word = self.call.abi.word_bytes();
        let step = usize::from(word) * 2;
        let count = unsigned(bytes, 4.min(byte_count(bytes))).and_then(|count| usize::try_from(count).ok());
        let rest = bytes.get(4..).unwrap_or_default();
        let entries = rest.get(..count.unwrap_or(0).saturating_mul(step)).unwrap_or_default();
        let mut data = rest.get(entries.len()..).unwrap_or_default();
        let kept = data.len();
        let mut wanted = 0_u64;
        let mut values = Vec::new();
        let limit = self.vector_limit();
        for entry in entries.chunks_exact(step) {
            let length = unsigned(&entry[usize::from(word)..], word).unwrap_or_default();
            let meant = length.min(limit.saturating_sub(wanted));
            wanted = wanted.saturating_add(meant);
            let here = usize::try_from(meant).unwrap_or(usize::MAX).min(data.len());
            let (content, after) = data.split_at(here);
            data = after;
            values.push(Value::Bytes(content.into()));
        }
        let kept = u64::try_from(kept).unwrap_or(u64::MAX);
        if values.len() < usize::try_from(total).unwrap_or(usize::MAX) {
            self.cut(name, values.len(), Some(u64::from(total)));
        } else if kept < wanted {
            self.cuts.push(Cut { name: name.to_owned(), kept, length: Some(wanted) });
        }
        Value::List(values)
    }

    fn vector_limit(&self) -> u64 {
        let up_to_return = self.call.plan.captures.iter().any(|capture| {
            matches!(
                capture.kind,
                CaptureKind::Vector { up_to_return: true, .. }
                    | CaptureKind::Message { up_to_return: true, .. }
            )
        });
        let result = self.result.and_then(|result| u64::try_from(result).ok()).unwrap_or(0);
        if up_to_return { result } else { u64::MAX }
    }

    fn message(&mut self, name: &str, captured: Captured<'a>) -> Value<'a> {
        let word = self.call.abi.word_bytes();
        let header_bytes = usize::from(message_header_bytes(word));
        let name_end = header_bytes + usize::from(MESSAGE_NAME_BYTES);
        let (Some(header), Some(address), Some(vector)) = (
            captured.bytes.get(..header_bytes),
            captured.bytes.get(header_bytes..name_end),
            captured.bytes.get(name_end..),
        ) else {
            return Value::Unknown(Unknown::NotCaptured);
        };
        let Some(header) = MessageHeader::read(header, word) else {
            return Value::Unknown(Unknown::NotCaptured);
        };
        let length = usize::try_from(header.name_bytes).unwrap_or(usize::MAX).min(address.len());
        let has_name = header.name != 0 && length > 0;
        let vector = self.vector(name, vector, captured.total);
        Value::Structure(vec![
            (
                "name".to_owned(),
                if has_name { socket_address::value(&address[..length]) } else { Value::Null },
            ),
            ("iov".to_owned(), vector),
            ("controllen".to_owned(), Value::Unsigned(header.control_bytes)),
            ("flags".to_owned(), header.flags()),
        ])
    }

    /// Headers of several messages. What they point to is not copied: the addresses say where it was.
    fn messages(&mut self, name: &str, captured: Captured<'a>) -> Value<'a> {
        self.note_cut(name, captured);
        let word = self.call.abi.word_bytes();
        let step = usize::try_from(message_entry_bytes(self.call.abi)).unwrap_or(usize::MAX);
        let messages = captured.bytes.chunks_exact(step).filter_map(|bytes| {
            let header = MessageHeader::read(bytes, word)?;
            let sent = unsigned(bytes.get(usize::from(message_header_bytes(word))..)?, 4)?;
            let members = [
                ("name", address(header.name)),
                ("namelen", Value::Unsigned(header.name_bytes)),
                ("iov", address(header.entries)),
                ("iovlen", Value::Unsigned(header.entry_count)),
                ("control", address(header.control)),
                ("controllen", Value::Unsigned(header.control_bytes)),
                ("flags", header.flags()),
                ("len", Value::Unsigned(sent)),
            ];
            Some(Value::Structure(members.map(|(name, value)| (name.to_owned(), value)).into()))
        });
        Value::List(messages.collect())
    }

    fn descriptor_path(&mut self, name: &str, captured: Captured<'a>) -> Option<Vec<u8>> {
        let header = captured.bytes.get(..usize::from(PATH_HEADER_BYTES))?;
        let names = split_texts(captured.bytes.get(usize::from(PATH_HEADER_BYTES)..)?);
        let magic = unsigned(header, 4)?;
        let inode = unsigned(header.get(8..)?, 8)?;
        let last = names.first().copied().unwrap_or_default();
        let path = match magic {
            SOCKET_MAGIC => format!("socket:[{inode}]").into_bytes(),
            PIPE_MAGIC => format!("pipe:[{inode}]").into_bytes(),
            ANONYMOUS_MAGIC => [b"anon_inode:", last].concat(),
            _ => {
                if captured.total & MORE_TEXTS != 0 {
                    self.cut(name, names.len(), None);
                }
                joined(&names, captured.total & MORE_TEXTS != 0)
            }
        };
        Some(path)
    }

    fn returned(&self) -> Value<'a> {
        match self.result {
            None => Value::Null,
            Some(result) if (-4095..0).contains(&result) => Value::Signed(result),
            Some(result) => self.scalar(self.call.returns, result.cast_unsigned()),
        }
    }

    fn note_cut(&mut self, name: &str, captured: Captured<'a>) {
        let total = usize::try_from(captured.total).unwrap_or(usize::MAX);
        if captured.bytes.len() < total {
            self.cut(name, captured.bytes.len(), Some(u64::from(captured.total)));
        }
    }

    fn cut(&mut self, name: &str, kept: usize, length: Option<u64>) {
        let kept = u64::try_from(kept).unwrap_or(u64::MAX);
        self.cuts.push(Cut { name: name.to_owned(), kept, length });
    }
}

/// A `struct msgbuf` of `include/uapi/linux/msg.h`.
fn queue_message(bytes: &[u8], word: u8) -> Value<'_> {
    match (signed(bytes, word), bytes.get(usize::from(word)..)) {
        (Some(kind), Some(text)) => Value::Structure(vec![
            ("mtype".to_owned(), Value::Signed(kind)),
            ("mtext".to_owned(), Value::Bytes(text.into())),
        ]),
        _ => Value::Bytes(bytes.into()),
    }
}

/// The numbers of a `struct user_msghdr`, or of a `compat_msghdr` where words have 4 bytes.
struct MessageHeader {
    name: u64,
    name_bytes: u64,
    entries: u64,
    entry_count: u64,
    control: u64,
    control_bytes: u64,
    flags: u64,
}

impl MessageHeader {
    fn read(header: &[u8], word: u8) -> Option<Self> {
        let field = |offset: usize, width: u8| unsigned(header.get(offset..)?, width);
        let bytes = usize::from(word);
        // The length of the name is an int, padded to a word.
        let after_name = 2 * bytes;
        Some(Self {
            name: field(0, word)?,
            name_bytes: field(bytes, 4)?,
            entries: field(after_name, word)?,
            entry_count: field(after_name + bytes, word)?,
            control: field(after_name + 2 * bytes, word)?,
            control_bytes: field(after_name + 3 * bytes, word)?,
            flags: field(after_name + 4 * bytes, 4)?,
        })
    }

    fn flags(&self) -> Value<'static> {
        Value::Named { set: &network::MESSAGE_FLAGS, number: self.flags }
    }
}

/// An address in memory of the program; a null pointer is nothing.
fn address(raw: u64) -> Value<'static> {
    if raw == 0 { Value::Null } else { Value::Address(raw) }
}

// Magic numbers: include/uapi/linux/magic.h.
const SOCKET_MAGIC: u64 = 0x534f_434b;
const PIPE_MAGIC: u64 = 0x5049_5045;
const ANONYMOUS_MAGIC: u64 = 0x0904_1934;

fn exec_capture(shape: Shape, texts: &mut usize) -> Option<usize> {
    match shape {
        Shape::Path | Shape::Text => Some(0),
        Shape::TextArray => {
            *texts += 1;
            Some(*texts)
        }
        _ => None,
    }
}

fn descriptor(number: i64) -> Value<'static> {
    // AT_FDCWD of include/uapi/linux/fcntl.h.
    if number == -100 { Value::Symbolic("AT_FDCWD".into()) } else { Value::Descriptor { number, path: None } }
}

fn byte_count(bytes: &[u8]) -> u8 {
    u8::try_from(bytes.len()).unwrap_or(u8::MAX)
}

/// The texts of a block in which each ends with NUL; a last one without NUL counts.
fn split_texts(bytes: &[u8]) -> Vec<&[u8]> {
    let block = bytes.strip_suffix(&[0]).unwrap_or(bytes);
    if bytes.is_empty() { Vec::new() } else { block.split(|&byte| byte == 0).collect() }
}

/// Names from the file up to the root as one path.
fn joined(names: &[&[u8]], cut: bool) -> Vec<u8> {
    let mut path = if cut { b"...".to_vec() } else { Vec::new() };
    for name in names.iter().rev().filter(|name| **name != b"/") {
        path.push(b'/');
        path.extend_from_slice(name);
    }
    if path.is_empty() {
        path.push(b'/');
    }
    path
}

fn fd_set(bytes: &[u8], count: u64) -> Value<'static> {
    let bits = (0_i64..).zip(bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1)));
    let known = bits.filter(|(number, set)| *set && number.cast_unsigned() < count);
    Value::List(known.map(|(number, _)| Value::Signed(number)).collect())
}

/// The name of an errno, or its number.
pub fn errno_name(errno: i32) -> Cow<'static, str> {
    errno::name(errno).map_or_else(|| errno.to_string().into(), Cow::Borrowed)
}

/// The body of the fuzz target: decodes any bytes as a record of any call and writes the event both ways. Gives the
/// JSON of what was decoded, which must be valid.
#[doc(hidden)]
pub fn fuzz_record(bytes: &[u8]) -> Option<String> {
    static DECODER: OnceLock<Decoder> = OnceLock::new();
    let decoder = DECODER.get_or_init(fuzz_decoder);
    let event = decoder.decode(bytes).ok()?;
    assert_eq!(event.arguments.len(), event.call.parameters.len(), "each parameter has a value");
    assert!(event.errno().is_none_or(|errno| event.result == Some(-i64::from(errno))));
    let mut line = String::new();
    line::write_call(&event, &mut line);
    assert!(!line.contains(char::is_control), "a line has nothing that a terminal acts on: {line:?}");
    let mut text = String::new();
    json::write_call(&event, 0, &mut text);
    Some(text)
}

/// Every call of both ABIs, with structures that hold each kind of member.
fn fuzz_decoder() -> Decoder {
    let field = |name: &str, offset, kind| Field { name: name.to_owned(), offset, kind };
    let words = FieldKind::Array { element: Box::new(FieldKind::Signed(4)), element_bytes: 4, count: 2 };
    let inner =
        Structure { name: String::new(), bytes: 8, fields: vec![field("sig", 0, FieldKind::Unsigned(8))] };
    let fields = vec![
        field("sa_handler", 0, FieldKind::Pointer(8)),
        field("sa_flags", 8, FieldKind::Unsigned(8)),
        field("bits", 16, FieldKind::Bits { shift: 3, count: 7, signed: true }),
        field("sa_mask", 24, FieldKind::Structure(inner.clone())),
        field("text", 32, FieldKind::Characters(9)),
        field("words", 44, words),
        field("inner", 52, FieldKind::Structure(inner)),
    ];
    let pollfd = vec![
        field("fd", 0, FieldKind::Signed(4)),
        field("events", 4, FieldKind::Signed(2)),
        field("revents", 6, FieldKind::Signed(2)),
    ];
    let structures: Structures =
        [("sigaction", 32, fields), ("pollfd", 8, pollfd), ("siginfo", 128, Vec::new())]
            .into_iter()
            .map(|(name, bytes, fields)| {
                (name.to_owned(), Structure { name: name.to_owned(), bytes, fields })
            })
            .collect();
    let describe = |(abi, (number, name)): (Abi, (u16, &'static str))| {
        Call::describe(abi, number, name, &shape::undeclared(abi, name), &structures)
    };
    let calls = Abi::ALL.into_iter().flat_map(|abi| number::all(abi).map(move |call| (abi, call)));
    Decoder::new(
        calls.map(describe).collect(),
        structures.clone(),
        Limits { buffer_bytes: FUZZ_BUFFER_BYTES },
    )
}

/// Small, so that the corpus reaches it.
const FUZZ_BUFFER_BYTES: u32 = 64;
