//! What the kernel says of itself and of this process, beside what was tried. To be shown, never to decide by.

use kernel::facts::{self, Capability, FactError, Lockdown, LockedMemory, Preemption, Privileges};

/// One thing that was asked.
pub(super) struct Fact {
    /// Key of the JSON form.
    pub(super) key: &'static str,
    /// Name in the table.
    pub(super) name: &'static str,
    /// The answer, or why there is none.
    pub(super) value: Result<Value, String>,
}

/// What a fact is.
pub(super) enum Value {
    /// A word or several.
    Text(String),
    /// A word and, for people, what it means.
    Word(&'static str, &'static str),
    /// A number and, for people, what it means.
    Number(i64, &'static str),
    /// Bytes.
    Bytes(u64),
}

impl Value {
    /// For people.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Word(word, "") => (*word).to_owned(),
            Self::Word(word, meaning) => format!("{word} ({meaning})"),
            Self::Number(number, "") => number.to_string(),
            Self::Bytes(bytes) if *bytes < MIB => format!("{} KiB", bytes / 1024),
            Self::Bytes(bytes) => format!("{}.{} MiB", bytes / MIB, bytes % MIB * 10 / MIB),
            Self::Number(number, meaning) => format!("{number} ({meaning})"),
        }
    }
}

const MIB: u64 = 1 << 20;

/// Asks for all of it.
pub(super) fn gather() -> Vec<Fact> {
    vec![
        fact("release", "Linux", facts::release().map(Value::Text)),
        fact("btf_bytes", "type information", facts::btf_bytes().map(Value::Bytes)),
        fact("tracefs", "tracefs", facts::tracefs().map(|place| Value::Text(place.display().to_string()))),
        fact("lockdown", "lockdown", facts::lockdown().map(lockdown)),
        fact("security_modules", "security modules", facts::security_modules().map(Value::Text)),
        fact("preemption", "preemption", facts::preemption().map(preemption)),
        sysctl("bpf_jit_enable", "JIT compiler", "net/core/bpf_jit_enable", &["off", "on", "on, noisy"]),
        sysctl(
            "unprivileged_bpf_disabled",
            "unprivileged eBPF",
            "kernel/unprivileged_bpf_disabled",
            &["allowed", "forbidden until boot", "forbidden"],
        ),
        sysctl("perf_event_paranoid", "perf_event_paranoid", "kernel/perf_event_paranoid", &[]),
        sysctl("kptr_restrict", "kptr_restrict", "kernel/kptr_restrict", &[]),
        fact("locked_memory_bytes", "locked memory", facts::locked_memory().map(locked)),
        fact("capabilities", "privileges", Privileges::of_this_process().map(privileges)),
    ]
}

fn fact(key: &'static str, name: &'static str, value: Result<Value, FactError>) -> Fact {
    Fact { key, name, value: value.map_err(|error| error.to_string()) }
}

fn lockdown(lockdown: Lockdown) -> Value {
    let meaning = match lockdown {
        Lockdown::None => "",
        Lockdown::Integrity => "programs may not write to the memory of others",
        Lockdown::Confidentiality => "programs may not read kernel memory",
    };
    Value::Word(lockdown.word(), meaning)
}

fn preemption(model: Preemption) -> Value {
    let meaning = match model {
        Preemption::Never => "no thread interrupts another in the kernel",
        Preemption::Anywhere => "an event inside another one may be skipped, and is counted",
        Preemption::ChosenAtBoot => "debugfs, which tells, is not mounted",
    };
    Value::Word(model.word(), meaning)
}

fn locked(limit: LockedMemory) -> Value {
    match limit {
        LockedMemory::Bytes(limit) => Value::Bytes(limit),
        LockedMemory::Unlimited => Value::Word("unlimited", ""),
    }
}

/// A number of `/proc/sys`, of which the first values have these meanings.
fn sysctl(key: &'static str, name: &'static str, path: &str, meanings: &[&'static str]) -> Fact {
    let meaning = |number: i64| {
        usize::try_from(number).ok().and_then(|place| meanings.get(place)).copied().unwrap_or("")
    };
    fact(key, name, facts::sysctl(path).map(|number| Value::Number(number, meaning(number))))
}

fn privileges(privileges: Privileges) -> Value {
    let held: Vec<&str> = Capability::ALL
        .into_iter()
        .filter(|capability| privileges.has(*capability))
        .map(Capability::name)
        .collect();
    let held = if held.is_empty() { "none that matter".to_owned() } else { held.join(" ") };
    Value::Text(if privileges.of_the_host { held } else { format!("{held} (of a user namespace only)") })
}
