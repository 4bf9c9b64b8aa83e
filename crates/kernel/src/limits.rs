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
/// Names that an error offers for a missing one: more is not a hint.
pub(crate) const NEAR_NAMES_MAX: usize = 3;
/// Bytes of a name that is offered for a missing one: the comparison takes the square, and nobody types longer ones.
pub(crate) const SYMBOL_BYTES_MAX: usize = 256;
/// Bytes of `/proc/kallsyms` that are read at most: kernels with all modules have 20 million.
pub(crate) const KALLSYMS_BYTES_MAX: u64 = 64 << 20;
/// Bytes that a look-up may read of one file: symbol tables and names of the largest browsers take some 200 million.
pub(crate) const ELF_BYTES_MAX: u64 = 512 << 20;
/// Bytes of `/etc/ld.so.cache` at most: 10,000 libraries take one million.
pub(crate) const LIBRARY_CACHE_BYTES_MAX: u64 = 16 << 20;
/// Entries of a directory of libraries that are looked at: the largest have some 10,000.
pub(crate) const LIBRARY_FILES_MAX: usize = 65_536;
/// Times that a program is given to the verifier when signals stop it: five in a row are no accident any more.
pub(crate) const LOAD_ATTEMPTS_MAX: u32 = 5;
