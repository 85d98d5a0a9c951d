//! What every command needs to know, from arguments and environment.

use crate::args::{Cli, SrsArgs};
use crate::failure::Failure;
use crate::output::Console;
use hallmark::Surroundings;
use hallmark_prover::cache::Cache;
use hallmark_prover::srs::SrsStore;
use hallmark_verifier::SrsPolicy;
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
    /// A usage failure if there is no place for the cache and the command uses it. Services often run without a home.
    pub fn new(cli: &Cli) -> Result<Self, Failure> {
        let folder = match &cli.cache {
            Some(folder) => folder.clone(),
            None if cli.command.is_service() => PathBuf::new(),
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
            cache: Some(&self.cache),
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

/// Which SRSs the caller accepts.
///
/// # Errors
/// A usage failure for a digest that is none.
pub fn srs_policy(args: &SrsArgs) -> Result<SrsPolicy, Failure> {
    let digest = |text: &String| {
        hallmark_server::digest::unhex(text).ok_or_else(|| {
            Failure::usage(format!(
                "--srs: {text:?} does not have 64 lower-case hexadecimal digits; `hallmark srs info FILE` prints a digest"
            ))
        })
    };
    Ok(SrsPolicy {
        refuse_insecure: args.refuse_insecure,
        only_ceremonies: args.only_ceremonies,
        only: match args.only.is_empty() {
            true => None,
            false => Some(args.only.iter().map(digest).collect::<Result<_, _>>()?),
        },
    })
}

/// A nonce of up to 32 bytes in hexadecimal digits, with leading zeros where it is shorter.
///
/// # Errors
/// A usage failure that says what was expected.
pub fn parse_nonce(text: &str) -> Result<[u8; 32], Failure> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let padded = (1..=64).contains(&digits.len()).then(|| format!("{digits:0>64}"));
    padded
        .and_then(|text| hallmark_evm::hex::parse(&text))
        .ok_or_else(|| {
            Failure::usage(format!(
                "--nonce: expected 1 to 64 hexadecimal digits, got {text:?}"
            ))
        })
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
