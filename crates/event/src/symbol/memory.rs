//! Names for calls on memory. Each set names the header with its values.

use super::{Field, Flags, Names, Set};

/// `prot` of `mmap`, `mprotect`: `asm-generic/mman-common.h`.
pub static PROTECTION: Set = Set::flags("protection", Flags {
    zero: "PROT_NONE",
    masks: &[
        (1, "PROT_READ"), (2, "PROT_WRITE"), (4, "PROT_EXEC"), (8, "PROT_SEM"),
        (0x100_0000, "PROT_GROWSDOWN"), (0x200_0000, "PROT_GROWSUP"),
    ],
    ..Flags::NONE
});

/// `flags` of `mmap`: `asm-generic/mman.h`.
pub static MAP_FLAGS: Set = Set::flags("map_flags", Flags {
    fields: &[
        Field { mask: 15, names: Names::Sparse(&[
            (1, "MAP_SHARED"), (2, "MAP_PRIVATE"), (3, "MAP_SHARED_VALIDATE"), (8, "MAP_DROPPABLE"),
        ]) },
        Field { mask: 0xfc00_0000, names: Names::Sparse(&[
            (0x3800_0000, "MAP_HUGE_16KB"), (0x4000_0000, "MAP_HUGE_64KB"), (0x4c00_0000, "MAP_HUGE_512KB"),
            (0x5000_0000, "MAP_HUGE_1MB"), (0x5400_0000, "MAP_HUGE_2MB"), (0x5c00_0000, "MAP_HUGE_8MB"),
            (0x6000_0000, "MAP_HUGE_16MB"), (0x6400_0000, "MAP_HUGE_32MB"), (0x7000_0000, "MAP_HUGE_256MB"),
            (0x7400_0000, "MAP_HUGE_512MB"), (0x7800_0000, "MAP_HUGE_1GB"), (0x7c00_0000, "MAP_HUGE_2GB"),
            (0x8800_0000, "MAP_HUGE_16GB"),
        ]) },
    ],
    masks: &[
        (0x10, "MAP_FIXED"), (0x20, "MAP_ANONYMOUS"), (0x40, "MAP_32BIT"), (0x80, "MAP_ABOVE4G"),
        (0x100, "MAP_GROWSDOWN"), (0x800, "MAP_DENYWRITE"), (0x1000, "MAP_EXECUTABLE"),
        (0x2000, "MAP_LOCKED"), (0x4000, "MAP_NORESERVE"), (0x8000, "MAP_POPULATE"),
        (0x1_0000, "MAP_NONBLOCK"), (0x2_0000, "MAP_STACK"), (0x4_0000, "MAP_HUGETLB"),
        (0x8_0000, "MAP_SYNC"), (0x10_0000, "MAP_FIXED_NOREPLACE"),
    ],
    ..Flags::NONE
});

/// `mremap`: `linux/mman.h`.
pub static REMAP_FLAGS: Set = Set::flags("remap_flags", Flags {
    masks: &[(1, "MREMAP_MAYMOVE"), (2, "MREMAP_FIXED"), (4, "MREMAP_DONTUNMAP")],
    ..Flags::NONE
});

/// `msync`: `asm-generic/mman-common.h`.
pub static SYNC_FLAGS: Set = Set::flags("sync_flags", Flags {
    masks: &[(1, "MS_ASYNC"), (2, "MS_INVALIDATE"), (4, "MS_SYNC")],
    ..Flags::NONE
});

