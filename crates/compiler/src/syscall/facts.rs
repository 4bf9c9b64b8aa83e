//! What has to be known of one kernel to write programs that record system calls.

use bpf::Hook;

/// How the tracepoints of the kernel hand over their arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rung {
    /// Typed pointers (`tp_btf`): kernel objects are read directly.
    TpBtf,
    /// Plain numbers (`raw_tp`): kernel objects are copied first.
    RawTracepoint,
}

impl Rung {
    /// The kernel documentation's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::TpBtf => "tp_btf",
            Self::RawTracepoint => "raw_tp",
        }
    }
}

/// The tracepoints that the recorder hooks, all of the same rung.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hooks {
    /// `sys_enter(struct pt_regs *, long)`.
    pub sys_enter: Hook,
    /// `sys_exit(struct pt_regs *, long)`.
    pub sys_exit: Hook,
    /// `sched_process_exec(struct task_struct *, pid_t, struct linux_binprm *)`.
    pub exec: Hook,
    /// `sched_process_fork(struct task_struct *parent, struct task_struct *child)`.
    pub fork: Hook,
    /// `sched_process_exit(struct task_struct *)`.
    pub process_exit: Hook,
}

/// One kernel, as far as the recorder needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// CPUs that the kernel may ever bring up.
    pub cpus: u32,
    /// Which rung the hooks are of.
    pub rung: Rung,
    /// Where programs are attached.
    pub hooks: Hooks,
    /// Where members of kernel objects stand.
    pub offsets: Offsets,
    /// Atomics that return what memory held (5.12).
    pub fetch_atomics: bool,
    /// `get_current_task_btf` (5.11).
    pub current_task_btf: bool,
}

macro_rules! offsets {
    ($($(#[$doc:meta])* $field:ident = $structure:literal . $member:literal;)*) => {
        /// Byte offsets of members of kernel objects.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Offsets {
            $($(#[$doc])* pub $field: i32,)*
        }

        impl Offsets {
            /// Asks `member` for each offset by structure and member path, and stops at its first error.
            pub fn find<E>(
                mut member: impl FnMut(&'static str, &'static str) -> Result<i32, E>,
            ) -> Result<Self, E> {
                Ok(Self { $($field: member($structure, $member)?,)* })
            }
        }
    };
}

offsets! {
    /// First argument of a 64-bit call.
    regs_di = "pt_regs"."di";
    /// Second argument of a 64-bit call, fourth of a 32-bit one.
    regs_si = "pt_regs"."si";
    /// Third argument of both.
    regs_dx = "pt_regs"."dx";
    /// Fourth argument of a 64-bit call.
    regs_r10 = "pt_regs"."r10";
    /// Fifth argument of a 64-bit call.
    regs_r8 = "pt_regs"."r8";
    /// Sixth argument of a 64-bit call.
    regs_r9 = "pt_regs"."r9";
    /// First argument of a 32-bit call.
    regs_bx = "pt_regs"."bx";
    /// Second argument of a 32-bit call.
    regs_cx = "pt_regs"."cx";
    /// Sixth argument of a 32-bit call.
    regs_bp = "pt_regs"."bp";
    /// Number of the call.
    regs_number = "pt_regs"."orig_ax";
    /// Flags that tell a 32-bit call from a 64-bit one.
    task_status = "task_struct"."thread_info.status";
    /// Process id.
    task_process = "task_struct"."tgid";
    /// Parent.
    task_parent = "task_struct"."real_parent";
    /// Address space.
    task_mm = "task_struct"."mm";
    /// What the threads of a process share.
    task_signal = "task_struct"."signal";
    /// Open files.
    task_files = "task_struct"."files";
    /// Threads that have not exited.
    signal_live = "signal_struct"."live.counter";
    /// Start of the argument block.
    mm_arg_start = "mm_struct"."arg_start";
    /// End of the argument block.
    mm_arg_end = "mm_struct"."arg_end";
    /// Start of the environment block.
    mm_env_start = "mm_struct"."env_start";
    /// End of the environment block.
    mm_env_end = "mm_struct"."env_end";
    /// Path of the program that exec runs.
    exec_filename = "linux_binprm"."filename";
    /// Table of open files.
    files_table = "files_struct"."fdt";
    /// The files by descriptor.
    table_files = "fdtable"."fd";
    /// How many descriptors the table has.
    table_count = "fdtable"."max_fds";
    /// Name of the file.
    file_dentry = "file"."f_path.dentry";
    /// Mount of the file.
    file_mount = "file"."f_path.mnt";
    /// The file itself.
    file_inode = "file"."f_inode";
    /// Number of the file.
    inode_number = "inode"."i_ino";
    /// Type and permissions.
    inode_mode = "inode"."i_mode";
    /// File system.
    inode_super_block = "inode"."i_sb";
    /// Kind of file system.
    super_block_magic = "super_block"."s_magic";
    /// Directory that holds the name.
    dentry_parent = "dentry"."d_parent";
    /// The name.
    dentry_name = "dentry"."d_name.name";
    /// Top of what is mounted.
    vfsmount_root = "vfsmount"."mnt_root";
    /// The public part of a mount.
    mount_vfsmount = "mount"."mnt";
    /// The mount this one sits on.
    mount_parent = "mount"."mnt_parent";
    /// The directory this one sits on.
    mount_mountpoint = "mount"."mnt_mountpoint";
}

/// Set in `thread_info.status` during a 32-bit call (`TS_COMPAT`, `arch/x86/include/asm/thread_info.h`).
pub const TS_COMPAT: u32 = 2;

/// Bytes of `struct pt_regs` on x86-64: 21 registers (`arch/x86/include/asm/ptrace.h`).
pub const REGISTERS_BYTES: u16 = 168;
