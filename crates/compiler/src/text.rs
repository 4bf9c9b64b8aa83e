//! The text form of a [`Program`]: printed, and parsed back to an equal value.
//!
//! One line each, words separated by blanks (also around `,` `(` `)` `[` `]`, where they may be left out);
//! `#` starts a comment. In capitals what stands for something else:
//!
//! ```text
//! program NAME arguments [FIELD, ...]       FIELD: number, pointer, pointer?
//! program NAME bytes FIRST..END             a context read by bytes
//! map INDEX NAME KIND KEY VALUE ENTRIES     sizes in bytes; then any of: scratch mmapable no_prealloc
//!                                           constants HEX ...   (the first values; - for an empty one)
//! stack INDEX BYTES ALIGN
//! LABEL:                                    a block; its operations and its end follow
//!   V = OPERAND                             V: v0, v1, ...; OPERAND: V or a number, 12, -1, 0xff
//!   V = V OP OPERAND                        OP: + - * / % & | ^ << >> s>> mov
//!   V = u32 V OP OPERAND                    the same with 32 bits
//!   V = swap WIDTH V                        WIDTH: u8 u16 u32 u64
//!   V = min V, NUMBER                       clamp
//!   V = context                             the context pointer
//!   V = context INDEX                       an argument
//!   V = context WIDTH OFFSET                bytes of a context
//!   V = load WIDTH V + OFFSET
//!   V = load pointer V + OFFSET
//!   store WIDTH V + OFFSET, OPERAND
//!   atomic add V + OFFSET, OPERAND
//!   V = atomic add V + OFFSET, OPERAND      gives what was there
//!   V = atomic exchange V + OFFSET, OPERAND
//!   V = offset V, OPERAND                   pointer plus bytes
//!   V = stack INDEX
//!   V = map INDEX
//!   V = value INDEX + OFFSET                address in the only value of a map
//!   V = call HELPER(OPERAND, ...)
//!   release V
//!   goto LABEL
//!   if V COMPARE OPERAND goto LABEL else LABEL     COMPARE: == != > >= < <= s> s>= s< s<= &
//!   if u32 V COMPARE OPERAND goto LABEL else LABEL
//!   return OPERAND
//!   loop V < LIMIT goto BODY else EXIT      head of a counted loop
//!   next HEAD                               its back edge
//!   V = claim INDEX goto GOT else NONE
//! ```

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use bpf::insn::{Alu, Compare, Size, Width};
use bpf::object::MapKind;
use bpf::{MapIndex, MapSpec};

use crate::helpers::Helper;
use crate::ir::{
    Block, BlockBody, ContextField, ContextShape, MapDeclaration, Operand, Operation, Program, StackRange,
    StackSlot, Terminator, Value,
};

/// Where and why a text is not a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for TextError {}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => value.fmt(f),
            Self::Constant(constant) => constant.fmt(f),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(to) = self.written() {
            write!(f, "{to} = ")?;
        }
        match self {
            Self::Assign { from, .. } => write!(f, "{from}"),
            Self::Alu { size, op, a, b, .. } => write!(f, "{}{a} {} {b}", size_word(*size), alu_word(*op)),
            Self::ByteSwap { width, from, .. } => write!(f, "swap {} {from}", width_word(*width)),
            Self::Clamp { from, max, .. } => write!(f, "min {from}, {max}"),
            Self::ContextPointer { .. } => f.write_str("context"),
            Self::Context { index, .. } => write!(f, "context {index}"),
            Self::ContextBytes { width, offset, .. } => write!(f, "context {} {offset}", width_word(*width)),
            Self::Load { width, base, offset, .. } => {
                write!(f, "load {} {base} + {offset}", width_word(*width))
            }
            Self::LoadPointer { base, offset, .. } => write!(f, "load pointer {base} + {offset}"),
            Self::Store { width, base, offset, from } => {
                write!(f, "store {} {base} + {offset}, {from}", width_word(*width))
            }
            Self::AtomicAdd { base, offset, from } | Self::FetchAdd { base, offset, from, .. } => {
                write!(f, "atomic add {base} + {offset}, {from}")
            }
            Self::Exchange { base, offset, from, .. } => {
                write!(f, "atomic exchange {base} + {offset}, {from}")
            }
            Self::Offset { base, by, .. } => write!(f, "offset {base}, {by}"),
            Self::StackAddress { slot, .. } => write!(f, "stack {}", slot.0),
            Self::Map { map, .. } => write!(f, "map {}", map.0),
            Self::MapValue { map, offset, .. } => write!(f, "value {} + {offset}", map.0),
            Self::Call { helper, arguments, .. } => {
                write!(f, "call {}(", helper.signature().name)?;
                f.write_str(&arguments.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))?;
                f.write_str(")")
            }
            Self::Release { slot } => write!(f, "release {slot}"),
        }
    }
}

