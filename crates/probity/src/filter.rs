//! What the filter flags mean on this host, and whether they can match anything at all.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use compiler::syscall::Filter;

use crate::exit::{Exit, Failure};
use crate::flags::TraceRequest;

/// Resolves names to numbers; `tree` is set when a command is to be followed.
pub(crate) fn resolve(request: &TraceRequest) -> Result<Filter, Failure> {
    Ok(Filter {
        tree: !request.command.is_empty(),
        not_process: Some(std::process::id())
            .filter(|_| request.command.is_empty() && request.processes.is_empty()),
        processes: request.processes.iter().copied().map(process).collect::<Result<_, _>>()?,
        users: request.users.iter().map(|user| user_id(user)).collect::<Result<_, _>>()?,
        commands: request.commands.iter().map(|name| thread_name(name)).collect::<Result<_, _>>()?,
        cgroups: request.cgroups.iter().map(|path| cgroup_id(path)).collect::<Result<_, _>>()?,
        failed: request.failed,
    })
}

fn process(process: u32) -> Result<u32, Failure> {
    if Path::new("/proc").join(process.to_string()).exists() {
        return Ok(process);
    }
    Err(Failure::new(
        Exit::NoMatch,
        format!("--pid {process} cannot match: no such process; `ps -e` lists those that run"),
    ))
}

/// Bytes of a thread's name without its NUL (`TASK_COMM_LEN`, `include/linux/sched.h`).
const NAME_BYTES_MAX: usize = 15;

fn thread_name(name: &str) -> Result<[u8; 16], Failure> {
    let mut padded = [0; 16];
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains('\0') {
        return Err(Failure::new(
            Exit::NoMatch,
            format!(
                "--comm {} cannot match: the kernel keeps 1 to {NAME_BYTES_MAX} bytes of a name; use its beginning",
                name.escape_debug()
            ),
        ));
    }
    padded[..name.len()].copy_from_slice(name.as_bytes());
    Ok(padded)
}

fn user_id(user: &str) -> Result<u32, Failure> {
    if let Ok(id) = user.parse() {
        return Ok(id);
    }
    let entries = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let found = entries.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(user)).then(|| fields.nth(1)?.parse().ok())?
    });
    found.ok_or_else(|| {
        let user = user.escape_debug();
        Failure::new(
            Exit::NoMatch,
            format!("--uid {user} cannot match: no such user in /etc/passwd; give its number"),
        )
    })
}

fn cgroup_id(path: &str) -> Result<u64, Failure> {
    if let Ok(id) = path.parse() {
        return Ok(id);
    }
    let given = Path::new(path);
    let place = match cgroup_mount() {
        Some(mount) if !given.starts_with(&mount) => mount.join(path.trim_start_matches('/')),
        _ => given.to_owned(),
    };
    // The id of a cgroup is the inode number of its directory (`cgroup_id`, include/linux/cgroup.h).
    match fs::metadata(&place) {
        Ok(directory) if directory.is_dir() => Ok(directory.ino()),
        _ => Err(Failure::new(
            Exit::NoMatch,
            format!("--cgroup {} cannot match: there is no cgroup {}", path.escape_debug(), place.display()),
        )),
    }
}

fn cgroup_mount() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    mounts.lines().find_map(|line| {
        let mut fields = line.split(' ');
        let (_, place, kind) = (fields.next()?, fields.next()?, fields.next()?);
        (kind == "cgroup2").then(|| PathBuf::from(place))
    })
}
