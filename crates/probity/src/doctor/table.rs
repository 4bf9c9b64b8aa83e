//! What a kernel may be able to do, what each of it is for, and what would bring it: the one table that everything
//! `doctor` says comes from.

use kernel::feature::Trial;

/// Something that a kernel can do or not.
#[derive(Debug)]
pub(super) struct Feature {
    /// How it is tried.
    pub(super) trial: Trial,
    /// The kernel documentation's word for it. A stable key of the JSON form.
    pub(super) name: &'static str,
    /// Which part of the table it stands in.
    pub(super) group: Group,
    /// What it is for.
    pub(super) purpose: &'static str,
    /// What its absence means by itself.
    pub(super) effect: Effect,
    /// What an operator could change: kernel, boot parameter, sysctl.
    pub(super) remedy: &'static str,
}

/// Parts of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// What the kernel tells of itself.
    Descriptions,
    /// Places where programs can be attached.
    Hooks,
    /// Memory that programs share with us.
    Memory,
    /// What programs can do.
    Language,
}

impl Group {
    /// In the order of the table.
    pub(super) const ALL: [Self; 4] = [Self::Descriptions, Self::Hooks, Self::Memory, Self::Language];

    /// A word for it; a stable key of the JSON form.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Descriptions => "descriptions",
            Self::Hooks => "hooks",
            Self::Memory => "memory",
            Self::Language => "language",
        }
    }
}

