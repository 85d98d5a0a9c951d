//! What a JSON document may hold, found out in one pass that allocates nothing, before it is parsed.
//!
//! The binary form's counts are checked one by one as they are read. A JSON parser builds what it reads before anybody can
//! count it: 20 million empty lists in 60 MB of text take 480 MB. So commas, brackets and the lengths of texts are counted
//! first. Whether the document is JSON at all is the parser's to say.

use crate::error::VerifyError;
use crate::problem::{Document, Problem};
use crate::size::to_u64;

/// What a document may have at most.
pub(crate) struct Limits {
    /// Bytes.
    pub(crate) bytes: usize,
    /// Objects and lists inside each other.
    pub(crate) depth: usize,
    /// Lists.
    pub(crate) lists: usize,
    /// Commas: one fewer than members or elements, per object or list.
    pub(crate) commas: usize,
    /// Bytes of a text, as it is written.
    pub(crate) text: usize,
    /// Texts that are longer than [`SHORT_TEXT`].
    pub(crate) long_texts: usize,
}

/// Bytes of a text that counts as short.
pub(crate) const SHORT_TEXT: usize = 1 << 10;
/// Characters of a parser's message that are kept: it may quote what it did not expect.
const MESSAGE: usize = 200;

/// What has been counted so far.
#[derive(Default)]
struct Counts {
    depth: usize,
    lists: usize,
    commas: usize,
    long_texts: usize,
    /// Bytes of the text that the scan is in.
    text: Option<usize>,
    escaped: bool,
}

/// Refuses documents that are larger than `limits`.
pub(crate) fn check(document: Document, bytes: &[u8], limits: &Limits) -> Result<(), VerifyError> {
    let refuse = |offset, field, found: usize, limit: usize| {
        let (found, limit) = (to_u64(found), to_u64(limit));
        Err(VerifyError::Malformed {
            document,
            offset,
            field,
            problem: Problem::TooLarge { found, limit },
        })
    };
    if bytes.len() > limits.bytes {
        return refuse(0, "size", bytes.len(), limits.bytes);
    }
    let mut counts = Counts::default();
    for (offset, byte) in bytes.iter().enumerate() {
        let (field, found, limit) = counts.take(*byte, limits);
        if found > limit {
            return refuse(offset, field, found, limit);
        }
    }
    Ok(())
}

impl Counts {
    /// Counts a byte; returns what it changed, the count and its limit.
    fn take(&mut self, byte: u8, limits: &Limits) -> (&'static str, usize, usize) {
        const NOTHING: (&str, usize, usize) = ("", 0, 0);
        if let Some(length) = self.text {
            if byte == b'"' && !self.escaped {
                self.text = None;
                return NOTHING;
            }
            self.escaped = byte == b'\\' && !self.escaped;
            let length = length.saturating_add(1);
            self.text = Some(length);
            if length == SHORT_TEXT.saturating_add(1) {
                self.long_texts = self.long_texts.saturating_add(1);
                return ("long texts", self.long_texts, limits.long_texts);
            }
            return ("length of a text", length, limits.text);
        }
        match byte {
            b'"' => {
                (self.text, self.escaped) = (Some(0), false);
                NOTHING
            }
            b',' => {
                self.commas = self.commas.saturating_add(1);
                ("number of values", self.commas, limits.commas)
            }
            b'{' | b'[' => {
                self.depth = self.depth.saturating_add(1);
                if self.depth > limits.depth {
                    return ("nesting", self.depth, limits.depth);
                }
                self.lists = self.lists.saturating_add(usize::from(byte == b'['));
                ("number of tensors and lists", self.lists, limits.lists)
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                NOTHING
            }
            _ => NOTHING,
        }
    }
}

/// Checks what a document calls itself, and in which version, each against what it has to be.
pub(crate) fn check_form(
    document: Document,
    format: (&str, &str),
    version: (u32, u32),
) -> Result<(), VerifyError> {
    let error = |field, problem| VerifyError::Malformed {
        document,
        offset: 0,
        field,
        problem,
    };
    if format.0 != format.1 {
        return Err(error("format", Problem::BadMagic));
    }
    let (found, supported) = version;
    match found == supported {
        true => Ok(()),
        false => Err(error("version", Problem::UnsupportedVersion { found, supported })),
    }
}

/// A parser's message as it may be shown: it quotes the document, which can hold anything.
pub(crate) fn problem(cause: &serde_json::Error) -> Problem {
    let text = cause.to_string();
    let characters = text.chars().take(MESSAGE).flat_map(|character| {
        let shown = crate::character::is_acceptable_character(character);
        let plain = shown.then_some(character);
        plain
            .into_iter()
            .chain((!shown).then(|| character.escape_unicode()).into_iter().flatten())
    });
    let mut shown: String = characters.collect();
    if text.chars().nth(MESSAGE).is_some() {
        // Where it happened stands at the end.
        shown.push_str(&format!("… at line {} column {}", cause.line(), cause.column()));
    }
    Problem::Json(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        bytes: 1 << 20,
        depth: 2,
        lists: 3,
        commas: 4,
        text: 2000,
        long_texts: 1,
    };

    fn field(text: &str) -> Option<(&'static str, usize)> {
        match check(Document::Bundle, text.as_bytes(), &LIMITS) {
            Ok(()) => None,
            Err(VerifyError::Malformed { field, offset, .. }) => Some((field, offset)),
            Err(other) => Some((Box::leak(other.to_string().into_boxed_str()), 0)),
        }
    }

    #[test]
    fn each_limit_is_met_where_it_is_passed() {
        assert_eq!(field("[[],[],1,2,3]"), None);
        assert_eq!(field("[[],[],[],1]"), Some(("number of tensors and lists", 7)));
        assert_eq!(field("[1,2,3,4,5,6]"), Some(("number of values", 10)));
        assert_eq!(field("[{\"a\":[1]}]"), Some(("nesting", 6)));
        assert_eq!(field(&"[".repeat(9)), Some(("nesting", 2)));
        let long = |length: usize| format!("\"{}\"", "a".repeat(length));
        assert_eq!(field(&long(2000)), None);
        assert_eq!(field(&long(2001)), Some(("length of a text", 2001)));
        let two = format!("[{},{}]", long(1025), long(1025));
        assert_eq!(field(&two).map(|(field, _)| field), Some("long texts"));
        assert_eq!(field(&" ".repeat((1 << 20) + 1)), Some(("size", 0)));
    }

    #[test]
    fn what_stands_in_a_text_is_not_counted() {
        assert_eq!(field(r#"["[[[[,,,,,,,", "\"[[[,,,,,", "\\"]"#), None);
        assert_eq!(field(r#"["\\\"[[[,,,,,,", 1]"#), None);
        assert_eq!(field(r#"["\\",1,1,1,1,1]"#), Some(("number of values", 13)));
    }
}
