//! One eBPF instruction as a value, and its encoding.
//!
//! The set is what our compiler emits and what every kernel from 5.10 on accepts, plus the atomics of 5.12.
//! Encoding: Linux `Documentation/bpf/standardization/instruction-set.rst` (RFC 9669). This module does not
//! check that a program makes sense; `compiler::verify` does.

use crate::object::MapIndex;

/// A register of the virtual machine, r0 to r10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reg(u8);

impl Reg {
    /// Result of a call, and of the program.
    pub const R0: Self = Self(0);
    /// First argument of a call; the context when a program starts.
    pub const R1: Self = Self(1);
    /// Second argument of a call.
    pub const R2: Self = Self(2);
    /// Third argument of a call.
    pub const R3: Self = Self(3);
    /// Fourth argument of a call.
    pub const R4: Self = Self(4);
    /// Fifth argument of a call.
    pub const R5: Self = Self(5);
    /// First register that a call preserves.
    pub const R6: Self = Self(6);
    /// Second register that a call preserves.
    pub const R7: Self = Self(7);
    /// Third register that a call preserves.
    pub const R8: Self = Self(8);
    /// Fourth register that a call preserves.
    pub const R9: Self = Self(9);
    /// Frame pointer: read only, the stack lies below it.
    pub const FRAME: Self = Self(10);

    /// The register with this number, if there is one.
    pub fn new(number: u8) -> Option<Self> {
        (number <= 10).then_some(Self(number))
    }

    /// Its number, 0 to 10.
    pub fn number(self) -> u8 {
        self.0
    }
}

/// How many bytes a load or store moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Width {
    /// One byte.
    B1,
    /// Two bytes.
    B2,
    /// Four bytes.
    B4,
    /// Eight bytes.
    B8,
}

impl Width {
    /// The width in bytes: 1, 2, 4 or 8.
    pub fn bytes(self) -> u8 {
        match self {
            Self::B1 => 1,
            Self::B2 => 2,
            Self::B4 => 4,
            Self::B8 => 8,
        }
    }

    /// The width of this many bytes, if there is one.
    pub fn from_bytes(bytes: u32) -> Option<Self> {
        match bytes {
            1 => Some(Self::B1),
            2 => Some(Self::B2),
            4 => Some(Self::B4),
            8 => Some(Self::B8),
            _ => None,
        }
    }

    fn size_code(self) -> u8 {
        match self {
            Self::B4 => 0x00,
            Self::B2 => 0x08,
            Self::B1 => 0x10,
            Self::B8 => 0x18,
        }
    }
}

/// Whether arithmetic or a comparison uses all 64 bits or the low 32 (the upper half of the result is then 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Size {
    /// Low 32 bits.
    W32,
    /// All 64 bits.
    W64,
}

/// An arithmetic operation. Division and remainder are unsigned; by zero they give 0 and the dividend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alu {
    /// Sum, wrapping.
    Add,
    /// Difference, wrapping.
    Sub,
    /// Product, wrapping.
    Mul,
    /// Unsigned quotient.
    Div,
    /// Bitwise or.
    Or,
    /// Bitwise and.
    And,
    /// Shift left; the amount is taken modulo the size.
    Lsh,
    /// Logical shift right.
    Rsh,
    /// Unsigned remainder.
    Mod,
    /// Bitwise exclusive or.
    Xor,
    /// Copy of the source.
    Mov,
    /// Arithmetic shift right.
    Arsh,
}

impl Alu {
    fn code(self) -> u8 {
        match self {
            Self::Add => 0x00,
            Self::Sub => 0x10,
            Self::Mul => 0x20,
            Self::Div => 0x30,
            Self::Or => 0x40,
            Self::And => 0x50,
            Self::Lsh => 0x60,
            Self::Rsh => 0x70,
            Self::Mod => 0x90,
            Self::Xor => 0xa0,
            Self::Mov => 0xb0,
            Self::Arsh => 0xc0,
        }
    }
}

/// A comparison of a conditional jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compare {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Unsigned greater.
    Gt,
    /// Unsigned greater or equal.
    Ge,
    /// Unsigned less.
    Lt,
    /// Unsigned less or equal.
    Le,
    /// Signed greater.
    SignedGt,
    /// Signed greater or equal.
    SignedGe,
    /// Signed less.
    SignedLt,
    /// Signed less or equal.
    SignedLe,
    /// Any common bit set.
    Set,
}

