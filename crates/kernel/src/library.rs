//! From the name of a shared library to its path, as the dynamic linker of glibc would find it: by `/etc/ld.so.cache`,
//! then in the standard directories. It does not know `LD_LIBRARY_PATH`, run paths or containers: those need a path.
//!
//! The cache (`sysdeps/generic/dl-cache.h` of glibc 2.41): 20 bytes of name and version, u32 number of entries, u32
//! bytes of strings, 20 bytes more; then entries of 24 bytes: i32 flags, u32 name, u32 path, u32, u64 hardware
//! capabilities. Texts end with NUL and are counted from the start of the header.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::limits::{LIBRARY_CACHE_BYTES_MAX, LIBRARY_FILES_MAX};
use crate::symbol::{Near, near_text};

/// Why there is no path for a name.
#[derive(Debug)]
#[non_exhaustive]
pub enum LibraryError {
    /// Neither the cache nor a standard directory has it.
    NotFound {
        /// What was looked for.
        name: String,
        /// Names that are there and look like it, the nearest first.
        near: Vec<String>,
    },
}

impl std::fmt::Display for LibraryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::NotFound { name, near } = self;
        let near = near_text(near);
        write!(f, "no library `{name}` in {CACHE_PATH} or the standard directories: give its path{near}")
    }
}

impl std::error::Error for LibraryError {}

const CACHE_PATH: &str = "/etc/ld.so.cache";

/// Where libraries lie that no cache names, such as those of musl.
const DIRECTORIES: [&str; 6] =
    ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib"];

/// The path of the library that is meant by a name such as `libc`, `libreadline.so` or `libreadline.so.8`.
pub fn find(name: &str) -> Result<PathBuf, LibraryError> {
    let mut near = Near::new(name);
    if let Some(path) = in_cache(&cache_bytes(), name, &mut near) {
        return Ok(path);
    }
    let found = DIRECTORIES.iter().find_map(|directory| in_directory(Path::new(directory), name, &mut near));
    found.ok_or_else(|| LibraryError::NotFound { name: name.to_owned(), near: near.names() })
}

/// The cache; nothing where there is none that can be read.
fn cache_bytes() -> Vec<u8> {
    let mut bytes = Vec::new();
    let read =
        File::open(CACHE_PATH).and_then(|file| file.take(LIBRARY_CACHE_BYTES_MAX).read_to_end(&mut bytes));
    if read.is_err() {
        bytes.clear();
    }
    bytes
}

/// Whether a file name is what is meant: the very name, or the name with `.so` and version after it.
fn is_meant(file: &[u8], name: &str) -> bool {
    let Some(rest) = file.strip_prefix(name.as_bytes()) else { return false };
    let rest = if name.contains(".so") { Some(rest) } else { rest.strip_prefix(b".so") };
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"."))
}

/// The name without `.so` and version, or with both, whichever a person would have meant.
fn as_typed<'a>(file: &'a [u8], name: &str) -> &'a [u8] {
    let end = file.windows(3).position(|bytes| bytes == b".so").filter(|_| !name.contains(".so"));
    &file[..end.unwrap_or(file.len())]
}

fn in_directory(directory: &Path, name: &str, near: &mut Near<'_>) -> Option<PathBuf> {
    let entries = fs::read_dir(directory).ok()?.take(LIBRARY_FILES_MAX);
    let mut meant: Vec<_> = Vec::new();
    for file in entries.filter_map(|entry| entry.ok().map(|entry| entry.file_name())) {
        if is_meant(file.as_bytes(), name) {
            meant.push(file);
        } else if as_typed(file.as_bytes(), name).len() < file.len() {
            near.offer(as_typed(file.as_bytes(), name));
        }
    }
    // The shortest name is the link that programs are linked with; of equal ones always the same.
    meant.sort_unstable_by_key(|file| (file.len(), file.clone()));
    meant.first().map(|file| directory.join(file))
}

const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
/// The cache before glibc 2.32: an older one, with the one we read after it.
const OLD_MAGIC: &[u8] = b"ld.so-1.7.0\0";
const HEADER_BYTES: usize = 48;
const OLD_HEADER_BYTES: usize = 16;
const ENTRY_BYTES: usize = 24;
const OLD_ENTRY_BYTES: usize = 12;
/// `FLAG_ELF_LIBC6` with `FLAG_X8664_LIB64`: a library for 64-bit programs.
const FLAGS_64: u32 = 0x0303;

/// The first library of the cache, for 64-bit programs and any processor, that is meant by the name.
fn in_cache(bytes: &[u8], name: &str, near: &mut Near<'_>) -> Option<PathBuf> {
    let cache = skip_old(bytes)?;
    let count = usize::try_from(word(cache, MAGIC.len())?).ok()?;
    let entries = cache.get(HEADER_BYTES..)?.chunks_exact(ENTRY_BYTES).take(count);
    let mut special = None;
    for entry in entries {
        let Some(file) = word(entry, 4).and_then(|place| text(cache, place)) else { continue };
        if word(entry, 0) != Some(FLAGS_64) {
            continue;
        }
        if !is_meant(file, name) {
            near.offer(as_typed(file, name));
            continue;
        }
        let path = word(entry, 8).and_then(|place| text(cache, place));
        let Some(path) = path.filter(|path| path.starts_with(b"/")) else { continue };
        let path = Path::new(std::ffi::OsStr::from_bytes(path)).to_owned();
        if entry.get(16..).is_some_and(|capabilities| capabilities.iter().all(|&byte| byte == 0)) {
            return Some(path);
        }
        special = special.or(Some(path));
    }
    special
}

