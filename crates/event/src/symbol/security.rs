//! Names for calls on confinement, keys, modules and programs in the kernel.
//! Each set names the header with its values.

use super::{Field, Flags, Names, Printer, Set};

/// Capability number: `linux/capability.h`.
pub static CAPABILITY: Set = Set::values("capability", Names::Dense(&[
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
    "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT",
    "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE",
    "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG",
    "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
]));

/// `PR_SET_SECUREBITS`: `linux/securebits.h`.
pub static SECURE_BITS: Set = Set::flags("secure_bits", Flags {
    masks: &[
        (1, "SECBIT_NOROOT"), (2, "SECBIT_NOROOT_LOCKED"), (4, "SECBIT_NO_SETUID_FIXUP"),
        (8, "SECBIT_NO_SETUID_FIXUP_LOCKED"), (0x10, "SECBIT_KEEP_CAPS"), (0x20, "SECBIT_KEEP_CAPS_LOCKED"),
        (0x40, "SECBIT_NO_CAP_AMBIENT_RAISE"), (0x80, "SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED"),
        (0x100, "SECBIT_EXEC_RESTRICT_FILE"), (0x200, "SECBIT_EXEC_RESTRICT_FILE_LOCKED"),
        (0x400, "SECBIT_EXEC_DENY_INTERACTIVE"), (0x800, "SECBIT_EXEC_DENY_INTERACTIVE_LOCKED"),
    ],
    ..Flags::NONE
});

/// `PR_SET_SECCOMP`: `linux/seccomp.h`.
pub static SECCOMP_MODE: Set = Set::values("seccomp_mode", Names::Dense(&[
    "SECCOMP_MODE_DISABLED", "SECCOMP_MODE_STRICT", "SECCOMP_MODE_FILTER",
]));

/// `seccomp`: `linux/seccomp.h`.
pub static SECCOMP_OPERATION: Set = Set::values("seccomp_operation", Names::Dense(&[
    "SECCOMP_SET_MODE_STRICT", "SECCOMP_SET_MODE_FILTER", "SECCOMP_GET_ACTION_AVAIL",
    "SECCOMP_GET_NOTIF_SIZES",
]));

