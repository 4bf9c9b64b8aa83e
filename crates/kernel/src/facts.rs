//! What the running kernel says of itself, in bounded reads.

use std::ffi::CStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use crate::limits::{BTF_BYTES_MAX, CPUS_MAX, TEXT_BYTES_MAX};
use crate::sys::{self, Mapping};

/// Why a fact is not known.
#[derive(Debug)]
#[non_exhaustive]
pub enum FactError {
    /// A file could not be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the kernel said.
        error: io::Error,
    },
    /// A file is longer than anything that makes sense there.
    TooLong {
        /// The file.
        path: PathBuf,
        /// Bytes that would have been read at most.
        limit: u64,
    },
    /// A file system of the kernel is not mounted, and what it would tell is not known.
    NotMounted {
        /// Its kind.
        kind: &'static str,
        /// Where it belongs.
        place: &'static str,
    },
    /// This process may not look.
    Forbidden {
        /// What it may not read.
        path: PathBuf,
        /// The privilege that would let it.
        missing: &'static str,
    },
    /// tracefs is not mounted and cannot be mounted.
    NoTracefs {
        /// What the kernel said to the mount.
        error: io::Error,
    },
}

impl std::fmt::Display for FactError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable { path, error } => write!(f, "{} cannot be read: {error}", path.display()),
            Self::TooLong { path, limit } => {
                write!(
                    f,
                    "{} is longer than {limit} bytes: that is not the file of a running kernel",
                    path.display()
                )
            }
            Self::Forbidden { path, missing } => {
                let path = path.display();
                write!(f, "this user may not read {path}: {missing} is missing; run it as root or grant that")
            }
            Self::NotMounted { kind, place } => {
                write!(f, "{kind} is not mounted: as root, `mount -t {kind} {kind} {place}`")
            }
            // The mount finds one there, but the kernel has put nothing into it.
            Self::NoTracefs { error } if error.raw_os_error() == Some(libc::EBUSY) => f.write_str(
                "tracefs is mounted and empty, as under lockdown=confidentiality: boot without that",
            ),
            Self::NoTracefs { error } => {
                let place = TRACEFS_PLACE.to_string_lossy();
                write!(
                    f,
                    "tracefs is not mounted and cannot be ({error}): as root, `mount -t tracefs tracefs {place}`"
                )
            }
        }
    }
}

impl std::error::Error for FactError {}

const BTF_PATH: &str = "/sys/kernel/btf/vmlinux";
const TRACEFS_PLACE: &CStr = c"/sys/kernel/tracing";
const TRACEFS_KIND: &CStr = c"tracefs";

/// The kernel's type information. Its memory goes back to the system when this is dropped.
pub struct BtfBytes {
    memory: Mapping,
    bytes: usize,
}

impl BtfBytes {
    /// Maps the kernel's BTF where the kernel allows that (6.16), else reads it.
    pub fn of_this_kernel() -> Result<Self, FactError> {
        let path = Path::new(BTF_PATH);
        let unreadable = |error| FactError::Unreadable { path: path.to_owned(), error };
        let file = File::open(path).map_err(unreadable)?;
        let bytes = usize::try_from(file.metadata().map_err(unreadable)?.len()).unwrap_or(usize::MAX);
        if bytes > BTF_BYTES_MAX {
            return Err(FactError::TooLong { path: path.to_owned(), limit: TEXT_BYTES_MAX });
        }
        // The kernel takes private mappings only (`btf_sysfs_vmlinux_mmap`, kernel/bpf/sysfs_btf.c).
        if let Ok(memory) = Mapping::read_only(file.as_fd(), bytes) {
            return Ok(Self { memory, bytes });
        }
        let mut memory = Mapping::private(bytes.max(1)).map_err(unreadable)?;
        let bytes = read_to_end(&file, memory.as_slice_mut()).map_err(unreadable)?;
        Ok(Self { memory, bytes })
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        self.memory.as_slice().get(..self.bytes).unwrap_or_default()
    }
}

impl std::fmt::Debug for BtfBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BtfBytes({})", self.bytes)
    }
}

