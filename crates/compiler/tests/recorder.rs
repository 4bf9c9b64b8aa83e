//! The recorder of every call, on every kind of kernel, passes our own verify pass and stays within its budget.

use bpf::Hook;
use compiler::syscall::facts::{Facts, Hooks, Offsets, Rung};
use compiler::syscall::{Filter, Options, record};
use event::syscall::call::{Call, Structures};
use event::syscall::number::{self, Abi};
use event::syscall::record::{BUFFER_BYTES_MAX, BUFFER_BYTES_MIN, Limits};
use event::syscall::shape::{self, Declared};

fn facts(rung: Rung, modern: bool) -> Facts {
    let hook = |name: &str| match rung {
        Rung::TpBtf => Hook::TpBtf { name: name.to_owned(), btf_id: 1 },
        Rung::RawTracepoint => Hook::RawTracepoint { name: name.to_owned() },
    };
    let mut next = 0;
    let offsets = Offsets::find(|_, _| -> Result<i32, ()> {
        next += 8;
        Ok(next % 160)
    });
    Facts {
        cpus: 4,
        rung,
        hooks: Hooks {
            sys_enter: hook("sys_enter"),
            sys_exit: hook("sys_exit"),
            exec: hook("sched_process_exec"),
            fork: hook("sched_process_fork"),
            process_exit: hook("sched_process_exit"),
        },
        offsets: offsets.expect("made up"),
        fetch_atomics: modern,
        current_task_btf: modern,
    }
}

fn options(buffer_bytes: u32, filter: Filter) -> Options {
    Options { limits: Limits { buffer_bytes }, ring_bytes: 1 << 22, entered_calls: 16_384, filter }
}

/// Every call of both tables; those that no table describes get six plain parameters.
fn all_calls() -> Vec<Call> {
    let plain = ["a", "b", "c", "d", "e", "f"].map(|name| Declared { c_type: "unsigned long", name });
    let calls =
        Abi::ALL.into_iter().flat_map(|abi| number::all(abi).map(move |(number, name)| (abi, number, name)));
    calls
        .map(|(abi, number, name)| {
            let own: Vec<Declared<'_>> = match shape::own_parameters(abi, name) {
                Some(own) => own.iter().map(|own| own.declared).collect(),
                None => plain.to_vec(),
            };
            Call::describe(abi, number, name, &own, &Structures::new())
        })
        .collect()
}

#[test]
fn every_call_on_every_rung() {
    let calls = all_calls();
    for (rung, modern) in [(Rung::TpBtf, true), (Rung::TpBtf, false), (Rung::RawTracepoint, true)] {
        for buffer_bytes in [BUFFER_BYTES_MIN, 4096, BUFFER_BYTES_MAX] {
            let recorder = record(&calls, &facts(rung, modern), &options(buffer_bytes, Filter::default()));
            let recorder =
                recorder.unwrap_or_else(|error| panic!("{rung:?} {modern} {buffer_bytes}: {error}"));
            assert!(recorder.programs.len() > 20, "a program for each plan");
        }
    }
}

#[test]
fn every_filter_at_once() {
    let filter = Filter {
        tree: true,
        not_process: Some(7),
        processes: vec![1, 2],
        users: vec![0],
        commands: vec![*b"0123456789abcde\0", [0; 16]],
        cgroups: vec![1 << 40],
        failed: false,
    };
    for filter in [filter.clone(), Filter { failed: true, ..filter }] {
        let recorder = record(&all_calls(), &facts(Rung::TpBtf, true), &options(4096, filter));
        assert!(recorder.is_ok(), "{recorder:?}");
    }
}