/// `seccomp`: `linux/seccomp.h`.
pub static SECCOMP_FLAGS: Set = Set::flags("seccomp_flags", Flags {
    masks: &[
        (1, "SECCOMP_FILTER_FLAG_TSYNC"), (2, "SECCOMP_FILTER_FLAG_LOG"),
        (4, "SECCOMP_FILTER_FLAG_SPEC_ALLOW"), (8, "SECCOMP_FILTER_FLAG_NEW_LISTENER"),
        (0x10, "SECCOMP_FILTER_FLAG_TSYNC_ESRCH"), (0x20, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"),
    ],
    ..Flags::NONE
});

/// `landlock_create_ruleset`: `linux/landlock.h`.
pub static LANDLOCK_CREATE_FLAGS: Set = Set::flags("landlock_create_flags", Flags {
    masks: &[(1, "LANDLOCK_CREATE_RULESET_VERSION"), (2, "LANDLOCK_CREATE_RULESET_ERRATA")],
    ..Flags::NONE
});

/// `landlock_add_rule`: `linux/landlock.h`.
pub static LANDLOCK_RULE: Set = Set::values("landlock_rule", Names::Dense(&[
    "", "LANDLOCK_RULE_PATH_BENEATH", "LANDLOCK_RULE_NET_PORT",
]));

/// `landlock_restrict_self`: `linux/landlock.h`.
pub static LANDLOCK_RESTRICT_FLAGS: Set = Set::flags("landlock_restrict_flags", Flags {
    masks: &[
        (1, "LANDLOCK_RESTRICT_SELF_LOG_SAME_EXEC_OFF"), (2, "LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON"),
        (4, "LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF"), (8, "LANDLOCK_RESTRICT_SELF_TSYNC"),
    ],
    ..Flags::NONE
});

/// `keyctl`: `linux/keyctl.h`.
pub static KEYCTL_OPERATION: Set = Set::values("keyctl_operation", Names::Dense(&[
    "KEYCTL_GET_KEYRING_ID", "KEYCTL_JOIN_SESSION_KEYRING", "KEYCTL_UPDATE", "KEYCTL_REVOKE", "KEYCTL_CHOWN",
    "KEYCTL_SETPERM", "KEYCTL_DESCRIBE", "KEYCTL_CLEAR", "KEYCTL_LINK", "KEYCTL_UNLINK", "KEYCTL_SEARCH",
    "KEYCTL_READ", "KEYCTL_INSTANTIATE", "KEYCTL_NEGATE", "KEYCTL_SET_REQKEY_KEYRING", "KEYCTL_SET_TIMEOUT",
    "KEYCTL_ASSUME_AUTHORITY", "KEYCTL_GET_SECURITY", "KEYCTL_SESSION_TO_PARENT", "KEYCTL_REJECT",
    "KEYCTL_INSTANTIATE_IOV", "KEYCTL_INVALIDATE", "KEYCTL_GET_PERSISTENT", "KEYCTL_DH_COMPUTE",
    "KEYCTL_PKEY_QUERY", "KEYCTL_PKEY_ENCRYPT", "KEYCTL_PKEY_DECRYPT", "KEYCTL_PKEY_SIGN",
    "KEYCTL_PKEY_VERIFY", "KEYCTL_RESTRICT_KEYRING", "KEYCTL_MOVE", "KEYCTL_CAPABILITIES", "KEYCTL_WATCH_KEY",
]));

/// Serial number of a key, or a special key.
pub static KEY: Set = Set::printer("key", Printer::Key);

/// `bpf`: `linux/bpf.h`.
pub static BPF_COMMAND: Set = Set::values("bpf_command", Names::Dense(&[
    "BPF_MAP_CREATE", "BPF_MAP_LOOKUP_ELEM", "BPF_MAP_UPDATE_ELEM", "BPF_MAP_DELETE_ELEM",
    "BPF_MAP_GET_NEXT_KEY", "BPF_PROG_LOAD", "BPF_OBJ_PIN", "BPF_OBJ_GET", "BPF_PROG_ATTACH",
    "BPF_PROG_DETACH", "BPF_PROG_TEST_RUN", "BPF_PROG_GET_NEXT_ID", "BPF_MAP_GET_NEXT_ID",
    "BPF_PROG_GET_FD_BY_ID", "BPF_MAP_GET_FD_BY_ID", "BPF_OBJ_GET_INFO_BY_FD", "BPF_PROG_QUERY",
    "BPF_RAW_TRACEPOINT_OPEN", "BPF_BTF_LOAD", "BPF_BTF_GET_FD_BY_ID", "BPF_TASK_FD_QUERY",
    "BPF_MAP_LOOKUP_AND_DELETE_ELEM", "BPF_MAP_FREEZE", "BPF_BTF_GET_NEXT_ID", "BPF_MAP_LOOKUP_BATCH",
    "BPF_MAP_LOOKUP_AND_DELETE_BATCH", "BPF_MAP_UPDATE_BATCH", "BPF_MAP_DELETE_BATCH", "BPF_LINK_CREATE",
    "BPF_LINK_UPDATE", "BPF_LINK_GET_FD_BY_ID", "BPF_LINK_GET_NEXT_ID", "BPF_ENABLE_STATS", "BPF_ITER_CREATE",
    "BPF_LINK_DETACH", "BPF_PROG_BIND_MAP", "BPF_TOKEN_CREATE", "BPF_PROG_STREAM_READ_BY_FD",
    "BPF_PROG_ASSOC_STRUCT_OPS",
]));

/// `perf_event_open`: `linux/perf_event.h`.
pub static PERF_FLAGS: Set = Set::flags("perf_flags", Flags {
    masks: &[
        (1, "PERF_FLAG_FD_NO_GROUP"), (2, "PERF_FLAG_FD_OUTPUT"), (4, "PERF_FLAG_PID_CGROUP"),
        (8, "PERF_FLAG_FD_CLOEXEC"),
    ],
    ..Flags::NONE
});

/// `lsm_get_self_attr`: `linux/lsm.h`.
pub static LSM_ATTRIBUTE: Set = Set::values("lsm_attribute", Names::Sparse(&[
    (0, "LSM_ATTR_UNDEF"), (0x64, "LSM_ATTR_CURRENT"), (0x65, "LSM_ATTR_EXEC"), (0x66, "LSM_ATTR_FSCREATE"),
    (0x67, "LSM_ATTR_KEYCREATE"), (0x68, "LSM_ATTR_PREV"), (0x69, "LSM_ATTR_SOCKCREATE"),
]));

/// `lsm_get_self_attr`: `linux/lsm.h`.
pub static LSM_FLAGS: Set = Set::flags("lsm_flags", Flags {
    masks: &[(1, "LSM_FLAG_SINGLE")],
    ..Flags::NONE
});

/// `finit_module`: `linux/module.h`.
pub static MODULE_FLAGS: Set = Set::flags("module_flags", Flags {
    masks: &[
        (1, "MODULE_INIT_IGNORE_MODVERSIONS"), (2, "MODULE_INIT_IGNORE_VERMAGIC"),
        (4, "MODULE_INIT_COMPRESSED_FILE"),
    ],
    ..Flags::NONE
});

/// `delete_module`.
pub static MODULE_DELETE_FLAGS: Set = Set::flags("module_delete_flags", Flags {
    masks: &[(0x200, "O_TRUNC"), (0x800, "O_NONBLOCK")],
    ..Flags::NONE
});

/// `kexec_load`: `linux/kexec.h`; the upper 16 bits are the architecture.
pub static KEXEC_FLAGS: Set = Set::flags("kexec_flags", Flags {
    fields: &[Field { mask: 0xffff_0000, names: Names::Sparse(&[
        (0x3_0000, "KEXEC_ARCH_386"), (0x3e_0000, "KEXEC_ARCH_X86_64"),
    ]) }],
    masks: &[
        (1, "KEXEC_ON_CRASH"), (2, "KEXEC_PRESERVE_CONTEXT"), (4, "KEXEC_UPDATE_ELFCOREHDR"),
        (8, "KEXEC_CRASH_HOTPLUG_SUPPORT"),
    ],
    ..Flags::NONE
});

/// `kexec_file_load`: `linux/kexec.h`.
pub static KEXEC_FILE_FLAGS: Set = Set::flags("kexec_file_flags", Flags {
    masks: &[
        (1, "KEXEC_FILE_UNLOAD"), (2, "KEXEC_FILE_ON_CRASH"), (4, "KEXEC_FILE_NO_INITRAMFS"),
        (8, "KEXEC_FILE_DEBUG"), (0x10, "KEXEC_FILE_NO_CMA"), (0x20, "KEXEC_FILE_FORCE_DTB"),
    ],
    ..Flags::NONE
});
