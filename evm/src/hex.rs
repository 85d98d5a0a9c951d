//! Bytes in hexadecimal digits, as tools of EVM chains write them.

/// `0x` and two lower-case digits per byte.
#[must_use]
pub fn prefixed(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

/// Exactly N bytes, `0x` in front or not, in digits of either case.
#[must_use]
pub fn parse<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(digits(text), &mut bytes).ok()?;
    Some(bytes)
}

/// The digits without the `0x` in front.
pub(crate) fn digits(text: &str) -> &str {
    text.strip_prefix("0x").unwrap_or(text)
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
        for wrong in ["", "0x", "0x01f", "0x01ff0", "0x0+1f", "0x0x01", "0x01é", "01 f"] {
            assert_eq!(parse::<2>(wrong), None, "{wrong}");
        }
    }
}
