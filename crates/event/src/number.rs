//! Numbers as text, digit by digit. The standard formatter copies each piece by a call of its own, which costs more than
//! all the rest of an event's line.

/// Digits of the longest u64.
const DIGITS_MAX: usize = 20;

/// Appends a number in decimal.
pub fn write_unsigned(number: u64, out: &mut String) {
    write_digits(number, 10, 1, out);
}

/// Appends a number in decimal.
pub fn write_signed(number: i64, out: &mut String) {
    if number < 0 {
        out.push('-');
    }
    write_unsigned(number.unsigned_abs(), out);
}

/// Appends a number in hexadecimal with at least `width` digits, without a prefix.
pub fn write_hex(number: u64, width: usize, out: &mut String) {
    write_digits(number, 16, width, out);
}

/// Appends a number in decimal with at least `width` digits, 20 at most.
pub fn write_padded(number: u64, width: usize, out: &mut String) {
    write_digits(number, 10, width, out);
}

fn write_digits(mut number: u64, base: u64, width: usize, out: &mut String) {
    let mut digits = ['0'; DIGITS_MAX];
    let mut start = DIGITS_MAX;
    while number > 0 && start > 0 {
        start -= 1;
        let digit = u32::try_from(number % base).unwrap_or_default();
        digits[start] = char::from_digit(digit, 16).unwrap_or('0');
        number /= base;
    }
    for digit in &digits[start.min(DIGITS_MAX.saturating_sub(width))..] {
        out.push(*digit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_the_standard_writes_them() {
        for number in [0, 1, 9, 10, 99, 100, 255, 4096, u64::from(u32::MAX), u64::MAX / 10, u64::MAX] {
            let mut out = String::new();
            write_unsigned(number, &mut out);
            out.push(' ');
            write_hex(number, 1, &mut out);
            out.push(' ');
            write_padded(number, 3, &mut out);
            out.push(' ');
            write_signed(number.cast_signed(), &mut out);
            assert_eq!(out, format!("{number} {number:x} {number:03} {}", number.cast_signed()));
        }
        let mut out = String::new();
        write_signed(i64::MIN, &mut out);
        write_padded(7, 30, &mut out);
        assert_eq!(out, format!("{}{:020}", i64::MIN, 7));
    }
}
