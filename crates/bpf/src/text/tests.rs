//! Text of instructions: rows of text, and a round trip of every shape.

use super::*;

const SIZES: [Size; 2] = [Size::W32, Size::W64];
const OFFSETS: [i16; 7] = [0, 1, -1, 8, -512, i16::MIN, i16::MAX];
const IMMEDIATES: [i32; 6] = [0, 1, -1, 0x1234, i32::MIN, i32::MAX];
const HALVES: [u32; 4] = [0, 1, 0x8000_0000, u32::MAX];

fn regs() -> impl Iterator<Item = Reg> {
    (0..=10).filter_map(Reg::new)
}

fn operands() -> impl Iterator<Item = Operand> {
    regs().map(Operand::Reg).chain(IMMEDIATES.map(Operand::Imm))
}

/// The line parses, and prints as itself.
#[track_caller]
fn check(line: &str) {
    let insn: Insn = line.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
    assert_eq!(insn.to_string(), line);
}

#[track_caller]
fn check_error(text: &str, message: &str) {
    assert_eq!(parse(text).expect_err(text).to_string(), message);
}

#[test]
fn lines_of_each_kind_print_as_they_are_written() {
    for line in [
        "r1 = r6",
        "w1 = 5",
        "r0 += -8",
        "w3 s>>= w4",
        "r1 = -r1",
        "w1 = -w1",
        "r1 = be16 r1",
        "r2 = *(u64 *)(r1 + 112)",
        "r2 = *(u8 *)(r10 - 32768)",
        "*(u32 *)(r10 - 4) = r1",
        "*(u16 *)(r10 + 0) = -1",
        "lock *(u64 *)(r1 + 0) += r2",
        "r2 = atomic_fetch_add((u64 *)(r1 + 0), r2)",
        "r2 = xchg_64(r1 + 0, r2)",
        "r2 = xchg_32(r1 - 4, r2)",
        "r1 = 0x1234 ll",
        "r1 = 0xffffffffffffffff ll",
        "r1 = map[2] ll",
        "r1 = map[2][0] + 16 ll",
        "if r1 != 5 goto +3",
        "if w1 s> w2 goto -7",
        "if r1 & -2147483648 goto +0",
        "goto +1",
        "goto -32768",
        "call probe_read_user_str#114",
        "call unknown#212",
        "exit",
    ] {
        check(line);
    }
}

#[test]
fn a_listing_numbers_slots_and_parses_back() {
    let text = "   0: r1 = 0x1 ll\n   2: r1 = map[0] ll\n   4: goto +0\n   5: exit\n";
    let insns = parse(text).expect("a listing");
    assert_eq!(insns.len(), 4);
    assert_eq!(Listing(&insns).to_string(), text);
}

#[test]
fn spaces_comments_hexadecimals_and_bare_names_are_accepted() {
    let loose = "; a program\n\n r1=*( u64*)(r1+0x70) ; di\n  call  probe_read_user_str\nw1 = 0x10\nexit;";
    let strict = "r1 = *(u64 *)(r1 + 112)\ncall probe_read_user_str#114\nw1 = 16\nexit";
    assert_eq!(parse(loose), parse(strict));
    assert_eq!(parse(strict).map(|insns| insns.len()), Ok(4));
}

