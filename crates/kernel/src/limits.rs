//! The limits of this crate, each with its unit and reason.

/// Bytes of the verifier's log that are asked for first: enough for most programs of ours.
pub(crate) const LOG_BYTES_FIRST: usize = 256 << 10;
/// Bytes of the verifier's log at most: the kernel takes up to 1 GiB, a report needs the end of it.
pub(crate) const LOG_BYTES_MAX: usize = 64 << 20;
/// Bytes of `/sys/kernel/btf/vmlinux` at most: those of 5.10 to 7.2 have 4 to 7 million.
pub(crate) const BTF_BYTES_MAX: usize = 64 << 20;
/// Bytes of a file of tracefs, sysfs or procfs at most. The longest tracepoint format has 90,000.
pub(crate) const TEXT_BYTES_MAX: u64 = 4 << 20;
/// Programs that are loaded side by side: the verifier takes a core each, and hosts have other work.
pub(crate) const LOADERS_MAX: usize = 4;
/// CPUs that a list in sysfs may name: `NR_CPUS` of the largest distribution kernels.
pub(crate) const CPUS_MAX: u32 = 8192;
