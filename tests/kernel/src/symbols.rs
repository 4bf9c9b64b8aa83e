//! From names of functions and libraries to places in files, and what is said when there is none.

use std::path::Path;

use bpf::Hook;
use bpf::object::UserPlace;
use kernel::elf::{self, ElfError};
use kernel::library::{self, LibraryError};
use kernel::{AttachError, Link, facts};

use crate::case::{Case, Stop, Verdict, fail, holds, skip};
use crate::probe::{Counter, own_place};

pub(crate) const CASES: &[Case] = &[
    ("a_missing_symbol_offers_near_names", near),
    ("a_missing_file_is_named", no_file),
    ("what_is_no_program_is_refused", no_elf),
    ("a_missing_kernel_function_offers_near_names", near_in_kernel),
    ("a_library_is_found_by_name", library_by_name),
    ("a_missing_library_is_named", no_library),
];

/// What is said when a program cannot be attached to this hook.
fn refusal(hook: &Hook) -> Result<AttachError, Stop> {
    let counter = Counter::load("test_refused", hook, std::process::id())?;
    match Link::attach(&counter.loaded.programs[0]) {
        Ok(_) => fail(format!("{hook} is attached")),
        Err(error) => Ok(error),
    }
}

fn near() -> Verdict {
    let (path, _) = own_place()?;
    let hook = Hook::Uprobe { path, place: UserPlace::Symbol("probity_tagret".to_owned()) };
    match refusal(&hook)? {
        AttachError::File(ElfError::NoSuchSymbol { near, .. }) => {
            holds(near.first().is_some_and(|name| name == "probity_target"), format!("{near:?}"))
        }
        other => fail(other.to_string()),
    }
}

fn no_file() -> Verdict {
    let place = UserPlace::FileOffset(64);
    let error = refusal(&Hook::Uprobe { path: "/no/such/file".to_owned(), place })?;
    let text = error.to_string();
    holds(matches!(error, AttachError::File(ElfError::Unreadable { .. })), text.clone())?;
    holds(text.contains("/no/such/file"), text)
}

fn no_elf() -> Verdict {
    for path in ["/proc/self/status", "/dev/null", "/proc"] {
        match elf::file_offset(Path::new(path), "main") {
            Err(ElfError::NotElf { .. }) => {}
            other => return fail(format!("{path}: {other:?}")),
        }
    }
    Ok(())
}

fn near_in_kernel() -> Verdict {
    if !facts::exists("/sys/bus/event_source/devices/kprobe/type") {
        return skip("the kernel has no event source kprobe (CONFIG_KPROBES)");
    }
    let hook = Hook::Kprobe { function: "__x64_sys_getpipd".to_owned(), offset: 0 };
    match refusal(&hook)? {
        AttachError::NoSuchFunction { near, .. } => {
            holds(near.iter().any(|name| name == "__x64_sys_getppid"), format!("{near:?}"))
        }
        other => fail(other.to_string()),
    }
}

fn library_by_name() -> Verdict {
    if !facts::exists("/etc/ld.so.cache") {
        return skip("there is no cache of libraries");
    }
    let path = library::find("libc")?;
    holds(path.is_absolute() && path.is_file(), path.display().to_string())?;
    let offset = elf::file_offset(&path, "malloc")?;
    holds(offset > 0, "malloc lies at the start of the file")
}

fn no_library() -> Verdict {
    let place = UserPlace::Symbol("readline".to_owned());
    let error = refusal(&Hook::Uprobe { path: "libnosuchthing".to_owned(), place })?;
    let text = error.to_string();
    holds(matches!(error, AttachError::Library(LibraryError::NotFound { .. })), text.clone())?;
    holds(text.contains("libnosuchthing"), text)
}
