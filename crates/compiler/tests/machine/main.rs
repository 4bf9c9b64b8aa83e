//! Lowered programs do what their intermediate form says: run by `rbpf` and by a direct interpreter.

mod generate;
mod interpret;

use std::collections::BTreeMap;
use std::fmt::Write;

use bpf::Insn;
use bpf::insn::{MapHandle, Operand, Reg, encode};
use compiler::helpers::Helper;
use compiler::ir::{ContextShape, Program, Target};
use compiler::lower::lower;
use compiler::{text, verify};
use generate::{Flavour, MAP_BYTES, Random};
use interpret::{Outcome, helper, run};

/// Random programs that are run; about 1.5 s in a debug build.
const PROGRAMS: u64 = 2000;
/// Random programs that are only verified, lowered and printed: they are larger. About 2 s.
const VERIFIED_PROGRAMS: u64 = 600;

fn memory() -> Vec<u8> {
    (0..MAP_BYTES).map(|byte| u8::try_from(byte * 7 % 256).expect("a number that fits")).collect()
}

/// Runs instructions in `rbpf`; the map value is plain memory there.
fn run_lowered(insns: &[Insn], context: &[u64]) -> Outcome {
    let mut memory = memory();
    let address = u64::try_from(memory.as_mut_ptr().expose_provenance()).expect("a number that fits");
    let placed: Vec<Insn> = insns
        .iter()
        .map(|insn| match insn {
            Insn::LoadMapValue { dst, offset, .. } => {
                Insn::LoadImm64 { dst: *dst, value: address + u64::from(*offset) }
            }
            insn => *insn,
        })
        .collect();
    let bytes = encode(&placed, |_| MapHandle(0));
    let mut context: Vec<u8> = context.iter().flat_map(|word| word.to_le_bytes()).collect();
    let mut machine = rbpf::EbpfVmRaw::new(Some(&bytes)).expect("a program for rbpf");
    for other in Helper::ALL {
        machine.register_helper(other.signature().number, helper_of(*other)).expect("a helper");
    }
    machine.register_allowed_memory(address..address + u64::from(MAP_BYTES));
    let result = machine.execute_program(&mut context).expect("a run to the end");
    Outcome { result, memory }
}

/// [`helper`] with as many arguments as the helper takes.
fn helper_of(other: Helper) -> fn(u64, u64, u64, u64, u64) -> u64 {
    match other.signature().arguments.len() {
        0 => |_, _, _, _, _| helper(0, 0, 0, 0, 0),
        1 => |a, _, _, _, _| helper(a, 0, 0, 0, 0),
        4 => |a, b, c, d, _| helper(a, b, c, d, 0),
        _ => helper,
    }
}

/// The registers that are set when each instruction starts, on all paths; panics where an unset one is read.
/// `rbpf` keeps r1 to r5 over a call, kernels do not.
fn check_registers(insns: &[Insn], what: &str) {
    let mut slot_of = Vec::new();
    let mut index_at = BTreeMap::new();
    let mut slot = 0_i64;
    for (index, insn) in insns.iter().enumerate() {
        slot_of.push(slot);
        index_at.insert(slot, index);
        slot += i64::from(insn.slots());
    }
    let mut set: Vec<Option<u16>> = vec![None; insns.len()];
    let mut rest = vec![(0, 1_u16 << 1 | 1 << 10)];
    while let Some((index, incoming)) = rest.pop() {
        let known = set[index].map_or(incoming, |known| known & incoming);
        if set[index] == Some(known) {
            continue;
        }
        set[index] = Some(known);
        let (read, after) = registers(insns[index], known);
        assert_eq!(
            read & !known,
            0,
            "{what}: {} reads a register that is not set: {known:011b}",
            insns[index]
        );
        let next = slot_of[index] + i64::from(insns[index].slots());
        let (jump, falls) = match insns[index] {
            Insn::Goto { offset } => (Some(offset), false),
            Insn::Jump { offset, .. } => (Some(offset), true),
            Insn::Exit => (None, false),
            _ => (None, true),
        };
        rest.extend(jump.map(|offset| (index_at[&(next + i64::from(offset))], after)));
        if falls {
            rest.push((index + 1, after));
        }
    }
    let unreached = set.iter().position(Option::is_none);
    assert_eq!(unreached, None, "{what}: an instruction is never reached");
}

fn bit(register: Reg) -> u16 {
    1 << register.number()
}

fn source(operand: Operand) -> u16 {
    match operand {
        Operand::Reg(register) => bit(register),
        Operand::Imm(_) => 0,
    }
}

/// What an instruction reads, and what is set after it.
fn registers(insn: Insn, set: u16) -> (u16, u16) {
    match insn {
        Insn::Alu { op: bpf::insn::Alu::Mov, dst, src, .. } => (source(src), set | bit(dst)),
        Insn::Alu { dst, src, .. } | Insn::Store { dst, src, .. } | Insn::Jump { dst, src, .. } => {
            (bit(dst) | source(src), set)
        }
        Insn::Neg { dst, .. } | Insn::ByteSwap { dst, .. } => (bit(dst), set),
        Insn::Load { dst, src, .. } => (bit(src), set | bit(dst)),
        Insn::Atomic { dst, src, .. } => (bit(dst) | bit(src), set),
        Insn::LoadImm64 { dst, .. } | Insn::LoadMap { dst, .. } | Insn::LoadMapValue { dst, .. } => {
            (0, set | bit(dst))
        }
        Insn::Goto { .. } => (0, set),
        Insn::Call { helper } => {
            let called =
                Helper::ALL.iter().find(|other| other.signature().number == helper).expect("a helper");
            let arguments = u32::try_from(called.signature().arguments.len()).expect("a number that fits");
            (((1 << arguments) - 1) << 1, set & !0b11_1110 | 1)
        }
        Insn::Exit => (1, set),
    }
}

