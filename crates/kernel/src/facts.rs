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
    let mounted = |place: &&str| Path::new(place).join("events").is_dir();
    if let Some(place) = places.iter().find(|place| mounted(place)) {
        return Ok(PathBuf::from(place));
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
