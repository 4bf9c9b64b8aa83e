//! Uprobes by one link for many places (6.6). It needs less privilege than perf does and detaches in one wait, but a
//! program must be loaded for it: so the kernel is asked before.

use std::io;
use std::num::NonZero;

use bpf::insn::{Alu, Operand, Reg, Size};
use bpf::object::{Role, UserPlace as Place};
use bpf::{Hook, Insn, ProgramSpec};

use super::perf::{UserPlace, of_user};
use super::{AttachError, Link};
use crate::attr::{self, Attr, address};
use crate::load::Program;
use crate::sys::{self, Command};

/// `BPF_TRACE_UPROBE_MULTI` of `enum bpf_attach_type`.
pub(crate) const ATTACH_TYPE: u32 = 48;
/// Bytes of `union bpf_attr` for `LINK_CREATE`, up to the flags of a link of many uprobes.
const LINK_BYTES: usize = 64;
/// `BPF_F_UPROBE_MULTI_RETURN`.
const AT_RETURN: u32 = 1;

/// Whether the kernel has such links. Nothing is attached: the root directory is no file, and a kernel that gets as far
/// as telling so (EBADF) knows them. Asked for each program: it takes 0.1 ms, where attaching takes 8.
pub(crate) fn works() -> bool {
    let hook = Hook::Uprobe { path: "/".to_owned(), place: Place::FileOffset(0) };
    let insns =
        vec![Insn::Alu { size: Size::W64, op: Alu::Mov, dst: Reg::R0, src: Operand::Imm(0) }, Insn::Exit];
    let spec = ProgramSpec { name: "try_multi".to_owned(), hook, role: Role::Attached, insns };
    let Ok(program) = Program::load_as(&spec, &[], ATTACH_TYPE) else {
        return false;
    };
    let place = UserPlace { path: c"/".to_owned(), offset: 0 };
    create(&program, &place, None).err().and_then(|error| error.raw_os_error()) == Some(libc::EBADF)
}

pub(super) fn attach(
    program: &Program,
    place: &UserPlace,
    cookie: Option<NonZero<u64>>,
) -> Result<Link, AttachError> {
    create(program, place, cookie).map_err(|error| of_user(program, place, error))
}

fn create(program: &Program, place: &UserPlace, cookie: Option<NonZero<u64>>) -> io::Result<Link> {
    let flags = if matches!(program.hook(), Hook::Uretprobe { .. }) { AT_RETURN } else { 0 };
    let offsets = [place.offset];
    let cookies = [cookie.map_or(0, NonZero::get)];
    let mut attr = Attr::new(LINK_BYTES)
        .u32(attr::LINK_PROGRAM, program.number())
        .u32(attr::LINK_ATTACH_TYPE, ATTACH_TYPE)
        .read(attr::MULTI_PATH, place.path.to_bytes_with_nul())
        .u64(attr::MULTI_OFFSETS, address(offsets.as_ptr()))
        .u64(attr::MULTI_COOKIES, address(cookies.as_ptr()))
        .u32(attr::MULTI_COUNT, 1)
        .u32(attr::MULTI_FLAGS, flags);
    let link = sys::bpf_open(Command::LinkCreate, &mut attr)?;
    Ok(Link { attachment: Some(link), event: None, slow: true })
}
