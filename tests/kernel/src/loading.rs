//! What the kernel takes, what it refuses, and what a refusal says.

use bpf::insn::{Operand, Reg, Width};
use bpf::object::{MapKind, Role};
use bpf::{Hook, Insn, Object};
use kernel::{Link, LoadError};

use crate::case::{Case, Verdict, fail, holds, same};
use crate::probe::{
    call, call_getppid, count, give, map, of_process, program, set, shared, typed_tracepoint,
};

pub(crate) const CASES: &[Case] = &[
    ("a_rejection_carries_the_verifiers_log", rejection),
    ("a_hook_that_is_not_there_is_unsupported", unsupported),
    ("a_program_tells_its_statistics", statistics),
    ("constants_are_read_by_programs_and_written_by_nobody", constants),
    ("a_program_is_called_through_its_array", tail_call),
];

fn raw() -> Hook {
    Hook::RawTracepoint { name: "sys_enter".to_owned() }
}

fn one(name: &str, hook: &Hook, insns: Vec<Insn>) -> Object {
    Object { programs: vec![program(name, hook, insns)], ..Object::default() }
}

fn rejection() -> Verdict {
    let reads_nothing = vec![set(Reg::R0, Operand::Reg(Reg::R5)), Insn::Exit];
    match kernel::load(&one("test_rejected", &raw(), reads_nothing)) {
        Err(LoadError::Rejected { program, error, log }) => {
            same("program", program.as_str(), "test_rejected")?;
            same("errno", error.raw_os_error(), Some(libc::EACCES))?;
            holds(log.contains("R5"), format!("the log does not say what is wrong: {log}"))
        }
        other => fail(format!("not rejected: {other:?}")),
    }
}

fn unsupported() -> Verdict {
    let hook = Hook::TpBtf { name: "no_such_tracepoint".to_owned(), btf_id: 0x00ff_ffff };
    match kernel::load(&one("test_no_hook", &hook, give(0).to_vec())) {
        Err(LoadError::Unsupported { program, .. }) => same("program", program.as_str(), "test_no_hook"),
        other => fail(format!("not unsupported: {other:?}")),
    }
}

fn statistics() -> Verdict {
    let loaded = kernel::load(&one("test_statistics", &typed_tracepoint("sys_enter")?, give(0).to_vec()))?;
    let statistics = loaded.programs[0].statistics();
    holds(statistics.id > 0, "no id")?;
    same("bytes of bytecode", statistics.bytecode_bytes, 16)?;
    same("misses of a program that never ran", statistics.recursion_misses, 0)?;
    holds(loaded.programs[0].memory_bytes().is_some_and(|bytes| bytes > 0), "no memory is accounted")
}

fn constants() -> Verdict {
    let mut object = Object::default();
    let values = [7_u64, 35].map(|value| value.to_le_bytes().to_vec());
    let mut constants = map("constants", MapKind::Array, 4, 8, 1);
    constants.constants = Some(values[1..].to_vec());
    let constants = object.add_map(constants);
    let sum = object.add_map(shared("sum", 8));
    let keep = vec![
        Insn::LoadMapValue { dst: Reg::R1, map: constants, offset: 0 },
        Insn::Load { width: Width::B8, dst: Reg::R1, src: Reg::R1, offset: 0 },
        Insn::LoadMapValue { dst: Reg::R2, map: sum, offset: 0 },
        Insn::Store { width: Width::B8, dst: Reg::R2, offset: 0, src: Operand::Reg(Reg::R1) },
    ];
    object.programs.push(program("test_constant", &raw(), of_process(std::process::id(), keep)));
    let loaded = kernel::load(&object)?;
    let seen = loaded.maps[1].map_memory()?;
    let link = Link::attach(&loaded.programs[0])?;
    call_getppid(1);
    drop(link);
    same("what the program read", seen.load_u64(0, 0), Some(35))?;
    holds(loaded.maps[0].update(&[0; 4], &values[0]).is_err(), "a constant was changed by this process")?;
    same("what is there", loaded.maps[0].lookup(&[0; 4])?, Some(values[1].clone()))?;
    let writes = vec![
        Insn::LoadMapValue { dst: Reg::R1, map: constants, offset: 0 },
        Insn::Store { width: Width::B8, dst: Reg::R1, offset: 0, src: Operand::Imm(0) },
    ];
    object.programs = vec![program("test_writes", &raw(), [writes, give(0).to_vec()].concat())];
    match kernel::load(&object) {
        Err(LoadError::Rejected { .. }) => Ok(()),
        other => fail(format!("a program may write constants: {other:?}")),
    }
}

fn tail_call() -> Verdict {
    let mut object = Object::default();
    let hits = object.add_map(shared("hits", 8));
    let programs = object.add_map(map("programs", MapKind::ProgramArray, 4, 4, 4));
    let calls = vec![
        set(Reg::R1, Operand::Reg(Reg::R6)),
        Insn::LoadMap { dst: Reg::R2, map: programs },
        set(Reg::R3, Operand::Imm(3)),
        call("tail_call"),
    ];
    object.programs.push(program("test_caller", &raw(), of_process(std::process::id(), calls)));
    let counts = [count(hits, 0), give(0).to_vec()].concat();
    let mut called = program("test_called", &raw(), counts);
    called.role = Role::TailCall { map: programs, index: 3 };
    object.programs.push(called);
    let loaded = kernel::load(&object)?;
    let seen = loaded.maps[0].map_memory()?;
    let link = Link::attach(&loaded.programs[0])?;
    call_getppid(4);
    drop(link);
    holds(seen.load_u64(0, 0).is_some_and(|hits| hits >= 4), "the called program did not run")
}
