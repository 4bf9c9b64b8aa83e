//! A `siginfo_t` as a [`Value`]: which members of its union hold something, the signal and its code decide.
//!
//! Layout: Linux `include/uapi/asm-generic/siginfo.h`; `compat_siginfo` of `include/linux/compat.h` for 4-byte words.

use crate::structure::{signed, unsigned};
use crate::symbol::{self, process};
use crate::value::Value;

/// The members of the signal information in `bytes` that its code defines, as far as the bytes reach. `word_bytes` is
/// the size of a pointer: 8, or 4 for i386.
pub fn value(bytes: &[u8], word_bytes: u8) -> Value<'static> {
    let mut reader = Reader { bytes, word: usize::from(word_bytes), members: Vec::new() };
    let signal = reader.raw(SIGNAL, 4);
    let code = reader.raw(CODE, 4).map(low_signed);
    let (signal, known) = (signal.unwrap_or_default(), code.unwrap_or_default());
    reader.symbol("si_signo", SIGNAL, &process::SIGNAL);
    reader.number("si_errno", ERRNO);
    let named = |code| {
        let name = code_name(signal, code);
        name.map_or(Value::Signed(code), |name| Value::Symbolic(name.to_owned().into()))
    };
    reader.push("si_code", code.map(named));
    // The kernel leaves the rest as it was where there is no signal, as `waitid` without a child to tell of.
    if signal != 0 || known != 0 {
        reader.union(signal, known);
    }
    Value::Structure(reader.members)
}

const SIGNAL: usize = 0;
const ERRNO: usize = 4;
const CODE: usize = 8;

const SIGTRAP: u64 = 5;
const SIGCHLD: u64 = 17;
const SIGPOLL: u64 = 29;
const SIGSYS: u64 = 31;
/// Signals of a fault, which has an address: `SIGILL`, `SIGTRAP`, `SIGBUS`, `SIGFPE`, `SIGSEGV`.
const FAULTS: [u64; 5] = [4, SIGTRAP, 7, 8, 11];

// Codes: negative ones and `SI_USER` (0) say who sent the signal, others what it is about.
const SI_TIMER: i64 = -2;
const SI_SIGIO: i64 = -5;
const SI_TKILL: i64 = -6;
const SI_KERNEL: i64 = 0x80;
const CLD_EXITED: i64 = 1;

fn code_name(signal: u64, code: i64) -> Option<&'static str> {
    let of_signal: &[&str] = match signal {
        4 => &[
            "ILL_ILLOPC",
            "ILL_ILLOPN",
            "ILL_ILLADR",
            "ILL_ILLTRP",
            "ILL_PRVOPC",
            "ILL_PRVREG",
            "ILL_COPROC",
            "ILL_BADSTK",
        ],
        SIGTRAP => &["TRAP_BRKPT", "TRAP_TRACE", "TRAP_BRANCH", "TRAP_HWBKPT", "TRAP_UNK", "TRAP_PERF"],
        7 => &["BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR", "BUS_MCEERR_AR", "BUS_MCEERR_AO"],
        8 => &[
            "FPE_INTDIV",
            "FPE_INTOVF",
            "FPE_FLTDIV",
            "FPE_FLTOVF",
            "FPE_FLTUND",
            "FPE_FLTRES",
            "FPE_FLTINV",
            "FPE_FLTSUB",
        ],
        11 => &["SEGV_MAPERR", "SEGV_ACCERR", "SEGV_BNDERR", "SEGV_PKUERR"],
        SIGCHLD => &["CLD_EXITED", "CLD_KILLED", "CLD_DUMPED", "CLD_TRAPPED", "CLD_STOPPED", "CLD_CONTINUED"],
        SIGPOLL => &["POLL_IN", "POLL_OUT", "POLL_MSG", "POLL_ERR", "POLL_PRI", "POLL_HUP"],
        SIGSYS => &["SYS_SECCOMP", "SYS_USER_DISPATCH"],
        _ => &[],
    };
    match code {
        0 => Some("SI_USER"),
        SI_KERNEL => Some("SI_KERNEL"),
        -1 => Some("SI_QUEUE"),
        SI_TIMER => Some("SI_TIMER"),
        -3 => Some("SI_MESGQ"),
        -4 => Some("SI_ASYNCIO"),
        SI_SIGIO => Some("SI_SIGIO"),
        SI_TKILL => Some("SI_TKILL"),
        code => of_signal.get(usize::try_from(code.checked_sub(1)?).ok()?).copied(),
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    word: usize,
    members: Vec<(String, Value<'static>)>,
}

impl Reader<'_> {
    fn union(&mut self, signal: u64, code: i64) {
        // Signal, errno and code, then the union with the alignment of a word.
        let start = if self.word == 8 { 16 } else { 12 };
        match code {
            SI_TIMER => {
                self.number("si_timerid", start);
                self.number("si_overrun", start + 4);
                self.word_value("si_value", start + 8);
            }
            0 | SI_TKILL => self.sender(start),
            SI_KERNEL => {}
            code if code < 0 && code != SI_SIGIO => {
                self.sender(start);
                self.word_value("si_value", start + 8);
            }
            code => self.about(signal, code, start),
        }
    }

    fn about(&mut self, signal: u64, code: i64, start: usize) {
        match signal {
            SIGCHLD => {
                self.sender(start);
                if code == CLD_EXITED {
                    self.number("si_status", start + 8);
                } else {
                    self.symbol("si_status", start + 8, &process::SIGNAL);
                }
                // Clock ticks are words; on x86-64 the first is aligned to one.
                let times = start + if self.word == 8 { 16 } else { 12 };
                self.ticks("si_utime", times);
                self.ticks("si_stime", times + self.word);
            }
            SIGPOLL => {
                self.ticks("si_band", start);
                self.number("si_fd", start + self.word);
            }
            SIGSYS => {
                self.word_value("si_call_addr", start);
                self.number("si_syscall", start + self.word);
                self.number("si_arch", start + self.word + 4);
            }
            signal if FAULTS.contains(&signal) => self.word_value("si_addr", start),
            _ => self.sender(start),
        }
    }

    fn sender(&mut self, start: usize) {
        self.number("si_pid", start);
        self.number("si_uid", start + 4);
    }

    fn raw(&self, offset: usize, bytes: usize) -> Option<u64> {
        unsigned(self.bytes.get(offset..)?, u8::try_from(bytes).ok()?)
    }

    fn push(&mut self, name: &str, value: Option<Value<'static>>) {
        self.members.extend(value.map(|value| (name.to_owned(), value)));
    }

    fn number(&mut self, name: &str, offset: usize) {
        let value = self.raw(offset, 4).map(|raw| Value::Signed(low_signed(raw)));
        self.push(name, value);
    }

    fn symbol(&mut self, name: &str, offset: usize, set: &'static symbol::Set) {
        let value = self.raw(offset, 4).map(|raw| Value::Named { set, number: raw });
        self.push(name, value);
    }

    fn word_value(&mut self, name: &str, offset: usize) {
        let value = self.raw(offset, self.word).map(Value::Address);
        self.push(name, value);
    }

    fn ticks(&mut self, name: &str, offset: usize) {
        let width = u8::try_from(self.word).unwrap_or_default();
        let value = self.bytes.get(offset..).and_then(|bytes| signed(bytes, width)).map(Value::Signed);
        self.push(name, value);
    }
}

