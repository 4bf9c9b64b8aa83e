//! Puts the programs of the recorder together with its maps.

use bpf::object::Role;
use bpf::{Hook, Object, ProgramSpec};

use event::syscall::call::Behaviour;

use super::emit::Frame;
use super::facts::Facts;
use super::{Options, Purpose, Recorder, Selected, Summary, maps};
use crate::ir::{Program, Target};
use crate::{CompileError, compile};

/// Compiles every program and lists it with its hook.
pub(super) fn assemble(
    selected: &Selected,
    facts: &Facts,
    options: &Options,
) -> Result<Recorder, CompileError> {
    let (places, declared) = maps::declare(selected, facts.cpus, options);
    let slot_bytes = maps::slot_bytes(selected);
    let recipes = u32::try_from(selected.recipes.len()).unwrap_or(u32::MAX).max(1);
    let few = selected.few();
    let frame = Frame { facts, options, maps: places, slot_bytes, recipes, few: &few };
    let hooks = &facts.hooks;
    let mut parts = Parts { target: target(facts), programs: Vec::new(), summaries: Vec::new() };
    if let Some(programs) = places.programs {
        for (number, form) in (0_u16..).zip(&selected.forms) {
            let role = Role::TailCall { map: programs, index: u32::from(number) };
            parts.add(&frame.form(number, form, &declared), &hooks.sys_exit, (Purpose::Records, role))?;
        }
    }
    if let Some(fork) = frame.fork(&declared) {
        parts.add(&fork, &hooks.fork, (Purpose::Follows, Role::Attached))?;
    }
    if let Some(process_exit) = frame.process_exit(&declared) {
        parts.add(&process_exit, &hooks.process_exit, (Purpose::Follows, Role::Attached))?;
    }
    if let Some(exec) = frame.exec(selected, &declared) {
        parts.add(&exec, &hooks.exec, (Purpose::Records, Role::Attached))?;
    }
    // The exit hook first: what is entered before it is attached would look like a call without an exit.
    parts.add(&frame.sys_exit(selected, &declared), &hooks.sys_exit, (Purpose::Records, Role::Attached))?;
    let at_entry = selected.any(Behaviour::DoesNotReturn) && !options.filter.failed;
    let purpose = if at_entry { Purpose::Records } else { Purpose::Times };
    parts.add(&frame.sys_enter(selected, &declared), &hooks.sys_enter, (purpose, Role::Attached))?;
    let maps = declared.into_iter().map(|map| map.spec).collect();
    Ok(Recorder {
        object: Object { maps, programs: parts.programs },
        maps: places,
        programs: parts.summaries,
    })
}

fn target(facts: &Facts) -> Target {
    Target { fetch_atomics: facts.fetch_atomics, ..Target::default() }
}

struct Parts {
    target: Target,
    programs: Vec<ProgramSpec>,
    summaries: Vec<Summary>,
}

impl Parts {
    fn add(
        &mut self,
        program: &Program,
        hook: &Hook,
        (purpose, role): (Purpose, Role),
    ) -> Result<(), CompileError> {
        let compiled = compile(program, &self.target)?;
        self.summaries.push(Summary {
            name: program.name.clone(),
            purpose,
            instructions_estimate: compiled.verified.instructions_estimate,
            stack_bytes: compiled.verified.stack_bytes,
        });
        self.programs.push(ProgramSpec {
            name: program.name.clone(),
            hook: hook.clone(),
            role,
            insns: compiled.insns,
        });
        Ok(())
    }
}
