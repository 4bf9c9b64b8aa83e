//! Parameters that point to one thing or another, as a command or request says.
//!
//! Sizes are those of the user interface, which does not change: `include/uapi/asm-generic/{fcntl,termbits,termios}.h`,
//! `include/uapi/linux/{prctl,if,fs}.h`, `include/linux/compat.h`.

use super::{Cases, Chosen, ChosenKind, Scalar, When};
use crate::symbol::process;

/// `arg` of `fcntl`, by command.
pub(super) const FCNTL: &Cases = &Cases {
    x86_64: &[
        (5, structure("flock", 32, When::InOut)),
        (6, structure("flock", 32, When::In)),
        (7, structure("flock", 32, When::In)),
        (15, structure("f_owner_ex", 8, When::In)),
        (16, structure("f_owner_ex", 8, When::Out)),
        (36, structure("flock", 32, When::InOut)),
        (37, structure("flock", 32, When::In)),
        (38, structure("flock", 32, When::In)),
        (1035, LONG_OUT),
        (1036, LONG_IN),
        (1037, LONG_OUT),
        (1038, LONG_IN),
    ],
    i386: &[
        (5, structure("compat_flock", 16, When::InOut)),
        (6, structure("compat_flock", 16, When::In)),
        (7, structure("compat_flock", 16, When::In)),
        (12, structure("compat_flock64", 24, When::InOut)),
        (13, structure("compat_flock64", 24, When::In)),
        (14, structure("compat_flock64", 24, When::In)),
        (15, structure("f_owner_ex", 8, When::In)),
        (16, structure("f_owner_ex", 8, When::Out)),
        (36, structure("compat_flock64", 24, When::InOut)),
        (37, structure("compat_flock64", 24, When::In)),
        (38, structure("compat_flock64", 24, When::In)),
        (1035, LONG_OUT),
        (1036, LONG_IN),
        (1037, LONG_OUT),
        (1038, LONG_IN),
    ],
};

/// `arg2` of `prctl`, by option, where it is an address.
pub(super) const PRCTL: &Cases = &Cases { x86_64: PRCTL_CASES, i386: PRCTL_CASES };

const PRCTL_CASES: &[(u32, Chosen)] = &[
    (2, number(Scalar::Symbol { set: &process::SIGNAL, bytes: 4 }, 4, When::Out)),
    (15, text(THREAD_NAME_BYTES, When::In)),
    (16, text(THREAD_NAME_BYTES, When::Out)),
    (25, INT_OUT),
    (37, INT_OUT),
];

/// `arg2` of `arch_prctl`, by option, where it is an address.
pub(super) const ARCHITECTURE: &Cases = &Cases {
    x86_64: &[
        (0x1003, number(Scalar::Address, 8, When::Out)),
        (0x1004, number(Scalar::Address, 8, When::Out)),
    ],
    i386: &[],
};

/// `arg` of `ioctl`, by request: terminals, interfaces, files.
pub(super) const IOCTL: &Cases = &Cases { x86_64: IOCTL_CASES, i386: IOCTL_CASES };

const IOCTL_CASES: &[(u32, Chosen)] = &[
    (0x4c00, direct(Scalar::Fd)),
    (0x4c06, direct(Scalar::Fd)),
    (0x5401, structure("termios", 36, When::Out)),
    (0x5402, structure("termios", 36, When::In)),
    (0x5403, structure("termios", 36, When::In)),
    (0x5404, structure("termios", 36, When::In)),
    (0x5409, direct(Scalar::Signed(4))),
    (0x540a, direct(Scalar::Signed(4))),
    (0x540b, direct(Scalar::Signed(4))),
    (0x540e, direct(Scalar::Signed(4))),
    (0x540f, INT_OUT),
    (0x5410, INT_IN),
    (0x5411, INT_OUT),
    (0x5412, text(1, When::In)),
    (0x5413, structure("winsize", 8, When::Out)),
    (0x5414, structure("winsize", 8, When::In)),
    (0x541b, INT_OUT),
    (0x5421, INT_IN),
    (0x5423, INT_IN),
    (0x5424, INT_OUT),
    (0x5429, INT_OUT),
    (0x5452, INT_IN),
    (0x8910, text(INTERFACE_NAME_BYTES, When::InOut)),
    (0x8913, INTERFACE),
    (0x8914, INTERFACE),
    (0x8915, INTERFACE),
    (0x8916, INTERFACE),
    (0x891b, INTERFACE),
    (0x891c, INTERFACE),
    (0x8921, INTERFACE),
    (0x8922, INTERFACE),
    (0x8923, INTERFACE),
    (0x8924, INTERFACE),
    (0x8927, INTERFACE),
    (0x8933, INTERFACE),
    (0x8946, INTERFACE),
    (0x4004_5431, INT_IN),
    (0x4004_54ca, text(INTERFACE_NAME_BYTES, When::In)),
    (0x4004_9409, direct(Scalar::Fd)),
    (0x4008_6602, INT_IN),
    (0x8004_5430, INT_OUT),
    (0x8008_6601, INT_OUT),
];

/// Bytes of a thread's name with its NUL: `TASK_COMM_LEN`.
const THREAD_NAME_BYTES: u8 = 16;
/// Bytes of an interface's name with its NUL: `IFNAMSIZ`. It stands first in `struct ifreq`.
const INTERFACE_NAME_BYTES: u8 = 16;
const INTERFACE: Chosen = text(INTERFACE_NAME_BYTES, When::In);
const INT_IN: Chosen = number(Scalar::Signed(4), 4, When::In);
const INT_OUT: Chosen = number(Scalar::Signed(4), 4, When::Out);
const LONG_IN: Chosen = number(Scalar::Unsigned(8), 8, When::In);
const LONG_OUT: Chosen = number(Scalar::Unsigned(8), 8, When::Out);

const fn direct(scalar: Scalar) -> Chosen {
    Chosen { kind: ChosenKind::Direct(scalar), bytes: 0, when: When::In }
}

const fn number(scalar: Scalar, bytes: u8, when: When) -> Chosen {
    Chosen { kind: ChosenKind::Number(scalar), bytes, when }
}

const fn text(bytes: u8, when: When) -> Chosen {
    Chosen { kind: ChosenKind::Text, bytes, when }
}

const fn structure(name: &'static str, bytes: u8, when: When) -> Chosen {
    Chosen { kind: ChosenKind::Structure(name), bytes, when }
}
