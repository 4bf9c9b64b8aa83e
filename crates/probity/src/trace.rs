//! `probity trace`: from flags to programs, then the loop that joins ring, decoder and output.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use compiler::syscall::maps::{
    ENTERED_CHECK, ENTERED_TIME, SCOPE_WAITS, State, WAKE_NEVER, WAKE_NEXT, WAKE_WEIGHT,
};
use compiler::syscall::{Options, Purpose, Recorder, record};
use event::syscall::decode::Decoder;
use event::syscall::record::Limits;
use event::{json, line};
use kernel::poll::{Poll, Signals};
use kernel::process::{Gated, Running, shell_code};
use kernel::{Link, LoadError, Loaded, MappedArray, Ring, facts};

use crate::account::Account;
use crate::calls;
use crate::exit::{Exit, Failure};
use crate::filter;
use crate::flags::TraceRequest;
use crate::host::Host;
use crate::output::{Flow, Output};
use crate::report;

/// Runs the recorder until the command, the time, the count, a signal or the reader of the output ends it.
pub(crate) fn run(request: &TraceRequest) -> Result<u8, Failure> {
    let wanted = calls::select(&request.calls)?;
    let filter = filter::resolve(request)?;
    let mut output = Output::open(request.output.as_deref())?;
    let signals = Signals::take().map_err(|error| fault("taking signals", &error))?;
    let host = Host::gather(&wanted)?;
    let options = Options {
        limits: Limits { buffer_bytes: request.buffer_bytes },
        ring_bytes: request.ring_bytes.next_power_of_two(),
        entered_calls: request.entered_calls.next_power_of_two(),
        filter,
    };
    let recorder = record(&host.calls, &host.facts, &options)
        .map_err(|error| Failure::new(Exit::Fault, format!("the recorder cannot be compiled: {error}")))?;
    if request.verbose {
        report::programs(&recorder);
    }
    let loaded = kernel::load(&recorder.object).map_err(|error| load_failure(&error))?;
    report::resources(&loaded);
    if request.verbose {
        report::statistics(&loaded);
    }
    let decoder = Decoder::new(host.calls, host.structures, options.limits);
    let mut session = Session::new(&loaded, &recorder, request, host.facts.cpus)?;
    let gated = prepare_command(request, &loaded, &recorder)?;
    let links = attach(&loaded)?;
    let command = gated.map(|gated| gated.release().map_err(|error| command_failure(request, &error)));
    let mut command = match command {
        None => None,
        Some(running) => Some(running?),
    };
    let outcome = session.record(&decoder, &mut output, &signals, command.as_mut());
    detach(links);
    let outcome =
        outcome.and_then(|ended| session.finish(&decoder, &mut output, (&loaded, &recorder)).map(|()| ended));
    report::account(&session.account);
    Ok(match outcome? {
        Ended::Command(code) => code,
        Ended::Asked => Exit::Done.code(),
    })
}

/// Why the recording ended.
enum Ended {
    /// The command did, with this exit code.
    Command(u8),
    /// A signal, the time, the count, or the reader of the output.
    Asked,
}

/// The state of a recording.
struct Session<'a> {
    request: &'a TraceRequest,
    ring: Ring,
    state: MappedArray,
    counters: MappedArray,
    entered: MappedArray,
    account: Account,
    wall_offset_ns: i64,
    poll: Poll,
    end: Option<Instant>,
    closed: bool,
}

/// How long the reader sleeps while records come: they are taken in batches, because a wake-up for each costs the traced
/// program microseconds.
const BATCH_INTERVAL: Duration = Duration::from_millis(5);
/// How long the reader sleeps at most: a program may have looked at its wish just before it was made.
const IDLE_INTERVAL: Duration = Duration::from_millis(500);
/// Records that are taken before signals and time are looked at again.
const BATCH_RECORDS: u64 = 4096;

impl<'a> Session<'a> {
    fn new(
        loaded: &Loaded,
        recorder: &Recorder,
        request: &'a TraceRequest,
        cpus: u32,
    ) -> Result<Self, Failure> {
        let map = |index: bpf::MapIndex| {
            let missing = || Failure::new(Exit::Fault, "the recorder lacks one of its maps");
            loaded.maps.get(usize::from(index.0)).ok_or_else(missing)
        };
        let memory = |index| {
            let mapped = map(index)?.map_memory();
            mapped.map_err(|error| Failure::new(Exit::Unavailable, error.to_string()))
        };
        let ring = Ring::new(map(recorder.maps.ring)?).map_err(|error| fault("mapping the ring", &error))?;
        let poll = Poll::new().map_err(|error| fault("waiting for events", &error))?;
        Ok(Self {
            request,
            ring,
            state: memory(recorder.maps.state)?,
            counters: memory(recorder.maps.counters)?,
            entered: memory(recorder.maps.entered)?,
            account: Account::new(cpus),
            wall_offset_ns: facts::wall_offset_ns(),
            poll,
            end: request.duration.map(|duration| Instant::now() + duration),
            closed: false,
        })
    }