fn read_to_end(mut file: &File, into: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// A small file as text; what is not UTF-8 is replaced.
pub fn read_text(path: &Path) -> Result<String, FactError> {
    let unreadable = |error| FactError::Unreadable { path: path.to_owned(), error };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(TEXT_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > TEXT_BYTES_MAX) {
        return Err(FactError::TooLong { path: path.to_owned(), limit: TEXT_BYTES_MAX });
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Where tracefs is. It is mounted when it is not and that is allowed.
pub fn tracefs() -> Result<PathBuf, FactError> {
    let places = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];
    for place in places {
        match fs::metadata(Path::new(place).join("events")) {
            Ok(_) => return Ok(PathBuf::from(place)),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let missing = Capability::DacReadSearch.name();
                return Err(FactError::Forbidden { path: PathBuf::from(place), missing });
            }
            Err(_) => {}
        }
    }
    sys::mount(TRACEFS_KIND, TRACEFS_PLACE).map_err(|error| FactError::NoTracefs { error })?;
    Ok(PathBuf::from(places[0]))
}

/// The format text of a tracepoint; `None` when the kernel has no such tracepoint.
pub fn tracepoint_format(tracefs: &Path, category: &str, name: &str) -> Result<Option<String>, FactError> {
    match read_text(&tracefs.join("events").join(category).join(name).join("format")) {
        Ok(text) => Ok(Some(text)),
        Err(FactError::Unreadable { error, .. }) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// How many CPUs the kernel may ever bring up: one more than the highest number.
pub fn possible_cpus() -> Result<u32, FactError> {
    let path = Path::new("/sys/devices/system/cpu/possible");
    let text = read_text(path)?;
    let last = text.trim().rsplit([',', '-']).next().and_then(|last| last.parse::<u32>().ok());
    match last {
        Some(last) if last < CPUS_MAX => Ok(last + 1),
        _ => Err(FactError::Unreadable {
            path: path.to_owned(),
            error: io::Error::new(
                io::ErrorKind::InvalidData,
                format!("`{}` is no list of CPUs", text.trim()),
            ),
        }),
    }
}

/// What to add to nanoseconds since boot to get nanoseconds since 1970, as of now.
pub fn wall_offset_ns() -> i64 {
    sys::clock_ns(libc::CLOCK_REALTIME) - sys::clock_ns(libc::CLOCK_BOOTTIME)
}

/// The kernel's release, such as `6.12.117+deb13-cloud-amd64`.
pub fn release() -> Result<String, FactError> {
    read_text(Path::new("/proc/sys/kernel/osrelease")).map(|text| text.trim().to_owned())
}

/// Whether a file exists that only a kernel with some feature has.
pub fn exists(path: &str) -> bool {
    fs::metadata(path).is_ok()
}

/// How far the kernel is locked against its own administrator (`security/lockdown/`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lockdown {
    /// Not at all, or the kernel is built without it.
    None,
    /// Nobody may change the running kernel: programs may not write to user memory.
    Integrity,
    /// Nobody may read its secrets either: programs may not read kernel memory.
    Confidentiality,
}

impl Lockdown {
    /// The kernel's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Integrity => "integrity",
            Self::Confidentiality => "confidentiality",
        }
    }
}

const SECURITY_PLACE: &str = "/sys/kernel/security";

/// How far the kernel is locked down. Not known where securityfs is not mounted.
pub fn lockdown() -> Result<Lockdown, FactError> {
    match read_text(&security_place()?.join("lockdown")) {
        Ok(text) => Ok(chosen_lockdown(&text)),
        // The kernel is built without it.
        Err(FactError::Unreadable { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
            Ok(Lockdown::None)
        }
        Err(error) => Err(error),
    }
}

/// securityfs, which is an empty directory where it is not mounted.
fn security_place() -> Result<&'static Path, FactError> {
    let place = Path::new(SECURITY_PLACE);
    if exists("/sys/kernel/security/lsm") {
        Ok(place)
    } else {
        Err(FactError::NotMounted { kind: "securityfs", place: SECURITY_PLACE })
    }
}

/// `none [integrity] confidentiality`.
fn chosen_lockdown(text: &str) -> Lockdown {
    let chosen = text.split(['[', ']']).nth(1).unwrap_or_default();
    let all = [Lockdown::Integrity, Lockdown::Confidentiality];
    all.into_iter().find(|lockdown| lockdown.word() == chosen).unwrap_or(Lockdown::None)
}

/// The security modules that are active, in their order. To be shown, never to decide by: see [`crate::feature`].
pub fn security_modules() -> Result<String, FactError> {
    read_text(&security_place()?.join("lsm")).map(|text| text.trim().to_owned())
}

