//! What a model can be called, and what a name may consist of.

pub use crate::character::{is_acceptable_character, is_space, unacceptable_character};

use crate::codec::MAX_NAME_BYTES;
use crate::model_id::ModelId;
use crate::size::index;

/// Most characters of a model's name.
pub const LONGEST_MODEL_NAME: usize = 100;

/// Whether a model can be called so everywhere: in its key, and as the name or version in `PUBLISHER/NAME@VERSION`, which is a part of paths,
/// where a model's id may stand too.
#[must_use]
pub fn is_model_name(text: &str) -> bool {
    (1..=LONGEST_MODEL_NAME).contains(&text.chars().count())
        && text.len() <= index(MAX_NAME_BYTES)
        && unacceptable_character(text).is_none()
        && text.trim() == text
        && !text.contains(['/', '@'])
        && !matches!(text, "." | "..")
        && text.parse::<ModelId>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_have_names_that_are_parts_of_references() {
        for name in [
            "digits-cnn",
            "main_graph",
            "torch-jit-export",
            "数字 2",
            "1.0-β",
            "...",
        ] {
            assert!(is_model_name(name), "{name}");
        }
        let id = "0123456789abcdef".repeat(4);
        let (long, wide) = ("a".repeat(101), "数".repeat(86));
        for wrong in [
            "",
            " a",
            "a ",
            "a/b",
            "a@b",
            ".",
            "..",
            "a\nb",
            "a\u{202e}b",
            &id,
            &long,
            &wide,
        ] {
            assert!(!is_model_name(wrong), "{wrong}");
        }
    }
}