/// The text of a block's end.
pub fn terminator_text(program: &Program, terminator: &Terminator) -> String {
    let label = |block: &Block| program.label(*block);
    match terminator {
        Terminator::Goto(block) => format!("goto {}", label(block)),
        Terminator::Branch { size, compare, a, b, then, otherwise } => format!(
            "if {}{a} {} {b} goto {} else {}",
            size_word(*size),
            compare_word(*compare),
            label(then),
            label(otherwise)
        ),
        Terminator::Return(operand) => format!("return {operand}"),
        Terminator::Loop { counter, limit, body, exit } => {
            format!("loop {counter} < {limit} goto {} else {}", label(body), label(exit))
        }
        Terminator::Next { header } => format!("next {}", label(header)),
        Terminator::Claim { to, map, got, none } => {
            format!("{to} = claim {} goto {} else {}", map.0, label(got), label(none))
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "program {} ", self.name)?;
        match &self.context {
            ContextShape::Arguments(fields) => {
                let words: Vec<&str> = fields.iter().map(|field| field_word(*field)).collect();
                writeln!(f, "arguments [{}]", words.join(", "))?;
            }
            ContextShape::Bytes { first, end } => writeln!(f, "bytes {first}..{end}")?,
        }
        for map in &self.maps {
            writeln!(f, "{}", map_text(map))?;
        }
        for (index, slot) in self.stack.iter().enumerate() {
            writeln!(f, "stack {index} {} {}", slot.bytes, slot.align)?;
        }
        for block in &self.blocks {
            writeln!(f, "{}:", block.label)?;
            for operation in &block.operations {
                writeln!(f, "  {operation}")?;
            }
            if let Some(terminator) = &block.terminator {
                writeln!(f, "  {}", terminator_text(self, terminator))?;
            }
        }
        Ok(())
    }
}

fn map_text(map: &MapDeclaration) -> String {
    let MapSpec { name, kind, key_bytes, value_bytes, entries, .. } = &map.spec;
    let mut text = format!("map {} {name} {} {key_bytes} {value_bytes} {entries}", map.index.0, kind.word());
    for (set, word) in
        [(map.scratch, " scratch"), (map.spec.mmapable, " mmapable"), (map.spec.no_prealloc, " no_prealloc")]
    {
        text.push_str(if set { word } else { "" });
    }
    if let Some(constants) = &map.spec.constants {
        text.push_str(" constants");
        for value in constants {
            text.push(' ');
            text.push_str(&hex(value));
        }
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "-".to_owned();
    }
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text == "-" {
        return Some(Vec::new());
    }
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect())
}

const ALU_WORDS: &[(&str, Alu)] = &[
    ("+", Alu::Add),
    ("-", Alu::Sub),
    ("*", Alu::Mul),
    ("/", Alu::Div),
    ("%", Alu::Mod),
    ("&", Alu::And),
    ("|", Alu::Or),
    ("^", Alu::Xor),
    ("<<", Alu::Lsh),
    (">>", Alu::Rsh),
    ("s>>", Alu::Arsh),
    ("mov", Alu::Mov),
];
const COMPARE_WORDS: &[(&str, Compare)] = &[
    ("==", Compare::Eq),
    ("!=", Compare::Ne),
    (">", Compare::Gt),
    (">=", Compare::Ge),
    ("<", Compare::Lt),
    ("<=", Compare::Le),
    ("s>", Compare::SignedGt),
    ("s>=", Compare::SignedGe),
    ("s<", Compare::SignedLt),
    ("s<=", Compare::SignedLe),
    ("&", Compare::Set),
];
const WIDTH_WORDS: &[(&str, Width)] =
    &[("u8", Width::B1), ("u16", Width::B2), ("u32", Width::B4), ("u64", Width::B8)];