/// What follows when a feature is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing can be recorded.
    Fatal(&'static str),
    /// Something cannot be seen, whatever else holds.
    Blind(&'static str),
    /// Something costs more; nothing is blind.
    Costs(&'static str),
    /// The sights of which it is a rung say what follows.
    Rung,
}

/// Something that a user wants to see or do, and the ways to it, best first.
#[derive(Debug)]
pub(super) struct Sight {
    /// In a user's words. A stable key of the JSON form.
    pub(super) name: &'static str,
    /// The ways, best first.
    pub(super) rungs: &'static [Rung],
    /// What is blind when no way holds.
    pub(super) without: &'static str,
    /// Whether nothing works without it.
    pub(super) vital: bool,
}

/// One way to see something.
#[derive(Debug)]
pub(super) struct Rung {
    /// The feature that it needs.
    pub(super) trial: Trial,
    /// What is blind on this rung; empty for nothing.
    pub(super) blind: &'static str,
}

const fn rung(trial: Trial) -> Rung {
    Rung { trial, blind: "" }
}

const fn poor_rung(trial: Trial, blind: &'static str) -> Rung {
    Rung { trial, blind }
}

/// What can be seen, in the order of its weight.
pub(super) const SIGHTS: &[Sight] = &[
    Sight {
        name: "system calls",
        rungs: &[
            rung(Trial::TypedCalls),
            rung(Trial::RawCalls),
            poor_rung(Trial::Fexit, "trace has no programs for this way yet: no system call is recorded"),
            poor_rung(
                Trial::Tracepoint,
                "trace has no programs for this way yet: no system call is recorded",
            ),
        ],
        without: "no system call is seen",
        vital: true,
    },
    Sight {
        name: "programs that start and end",
        rungs: &[rung(Trial::TypedProcesses), rung(Trial::RawProcesses)],
        without: "programs that start, fork and end are seen as system calls only",
        vital: false,
    },
    Sight {
        name: "security operations",
        rungs: &[
            rung(Trial::Lsm),
            poor_rung(
                Trial::TypedCalls,
                "files and addresses are seen as programs name them, not as the kernel takes them, and io_uring \
                 is not seen",
            ),
        ],
        without: "files and addresses are not seen as the kernel takes them",
        vital: false,
    },
    Sight {
        name: "lines typed into shells",
        rungs: &[rung(Trial::UprobeMulti), rung(Trial::Uprobe)],
        without: "lines typed into shells are not seen, nor any function of programs and libraries",
        vital: false,
    },
    Sight {
        name: "DNS questions",
        rungs: &[rung(Trial::CgroupEgress)],
        without: "DNS questions are not seen and cannot be blocked",
        vital: false,
    },
    Sight {
        name: "blocking of connections",
        rungs: &[rung(Trial::CgroupConnect)],
        without: "connections cannot be blocked",
        vital: false,
    },
    Sight {
        name: "kernel functions",
        rungs: &[rung(Trial::KprobeMulti), rung(Trial::Kprobe)],
        without: "kernel functions are not seen",
        vital: false,
    },
];

const fn hook(trial: Trial, name: &'static str, purpose: &'static str, remedy: &'static str) -> Feature {
    Feature { trial, name, group: Group::Hooks, purpose, effect: Effect::Rung, remedy }
}

const fn part(
    (group, effect): (Group, Effect),
    trial: Trial,
    name: &'static str,
    purpose: &'static str,
    remedy: &'static str,
) -> Feature {
    Feature { trial, name, group, purpose, effect, remedy }
}

const BTF: &str = "a kernel with CONFIG_DEBUG_INFO_BTF=y";
const FTRACE: &str =
    "a kernel with CONFIG_FUNCTION_TRACER=y, CONFIG_DYNAMIC_FTRACE=y and CONFIG_DEBUG_INFO_BTF=y";
const KPROBES: &str = "a kernel with CONFIG_KPROBES=y and CONFIG_KPROBE_EVENTS=y";
const UPROBES: &str = "a kernel with CONFIG_UPROBE_EVENTS=y";
const CGROUPS: &str = "a kernel with CONFIG_CGROUP_BPF=y, and CAP_NET_ADMIN";

/// What is tried.
pub(super) const FEATURES: &[Feature] = &[
    part(
        (Group::Descriptions, Effect::Fatal("the places of what is read in kernel objects are not known")),
        Trial::Types,
        "btf",
        "types of kernel objects and functions",
        BTF,
    ),
    part(
        (Group::Descriptions, Effect::Fatal("the parameters of system calls are not known")),
        Trial::Formats,
        "tracefs",
        "parameters of system calls",
        "a kernel with CONFIG_FTRACE_SYSCALLS=y, booted without lockdown=confidentiality",
    ),
    hook(
        Trial::TypedCalls,
        "tp_btf:sys_exit",
        "system calls of both ABIs, kernel objects read directly",
        BTF,
    ),
    hook(
        Trial::RawCalls,
        "raw_tp:sys_exit",
        "system calls of both ABIs",
        "a kernel with CONFIG_BPF_EVENTS=y",
    ),
    hook(
        Trial::Tracepoint,
        "tracepoint:syscalls",
        "single 64-bit system calls",
        "a kernel with CONFIG_FTRACE_SYSCALLS=y, and tracefs mounted",
    ),
    hook(Trial::TypedProcesses, "tp_btf:sched", "exec, fork and exit, kernel objects read directly", BTF),
    hook(Trial::RawProcesses, "raw_tp:sched", "exec, fork and exit", "a kernel with CONFIG_BPF_EVENTS=y"),
    hook(
        Trial::Lsm,
        "lsm",
        "files and addresses as the kernel takes them, and refusing what is not wanted",
        "a kernel with CONFIG_BPF_LSM=y and CONFIG_FUNCTION_TRACER=y, booted with lsm={modules}",
    ),
    part(
        (Group::Hooks, Effect::Costs("watching a kernel function costs an interrupt")),
        Trial::Fentry,
        "fentry",
        "kernel functions at the price of a call",
        FTRACE,
    ),
    hook(Trial::Fexit, "fexit", "kernel functions and their results at the price of a call", FTRACE),
    hook(Trial::Kprobe, "kprobe", "any kernel function", KPROBES),
    part(
        (Group::Hooks, Effect::Costs("results of kernel functions need fexit")),
        Trial::Kretprobe,
        "kretprobe",
        "results of kernel functions",
        KPROBES,
    ),
    hook(
        Trial::KprobeMulti,
        "kprobe.multi",
        "thousands of kernel functions at once",
        "a kernel with CONFIG_FPROBE=y (from Linux 5.18 on)",
    ),
    hook(Trial::Uprobe, "uprobe", "functions of programs and libraries", UPROBES),
    part(
        (
            Group::Hooks,
            Effect::Blind(
                "results of functions of programs are not seen, such as the lines that shells read",
            ),
        ),
        Trial::Uretprobe,
        "uretprobe",
        "results of functions of programs",
        UPROBES,
    ),
    hook(
        Trial::UprobeMulti,
        "uprobe.multi",
        "many functions of a program at once",
        "a kernel with CONFIG_UPROBE_EVENTS=y (from Linux 6.6 on)",
    ),
    hook(Trial::CgroupEgress, "cgroup_skb", "DNS questions", CGROUPS),
    hook(Trial::CgroupConnect, "cgroup/connect4", "connections before they are made", CGROUPS),
    part(
        (Group::Hooks, Effect::Costs("one program for each probe instead of one for all")),
        Trial::PerfLink,
        "perf_link",
        "probes that know which of many they are",
        "Linux 5.15 or later",
    ),
    part(
        (Group::Memory, Effect::Fatal("no event comes out of the kernel")),
        Trial::RingBuffer,
        "ringbuf",
        "events in order, whatever CPU they come from",
        "Linux 5.8 or later; before 5.11 also a higher limit of locked memory (ulimit -l)",
    ),
    part(
        (Group::Memory, Effect::Fatal("lost events cannot be counted")),
        Trial::MappedArray,
        "mmapable array",
        "counters of lost events, read without a system call",
        "Linux 5.5 or later",
    ),
    part(
        (Group::Memory, Effect::Costs("calls under way are kept in a table of fixed size")),
        Trial::TaskStorage,
        "task storage",
        "what belongs to a thread goes with it",
        "Linux 5.11 or later",
    ),
    part(
        (Group::Memory, Effect::Costs("large block lists take more memory")),
        Trial::BloomFilter,
        "bloom filter",
        "large block lists in little memory",
        "Linux 5.16 or later",
    ),
    part(
        (Group::Language, Effect::Fatal("the recorder's programs do not fit the kernel's limits")),
        Trial::TailCall,
        "tail call",
        "one small program for each system call",
        "a kernel with CONFIG_BPF_SYSCALL=y",
    ),
    part(
        (
            Group::Language,
            Effect::Blind("what only the kernel's memory holds is not seen, such as the paths of open files"),
        ),
        Trial::ProbeReadKernel,
        "probe_read_kernel",
        "reading kernel objects",
        "boot without lockdown=confidentiality; lockdown=integrity is enough",
    ),
    part(
        (Group::Language, Effect::Costs("scratch memory is safe only where kernel code is not preempted")),
        Trial::FetchAtomics,
        "fetch atomics",
        "scratch memory that no two threads share",
        "Linux 5.12 or later",
    ),
    part(
        (Group::Language, Effect::Costs("the current task is read with copies")),
        Trial::CurrentTaskBtf,
        "get_current_task_btf",
        "the current task read directly",
        "Linux 5.11 or later with CONFIG_DEBUG_INFO_BTF=y",
    ),
    part(
        (Group::Language, Effect::Costs("paths are put together from directory entries")),
        Trial::PathHelper,
        "d_path",
        "paths as the kernel writes them",
        "Linux 5.10 or later, and lsm or fentry",
    ),
    part(
        (Group::Language, Effect::Costs("long lists take longer to load")),
        Trial::Loop,
        "bpf_loop",
        "long lists",
        "Linux 5.17 or later",
    ),
    part(
        (Group::Language, Effect::Costs("long lists take longer to load")),
        Trial::NumberIterator,
        "bpf_iter_num",
        "long lists",
        "Linux 6.4 or later with CONFIG_DEBUG_INFO_BTF=y",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_feature_stands_once() {
        let names: BTreeSet<_> = FEATURES.iter().map(|feature| feature.name).collect();
        let trials: BTreeSet<_> = FEATURES.iter().map(|feature| feature.trial).collect();
        assert_eq!((names.len(), trials.len()), (FEATURES.len(), FEATURES.len()));
    }

    #[test]
    fn every_rung_is_a_feature_and_every_rung_feature_is_on_a_ladder() {
        let rungs: BTreeSet<_> = SIGHTS.iter().flat_map(|sight| sight.rungs).map(|rung| rung.trial).collect();
        for feature in FEATURES {
            let on_ladder = rungs.contains(&feature.trial);
            assert_eq!(on_ladder, feature.effect == Effect::Rung, "{}", feature.name);
        }
        assert!(rungs.iter().all(|rung| FEATURES.iter().any(|feature| feature.trial == *rung)));
    }
}