    /// Takes records until something ends the recording.
    fn record(
        &mut self,
        decoder: &Decoder,
        output: &mut Output,
        signals: &Signals,
        mut command: Option<&mut Running>,
    ) -> Result<Ended, Failure> {
        let waiting = |error| fault("waiting for events", &error);
        self.poll.add_edge(self.ring.as_fd(), 0).map_err(waiting)?;
        self.poll.add(signals.as_fd(), 1).map_err(waiting)?;
        if let Some(command) = &command {
            self.poll.add(command.as_fd(), 2).map_err(waiting)?;
        }
        loop {
            let taken = self.take(decoder, output)?;
            if self.closed || self.counted() || self.end.is_some_and(|end| Instant::now() >= end) {
                return Ok(Ended::Asked);
            }
            if let Some(signal) = signals.next() {
                match command.as_deref() {
                    None => return Ok(Ended::Asked),
                    Some(running) => forward(running, signal),
                }
            }
            if let Some(running) = command.as_deref_mut()
                && let Some(status) =
                    running.ended().map_err(|error| fault("waiting for the command", &error))?
            {
                return Ok(Ended::Command(shell_code(status)));
            }
            self.sleep(taken)?;
        }
    }

    /// Sleeps until there is something to do. After records came, the next look is a batch later, unless the ring fills;
    /// after a look in vain, the next record wakes us.
    fn sleep(&self, taken: u64) -> Result<(), Failure> {
        let (wish, mut most) =
            if taken > 0 { (WAKE_WEIGHT, BATCH_INTERVAL) } else { (WAKE_NEXT, IDLE_INTERVAL) };
        if taken >= BATCH_RECORDS {
            return Ok(());
        }
        self.wish(wish);
        if wish == WAKE_NEXT && self.ring.pending_bytes() > 0 {
            return Ok(());
        }
        if let Some(end) = self.end {
            // Rounded up: a wait of 0 ms at the end would spin.
            most = most.min(end.saturating_duration_since(Instant::now()) + Duration::from_millis(1));
        }
        self.poll.wait(most).map_err(|error| fault("waiting for events", &error))?;
        self.wish(WAKE_NEVER);
        Ok(())
    }

    fn wish(&self, wish: u32) {
        let inside = self.state.store_u32(0, State::WAKE, wish);
        debug_assert!(inside, "the wish lies in the state");
    }

    /// Takes the records that are there, at most a batch of them.
    fn take(&mut self, decoder: &Decoder, output: &mut Output) -> Result<u64, Failure> {
        let mut failed = None;
        let (account, wall_offset_ns, closed) = (&mut self.account, self.wall_offset_ns, &mut self.closed);
        let (as_json, most) = (self.request.json, self.request.count.unwrap_or(u64::MAX));
        let limit = BATCH_RECORDS.min(most.saturating_sub(account.recorded()));
        let drained = self.ring.drain(limit, |bytes| {
            let Ok(event) = decoder.decode(bytes) else {
                account.undecoded += 1;
                return;
            };
            account.received(event.cpu);
            account.truncated += u64::from(!event.cuts.is_empty());
            if *closed || failed.is_some() {
                return;
            }
            if as_json {
                json::write_call(&event, wall_offset_ns, &mut output.text);
            } else {
                let wall = wall_offset_ns.saturating_add(i64::try_from(event.time_ns).unwrap_or(i64::MAX));
                json::write_time_of_day(wall, &mut output.text);
                output.text.push(' ');
                line::write_call(&event, &mut output.text);
            }
            match output.end_line() {
                Ok(flow) => *closed = flow == Flow::Closed,
                Err(failure) => failed = Some(failure),
            }
        });
        if let Some(failure) = failed {
            return Err(failure);
        }
        if drained.damaged > 0 {
            let message = format!("{} bytes of the ring make no sense: memory is damaged", drained.damaged);
            return Err(Failure::new(Exit::Fault, message));
        }
        *closed |= output.flush()? == Flow::Closed;
        Ok(drained.records)
    }

