//! `hallmark demo`.

use crate::args::DemoArgs;
use crate::config::Config;
use crate::failure::Failure;
use crate::output::{grouped, milliseconds, size};
use hallmark::{
    Bundle, CompileOptions, FloatTensor, Form, Model, Output, ProveOptions, Proved, Verified, VerifyOptions,
    VerifyingKey, digits,
};
use hallmark_import::input::{InputKind, InputLimits, InputSpec, parse};
use hallmark_verifier::{VerifyError, verify_with};
use rand_core::{OsRng, RngCore};
use serde_json::json;
use std::process::ExitCode;
use std::time::Instant;

/// What came out, for people and for JSON.
struct Story {
    index: usize,
    label: usize,
    prediction: usize,
    proved: Proved,
    verified: Verified,
    verify_ms: f64,
    rejection: VerifyError,
    key_bytes: usize,
}

/// The whole story on one handwritten digit.
pub fn run(args: &DemoArgs, config: &Config) -> Result<ExitCode, Failure> {
    let console = &config.console;
    let model = Model::from_onnx(digits::CNN)?.named("digits-cnn");
    let inputs = labelled(&InputSpec::of_graph(model.graph()));
    let images = parse(digits::TEST, &inputs, &InputLimits::default()).map_err(Failure::internal)?;
    let typical = model.samples(digits::CALIBRATION).map_err(Failure::internal)?;
    let index = choose(args.image, images.len())?;
    let (image, label) = images
        .get(index)
        .and_then(|sample| split(sample))
        .ok_or_else(|| Failure::internal("the bundled test set has no image of that number"))?;

    console.say("A small convolutional network reads a handwritten digit, and proves what it read.\n")?;
    console.say(&draw(&image))?;
    console.say(&format!(
        "Image {index} of {} that the network has never seen. A person wrote a {label}.\n",
        images.len()
    ))?;

    let options = CompileOptions {
        public_only: true,
        keep_keys: false,
        accept_inaccurate: true,
        ..CompileOptions::default()
    };
    let surroundings = config.surroundings();
    let compiled = model.calibrate(typical)?.compile_with(&options, &surroundings)?;
    let mut nonce = [0u8; 32];
    OsRng.fill_bytes(&mut nonce);
    let options = ProveOptions {
        nonce,
        ..ProveOptions::default()
    };
    let proved = compiled.prove_with(&[vec![image]], Form::PUBLIC, &options, &surroundings)?;
    let key = compiled.key();
    let story = check(index, label, proved, nonce, &key.to_bytes())?;
    config
        .console
        .painted(&to_json(&story, &compiled.id().to_string()), || {
            in_words(&story, key.model().parameters, config)
        })?;
    Ok(ExitCode::SUCCESS)
}

/// What somebody else does: decodes the key and the proof from bytes, verifies; then a forger's attempt.
fn check(index: usize, label: usize, proved: Proved, nonce: [u8; 32], key: &[u8]) -> Result<Story, Failure> {
    let key_bytes = key.len();
    let key = VerifyingKey::from_bytes(key)?;
    let bundle = Bundle::parse(&proved.bundle.to_bytes())?;
    let options = VerifyOptions {
        nonce: Some(nonce),
        ..VerifyOptions::default()
    };
    let start = Instant::now();
    let verified = verify_with(&key, &key.model_id(), &bundle, &options)?;
    let verify_ms = start.elapsed().as_secs_f64() * 1000.0;

    let mut forged = bundle;
    if let Some(output) = forged
        .values
        .outputs
        .first_mut()
        .and_then(|output| output.first_mut())
    {
        *output += 1;
    }
    let Err(rejection) = verify_with(&key, &key.model_id(), &forged, &options) else {
        return Err(Failure::internal("a proof with a changed output was accepted"));
    };
    let logits = verified.outputs.first().map(Output::from);
    let prediction = logits.and_then(|logits| logits.argmax()).unwrap_or_default();
    Ok(Story {
        index,
        label,
        prediction,
        proved,
        verified,
        verify_ms,
        rejection,
        key_bytes,
    })
}

/// The inputs and one label.
fn labelled(inputs: &[InputSpec]) -> Vec<InputSpec> {
    let label = InputSpec {
        name: "label".to_owned(),
        shape: vec![1],
        kind: InputKind::Integer,
    };
    inputs.iter().cloned().chain([label]).collect()
}

fn split(sample: &[FloatTensor]) -> Option<(FloatTensor, usize)> {
    let [image, label] = sample else { return None };
    Some((image.clone(), *label.iter().next()? as usize))
}

fn choose(wanted: Option<usize>, count: usize) -> Result<usize, Failure> {
    match wanted {
        Some(index) if index < count => Ok(index),
        Some(index) => Err(Failure::usage(format!(
            "--image: {index} is not one of the {count} images, 0 to {}",
            count - 1
        ))),
        None => Ok(OsRng.next_u32() as usize % count.max(1)),
    }
}