impl Compare {
    /// Every comparison.
    pub const ALL: [Self; 11] = [
        Self::Eq,
        Self::Ne,
        Self::Gt,
        Self::Ge,
        Self::Lt,
        Self::Le,
        Self::SignedGt,
        Self::SignedGe,
        Self::SignedLt,
        Self::SignedLe,
        Self::Set,
    ];

    fn code(self) -> u8 {
        match self {
            Self::Eq => 0x10,
            Self::Gt => 0x20,
            Self::Ge => 0x30,
            Self::Set => 0x40,
            Self::Ne => 0x50,
            Self::SignedGt => 0x60,
            Self::SignedGe => 0x70,
            Self::Lt => 0xa0,
            Self::Le => 0xb0,
            Self::SignedLt => 0xc0,
            Self::SignedLe => 0xd0,
        }
    }
}

/// The second operand of arithmetic, a comparison or a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A register.
    Reg(Reg),
    /// A constant, sign-extended to 64 bits where the operation has 64.
    Imm(i32),
}

/// An atomic read-modify-write of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Atomic {
    /// Adds; the source is unchanged. Every kernel.
    Add,
    /// Adds; the source becomes what memory held before. Since 5.12.
    FetchAdd,
    /// Exchanges source and memory. Since 5.12.
    Exchange,
}

impl Atomic {
    fn imm(self) -> i32 {
        match self {
            Self::Add => 0x00,
            Self::FetchAdd => 0x01,
            Self::Exchange => 0xe1,
        }
    }
}

/// One instruction. A jump counts in 8-byte slots from the slot after itself; [`Insn::slots`] tells which
/// instructions take two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insn {
    /// `dst = dst op src` (for `Mov`: `dst = src`).
    Alu {
        /// Operand size.
        size: Size,
        /// Operation.
        op: Alu,
        /// Destination, and first operand.
        dst: Reg,
        /// Second operand.
        src: Operand,
    },
    /// `dst = -dst`.
    Neg {
        /// Operand size.
        size: Size,
        /// Destination.
        dst: Reg,
    },
    /// Reverses the byte order of the low `width` bytes, zero-extending; `B1` is not encodable.
    ByteSwap {
        /// How many low bytes take part.
        width: Width,
        /// Destination.
        dst: Reg,
    },
    /// `dst = *(width *)(src + offset)`, zero-extended.
    Load {
        /// How many bytes.
        width: Width,
        /// Destination.
        dst: Reg,
        /// Base address.
        src: Reg,
        /// Bytes from the base.
        offset: i16,
    },
    /// `*(width *)(dst + offset) = src`.
    Store {
        /// How many bytes.
        width: Width,
        /// Base address.
        dst: Reg,
        /// Bytes from the base.
        offset: i16,
        /// What to store.
        src: Operand,
    },
    /// Atomic operation on `*(width *)(dst + offset)`; `width` is `B4` or `B8`.
    Atomic {
        /// Operation.
        op: Atomic,
        /// How many bytes.
        width: Width,
        /// Base address.
        dst: Reg,
        /// Bytes from the base.
        offset: i16,
        /// Source, and result where the operation fetches.
        src: Reg,
    },
    /// `dst = value`, two slots.
    LoadImm64 {
        /// Destination.
        dst: Reg,
        /// The constant.
        value: u64,
    },
    /// `dst` = the map itself, as the helpers want it; two slots.
    LoadMap {
        /// Destination.
        dst: Reg,
        /// Which map of the object.
        map: MapIndex,
    },
    /// `dst` = address of the only value of an array map, plus `offset`; two slots. Kernel 5.2.
    LoadMapValue {
        /// Destination.
        dst: Reg,
        /// Which map of the object.
        map: MapIndex,
        /// Bytes into the value.
        offset: u32,
    },
    /// Unconditional jump.
    Goto {
        /// Slots from the next slot.
        offset: i16,
    },
    /// Conditional jump.
    Jump {
        /// Operand size.
        size: Size,
        /// Condition.
        compare: Compare,
        /// First operand.
        dst: Reg,
        /// Second operand.
        src: Operand,
        /// Slots from the next slot.
        offset: i16,
    },
    /// Calls a helper by its number (`enum bpf_func_id` of `include/uapi/linux/bpf.h`).
    Call {
        /// Helper number.
        helper: u32,
    },
    /// Ends the program with r0.
    Exit,
}

