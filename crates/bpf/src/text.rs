//! The text form of instructions, close to what the kernel's verifier and bpftool print, and its parser.
//!
//! One instruction is one line. What is printed parses back to the same value, whether or not a kernel would take
//! it. A `;` begins a comment; a line may begin with its slot number, as in a [`Listing`]. Maps stand as `map[N]`,
//! N counting the maps of the object. This module does not encode and does not check.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use crate::helper;
use crate::insn::{Alu, Atomic, Compare, Insn, Operand, Reg, Size, Width};
use crate::object::MapIndex;

/// A whole program with the slot number before each line, as jumps count.
#[derive(Clone, Copy, Debug)]
pub struct Listing<'a>(pub &'a [Insn]);

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut slot: u64 = 0;
        for insn in self.0 {
            writeln!(f, "{slot:4}: {insn}")?;
            slot += u64::from(insn.slots());
        }
        Ok(())
    }
}

/// Reads a program, one instruction a line.
pub fn parse(text: &str) -> Result<Vec<Insn>, TextError> {
    let mut insns = Vec::new();
    let mut slot: u64 = 0;
    for (text, line) in text.lines().zip(1..) {
        let mut cursor = Cursor::new(text, line);
        cursor.slot_number(slot)?;
        if cursor.at_end() {
            continue;
        }
        let insn = cursor.insn()?;
        cursor.expect_end()?;
        slot += u64::from(insn.slots());
        insns.push(insn);
    }
    Ok(insns)
}

impl FromStr for Insn {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let mut cursor = Cursor::new(text, 1);
        let insn = cursor.insn()?;
        cursor.expect_end()?;
        Ok(insn)
    }
}

/// A line that is no instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    /// The line, from 1.
    pub line: u32,
    /// The character in the line, from 1.
    pub column: u32,
    /// What could stand there.
    pub expected: &'static str,
    /// What stands there.
    pub found: String,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, expected, found } = self;
        write!(f, "{line}:{column}: expected {expected}, found {found}")
    }
}

impl Error for TextError {}

impl fmt::Display for Insn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Alu { size, op, dst, src } => {
                write!(f, "{} {} {}", reg(size, dst), alu_symbol(op), operand(size, src))
            }
            Self::Neg { size, dst } => write!(f, "{0} = -{0}", reg(size, dst)),
            Self::ByteSwap { width, dst } => write!(f, "{0} = be{1} {0}", wide(dst), bits(width)),
            Self::Load { width, dst, src, offset } => {
                write!(f, "{} = *(u{} *)({})", wide(dst), bits(width), Address(src, offset))
            }
            Self::Store { width, dst, offset, src } => {
                let source = operand(Size::W64, src);
                write!(f, "*(u{} *)({}) = {source}", bits(width), Address(dst, offset))
            }
            Self::Atomic { op, width, dst, offset, src } => {
                let (bits, address, src) = (bits(width), Address(dst, offset), wide(src));
                match op {
                    Atomic::Add => write!(f, "lock *(u{bits} *)({address}) += {src}"),
                    Atomic::FetchAdd => write!(f, "{src} = atomic_fetch_add((u{bits} *)({address}), {src})"),
                    Atomic::Exchange => write!(f, "{src} = xchg_{bits}({address}, {src})"),
                }
            }
            Self::LoadImm64 { dst, value } => write!(f, "{} = {value:#x} ll", wide(dst)),
            Self::LoadMap { dst, map } => write!(f, "{} = map[{}] ll", wide(dst), map.0),
            Self::LoadMapValue { dst, map, offset } => {
                write!(f, "{} = map[{}][0] + {offset} ll", wide(dst), map.0)
            }
            Self::Goto { offset } => write!(f, "goto {offset:+}"),
            Self::Jump { size, compare, dst, src, offset } => {
                let (left, symbol, right) = (reg(size, dst), compare_symbol(compare), operand(size, src));
                write!(f, "if {left} {symbol} {right} goto {offset:+}")
            }
            Self::Call { helper } => {
                write!(f, "call {}#{helper}", helper::name(helper).unwrap_or(UNKNOWN_HELPER))
            }
            Self::Exit => write!(f, "exit"),
        }
    }
}

/// Stands for the name of a helper that the table lacks.
const UNKNOWN_HELPER: &str = "unknown";

fn reg(size: Size, reg: Reg) -> String {
    let letter = match size {
        Size::W32 => 'w',
        Size::W64 => 'r',
    };
    format!("{letter}{}", reg.number())
}

fn wide(number: Reg) -> String {
    reg(Size::W64, number)
}

fn operand(size: Size, operand: Operand) -> String {
    match operand {
        Operand::Reg(source) => reg(size, source),
        Operand::Imm(value) => value.to_string(),
    }
}

fn bits(width: Width) -> u8 {
    width.bytes() * 8
}