/// The cache that we read, behind the older one that may stand before it.
fn skip_old(bytes: &[u8]) -> Option<&[u8]> {
    let cache = if bytes.starts_with(OLD_MAGIC) {
        let count = usize::try_from(word(bytes, OLD_MAGIC.len())?).ok()?;
        let end = count.checked_mul(OLD_ENTRY_BYTES)?.checked_add(OLD_HEADER_BYTES)?;
        bytes.get(end.checked_next_multiple_of(8)?..)?
    } else {
        bytes
    };
    cache.starts_with(MAGIC).then_some(cache)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk::<4>().map(|word| u32::from_le_bytes(*word))
}

/// Longest text of the cache that is believed: `PATH_MAX` of the kernel.
const TEXT_BYTES_MAX: usize = 4096;

fn text(bytes: &[u8], place: u32) -> Option<&[u8]> {
    let bytes = bytes.get(usize::try_from(place).ok()?..)?;
    let end = bytes.iter().take(TEXT_BYTES_MAX).position(|&byte| byte == 0)?;
    bytes.get(..end)
}

/// The body of the fuzz target: looks for libraries in any bytes.
#[doc(hidden)]
pub fn fuzz_library_cache(bytes: &[u8]) {
    for name in ["libc", "libreadline.so.8", ""] {
        let mut near = Near::new(name);
        if let Some(path) = in_cache(bytes, name, &mut near) {
            assert!(path.is_absolute(), "a path that is found is absolute");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ENTRY_BYTES, FLAGS_64, HEADER_BYTES, MAGIC, OLD_MAGIC, in_cache};
    use crate::symbol::Near;

    /// A cache of entries: flags, name, path, hardware capabilities.
    fn cache(entries: &[(u32, &str, &str, u64)]) -> Vec<u8> {
        let number = |value: usize| u32::try_from(value).expect("a short cache").to_le_bytes();
        let mut strings = Vec::new();
        let mut table = Vec::new();
        for (flags, name, path, capabilities) in entries {
            table.extend(flags.to_le_bytes());
            for text in [name, path] {
                table.extend(number(HEADER_BYTES + entries.len() * ENTRY_BYTES + strings.len()));
                strings.extend(text.as_bytes());
                strings.push(0);
            }
            table.extend([0; 4]);
            table.extend(capabilities.to_le_bytes());
        }
        let header = [MAGIC, &number(entries.len()), &number(strings.len()), &[0; 20]].concat();
        [header, table, strings].concat()
    }

    fn check(name: &str, path: &str) {
        let bytes = cache(&[
            (FLAGS_64, "libreadline.so.8", "/lib/libreadline.so.8", 0),
            (FLAGS_64, "libcap.so.2", "/lib/libcap.so.2", 0),
            (FLAGS_64, "libc.so.6", "/lib/v3/libc.so.6", 1 << 62),
            (0x0003, "libc.so.6", "/lib32/libc.so.6", 0),
            (FLAGS_64, "libc.so.6", "/lib/libc.so.6", 0),
            (FLAGS_64, "libfast.so.1", "/lib/v3/libfast.so.1", 1 << 62),
            (FLAGS_64, "liblost.so.1", "relative", 0),
        ]);
        let old = [OLD_MAGIC, &[1, 0, 0, 0], &[0xff; 12], &[0; 4]].concat();
        for bytes in [bytes.clone(), [old, bytes].concat()] {
            let found = in_cache(&bytes, name, &mut Near::new(name));
            assert_eq!(found.map_or(String::new(), |found| found.display().to_string()), path, "{name}");
        }
    }

    #[test]
    fn a_library_is_found_by_its_short_and_its_full_name() {
        check("libc", "/lib/libc.so.6");
        check("libc.so.6", "/lib/libc.so.6");
        check("libc.so", "/lib/libc.so.6");
        check("libreadline", "/lib/libreadline.so.8");
        check("libreadline.so.8", "/lib/libreadline.so.8");
    }

    #[test]
    fn what_is_for_some_processors_only_comes_last() {
        check("libfast", "/lib/v3/libfast.so.1");
    }

    #[test]
    fn what_is_not_meant_is_not_found() {
        check("libca", "");
        check("libc.so.7", "");
        check("libreadline.so.80", "");
        check("liblost", "");
    }

    #[test]
    fn near_names_are_as_long_as_what_was_typed() {
        let bytes = cache(&[(FLAGS_64, "libreadline.so.8", "/lib/libreadline.so.8", 0)]);
        for (typed, near_name) in [("libreadlin", "libreadline"), ("libreadline.so.7", "libreadline.so.8")] {
            let mut near = Near::new(typed);
            assert_eq!(in_cache(&bytes, typed, &mut near), None);
            assert_eq!(near.names(), [near_name]);
        }
    }
}