/// A number below `/proc/sys`, such as `net/core/bpf_jit_enable`.
pub fn sysctl(name: &str) -> Result<i64, FactError> {
    let path = Path::new("/proc/sys").join(name);
    let text = read_text(&path)?;
    text.trim().parse().map_err(|_not_a_number: std::num::ParseIntError| {
        let what = format!("`{}` is no number", text.trim());
        FactError::Unreadable { path, error: io::Error::new(io::ErrorKind::InvalidData, what) }
    })
}

/// Bytes of the kernel's type information.
pub fn btf_bytes() -> Result<u64, FactError> {
    let unreadable = |error| FactError::Unreadable { path: PathBuf::from(BTF_PATH), error };
    fs::metadata(BTF_PATH).map(|metadata| metadata.len()).map_err(unreadable)
}

/// How much memory this process may lock: what kernels before 5.11 count maps against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockedMemory {
    /// So many bytes.
    Bytes(u64),
    /// As much as there is.
    Unlimited,
}

/// The limit of locked memory that holds for this process now.
pub fn locked_memory() -> Result<LockedMemory, FactError> {
    let path = Path::new("/proc/self/limits");
    let text = read_text(path)?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max locked memory"));
    match line.and_then(|line| line.split_whitespace().next()).map(|word| (word, word.parse())) {
        Some(("unlimited", _)) => Ok(LockedMemory::Unlimited),
        Some((_, Ok(bytes))) => Ok(LockedMemory::Bytes(bytes)),
        _ => Err(FactError::Unreadable { path: path.to_owned(), error: io::ErrorKind::InvalidData.into() }),
    }
}

/// Whether the kernel may stop a thread in the middle of kernel code. Where it may, a tracing program of one thread
/// can be interrupted by another thread, whose events the kernel then skips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preemption {
    /// It does not (`none`, `voluntary`).
    Never,
    /// It does (`full`, `lazy`, real time).
    Anywhere,
    /// It is chosen at boot, and what was chosen is not visible: debugfs is not mounted.
    ChosenAtBoot,
}

impl Preemption {
    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Anywhere => "anywhere",
            Self::ChosenAtBoot => "chosen at boot",
        }
    }
}

/// Whether kernel code is preempted, from the scheduler's own word where debugfs shows it, else from how the kernel
/// says it was built.
pub fn preemption() -> Result<Preemption, FactError> {
    let chosen = read_text(Path::new("/sys/kernel/debug/sched/preempt"));
    let text = match chosen {
        Ok(text) => text,
        Err(_) => read_text(Path::new("/proc/version"))?,
    };
    Ok(preemption_of(&text))
}

/// `none voluntary (full) lazy`, or `Linux version 6.1 (...) #1 SMP PREEMPT_DYNAMIC ...`.
fn preemption_of(text: &str) -> Preemption {
    let chosen = match text.split(['(', ')']).nth(1) {
        Some(chosen) if !text.starts_with("Linux") => chosen,
        // The word stands after the build number; what comes before may hold any text.
        _ => {
            let flags = text.rsplit_once(" #").map_or("", |(_, flags)| flags);
            flags.split_whitespace().find(|word| word.starts_with("PREEMPT")).unwrap_or("none")
        }
    };
    match chosen {
        "none" | "voluntary" => Preemption::Never,
        "PREEMPT_DYNAMIC" => Preemption::ChosenAtBoot,
        _ => Preemption::Anywhere,
    }
}

/// A privilege of a process that matters here (capabilities(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    /// Reads files of others: tracefs.
    DacReadSearch,
    /// Loads programs for network hooks.
    NetAdmin,
    /// Most of what only root may.
    SysAdmin,
    /// Raises the limit of locked memory.
    SysResource,
    /// Opens performance events, loads tracing programs.
    Perfmon,
    /// Loads programs, makes maps.
    Bpf,
}

impl Capability {
    /// All that matter here.
    pub const ALL: [Self; 6] =
        [Self::Bpf, Self::Perfmon, Self::SysAdmin, Self::NetAdmin, Self::DacReadSearch, Self::SysResource];

