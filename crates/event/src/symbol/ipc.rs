//! Names for System V and POSIX message queues, semaphores and shared memory.
//! Each set names the header with its values.

use super::{Field, Flags, Names, Set};

/// `key` of `shmget` and its like.
pub static KEY: Set = Set::values("key", Names::Dense(&["IPC_PRIVATE"]));

/// `msgget`, `semget`: `linux/ipc.h`; the low bits are a mode.
pub static GET_FLAGS: Set = Set::flags("get_flags", Flags {
    masks: &[(0x200, "IPC_CREAT"), (0x400, "IPC_EXCL"), (0x800, "IPC_NOWAIT")],
    octal: 0o777,
    ..Flags::NONE
});

/// `sem_flg` of `struct sembuf`: `linux/sem.h`.
pub static SEMAPHORE_FLAGS: Set = Set::flags("semaphore_flags", Flags {
    masks: &[(0x800, "IPC_NOWAIT"), (0x1000, "SEM_UNDO")],
    ..Flags::NONE
});

/// `shmget`: `linux/shm.h`; the low bits are a mode.
pub static SHARED_MEMORY_GET_FLAGS: Set = Set::flags("shared_memory_get_flags", Flags {
    fields: &[Field { mask: 0xfc00_0000, names: Names::Sparse(&[
        (0x4000_0000, "SHM_HUGE_64KB"), (0x4c00_0000, "SHM_HUGE_512KB"), (0x5000_0000, "SHM_HUGE_1MB"),
        (0x5400_0000, "SHM_HUGE_2MB"), (0x5c00_0000, "SHM_HUGE_8MB"), (0x6000_0000, "SHM_HUGE_16MB"),
        (0x6400_0000, "SHM_HUGE_32MB"), (0x7000_0000, "SHM_HUGE_256MB"), (0x7400_0000, "SHM_HUGE_512MB"),
        (0x7800_0000, "SHM_HUGE_1GB"), (0x7c00_0000, "SHM_HUGE_2GB"), (0x8800_0000, "SHM_HUGE_16GB"),
    ]) }],
    masks: &[(0x200, "IPC_CREAT"), (0x400, "IPC_EXCL"), (0x800, "SHM_HUGETLB"), (0x1000, "SHM_NORESERVE")],
    octal: 0o777,
    ..Flags::NONE
});

/// `shmat`: `linux/shm.h`.
pub static SHARED_MEMORY_ATTACH_FLAGS: Set = Set::flags("shared_memory_attach_flags", Flags {
    masks: &[(0x1000, "SHM_RDONLY"), (0x2000, "SHM_RND"), (0x4000, "SHM_REMAP"), (0x8000, "SHM_EXEC")],
    ..Flags::NONE
});

/// `msgsnd`, `msgrcv`: `linux/msg.h`.
pub static MESSAGE_FLAGS: Set = Set::flags("message_flags", Flags {
    masks: &[(0x800, "IPC_NOWAIT"), (0x1000, "MSG_NOERROR"), (0x2000, "MSG_EXCEPT"), (0x4000, "MSG_COPY")],
    ..Flags::NONE
});

/// `shmctl`: `linux/shm.h`.
pub static SHARED_MEMORY_COMMAND: Set = Set::values("shared_memory_command", Names::Sparse(&[
    (0, "IPC_RMID"), (1, "IPC_SET"), (2, "IPC_STAT"), (3, "IPC_INFO"), (11, "SHM_LOCK"), (12, "SHM_UNLOCK"),
    (13, "SHM_STAT"), (14, "SHM_INFO"), (15, "SHM_STAT_ANY"),
]));

/// `msgctl`: `linux/msg.h`.
pub static MESSAGE_COMMAND: Set = Set::values("message_command", Names::Sparse(&[
    (0, "IPC_RMID"), (1, "IPC_SET"), (2, "IPC_STAT"), (3, "IPC_INFO"), (11, "MSG_STAT"), (12, "MSG_INFO"),
    (13, "MSG_STAT_ANY"),
]));

/// `semctl`: `linux/sem.h`.
pub static SEMAPHORE_COMMAND: Set = Set::values("semaphore_command", Names::Sparse(&[
    (0, "IPC_RMID"), (1, "IPC_SET"), (2, "IPC_STAT"), (3, "IPC_INFO"), (11, "GETPID"), (12, "GETVAL"),
    (13, "GETALL"), (14, "GETNCNT"), (15, "GETZCNT"), (0x10, "SETVAL"), (0x11, "SETALL"), (0x12, "SEM_STAT"),
    (0x13, "SEM_INFO"), (0x14, "SEM_STAT_ANY"),
]));

/// `call` of the i386 `ipc`: `linux/ipc.h`.
pub static IPC_CALL: Set = Set::values("ipc_call", Names::Sparse(&[
    (1, "SEMOP"), (2, "SEMGET"), (3, "SEMCTL"), (4, "SEMTIMEDOP"), (11, "MSGSND"), (12, "MSGRCV"),
    (13, "MSGGET"), (14, "MSGCTL"), (0x15, "SHMAT"), (0x16, "SHMDT"), (0x17, "SHMGET"), (0x18, "SHMCTL"),
]));
