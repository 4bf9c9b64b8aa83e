//! What the compiler hands to the loader: maps, programs and the places they hook, as values.
//!
//! A specification is equal everywhere and holds nothing of a running kernel but the numbers its BTF gave; the
//! object that lives in a kernel is made from it by the `kernel` crate.

use crate::insn::Insn;

/// Names a map within one [`Object`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MapIndex(pub u16);

/// The kind of a map (`enum bpf_map_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MapKind {
    /// Key to value.
    Hash,
    /// Values by index.
    Array,
    /// Programs by index, for tail calls.
    ProgramArray,
    /// Key to one value for each CPU.
    PerCpuHash,
    /// One value for each CPU by index; a value is at most 32 KiB.
    PerCpuArray,
    /// Key to value, the least recently used key makes room.
    LruHash,
    /// Records to user space, shared by all CPUs. `entries` is the size in bytes: a power of two, whole pages.
    RingBuffer,
}

impl MapKind {
    /// The kernel's number for it.
    pub fn number(self) -> u32 {
        match self {
            Self::Hash => 1,
            Self::Array => 2,
            Self::ProgramArray => 3,
            Self::PerCpuHash => 5,
            Self::PerCpuArray => 6,
            Self::LruHash => 9,
            Self::RingBuffer => 27,
        }
    }

    /// The kernel's word for it, as bpftool prints it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::Array => "array",
            Self::ProgramArray => "prog_array",
            Self::PerCpuHash => "percpu_hash",
            Self::PerCpuArray => "percpu_array",
            Self::LruHash => "lru_hash",
            Self::RingBuffer => "ringbuf",
        }
    }
}

/// One map to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapSpec {
    /// Name, shown by bpftool; the kernel keeps 15 bytes of letters, digits, `_` and `.`.
    pub name: String,
    /// Kind.
    pub kind: MapKind,
    /// Bytes of a key; 0 for a ring buffer.
    pub key_bytes: u32,
    /// Bytes of a value; 0 for a ring buffer.
    pub value_bytes: u32,
    /// Entries at most; bytes for a ring buffer.
    pub entries: u32,
    /// User space maps the values into its memory (arrays only; 5.5).
    pub mmapable: bool,
    /// Memory of an element is taken when it is first stored (hashes only).
    pub no_prealloc: bool,
    /// First values by index, written before any program is loaded; the map is then frozen and read only for
    /// programs.
    pub constants: Option<Vec<Vec<u8>>>,
}

/// Where a program is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hook {
    /// A tracepoint whose arguments are typed pointers; `btf_id` is the type `btf_trace_NAME`.
    TpBtf {
        /// The tracepoint, such as `sys_exit`.
        name: String,
        /// Type id of its `btf_trace_` typedef in the kernel's BTF.
        btf_id: u32,
    },
    /// A tracepoint whose arguments are plain numbers.
    RawTracepoint {
        /// The tracepoint, such as `sys_exit`.
        name: String,
    },
    /// A tracepoint by its tracefs format, through perf.
    Tracepoint {
        /// Category, such as `syscalls`.
        category: String,
        /// Name, such as `sys_enter_openat`.
        name: String,
        /// `ID:` of its format file.
        id: u64,
    },
    /// Entry of a kernel function, or the instruction at `offset`.
    Kprobe {
        /// Symbol.
        function: String,
        /// Bytes into it.
        offset: u64,
    },
    /// Return of a kernel function.
    Kretprobe {
        /// Symbol.
        function: String,
    },
    /// Entry of a kernel function with typed arguments.
    Fentry {
        /// Symbol.
        function: String,
        /// Type id of the function in the kernel's BTF.
        btf_id: u32,
    },
    /// Return of a kernel function with typed arguments and the result.
    Fexit {
        /// Symbol.
        function: String,
        /// Type id of the function in the kernel's BTF.
        btf_id: u32,
    },
    /// Entry of a function of a user program or library.
    Uprobe {
        /// The file: a path, or the name of a library such as `libc` or `libssl.so.3`.
        path: String,
        /// Where in it.
        place: UserPlace,
    },
    /// Return of a function of a user program or library.
    Uretprobe {
        /// The file, as for [`Hook::Uprobe`].
        path: String,
        /// Where in it.
        place: UserPlace,
    },
}