const FIELD_WORDS: &[(&str, ContextField)] = &[
    ("number", ContextField::Number),
    ("pointer", ContextField::KernelPointer),
    ("pointer?", ContextField::NullableKernelPointer),
];
const MAP_KINDS: &[MapKind] = &[
    MapKind::Hash,
    MapKind::Array,
    MapKind::ProgramArray,
    MapKind::PerCpuHash,
    MapKind::PerCpuArray,
    MapKind::LruHash,
    MapKind::RingBuffer,
];

fn word_of<T: Copy + PartialEq>(table: &[(&'static str, T)], item: T) -> &'static str {
    table.iter().find(|(_, other)| *other == item).map_or("?", |(word, _)| word)
}

fn item_of<T: Copy>(table: &[(&'static str, T)], word: &str) -> Option<T> {
    table.iter().find(|(other, _)| *other == word).map(|(_, item)| *item)
}

fn alu_word(op: Alu) -> &'static str {
    word_of(ALU_WORDS, op)
}

fn compare_word(compare: Compare) -> &'static str {
    word_of(COMPARE_WORDS, compare)
}

fn width_word(width: Width) -> &'static str {
    word_of(WIDTH_WORDS, width)
}

fn field_word(field: ContextField) -> &'static str {
    word_of(FIELD_WORDS, field)
}

fn size_word(size: Size) -> &'static str {
    if size == Size::W32 { "u32 " } else { "" }
}

/// Parses the text of one program.
pub fn parse(text: &str) -> Result<Program, TextError> {
    let lines: Vec<(usize, Vec<String>)> = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, words(line)))
        .filter(|(_, words)| !words.is_empty())
        .collect();
    let mut labels = BTreeMap::new();
    for (line, words) in &lines {
        let Some(label) = label_of(words) else { continue };
        let block = u16::try_from(labels.len()).ok().ok_or_else(|| TextError {
            line: *line,
            message: "more blocks than an index can name".to_owned(),
        })?;
        if labels.insert(label.to_owned(), Block(block)).is_some() {
            return Err(TextError { line: *line, message: format!("a second block `{label}`") });
        }
    }
    let mut parser = Parser { labels, program: None, values: 0 };
    for (line, words) in &lines {
        let mut line_words = Words { words, at: 0 };
        parser.line(&mut line_words).map_err(|message| TextError { line: *line, message })?;
    }
    let mut program = parser
        .program
        .ok_or_else(|| TextError { line: 1, message: "there is no `program` line".to_owned() })?;
    program.values = parser.values;
    Ok(program)
}

fn words(line: &str) -> Vec<String> {
    let line = line.split('#').next().unwrap_or("");
    let mut spaced = String::with_capacity(line.len());
    for character in line.chars() {
        if matches!(character, ',' | '(' | ')' | '[' | ']') {
            spaced.extend([' ', character, ' ']);
        } else {
            spaced.push(character);
        }
    }
    spaced.split_whitespace().map(str::to_owned).collect()
}

fn label_of(words: &[String]) -> Option<&str> {
    match words {
        [only] => only.strip_suffix(':').filter(|label| !label.is_empty()),
        _ => None,
    }
}

fn number(word: &str) -> Option<i64> {
    match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok().map(u64::cast_signed),
        None => word.parse().ok(),
    }
}

struct Words<'a> {
    words: &'a [String],
    at: usize,
}

