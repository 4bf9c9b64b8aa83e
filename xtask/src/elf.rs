//! Whether a program can run where there is nothing but itself.
//!
//! Reads the ELF header and the program headers (System V ABI, chapter 4 and 5), nothing else.

/// What a file is, as far as starting it is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// A 64-bit x86 program that needs no other file.
    Static,
    /// It needs this program loader, and libraries.
    Dynamic(String),
    /// A script: a `#!` line.
    Script,
    /// Anything else; the text says why it cannot be started on 64-bit x86.
    Other(&'static str),
}

/// `e_machine` of 64-bit x86.
const MACHINE_X86_64: u16 = 62;
/// `p_type` of the segment that names the program loader.
const SEGMENT_INTERPRETER: u32 = 3;

/// What the bytes of a file are.
pub(crate) fn program(bytes: &[u8]) -> Program {
    if bytes.starts_with(b"#!") {
        return Program::Script;
    }
    if !bytes.starts_with(b"\x7fELF") {
        return Program::Other("it is no ELF file");
    }
    // Class 2: 64 bits; data 1: little-endian.
    if bytes.get(4..6) != Some(&[2, 1]) || number(bytes, 18, 2) != Some(u64::from(MACHINE_X86_64)) {
        return Program::Other("it is not for 64-bit x86");
    }
    interpreter(bytes).unwrap_or(Program::Other("its program headers are cut short"))
}

fn interpreter(bytes: &[u8]) -> Option<Program> {
    let table = number(bytes, 32, 8)?;
    let header_bytes = number(bytes, 54, 2)?;
    let count = number(bytes, 56, 2)?;
    for index in 0..count {
        let header = usize::try_from(table.checked_add(index * header_bytes)?).ok()?;
        if number(bytes, header, 4)? != u64::from(SEGMENT_INTERPRETER) {
            continue;
        }
        let start = usize::try_from(number(bytes, header.checked_add(8)?, 8)?).ok()?;
        let length = usize::try_from(number(bytes, header.checked_add(32)?, 8)?).ok()?;
        let name = bytes.get(start..start.checked_add(length)?)?;
        return Some(Program::Dynamic(String::from_utf8_lossy(name).trim_end_matches('\0').to_owned()));
    }
    Some(Program::Static)
}

/// The little-endian number of up to eight bytes at `offset`.
fn number(bytes: &[u8], offset: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(offset..offset.checked_add(length)?)?;
    Some(bytes.iter().rev().fold(0, |value, byte| (value << 8) | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ELF file with one program header of this type, which spans the last `text.len()` bytes.
    fn elf(machine: u16, segment: u32, text: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 64 + 56];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[18..20].copy_from_slice(&machine.to_le_bytes());
        bytes[32] = 64;
        bytes[54] = 56;
        bytes[56] = 1;
        bytes[64..68].copy_from_slice(&segment.to_le_bytes());
        bytes[72] = 120;
        bytes[96] = u8::try_from(text.len()).expect("short");
        bytes.extend_from_slice(text);
        bytes
    }

    #[test]
    fn a_program_says_what_it_needs() {
        assert_eq!(program(&elf(62, 1, b"code")), Program::Static);
        assert_eq!(program(&elf(62, 3, b"/lib/ld.so\0")), Program::Dynamic("/lib/ld.so".to_owned()));
        assert_eq!(program(&elf(183, 1, b"")), Program::Other("it is not for 64-bit x86"));
        assert_eq!(program(b"#!/bin/sh\n"), Program::Script);
        assert_eq!(program(b"hello"), Program::Other("it is no ELF file"));
    }

    #[test]
    fn no_cut_makes_it_panic() {
        let whole = elf(62, 3, b"/lib/ld.so\0");
        for length in 0..whole.len() {
            assert!(matches!(program(&whole[..length]), Program::Other(_)), "cut at {length}");
        }
    }
}
