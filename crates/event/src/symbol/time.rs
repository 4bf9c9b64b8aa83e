//! Names for clocks and timers. Each set names the header with its values.

use super::{Flags, Names, Printer, Set};

/// Clock id.
pub static CLOCK: Set = Set::printer("clock", Printer::Clock);

/// `timer_settime`, `clock_nanosleep`: `linux/time.h`.
pub static TIMER_FLAGS: Set = Set::flags("timer_flags", Flags {
    masks: &[(1, "TIMER_ABSTIME")],
    ..Flags::NONE
});

/// `timerfd_settime`: `linux/timerfd.h`.
pub static TIMERFD_SET_FLAGS: Set = Set::flags("timerfd_set_flags", Flags {
    masks: &[(1, "TFD_TIMER_ABSTIME"), (2, "TFD_TIMER_CANCEL_ON_SET")],
    ..Flags::NONE
});

/// `timerfd_create`: `linux/timerfd.h`.
pub static TIMERFD_FLAGS: Set = Set::flags("timerfd_flags", Flags {
    masks: &[(0x800, "TFD_NONBLOCK"), (0x8_0000, "TFD_CLOEXEC")],
    ..Flags::NONE
});

/// `setitimer`: `linux/time.h`.
pub static INTERVAL_TIMER: Set = Set::values("interval_timer", Names::Dense(&[
    "ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF",
]));

/// `tv_nsec`, where `utimensat` knows two special values: `linux/stat.h`.
pub static NANOSECONDS: Set = Set::printer("nanoseconds", Printer::Nanoseconds);
