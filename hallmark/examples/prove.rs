//! From an ONNX file to a proof that somebody else checks: the program of `docs/rust.md`.
//!
//! `cargo run --release -p hallmark --example prove`
#![allow(clippy::print_stdout, reason = "it shows what it did")]

use hallmark::{
    CompileOptions, Error, Form, Interface, Model, Output, ProveOptions, Surroundings, VerifyOptions, digits,
    verify,
};
use std::process::ExitCode;

fn main() -> ExitCode {
    match prove_and_verify() {
        Ok(words) => {
            println!("{words}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{:?}: {}", error.class(), error.words(Interface::Program));
            ExitCode::FAILURE
        }
    }
}

fn prove_and_verify() -> Result<String, Error> {
    // The author compiles the model once and publishes its id and its key. The bytes may as well come from a file.
    let model = Model::from_onnx(digits::CNN)?.named("digits-cnn");
    let typical = model.samples(digits::CALIBRATION)?;
    let compiled = model.calibrate(typical)?.compile(&CompileOptions::default())?;
    let (id, key) = (compiled.id(), compiled.key().to_bytes());

    // Somebody asks, with a nonce that was never used; whoever has the model answers. The input stays private.
    let nonce = *b"a nonce that was not used before";
    let image = compiled.samples(digits::TEST)?.swap_remove(0);
    let options = ProveOptions {
        nonce,
        ..ProveOptions::default()
    };
    let surroundings = Surroundings::default();
    let proved = compiled.prove_with(&[image], Form::PRIVATE_INPUT, &options, &surroundings)?;
    let bundle = proved.bundle.to_bytes();

    // The one who asked believes nothing but the id.
    let expected = VerifyOptions {
        nonce: Some(nonce),
        ..VerifyOptions::default()
    };
    let verified = verify(&bundle, &key, &id, &expected)?;
    let digit = verified
        .outputs
        .first()
        .and_then(|logits| Output::from(logits).argmax());
    Ok(format!(
        "model {id} read the digit {digit:?}\ntrusted: {}",
        verified.trusted().join("; ")
    ))
}
