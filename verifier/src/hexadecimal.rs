//! Bytes as lower-case hexadecimal text, as documents, messages and file names have them.

/// Two digits per byte.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    hex::encode(bytes)
}

/// The exact inverse: lower-case only, exactly `2·N` digits.
#[must_use]
pub fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0u8; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    // Every value has one text.
    (!text.bytes().any(|digit| digit.is_ascii_uppercase())).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn round_trip_and_strictness() {
        assert_eq!(encode(&[0, 255, 16]), "00ff10");
        assert_eq!(decode::<3>("00ff10"), Some([0, 255, 16]));
        for bad in [
            "00ff1",
            "00FF10",
            "00ff1F",
            "00ff1g",
            "00ff100",
            " 0ff10",
            "0x00ff",
            "+0ff10",
            "00ff1\u{e9}",
        ] {
            assert_eq!(decode::<3>(bad), None, "{bad}");
        }
    }
}
