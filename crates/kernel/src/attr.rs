//! The argument blocks of `bpf(2)` and `perf_event_open(2)`, as bytes with named members.
//!
//! `union bpf_attr` is one block of which each command reads its part; a block longer than a kernel knows is accepted
//! while its tail is zero, so one size per command serves 5.10 and later. Offsets: `include/uapi/linux/bpf.h` and
//! `perf_event.h`; a test in `tests/kernel` compares [`MEMBERS`] with the running kernel's own type information.

/// One member of a structure that we share with the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "testing"), expect(unreachable_pub, reason = "the kernel tests see it"))]
pub struct Member {
    /// The struct or union.
    pub structure: &'static str,
    /// The member, with dots where it lies in another.
    pub path: &'static str,
    /// Bytes from the start of the structure.
    pub offset: usize,
    /// Bytes of the member.
    pub bytes: usize,
    /// Whether 5.10 has it already. What came later is used only where a trial has shown that it works.
    pub everywhere: bool,
}

/// Whether a member is in every kernel that we run on.
const ALWAYS: bool = true;
/// Whether a member is in every kernel that we run on.
const LATER: bool = false;

macro_rules! members {
    ($($structure:literal { $($name:ident = $path:literal at $offset:literal, $bytes:literal, $since:ident;)* })*) => {
        $($(
            pub(crate) const $name: Member = Member {
                structure: $structure,
                path: $path,
                offset: $offset,
                bytes: $bytes,
                everywhere: $since,
            };
        )*)*
        /// Every member that this crate reads or writes.
        #[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "the kernel tests compare it"))]
        pub(crate) const MEMBERS: &[Member] = &[$($($name),*),*];
    };
}

members! {
    "bpf_attr" {
        MAP_TYPE = "map_type" at 0, 4, ALWAYS;
        MAP_KEY_BYTES = "key_size" at 4, 4, ALWAYS;
        MAP_VALUE_BYTES = "value_size" at 8, 4, ALWAYS;
        MAP_ENTRIES = "max_entries" at 12, 4, ALWAYS;
        MAP_FLAGS = "map_flags" at 16, 4, ALWAYS;
        MAP_NAME = "map_name" at 28, 16, ALWAYS;
        MAP_TYPES = "btf_fd" at 48, 4, ALWAYS;
        MAP_KEY_TYPE = "btf_key_type_id" at 52, 4, ALWAYS;
        MAP_VALUE_TYPE = "btf_value_type_id" at 56, 4, ALWAYS;
        ELEMENT_MAP = "map_fd" at 0, 4, ALWAYS;
        ELEMENT_KEY = "key" at 8, 8, ALWAYS;
        ELEMENT_VALUE = "value" at 16, 8, ALWAYS;
        ELEMENT_NEXT_KEY = "next_key" at 16, 8, ALWAYS;
        PROGRAM_TYPE = "prog_type" at 0, 4, ALWAYS;
        PROGRAM_SLOTS = "insn_cnt" at 4, 4, ALWAYS;
        PROGRAM_CODE = "insns" at 8, 8, ALWAYS;
        PROGRAM_LICENSE = "license" at 16, 8, ALWAYS;
        PROGRAM_LOG_LEVEL = "log_level" at 24, 4, ALWAYS;
        PROGRAM_LOG_BYTES = "log_size" at 28, 4, ALWAYS;
        PROGRAM_LOG = "log_buf" at 32, 8, ALWAYS;
        PROGRAM_NAME = "prog_name" at 48, 16, ALWAYS;
        PROGRAM_ATTACH_TYPE = "expected_attach_type" at 68, 4, ALWAYS;
        PROGRAM_TYPES = "prog_btf_fd" at 72, 4, ALWAYS;
        PROGRAM_FUNCTION_BYTES = "func_info_rec_size" at 76, 4, ALWAYS;
        PROGRAM_FUNCTIONS = "func_info" at 80, 8, ALWAYS;
        PROGRAM_FUNCTION_COUNT = "func_info_cnt" at 88, 4, ALWAYS;
        PROGRAM_BTF_ID = "attach_btf_id" at 108, 4, ALWAYS;
        TYPES = "btf" at 0, 8, ALWAYS;
        TYPES_BYTES = "btf_size" at 16, 4, ALWAYS;
        ID_START = "start_id" at 0, 4, ALWAYS;
        ID_PROGRAM = "prog_id" at 0, 4, ALWAYS;
        ID_NEXT = "next_id" at 4, 4, ALWAYS;
        INFORMATION_FD = "info.bpf_fd" at 0, 4, ALWAYS;
        INFORMATION_BYTES = "info.info_len" at 4, 4, ALWAYS;
        INFORMATION_ADDRESS = "info.info" at 8, 8, ALWAYS;
        RAW_NAME = "raw_tracepoint.name" at 0, 8, ALWAYS;
        RAW_PROGRAM = "raw_tracepoint.prog_fd" at 8, 4, ALWAYS;
        LINK_PROGRAM = "link_create.prog_fd" at 0, 4, ALWAYS;
        LINK_TARGET = "link_create.target_fd" at 4, 4, ALWAYS;
        LINK_ATTACH_TYPE = "link_create.attach_type" at 8, 4, ALWAYS;
        LINK_COOKIE = "link_create.perf_event.bpf_cookie" at 16, 8, LATER;
        FUNCTIONS_COUNT = "link_create.kprobe_multi.cnt" at 20, 4, LATER;
        FUNCTIONS_NAMES = "link_create.kprobe_multi.syms" at 24, 8, LATER;
        MULTI_PATH = "link_create.uprobe_multi.path" at 16, 8, LATER;
        MULTI_OFFSETS = "link_create.uprobe_multi.offsets" at 24, 8, LATER;
        MULTI_COOKIES = "link_create.uprobe_multi.cookies" at 40, 8, LATER;
        MULTI_COUNT = "link_create.uprobe_multi.cnt" at 48, 4, LATER;
        MULTI_FLAGS = "link_create.uprobe_multi.flags" at 52, 4, LATER;
        MULTI_PROCESS = "link_create.uprobe_multi.pid" at 56, 4, LATER;
    }
    "bpf_prog_info" {
        KNOWN_ID = "id" at 4, 4, ALWAYS;
        KNOWN_MACHINE_CODE_BYTES = "jited_prog_len" at 16, 4, ALWAYS;
        KNOWN_BYTECODE_BYTES = "xlated_prog_len" at 20, 4, ALWAYS;
        KNOWN_NAME = "name" at 64, 16, ALWAYS;
        KNOWN_RECURSION_MISSES = "recursion_misses" at 208, 8, LATER;
        KNOWN_VERIFIED = "verified_insns" at 216, 4, LATER;
    }
    "perf_event_attr" {
        EVENT_TYPE = "type" at 0, 4, ALWAYS;
        EVENT_BYTES = "size" at 4, 4, ALWAYS;
        EVENT_CONFIG = "config" at 8, 8, ALWAYS;
        EVENT_PERIOD = "sample_period" at 16, 8, ALWAYS;
        EVENT_NAME = "config1" at 56, 8, ALWAYS;
        EVENT_OFFSET = "config2" at 64, 8, ALWAYS;
    }
}

