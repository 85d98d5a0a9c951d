//! `hallmark log`: signed heads of a receipt log.

use crate::args::{LogCheckArgs, LogCommand};
use crate::commands::keys::store_is_there;
use crate::commands::serve::{runtime, settings};
use crate::config::Config;
use crate::failure::{Failure, Kind};
use crate::streams::{self, input_name};
use hallmark::project::Contents;
use hallmark_server::api::time::rfc3339;
use hallmark_server::store::{Database, StoreError};
use hallmark_verifier::log_head::{
    Compared, HeadError, LogKey, SignedHead, compare_later, parse_consistency,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const CONNECTIONS: u32 = 1;

/// Checks heads, or changes the key.
pub fn run(command: &LogCommand, config: &Config) -> Result<ExitCode, Failure> {
    match command {
        LogCommand::Check(args) => check(args, config),
        LogCommand::Rotate { place } => {
            let settings = settings(place)?;
            store_is_there(&settings)?;
            let (log, key) = runtime()?
                .block_on(async {
                    let database = Database::open(&settings.storage.database, CONNECTIONS).await?;
                    let rotated = database.rotate_log_key().await;
                    database.close().await;
                    rotated
                })
                .map_err(|error: StoreError| Failure {
                    kind: Kind::Resource,
                    message: format!("storage.database: {error}"),
                })?;
            let value = json!({ "log": log.to_string(), "key": key.to_string() });
            config.console.result(&value, || {
                format!("heads of log {log} are now signed by key {key}\n")
            })?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The key that was given.
pub fn log_key(text: Option<&str>) -> Result<Option<LogKey>, Failure> {
    let parse = |text: &str| {
        text.parse()
            .map_err(|problem| Failure::usage(format!("--log-key: {text:?}: {problem}")))
    };
    text.map(parse).transpose()
}

fn head(path: &Path) -> Result<SignedHead, Failure> {
    SignedHead::parse(&streams::read(path, Contents::LogHead)?)
        .map_err(|error| Failure::from(error).about(input_name(path)))
}

fn check(args: &LogCheckArgs, config: &Config) -> Result<ExitCode, Failure> {
    let expected = log_key(args.log_key.as_deref())?;
    let files = [Some(&args.old), Some(&args.new), args.proof.as_ref()];
    streams::at_most_one(files.into_iter().flatten().map(PathBuf::as_path))?;
    let (old, new) = (head(&args.old)?, head(&args.new)?);
    let proof = match &args.proof {
        Some(path) => {
            let (first, second, hashes) = parse_consistency(&streams::read(path, Contents::LogHead)?)
                .map_err(|error| Failure::from(error).about(input_name(path)))?;
            let sizes = (old.tree_size.min(new.tree_size), old.tree_size.max(new.tree_size));
            if (first, second) != sizes {
                let message = format!(
                    "--proof: it leads from {first} to {second} entries, the heads have {} and {}",
                    sizes.0, sizes.1
                );
                return Err(Failure::input(message).about(path));
            }
            Some(hashes)
        }
        None => None,
    };
    // Whose heads they are comes first: what a stranger's log does shows nothing about this one. An old head does not have a key
    // that came after it, and is of the same log as the new one or refused for it.
    let known = match &expected {
        Some(key) => new.is_of(key),
        None => Ok(()),
    };
    let verdict = known.and_then(|()| compare_later(&old, &new, proof.as_deref()));
    if let Err(error @ HeadError::ProofNeeded { .. }) = &verdict {
        return Err(Failure::usage(format!("--proof: {error}")));
    }
    let value = to_json(&old, &new, &verdict, expected.is_some());
    config
        .console
        .result(&value, || in_words(&old, &new, &verdict, expected.is_some()))?;
    Ok(match verdict {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => Kind::Rejected.into(),
    })
}

fn to_json(
    old: &SignedHead,
    new: &SignedHead,
    verdict: &Result<Compared, HeadError>,
    expected: bool,
) -> Value {
    let word = match verdict {
        Ok(Compared::Same) => "same",
        Ok(Compared::Continued) => "continued",
        Err(HeadError::Forked { .. }) => "forked",
        Err(HeadError::Shrunk { .. }) => "shrunk",
        Err(HeadError::TwoSuccessors { .. }) => "two-successors",
        Err(HeadError::RolledBack { .. }) => "rolled-back",
        Err(_) => "rejected",
    };
    json!({
        "consistent": verdict.is_ok(),
        "verdict": word,
        "error": verdict.as_ref().err().map(ToString::to_string),
        "log": old.log.to_string(),
        "log_was_expected": expected,
        "tree_sizes": [old.tree_size, new.tree_size],
    })
}

fn in_words(
    old: &SignedHead,
    new: &SignedHead,
    verdict: &Result<Compared, HeadError>,
    expected: bool,
) -> String {
    let mut text = match verdict {
        Ok(Compared::Same) => format!(
            "SAME: both heads are of one state, with {} entries.\n",
            new.tree_size
        ),
        Ok(Compared::Continued) => format!(
            "CONTINUED: {} entries begin with the {} of the other head, unchanged.\n",
            old.tree_size.max(new.tree_size),
            old.tree_size.min(new.tree_size)
        ),
        Err(error) => return format!("REJECTED: {error}\n"),
    };
    for head in [old, new] {
        let time = i64::try_from(head.time_ms).unwrap_or(i64::MAX);
        text.push_str(&format!(
            "  {} entries, root {}, signed {}\n",
            head.tree_size,
            hallmark_server::digest::hex(&head.root),
            rfc3339(time)
        ));
    }
    text.push_str(&match expected {
        true => format!("Both are signed by the log whose key you named, {}.\n", old.log),
        false => format!(
            "Both are signed by log {}, which was not compared with one that you know (--log-key): anybody can make a key.\n",
            old.log
        ),
    });
    text
}