/// `r10 - 4`.
struct Address(Reg, i16);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.1 < 0 { '-' } else { '+' };
        write!(f, "{} {sign} {}", wide(self.0), self.1.unsigned_abs())
    }
}

const ALUS: [Alu; 12] = [
    Alu::Add,
    Alu::Sub,
    Alu::Mul,
    Alu::Div,
    Alu::Or,
    Alu::And,
    Alu::Lsh,
    Alu::Rsh,
    Alu::Mod,
    Alu::Xor,
    Alu::Mov,
    Alu::Arsh,
];

fn alu_symbol(op: Alu) -> &'static str {
    match op {
        Alu::Add => "+=",
        Alu::Sub => "-=",
        Alu::Mul => "*=",
        Alu::Div => "/=",
        Alu::Or => "|=",
        Alu::And => "&=",
        Alu::Lsh => "<<=",
        Alu::Rsh => ">>=",
        Alu::Mod => "%=",
        Alu::Xor => "^=",
        Alu::Mov => "=",
        Alu::Arsh => "s>>=",
    }
}

fn compare_symbol(compare: Compare) -> &'static str {
    match compare {
        Compare::Eq => "==",
        Compare::Ne => "!=",
        Compare::Gt => ">",
        Compare::Ge => ">=",
        Compare::Lt => "<",
        Compare::Le => "<=",
        Compare::SignedGt => "s>",
        Compare::SignedGe => "s>=",
        Compare::SignedLt => "s<",
        Compare::SignedLe => "s<=",
        Compare::Set => "&",
    }
}