#[test]
fn errors_tell_line_column_and_what_was_expected() {
    check_error("exit\n  r1 = r11", "2:8: expected a register or a number, found `r11`");
    check_error("r1 = w2", "1:6: expected a register of the same size, found `w2`");
    check_error("w1 = *(u64 *)(r1 + 0)", "1:6: expected a register or a number, found `*(u64 *)(r1 + 0)`");
    check_error("r1 ?= 1", "1:4: expected `=` or an operation such as `+=`, found `?= 1`");
    check_error("r1 = 4294967296", "1:6: expected a number of 32 bits, found `4294967296`");
    check_error("r1 = -1 ll", "1:9: expected the end of the line, found `ll`");
    check_error("r1 = -r2", "1:7: expected the register on the left, found `r2`");
    check_error("r1 = be16 r2", "1:11: expected the register on the left, found `r2`");
    check_error("r1 = *(u24 *)(r1 + 0)", "1:8: expected u8, u16, u32 or u64, found `u24 *)(r1 + 0)`");
    check_error("r1 = *(u8 *)(w1 + 0)", "1:14: expected a register r0 to r10, found `w1 + 0)`");
    check_error(
        "r1 = *(u8 *)(r1 + 32768)",
        "1:17: expected an offset from -32768 to 32767, found `+ 32768)`",
    );
    check_error("goto 3", "1:6: expected `+` or `-`, found `3`");
    check_error("if r1 5", "1:7: expected a comparison, found `5`");
    check_error("if r1 == 5", "1:11: expected goto, found the end of the line");
    check_error("exit\n7: exit", "2:1: expected the number of this slot, found `7: exit`");
    check_error("exit now", "1:6: expected the end of the line, found `now`");
    check_error("r01 = 1", "1:1: expected an instruction, found `r01 = 1`");
    check_error("exitnow", "1:1: expected an instruction, found `exitnow`");
    check_error("r1 = map[65536] ll", "1:10: expected the index of a map, at most 65535, found `65536] ll`");
    check_error("r2 = xchg_64(r1 + 0, r3)", "1:22: expected the register on the left, found `r3)`");
    let expected = "a helper's name, and its number if one follows";
    check_error("call loop#114", &format!("1:6: expected {expected}, found `loop#114`"));
    check_error("call nothing", &format!("1:6: expected {expected}, found `nothing`"));
    check_error("exit \u{e9}", "1:6: expected the end of the line, found `\u{e9}`");
}

/// Each shape with all registers and with the extremes of every number.
fn every_shape() -> Vec<Insn> {
    let mut all = vec![Insn::Exit];
    for dst in regs() {
        for src in operands() {
            for size in SIZES {
                all.extend(ALUS.map(|op| Insn::Alu { size, op, dst, src }));
                let offset = OFFSETS[usize::from(dst.number()) % OFFSETS.len()];
                all.extend(Compare::ALL.map(|compare| Insn::Jump { size, compare, dst, src, offset }));
            }
        }
        all.extend(SIZES.map(|size| Insn::Neg { size, dst }));
        all.extend(WIDTHS.map(|width| Insn::ByteSwap { width, dst }));
        all.extend(wide_shapes(dst));
        all.extend(memory_shapes(dst));
    }
    all.extend(OFFSETS.map(|offset| Insn::Goto { offset }));
    all.extend((0..=300).chain([u32::MAX]).map(|helper| Insn::Call { helper }));
    all
}

fn wide_shapes(dst: Reg) -> impl Iterator<Item = Insn> {
    HALVES.into_iter().flat_map(move |half| {
        let map = MapIndex(u16::try_from(half & 0xffff).expect("16 bits"));
        let values = HALVES.map(|low| (u64::from(half) << 32) | u64::from(low));
        let values = values.map(|value| Insn::LoadImm64 { dst, value });
        let maps = [Insn::LoadMap { dst, map }, Insn::LoadMapValue { dst, map, offset: half }];
        values.into_iter().chain(maps)
    })
}

fn memory_shapes(dst: Reg) -> impl Iterator<Item = Insn> {
    let places = WIDTHS.into_iter().flat_map(|width| OFFSETS.map(|offset| (width, offset)));
    places.flat_map(move |(width, offset)| {
        let stores = operands().map(move |src| Insn::Store { width, dst, offset, src });
        let loads = regs().map(move |src| Insn::Load { width, dst, src, offset });
        let atomics = regs().flat_map(move |src| {
            let all = [Atomic::Add, Atomic::FetchAdd, Atomic::Exchange];
            all.map(|op| Insn::Atomic { op, width, dst, offset, src })
        });
        stores.chain(loads).chain(atomics)
    })
}

#[test]
fn every_shape_comes_back_from_its_text() {
    let all = every_shape();
    for insn in &all {
        assert_eq!(insn.to_string().parse(), Ok(*insn), "{insn}");
    }
    assert_eq!(parse(&Listing(&all).to_string()), Ok(all));
}
