//! Foreign text on a terminal: names in models, keys and bundles, and words of errors that quote them, may hold characters that a
//! terminal obeys, that reorder what is read, or that cannot be seen. They are written out instead.

use hallmark_verifier::name::{is_acceptable_character, is_space};
use std::borrow::Cow;
use std::fmt::Write;

/// Spaces of other widths do nothing to a terminal (names cannot hold them, this program's own words do).
fn acts(character: char) -> bool {
    !is_acceptable_character(character) && !is_space(character)
}

fn replaced<'a>(
    text: &'a str,
    acts: impl Fn(char) -> bool,
    write: impl Fn(&mut String, char),
) -> Cow<'a, str> {
    if !text.chars().any(&acts) {
        return Cow::Borrowed(text);
    }
    let mut harmless = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match acts(character) {
            true => write(&mut harmless, character),
            false => harmless.push(character),
        }
    }
    Cow::Owned(harmless)
}

fn escape(text: &mut String, character: char) {
    let _ = write!(text, "{}", character.escape_unicode());
}

/// Text of several lines: everything that acts, except for line ends and tabs, becomes `\u{…}`.
pub fn shown(text: &str) -> Cow<'_, str> {
    replaced(text, |c| acts(c) && c != '\n' && c != '\t', escape)
}

/// Text that has to stay on its line, so that it cannot pass for a line of this program's own.
pub fn on_one_line(text: &str) -> Cow<'_, str> {
    replaced(text, acts, |text, character| match character {
        '\n' => text.push_str("\\n"),
        other => escape(text, other),
    })
}

/// A JSON text that means the same: what acts can be in strings only, where JSON has an escape for it.
pub fn json(text: &str) -> Cow<'_, str> {
    replaced(text, acts, |text, character| {
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(text, "\\u{unit:04x}");
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}[2J\u{9b}31m\u{7}\r\u{202e}b\u{200b}\u{e0041}\u{85}é 鍵 🔑";

    #[test]
    fn nothing_is_left_that_acts() {
        assert_eq!(
            shown(HOSTILE),
            "a\\u{1b}[2J\\u{9b}31m\\u{7}\\u{d}\\u{202e}b\\u{200b}\\u{e0041}\\u{85}é 鍵 🔑"
        );
        assert_eq!(shown("a\tb\n4\u{202f}203"), "a\tb\n4\u{202f}203");
        assert_eq!(on_one_line("x\nVALID\t"), "x\\nVALID\\u{9}");
    }

    #[test]
    fn json_means_the_same() {
        let text = serde_json::to_string(HOSTILE).unwrap();
        let harmless = json(&text);
        assert!(!harmless.chars().any(acts), "{harmless}");
        assert_eq!(serde_json::from_str::<String>(&harmless).unwrap(), HOSTILE);
    }
}
