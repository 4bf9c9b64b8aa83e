//! The programs of the recorder, one function each.

use bpf::insn::{Alu, Compare, Width};
use event::syscall::call::{Behaviour, exec_plan};
use event::syscall::number::Abi;
use event::syscall::record::{CaptureKind, Header, Origin};

use super::Selected;
use super::capture::{set_status, user_bytes};
use super::emit::{
    Frame, Object, Place, Record, Registers, captures, clear_entered, identity, store, store_call,
};
use super::facts::Rung;
use super::maps::{
    AT_ENTRY, CALL_NUMBERS, Counters, ENTERED_ARGUMENTS, ENTERED_CHECK, ENTERED_I386, ENTERED_TIME,
    FORM_MASK, REPLACES_PROGRAM, SCOPE_INSIDE, SCOPE_WAITS, State, TABLE_ENTRY_BYTES,
};
use super::recipe::{Form, RECIPE_BYTES};
use crate::build::Builder;
use crate::helpers::Helper;
use crate::ir::{Block, ContextField, ContextShape, MapDeclaration, Operand, Program, Value};

/// What the start of a program at `sys_enter` or `sys_exit` has found out.
struct Found {
    registers: Registers,
    number: Value,
    compat: Value,
    /// Entry of the table for this call: form + 1 and flags in the low half, recipe in the high half.
    entry: Value,
}