impl<'a> Words<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).map(String::as_str)
    }

    fn word(&mut self) -> Result<&'a str, String> {
        let word = self.peek().ok_or("the line ends too early")?;
        self.at += 1;
        Ok(word)
    }

    fn accept(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(word);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.accept(word) {
            return Ok(());
        }
        Err(format!("`{word}` expected, `{}` found", self.peek().unwrap_or("end of line")))
    }

    fn integer<T: TryFrom<i64>>(&mut self) -> Result<T, String> {
        let word = self.word()?;
        let number = number(word).ok_or_else(|| format!("`{word}` is not a number"))?;
        T::try_from(number).ok().ok_or_else(|| format!("{word} is out of range"))
    }

    fn item<T: Copy>(&mut self, table: &[(&'static str, T)], what: &str) -> Result<T, String> {
        let word = self.word()?;
        item_of(table, word).ok_or_else(|| format!("`{word}` is not {what}"))
    }

    fn width(&mut self) -> Result<Width, String> {
        self.item(WIDTH_WORDS, "a width")
    }

    fn map(&mut self) -> Result<MapIndex, String> {
        Ok(MapIndex(self.integer()?))
    }

    fn end(&self) -> Result<(), String> {
        self.peek().map_or(Ok(()), |word| Err(format!("`{word}` is too much on this line")))
    }
}

struct Parser {
    labels: BTreeMap<String, Block>,
    program: Option<Program>,
    values: u32,
}

impl Parser {
    fn line(&mut self, words: &mut Words<'_>) -> Result<(), String> {
        if let Some(label) = label_of(words.words) {
            let block = BlockBody { label: label.to_owned(), operations: Vec::new(), terminator: None };
            self.program()?.blocks.push(block);
            return Ok(());
        }
        if self.program.as_ref().is_none_or(|program| program.blocks.is_empty()) {
            self.declaration(words)?;
            return words.end();
        }
        if let Some(terminator) = self.terminator(words)? {
            words.end()?;
            self.block()?.terminator = Some(terminator);
            return Ok(());
        }
        let operation = self.operation(words)?;
        words.end()?;
        self.block()?.operations.push(operation);
        Ok(())
    }

    fn program(&mut self) -> Result<&mut Program, String> {
        self.program.as_mut().ok_or_else(|| "a program starts with a `program` line".to_owned())
    }

    fn block(&mut self) -> Result<&mut BlockBody, String> {
        let block = self.program()?.blocks.last_mut().ok_or("no block has been started")?;
        if block.terminator.is_some() {
            return Err(format!("block `{}` has ended", block.label));
        }
        Ok(block)
    }

    fn declaration(&mut self, words: &mut Words<'_>) -> Result<(), String> {
        match words.word()? {
            "program" => {
                if self.program.is_some() {
                    return Err("a second `program` line".to_owned());
                }
                let name = words.word()?.to_owned();
                let context = context_shape(words)?;
                let (maps, stack, blocks) = (Vec::new(), Vec::new(), Vec::new());
                self.program = Some(Program { name, context, maps, values: 0, stack, blocks });
            }
            "map" => {
                let map = map_declaration(words)?;
                self.program()?.maps.push(map);
            }
            "stack" => {
                let index: usize = words.integer::<u16>()?.into();
                let slot = StackRange { bytes: words.integer()?, align: words.integer()? };
                let program = self.program()?;
                if index != program.stack.len() {
                    return Err(format!("stack {} expected here", program.stack.len()));
                }
                program.stack.push(slot);
            }
            word => return Err(format!("`{word}` is not a declaration")),
        }
        Ok(())
    }

    fn label(&self, words: &mut Words<'_>) -> Result<Block, String> {
        let word = words.word()?;
        self.labels.get(word).copied().ok_or_else(|| format!("there is no block `{word}`"))
    }

    fn targets(&self, words: &mut Words<'_>) -> Result<(Block, Block), String> {
        words.expect("goto")?;
        let first = self.label(words)?;
        words.expect("else")?;
        Ok((first, self.label(words)?))
    }

    fn value(&mut self, words: &mut Words<'_>) -> Result<Value, String> {
        let word = words.word()?;
        let number: u16 = word
            .strip_prefix('v')
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| format!("`{word}` is not a value"))?;
        self.values = self.values.max(u32::from(number) + 1);
        Ok(Value(number))
    }

    fn operand(&mut self, words: &mut Words<'_>) -> Result<Operand, String> {
        if words.peek().is_some_and(|word| word.starts_with('v')) {
            return self.value(words).map(Operand::Value);
        }
        words.integer().map(Operand::Constant)
    }

    fn place(&mut self, words: &mut Words<'_>) -> Result<(Value, i32), String> {
        let base = self.value(words)?;
        words.expect("+")?;
        Ok((base, words.integer()?))
    }

    fn place_and_operand(&mut self, words: &mut Words<'_>) -> Result<(Value, i32, Operand), String> {
        let (base, offset) = self.place(words)?;
        words.expect(",")?;
        Ok((base, offset, self.operand(words)?))
    }

    fn terminator(&mut self, words: &mut Words<'_>) -> Result<Option<Terminator>, String> {
        if words.words.get(2).is_some_and(|word| word == "claim") {
            let to = self.value(words)?;
            words.expect("=")?;
            words.expect("claim")?;
            let map = words.map()?;
            let (got, none) = self.targets(words)?;
            return Ok(Some(Terminator::Claim { to, map, got, none }));
        }
        let first = words.peek().unwrap_or("");
        words.at += usize::from(matches!(first, "goto" | "if" | "return" | "loop" | "next"));
        Ok(Some(match first {
            "goto" => Terminator::Goto(self.label(words)?),
            "if" => {
                let size = if words.accept("u32") { Size::W32 } else { Size::W64 };
                let a = self.value(words)?;
                let compare = words.item(COMPARE_WORDS, "a comparison")?;
                let b = self.operand(words)?;
                let (then, otherwise) = self.targets(words)?;
                Terminator::Branch { size, compare, a, b, then, otherwise }
            }
            "return" => Terminator::Return(self.operand(words)?),
            "loop" => {
                let counter = self.value(words)?;
                words.expect("<")?;
                let limit = words.integer()?;
                let (body, exit) = self.targets(words)?;
                Terminator::Loop { counter, limit, body, exit }
            }
            "next" => Terminator::Next { header: self.label(words)? },
            _ => return Ok(None),
        }))
    }

    fn operation(&mut self, words: &mut Words<'_>) -> Result<Operation, String> {
        if words.accept("store") {
            let width = words.width()?;
            let (base, offset, from) = self.place_and_operand(words)?;
            return Ok(Operation::Store { width, base, offset, from });
        }
        if words.accept("atomic") {
            words.expect("add")?;
            let (base, offset, from) = self.place_and_operand(words)?;
            return Ok(Operation::AtomicAdd { base, offset, from });
        }
        if words.accept("release") {
            return Ok(Operation::Release { slot: self.value(words)? });
        }
        let to = self.value(words)?;
        words.expect("=")?;
        self.definition(to, words)
    }

    fn definition(&mut self, to: Value, words: &mut Words<'_>) -> Result<Operation, String> {
        let first = words.peek().ok_or("something is expected after `=`")?;
        if first == "u32" || first.starts_with('v') && first != "value" {
            return self.arithmetic(to, words);
        }
        if number(first).is_some() {
            return Ok(Operation::Assign { to, from: self.operand(words)? });
        }
        words.at += 1;
        Ok(match first {
            "swap" => Operation::ByteSwap { width: words.width()?, to, from: self.value(words)? },
            "min" => {
                let from = self.value(words)?;
                words.expect(",")?;
                Operation::Clamp { to, from, max: words.integer()? }
            }
            "context" => match words.peek() {
                None => Operation::ContextPointer { to },
                Some(word) if word.starts_with('u') => {
                    Operation::ContextBytes { width: words.width()?, to, offset: words.integer()? }
                }
                Some(_) => Operation::Context { to, index: words.integer()? },
            },
            "load" if words.accept("pointer") => {
                let (base, offset) = self.place(words)?;
                Operation::LoadPointer { to, base, offset }
            }
            "load" => {
                let width = words.width()?;
                let (base, offset) = self.place(words)?;
                Operation::Load { width, to, base, offset }
            }
            "atomic" => {
                let exchange = words.accept("exchange");
                if !exchange {
                    words.expect("add")?;
                }
                let (base, offset, from) = self.place_and_operand(words)?;
                if exchange {
                    Operation::Exchange { to, base, offset, from }
                } else {
                    Operation::FetchAdd { to, base, offset, from }
                }
            }
            "offset" => {
                let base = self.value(words)?;
                words.expect(",")?;
                Operation::Offset { to, base, by: self.operand(words)? }
            }
            "stack" => Operation::StackAddress { to, slot: StackSlot(words.integer()?) },
            "map" => Operation::Map { to, map: words.map()? },
            "value" => {
                let map = words.map()?;
                words.expect("+")?;
                Operation::MapValue { to, map, offset: words.integer()? }
            }
            "call" => self.call(to, words)?,
            word => return Err(format!("`{word}` is not an operation")),
        })
    }

    fn arithmetic(&mut self, to: Value, words: &mut Words<'_>) -> Result<Operation, String> {
        let size = if words.accept("u32") { Size::W32 } else { Size::W64 };
        let a = self.value(words)?;
        if size == Size::W64 && words.peek().is_none() {
            return Ok(Operation::Assign { to, from: Operand::Value(a) });
        }
        let op = words.item(ALU_WORDS, "an operator")?;
        Ok(Operation::Alu { size, op, to, a, b: self.operand(words)? })
    }

    fn call(&mut self, to: Value, words: &mut Words<'_>) -> Result<Operation, String> {
        let name = words.word()?;
        let helper = Helper::named(name).ok_or_else(|| format!("`{name}` is not a helper"))?;
        words.expect("(")?;
        let mut arguments = Vec::new();
        while !words.accept(")") {
            if !arguments.is_empty() {
                words.expect(",")?;
            }
            arguments.push(self.operand(words)?);
        }
        Ok(Operation::Call { to, helper, arguments })
    }
}

