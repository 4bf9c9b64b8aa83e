//! The path of an open descriptor, from the kernel's own objects: nothing that the traced program could change
//! between our look and the kernel's.
//!
//! Names are copied from the file up to the root of all mounts; user space turns them round. Kernel structures:
//! `include/linux/{fdtable,fs,dcache,mount}.h`, `fs/mount.h`.

use bpf::insn::{Alu, Compare, Width};
use event::syscall::record::{
    MORE_TEXTS, PATH_BYTES_MAX, PATH_HEADER_BYTES, PATH_NAME_BYTES_MAX, PATH_NAMES_MAX,
};

use super::capture::{add_used, set_status};
use super::emit::{Frame, Object, Place};
use crate::build::Builder;
use crate::helpers::Helper;
use crate::ir::{Block, Value};

impl Frame<'_> {
    /// Copies the path of `descriptor`, an argument of which the low 32 bits count.
    pub(super) fn descriptor_path(
        &self,
        builder: &mut Builder,
        place: Place,
        descriptor: Value,
        done: Block,
    ) {
        let at = &self.facts.offsets;
        let address = self.open_file(builder, descriptor, done);
        let file = Object::Address(address);
        let to = builder.offset(place.slot, place.used);
        let inode = file.object(builder, at.file_inode);
        let super_block = inode.object(builder, at.inode_super_block);
        let magic = super_block.number(builder, Width::B8, at.super_block_magic);
        builder.store(Width::B4, to, 0, magic);
        let mode = inode.number(builder, Width::B2, at.inode_mode);
        builder.store(Width::B4, to, 4, mode);
        let number = inode.number(builder, Width::B8, at.inode_number);
        builder.store(Width::B8, to, 8, number);
        let [dentry, mount] = pair(builder, address, [at.file_dentry, at.file_mount]);
        let walk = Walk {
            dentry,
            mount,
            root: Object::Address(mount).number(builder, Width::B8, at.vfsmount_root),
            taken: builder.variable(i64::from(PATH_HEADER_BYTES)),
            count: builder.variable(0),
            flag: builder.variable(0),
        };
        let end = builder.block("path_end");
        self.walk(builder, place, walk, end);
        builder.switch_to(end);
        let total = builder.alu(Alu::Or, walk.count, walk.flag);
        let taken = builder.clamp(walk.taken, u32::from(PATH_HEADER_BYTES) + PATH_BYTES_MAX);
        set_status(builder, place, taken, total);
        add_used(builder, place, taken);
        builder.goto(done);
    }

    /// Address of the `struct file` of a descriptor of the current process; leaves to `none` when it is not open.
    fn open_file(&self, builder: &mut Builder, descriptor: Value, none: Block) -> Value {
        let at = &self.facts.offsets;
        let task = Self::task_to_follow(builder);
        let table = task.object(builder, at.task_files).object(builder, at.files_table);
        let count = table.number(builder, Width::B4, at.table_count);
        let descriptor = builder.alu32(Alu::Mov, descriptor, descriptor);
        let [inside, open] = ["descriptor", "open"].map(|label| builder.block(label));
        builder.branch(Compare::Lt, descriptor, count, inside, none);
        builder.switch_to(inside);
        let files = table.number(builder, Width::B8, at.table_files);
        let offset = builder.alu(Alu::Lsh, descriptor, 3);
        let entry = builder.alu(Alu::Add, files, offset);
        let file = Object::Address(entry).number(builder, Width::B8, 0);
        builder.branch(Compare::Eq, file, 0, none, open);
        builder.switch_to(open);
        file
    }

    fn walk(&self, builder: &mut Builder, place: Place, walk: Walk, end: Block) {
        let at = &self.facts.offsets;
        let [body, top, up, name, below, fits, copied, more] = [
            "path",
            "path_top",
            "path_up",
            "path_name",
            "path_below",
            "path_fits",
            "path_copied",
            "path_more",
        ]
        .map(|label| builder.block(label));
        let trips = builder.variable(0);
        let head = builder.counted_loop(trips, u32::from(PATH_NAMES_MAX), body, more);
        builder.switch_to(body);
        builder.branch(Compare::Eq, walk.dentry, walk.root, top, name);

        builder.switch_to(top);
        let mount = builder.alu(Alu::Sub, walk.mount, i64::from(at.mount_vfsmount));
        let [parent, mountpoint] = pair(builder, mount, [at.mount_parent, at.mount_mountpoint]);
        builder.branch(Compare::Eq, parent, mount, end, up);
        builder.switch_to(up);
        builder.assign(walk.dentry, mountpoint);
        let mount = builder.alu(Alu::Add, parent, i64::from(at.mount_vfsmount));
        builder.assign(walk.mount, mount);
        let root = Object::Address(mount).number(builder, Width::B8, at.vfsmount_root);
        builder.assign(walk.root, root);
        builder.next(head);

        builder.switch_to(name);
        let [parent, text] = pair(builder, walk.dentry, [at.dentry_parent, at.dentry_name]);
        let fits_max = PATH_BYTES_MAX - u32::from(PATH_NAME_BYTES_MAX);
        builder.branch(Compare::Gt, walk.taken, fits_max, more, fits);
        builder.switch_to(fits);
        let start = builder.alu(Alu::Add, place.used, walk.taken);
        let to = builder.offset(place.slot, start);
        let bytes = i64::from(PATH_NAME_BYTES_MAX);
        let kept = builder.call(Helper::ProbeReadKernelStr, &[to.into(), bytes.into(), text.into()]);
        builder.branch(Compare::SignedLt, kept, 0, more, copied);
        builder.switch_to(copied);
        let taken = builder.alu(Alu::Add, walk.taken, kept);
        builder.assign(walk.taken, taken);
        let count = builder.alu(Alu::Add, walk.count, 1);
        builder.assign(walk.count, count);
        builder.branch(Compare::Eq, parent, walk.dentry, end, below);
        builder.switch_to(below);
        builder.assign(walk.dentry, parent);
        builder.next(head);

        builder.switch_to(more);
        builder.assign(walk.flag, i64::from(MORE_TEXTS));
        builder.goto(end);
    }
}

