//! The kernel's helper functions that programs may call: numbers, names, and what each argument must be.
//!
//! Source: `enum bpf_func_id` of `include/uapi/linux/bpf.h`, and the `bpf_func_proto` of each helper. Which
//! helper a kernel or hook has is not known here; a trial load tells.

use bpf::object::MapKind;

/// Lowest error number a helper returns (`MAX_ERRNO` of `include/linux/err.h`).
pub const ERROR_MIN: i64 = -4095;

/// What a map argument must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapUse {
    /// A map that is read and written by key.
    Elements,
    /// A ring buffer.
    Ring,
    /// An array of programs.
    Programs,
    /// An array of perf event descriptors.
    PerfEvents,
    /// A map of stack traces.
    Stacks,
    /// Storage that hangs on a task.
    TaskStorage,
}

impl MapUse {
    /// Whether a map of this kind will do. `MapKind` has no perf event, stack or task storage maps yet.
    pub fn accepts(self, kind: MapKind) -> bool {
        match self {
            Self::Elements => !matches!(kind, MapKind::RingBuffer | MapKind::ProgramArray),
            Self::Ring => kind == MapKind::RingBuffer,
            Self::Programs => kind == MapKind::ProgramArray,
            Self::PerfEvents | Self::Stacks | Self::TaskStorage => false,
        }
    }

    /// What to call it in a message.
    pub fn word(self) -> &'static str {
        match self {
            Self::Elements => "a map of elements",
            Self::Ring => "a ring buffer",
            Self::Programs => "a program array",
            Self::PerfEvents => "a perf event array",
            Self::Stacks => "a stack trace map",
            Self::TaskStorage => "a task storage map",
        }
    }
}

/// What one argument of a helper must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Any number.
    Number,
    /// A number that is the same each time; the size of a ring record.
    ConstantSize,
    /// The context pointer.
    Context,
    /// A map.
    Map(MapUse),
    /// Memory that holds a key of the map argument.
    Key,
    /// Memory that holds a value of the map argument.
    Element,
    /// Memory that holds a value of the map argument, or the constant 0.
    ElementOrZero,
    /// Memory that the helper reads; the size argument says how much.
    MemoryRead,
    /// Memory that the helper writes; the size argument says how much.
    MemoryWrite,
    /// Size of the memory argument: bounded, not negative, not 0.
    Size,
    /// Size of the memory argument: bounded and not negative.
    SizeOrZero,
    /// An address of user memory: a number.
    UserAddress,
    /// An address of kernel memory: a number or a typed kernel pointer.
    KernelAddress,
    /// A typed kernel pointer as the hook or a helper gave it, possibly moved by a constant.
    KernelPointer,
    /// What `ringbuf_reserve` gave.
    Record,
    /// Text that ends with 0 in a frozen map.
    FrozenText,
}

/// What a helper returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Any number, or nothing of use.
    Number,
    /// A negative error, or a number up to the size argument.
    LengthOrError,
    /// A pointer to a value of the map argument, or null.
    ElementOrNull,
    /// A pointer to a reserved ring record, or null.
    RecordOrNull,
    /// A typed kernel pointer.
    KernelPointer,
}

/// Everything known about one helper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Number in `enum bpf_func_id`.
    pub number: u32,
    /// The kernel's name without `bpf_`.
    pub name: &'static str,
    /// What the arguments must be, in order.
    pub arguments: &'static [Argument],
    /// What comes back.
    pub outcome: Outcome,
}