/// One line, and how far it was read.
struct Cursor<'a> {
    /// The line without its comment.
    text: &'a str,
    line: u32,
    /// Bytes read.
    read: usize,
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str, line: u32) -> Self {
        let code = text.split(';').next().unwrap_or("").trim_end();
        Self { text: code, line, read: 0 }
    }

    /// What is not read yet, from the next character that is no space.
    fn rest(&mut self) -> &'a str {
        let rest = self.text.get(self.read..).unwrap_or("");
        let trimmed = rest.trim_start();
        self.read += rest.len() - trimmed.len();
        trimmed
    }

    fn at_end(&mut self) -> bool {
        self.rest().is_empty()
    }

    fn error(&mut self, expected: &'static str) -> TextError {
        let rest = self.rest();
        let before = self.text.get(..self.read).unwrap_or("").chars().count();
        let column = u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1);
        let shown: String = rest.chars().take(FOUND_CHARS_MAX).collect();
        let found = if rest.is_empty() { "the end of the line".to_owned() } else { format!("`{shown}`") };
        TextError { line: self.line, column, expected, found }
    }

    /// Reads `token` if it is next; a token that ends in a letter or digit must end there.
    fn take(&mut self, token: &str) -> bool {
        let Some(after) = self.rest().strip_prefix(token) else { return false };
        let ends_in_word = token.ends_with(is_word);
        if ends_in_word && after.starts_with(is_word) {
            return false;
        }
        self.read += token.len();
        true
    }

    fn expect(&mut self, token: &'static str) -> Result<(), TextError> {
        if self.take(token) { Ok(()) } else { Err(self.error(token)) }
    }

    fn expect_end(&mut self) -> Result<(), TextError> {
        if self.at_end() { Ok(()) } else { Err(self.error("the end of the line")) }
    }

    /// `12:` before an instruction.
    fn slot_number(&mut self, slot: u64) -> Result<(), TextError> {
        if !self.rest().starts_with(|c: char| c.is_ascii_digit()) {
            return Ok(());
        }
        let start = self.read;
        if self.unsigned() != Some(slot) {
            self.read = start;
            return Err(self.error("the number of this slot"));
        }
        self.expect(":")
    }

    fn insn(&mut self) -> Result<Insn, TextError> {
        if self.take("exit") {
            return Ok(Insn::Exit);
        }
        if self.take("goto") {
            return Ok(Insn::Goto { offset: self.jump_offset()? });
        }
        if self.take("call") {
            return self.call();
        }
        if self.take("if") {
            return self.jump();
        }
        if self.take("lock") {
            let (width, dst, offset) = self.memory("*")?;
            self.expect("+=")?;
            let src = self.wide_reg()?;
            return Ok(Insn::Atomic { op: Atomic::Add, width, dst, offset, src });
        }
        if self.rest().starts_with('*') {
            let (width, dst, offset) = self.memory("*")?;
            self.expect("=")?;
            return Ok(Insn::Store { width, dst, offset, src: self.operand(Size::W64)? });
        }
        match self.reg() {
            Some((size, dst)) => self.assignment(size, dst),
            None => Err(self.error("an instruction")),
        }
    }

    /// What follows the register on the left.
    fn assignment(&mut self, size: Size, dst: Reg) -> Result<Insn, TextError> {
        let Some(op) = self.symbol(&ALUS, alu_symbol) else {
            return Err(self.error("`=` or an operation such as `+=`"));
        };
        if op != Alu::Mov {
            return Ok(Insn::Alu { size, op, dst, src: self.operand(size)? });
        }
        if self.rest().strip_prefix('-').is_some_and(|rest| rest.starts_with(['r', 'w'])) {
            self.expect("-")?;
            self.same_reg(size, dst)?;
            return Ok(Insn::Neg { size, dst });
        }
        if size == Size::W64
            && let Some(insn) = self.wide_value(dst)?
        {
            return Ok(insn);
        }
        Ok(Insn::Alu { size, op, dst, src: self.operand(size)? })
    }

    /// The right sides that only a 64-bit register can have.
    fn wide_value(&mut self, dst: Reg) -> Result<Option<Insn>, TextError> {
        if self.rest().starts_with('*') {
            let (width, src, offset) = self.memory("*")?;
            return Ok(Some(Insn::Load { width, dst, src, offset }));
        }
        if self.take("atomic_fetch_add") {
            self.expect("(")?;
            let (width, base, offset) = self.memory("")?;
            return self.fetch(Atomic::FetchAdd, width, (base, offset), dst).map(Some);
        }
        if self.take("map") {
            return self.map(dst).map(Some);
        }
        for width in WIDTHS {
            if self.take(&format!("xchg_{}", bits(width))) {
                self.expect("(")?;
                let address = self.address()?;
                return self.fetch(Atomic::Exchange, width, address, dst).map(Some);
            }
            if self.take(&format!("be{}", bits(width))) {
                self.same_reg(Size::W64, dst)?;
                return Ok(Some(Insn::ByteSwap { width, dst }));
            }
        }
        Ok(self.wide_constant(dst))
    }

    /// `, r2)` after the address of an operation that puts into `src` what memory held.
    fn fetch(
        &mut self,
        op: Atomic,
        width: Width,
        (dst, offset): (Reg, i16),
        src: Reg,
    ) -> Result<Insn, TextError> {
        self.expect(",")?;
        self.same_reg(Size::W64, src)?;
        self.expect(")")?;
        Ok(Insn::Atomic { op, width, dst, offset, src })
    }

    /// `[2] ll` or `[2][0] + 16 ll`.
    fn map(&mut self, dst: Reg) -> Result<Insn, TextError> {
        self.expect("[")?;
        let map = MapIndex(self.number("the index of a map, at most 65535")?);
        self.expect("]")?;
        if self.take("ll") {
            return Ok(Insn::LoadMap { dst, map });
        }
        for token in ["[", "0", "]", "+"] {
            self.expect(token)?;
        }
        let offset = self.number("bytes into the map's value")?;
        self.expect("ll")?;
        Ok(Insn::LoadMapValue { dst, map, offset })
    }

    /// `0x1234 ll`, or nothing if no `ll` follows.
    fn wide_constant(&mut self, dst: Reg) -> Option<Insn> {
        let start = self.read;
        match self.unsigned() {
            Some(value) if self.take("ll") => Some(Insn::LoadImm64 { dst, value }),
            _ => {
                self.read = start;
                None
            }
        }
    }

    fn jump(&mut self) -> Result<Insn, TextError> {
        let (size, dst) = self.reg().ok_or_else(|| self.error("a register"))?;
        let Some(compare) = self.symbol(&Compare::ALL, compare_symbol) else {
            return Err(self.error("a comparison"));
        };
        let src = self.operand(size)?;
        self.expect("goto")?;
        Ok(Insn::Jump { size, compare, dst, src, offset: self.jump_offset()? })
    }

    /// `NAME#NUMBER`, or `NAME` alone.
    fn call(&mut self) -> Result<Insn, TextError> {
        let rest = self.rest();
        let start = self.read;
        let name = rest.get(..rest.len() - rest.trim_start_matches(is_word).len()).unwrap_or("");
        self.read += name.len();
        if self.take("#") {
            let helper = self.number("the number of a helper")?;
            if helper::name(helper).unwrap_or(UNKNOWN_HELPER) == name {
                return Ok(Insn::Call { helper });
            }
        } else if let Some(helper) = helper::number(name) {
            return Ok(Insn::Call { helper });
        }
        self.read = start;
        Err(self.error("a helper's name, and its number if one follows"))
    }

    /// `*(u64 *)(r1 + 8)`, with `star` before it.
    fn memory(&mut self, star: &'static str) -> Result<(Width, Reg, i16), TextError> {
        self.expect(star)?;
        self.expect("(")?;
        let width = WIDTHS.into_iter().find(|width| self.take(&format!("u{}", bits(*width))));
        let width = width.ok_or_else(|| self.error("u8, u16, u32 or u64"))?;
        self.expect("*")?;
        self.expect(")")?;
        self.expect("(")?;
        let (base, offset) = self.address()?;
        self.expect(")")?;
        Ok((width, base, offset))
    }

    /// `r1 + 8`.
    fn address(&mut self) -> Result<(Reg, i16), TextError> {
        Ok((self.wide_reg()?, self.jump_offset()?))
    }

    /// A sign and a number of 16 bits.
    fn jump_offset(&mut self) -> Result<i16, TextError> {
        if !self.rest().starts_with(['+', '-']) {
            return Err(self.error("`+` or `-`"));
        }
        self.signed("an offset from -32768 to 32767")
    }

    fn operand(&mut self, size: Size) -> Result<Operand, TextError> {
        let start = self.read;
        match self.reg() {
            Some((found, reg)) if found == size => return Ok(Operand::Reg(reg)),
            Some(_) => {
                self.read = start;
                return Err(self.error("a register of the same size"));
            }
            None => {}
        }
        if !self.rest().starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            return Err(self.error("a register or a number"));
        }
        self.signed("a number of 32 bits").map(Operand::Imm)
    }

    /// `r3` or `w3`, if one is next.
    fn reg(&mut self) -> Option<(Size, Reg)> {
        let rest = self.rest();
        let size = match rest.chars().next()? {
            'r' => Size::W64,
            'w' => Size::W32,
            _ => return None,
        };
        let digits = rest.get(1..)?;
        let digits = digits.get(..digits.len() - digits.trim_start_matches(is_word).len())?;
        // `r01` is not how a register is written.
        let canonical = digits == "0" || !digits.starts_with('0');
        let number = Reg::new(digits.parse().ok().filter(|_| canonical)?)?;
        self.read += 1 + digits.len();
        Some((size, number))
    }

    fn wide_reg(&mut self) -> Result<Reg, TextError> {
        let start = self.read;
        if let Some((Size::W64, reg)) = self.reg() {
            return Ok(reg);
        }
        self.read = start;
        Err(self.error("a register r0 to r10"))
    }

    fn same_reg(&mut self, size: Size, reg: Reg) -> Result<(), TextError> {
        self.rest();
        let start = self.read;
        if self.reg() == Some((size, reg)) {
            return Ok(());
        }
        self.read = start;
        Err(self.error("the register on the left"))
    }

    /// The one of `all` whose symbol is next; of two, the longer.
    fn symbol<T: Copy>(&mut self, all: &[T], symbol: fn(T) -> &'static str) -> Option<T> {
        let rest = self.rest();
        let matching = all.iter().copied().filter(|one| rest.starts_with(symbol(*one)));
        let longest = matching.max_by_key(|one| symbol(*one).len())?;
        self.read += symbol(longest).len();
        Some(longest)
    }

    /// A decimal or `0x` number without a sign.
    fn unsigned(&mut self) -> Option<u64> {
        let rest = self.rest();
        let word = rest.get(..rest.len() - rest.trim_start_matches(is_word).len())?;
        let (digits, radix) = match word.strip_prefix("0x") {
            Some(digits) => (digits, 16),
            None => (word, 10),
        };
        let value = u64::from_str_radix(digits, radix).ok()?;
        self.read += word.len();
        Some(value)
    }

    fn number<T: TryFrom<u64>>(&mut self, expected: &'static str) -> Result<T, TextError> {
        self.rest();
        let start = self.read;
        if let Some(value) = self.unsigned().and_then(|value| T::try_from(value).ok()) {
            return Ok(value);
        }
        self.read = start;
        Err(self.error(expected))
    }

    /// A number with an optional sign.
    fn signed<T: TryFrom<i128>>(&mut self, expected: &'static str) -> Result<T, TextError> {
        self.rest();
        let start = self.read;
        let negative = self.take("-");
        if !negative {
            self.take("+");
        }
        let magnitude = self.unsigned().map(i128::from);
        let value = magnitude.map(|value| if negative { -value } else { value });
        if let Some(value) = value.and_then(|value| T::try_from(value).ok()) {
            return Ok(value);
        }
        self.read = start;
        Err(self.error(expected))
    }
}

const WIDTHS: [Width; 4] = [Width::B1, Width::B2, Width::B4, Width::B8];

/// Characters of a bad line that a message shows.
const FOUND_CHARS_MAX: usize = 24;

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The body of the fuzz target: what parses must print and parse back to itself.
#[doc(hidden)]
pub fn fuzz_text(bytes: &[u8]) {
    let Ok(insns) = parse(&String::from_utf8_lossy(bytes)) else { return };
    let listing = Listing(&insns).to_string();
    assert_eq!(parse(&listing).as_deref(), Ok(insns.as_slice()), "{listing}");
    for insn in insns {
        assert_eq!(insn.to_string().parse(), Ok(insn));
    }
}

#[cfg(test)]
mod tests;
