//! `hallmark verify`.

use crate::args::VerifyArgs;
use crate::commands::log::log_key;
use crate::config::{Config, parse_nonce, srs_policy};
use crate::failure::{Failure, Kind};
use crate::output::duration;
use crate::streams;
use crate::terminal::on_one_line;
use hallmark::Output;
use hallmark::project::{Contents, read_own_key, srs_json};
use hallmark_verifier::audit::{Audit, AuditError, KnownLog, Logged};
use hallmark_verifier::{
    BoundTensor, Bundle, ModelId, Verified, VerifyError, VerifyOptions, VerifyingKey, verify_batch_with,
    verify_with,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// What a valid file says.
struct Found {
    verified: Verified,
    /// For an audit file, where the receipt log has it.
    logged: Option<Logged>,
}

/// One file's verdict. A file that is no proof is rejected like a wrong one.
type Verdict = Result<Found, AuditError>;

type Key = Result<VerifyingKey, VerifyError>;

/// A file as it was read.
enum File {
    Proof(Box<Result<Bundle, VerifyError>>),
    Audit(Box<Result<Audit, VerifyError>>),
}

impl File {
    fn parse(bytes: &[u8]) -> Self {
        // Editors put a byte order mark before JSON; no other form begins so.
        let text = bytes.strip_prefix(b"\xef\xbb\xbf");
        let bytes = text
            .filter(|text| text.trim_ascii_start().starts_with(b"{"))
            .unwrap_or(bytes);
        match Audit::is_audit(bytes) {
            true => Self::Audit(Box::new(Audit::parse(bytes))),
            false => Self::Proof(Box::new(Bundle::parse(bytes))),
        }
    }
}

/// What the caller expects of every file.
struct Expected {
    id: ModelId,
    /// Not needed where all files are audit files, which bring it. That it is another model's is every proof's verdict.
    key: Option<Key>,
    options: VerifyOptions,
    log: KnownLog,
}

/// Checks every proof, says what each binds, and succeeds only if all are valid.
pub fn run(args: &VerifyArgs, config: &Config) -> Result<ExitCode, Failure> {
    streams::at_most_one(args.proofs.iter().map(PathBuf::as_path))?;
    let mut files = Vec::with_capacity(args.proofs.len());
    for path in &args.proofs {
        files.push(File::parse(&streams::read(path, Contents::ProofOrAudit)?));
    }
    let expected = expected(args, files.iter().any(|file| matches!(file, File::Proof(_))))?;
    let start = Instant::now();
    let verdicts = verdicts(&expected, files);
    let elapsed = start.elapsed();
    let valid = verdicts.iter().all(Result::is_ok);
    let value = json!({
        "valid": valid,
        "verify_ms": elapsed.as_secs_f64() * 1000.0,
        "proofs": args.proofs.iter().zip(&verdicts).map(|(path, verdict)| to_json(path, verdict)).collect::<Vec<_>>(),
    });
    config.console.result(&value, || {
        let mut text = in_words(&args.proofs, &verdicts);
        text.push_str(&format!("verified in {}\n", duration(elapsed)));
        text
    })?;
    Ok(if valid {
        ExitCode::SUCCESS
    } else {
        Kind::Rejected.into()
    })
}

fn expected(args: &VerifyArgs, key_needed: bool) -> Result<Expected, Failure> {
    let (key, id) = key_and_id(args, key_needed)?;
    let root = args.log_root.as_deref().map(|text| {
        hallmark_server::digest::unhex(text).ok_or_else(|| {
            Failure::usage(format!(
                "--log-root: {text:?} does not have 64 lower-case hexadecimal digits"
            ))
        })
    });
    Ok(Expected {
        id,
        key,
        options: VerifyOptions {
            nonce: args.nonce.as_deref().map(parse_nonce).transpose()?,
            srs: srs_policy(&args.srs)?,
        },
        log: KnownLog {
            root: root.transpose()?,
            key: log_key(args.log_key.as_deref())?,
        },
    })
}

/// The key to check against and the id that the caller trusts.
fn key_and_id(args: &VerifyArgs, key_needed: bool) -> Result<(Option<Key>, ModelId), Failure> {
    let folder = PathBuf::from(&args.model);
    if folder.is_dir() {
        let own = read_own_key(&folder)?;
        let id = own.model_id();
        return match &args.vk {
            Some(path) => Ok((Some(read_key_of(path, &id)?), id)),
            None => Ok((Some(Ok(own)), id)),
        };
    }
    let id: ModelId = args.model.parse().map_err(|_| {
        Failure::usage(format!(
            "--model: {:?} is neither the folder of a compiled model nor a model id of 64 lower-case hexadecimal digits",
            args.model
        ))
    })?;
    match &args.vk {
        Some(path) => Ok((Some(read_key_of(path, &id)?), id)),
        None if key_needed => Err(Failure::usage(
            "--vk: with a model id the verifying key is needed too, except for audit files, which hold it",
        )),
        None => Ok((None, id)),
    }
}

/// The key of the expected model. Another one is told by its hash, and nothing in it is read.
fn read_key_of(path: &Path, id: &ModelId) -> Result<Key, Failure> {
    match VerifyingKey::from_bytes_expecting(&streams::read(path, Contents::Key)?, id) {
        Err(error) if !matches!(error, VerifyError::WrongKey { .. }) => Err(Failure::from(error).about(path)),
        key => Ok(key),
    }
}

/// Several proofs are folded into one pairing check.
fn verdicts(expected: &Expected, files: Vec<File>) -> Vec<Verdict> {
    if let Some(Ok(key)) = &expected.key {
        let proofs: Vec<&Bundle> = files
            .iter()
            .filter_map(|file| match file {
                File::Proof(bundle) => bundle.as_ref().as_ref().ok(),
                File::Audit(_) => None,
            })
            .collect();
        let items: Vec<_> = proofs
            .iter()
            .map(|bundle| (key, &expected.id, *bundle, &expected.options))
            .collect();
        if items.len() > 1
            && items.len() == files.len()
            && let Ok(all) = verify_batch_with(&items)
        {
            return all
                .into_iter()
                .map(|verified| {
                    Ok(Found {
                        verified,
                        logged: None,
                    })
                })
                .collect();
        }
    }
    files.into_iter().map(|file| verdict(expected, file)).collect()
}

fn verdict(expected: &Expected, file: File) -> Verdict {
    match (file, &expected.key) {
        (File::Audit(audit), _) => {
            let (verified, logged) = (*audit)?.verify(&expected.id, &expected.options, &expected.log)?;
            Ok(Found {
                verified,
                logged: Some(logged),
            })
        }
        (File::Proof(bundle), Some(key)) => Ok(Found {
            verified: verify_with(
                key.as_ref().map_err(Clone::clone)?,
                &expected.id,
                &(*bundle)?,
                &expected.options,
            )?,
            logged: None,
        }),
        // `key_and_id` has refused it.
        (File::Proof(bundle), None) => Err(VerifyError::WrongModel {
            expected: expected.id,
            found: (*bundle)?.model_id,
        }
        .into()),
    }
}

fn in_words(paths: &[PathBuf], verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    for (path, verdict) in paths.iter().zip(verdicts) {
        match verdict {
            Ok(found) => {
                let file = path.display().to_string();
                text.push_str(&format!("{}\n{}", on_one_line(&file), found.verified));
                if let Some(logged) = &found.logged {
                    text.push_str("Receipt:\n");
                    for line in logged.lines() {
                        text.push_str(&format!("  - {line}\n"));
                    }
                }
            }
            Err(error) => {
                let (file, error) = (path.display().to_string(), error.to_string());
                text.push_str(&format!(
                    "{}\nREJECTED: {}\n",
                    on_one_line(&file),
                    on_one_line(&error)
                ));
            }
        }
        text.push('\n');
    }
    let valid = verdicts.iter().filter(|verdict| verdict.is_ok()).count();
    if verdicts.len() > 1 {
        text.push_str(&format!("{valid} of {} proofs are valid; ", verdicts.len()));
    }
    text
}

fn to_json(path: &Path, verdict: &Verdict) -> Value {
    let file = path.display().to_string();
    match verdict {
        Ok(found) => {
            let mut value = verified_json(&found.verified);
            value["file"] = json!(file);
            value["valid"] = json!(true);
            if let Some(logged) = &found.logged {
                value["receipt"] = json!({
                    "index": logged.index,
                    "job": logged.job,
                    "finished_ms": logged.finished_ms,
                    "tree_size": logged.tree_size,
                    "root": logged.root,
                    "root_was_expected": logged.root_was_expected,
                    "signed": logged.signed.as_ref().map(|signed| json!({
                        "log": signed.log.to_string(),
                        "time_ms": signed.time_ms,
                        "log_was_expected": signed.was_expected,
                    })),
                    "shows": logged.lines(),
                });
            }
            value
        }
        Err(error) => json!({ "file": file, "valid": false, "error": error.to_string() }),
    }
}

/// What a valid proof says.
pub fn verified_json(verified: &Verified) -> Value {
    use hallmark_prover::srs::hex;
    json!({
        "model_id": verified.model_id.to_string(),
        "model": verified.model.name,
        "visibility": verified.form.name(),
        "nonce": hex(&verified.nonce),
        "nonce_was_expected": verified.nonce_was_expected,
        "inputs": verified.inputs.iter().map(tensor_json).collect::<Vec<_>>(),
        "input_commitment": verified.input_commitment.map(|bytes| hex(&bytes)),
        "outputs": verified.outputs.iter().map(tensor_json).collect::<Vec<_>>(),
        "srs": srs_json(&verified.srs),
        "bound": verified.bound(),
        "hidden": verified.hidden(),
        "revealed": verified.revealed(),
        "trusted": verified.trusted(),
    })
}

fn tensor_json(tensor: &BoundTensor) -> Value {
    json!(Output::from(tensor))
}