impl Frame<'_> {
    fn builder(&self, name: &str, maps: &[MapDeclaration], arguments: &[ContextField]) -> Builder {
        let fields = arguments.iter().map(|field| match self.facts.rung {
            Rung::TpBtf => *field,
            Rung::RawTracepoint => ContextField::Number,
        });
        Builder::new(name, ContextShape::Arguments(fields.collect()), maps)
    }

    fn argument(&self, builder: &mut Builder, index: u16) -> Object {
        let pointer = builder.context(index);
        match self.facts.rung {
            Rung::TpBtf => Object::Typed(pointer),
            Rung::RawTracepoint => Object::Address(pointer),
        }
    }

    /// Remembers when a traced call was entered; records a call that does not come back.
    pub(super) fn sys_enter(&self, selected: &Selected, maps: &[MapDeclaration]) -> Program {
        let mut builder = self.builder("sys_enter", maps, SYSCALL_ARGUMENTS);
        let out = builder.block("out");
        let found = self.find(&mut builder, out);
        let ids = builder.call(Helper::GetCurrentPidTgid, &[]);
        if selected.any(Behaviour::DoesNotReturn) {
            let flag = builder.alu(Alu::And, found.entry, u32::from(AT_ENTRY));
            let [alone, common] = ["does_not_return", "returns"].map(|label| builder.block(label));
            builder.branch(Compare::Ne, flag, 0, alone, common);
            builder.switch_to(alone);
            // A call that does not return does not fail either.
            if self.options.filter.failed {
                builder.goto(out);
            } else {
                self.record_entry(&mut builder, &found, out);
            }
            builder.switch_to(common);
        }
        let entry = self.entered(&mut builder, ids, out);
        // Whether a call that was skipped had failed is not known: with such a filter only the bound tells of it.
        if !self.options.filter.failed {
            self.count_skipped(&mut builder, entry, ids, out);
        }
        let identity = identity(&mut builder, ids, found.number, found.compat);
        let now = builder.call(Helper::KtimeGetBootNs, &[]);
        builder.store(Width::B8, entry, ENTERED_TIME, now);
        let check = builder.alu(Alu::Xor, now, identity);
        builder.store(Width::B8, entry, ENTERED_CHECK, check);
        if selected.any(Behaviour::ReplacesProgram) {
            let flag = builder.alu(Alu::And, found.entry, u32::from(REPLACES_PROGRAM));
            let keep = builder.block("keep_arguments");
            builder.branch(Compare::Ne, flag, 0, keep, out);
            builder.switch_to(keep);
            found.registers.arguments(&mut builder, self.facts, found.compat, |builder, index, argument| {
                builder.store(Width::B8, entry, ENTERED_ARGUMENTS + index * 8, argument);
            });
        }
        builder.goto(out);
        leave(builder, out)
    }

    fn record_entry(&self, builder: &mut Builder, found: &Found, out: Block) {
        self.filters(builder, None, out);
        let record = self.begin(builder, out);
        let slot = record.slot;
        let now = builder.call(Helper::KtimeGetBootNs, &[]);
        store(builder, slot, Header::ExitTime, now);
        store(builder, slot, Header::EnterTime, 0);
        store(builder, slot, Header::Return, 0);
        store(builder, slot, Header::Plan, 0);
        store_call(builder, slot, found.number, found.compat, Origin::Enter);
        self.identify(builder, record);
        self.store_arguments(builder, found, slot);
        let no_recipe = slot;
        let length = captures(builder, (slot, no_recipe), &[(); 0], |_, _, ()| ());
        self.finish(builder, record, length, out);
    }

    fn store_arguments(&self, builder: &mut Builder, found: &Found, slot: Value) {
        found.registers.arguments(builder, self.facts, found.compat, |builder, index, argument| {
            builder.store(Width::B8, slot, i32::from(Header::Arguments.offset()) + index * 8, argument);
        });
    }

    /// Finds the call's form, drops what is out of scope, and goes on to the form's program, or to its code right
    /// here where there is only one form.
    pub(super) fn sys_exit(&self, selected: &Selected, maps: &[MapDeclaration]) -> Program {
        let mut builder = self.builder("sys_exit", maps, SYSCALL_ARGUMENTS);
        let out = builder.block("out");
        let found = self.find(&mut builder, out);
        let forgets = self.options.filter.any()
            || selected.any(Behaviour::ReplacesProgram)
            || self.maps.programs.is_some();
        let forget = if forgets { builder.block("forget") } else { out };
        not_elsewhere(&mut builder, selected, &found, (forget, out));
        let result = builder.context(1);
        self.filters(&mut builder, Some(result), forget);
        match (self.maps.programs, selected.forms.first()) {
            (None, Some(form)) => self.record_exit(&mut builder, &found, (0, form), out),
            (Some(programs), _) => {
                let form = builder.alu(Alu::And, found.entry, u32::from(FORM_MASK));
                let index = builder.alu(Alu::Sub, form, 1);
                let (context, programs) = (builder.context_pointer(), builder.map(programs));
                builder.call(Helper::TailCall, &[context.into(), programs.into(), index.into()]);
                let counters = self.counters(&mut builder, out);
                builder.atomic_add(counters, Counters::LOST_CALL.cast_signed(), 1);
                builder.goto(forget);
            }
            (None, None) => builder.goto(out),
        }
        if forgets {
            builder.switch_to(forget);
            self.forget(&mut builder, out);
        }
        leave(builder, out)
    }

    /// The program of one form, where there are several.
    pub(super) fn form(&self, number: u16, form: &Form, maps: &[MapDeclaration]) -> Program {
        let mut builder = self.builder(&format!("form_{number}"), maps, SYSCALL_ARGUMENTS);
        let out = builder.block("out");
        let found = self.find(&mut builder, out);
        self.record_exit(&mut builder, &found, (number, form), out);
        leave(builder, out)
    }

    fn record_exit(&self, builder: &mut Builder, found: &Found, (number, form): (u16, &Form), out: Block) {
        let recipe = self.recipe(builder, found);
        // Before the slot: an event that is lost for want of one is counted there, not as skipped.
        let ids = builder.call(Helper::GetCurrentPidTgid, &[]);
        let identity = identity(builder, ids, found.number, found.compat);
        let entered = self.entered_time(builder, identity, ids);
        let record = self.begin(builder, out);
        let slot = record.slot;
        let now = builder.call(Helper::KtimeGetBootNs, &[]);
        store(builder, slot, Header::ExitTime, now);
        store(builder, slot, Header::EnterTime, entered);
        let result = builder.context(1);
        store(builder, slot, Header::Return, result);
        store(builder, slot, Header::Plan, u32::from(number));
        store_call(builder, slot, found.number, found.compat, Origin::Exit);
        self.identify(builder, record);
        self.store_arguments(builder, found, slot);
        let length = captures(builder, (slot, recipe), form, |builder, place, kind| {
            self.capture_at_exit(builder, place, kind);
        });
        self.finish(builder, record, length, out);
    }

    /// The call's recipe.
    fn recipe(&self, builder: &mut Builder, found: &Found) -> Value {
        let index = builder.alu(Alu::Rsh, found.entry, 16);
        let index = builder.clamp(index, self.recipes - 1);
        let bytes = builder.alu(Alu::Mul, index, u32::from(RECIPE_BYTES));
        let first = builder.map_value(self.maps.recipes, 0);
        builder.offset(first, bytes)
    }

    /// The start of both hooks: leaves to `out` as fast as it can for a call that is not traced.
    fn find(&self, builder: &mut Builder, out: Block) -> Found {
        let registers = Registers::new(builder, self.facts.rung);
        // Only for the look-up, so that it needs no place that outlives a call: this is all that other calls run.
        let wanted = registers.number(builder, self.facts);
        let [traced, wide, narrow, here] =
            ["traced", "wide", "narrow", "here"].map(|label| builder.block(label));
        if self.few.is_empty() {
            let known = builder.block("known");
            builder.branch(Compare::Ge, wanted, u32::from(CALL_NUMBERS), out, known);
            builder.switch_to(known);
        } else {
            one_of(builder, wanted, self.few, out);
        }
        let table = builder.map_value(self.maps.table, 0);
        let bytes = builder.alu(Alu::Mul, wanted, u32::from(TABLE_ENTRY_BYTES));
        let place = builder.offset(table, bytes);
        let both = builder.load(Width::B8, place, 0);
        builder.branch(Compare::Eq, both, 0, out, traced);
        builder.switch_to(traced);
        let number = registers.number(builder, self.facts);
        let task = self.task(builder);
        let compat = self.compat(builder, task);
        let entry = builder.variable(0);
        builder.branch(Compare::Eq, compat, 0, wide, narrow);
        builder.switch_to(wide);
        let low = builder.alu32(Alu::Mov, both, both);
        builder.assign(entry, low);
        builder.goto(here);
        builder.switch_to(narrow);
        let high = builder.alu(Alu::Rsh, both, 32);
        builder.assign(entry, high);
        builder.goto(here);
        builder.switch_to(here);
        let selected = builder.block("selected");
        builder.branch(Compare::Eq, entry, 0, out, selected);
        builder.switch_to(selected);
        Found { registers, number, compat, entry }
    }

    /// Goes on only with what the options ask for. `result` is `None` where a call has none yet.
    pub(super) fn filters(&self, builder: &mut Builder, result: Option<Value>, out: Block) {
        let filter = &self.options.filter;
        if filter.failed
            && let Some(result) = result
        {
            let failed = builder.block("failed");
            // -4095 to -1, unsigned: above -4096.
            builder.branch(Compare::Gt, result, -4096, failed, out);
            builder.switch_to(failed);
        }
        if let Some(own) = filter.not_process {
            let process = process(builder);
            let other = builder.block("other");
            builder.branch(Compare::Eq, process, own, out, other);
            builder.switch_to(other);
        }
        if !filter.processes.is_empty() {
            let process = process(builder);
            let wanted: Vec<i64> = filter.processes.iter().map(|process| i64::from(*process)).collect();
            one_of(builder, process, &wanted, out);
        }
        if !filter.users.is_empty() {
            let ids = builder.call(Helper::GetCurrentUidGid, &[]);
            let user = builder.alu32(Alu::Mov, ids, ids);
            let wanted: Vec<i64> = filter.users.iter().map(|user| i64::from(*user)).collect();
            one_of(builder, user, &wanted, out);
        }
        if !filter.cgroups.is_empty() {
            let cgroup = builder.call(Helper::GetCurrentCgroupId, &[]);
            let wanted: Vec<i64> = filter.cgroups.iter().map(|cgroup| cgroup.cast_signed()).collect();
            one_of(builder, cgroup, &wanted, out);
        }
        if !filter.commands.is_empty() {
            self.one_of_commands(builder, out);
        }
        if let Some(scope) = self.maps.scope {
            let process = process(builder);
            let [found, inside] = ["found", "in_scope"].map(|label| builder.block(label));
            let element = scope_lookup(builder, scope, process);
            builder.branch(Compare::Eq, element, 0, out, found);
            builder.switch_to(found);
            let state = builder.load(Width::B1, element, 0);
            builder.branch(Compare::Eq, state, u32::from(SCOPE_INSIDE), inside, out);
            builder.switch_to(inside);
        }
    }

    fn one_of_commands(&self, builder: &mut Builder, out: Block) {
        let name = builder.stack(16, 8);
        let name = builder.stack_address(name);
        builder.store(Width::B8, name, 0, 0);
        builder.store(Width::B8, name, 8, 0);
        builder.call(Helper::GetCurrentComm, &[name.into(), 16.into()]);
        let words = [builder.load(Width::B8, name, 0), builder.load(Width::B8, name, 8)];
        let matched = builder.block("command");
        for command in &self.options.filter.commands {
            let [second, next] = ["command_end", "command_next"].map(|label| builder.block(label));
            let (low, high) = command.split_at(8);
            builder.branch(Compare::Eq, words[0], word(low), second, next);
            builder.switch_to(second);
            builder.branch(Compare::Eq, words[1], word(high), matched, next);
            builder.switch_to(next);
        }
        builder.goto(out);
        builder.switch_to(matched);
    }

    /// Lets the recording of a command begin with its program, and records a successful exec: all from the kernel's
    /// objects of the new program. `None` where there is neither to do.
    pub(super) fn exec(&self, selected: &Selected, maps: &[MapDeclaration]) -> Option<Program> {
        // An exec that succeeded is none of the calls that failed.
        let records = selected.any(Behaviour::ReplacesProgram) && !self.options.filter.failed;
        if !records && self.maps.scope.is_none() {
            return None;
        }
        let arguments = [ContextField::KernelPointer, ContextField::Number, ContextField::KernelPointer];
        let mut builder = self.builder("exec", maps, &arguments);
        let out = builder.block("out");
        if let Some(scope) = self.maps.scope {
            begin_scope(&mut builder, scope);
        }
        if !records {
            builder.goto(out);
            return Some(leave(builder, out));
        }
        let old_thread = builder.context(1);
        let origin = self.exec_origin(&mut builder, selected, old_thread, out);
        self.filters(&mut builder, None, out);
        let record = self.begin(&mut builder, out);
        let slot = record.slot;
        let now = builder.call(Helper::KtimeGetBootNs, &[]);
        store(&mut builder, slot, Header::ExitTime, now);
        store(&mut builder, slot, Header::EnterTime, origin.time);
        store(&mut builder, slot, Header::Return, 0);
        store(&mut builder, slot, Header::Plan, 0);
        store(&mut builder, slot, Header::Number, origin.number);
        store(&mut builder, slot, Header::Abi, origin.abi);
        store(&mut builder, slot, Header::Origin, i64::from(Origin::Exec.number()));
        self.identify(&mut builder, record);
        self.exec_arguments(&mut builder, record, &origin);
        let binary = self.argument(&mut builder, 2);
        let kinds: Vec<CaptureKind> = exec_plan().captures.iter().map(|capture| capture.kind).collect();
        let no_recipe = slot;
        let length = captures(&mut builder, (slot, no_recipe), &kinds, |builder, place, kind| {
            self.capture_of_exec(builder, place, kind, binary);
        });
        self.finish(&mut builder, record, length, out);
        Some(leave(builder, out))
    }

    /// Which call the exec came from, by what was remembered at its entry.
    fn exec_origin(
        &self,
        builder: &mut Builder,
        selected: &Selected,
        thread: Value,
        out: Block,
    ) -> ExecOrigin {
        let thread = builder.alu32(Alu::Mov, thread, thread);
        let origin = ExecOrigin {
            time: builder.variable(0),
            number: builder.variable(i64::from(EXECVE)),
            abi: builder.variable(0),
            entry: builder.variable(0),
        };
        let [missing, end] = ["not_entered", "origin"].map(|label| builder.block(label));
        let entry = self.entered(builder, thread, missing);
        let since = builder.load(Width::B8, entry, ENTERED_TIME);
        let check = builder.load(Width::B8, entry, ENTERED_CHECK);
        let identity = builder.alu(Alu::Xor, check, since);
        let numbers =
            |abi| selected.numbers(Behaviour::ReplacesProgram, abi).map(move |number| (abi, number));
        for (abi, number) in Abi::ALL.into_iter().flat_map(numbers) {
            let [here, next] = ["origin_here", "origin_next"].map(|label| builder.block(label));
            let flag = if abi == Abi::I386 { ENTERED_I386 } else { 0 };
            let high = (u64::from(number) << 32 | flag).cast_signed();
            let wanted = builder.alu(Alu::Or, thread, high);
            builder.branch(Compare::Eq, identity, wanted, here, next);
            builder.switch_to(here);
            builder.assign(origin.time, since);
            builder.assign(origin.number, i64::from(number));
            builder.assign(origin.abi, i64::from(abi == Abi::I386));
            builder.assign(origin.entry, 1);
            clear_entered(builder, entry);
            builder.goto(end);
            builder.switch_to(next);
        }
        builder.goto(missing);
        builder.switch_to(missing);
        // Not seen entering: begun before the recorder, or by the kernel itself. It is shown as the plain call if
        // that one is traced.
        let plain = selected.numbers(Behaviour::ReplacesProgram, Abi::X86_64).any(|number| number == EXECVE);
        builder.goto(if plain { end } else { out });
        builder.switch_to(end);
        origin
    }

    fn exec_arguments(&self, builder: &mut Builder, record: Record, origin: &ExecOrigin) {
        let first = i32::from(Header::Arguments.offset());
        for index in 0..6 {
            builder.store(Width::B8, record.slot, first + index * 8, 0);
        }
        let [known, done] = ["arguments", "arguments_done"].map(|label| builder.block(label));
        builder.branch(Compare::Eq, origin.entry, 0, done, known);
        builder.switch_to(known);
        let thread = builder.context(1);
        let entry = self.entered(builder, thread, done);
        for index in 0..6 {
            let argument = builder.load(Width::B8, entry, ENTERED_ARGUMENTS + index * 8);
            builder.store(Width::B8, record.slot, first + index * 8, argument);
        }
        builder.goto(done);
        builder.switch_to(done);
    }

    fn capture_of_exec(&self, builder: &mut Builder, place: Place, kind: CaptureKind, binary: Object) {
        let at = &self.facts.offsets;
        let done = builder.block("captured");
        set_status(builder, place, 0, 0);
        let ends = match kind {
            CaptureKind::ExecArguments => (at.mm_arg_start, at.mm_arg_end),
            CaptureKind::ExecEnvironment => (at.mm_env_start, at.mm_env_end),
            _ => {
                let path = binary.number(builder, Width::B8, at.exec_filename);
                self.text(builder, place, Helper::ProbeReadKernelStr, path, done);
                builder.switch_to(done);
                return;
            }
        };
        let memory = Self::task_to_follow(builder).object(builder, at.task_mm);
        let start = memory.number(builder, Width::B8, ends.0);
        let end = memory.number(builder, Width::B8, ends.1);
        let full = builder.alu(Alu::Sub, end, start);
        let full = builder.clamp(full, i32::MAX.unsigned_abs());
        let size = builder.clamp(full, kind.bytes_max(self.options.limits));
        user_bytes(builder, place, start, (size, full), done);
        builder.switch_to(done);
    }

    /// Adds the children of processes in scope to it.
    pub(super) fn fork(&self, maps: &[MapDeclaration]) -> Option<Program> {
        let scope = self.maps.scope?;
        let mut builder = self.builder("fork", maps, &[ContextField::KernelPointer; 2]);
        let out = builder.block("out");
        let parent =
            self.argument(&mut builder, 0).number(&mut builder, Width::B4, self.facts.offsets.task_process);
        let child =
            self.argument(&mut builder, 1).number(&mut builder, Width::B4, self.facts.offsets.task_process);
        let [inside, outside, full] = ["inside", "outside", "full"].map(|label| builder.block(label));
        let element = scope_lookup(&mut builder, scope, parent);
        builder.branch(Compare::Eq, element, 0, outside, inside);
        builder.switch_to(inside);
        let key = stack_word(&mut builder, child);
        let one = builder.stack(8, 8);
        let one = builder.stack_address(one);
        builder.store(Width::B8, one, 0, u32::from(SCOPE_INSIDE));
        let map = builder.map(scope);
        let failed =
            builder.call(Helper::MapUpdate, &[map.into(), key.into(), one.into(), Operand::Constant(0)]);
        builder.branch(Compare::Eq, failed, 0, out, full);
        builder.switch_to(full);
        let state = builder.map_value(self.maps.state, 0);
        builder.atomic_add(state, State::SCOPE_FULL.cast_signed(), 1);
        builder.goto(out);
        builder.switch_to(outside);
        // A process id that comes round again belongs to somebody else now.
        let key = stack_word(&mut builder, child);
        let map = builder.map(scope);
        builder.call(Helper::MapDelete, &[map.into(), key.into()]);
        builder.goto(out);
        Some(leave(builder, out))
    }

    /// Removes a process from the scope with its last thread.
    pub(super) fn process_exit(&self, maps: &[MapDeclaration]) -> Option<Program> {
        let scope = self.maps.scope?;
        let mut builder = self.builder("process_exit", maps, &[ContextField::KernelPointer]);
        let out = builder.block("out");
        let task = Self::task_to_follow(&mut builder);
        let signal = task.object(&mut builder, self.facts.offsets.task_signal);
        let live = signal.number(&mut builder, Width::B4, self.facts.offsets.signal_live);
        let last = builder.block("last");
        builder.branch(Compare::Eq, live, 0, last, out);
        builder.switch_to(last);
        let process = task.number(&mut builder, Width::B4, self.facts.offsets.task_process);
        let key = stack_word(&mut builder, process);
        let map = builder.map(scope);
        builder.call(Helper::MapDelete, &[map.into(), key.into()]);
        builder.goto(out);
        Some(leave(builder, out))
    }
}

