//! The text of an API key and what is stored of it.
//!
//! `hmk_` + 16 hexadecimal digits that name the key + `_` + 64 hexadecimal digits of secret. The secret has 256 bits of
//! entropy, so a plain SHA-256 of it is stored: a slow hash protects guessable secrets, and this is none.

use rand::RngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What every key begins with, so that scanners of leaked secrets recognise it.
pub const KEY_PREFIX: &str = "hmk_";
const NAME_BYTES: usize = 8;
const SECRET_BYTES: usize = 32;

/// A key as its holder sends it. Printed only once, when it is made.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    name: String,
    secret: String,
}

/// What is stored of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySecret(pub [u8; 32]);

impl ApiKey {
    /// A new random key.
    #[must_use]
    pub fn generate() -> Self {
        let (mut name, mut secret) = ([0; NAME_BYTES], [0; SECRET_BYTES]);
        OsRng.fill_bytes(&mut name);
        OsRng.fill_bytes(&mut secret);
        Self {
            name: hex(&name),
            secret: hex(&secret),
        }
    }

    /// Reads the text of a key; `None` if it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, secret) = text.strip_prefix(KEY_PREFIX)?.split_once('_')?;
        let digits = |text: &str, bytes: usize| {
            text.len() == 2 * bytes && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        (digits(name, NAME_BYTES) && digits(secret, SECRET_BYTES)).then(|| Self {
            name: name.to_owned(),
            secret: secret.to_owned(),
        })
    }

    /// Id under which the key is stored; no secret.
    #[must_use]
    pub fn id(&self) -> String {
        format!("key_{}", self.name)
    }

    /// The whole key, for its holder.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{KEY_PREFIX}{}_{}", self.name, self.secret)
    }

    /// What is stored.
    #[must_use]
    pub fn secret(&self) -> KeySecret {
        KeySecret(Sha256::digest(self.secret.as_bytes()).into())
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{KEY_PREFIX}{}_…", self.name)
    }
}

impl KeySecret {
    /// Compares in constant time.
    #[must_use]
    pub fn matches(&self, stored: &[u8]) -> bool {
        self.0.ct_eq(stored).into()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_back_and_kept_secret() {
        let key = ApiKey::generate();
        let text = key.reveal();
        let read = ApiKey::parse(&text).unwrap();
        assert_eq!(read, key);
        assert!(read.secret().matches(&key.secret().0));
        assert!(!ApiKey::generate().secret().matches(&key.secret().0));
        assert!(!format!("{key:?}").contains(&key.secret));
        for wrong in [
            "",
            "hmk_",
            "hmk_12_34",
            &text[1..],
            &text.to_uppercase(),
            &format!("{text}0"),
        ] {
            assert!(ApiKey::parse(wrong).is_none(), "{wrong}");
        }
    }
}
