//! A `union bpf_attr` as a [`Value`]: the command of `bpf` decides which of its structures is meant.
//!
//! Layout: Linux `include/uapi/linux/bpf.h`. Members that this table does not name are not shown; a command that it
//! does not know is shown as bytes.

use crate::structure::unsigned;
use crate::symbol::{self, security};
use crate::value::Value;

/// The members of the attributes in `bytes`, as far as the bytes reach.
pub fn value(command: u32, bytes: &[u8]) -> Value<'static> {
    let Some((_, members)) = COMMANDS.iter().find(|(commands, _)| commands.contains(&command)) else {
        return Value::Bytes(bytes.to_vec().into());
    };
    let shown = members.iter().filter_map(|(name, offset, kind)| {
        let rest = bytes.get(*offset..)?;
        Some(((*name).to_owned(), member(*kind, rest)?))
    });
    Value::Structure(shown.collect())
}

/// How a member is shown.
#[derive(Clone, Copy)]
enum Kind {
    Number,
    Descriptor,
    Flags,
    Address,
    /// An object's name: `BPF_OBJ_NAME_LEN` bytes.
    Name,
    Named(&'static symbol::Set),
}

const NAME_BYTES: usize = 16;

fn member(kind: Kind, bytes: &[u8]) -> Option<Value<'static>> {
    let number = unsigned(bytes, 4)?;
    Some(match kind {
        Kind::Number => Value::Unsigned(number),
        Kind::Descriptor => Value::Signed(number.cast_signed() << 32 >> 32),
        Kind::Flags => Value::Address(number),
        Kind::Address => match unsigned(bytes, 8)? {
            0 => Value::Null,
            address => Value::Address(address),
        },
        Kind::Name => {
            let name = bytes.get(..NAME_BYTES)?;
            let end = name.iter().position(|&byte| byte == 0).unwrap_or(NAME_BYTES);
            Value::Text(name[..end].to_vec().into())
        }
        Kind::Named(set) => Value::Named { set, number },
    })
}