fn check_program(program: &Program, contexts: &[[u64; 2]]) {
    let target = Target::default();
    let insns = lower(program, &target).unwrap_or_else(|error| panic!("{error}\n{program}"));
    check_registers(&insns, &program.name);
    for context in contexts {
        let wanted = run(program, context, memory());
        let found = run_lowered(&insns, context);
        assert_eq!(found, wanted, "{context:x?}\n{program}\n{}", bpf::text::Listing(&insns));
    }
}

#[test]
fn random_programs_do_what_they_say() {
    for seed in 0..PROGRAMS {
        let program = generate::program(seed, Flavour::Interpreter);
        let mut random = Random::new(seed + PROGRAMS);
        check_program(&program, &[[random.next(), random.next() >> 40], [0, u64::MAX]]);
    }
}

#[test]
fn random_programs_are_verified_and_survive_printing() {
    for seed in 0..VERIFIED_PROGRAMS {
        let program = generate::program(seed, Flavour::Kernel);
        let target = Target { instructions_max: u32::MAX, ..Target::default() };
        if let Err(errors) = verify::verify(&program, &target) {
            panic!("{}\n{program}", errors[0]);
        }
        let insns = lower(&program, &target).unwrap_or_else(|error| panic!("{error}\n{program}"));
        check_registers(&insns, &program.name);
        assert_eq!(text::parse(&program.to_string()).as_ref(), Ok(&program), "{program}");
    }
}

/// Runs the text of a program with the context words 11 and 22.
fn check(body: &str, wanted: u64) {
    let text = format!("program test arguments [number, number]\nstack 0 64 8\n{body}");
    let program = text::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert!(matches!(program.context, ContextShape::Arguments(_)));
    check_program(&program, &[[11, 22]]);
    let insns = lower(&program, &Target::default()).expect("instructions");
    assert_eq!(run_lowered(&insns, &[11, 22]).result, wanted, "{text}");
}

#[test]
fn arithmetic_with_both_operands_in_the_result() {
    check("entry:\n v0 = context 0\n v1 = context 1\n v1 = v0 - v1\n return v1", 11_u64.wrapping_sub(22));
    check("entry:\n v0 = context 0\n v1 = context 1\n v0 = v0 - v1\n v1 = v1 - v0\n return v1", 33);
    check("entry:\n v0 = context 1\n v1 = 7\n v1 = v1 + 0\n v1 = v0 % v1\n return v1", 1);
    check("entry:\n v0 = context 0\n v1 = u32 v0 - 12\n return v1", 0xffff_ffff);
}

#[test]
fn large_constants() {
    check("entry:\n v0 = context 0\n v1 = v0 + 0x123456789a\n return v1", 0x12_3456_78a5);
    check(
        "entry:\n v0 = stack 0\n store u64 v0 + 8, 0xfedcba9876543210\n v1 = load u32 v0 + 12\n return v1",
        0xfedc_ba98,
    );
    check("entry:\n v0 = context 0\n if v0 < 0x100000000 goto a else b\na:\n return 1\nb:\n return 2", 1);
}

#[test]
fn a_loop_sums_up() {
    check(
        "entry:\n v0 = 0\n v1 = 0\n goto head\nhead:\n loop v0 < 10 goto body else done\nbody:\n v1 = v1 + v0\n \
         next head\ndone:\n return v1",
        45,
    );
}

#[test]
fn arguments_change_places() {
    let wanted = helper(4, 3, 2, 1, 5);
    let define =
        "entry:\n v0 = context 0\n v1 = v0 - 10\n v2 = v0 - 9\n v3 = v0 - 8\n v4 = v0 - 7\n v5 = v0 - 6\n";
    check(&format!("{define} v6 = call perf_event_output(v4, v3, v2, v1, v5)\n return v6"), wanted);
    let again =
        "v7 = call perf_event_output(v1, v2, v3, v4, v5)\n v8 = call perf_event_output(v2, v3, v4, v1, v5)";
    let wanted = helper(1, 2, 3, 4, 5).wrapping_add(helper(2, 3, 4, 1, 5));
    check(&format!("{define} {again}\n v9 = v7 + v8\n return v9"), wanted);
}

#[test]
fn sixteen_values_over_a_call() {
    let mut body = "entry:\n v20 = context 0\n".to_owned();
    for value in 0..16 {
        writeln!(body, " v{value} = v20 * {}", value + 2).expect("a string takes all");
    }
    body.push_str(" v21 = call ktime_get_ns()\n v22 = 0\n");
    for value in 0..16 {
        writeln!(body, " v22 = v22 * 3\n v22 = v22 + v{value}").expect("a string takes all");
    }
    let wanted = (0..16_u64).fold(0_u64, |sum, value| sum.wrapping_mul(3).wrapping_add(11 * (value + 2)));
    check(&format!("{body} return v22"), wanted);
}