/// As a person writes it: the kind of hook, then what it hooks, with colons between.
impl std::fmt::Display for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TpBtf { name, .. } => write!(f, "tp_btf:{name}"),
            Self::RawTracepoint { name } => write!(f, "raw_tp:{name}"),
            Self::Tracepoint { category, name, .. } => write!(f, "tracepoint:{category}:{name}"),
            Self::Kprobe { function, offset: 0 } => write!(f, "kprobe:{function}"),
            Self::Kprobe { function, offset } => write!(f, "kprobe:{function}+{offset:#x}"),
            Self::Kretprobe { function } => write!(f, "kretprobe:{function}"),
            Self::Fentry { function, .. } => write!(f, "fentry:{function}"),
            Self::Fexit { function, .. } => write!(f, "fexit:{function}"),
            Self::Uprobe { path, place } => write!(f, "uprobe:{path}:{place}"),
            Self::Uretprobe { path, place } => write!(f, "uretprobe:{path}:{place}"),
        }
    }
}

/// A place in a user program's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserPlace {
    /// A symbol of the file's symbol tables.
    Symbol(String),
    /// Bytes from the start of the file.
    FileOffset(u64),
}

impl std::fmt::Display for UserPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Symbol(symbol) => f.write_str(symbol),
            Self::FileOffset(offset) => write!(f, "{offset:#x}"),
        }
    }
}

/// What becomes of a loaded program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// It is attached to its hook.
    Attached,
    /// It is put into a [`MapKind::ProgramArray`], to be tail-called by a program of the same hook.
    TailCall {
        /// The program array.
        map: MapIndex,
        /// The index in it.
        index: u32,
    },
}

/// One program to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramSpec {
    /// Name, shown by bpftool; the kernel keeps 15 bytes of letters, digits, `_` and `.`.
    pub name: String,
    /// What it hooks; it also decides the program's type.
    pub hook: Hook,
    /// Attached, or called by another one.
    pub role: Role,
    /// The code.
    pub insns: Vec<Insn>,
}

/// All that one load brings into the kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// Maps; [`MapIndex`] counts in this order.
    pub maps: Vec<MapSpec>,
    /// Programs, loaded and attached in this order.
    pub programs: Vec<ProgramSpec>,
}

impl Object {
    /// Adds a map and returns its index.
    ///
    /// # Panics
    /// With more than 65,535 maps, which the compiler's own limits forbid.
    pub fn add_map(&mut self, map: MapSpec) -> MapIndex {
        let index = u16::try_from(self.maps.len()).expect("an object has fewer maps than MapIndex can name");
        self.maps.push(map);
        MapIndex(index)
    }
}

#[cfg(test)]
mod tests {
    use super::{Hook, UserPlace};

    fn check(hook: &Hook, text: &str) {
        assert_eq!(hook.to_string(), text);
    }

    #[test]
    fn a_hook_is_written_as_a_person_writes_it() {
        let name = || "sys_exit".to_owned();
        let function = || "do_exit".to_owned();
        check(&Hook::TpBtf { name: name(), btf_id: 7 }, "tp_btf:sys_exit");
        check(&Hook::RawTracepoint { name: name() }, "raw_tp:sys_exit");
        let open = Hook::Tracepoint { category: "syscalls".into(), name: "sys_enter_openat".into(), id: 1 };
        check(&open, "tracepoint:syscalls:sys_enter_openat");
        check(&Hook::Kprobe { function: function(), offset: 0 }, "kprobe:do_exit");
        check(&Hook::Kprobe { function: function(), offset: 26 }, "kprobe:do_exit+0x1a");
        check(&Hook::Kretprobe { function: function() }, "kretprobe:do_exit");
        check(&Hook::Fentry { function: function(), btf_id: 7 }, "fentry:do_exit");
        check(&Hook::Fexit { function: function(), btf_id: 7 }, "fexit:do_exit");
        let path = || "/bin/bash".to_owned();
        let readline = UserPlace::Symbol("readline".to_owned());
        check(&Hook::Uprobe { path: path(), place: readline.clone() }, "uprobe:/bin/bash:readline");
        check(&Hook::Uretprobe { path: path(), place: readline }, "uretprobe:/bin/bash:readline");
        let offset = UserPlace::FileOffset(4660);
        check(&Hook::Uprobe { path: path(), place: offset }, "uprobe:/bin/bash:0x1234");
    }
}