/// The low 4 bytes as a signed number.
fn low_signed(raw: u64) -> i64 {
    raw.cast_signed() << 32 >> 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line;

    fn check(words: &[i32], word_bytes: u8, expected: &str) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let mut out = String::new();
        line::write_value(&value(&bytes, word_bytes), &mut out);
        assert_eq!(out, expected);
    }

    #[test]
    fn the_code_decides_which_members_there_are() {
        check(
            &[17, 0, 1, 0, 42, 1000, 7, 0, 3, 0, 4, 0],
            8,
            "{si_signo: SIGCHLD, si_errno: 0, si_code: CLD_EXITED, si_pid: 42, si_uid: 1000, si_status: 7, si_utime: 3, si_stime: 4}",
        );
        check(
            &[17, 0, 2, 42, 1000, 9, 3, 4],
            4,
            "{si_signo: SIGCHLD, si_errno: 0, si_code: CLD_KILLED, si_pid: 42, si_uid: 1000, si_status: SIGKILL, si_utime: 3, si_stime: 4}",
        );
        check(
            &[12, 0, -6, -1, 42, 1000, -1, -1],
            8,
            "{si_signo: SIGUSR2, si_errno: 0, si_code: SI_TKILL, si_pid: 42, si_uid: 1000}",
        );
        check(
            &[10, 0, -1, 0, 42, 0, 77, 0],
            8,
            "{si_signo: SIGUSR1, si_errno: 0, si_code: SI_QUEUE, si_pid: 42, si_uid: 0, si_value: 0x4d}",
        );
        check(
            &[11, 0, 1, 0, 16, 0],
            8,
            "{si_signo: SIGSEGV, si_errno: 0, si_code: SEGV_MAPERR, si_addr: 0x10}",
        );
        check(
            &[31, 0, 1, 16, 59, 5],
            4,
            "{si_signo: SIGSYS, si_errno: 0, si_code: SYS_SECCOMP, si_call_addr: 0x10, si_syscall: 59, si_arch: 5}",
        );
        check(
            &[10, 0, -60, 0, 42, 0, 1, 0],
            8,
            "{si_signo: SIGUSR1, si_errno: 0, si_code: -60, si_pid: 42, si_uid: 0, si_value: 0x1}",
        );
    }

    #[test]
    fn nothing_is_read_that_is_not_there() {
        check(&[0, 0, 0, 99, 99, 99], 8, "{si_signo: 0, si_errno: 0, si_code: SI_USER}");
        check(&[17, 0, 1, 0, 42], 8, "{si_signo: SIGCHLD, si_errno: 0, si_code: CLD_EXITED, si_pid: 42}");
        check(&[], 8, "{}");
    }
}
