//! What a name, and any other text that is shown to people, may consist of.
//!
//! Control characters drive a terminal. Characters that cannot be seen, and those that change the order in which others are
//! shown, let one name look like another, or a line say what it does not: "digits⟨U+202E⟩nnc" reads "digitscnn".
//! `hallmark_model` has the same definition for imported models; the workspace's tests hold the two equal.

/// First and last of the ranges of Unicode 16 that are format characters, line and paragraph separators, variation selectors,
/// fillers and other characters without a shape of their own, private use, or noncharacters; the last two of each plane are left out.
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
    ('\u{e000}', '\u{f8ff}'),
    ('\u{fdd0}', '\u{fdef}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffc}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{16fe4}', '\u{16fe4}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d159}', '\u{1d159}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
    ('\u{f0000}', '\u{10ffff}'),
];

/// Whether a character can be seen and means the same everywhere (or is U+0020, which no other space can stand for), and leaves the
/// order of others alone.
#[must_use]
pub fn is_acceptable_character(character: char) -> bool {
    // The last two of each plane are noncharacters.
    let is_noncharacter = u32::from(character) & 0xfffe == 0xfffe;
    !character.is_control()
        && !is_noncharacter
        && (character == ' ' || !character.is_whitespace())
        && !INVISIBLE
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&character))
}

/// Whether a character is a space of any width and script. Names have U+0020 only; in prose and in words of one's own the others do no harm.
#[must_use]
pub fn is_space(character: char) -> bool {
    character.is_whitespace() && !character.is_control() && !matches!(character, '\u{2028}' | '\u{2029}')
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
        for text in [
            "digits-cnn",
            "modèle 2",
            "数字",
            "price (€)",
            "a b",
            "🦀",
            "\u{fffd}",
        ] {
            assert_eq!(unacceptable_character(text), None, "{text}");
        }
        for character in "\0\u{1b}\u{7f}\u{85}\u{ad}\u{200b}\u{200d}\u{200e}\u{202a}\u{202e}\u{2028}\u{2029}\u{2066}\u{2069}\u{feff}\u{fe0f}\u{e0041}\u{e01ef}\
            \u{a0}\u{1680}\u{2000}\u{200a}\u{202f}\u{205f}\u{3000}\u{fffc}\u{fffe}\u{ffff}\u{fdd0}\u{fdef}\u{2fffe}\u{10ffff}\u{e000}\u{f8ff}\
            \u{f0000}\u{16fe4}\u{1d159}".chars() {
            let text = format!("a{character}b");
            assert_eq!(unacceptable_character(&text), Some(character), "{:?}", character);
        }
    }
}
