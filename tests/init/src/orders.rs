//! What the test machine shall run, as one file of the initramfs.
//!
//! A file and not the kernel's command line, because that ends at 2,048 bytes on x86-64. Each entry is one
//! letter, its text and a NUL: `a` an argument (the first is the program), `e` a `NAME=VALUE` of the environment.

use std::fmt;

/// Where the orders lie in the initramfs.
pub const ORDERS_PATH: &str = "/orders";

/// One command and its environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Names and values of the environment, which holds nothing else.
    pub environment: Vec<(String, String)>,
}

/// Why bytes are no orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrdersError {
    /// The bytes are not UTF-8.
    NotText,
    /// An entry begins with another letter than `a` or `e`, or a variable has no `=`.
    Entry(String),
    /// No program is named.
    Empty,
}

impl fmt::Display for OrdersError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotText => write!(out, "the orders are not UTF-8: build the initramfs with the same xtask"),
            Self::Entry(entry) => write!(out, "the orders hold an unknown entry {entry:?}"),
            Self::Empty => write!(out, "the orders name no program"),
        }
    }
}

impl Orders {
    /// The bytes of the file. A NUL inside a text cannot be said and ends it.
    pub fn encode(&self) -> Vec<u8> {
        let mut text = String::new();
        for argument in &self.command {
            text.extend(["a", argument, "\0"]);
        }
        for (name, value) in &self.environment {
            text.extend(["e", name, "=", value, "\0"]);
        }
        text.into_bytes()
    }

    /// Reads the bytes of the file.
    pub fn decode(bytes: &[u8]) -> Result<Self, OrdersError> {
        let Ok(text) = str::from_utf8(bytes) else { return Err(OrdersError::NotText) };
        let mut orders = Self::default();
        for entry in text.split_terminator('\0') {
            if let Some(argument) = entry.strip_prefix('a') {
                orders.command.push(argument.to_owned());
            } else if let Some((name, value)) = entry.strip_prefix('e').and_then(|rest| rest.split_once('='))
            {
                orders.environment.push((name.to_owned(), value.to_owned()));
            } else {
                return Err(OrdersError::Entry(entry.to_owned()));
            }
        }
        if orders.command.is_empty() { Err(OrdersError::Empty) } else { Ok(orders) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_come_back_as_they_were_written() {
        let orders = Orders {
            command: vec!["/bin/tests".to_owned(), String::new(), "a b\n\"c\"".to_owned()],
            environment: vec![("PATH".to_owned(), "/bin".to_owned()), ("E".to_owned(), "a=b".to_owned())],
        };
        assert_eq!(Orders::decode(&orders.encode()), Ok(orders));
    }

    #[test]
    fn what_is_no_order_is_refused() {
        let refused = |bytes: &[u8]| Orders::decode(bytes).expect_err("these are no orders").to_string();
        assert_eq!(refused(b""), "the orders name no program");
        assert_eq!(refused(b"eA=b\0"), "the orders name no program");
        assert_eq!(refused(b"a/bin/sh\0eA\0"), "the orders hold an unknown entry \"eA\"");
        assert_eq!(refused(b"x\0"), "the orders hold an unknown entry \"x\"");
        assert!(refused(b"a\xff\0").contains("not UTF-8"));
    }
}
