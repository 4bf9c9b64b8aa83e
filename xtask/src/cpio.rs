//! A writer of the archive that the kernel unpacks as its first file system: cpio, "new ASCII" form
//! (Linux `Documentation/driver-api/early-userspace/buffer-format.rst`).
//!
//! Bytes in, bytes out; uncompressed, because the guest is fed from memory anyway.

use std::collections::BTreeSet;

/// File type and permission bits of a directory.
const MODE_DIRECTORY: u32 = 0o040_755;
/// File type bit of a plain file.
const MODE_FILE: u32 = 0o100_000;
/// File type and permission bits of a character device.
const MODE_DEVICE: u32 = 0o020_600;

/// An archive being written. All belongs to root; every time is 0, so equal contents give equal bytes.
pub(crate) struct Archive {
    bytes: Vec<u8>,
    directories: BTreeSet<String>,
    next_inode: u32,
}

impl Archive {
    /// An archive with nothing but the console, which PID 1 gets as its three standard streams.
    pub(crate) fn with_console() -> Self {
        let mut archive = Self { bytes: Vec::new(), directories: BTreeSet::new(), next_inode: 1 };
        archive.parents("dev/console");
        archive.entry("dev/console", MODE_DEVICE, &[], (5, 1));
        archive
    }

    /// Adds a file, and the directories above it. `path` is absolute; `permissions` such as `0o755`.
    ///
    /// False when the file is longer than the form can say (4 GiB).
    #[must_use]
    pub(crate) fn add(&mut self, path: &str, permissions: u32, contents: &[u8]) -> bool {
        let path = path.trim_start_matches('/');
        if u32::try_from(contents.len()).is_err() {
            return false;
        }
        self.parents(path);
        self.entry(path, MODE_FILE | permissions, contents, (0, 0));
        true
    }

    /// Ends the archive.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, &[], (0, 0));
        self.bytes
    }

    fn parents(&mut self, path: &str) {
        for (end, _) in path.match_indices('/') {
            let directory = &path[..end];
            if self.directories.insert(directory.to_owned()) {
                self.entry(directory, MODE_DIRECTORY, &[], (0, 0));
            }
        }
    }

    fn entry(&mut self, name: &str, mode: u32, contents: &[u8], device: (u32, u32)) {
        let size = |length: usize| u32::try_from(length).expect("`add` refuses longer contents");
        let (owner, links, time) = (0, 1, 0);
        let fields = [
            self.next_inode,
            mode,
            owner,
            owner,
            links,
            time,
            size(contents.len()),
            0,
            0,
            device.0,
            device.1,
            size(name.len() + 1),
            0,
        ];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes.extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.align();
        self.bytes.extend_from_slice(contents);
        self.align();
        self.next_inode += 1;
    }

    /// Names and contents each end on a multiple of four bytes.
    fn align(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mode (octal), name and contents of each entry, read by the lengths that the headers give.
    fn listing(mut archive: &[u8]) -> String {
        let mut text = String::new();
        while !archive.is_empty() {
            let field = |index: usize| {
                let digits = str::from_utf8(&archive[6 + 8 * index..][..8]).expect("ASCII");
                usize::from_str_radix(digits, 16).expect("a number")
            };
            let (mode, size, name_size) = (field(1), field(6), field(11));
            let name = String::from_utf8_lossy(&archive[110..110 + name_size - 1]);
            let start = (110 + name_size).next_multiple_of(4);
            let contents = String::from_utf8_lossy(&archive[start..start + size]);
            text.extend([format!("{mode:o} {name} {contents}\n")]);
            archive = &archive[(start + size).next_multiple_of(4)..];
        }
        text
    }

    #[test]
    fn an_entry_has_the_header_that_the_kernel_reads() {
        let mut archive = Archive::with_console();
        let before = archive.bytes.len();
        assert!(archive.add("/init", 0o755, b"hello"));
        let entry = String::from_utf8(archive.bytes[before..].to_vec()).expect("ASCII");
        let header = "070701\
            00000003000081ed00000000000000000000000100000000\
            00000005000000000000000000000000000000000000000500000000";
        assert_eq!(entry, format!("{header}init\0\0hello\0\0\0"));
    }

    #[test]
    fn directories_come_before_their_files_and_once() {
        let mut archive = Archive::with_console();
        assert!(archive.add("/bin/one", 0o755, b"1"));
        assert!(archive.add("/bin/deep/two", 0o644, b"22"));
        let want = "40755 dev \n20600 dev/console \n40755 bin \n100755 bin/one 1\n\
            40755 bin/deep \n100644 bin/deep/two 22\n0 TRAILER!!! \n";
        assert_eq!(listing(&archive.finish()), want);
    }
}
