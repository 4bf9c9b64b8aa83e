//! What we tell the kernel by number: offsets and sizes, against the kernel's own type information.

use std::collections::BTreeMap;

use bpf::Btf;
use kernel::facts::BtfBytes;
use kernel::testing;

use crate::case::{Case, Verdict, holds};

pub(crate) const CASES: &[Case] = &[("the_members_we_use_lie_where_the_kernel_has_them", members)];

fn members() -> Verdict {
    let bytes = BtfBytes::of_this_kernel()?;
    let btf = Btf::parse(bytes.as_slice())?;
    let mut structures = BTreeMap::new();
    let mut wrong = Vec::new();
    for member in testing::members() {
        let name = format!("{}.{}", member.structure, member.path);
        // Looking for a name takes a walk over all types.
        let structure = match structures.get(member.structure) {
            Some(id) => *id,
            None => btf.structure(member.structure)?,
        };
        structures.insert(member.structure, structure);
        match btf.member(structure, member.path) {
            Ok(found) => {
                let place = (usize::try_from(found.byte_offset())?, usize::try_from(found.bytes)?);
                if place != (member.offset, member.bytes) {
                    wrong
                        .push(format!("{name}: found {place:?}, wanted {:?}", (member.offset, member.bytes)));
                }
            }
            Err(error) if member.everywhere => wrong.push(format!("{name}: {error}")),
            Err(_) => {}
        }
    }
    holds(wrong.is_empty(), wrong.join("; "))
}
