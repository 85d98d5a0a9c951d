//! `hallmark verify`.

use crate::args::VerifyArgs;
use crate::config::{Config, parse_nonce};
use crate::failure::{Failure, Kind};
use crate::output::duration;
use hallmark_project::{KEY_FILE, read_file, read_key};
use hallmark_verifier::{
    BoundTensor, Bundle, ModelId, Verified, VerifyError, VerifyOptions, VerifyingKey, verify_batch,
    verify_with,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// One proof's verdict. A file that is no proof is rejected like a wrong one.
type Verdict = Result<Verified, VerifyError>;

/// Checks every proof, says what each binds, and succeeds only if all are valid.
pub fn run(args: &VerifyArgs, config: &Config) -> Result<ExitCode, Failure> {
    let (key, id) = key_and_id(args)?;
    let nonce = args.nonce.as_deref().map(parse_nonce).transpose()?;
    let options = VerifyOptions {
        nonce,
        refuse_insecure_srs: args.refuse_insecure,
    };
    let mut bundles = Vec::with_capacity(args.proofs.len());
    for path in &args.proofs {
        bundles.push(Bundle::parse(&read_file(path)?));
    }
    let start = Instant::now();
    let verdicts = verdicts(&key, &id, bundles, &options);
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

/// The key to check against and the id that the caller trusts.
fn key_and_id(args: &VerifyArgs) -> Result<(VerifyingKey, ModelId), Failure> {
    let folder = PathBuf::from(&args.model);
    if folder.is_dir() {
        let own = read_key(&folder.join(KEY_FILE))?;
        let id = own.model_id();
        return match &args.vk {
            Some(path) => Ok((read_key(path)?, id)),
            None => Ok((own, id)),
        };
    }
    let id: ModelId = args.model.parse().map_err(|_| {
        Failure::usage(format!(
            "--model: {:?} is neither the folder of a compiled model nor a model id of 64 lower-case hexadecimal digits",
            args.model
        ))
    })?;
    let Some(path) = &args.vk else {
        return Err(Failure::usage(
            "--vk: with a model id the verifying key is needed too",
        ));
    };
    Ok((read_key(path)?, id))
}

/// Several proofs are folded into one pairing check, unless every one has to carry an expected nonce.
fn verdicts(
    key: &VerifyingKey,
    id: &ModelId,
    bundles: Vec<Result<Bundle, VerifyError>>,
    options: &VerifyOptions,
) -> Vec<Verdict> {
    let parsed: Vec<&Bundle> = bundles.iter().filter_map(|bundle| bundle.as_ref().ok()).collect();
    if parsed.len() == bundles.len() && parsed.len() > 1 && *options == VerifyOptions::default() {
        let items: Vec<_> = parsed.iter().map(|bundle| (key, id, *bundle)).collect();
        if let Ok(all) = verify_batch(&items) {
            return all.into_iter().map(Ok).collect();
        }
    }
    bundles
        .into_iter()
        .map(|bundle| verify_with(key, id, &bundle?, options))
        .collect()
}

fn in_words(paths: &[PathBuf], verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    for (path, verdict) in paths.iter().zip(verdicts) {
        match verdict {
            Ok(verified) => text.push_str(&format!("{}\n{verified}", path.display())),
            Err(error) => text.push_str(&format!("{}\nREJECTED: {error}\n", path.display())),
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
        Ok(verified) => {
            let mut value = verified_json(verified);
            value["file"] = json!(file);
            value["valid"] = json!(true);
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
        "visibility": verified.visibility.name(),
        "nonce": hex(&verified.nonce),
        "nonce_was_expected": verified.nonce_was_expected,
        "inputs": verified.inputs.iter().map(tensor_json).collect::<Vec<_>>(),
        "input_commitment": verified.input_commitment.map(|bytes| hex(&bytes)),
        "outputs": verified.outputs.iter().map(tensor_json).collect::<Vec<_>>(),
        "srs": { "name": verified.srs_name, "digest": hex(&verified.srs_digest), "insecure": verified.srs_insecure },
        "bound": verified.bound(),
        "hidden": verified.hidden(),
        "trusted": verified.trusted(),
    })
}

fn tensor_json(tensor: &BoundTensor) -> Value {
    json!({
        "name": tensor.name,
        "shape": tensor.shape,
        "scale_bits": tensor.scale_bits,
        "integers": tensor.values,
        "values": tensor.real_values(),
    })
}