/// A process that waits for its program is in scope from here on.
fn begin_scope(builder: &mut Builder, scope: bpf::MapIndex) {
    let process = process(builder);
    let [found, waits, done] = ["scope_found", "scope_waits", "scope_done"].map(|label| builder.block(label));
    let element = scope_lookup(builder, scope, process);
    builder.branch(Compare::Eq, element, 0, done, found);
    builder.switch_to(found);
    let state = builder.load(Width::B1, element, 0);
    builder.branch(Compare::Eq, state, u32::from(SCOPE_WAITS), waits, done);
    builder.switch_to(waits);
    builder.store(Width::B1, element, 0, u32::from(SCOPE_INSIDE));
    builder.goto(done);
    builder.switch_to(done);
}

fn process(builder: &mut Builder) -> Value {
    let ids = builder.call(Helper::GetCurrentPidTgid, &[]);
    builder.alu(Alu::Rsh, ids, 32)
}

/// Leaves calls to the hooks that record them: those that do not return, and execs that succeeded.
fn not_elsewhere(builder: &mut Builder, selected: &Selected, found: &Found, (forget, out): (Block, Block)) {
    if selected.any(Behaviour::DoesNotReturn) {
        let flag = builder.alu(Alu::And, found.entry, u32::from(AT_ENTRY));
        let returns = builder.block("returns");
        builder.branch(Compare::Ne, flag, 0, out, returns);
        builder.switch_to(returns);
    }
    if selected.any(Behaviour::ReplacesProgram) {
        let flag = builder.alu(Alu::And, found.entry, u32::from(REPLACES_PROGRAM));
        let [exec, common] = ["exec", "not_replaced"].map(|label| builder.block(label));
        builder.branch(Compare::Ne, flag, 0, exec, common);
        builder.switch_to(exec);
        let result = builder.context(1);
        builder.branch(Compare::Eq, result, 0, forget, common);
        builder.switch_to(common);
    }
}

