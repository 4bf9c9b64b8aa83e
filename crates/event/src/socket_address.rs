//! A socket address, as a program passed it, as a [`Value`]. The bytes are hostile: any length, any family.
//!
//! Layouts: Linux `include/uapi/linux/{in,in6,un,netlink,vm_sockets,if_packet}.h`.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::value::Value;

/// The address in `bytes`: by its parts where the family is known and the bytes reach, else family and raw rest.
pub fn value(bytes: &[u8]) -> Value<'static> {
    let Some(family) = word(bytes, 0) else {
        return Value::Bytes(bytes.to_vec().into());
    };
    let known = match family {
        UNSPECIFIED => Some(("AF_UNSPEC", Vec::new())),
        UNIX => Some(("AF_UNIX", unix(&bytes[2..]))),
        INET => inet(bytes).map(|parts| ("AF_INET", parts)),
        INET6 => inet6(bytes).map(|parts| ("AF_INET6", parts)),
        NETLINK => netlink(bytes).map(|parts| ("AF_NETLINK", parts)),
        PACKET => packet(bytes).map(|parts| ("AF_PACKET", parts)),
        VSOCK => vsock(bytes).map(|parts| ("AF_VSOCK", parts)),
        _ => None,
    };
    let (family, parts) = match known {
        Some((name, parts)) => (Value::Symbolic(name.to_owned().into()), parts),
        None => (
            Value::Unsigned(u64::from(family)),
            vec![("data".to_owned(), Value::Bytes(bytes[2..].to_vec().into()))],
        ),
    };
    let mut fields = vec![("family".to_owned(), family)];
    fields.extend(parts);
    Value::Structure(fields)
}

const UNSPECIFIED: u16 = 0;
const UNIX: u16 = 1;
const INET: u16 = 2;
const INET6: u16 = 10;
const NETLINK: u16 = 16;
const PACKET: u16 = 17;
const VSOCK: u16 = 40;

type Parts = Vec<(String, Value<'static>)>;

fn part(name: &str, value: Value<'static>) -> (String, Value<'static>) {
    (name.to_owned(), value)
}

/// unix(7): a path ends at its NUL; a name that starts with NUL is abstract and has the length that was passed.
fn unix(path: &[u8]) -> Parts {
    match path.split_first() {
        None => vec![part("path", Value::Text(Vec::new().into()))],
        Some((0, abstract_name)) => vec![part("abstract", Value::Text(abstract_name.to_vec().into()))],
        Some(_) => {
            let end = path.iter().position(|&byte| byte == 0).unwrap_or(path.len());
            vec![part("path", Value::Text(path[..end].to_vec().into()))]
        }
    }
}

fn inet(bytes: &[u8]) -> Option<Parts> {
    let address: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
    Some(vec![text("address", &Ipv4Addr::from(address)), part("port", port(bytes)?)])
}

fn inet6(bytes: &[u8]) -> Option<Parts> {
    let address: [u8; 16] = bytes.get(8..24)?.try_into().ok()?;
    let mut parts = vec![text("address", &Ipv6Addr::from(address)), part("port", port(bytes)?)];
    let flow = u32::from_be_bytes(bytes.get(4..8)?.try_into().ok()?);
    if flow != 0 {
        parts.push(part("flowinfo", Value::Unsigned(u64::from(flow))));
    }
    if let Some(scope) = double_word(bytes, 24).filter(|&scope| scope != 0) {
        parts.push(part("scope_id", Value::Unsigned(u64::from(scope))));
    }
    Some(parts)
}

fn netlink(bytes: &[u8]) -> Option<Parts> {
    Some(vec![
        part("pid", Value::Unsigned(u64::from(double_word(bytes, 4)?))),
        part("groups", Value::Address(u64::from(double_word(bytes, 8)?))),
    ])
}

fn packet(bytes: &[u8]) -> Option<Parts> {
    let protocol = u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?);
    let length = usize::from(*bytes.get(11)?).min(8);
    Some(vec![
        part("protocol", Value::Address(u64::from(protocol))),
        part("interface", Value::Signed(i64::from(double_word(bytes, 4)?.cast_signed()))),
        part("hardware_address", Value::Bytes(bytes.get(12..12 + length)?.to_vec().into())),
    ])
}

fn vsock(bytes: &[u8]) -> Option<Parts> {
    Some(vec![
        part("cid", Value::Unsigned(u64::from(double_word(bytes, 8)?))),
        part("port", Value::Unsigned(u64::from(double_word(bytes, 4)?))),
    ])
}

fn text(name: &str, address: &dyn std::fmt::Display) -> (String, Value<'static>) {
    part(name, Value::Text(address.to_string().into_bytes().into()))
}

fn port(bytes: &[u8]) -> Option<Value<'static>> {
    Some(Value::Unsigned(u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))))
}

fn word(bytes: &[u8], offset: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(offset..offset + 2)?.try_into().ok()?))
}

fn double_word(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(offset..offset + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line;

    fn check(bytes: &[u8], expected: &str) {
        let mut out = String::new();
        line::write_value(&value(bytes), &mut out);
        assert_eq!(out, expected);
    }

    #[test]
    fn each_family_by_its_parts() {
        check(&[2, 0, 0, 53, 127, 0, 0, 1], r#"{family: AF_INET, address: "127.0.0.1", port: 53}"#);
        check(b"\x01\0/run/x\0junk", r#"{family: AF_UNIX, path: "/run/x"}"#);
        check(b"\x01\0\0abs", r#"{family: AF_UNIX, abstract: "abs"}"#);
        check(&[16, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0], "{family: AF_NETLINK, pid: 7, groups: 0x1}");
        check(&[40, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0], "{family: AF_VSOCK, cid: 2, port: 9}");
        let mut six = vec![10, 0, 0, 80, 0, 0, 0, 0];
        six.extend(Ipv6Addr::LOCALHOST.octets());
        six.extend([3, 0, 0, 0]);
        check(&six, r#"{family: AF_INET6, address: "::1", port: 80, scope_id: 3}"#);
    }

    #[test]
    fn bytes_that_do_not_reach_are_shown_raw() {
        check(&[2], r#""\x02""#);
        check(&[2, 0, 0, 53, 127], "{family: 2, data: \"\\x005\\x7f\"}");
        check(&[99, 0, 1], "{family: 99, data: \"\\x01\"}");
        check(&[0, 0], "{family: AF_UNSPEC}");
    }
}
