//! What every command needs to know, from arguments and environment.

use crate::args::Cli;
use crate::failure::Failure;
use crate::output::Console;
use hallmark_project::Surroundings;
use hallmark_prover::cache::Cache;
use hallmark_prover::srs::SrsStore;
use std::path::PathBuf;

/// The surroundings of a command.
pub struct Config {
    /// Where results, progress and notes go.
    pub console: Console,
    /// Cached SRSs and proving keys.
    pub cache: Cache,
}

impl Config {
    /// Takes the global options of `cli` and the environment.
    ///
    /// # Errors
    /// A usage failure if there is no place for the cache.
    pub fn new(cli: &Cli) -> Result<Self, Failure> {
        let folder = match &cli.cache {
            Some(folder) => folder.clone(),
            None => default_cache_folder().ok_or_else(|| {
                Failure::usage(
                    "no folder for the cache: neither XDG_CACHE_HOME nor HOME is set; give one with --cache",
                )
            })?,
        };
        Ok(Self {
            console: Console::new(cli.json, cli.quiet),
            cache: Cache::new(folder),
        })
    }

    /// What compiling and opening models need.
    pub fn surroundings(&self) -> Surroundings<'_> {
        Surroundings {
            cache: &self.cache,
            progress: &self.console,
        }
    }

    /// The SRSs in the cache.
    pub fn srs_store(&self) -> SrsStore {
        SrsStore::new(self.cache.clone())
    }
}

/// `$XDG_CACHE_HOME/hallmark`, or `~/.cache/hallmark`. The XDG specification has relative paths ignored.
fn default_cache_folder() -> Option<PathBuf> {
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map(|folder| folder.join("hallmark"))
}

/// A nonce of up to 32 bytes in hexadecimal digits, with leading zeros where it is shorter.
///
/// # Errors
/// A usage failure that says what was expected.
pub fn parse_nonce(text: &str) -> Result<[u8; 32], Failure> {
    let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
    let wrong = || {
        Failure::usage(format!(
            "--nonce: expected 1 to 64 hexadecimal digits, got {text:?}"
        ))
    };
    if digits.is_empty() || digits.len() > 64 {
        return Err(wrong());
    }
    let mut nonce = [0u8; 32];
    for (index, digit) in digits.iter().rev().enumerate() {
        let value = char::from(*digit)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
            .ok_or_else(wrong)?;
        if let Some(byte) = nonce.get_mut(31 - index / 2) {
            *byte |= value << (4 * (index % 2));
        }
    }
    Ok(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_are_padded_on_the_left() {
        let nonce = parse_nonce("0xABC").unwrap();
        assert_eq!(nonce[30..], [0x0a, 0xbc]);
        assert_eq!(nonce[..30], [0; 30]);
        assert_eq!(parse_nonce(&"f".repeat(64)).unwrap(), [0xff; 32]);
        for wrong in ["", "0x", "xyz", "é", &"0".repeat(65)] {
            assert!(parse_nonce(wrong).is_err(), "{wrong}");
        }
    }
}
