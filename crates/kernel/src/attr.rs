//! The argument blocks of bpf(2) and perf_event_open(2), as bytes with named offsets.
//!
//! `union bpf_attr` is one block of which each command reads its part; a block longer than a kernel knows is accepted
//! while its tail is zero, so one size per command serves 5.10 and later. Offsets: `include/uapi/linux/bpf.h`; a test
//! in `tests/kernel` compares them with the running kernel's own type information.

/// An argument block.
pub(crate) struct Attr {
    bytes: Vec<u8>,
}

impl Attr {
    /// A zeroed block of this many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self { bytes: vec![0; bytes] }
    }

    pub(crate) fn u32(mut self, offset: usize, value: u32) -> Self {
        self.bytes[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
        self
    }

    pub(crate) fn u64(mut self, offset: usize, value: u64) -> Self {
        self.bytes[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
        self
    }

    /// The address of `bytes`, which must outlive the call.
    pub(crate) fn read(self, offset: usize, bytes: &[u8]) -> Self {
        self.u64(offset, address(bytes.as_ptr()))
    }

    /// The address of `bytes`, which must outlive the call and which the kernel writes.
    pub(crate) fn written(self, offset: usize, bytes: &mut [u8]) -> Self {
        self.u64(offset, address(bytes.as_mut_ptr()))
    }

    /// A name of at most 15 bytes; what is longer is left out.
    pub(crate) fn name(mut self, offset: usize, name: &str) -> Self {
        let kept = name.len().min(NAME_BYTES_MAX);
        self.bytes[offset..offset + kept].copy_from_slice(&name.as_bytes()[..kept]);
        self
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// A u32 that the kernel has written.
    pub(crate) fn get_u32(&self, offset: usize) -> u32 {
        let mut word = [0; 4];
        word.copy_from_slice(&self.bytes[offset..offset + 4]);
        u32::from_le_bytes(word)
    }
}

/// Bytes of a name that the kernel keeps: `BPF_OBJ_NAME_LEN` without its NUL.
const NAME_BYTES_MAX: usize = 15;

/// An address as the kernel wants it.
pub(crate) fn address<T>(pointer: *const T) -> u64 {
    u64::try_from(pointer.expose_provenance()).unwrap_or_default()
}
