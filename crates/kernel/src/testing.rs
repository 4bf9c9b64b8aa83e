//! What tests of a running kernel need and cannot do without `unsafe`. Not for the product: some of it is safe only
//! because a test is careful.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitStatus;

use crate::attr::{self, Attr, MEMBERS};
use crate::load::{self, Program};
use crate::map::{Map, PAGE_BYTES};
use crate::sys::{self, Call, Command, Mapping};

pub use crate::attr::Member;

/// Every member of a structure of the kernel's that this crate reads or writes.
pub fn members() -> &'static [Member] {
    MEMBERS
}

/// Makes a system call as a 32-bit program would, by `int 0x80`. Addresses have 32 bits, so what the call writes must lie
/// in memory that the caller gave it for that.
pub fn int80(number: u32, arguments: [u32; 6]) -> i32 {
    let result: u32;
    // SAFETY: the caller names a call and arguments that write to no memory but what it gave for that. The compiler's own
    // registers rbx and rbp are kept on the stack; the others that the kernel may change are named.
    unsafe {
        std::arch::asm!(
            "push rbx",
            "push rbp",
            "mov ebx, dword ptr [r12]",
            "mov ebp, dword ptr [r12 + 20]",
            "int 0x80",
            "pop rbp",
            "pop rbx",
            inlateout("eax") number => result,
            in("r12") arguments.as_ptr(),
            in("ecx") arguments[1],
            in("edx") arguments[2],
            in("esi") arguments[3],
            in("edi") arguments[4],
            lateout("r8") _,
            lateout("r9") _,
            lateout("r10") _,
            lateout("r11") _,
        );
    }
    result.cast_signed()
}