    /// Takes what came after the wanted number of events: it is neither shown nor lost.
    fn take_beyond(&mut self, decoder: &Decoder) {
        let account = &mut self.account;
        let drained = self.ring.drain(u64::MAX, |bytes| match decoder.decode(bytes) {
            Ok(event) => account.beyond(event.cpu),
            Err(_) => account.undecoded += 1,
        });
        debug_assert!(!drained.more, "no limit was reached");
    }

    /// Calls that were entered, did not return as far as was seen, and cannot any more: their threads are gone.
    fn calls_without_end(&self) -> u64 {
        let entries = (0..self.entered.len()).filter_map(|index| {
            let time = self.entered.load_u64(index, ENTERED_TIME.unsigned_abs())?;
            let check = self.entered.load_u64(index, ENTERED_CHECK.unsigned_abs())?;
            u32::try_from((time ^ check) & u64::from(u32::MAX)).ok().filter(|_| time != 0)
        });
        let gone = entries.filter(|thread| !facts::exists(&format!("/proc/{thread}")));
        u64::try_from(gone.count()).unwrap_or(u64::MAX)
    }

    fn counted(&self) -> bool {
        self.request.count.is_some_and(|count| self.account.recorded() >= count)
    }

    /// Takes what is left after the programs are detached, and closes the account.
    fn finish(
        &mut self,
        decoder: &Decoder,
        output: &mut Output,
        (loaded, recorder): (&Loaded, &Recorder),
    ) -> Result<(), Failure> {
        if self.counted() {
            self.take_beyond(decoder);
        } else {
            while self.take(decoder, output)? > 0 {}
        }
        self.account.read(&self.counters, &self.state);
        for (program, summary) in loaded.programs.iter().zip(&recorder.programs) {
            let misses = program.statistics().recursion_misses;
            match summary.purpose {
                Purpose::Records => self.account.skipped_runs += misses,
                Purpose::Follows => self.account.skipped_follows += misses,
                Purpose::Times => {}
            }
        }
        if self.account.skipped_runs > 0 {
            self.account.lost_last = self.calls_without_end();
        }
        if self.request.json && !self.closed {
            output.text.push_str(&self.account.json());
            output.end_line()?;
            output.flush()?;
        }
        Ok(())
    }
}

/// Starts the command up to its exec and puts it into scope.
fn prepare_command(
    request: &TraceRequest,
    loaded: &Loaded,
    recorder: &Recorder,
) -> Result<Option<Gated>, Failure> {
    let Some(scope) = recorder.maps.scope.and_then(|scope| loaded.maps.get(usize::from(scope.0))) else {
        return Ok(None);
    };
    let gated = Gated::spawn(&request.command).map_err(|error| command_failure(request, &error))?;
    scope
        .update(&gated.process().to_le_bytes(), &[SCOPE_WAITS])
        .map_err(|error| Failure::new(Exit::Unavailable, error.to_string()))?;
    Ok(Some(gated))
}

fn attach(loaded: &Loaded) -> Result<Vec<Link>, Failure> {
    let attached = loaded.programs.iter().filter(|program| *program.role() == bpf::object::Role::Attached);
    let links = attached.map(Link::attach).collect::<Result<_, _>>();
    links.map_err(|error| Failure::new(Exit::Unavailable, error.to_string()))
}

/// The entry hook goes first: what is entered after the exit hook is gone would count as skipped.
fn detach(mut links: Vec<Link>) {
    while let Some(link) = links.pop() {
        drop(link);
    }
}

/// What the terminal sends to the whole foreground group reaches the command by itself; what was sent to us alone does not.
fn forward(running: &Running, signal: i32) {
    if running.signal(signal).is_err() {
        // It has just ended, which the next look finds out.
    }
}

fn fault(what: &str, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Fault, format!("{what} failed: {error}"))
}

fn load_failure(error: &LoadError) -> Failure {
    let exit = match error {
        LoadError::Forbidden { .. } => Exit::Permission,
        LoadError::Rejected { .. } => Exit::Fault,
        _ => Exit::Unavailable,
    };
    Failure::new(exit, error.to_string())
}

fn command_failure(request: &TraceRequest, error: &std::io::Error) -> Failure {
    let name = request.command.first().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.escape_debug();
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            Failure::new(Exit::NotFound, format!("the command `{name}` does not exist"))
        }
        _ => Failure::new(Exit::CannotRun, format!("the command `{name}` cannot be run: {error}")),
    }
}