/// `madvise`, `process_madvise`: `asm-generic/mman-common.h`.
pub static ADVICE: Set = Set::values("advice", Names::Sparse(&[
    (0, "MADV_NORMAL"), (1, "MADV_RANDOM"), (2, "MADV_SEQUENTIAL"), (3, "MADV_WILLNEED"),
    (4, "MADV_DONTNEED"), (8, "MADV_FREE"), (9, "MADV_REMOVE"), (10, "MADV_DONTFORK"), (11, "MADV_DOFORK"),
    (12, "MADV_MERGEABLE"), (13, "MADV_UNMERGEABLE"), (14, "MADV_HUGEPAGE"), (15, "MADV_NOHUGEPAGE"),
    (0x10, "MADV_DONTDUMP"), (0x11, "MADV_DODUMP"), (0x12, "MADV_WIPEONFORK"), (0x13, "MADV_KEEPONFORK"),
    (0x14, "MADV_COLD"), (0x15, "MADV_PAGEOUT"), (0x16, "MADV_POPULATE_READ"), (0x17, "MADV_POPULATE_WRITE"),
    (0x18, "MADV_DONTNEED_LOCKED"), (0x19, "MADV_COLLAPSE"), (0x64, "MADV_HWPOISON"),
    (0x65, "MADV_SOFT_OFFLINE"), (0x66, "MADV_GUARD_INSTALL"), (0x67, "MADV_GUARD_REMOVE"),
]));

/// `mlock2`.
pub static LOCK_FLAGS: Set = Set::flags("lock_flags", Flags {
    masks: &[(1, "MLOCK_ONFAULT")],
    ..Flags::NONE
});

/// `mlockall`: `asm-generic/mman.h`.
pub static LOCK_ALL_FLAGS: Set = Set::flags("lock_all_flags", Flags {
    masks: &[(1, "MCL_CURRENT"), (2, "MCL_FUTURE"), (4, "MCL_ONFAULT")],
    ..Flags::NONE
});

/// `pkey_alloc`.
pub static KEY_RIGHTS: Set = Set::flags("key_rights", Flags {
    masks: &[(1, "PKEY_DISABLE_ACCESS"), (2, "PKEY_DISABLE_WRITE")],
    ..Flags::NONE
});

/// `map_shadow_stack`: `asm/mman.h`.
pub static SHADOW_STACK_FLAGS: Set = Set::flags("shadow_stack_flags", Flags {
    masks: &[(1, "SHADOW_STACK_SET_TOKEN"), (2, "SHADOW_STACK_SET_MARKER")],
    ..Flags::NONE
});

/// `mode` of `mbind`, `set_mempolicy`: `linux/mempolicy.h`.
pub static POLICY_MODE: Set = Set::flags("policy_mode", Flags {
    fields: &[Field { mask: 0x1fff, names: Names::Dense(&[
        "MPOL_DEFAULT", "MPOL_PREFERRED", "MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_LOCAL", "MPOL_PREFERRED_MANY",
        "MPOL_WEIGHTED_INTERLEAVE",
    ]) }],
    masks: &[
        (0x2000, "MPOL_F_NUMA_BALANCING"), (0x4000, "MPOL_F_RELATIVE_NODES"), (0x8000, "MPOL_F_STATIC_NODES"),
    ],
    ..Flags::NONE
});

/// `flags` of `get_mempolicy`: `linux/mempolicy.h`.
pub static POLICY_QUERY: Set = Set::flags("policy_query", Flags {
    masks: &[(1, "MPOL_F_NODE"), (2, "MPOL_F_ADDR"), (4, "MPOL_F_MEMS_ALLOWED")],
    ..Flags::NONE
});

/// `flags` of `mbind`, `move_pages`: `linux/mempolicy.h`.
pub static POLICY_FLAGS: Set = Set::flags("policy_flags", Flags {
    masks: &[(1, "MPOL_MF_STRICT"), (2, "MPOL_MF_MOVE"), (4, "MPOL_MF_MOVE_ALL")],
    ..Flags::NONE
});

/// `userfaultfd`: `linux/userfaultfd.h`.
pub static USERFAULT_FLAGS: Set = Set::flags("userfault_flags", Flags {
    masks: &[(1, "UFFD_USER_MODE_ONLY"), (0x800, "O_NONBLOCK"), (0x8_0000, "O_CLOEXEC")],
    ..Flags::NONE
});

/// `func` of `modify_ldt`.
pub static LDT_FUNCTION: Set = Set::values("ldt_function", Names::Sparse(&[
    (0, "read"), (1, "write"), (2, "read_default"), (0x11, "write_new"),
]));
