//! What is known of this host before anything is recorded: its calls, its structures, its hooks, what it can do.

use std::path::Path;

use bpf::tracefs::Format;
use bpf::{Btf, BtfError, helper};
use compiler::syscall::Facts;
use compiler::syscall::describe::{self, KernelTypes};
use compiler::syscall::facts::Rung;
use event::syscall::call::{Call, Structures};
use event::syscall::number;
use kernel::facts::{self, BtfBytes, FactError};
use kernel::feature;

use crate::calls::Wanted;
use crate::exit::{Exit, Failure};

/// Everything that the compiler and the decoder need of this host.
#[derive(Debug)]
pub(crate) struct Host {
    /// Facts for the compiler.
    pub(crate) facts: Facts,
    /// The calls, described.
    pub(crate) calls: Vec<Call>,
    /// Layouts of the structures that the calls point to.
    pub(crate) structures: Structures,
}

impl Host {
    /// Asks the kernel for all of it.
    pub(crate) fn gather(wanted: &[Wanted]) -> Result<Self, Failure> {
        let described = Described::read(wanted)?;
        let bytes = btf_bytes()?;
        let btf = parse(&bytes)?;
        let types = described.types(&btf)?;
        let facts = recorder_facts(&types)?;
        let structures = types.structures;
        Ok(Self { facts, calls: described.calls(&structures), structures })
    }
}

/// The wanted calls with the kernel's descriptions of their parameters.
pub(crate) struct Described<'a> {
    rows: Vec<(&'a Wanted, Option<Format>)>,
}

impl<'a> Described<'a> {
    /// Reads the formats of the tracepoints of these calls. A call without one has no parameters that are known.
    pub(crate) fn read(wanted: &'a [Wanted]) -> Result<Self, Failure> {
        let tracefs = facts::tracefs().map_err(|error| fact_failure(&error))?;
        let rows = wanted.iter().map(|call| Ok((call, format(&tracefs, call)?)));
        Ok(Self { rows: rows.collect::<Result<_, Failure>>()? })
    }

    /// What the recorder needs of the kernel's type information.
    pub(crate) fn types(&self, btf: &Btf<'_>) -> Result<KernelTypes, Failure> {
        let names = self
            .rows
            .iter()
            .flat_map(|(call, format)| describe::structure_names(call.abi, call.name, format.as_ref()));
        KernelTypes::read(btf, &names.collect()).map_err(|error| lacks(&error))
    }

    /// The calls, described.
    pub(crate) fn calls(&self, structures: &Structures) -> Vec<Call> {
        let describe = |(call, format): &(&Wanted, Option<Format>)| {
            describe::call(call.abi, call.number, call.name, format.as_ref(), structures)
        };
        self.rows.iter().map(describe).collect()
    }
}

fn format(tracefs: &Path, call: &Wanted) -> Result<Option<Format>, Failure> {
    let Some(name) = number::tracepoint_name(call.abi, call.name) else {
        return Ok(None);
    };
    let text = facts::tracepoint_format(tracefs, "syscalls", &format!("sys_enter_{name}"));
    let Some(text) = text.map_err(|error| fact_failure(&error))? else {
        return Ok(None);
    };
    Format::parse(&text).map(Some).map_err(|error| {
        let message = format!("the format of tracepoint sys_enter_{name} makes no sense: {error}");
        Failure::new(Exit::Unavailable, message)
    })
}

pub(crate) fn btf_bytes() -> Result<BtfBytes, Failure> {
    BtfBytes::of_this_kernel().map_err(|error| {
        let message =
            format!("this kernel shows no type information, which needs CONFIG_DEBUG_INFO_BTF=y: {error}");
        Failure::new(Exit::Unavailable, message)
    })
}

pub(crate) fn parse(bytes: &BtfBytes) -> Result<Btf<'_>, Failure> {
    Btf::parse(bytes.as_slice()).map_err(|error| {
        Failure::new(Exit::Unavailable, format!("the kernel's type information makes no sense: {error}"))
    })
}

fn lacks(error: &BtfError) -> Failure {
    Failure::new(Exit::Unavailable, format!("this kernel is not as the recorder knows kernels: {error}"))
}

/// The rung that holds, and what the compiler has to know to use it.
fn recorder_facts(types: &KernelTypes) -> Result<Facts, Failure> {
    let task = helper::number("get_current_task_btf").unwrap_or_default();
    let best = types.hooks(Rung::TpBtf).ok();
    // Most kernels can do all of it, and each trial costs a start its time.
    let all = best.as_ref().is_some_and(|hooks| feature::all_of(&hooks.sys_exit, task).holds());
    let best = best.filter(|hooks| all || feature::loads_for(&hooks.sys_exit).holds());
    let (rung, hooks) = match best {
        Some(hooks) => (Rung::TpBtf, hooks),
        None => (Rung::RawTracepoint, types.hooks(Rung::RawTracepoint).map_err(|error| lacks(&error))?),
    };
    Ok(Facts {
        cpus: facts::possible_cpus().map_err(|error| fact_failure(&error))?,
        rung,
        fetch_atomics: all || feature::fetch_atomics().holds(),
        current_task_btf: all || feature::helper(&hooks.sys_exit, task).holds(),
        hooks,
        offsets: types.offsets,
    })
}

pub(crate) fn fact_failure(error: &FactError) -> Failure {
    let exit = match error {
        FactError::NoTracefs { .. } => Exit::NoTracefs,
        FactError::Forbidden { .. } => Exit::Permission,
        _ => Exit::Unavailable,
    };
    Failure::new(exit, error.to_string())
}