/// Commands by number, and the members of their structure: name, offset, kind.
type Row = (&'static [u32], &'static [(&'static str, usize, Kind)]);

const MAP_TYPE: Kind = Kind::Named(&security::BPF_MAP_TYPE);
const PROGRAM_TYPE: Kind = Kind::Named(&security::BPF_PROGRAM_TYPE);
const ATTACH_TYPE: Kind = Kind::Named(&security::BPF_ATTACH_TYPE);

const COMMANDS: &[Row] = &[
    // BPF_MAP_CREATE
    (
        &[0],
        &[
            ("map_type", 0, MAP_TYPE),
            ("key_size", 4, Kind::Number),
            ("value_size", 8, Kind::Number),
            ("max_entries", 12, Kind::Number),
            ("map_flags", 16, Kind::Flags),
            ("inner_map_fd", 20, Kind::Descriptor),
            ("map_name", 28, Kind::Name),
        ],
    ),
    // BPF_MAP_{LOOKUP,UPDATE,DELETE}_ELEM, BPF_MAP_GET_NEXT_KEY, BPF_MAP_LOOKUP_AND_DELETE_ELEM
    (
        &[1, 2, 3, 4, 21],
        &[
            ("map_fd", 0, Kind::Descriptor),
            ("key", 8, Kind::Address),
            ("value", 16, Kind::Address),
            ("flags", 24, Kind::Flags),
        ],
    ),
    // BPF_PROG_LOAD
    (
        &[5],
        &[
            ("prog_type", 0, PROGRAM_TYPE),
            ("insn_cnt", 4, Kind::Number),
            ("insns", 8, Kind::Address),
            ("license", 16, Kind::Address),
            ("log_level", 24, Kind::Number),
            ("log_size", 28, Kind::Number),
            ("log_buf", 32, Kind::Address),
            ("kern_version", 40, Kind::Number),
            ("prog_flags", 44, Kind::Flags),
            ("prog_name", 48, Kind::Name),
            ("prog_ifindex", 64, Kind::Number),
            ("expected_attach_type", 68, ATTACH_TYPE),
            ("prog_btf_fd", 72, Kind::Descriptor),
            ("attach_btf_id", 108, Kind::Number),
            ("attach_prog_fd", 112, Kind::Descriptor),
        ],
    ),
    // BPF_OBJ_PIN, BPF_OBJ_GET
    (
        &[6, 7],
        &[("pathname", 0, Kind::Address), ("bpf_fd", 8, Kind::Descriptor), ("file_flags", 12, Kind::Flags)],
    ),
    // BPF_PROG_ATTACH, BPF_PROG_DETACH
    (
        &[8, 9],
        &[
            ("target_fd", 0, Kind::Descriptor),
            ("attach_bpf_fd", 4, Kind::Descriptor),
            ("attach_type", 8, ATTACH_TYPE),
            ("attach_flags", 12, Kind::Flags),
        ],
    ),
    // BPF_{PROG,MAP,BTF,LINK}_GET_NEXT_ID
    (&[11, 12, 23, 31], &[("start_id", 0, Kind::Number), ("next_id", 4, Kind::Number)]),
    // BPF_{PROG,MAP,BTF,LINK}_GET_FD_BY_ID
    (&[13, 14, 19, 30], &[("id", 0, Kind::Number), ("open_flags", 8, Kind::Flags)]),
    // BPF_OBJ_GET_INFO_BY_FD
    (&[15], &[("bpf_fd", 0, Kind::Descriptor), ("info_len", 4, Kind::Number), ("info", 8, Kind::Address)]),
    // BPF_RAW_TRACEPOINT_OPEN
    (&[17], &[("name", 0, Kind::Address), ("prog_fd", 8, Kind::Descriptor)]),
    // BPF_BTF_LOAD
    (
        &[18],
        &[
            ("btf", 0, Kind::Address),
            ("btf_log_buf", 8, Kind::Address),
            ("btf_size", 16, Kind::Number),
            ("btf_log_size", 20, Kind::Number),
            ("btf_log_level", 24, Kind::Number),
        ],
    ),
    // BPF_MAP_FREEZE
    (&[22], &[("map_fd", 0, Kind::Descriptor)]),
    // BPF_LINK_CREATE
    (
        &[28],
        &[
            ("prog_fd", 0, Kind::Descriptor),
            ("target_fd", 4, Kind::Descriptor),
            ("attach_type", 8, ATTACH_TYPE),
            ("flags", 12, Kind::Flags),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line;

    fn check(command: u32, bytes: &[u8], expected: &str) {
        let mut out = String::new();
        line::write_value(&value(command, bytes), &mut out);
        assert_eq!(out, expected);
    }

    #[test]
    fn the_command_decides_which_members_there_are() {
        let mut map = [0; 48];
        map[..20].copy_from_slice(&[1, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0]);
        map[28..33].copy_from_slice(b"names");
        check(
            0,
            &map,
            "{map_type: BPF_MAP_TYPE_HASH, key_size: 4, value_size: 8, max_entries: 10, map_flags: 0x2, inner_map_fd: 0, map_name: \"names\"}",
        );
        check(
            8,
            &[5, 0, 0, 0, 255, 255, 255, 255, 1, 0, 0, 0],
            "{target_fd: 5, attach_bpf_fd: -1, attach_type: BPF_CGROUP_INET_EGRESS}",
        );
        check(
            5,
            &[2, 0, 0, 0, 7, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0],
            "{prog_type: BPF_PROG_TYPE_KPROBE, insn_cnt: 7, insns: 0x1000}",
        );
    }

    #[test]
    fn what_is_not_known_is_bytes() {
        check(4_000_000_000, &[1], "\"\\x01\"");
        check(0, &[1], "{}");
    }
}
