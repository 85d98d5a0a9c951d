//! Bytes in hexadecimal digits, as tools of EVM chains write them.

/// `0x` and two lower-case digits per byte.
#[must_use]
pub fn prefixed(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 + 2 * bytes.len());
    text.push_str("0x");
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(digit.into(), 16));
        }
    }
    text
}

/// Exactly N bytes, `0x` in front or not, in digits of either case.
#[must_use]
pub fn parse<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = *pair else { return None };
        *byte = digit(high)? << 4 | digit(low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let all: [u8; 256] = std::array::from_fn(|byte| byte as u8);
        assert_eq!(parse(&prefixed(&all)), Some(all));
        assert_eq!(prefixed(&[0x01, 0xfe]), "0x01fe");
        assert_eq!(parse("01Fe"), Some([0x01, 0xfe]));
        for wrong in ["", "0x", "0x01f", "0x01ff0", "0x0+1f", "0x01é", "01 f"] {
            assert_eq!(parse::<2>(wrong), None, "{wrong}");
        }
    }
}