/// The image in blocks of four shades, two characters to a pixel.
fn draw(image: &FloatTensor) -> String {
    let width = image.shape().last().copied().unwrap_or(1).max(1);
    let pixels: Vec<f32> = image.iter().copied().collect();
    let shade = |value: &f32| match value {
        v if *v < 0.15 => "  ",
        v if *v < 0.40 => "░░",
        v if *v < 0.65 => "▒▒",
        v if *v < 0.90 => "▓▓",
        _ => "██",
    };
    pixels
        .chunks(width)
        .map(|row| format!("    {}\n", row.iter().map(shade).collect::<String>().trim_end()))
        .collect()
}

fn in_words(story: &Story, parameters: u64, config: &Config) -> String {
    let paint = |code: &str, text: &str| {
        if config.console.colours() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    };
    let timings = story.proved.timings;
    let verdict = if story.prediction == story.label {
        "right"
    } else {
        "wrong, and proven all the same"
    };
    let mut text = format!(
        "The network reads a {} ({verdict}).\n\n",
        paint("1", &story.prediction.to_string())
    );
    text.push_str(&format!(
        "{}  by a verifier that shares no code with the prover, in {}\n{}  one output changed by its least unit: {}\n\n",
        paint("32;1", "VALID   "),
        milliseconds(story.verify_ms),
        paint("31;1", "REJECTED"),
        story.rejection
    ));
    for (title, lines) in [
        ("bound", story.verified.bound()),
        ("hidden", story.verified.hidden()),
        ("revealed", story.verified.revealed()),
        ("trusted", story.verified.trusted()),
    ] {
        text.push_str(&format!("What is {title}:\n"));
        for line in lines {
            text.push_str(&wrapped(&abbreviated(&line)));
        }
    }
    text.push_str(&format!(
        "\n{} weights. Witness {}, proof {} ({}), verifying key {}.\n",
        grouped(parameters),
        milliseconds(timings.witness_ms),
        milliseconds(timings.prove_ms),
        size(story.proved.bundle.proof.len() as u64),
        size(story.key_bytes as u64),
    ));
    text.push_str("\nYour own model:\n  hallmark compile MODEL.onnx --calibration DATA -o DIR\n  hallmark prove DIR --input IN -o PROOF\n  hallmark verify PROOF --model DIR\n");
    text
}

/// The line with long hexadecimal numbers cut to their first digits.
fn abbreviated(line: &str) -> String {
    const SHOWN: usize = 16;
    let word = |word: &str| {
        let digits = word.chars().filter(char::is_ascii_hexdigit).count();
        if digits < 64
            || word
                .chars()
                .any(|c| c.is_ascii_alphanumeric() && !c.is_ascii_hexdigit())
        {
            return word.to_owned();
        }
        let start = word.find(|c: char| c.is_ascii_hexdigit()).unwrap_or(0);
        let (before, number) = word.split_at(start);
        let (number, after) = number.split_at(64.min(number.len()));
        format!("{before}{}…{after}", number.get(..SHOWN).unwrap_or(number))
    };
    line.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// A list entry, broken at spaces before column 100.
fn wrapped(line: &str) -> String {
    const WIDTH: usize = 96;
    let mut text = String::new();
    let mut current = String::from("  -");
    for word in line.split(' ') {
        if current.chars().count() + 1 + word.chars().count() > WIDTH && current.trim().len() > 1 {
            text.push_str(&current);
            text.push('\n');
            current = String::from("   ");
        }
        current.push(' ');
        current.push_str(word);
    }
    text.push_str(&current);
    text.push('\n');
    text
}

fn to_json(story: &Story, model_id: &str) -> serde_json::Value {
    json!({
        "image": story.index,
        "label": story.label,
        "prediction": story.prediction,
        "model_id": model_id,
        "valid": true,
        "tampered_rejected": true,
        "rejection": story.rejection.to_string(),
        "witness_ms": story.proved.timings.witness_ms,
        "prove_ms": story.proved.timings.prove_ms,
        "verify_ms": story.verify_ms,
        "proof_bytes": story.proved.bundle.proof.len(),
        "vk_bytes": story.key_bytes,
        "verified": crate::commands::verify::verified_json(&story.verified),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_abbreviated() {
        let number = "0123456789abcdef".repeat(4);
        assert_eq!(
            abbreviated(&format!("id ({number}): all")),
            "id (0123456789abcdef…): all"
        );
        assert_eq!(abbreviated("the weights"), "the weights");
    }

    #[test]
    fn lines_are_broken_at_spaces() {
        assert_eq!(wrapped("short"), "  - short\n");
        let long = wrapped(&"word ".repeat(40));
        assert!(long.lines().all(|line| line.chars().count() <= 96), "{long}");
        assert!(
            long.lines().skip(1).all(|line| line.starts_with("    ")),
            "{long}"
        );
    }
}
