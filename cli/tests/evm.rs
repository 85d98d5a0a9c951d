//! `hallmark evm` as a script sees it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

mod program;

use hallmark_evm_execution::{Chain, MAX_GAS, Outcome};
use program::{command, digits, stderr};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A folder with a model for contracts (`model`), a proof of it (`answer.proof`), and one that contracts do not check (`blake.proof`).
fn workspace() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let pixels: Vec<f32> = (0..64).map(|i| (i * 5 % 17) as f32 / 16.0).collect();
            let input = json!({ "input_data": [pixels] }).to_string();
            std::fs::write(folder.path().join("in.json"), input).unwrap();
            let (model, data) = (digits("mlp.onnx"), digits("calibration.npz"));
            let compile = [
                "compile",
                model.to_str().unwrap(),
                "--calibration",
                data.to_str().unwrap(),
            ];
            let options = ["--target", "evm", "--public-only", "-o", "model"];
            let prove = ["prove", "model", "--input", "in.json", "--nonce", "5eed", "-o"];
            for arguments in [
                [compile.as_slice(), &options].concat(),
                [prove.as_slice(), &["answer.proof"]].concat(),
                [prove.as_slice(), &["blake.proof", "--transcript", "blake2b"]].concat(),
            ] {
                let output = command(folder.path(), &arguments);
                assert!(output.status.success(), "{}", stderr(&output));
            }
            folder
        })
        .path()
}

/// What `--json` prints, and the exit code.
fn evm(arguments: &[&str]) -> (Value, i32) {
    let output = command(workspace(), &[&["--json", "--quiet", "evm"], arguments].concat());
    let printed =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
    (printed, output.status.code().unwrap())
}

fn succeeds(arguments: &[&str]) -> Value {
    let (printed, code) = evm(arguments);
    assert_eq!(code, 0, "{printed}");
    printed
}

/// The message of the error that a call ends with.
fn fails(arguments: &[&str], expected: i32) -> String {
    let (printed, code) = evm(arguments);
    assert_eq!(code, expected, "{printed}");
    printed["error"]["message"].as_str().unwrap().to_owned()
}

fn bytes(value: &Value) -> Vec<u8> {
    let digits = value.as_str().unwrap().strip_prefix("0x").unwrap();
    hex::decode(digits).unwrap()
}

#[test]
fn a_contract_accepts_the_calldata() {
    let mut chain = Chain::default();
    let verifier = succeeds(&["contract"]);
    assert_eq!(verifier["contract"], "HallmarkVerifier");
    assert!(
        verifier["abi"]
            .as_array()
            .unwrap()
            .iter()
            .any(|item| item["name"] == "verifyBatch")
    );
    let verifier = chain.deploy(&bytes(&verifier["bytecode"])).unwrap().address;
    let key = succeeds(&["key", "--model", "model"]);
    let deployed = chain.deploy(&bytes(&key["bytes"])).unwrap();
    assert_eq!(key["deploy_gas"], deployed.gas);
    let address = hex::encode(deployed.address);
    let mut accepted = |arguments: &[&str]| {
        let call = succeeds(&[&["calldata", "answer.proof", "--model", "model"], arguments].concat());
        let calldata = bytes(&call["calldata"]);
        assert_eq!(call["calldata_bytes"], calldata.len());
        let outcome = chain.call(&verifier, &calldata, MAX_GAS).unwrap();
        assert!(matches!(outcome, Outcome::Success { .. }), "{outcome:?}");
    };
    accepted(&["--key", &address]);
    accepted(&["--key", &format!("0x{address}")]);
    accepted(&[]);
}

#[test]
fn what_cannot_be_done_is_said_with_the_remedy() {
    let calldata = ["calldata", "answer.proof", "--model", "model"];
    let message = fails(&[calldata.as_slice(), &["--key", "0x1234"]].concat(), 2);
    assert!(message.contains("--key") && message.contains("40"), "{message}");
    let message = fails(&["calldata", "blake.proof", "--model", "model"], 3);
    assert!(message.contains("--transcript keccak"), "{message}");
    let message = fails(&["key", "--model", "model", "--private-input"], 3);
    assert!(message.contains("compile it with one"), "{message}");
    fails(&["key", "--model", "nowhere"], 3);
}

#[test]
fn the_script_holds_what_it_deploys() {
    let script = workspace().join("deploy.mjs");
    let arguments = [
        "deploy-script",
        "--model",
        "model",
        "--uri",
        "https://example.org/model",
        "-o",
        "deploy.mjs",
    ];
    // The development SRS has to be asked for.
    let message = fails(&arguments, 3);
    assert!(
        message.contains("--insecure-srs") && message.contains("development SRS"),
        "{message}"
    );
    let arguments = [arguments.as_slice(), &["--insecure-srs"]].concat();
    let made = succeeds(&arguments);
    assert_eq!(made["file"], PathBuf::from("deploy.mjs").to_str().unwrap());
    let text = std::fs::read_to_string(script).unwrap();
    let key = succeeds(&["key", "--model", "model"]);
    let data = succeeds(&["key", "--model", "model", "--data"]);
    for part in [
        &data["bytes"],
        &key["code_hash"],
        &key["data_digest"],
        &key["srs"]["s_g2"][0],
    ] {
        assert!(text.contains(part.as_str().unwrap()), "{part}");
    }
    assert_eq!(key["srs"]["insecure"], true);
    assert!(text.contains("https://example.org/model") && text.contains(key["model_id"].as_str().unwrap()));
    let message = fails(&[arguments.as_slice(), &["--verifier", "0x12"]].concat(), 2);
    assert!(message.contains("--verifier"), "{message}");
}