fn context_shape(words: &mut Words<'_>) -> Result<ContextShape, String> {
    match words.word()? {
        "arguments" => {
            words.expect("[")?;
            let mut fields = Vec::new();
            while !words.accept("]") {
                if !fields.is_empty() {
                    words.expect(",")?;
                }
                fields.push(words.item(FIELD_WORDS, "what a context holds")?);
            }
            Ok(ContextShape::Arguments(fields))
        }
        "bytes" => {
            let word = words.word()?;
            let bounds =
                word.split_once("..").and_then(|(first, end)| Some((first.parse().ok()?, end.parse().ok()?)));
            let (first, end) = bounds.ok_or_else(|| format!("`{word}` is not FIRST..END"))?;
            Ok(ContextShape::Bytes { first, end })
        }
        word => Err(format!("`{word}` is not the shape of a context")),
    }
}

fn map_declaration(words: &mut Words<'_>) -> Result<MapDeclaration, String> {
    let index = words.map()?;
    let name = words.word()?.to_owned();
    let kind_word = words.word()?;
    let kind = MAP_KINDS
        .iter()
        .copied()
        .find(|kind| kind.word() == kind_word)
        .ok_or_else(|| format!("`{kind_word}` is not a kind of map"))?;
    let mut spec = MapSpec {
        name,
        kind,
        key_bytes: words.integer()?,
        value_bytes: words.integer()?,
        entries: words.integer()?,
        mmapable: false,
        no_prealloc: false,
        constants: None,
    };
    let scratch = words.accept("scratch");
    spec.mmapable = words.accept("mmapable");
    spec.no_prealloc = words.accept("no_prealloc");
    if words.accept("constants") {
        let mut values = Vec::new();
        while words.peek().is_some() {
            let word = words.word()?;
            values.push(unhex(word).ok_or_else(|| format!("`{word}` is not hexadecimal bytes"))?);
        }
        spec.constants = Some(values);
    }
    Ok(MapDeclaration { spec, index, scratch })
}