/// Where an exec came from.
struct ExecOrigin {
    time: Value,
    number: Value,
    abi: Value,
    /// 1 when the entry was found.
    entry: Value,
}

fn leave(mut builder: Builder, out: Block) -> Program {
    builder.switch_to(out);
    builder.return_(0);
    builder.finish()
}

fn scope_lookup(builder: &mut Builder, scope: bpf::MapIndex, process: Value) -> Value {
    let key = stack_word(builder, process);
    let map = builder.map(scope);
    builder.call(Helper::MapLookup, &[map.into(), key.into()])
}

fn stack_word(builder: &mut Builder, value: Value) -> Value {
    let address = builder.word();
    builder.store(Width::B4, address, 0, value);
    address
}

/// Goes on if `value` is one of `wanted`, else to `out`.
fn one_of(builder: &mut Builder, value: Value, wanted: &[i64], out: Block) {
    let matched = builder.block("wanted");
    for wanted in wanted {
        let next = builder.block("wanted_next");
        builder.branch(Compare::Eq, value, *wanted, matched, next);
        builder.switch_to(next);
    }
    builder.goto(out);
    builder.switch_to(matched);
}

fn word(bytes: &[u8]) -> i64 {
    let mut word = [0; 8];
    for (to, from) in word.iter_mut().zip(bytes) {
        *to = *from;
    }
    i64::from_le_bytes(word)
}

const SYSCALL_ARGUMENTS: &[ContextField] = &[ContextField::KernelPointer, ContextField::Number];

/// Number of `execve` on x86-64.
const EXECVE: u16 = 59;
