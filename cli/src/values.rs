//! Values as arguments have them in text.

/// As [`parse_size`], and 0 for nothing at all.
///
/// # Errors
/// As [`parse_size`].
pub fn parse_budget(text: &str) -> Result<u64, String> {
    match text {
        "0" => Ok(0),
        _ => parse_size(text),
    }
}

/// A size in bytes: a number with K, M or G (decimal), Ki, Mi or Gi (binary), and B if one likes.
///
/// # Errors
/// Says what was expected.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let wrong = || format!("expected a size such as 2G, 800M or 1.5GiB, got {text:?}");
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = match unit
        .trim()
        .trim_end_matches(['b', 'B'])
        .to_ascii_lowercase()
        .as_str()
    {
        "" => 1.0,
        "k" => 1e3,
        "m" => 1e6,
        "g" => 1e9,
        "ki" => 1024.0,
        "mi" => 1024f64.powi(2),
        "gi" => 1024f64.powi(3),
        _ => return Err(wrong()),
    };
    let bytes = number.parse::<f64>().map_err(|_| wrong())? * unit;
    if (1.0..1e18).contains(&bytes) {
        Ok(bytes as u64)
    } else {
        Err(wrong())
    }
}

/// The shape of an input: `NAME=AxBxC`. The name may hold `=`; a scalar's shape is empty.
///
/// # Errors
/// Says what was expected.
pub fn parse_shape(text: &str) -> Result<(String, Vec<usize>), String> {
    let wrong = || format!("expected INPUT=AxBxC such as x=1x3x48x192, got {text:?}");
    let (name, lengths) = text.rsplit_once('=').ok_or_else(wrong)?;
    let lengths = lengths.split(['x', '×', ',']).map(str::trim);
    let shape: Option<Vec<usize>> = lengths
        .map(|length| length.parse().ok().filter(|length| *length > 0))
        .collect();
    match (name, shape) {
        ("", _) | (_, None) => Err(wrong()),
        (name, Some(shape)) => Ok((name.to_owned(), shape)),
    }
}

/// The length of a symbolic axis: `NAME=N`.
///
/// # Errors
/// Says what was expected.
pub fn parse_dimension(text: &str) -> Result<(String, usize), String> {
    let wrong = || format!("expected NAME=N such as sequence=128, got {text:?}");
    let (name, length) = text.rsplit_once('=').ok_or_else(wrong)?;
    match length.trim().parse() {
        Ok(length) if length > 0 && !name.is_empty() => Ok((name.to_owned(), length)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_and_dimensions() {
        assert_eq!(parse_shape("x=1x3x48"), Ok(("x".to_owned(), vec![1, 3, 48])));
        assert_eq!(parse_shape("a=b=7"), Ok(("a=b".to_owned(), vec![7])));
        assert_eq!(parse_dimension("sequence=128"), Ok(("sequence".to_owned(), 128)));
        for wrong in [
            "x",
            "=1x2",
            "x=",
            "x=1x",
            "x=0",
            "x=-1",
            "x=1x99999999999999999999",
        ] {
            assert!(parse_shape(wrong).is_err(), "{wrong}");
            assert!(parse_dimension(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [
            ("2G", 2_000_000_000),
            ("800mb", 800_000_000),
            ("1.5KiB", 1536),
            ("7", 7),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for wrong in ["", "G", "-1", "0", "2T", "1.2.3", "9e99", "nanG"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
            assert_eq!(parse_budget(wrong).ok(), (wrong == "0").then_some(0), "{wrong}");
        }
    }
}