macro_rules! helpers {
    ($($(#[$doc:meta])* $variant:ident = $number:literal $name:literal ($($argument:expr),*) -> $outcome:ident;)*) => {
        /// A helper function of the kernel.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Helper {
            $($(#[$doc])* $variant,)*
        }

        impl Helper {
            /// All of them, by number.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its signature.
            pub fn signature(self) -> &'static Signature {
                match self {
                    $(Self::$variant => &Signature {
                        number: $number,
                        name: $name,
                        arguments: &[$($argument),*],
                        outcome: Outcome::$outcome,
                    },)*
                }
            }
        }
    };
}

use Argument::{
    ConstantSize, Context, Element, ElementOrZero, FrozenText, KernelAddress, KernelPointer, Key, Map,
    MemoryRead, MemoryWrite, Number, Record, Size, SizeOrZero, UserAddress,
};
use MapUse::{Elements, PerfEvents, Programs, Ring, Stacks, TaskStorage};

helpers! {
    /// `(map, key)`: pointer to the value or null.
    MapLookup = 1 "map_lookup_elem" (Map(Elements), Key) -> ElementOrNull;
    /// `(map, key, value, flags)`.
    MapUpdate = 2 "map_update_elem" (Map(Elements), Key, Element, Number) -> Number;
    /// `(map, key)`.
    MapDelete = 3 "map_delete_elem" (Map(Elements), Key) -> Number;
    /// `()`: nanoseconds of the monotonic clock.
    KtimeGetNs = 5 "ktime_get_ns" () -> Number;
    /// `()`: a pseudo-random number of 32 bits.
    GetPrandomU32 = 7 "get_prandom_u32" () -> Number;
    /// `()`: number of this CPU.
    GetSmpProcessorId = 8 "get_smp_processor_id" () -> Number;
    /// `(context, program array, index)`: does not return if it succeeds.
    TailCall = 12 "tail_call" (Context, Map(Programs), Number) -> Number;
    /// `()`: process id in the upper half, thread id in the lower.
    GetCurrentPidTgid = 14 "get_current_pid_tgid" () -> Number;
    /// `()`: group id in the upper half, user id in the lower.
    GetCurrentUidGid = 15 "get_current_uid_gid" () -> Number;
    /// `(buffer, size)`.
    GetCurrentComm = 16 "get_current_comm" (MemoryWrite, Size) -> Number;
    /// `(context, perf event array, flags, data, size)`.
    PerfEventOutput = 25 "perf_event_output" (Context, Map(PerfEvents), Number, MemoryRead, SizeOrZero) -> Number;
    /// `(context, stack trace map, flags)`: id of the stack or an error.
    GetStackId = 27 "get_stackid" (Context, Map(Stacks), Number) -> Number;
    /// `()`: address of the current task, as a number.
    GetCurrentTask = 35 "get_current_task" () -> Number;
    /// `()`: id of the current task's cgroup.
    GetCurrentCgroupId = 80 "get_current_cgroup_id" () -> Number;
    /// `(signal)`: to the current process.
    SendSignal = 109 "send_signal" (Number) -> Number;
    /// `(buffer, size, user address)`.
    ProbeReadUser = 112 "probe_read_user" (MemoryWrite, SizeOrZero, UserAddress) -> Number;
    /// `(buffer, size, kernel address)`.
    ProbeReadKernel = 113 "probe_read_kernel" (MemoryWrite, SizeOrZero, KernelAddress) -> Number;
    /// `(buffer, size, user address)`: length with the final 0, or an error.
    ProbeReadUserStr = 114 "probe_read_user_str" (MemoryWrite, SizeOrZero, UserAddress) -> LengthOrError;
    /// `(buffer, size, kernel address)`: length with the final 0, or an error.
    ProbeReadKernelStr = 115 "probe_read_kernel_str" (MemoryWrite, SizeOrZero, KernelAddress) -> LengthOrError;
    /// `(level)`: id of an ancestor of the current task's cgroup.
    GetCurrentAncestorCgroupId = 123 "get_current_ancestor_cgroup_id" (Number) -> Number;
    /// `()`: nanoseconds since boot, suspended time included.
    KtimeGetBootNs = 125 "ktime_get_boot_ns" () -> Number;
    /// `(ring, data, size, flags)`.
    RingbufOutput = 130 "ringbuf_output" (Map(Ring), MemoryRead, SizeOrZero, Number) -> Number;
    /// `(ring, constant size, 0)`: pointer to a record or null.
    RingbufReserve = 131 "ringbuf_reserve" (Map(Ring), ConstantSize, Number) -> RecordOrNull;
    /// `(record, flags)`.
    RingbufSubmit = 132 "ringbuf_submit" (Record, Number) -> Number;
    /// `(record, flags)`.
    RingbufDiscard = 133 "ringbuf_discard" (Record, Number) -> Number;
    /// `(ring, what)`: bytes waiting, size or positions.
    RingbufQuery = 134 "ringbuf_query" (Map(Ring), Number) -> Number;
    /// `(struct path *, buffer, size)`: length with the final 0, or an error. Few LSM and fentry hooks.
    DPath = 147 "d_path" (KernelPointer, MemoryWrite, SizeOrZero) -> Number;
    /// `(buffer, size, user address)`. Sleepable programs.
    CopyFromUser = 148 "copy_from_user" (MemoryWrite, SizeOrZero, UserAddress) -> Number;
    /// `(map, task, first value or 0, flags)`: pointer to the task's value or null.
    TaskStorageGet = 156 "task_storage_get" (Map(TaskStorage), KernelPointer, ElementOrZero, Number) -> ElementOrNull;
    /// `(map, task)`.
    TaskStorageDelete = 157 "task_storage_delete" (Map(TaskStorage), KernelPointer) -> Number;
    /// `()`: the current task as a typed pointer. Since 5.11.
    GetCurrentTaskBtf = 158 "get_current_task_btf" () -> KernelPointer;
    /// `(context)`: address of the traced function.
    GetFuncIp = 173 "get_func_ip" (Context) -> Number;
    /// `(context)`: the number given when the program was attached. Since 5.15.
    GetAttachCookie = 174 "get_attach_cookie" (Context) -> Number;
    /// `(task)`: the task's saved registers as a typed pointer. Since 5.15.
    TaskPtRegs = 175 "task_pt_regs" (KernelPointer) -> KernelPointer;
    /// `(text, size, constant text)`: as C's. Since 5.17.
    Strncmp = 182 "strncmp" (MemoryRead, Size, FrozenText) -> Number;
    /// `()`: nanoseconds of the TAI clock. Since 6.1.
    KtimeGetTaiNs = 208 "ktime_get_tai_ns" () -> Number;
}

impl Helper {
    /// The helper of this name, without `bpf_`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|helper| helper.signature().name == name)
    }
}

impl Argument {
    /// What to call it in a message.
    pub fn word(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::ConstantSize | Self::Size | Self::SizeOrZero => "a size",
            Self::Context => "the context pointer",
            Self::Map(wanted) => wanted.word(),
            Self::Key => "memory that holds a key",
            Self::Element | Self::ElementOrZero => "memory that holds a value of the map",
            Self::MemoryRead => "memory to read",
            Self::MemoryWrite => "memory to write",
            Self::UserAddress => "an address of user memory, which is a number",
            Self::KernelAddress => "an address of kernel memory",
            Self::KernelPointer => "a kernel pointer that the hook or a helper gave",
            Self::Record => "the start of a ring record",
            Self::FrozenText => "text in a map of constants",
        }
    }
}