/// How many bytes one slot of a program takes.
pub const SLOT_BYTES: usize = 8;

/// What a map reference becomes when a program is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapHandle(pub i32);

impl Insn {
    /// How many 8-byte slots the instruction takes: 1, or 2 for a 64-bit constant.
    pub fn slots(self) -> u8 {
        match self {
            Self::LoadImm64 { .. } | Self::LoadMap { .. } | Self::LoadMapValue { .. } => 2,
            _ => 1,
        }
    }

    /// Appends the instruction's bytes, little-endian, to `out`; `handle` gives the descriptor of a map.
    pub fn encode(self, out: &mut Vec<u8>, handle: impl Fn(MapIndex) -> MapHandle) {
        let zero = Reg::R0;
        match self {
            Self::Alu { size, op, dst, src } => {
                let class = if size == Size::W64 { 0x07 } else { 0x04 };
                slot_with_operand(out, op.code() | class, dst, src, 0);
            }
            Self::Neg { size, dst } => {
                let class = if size == Size::W64 { 0x07 } else { 0x04 };
                slot(out, 0x80 | class, dst, zero, 0, 0);
            }
            Self::ByteSwap { width, dst } => slot(out, 0xdc, dst, zero, 0, i32::from(width.bytes()) * 8),
            Self::Load { width, dst, src, offset } => {
                slot(out, 0x61 | width.size_code(), dst, src, offset, 0);
            }
            Self::Store { width, dst, offset, src: Operand::Imm(imm) } => {
                slot(out, 0x62 | width.size_code(), dst, zero, offset, imm);
            }
            Self::Store { width, dst, offset, src: Operand::Reg(src) } => {
                slot(out, 0x63 | width.size_code(), dst, src, offset, 0);
            }
            Self::Atomic { op, width, dst, offset, src } => {
                slot(out, 0xc3 | width.size_code(), dst, src, offset, op.imm());
            }
            Self::LoadImm64 { dst, value } => wide(out, dst, zero, low_half(value), high_half(value)),
            Self::LoadMap { dst, map } => wide(out, dst, Reg::R1, handle(map).0, 0),
            Self::LoadMapValue { dst, map, offset } => {
                wide(out, dst, Reg::R2, handle(map).0, offset.cast_signed());
            }
            Self::Goto { offset } => slot(out, 0x05, zero, zero, offset, 0),
            Self::Jump { size, compare, dst, src, offset } => {
                let class = if size == Size::W64 { 0x05 } else { 0x06 };
                slot_with_operand(out, compare.code() | class, dst, src, offset);
            }
            Self::Call { helper } => slot(out, 0x85, zero, zero, 0, helper.cast_signed()),
            Self::Exit => slot(out, 0x95, zero, zero, 0, 0),
        }
    }
}

/// The bytes of a whole program, in order.
pub fn encode(insns: &[Insn], handle: impl Fn(MapIndex) -> MapHandle) -> Vec<u8> {
    let mut out = Vec::with_capacity(insns.len() * SLOT_BYTES);
    for insn in insns {
        insn.encode(&mut out, &handle);
    }
    out
}

fn slot_with_operand(out: &mut Vec<u8>, code: u8, dst: Reg, src: Operand, offset: i16) {
    match src {
        Operand::Imm(imm) => slot(out, code, dst, Reg::R0, offset, imm),
        Operand::Reg(src) => slot(out, code | 0x08, dst, src, offset, 0),
    }
}

fn slot(out: &mut Vec<u8>, code: u8, dst: Reg, src: Reg, offset: i16, imm: i32) {
    out.push(code);
    out.push(dst.number() | (src.number() << 4));
    out.extend_from_slice(&offset.to_le_bytes());
    out.extend_from_slice(&imm.to_le_bytes());
}

fn wide(out: &mut Vec<u8>, dst: Reg, src: Reg, low: i32, high: i32) {
    slot(out, 0x18, dst, src, 0, low);
    slot(out, 0, Reg::R0, Reg::R0, 0, high);
}

fn low_half(value: u64) -> i32 {
    let bytes = value.to_le_bytes();
    i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

fn high_half(value: u64) -> i32 {
    low_half(value >> 32)
}
