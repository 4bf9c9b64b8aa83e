//! One system call of one ABI, described: its parameters, and what the kernel program has to copy for them.

use std::collections::BTreeMap;

use super::number::{self, Abi};
use super::record::{
    ARGUMENTS_MAX, Capture, CaptureKind, Length, Plan, SOCKET_ADDRESS_BYTES, STRUCTURE_BYTES_MAX,
};
use super::shape::{self, Declared, Detail, LengthSource, Parameter, Scalar, Shape, When};
use crate::json;
use crate::structure::Structure;

/// Layouts of the structures that calls point to, by their BTF names.
pub type Structures = BTreeMap<String, Structure>;

/// A system call that can be traced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which call table.
    pub abi: Abi,
    /// Number in it.
    pub number: u16,
    /// Name as `unistd.h` writes it.
    pub name: String,
    /// Parameters in order, six at most.
    pub parameters: Vec<CallParameter>,
    /// What the result means when the call succeeded.
    pub returns: Scalar,
    /// Whether the parameters are described by hand or by type and name.
    pub detail: Detail,
    /// What is copied beside the argument registers.
    pub plan: Plan,
    /// The part of an event's JSON that is the same for all events of the call.
    pub(crate) json_head: String,
}

/// A parameter of a [`Call`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallParameter {
    /// Name, as the kernel declares it.
    pub name: String,
    /// C type, as the kernel declares it.
    pub c_type: String,
    /// What it is.
    pub meaning: Parameter,
    /// Index of its capture in the plan, where it has one.
    pub capture: Option<u8>,
    /// Its name as the key of a JSON object, with what stands before it.
    pub(crate) json_key: String,
}

/// How a call behaves towards the tracepoints at entry and exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Enters and returns with its registers intact.
    Returns,
    /// Never returns, or returns with the registers of another moment: recorded at its entry.
    DoesNotReturn,
    /// On success the program is another one: recorded where the kernel has set that up.
    ReplacesProgram,
}

impl Call {
    /// Describes a call by the parameters that the kernel declares for it.
    pub fn describe(
        abi: Abi,
        number: u16,
        name: &str,
        declared: &[Declared<'_>],
        known: &Structures,
    ) -> Self {
        let declared = &declared[..declared.len().min(usize::from(ARGUMENTS_MAX))];
        let meanings: Vec<Parameter> = (0..)
            .zip(declared)
            .map(|(index, declared)| shape::parameter(abi, name, index, *declared))
            .collect();
        // A register of the i386 ABI is zero above its 4 bytes, so lengths are read as the 64-bit call reads them: then
        // both calls share a plan.
        let wide: Vec<Parameter> = match shape::own_parameters(abi, name) {
            Some(_) => meanings.clone(),
            None => (0..)
                .zip(declared)
                .map(|(index, declared)| {
                    shape::parameter(Abi::X86_64, number::wide_name(name), index, *declared)
                })
                .collect(),
        };
        let planner = Planner { abi, known, wide: &wide };
        let captures = (0..).zip(&meanings).map(|(index, meaning)| planner.capture(index, *meaning));
        let captures: Vec<Option<Capture>> = captures.collect();
        let mut plan = Plan { captures: captures.iter().copied().flatten().collect() };
        plan.captures.sort_by_key(|capture| capture.kind.rank());
        let place = |captured: &Option<Capture>| {
            let place = plan.captures.iter().position(|capture| Some(*capture) == *captured)?;
            u8::try_from(place).ok()
        };
        let parameters = declared.iter().zip(&meanings).zip(&captures);
        let parameters =
            (0..).zip(parameters).map(|(index, ((declared, meaning), captured))| CallParameter {
                json_key: json::key(index, declared.name),
                name: declared.name.to_owned(),
                c_type: declared.c_type.to_owned(),
                meaning: *meaning,
                capture: place(captured),
            });
        let parameters = parameters.collect();
        let returns = shape::returns(abi, name);
        let detail = shape::detail(abi, name);
        let json_head = json::head(name, abi);
        Self { abi, number, name: name.to_owned(), parameters, returns, detail, plan, json_head }
    }

    /// How the call behaves towards the tracepoints.
    pub fn behaviour(&self) -> Behaviour {
        match self.name.as_str() {
            "exit" | "exit_group" | "rt_sigreturn" | "sigreturn" => Behaviour::DoesNotReturn,
            "execve" | "execveat" => Behaviour::ReplacesProgram,
            _ => Behaviour::Returns,
        }
    }
}

/// What the record of a successful `execve` or `execveat` copies: path, arguments and environment.
pub fn exec_plan() -> Plan {
    let kinds = [CaptureKind::ExecPath, CaptureKind::ExecArguments, CaptureKind::ExecEnvironment];
    let captures = kinds.map(|kind| Capture { argument: 0, kind, on_success: false });
    Plan { captures: captures.to_vec() }
}

/// Decides what has to be copied for the parameters of one call.
struct Planner<'a> {
    abi: Abi,
    known: &'a Structures,
    /// The parameters as the 64-bit call has them.
    wide: &'a [Parameter],
}

