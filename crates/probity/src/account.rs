//! The account of a recording: what was recorded, what was lost on which CPU, what is cut.

use std::fmt::Write;

use compiler::syscall::maps::{Counters, State};
use kernel::MappedArray;

/// What came out of the ring, by CPU, and what the kernel programs counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    /// By CPU.
    pub(crate) cpus: Vec<CpuAccount>,
    /// Events that hold less than there was.
    pub(crate) truncated: u64,
    /// Records that could not be decoded.
    pub(crate) undecoded: u64,
    /// New processes that could not be followed.
    pub(crate) unfollowed: u64,
    /// Events lost because the kernel skipped the program at the exit of the last call of a thread that is gone; on
    /// which CPU is not known.
    pub(crate) lost_last: u64,
    /// Runs of programs that record which the kernel skipped: up to so many events.
    pub(crate) skipped_runs: u64,
    /// Runs of programs that follow processes which the kernel skipped: up to so many processes.
    pub(crate) skipped_follows: u64,
}

/// What one CPU did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CpuAccount {
    /// Events that came out of the ring.
    pub(crate) received: u64,
    /// Events that came out of the ring after the wanted number of them.
    pub(crate) beyond: u64,
    /// Events that its programs began.
    pub(crate) begun: u64,
    /// Lost, because the ring was full.
    pub(crate) lost_ring: u64,
    /// Lost, because no scratch slot was free.
    pub(crate) lost_slot: u64,
    /// Lost, because a tail call failed.
    pub(crate) lost_call: u64,
    /// Lost, because the kernel skipped the program.
    pub(crate) lost_skipped: u64,
}

impl CpuAccount {
    /// Events lost.
    pub(crate) fn lost(self) -> u64 {
        self.lost_ring + self.lost_slot + self.lost_call + self.lost_skipped
    }

    /// Events that are neither here nor counted as lost: not 0 only while programs run, or by a fault of ours.
    pub(crate) fn missing(self) -> u64 {
        self.begun.saturating_sub(self.received + self.beyond + self.lost_ring + self.lost_slot)
    }
}

impl Account {
    /// An account of so many CPUs.
    pub(crate) fn new(cpus: u32) -> Self {
        let cpus = usize::try_from(cpus).unwrap_or_default();
        Self { cpus: vec![CpuAccount::default(); cpus], ..Self::default() }
    }

    /// Counts an event that came out of the ring.
    pub(crate) fn received(&mut self, cpu: u32) {
        self.count(cpu, |cpu| &mut cpu.received);
    }

    /// Counts an event that came out of the ring after the wanted number of them.
    pub(crate) fn beyond(&mut self, cpu: u32) {
        self.count(cpu, |cpu| &mut cpu.beyond);
    }

    fn count(&mut self, cpu: u32, counter: impl FnOnce(&mut CpuAccount) -> &mut u64) {
        if let Some(cpu) = usize::try_from(cpu).ok().and_then(|cpu| self.cpus.get_mut(cpu)) {
            *counter(cpu) += 1;
        }
    }

    /// Reads what the programs have counted so far.
    pub(crate) fn read(&mut self, counters: &MappedArray, state: &MappedArray) {
        for (number, cpu) in (0..).zip(&mut self.cpus) {
            let count = |offset| counters.load_u64(number, offset).unwrap_or_default();
            cpu.begun = count(Counters::SEQUENCE);
            cpu.lost_ring = count(Counters::LOST_RING);
            cpu.lost_slot = count(Counters::LOST_SLOT);
            cpu.lost_call = count(Counters::LOST_CALL);
            cpu.lost_skipped = count(Counters::LOST_SKIPPED);
        }
        self.unfollowed = state.load_u64(0, State::SCOPE_FULL).unwrap_or_default();
    }

    /// Events that came out of the ring.
    pub(crate) fn recorded(&self) -> u64 {
        self.cpus.iter().map(|cpu| cpu.received).sum()
    }

    /// Events lost, as far as their number is known exactly.
    pub(crate) fn lost(&self) -> u64 {
        self.cpus.iter().map(|cpu| cpu.lost() + cpu.missing()).sum::<u64>() + self.lost_last
    }

    /// Events that may be lost beyond those that are known to be: the kernel skipped so many more runs, of which most
    /// were for calls that are not traced.
    pub(crate) fn skipped_at_most(&self) -> u64 {
        let known = self.lost_last + self.cpus.iter().map(|cpu| cpu.lost_skipped).sum::<u64>();
        self.skipped_runs.saturating_sub(known)
    }

