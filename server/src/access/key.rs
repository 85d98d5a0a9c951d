//! The text of an API key and what is stored of it.
//!
//! `hmk_`, the 32 hexadecimal digits of the key's id, `_`, 64 hexadecimal digits of secret. The secret has 256 bits of
//! entropy, so a plain SHA-256 of it is stored: a slow hash protects guessable secrets, and this is none.

use crate::digest::hex;
use crate::job::KeyId;
use rand::RngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What every key begins with, so that scanners of leaked secrets recognise it.
pub const KEY_PREFIX: &str = "hmk_";
const ID_PREFIX: &str = "key_";
const SECRET_BYTES: usize = 32;

/// A key as its holder sends it. Printed only once, when it is made.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    id: KeyId,
    secret: String,
}

/// What is stored of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySecret(pub [u8; 32]);

impl ApiKey {
    /// A new random key.
    #[must_use]
    pub fn generate() -> Self {
        let mut secret = [0; SECRET_BYTES];
        OsRng.fill_bytes(&mut secret);
        Self {
            id: KeyId::new(),
            secret: hex(&secret),
        }
    }

    /// Reads the text of a key; `None` if it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, secret) = text.strip_prefix(KEY_PREFIX)?.split_once('_')?;
        let id = format!("{ID_PREFIX}{name}").parse().ok()?;
        let digits = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (secret.len() == 2 * SECRET_BYTES && secret.bytes().all(digits)).then(|| Self {
            id,
            secret: secret.to_owned(),
        })
    }

    /// Under which the key is stored; no secret.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The whole key, for its holder.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{}_{}", self.prefix(), self.secret)
    }

    /// How the key begins, so that its holder recognises it in lists.
    #[must_use]
    pub fn prefix(&self) -> String {
        self.id.to_string().replacen(ID_PREFIX, KEY_PREFIX, 1)
    }

    /// What is stored.
    #[must_use]
    pub fn secret(&self) -> KeySecret {
        KeySecret(Sha256::digest(self.secret.as_bytes()).into())
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}_…", self.prefix())
    }
}

impl KeySecret {
    /// Compares in constant time.
    #[must_use]
    pub fn matches(&self, stored: &[u8]) -> bool {
        self.0.ct_eq(stored).into()
    }
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