/// Makes a system call by its number; gives what the kernel returned, a negative errno for an error. What the call writes
/// must lie in memory that the caller gave it for that.
pub fn syscall(number: u32, arguments: [u64; 6]) -> i64 {
    let result: u64;
    // SAFETY: the caller names a call and arguments that write to no memory but what it gave for that. The registers that
    // the kernel changes are named.
    unsafe {
        std::arch::asm!(
            "syscall",
            inlateout("rax") u64::from(number) => result,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            in("r10") arguments[3],
            in("r8") arguments[4],
            in("r9") arguments[5],
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result.cast_signed()
}

/// A child of this process that runs a closure.
#[derive(Debug)]
pub struct Fork {
    process: i32,
}

impl Fork {
    /// Starts a child that runs `body` and exits with what it gives, 101 when it panics. Only for a process with one
    /// thread: the child would find the locks of other threads taken.
    pub fn start(body: impl FnOnce() -> u8) -> io::Result<Self> {
        // SAFETY: this process has one thread, so that the child finds every lock free.
        let process = unsafe { libc::fork() };
        match process {
            0 => {
                let code = catch_unwind(AssertUnwindSafe(body)).unwrap_or(101);
                // SAFETY: ends the child at once; nothing that it shares with its parent is touched.
                unsafe { libc::_exit(i32::from(code)) }
            }
            process if process > 0 => Ok(Self { process }),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Its process id.
    pub fn process(&self) -> u32 {
        self.process.unsigned_abs()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: i32) -> io::Result<()> {
        // SAFETY: the call takes numbers; the process is a child that nobody has waited for, so its id is not another's.
        let result = unsafe { libc::kill(self.process, signal) };
        if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// Waits for its end.
    pub fn wait(self) -> io::Result<ExitStatus> {
        let mut status = 0;
        // SAFETY: the number is ours and lives through the call.
        let result = unsafe { libc::waitpid(self.process, &raw mut status, 0) };
        if result < 0 { Err(io::Error::last_os_error()) } else { Ok(ExitStatus::from_raw(status)) }
    }
}

/// Sends the parent of this process a signal.
pub fn signal_parent(signal: i32) -> io::Result<()> {
    // SAFETY: both calls take and give numbers only; the parent waits for this process, so its id is not another's.
    let result = unsafe { libc::kill(std::os::unix::process::parent_id().cast_signed(), signal) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Runs `body` in a child and waits for it.
pub fn fork_run(body: impl FnOnce() -> u8) -> io::Result<ExitStatus> {
    Fork::start(body)?.wait()
}

/// Gives this thread real-time priority, 1 to 99: it preempts every other on its processor.
pub fn sched_fifo(priority: i32) -> io::Result<()> {
    // SAFETY: all members are numbers, for which 0 is a value.
    let mut parameters: libc::sched_param = unsafe { std::mem::zeroed() };
    parameters.sched_priority = priority;
    // By number, because musl's own function refuses. SAFETY: the structure is ours and lives through the call.
    let result =
        unsafe { libc::syscall(libc::SYS_sched_setscheduler, 0, libc::SCHED_FIFO, &raw const parameters) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Keeps this thread on one processor.
pub fn stay_on_cpu(cpu: usize) -> io::Result<()> {
    // SAFETY: a set of processors is bits, of which 0 are a value.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the macro's function checks that the number is below the size of the set.
    unsafe { libc::CPU_SET(cpu, &mut set) };
    // SAFETY: the set is ours and as long as it says.
    let result = unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// One page of memory that nobody has touched: a program that reads it before the kernel has gets a fault.
pub struct FreshPage {
    memory: Mapping,
}

/// A fresh page.
pub fn fresh_page() -> io::Result<FreshPage> {
    Mapping::private(PAGE_BYTES).map(|memory| FreshPage { memory })
}

/// A fresh page of this file's, as it is now; reading it is the first touch.
pub fn file_page(file: &File) -> io::Result<FreshPage> {
    Mapping::read_only(file.as_fd(), PAGE_BYTES).map(|memory| FreshPage { memory })
}

/// A page of which a 32-bit call can be told the address.
pub fn low_page() -> io::Result<FreshPage> {
    Mapping::low(PAGE_BYTES).map(|memory| FreshPage { memory })
}

/// The address of these bytes, as a call wants it.
pub fn address(bytes: &[u8]) -> u64 {
    attr::address(bytes.as_ptr())
}

impl FreshPage {
    /// Its address, to be given to a call. The page stays untouched.
    pub fn address(&self) -> u64 {
        self.memory.place(0, PAGE_BYTES).map_or(0, |place| attr::address(place.cast_const()))
    }

    /// Its bytes, to be written.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.memory.as_slice_mut()
    }
}

impl std::fmt::Debug for FreshPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FreshPage({:#x})", self.address())
    }
}

/// Names of all programs in the kernel, as far as it keeps them (15 bytes).
pub fn program_names() -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    let mut id = 0;
    loop {
        let mut next = Attr::new(ID_BYTES).u32(attr::ID_START, id);
        match sys::bpf(Command::ProgramNextId, &mut next) {
            Ok(_) => id = next.get_u32(attr::ID_NEXT),
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => return Ok(names),
            Err(error) => return Err(error),
        }
        // One that is gone meanwhile is none.
        if let Ok(name) = program_by_id(id).and_then(|program| name(&program)) {
            names.push(name);
        }
    }
}

/// Bytes of `union bpf_attr` for the commands that go by id.
const ID_BYTES: usize = 12;

fn program_by_id(id: u32) -> io::Result<OwnedFd> {
    sys::bpf_open(Command::ProgramById, &mut Attr::new(ID_BYTES).u32(attr::ID_PROGRAM, id))
}

fn name(program: &OwnedFd) -> io::Result<String> {
    let known = load::information(program.as_fd())?;
    let start = attr::KNOWN_NAME.offset;
    let bytes = &known.bytes()[start..start + attr::KNOWN_NAME.bytes];
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    Ok(String::from_utf8_lossy(&bytes[..end]).into_owned())
}

/// Runs `body` on a kernel that has no BPF links, as 5.10 has none for perf events: each is refused with EINVAL.
pub fn without_links<T>(body: impl FnOnce() -> T) -> T {
    sys::fake(|call| (call == Call::Bpf(Command::LinkCreate)).then_some(libc::EINVAL));
    let result = body();
    sys::fake(|_| None);
    result
}

/// Whether a program was loaded for a link of many uprobes.
pub fn is_multi(program: &Program) -> bool {
    program.is_multi()
}

/// A function to be probed, which has its name in the symbol table. Gives its argument and one.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probity_target(number: u64) -> u64 {
    std::hint::black_box(number) + 1
}

/// Whether this process could write the records of a ring, which the kernel must refuse.
pub fn records_are_writable(ring: &Map) -> bool {
    let page = u64::try_from(PAGE_BYTES).unwrap_or_default();
    Mapping::shared(ring.as_fd(), PAGE_BYTES, page, true).is_ok()
}