    /// For people: one line in all, one for each CPU that lost, and what else has to be said.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        let head = format!("{} events, {} lost, {} truncated", self.recorded(), self.lost(), self.truncated);
        line(&mut out, &head);
        for (number, cpu) in self.cpus.iter().enumerate().filter(|(_, cpu)| cpu.lost() + cpu.missing() > 0) {
            let reasons = [
                (cpu.lost_ring, "the ring was full (--ring-size)"),
                (cpu.lost_slot, "no scratch slot was free"),
                (cpu.lost_call, "a tail call failed"),
                (cpu.lost_skipped, "the kernel skipped the program"),
                (cpu.missing(), "not accounted for: a fault of probity"),
            ];
            let reasons = reasons.iter().filter(|(count, _)| *count > 0);
            let reasons: Vec<String> = reasons.map(|(count, reason)| format!("{count}: {reason}")).collect();
            let lost = cpu.lost() + cpu.missing();
            line(
                &mut out,
                &format!("  CPU {number}: {} events, {lost} lost ({})", cpu.received, reasons.join(", ")),
            );
        }
        if self.lost_last > 0 {
            let lost = self.lost_last;
            line(&mut out, &format!("  {lost} lost on an unknown CPU (the kernel skipped the program)"));
        }
        if self.skipped_at_most() > 0 {
            let runs = self.skipped_at_most();
            line(
                &mut out,
                &format!(
                    "  up to {runs} more were skipped by the kernel, which runs no program inside itself"
                ),
            );
        }
        if self.skipped_follows > 0 {
            let runs = self.skipped_follows;
            line(
                &mut out,
                &format!("  up to {runs} new processes were not followed: the kernel skipped the program"),
            );
        }
        if self.unfollowed > 0 {
            line(
                &mut out,
                &format!("  {} new processes could not be followed: too many at a time", self.unfollowed),
            );
        }
        if self.undecoded > 0 {
            line(&mut out, &format!("  {} records could not be decoded: a fault of probity", self.undecoded));
        }
        out
    }

    /// For programs: one JSON object with the key `summary`.
    pub(crate) fn json(&self) -> String {
        let cpus = self.cpus.iter().enumerate().map(|(number, cpu)| {
            format!(
                "{{\"cpu\":{number},\"events\":{},\"lost\":{},\"lost_ring_full\":{},\"lost_no_slot\":{},\"lost_tail_call\":{},\"lost_skipped\":{}}}",
                cpu.received,
                cpu.lost() + cpu.missing(),
                cpu.lost_ring,
                cpu.lost_slot,
                cpu.lost_call,
                cpu.lost_skipped
            )
        });
        let cpus: Vec<String> = cpus.collect();
        format!(
            "{{\"summary\":{{\"events\":{},\"lost\":{},\"skipped_runs_at_most\":{},\"unfollowed\":{},\"unfollowed_at_most\":{},\"truncated\":{},\"undecoded\":{},\"unaccounted\":{},\"cpus\":[{}]}}}}",
            self.recorded(),
            self.lost(),
            self.skipped_at_most(),
            self.unfollowed,
            self.unfollowed + self.skipped_follows,
            self.truncated,
            self.undecoded,
            self.cpus.iter().map(|cpu| cpu.missing()).sum::<u64>(),
            cpus.join(",")
        )
    }
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("writing to a String cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_told_to_the_number() {
        let mut account = Account::new(2);
        account.cpus[0] =
            CpuAccount { received: 7, begun: 10, lost_ring: 2, lost_slot: 1, ..CpuAccount::default() };
        account.cpus[1] = CpuAccount { received: 5, begun: 6, ..CpuAccount::default() };
        account.skipped_runs = 4;
        assert_eq!(account.lost(), 4);
        assert_eq!(
            account.text(),
            "12 events, 4 lost, 0 truncated\n  \
             CPU 0: 7 events, 3 lost (2: the ring was full (--ring-size), 1: no scratch slot was free)\n  \
             CPU 1: 5 events, 1 lost (1: not accounted for: a fault of probity)\n  \
             up to 4 more were skipped by the kernel, which runs no program inside itself\n"
        );
        let read: serde_json::Value = serde_json::from_str(&account.json()).expect("valid JSON");
        assert_eq!(read["summary"]["lost"], 4);
        assert_eq!(read["summary"]["unaccounted"], 1);
        assert_eq!(read["summary"]["cpus"][1]["events"], 5);
    }
}