/// Two words of one kernel object, by one copy where they stand close together: each copy costs a call.
fn pair(builder: &mut Builder, address: Value, offsets: [i32; 2]) -> [Value; 2] {
    let first = offsets[0].min(offsets[1]);
    let bytes = offsets[0].max(offsets[1]) - first + 8;
    let Some(room) = u16::try_from(bytes).ok().filter(|bytes| *bytes <= PAIR_BYTES_MAX) else {
        return offsets.map(|offset| Object::Address(address).number(builder, Width::B8, offset));
    };
    let copy = builder.stack(room, 8);
    let copy = builder.stack_address(copy);
    for offset in (0..bytes).step_by(8) {
        builder.store(Width::B8, copy, offset, 0);
    }
    let from = builder.alu(Alu::Add, address, i64::from(first));
    builder.call(Helper::ProbeReadKernel, &[copy.into(), i64::from(bytes).into(), from.into()]);
    offsets.map(|offset| builder.load(Width::B8, copy, offset - first))
}

/// Bytes that are copied together; further apart, two copies use less of the stack.
const PAIR_BYTES_MAX: u16 = 32;

/// Where the walk is, and what it has copied.
#[derive(Clone, Copy)]
struct Walk {
    /// Address of the name that comes next.
    dentry: Value,
    /// Address of the mount it lies in.
    mount: Value,
    /// Address of the name at the top of that mount.
    root: Value,
    /// Bytes copied.
    taken: Value,
    /// Names copied.
    count: Value,
    /// [`MORE_TEXTS`] when it stopped early.
    flag: Value,
}
