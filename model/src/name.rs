//! What the names of tensors and nodes may consist of.
//!
//! Control characters drive a terminal. Characters that cannot be seen, and those that change the order in which others are
//! shown, let one name look like another, or a line say what it does not: "digits⟨U+202E⟩nnc" reads "digitscnn".
//! `hallmark_verifier` has the same definition for keys; the workspace's tests hold the two equal.

/// First and last of the ranges that Unicode 16 calls format characters, line and paragraph separators, variation selectors
/// or fillers.
const INVISIBLE: &[(char, char)] = &[
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether a character can be seen (or is a space) and leaves the order of others alone.
#[must_use]
pub fn is_acceptable_character(character: char) -> bool {
    !character.is_control()
        && !INVISIBLE
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&character))
}

/// The first character of a text that cannot be part of a name.
#[must_use]
pub fn unacceptable_character(text: &str) -> Option<char> {
    text.chars()
        .find(|character| !is_acceptable_character(*character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_refused() {
        for text in ["digits-cnn", "modèle 2", "数字", "price (€)", "a\u{a0}b", "🦀"] {
            assert_eq!(unacceptable_character(text), None, "{text}");
        }
        for character in "\0\u{1b}\u{7f}\u{85}\u{ad}\u{200b}\u{200d}\u{200e}\u{202a}\u{202e}\u{2028}\u{2029}\u{2066}\u{2069}\u{feff}\u{fe0f}\u{e0041}\u{e01ef}".chars() {
            let text = format!("a{character}b");
            assert_eq!(unacceptable_character(&text), Some(character), "{:?}", character);
        }
    }
}