    /// The name of `include/uapi/linux/capability.h`.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> (u32, &'static str) {
        match self {
            Self::DacReadSearch => (2, "CAP_DAC_READ_SEARCH"),
            Self::NetAdmin => (12, "CAP_NET_ADMIN"),
            Self::SysAdmin => (21, "CAP_SYS_ADMIN"),
            Self::SysResource => (24, "CAP_SYS_RESOURCE"),
            Self::Perfmon => (38, "CAP_PERFMON"),
            Self::Bpf => (39, "CAP_BPF"),
        }
    }
}

/// The privileges of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privileges {
    effective: u64,
    /// Whether they count for the whole host: in a user namespace of its own, such as a rootless container, they do not.
    pub of_the_host: bool,
}

impl Privileges {
    /// Those of this process.
    pub fn of_this_process() -> Result<Self, FactError> {
        let path = Path::new("/proc/self/status");
        let text = read_text(path)?;
        let effective = effective_capabilities(&text).ok_or_else(|| FactError::Unreadable {
            path: path.to_owned(),
            error: io::ErrorKind::InvalidData.into(),
        })?;
        // The first user namespace maps every id to itself (user_namespaces(7)).
        let ids = read_text(Path::new("/proc/self/uid_map")).unwrap_or_default();
        let whole = ids.split_whitespace().eq(["0", "0", "4294967295"]);
        Ok(Self { effective, of_the_host: whole || ids.is_empty() })
    }

    /// Those that the host's own user namespace would give with these bits, in hexadecimal.
    #[cfg(test)]
    pub(crate) fn of(effective: &str) -> Option<Self> {
        let effective = u64::from_str_radix(effective, 16).ok()?;
        Some(Self { effective, of_the_host: true })
    }

    /// Whether the kernel takes this one for granted: most are part of `CAP_SYS_ADMIN`.
    pub fn has(self, capability: Capability) -> bool {
        let bit = |capability: Capability| self.effective >> capability.row().0 & 1 == 1;
        let part_of_admin =
            matches!(capability, Capability::Bpf | Capability::Perfmon | Capability::NetAdmin);
        bit(capability) || part_of_admin && bit(Capability::SysAdmin)
    }

    /// Those of `wanted` that are missing.
    pub fn missing(self, wanted: &[Capability]) -> Vec<Capability> {
        wanted.iter().copied().filter(|capability| !self.has(*capability)).collect()
    }
}

fn effective_capabilities(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_lockdown_stands_in_brackets() {
        for (text, expected) in [
            ("[none] integrity confidentiality\n", Lockdown::None),
            ("none [integrity] confidentiality\n", Lockdown::Integrity),
            ("none integrity [confidentiality]\n", Lockdown::Confidentiality),
            ("", Lockdown::None),
        ] {
            assert_eq!(chosen_lockdown(text), expected, "{text}");
        }
    }

    #[test]
    fn preemption_is_read_where_it_stands() {
        for (text, expected) in [
            ("none (voluntary) full\n", Preemption::Never),
            ("none voluntary full (lazy)\n", Preemption::Anywhere),
            ("(full) lazy\n", Preemption::Anywhere),
            ("Linux version 5.10.0 (a@b) (gcc) #1 SMP Debian 5.10.1-1 (2024)", Preemption::Never),
            ("Linux version 6.18 (PREEMPT) (gcc) #1 SMP PREEMPT_DYNAMIC @0", Preemption::ChosenAtBoot),
            ("Linux version 6.1 (a@b) (gcc) #1 SMP PREEMPT_RT Debian", Preemption::Anywhere),
        ] {
            assert_eq!(preemption_of(text), expected, "{text}");
        }
    }

    #[test]
    fn most_privileges_are_part_of_the_administrators() {
        let status = |effective: &str| format!("Name:\tx\nCapInh:\tffff\nCapEff:\t{effective}\n");
        for (effective, missing) in [
            ("000001ffffffffff", ""),
            ("0000000000000000", "Bpf Perfmon SysAdmin NetAdmin DacReadSearch SysResource"),
            ("0000000000200000", "DacReadSearch SysResource"),
            ("000000c000000000", "SysAdmin NetAdmin DacReadSearch SysResource"),
        ] {
            let effective = effective_capabilities(&status(effective)).expect("a number");
            let privileges = Privileges { effective, of_the_host: true };
            let found: Vec<String> =
                privileges.missing(&Capability::ALL).iter().map(|one| format!("{one:?}")).collect();
            assert_eq!(found.join(" "), missing);
        }
    }
}