impl Planner<'_> {
    fn capture(&self, index: u8, meaning: Parameter) -> Option<Capture> {
        let word_bytes = self.abi.word_bytes();
        let kind = match meaning.shape {
            Shape::Number(Scalar::Fd) => CaptureKind::DescriptorPath,
            Shape::Number(_) => return None,
            Shape::Pointed(scalar) => self.fixed(u32::from(scalar.bytes(self.abi))),
            Shape::Array { element, count } => self.counted(count, u32::from(element.bytes(self.abi))),
            Shape::Path | Shape::Text => CaptureKind::Text,
            Shape::TextArray => CaptureKind::TextArray { word_bytes },
            Shape::SocketAddress { length } => self.at_most(length, u32::from(SOCKET_ADDRESS_BYTES)),
            Shape::Bytes { length } => self.counted(length, 1),
            Shape::Vector { count, length } => CaptureKind::Vector {
                word_bytes,
                count: self.length(count, 1),
                up_to_return: length.is_some(),
            },
            Shape::Message { length } => CaptureKind::Message { word_bytes, up_to_return: length.is_some() },
            Shape::Messages { count } => self.counted(count, message_entry_bytes(self.abi)),
            // A union, which is decoded by the command and not by its layout.
            Shape::Structure { name: "bpf_attr", length: Some(length) } => {
                self.at_most(length, STRUCTURE_BYTES_MAX)
            }
            Shape::Structure { name, length: None } => self.fixed(self.known.get(name)?.bytes),
            Shape::Structure { name, length: Some(length) } => {
                self.at_most(length, self.known.get(name)?.bytes.min(STRUCTURE_BYTES_MAX))
            }
            Shape::Chosen { on, cases, .. } => {
                let cases = cases.of(self.abi);
                cases.iter().find(|case| case.1.bytes > 0)?;
                CaptureKind::Chosen { on, cases }
            }
            Shape::QueueMessage { length } => {
                let length = Length { before: word_bytes, ..self.length(length, 1) };
                CaptureKind::Bytes { length, bytes_max: None }
            }
            Shape::Structures { name, count } => self.counted(count, self.known.get(name)?.bytes),
            Shape::FdSet { count: count @ LengthSource::Bits(_) } => {
                self.counted(count, u32::from(word_bytes))
            }
            Shape::FdSet { count } => self.counted(count, 1),
        };
        Some(Capture { argument: index, kind, on_success: meaning.when == When::Out })
    }

    fn fixed(&self, bytes: u32) -> CaptureKind {
        let length = self.length(LengthSource::Constant(1), bytes);
        CaptureKind::Bytes { length, bytes_max: Some(bytes.min(STRUCTURE_BYTES_MAX)) }
    }

    fn at_most(&self, source: LengthSource, bytes: u32) -> CaptureKind {
        CaptureKind::Bytes { length: self.length(source, 1), bytes_max: Some(bytes) }
    }

    fn counted(&self, source: LengthSource, unit: u32) -> CaptureKind {
        CaptureKind::Bytes { length: self.length(source, unit), bytes_max: None }
    }

    fn length(&self, source: LengthSource, unit: u32) -> Length {
        let width = match source {
            LengthSource::Parameter(index)
            | LengthSource::ReturnCappedBy(index)
            | LengthSource::Bits(index) => match self.wide.get(usize::from(index)).map(|known| known.shape) {
                Some(Shape::Number(scalar)) => scalar.bytes(Abi::X86_64),
                _ => Abi::X86_64.word_bytes(),
            },
            LengthSource::Pointed { bytes, .. } => bytes,
            LengthSource::Return | LengthSource::Constant(_) => Abi::X86_64.word_bytes(),
        };
        Length { source, unit, width, before: 0 }
    }
}

/// `struct mmsghdr` is a message header and a u32 with the alignment of a pointer.
pub(super) fn message_entry_bytes(abi: Abi) -> u32 {
    match abi {
        Abi::X86_64 => 64,
        Abi::I386 => 32,
    }
}