/// An argument block.
pub(crate) struct Attr {
    bytes: Vec<u8>,
}

impl Attr {
    /// A zeroed block of this many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self { bytes: vec![0; bytes] }
    }

    /// Sets a member of four bytes.
    pub(crate) fn u32(mut self, member: Member, value: u32) -> Self {
        self.bytes[member.offset..member.offset + 4].copy_from_slice(&value.to_le_bytes());
        self
    }

    /// Sets a member of eight bytes.
    pub(crate) fn u64(mut self, member: Member, value: u64) -> Self {
        self.bytes[member.offset..member.offset + 8].copy_from_slice(&value.to_le_bytes());
        self
    }

    /// The address of `bytes`, which must outlive the call.
    pub(crate) fn read(self, member: Member, bytes: &[u8]) -> Self {
        self.u64(member, address(bytes.as_ptr()))
    }

    /// The address of `bytes`, which must outlive the call and which the kernel writes.
    pub(crate) fn written(self, member: Member, bytes: &mut [u8]) -> Self {
        self.u64(member, address(bytes.as_mut_ptr()))
    }

    /// A name, whose last byte stays 0; what is longer is left out.
    pub(crate) fn name(mut self, member: Member, name: &str) -> Self {
        let kept = name.len().min(member.bytes - 1);
        self.bytes[member.offset..member.offset + kept].copy_from_slice(&name.as_bytes()[..kept]);
        self
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// A member of four bytes that the kernel has written.
    pub(crate) fn get_u32(&self, member: Member) -> u32 {
        let mut word = [0; 4];
        word.copy_from_slice(&self.bytes[member.offset..member.offset + 4]);
        u32::from_le_bytes(word)
    }

    /// A member of eight bytes that the kernel has written.
    pub(crate) fn get_u64(&self, member: Member) -> u64 {
        let mut word = [0; 8];
        word.copy_from_slice(&self.bytes[member.offset..member.offset + 8]);
        u64::from_le_bytes(word)
    }
}

/// An address as the kernel wants it.
pub(crate) fn address<T>(pointer: *const T) -> u64 {
    u64::try_from(pointer.expose_provenance()).unwrap_or_default()
}
