//! Names for calls on the whole machine, and for io_uring. Each set names the header with its values.

use super::{Field, Flags, Names, Printer, Set};

/// `reboot`: `linux/reboot.h`.
pub static REBOOT_COMMAND: Set = Set::values("reboot_command", Names::Sparse(&[
    (0, "LINUX_REBOOT_CMD_CAD_OFF"), (0x123_4567, "LINUX_REBOOT_CMD_RESTART"),
    (0x4321_fedc, "LINUX_REBOOT_CMD_POWER_OFF"), (0x4558_4543, "LINUX_REBOOT_CMD_KEXEC"),
    (0x89ab_cdef, "LINUX_REBOOT_CMD_CAD_ON"), (0xa1b2_c3d4, "LINUX_REBOOT_CMD_RESTART2"),
    (0xcdef_0123, "LINUX_REBOOT_CMD_HALT"), (0xd000_fce2, "LINUX_REBOOT_CMD_SW_SUSPEND"),
]));

/// Both magic numbers of `reboot`: `linux/reboot.h`.
pub static REBOOT_MAGIC: Set = Set::values("reboot_magic", Names::Sparse(&[
    (0x512_1996, "LINUX_REBOOT_MAGIC2A"), (0x1604_1998, "LINUX_REBOOT_MAGIC2B"),
    (0x2011_2000, "LINUX_REBOOT_MAGIC2C"), (0x2812_1969, "LINUX_REBOOT_MAGIC2"),
    (0xfee1_dead, "LINUX_REBOOT_MAGIC1"),
]));

/// `getrandom`: `linux/random.h`.
pub static RANDOM_FLAGS: Set = Set::flags("random_flags", Flags {
    masks: &[(1, "GRND_NONBLOCK"), (2, "GRND_RANDOM"), (4, "GRND_INSECURE")],
    ..Flags::NONE
});

/// `syslog`: `include/linux/syslog.h`.
pub static SYSLOG_ACTION: Set = Set::values("syslog_action", Names::Dense(&[
    "SYSLOG_ACTION_CLOSE", "SYSLOG_ACTION_OPEN", "SYSLOG_ACTION_READ", "SYSLOG_ACTION_READ_ALL",
    "SYSLOG_ACTION_READ_CLEAR", "SYSLOG_ACTION_CLEAR", "SYSLOG_ACTION_CONSOLE_OFF",
    "SYSLOG_ACTION_CONSOLE_ON", "SYSLOG_ACTION_CONSOLE_LEVEL", "SYSLOG_ACTION_SIZE_UNREAD",
    "SYSLOG_ACTION_SIZE_BUFFER",
]));

/// `io_uring_enter`: `linux/io_uring.h`.
pub static RING_ENTER_FLAGS: Set = Set::flags("ring_enter_flags", Flags {
    masks: &[
        (1, "IORING_ENTER_GETEVENTS"), (2, "IORING_ENTER_SQ_WAKEUP"), (4, "IORING_ENTER_SQ_WAIT"),
        (8, "IORING_ENTER_EXT_ARG"), (0x10, "IORING_ENTER_REGISTERED_RING"), (0x20, "IORING_ENTER_ABS_TIMER"),
        (0x40, "IORING_ENTER_EXT_ARG_REG"), (0x80, "IORING_ENTER_NO_IOWAIT"),
    ],
    ..Flags::NONE
});

/// `flags` of `struct io_uring_params`: `linux/io_uring.h`.
pub static RING_SETUP_FLAGS: Set = Set::flags("ring_setup_flags", Flags {
    masks: &[
        (1, "IORING_SETUP_IOPOLL"), (2, "IORING_SETUP_SQPOLL"), (4, "IORING_SETUP_SQ_AFF"),
        (8, "IORING_SETUP_CQSIZE"), (0x10, "IORING_SETUP_CLAMP"), (0x20, "IORING_SETUP_ATTACH_WQ"),
        (0x40, "IORING_SETUP_R_DISABLED"), (0x80, "IORING_SETUP_SUBMIT_ALL"),
        (0x100, "IORING_SETUP_COOP_TASKRUN"), (0x200, "IORING_SETUP_TASKRUN_FLAG"),
        (0x400, "IORING_SETUP_SQE128"), (0x800, "IORING_SETUP_CQE32"), (0x1000, "IORING_SETUP_SINGLE_ISSUER"),
        (0x2000, "IORING_SETUP_DEFER_TASKRUN"), (0x4000, "IORING_SETUP_NO_MMAP"),
        (0x8000, "IORING_SETUP_REGISTERED_FD_ONLY"), (0x1_0000, "IORING_SETUP_NO_SQARRAY"),
        (0x2_0000, "IORING_SETUP_HYBRID_IOPOLL"), (0x4_0000, "IORING_SETUP_CQE_MIXED"),
        (0x8_0000, "IORING_SETUP_SQE_MIXED"), (0x10_0000, "IORING_SETUP_SQ_REWIND"),
    ],
    ..Flags::NONE
});

/// `io_uring_register`: `linux/io_uring.h`.
pub static RING_REGISTER_OPERATION: Set = Set::flags("ring_register_operation", Flags {
    fields: &[Field { mask: 0x7fff_ffff, names: Names::Dense(&[
        "IORING_REGISTER_BUFFERS", "IORING_UNREGISTER_BUFFERS", "IORING_REGISTER_FILES",
        "IORING_UNREGISTER_FILES", "IORING_REGISTER_EVENTFD", "IORING_UNREGISTER_EVENTFD",
        "IORING_REGISTER_FILES_UPDATE", "IORING_REGISTER_EVENTFD_ASYNC", "IORING_REGISTER_PROBE",
        "IORING_REGISTER_PERSONALITY", "IORING_UNREGISTER_PERSONALITY", "IORING_REGISTER_RESTRICTIONS",
        "IORING_REGISTER_ENABLE_RINGS", "IORING_REGISTER_FILES2", "IORING_REGISTER_FILES_UPDATE2",
        "IORING_REGISTER_BUFFERS2", "IORING_REGISTER_BUFFERS_UPDATE", "IORING_REGISTER_IOWQ_AFF",
        "IORING_UNREGISTER_IOWQ_AFF", "IORING_REGISTER_IOWQ_MAX_WORKERS", "IORING_REGISTER_RING_FDS",
        "IORING_UNREGISTER_RING_FDS", "IORING_REGISTER_PBUF_RING", "IORING_UNREGISTER_PBUF_RING",
        "IORING_REGISTER_SYNC_CANCEL", "IORING_REGISTER_FILE_ALLOC_RANGE", "IORING_REGISTER_PBUF_STATUS",
        "IORING_REGISTER_NAPI", "IORING_UNREGISTER_NAPI", "IORING_REGISTER_CLOCK",
        "IORING_REGISTER_CLONE_BUFFERS", "IORING_REGISTER_SEND_MSG_RING", "IORING_REGISTER_ZCRX_IFQ",
        "IORING_REGISTER_RESIZE_RINGS", "IORING_REGISTER_MEM_REGION", "IORING_REGISTER_QUERY",
        "IORING_REGISTER_ZCRX_CTRL", "IORING_REGISTER_BPF_FILTER",
    ]) }],
    masks: &[(0x8000_0000, "IORING_REGISTER_USE_REGISTERED_RING")],
    ..Flags::NONE
});

/// A number that reads best in hexadecimal.
pub static HEXADECIMAL: Set = Set::printer("hexadecimal", Printer::Hexadecimal);
