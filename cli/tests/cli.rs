//! The `hallmark` command as a user or a script sees it, on the bundled digits MLP.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod program;

use hallmark_server::digest::Digest;
use hallmark_server::store::{Database, TreeHead};
use hallmark_verifier::receipt::{leaf_hash, node_hash};
use program::{command, digits, piped, stderr};
use serde_json::Value;
use std::path::Path;
use std::sync::OnceLock;

/// A folder with a compiled model (`mlp`), an input (`in.json`) and the cache, made once for all tests.
fn workspace() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let pixels: Vec<f32> = (0..64).map(|i| (i * 7 % 17) as f32 / 16.0).collect();
            write(
                &folder.path().join("in.json"),
                &serde_json::json!({ "input_data": [pixels] }).to_string(),
            );
            let (model, data) = (digits("mlp.onnx"), digits("calibration.npz"));
            let arguments = [
                "compile",
                text(&model),
                "--calibration",
                text(&data),
                "--public-only",
                "-o",
                "mlp",
            ];
            let output = command(folder.path(), &arguments);
            assert!(output.status.success(), "{}", stderr(&output));
            folder
        })
        .path()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn write(path: &Path, contents: &str) {
    std::fs::write(path, contents).unwrap();
}

/// Runs with `--json`, checks the exit code, and that standard output is exactly one JSON object.
fn json(arguments: &[&str], code: i32) -> Value {
    let output = command(workspace(), &[arguments, &["--json"]].concat());
    assert_eq!(
        output.status.code(),
        Some(code),
        "{arguments:?}: {}",
        stderr(&output)
    );
    let stdout = String::from_utf8(output.stdout).unwrap();
    let value: Value = serde_json::from_str(&stdout).unwrap();
    assert!(
        value.is_object() && stdout.trim_end().lines().count() == 1,
        "{stdout}"
    );
    value
}

/// Runs, expects failure with `code`, and returns the message.
fn refused(arguments: &[&str], code: i32) -> String {
    let output = command(workspace(), arguments);
    assert_eq!(
        output.status.code(),
        Some(code),
        "{arguments:?}: {}",
        stderr(&output)
    );
    assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
    stderr(&output)
}

fn prove(proof: &str, more: &[&str]) -> Value {
    json(
        &[&["prove", "mlp", "--input", "in.json", "-o", proof], more].concat(),
        0,
    )
}

#[test]
fn a_proof_is_made_verified_and_rejected_when_changed() {
    let proved = prove("ok.json", &["--nonce", "c0ffee"]);
    assert!(proved["proof_bytes"].as_u64().unwrap() > 0 && proved["prove_ms"].as_f64().unwrap() > 0.0);
    assert!(proved["ready_ms"].as_f64().unwrap() > 0.0, "{proved}");
    let id = json(&["inspect", "mlp"], 0)["model_id"]
        .as_str()
        .unwrap()
        .to_owned();

    let verified = json(&["verify", "ok.json", "--model", "mlp", "--nonce", "c0ffee"], 0);
    assert_eq!(verified["valid"], true);
    assert_eq!(verified["proofs"][0]["model_id"], id.as_str());
    assert_eq!(verified["proofs"][0]["srs"]["insecure"], true);
    json(&["verify", "ok.json", "--model", &id, "--vk", "mlp/vk.bin"], 0);

    // The same outputs as the integer model, near the float model's.
    let run = json(&["run", "mlp", "--input", "in.json"], 0);
    assert_eq!(
        verified["proofs"][0]["outputs"][0]["integers"],
        run["samples"][0]["outputs"][0]["integers"]
    );
    assert!(run["max_abs_error"].as_f64().unwrap() < 0.1, "{run}");

    let rejected = json(&["verify", "ok.json", "--model", "mlp", "--nonce", "c0ffef"], 1);
    assert_eq!(rejected["valid"], false);
    assert!(
        rejected["proofs"][0]["error"]
            .as_str()
            .unwrap()
            .contains("another request"),
        "{rejected}"
    );
    json(&["verify", "ok.json", "--model", "mlp", "--refuse-insecure"], 1);
    json(
        &[
            "verify",
            "ok.json",
            "--model",
            &"0".repeat(64),
            "--vk",
            "mlp/vk.bin",
        ],
        1,
    );

    let bundle = std::fs::read_to_string(workspace().join("ok.json")).unwrap();
    let output = run["samples"][0]["outputs"][0]["integers"][3].as_i64().unwrap();
    let changed = bundle.replacen(&format!("{output}"), &format!("{}", output + 1), 1);
    assert_ne!(bundle, changed);
    write(&workspace().join("changed.json"), &changed);
    json(&["verify", "changed.json", "--model", "mlp"], 1);
    write(&workspace().join("cut.json"), &bundle[..bundle.len() / 2]);
    json(&["verify", "cut.json", "--model", "mlp"], 1);
}

fn limited<'a>(arguments: &[&'a str], limit: &'a str) -> Vec<&'a str> {
    [arguments, &["--memory", limit]].concat()
}

/// The least limit, in megabytes, that a refusal of one byte names.
fn least_megabytes(refusal: &str) -> u64 {
    let (_, named) = refusal.split_once("the least limit is ").unwrap();
    named.split_once('M').unwrap().0.parse().unwrap()
}

#[test]
fn memory_limits_are_kept_or_refused() {
    let proving = ["prove", "mlp", "--input", "in.json", "-o", "limited.proof"];
    let least = least_megabytes(&refused(&limited(&proving, "1"), 4));
    // What the process takes before the proof differs from run to run, by less than is added for it.
    let fewer = refused(&limited(&proving, &format!("{}M", least - 5)), 4);
    assert!(fewer.contains("is too little for this model"), "{fewer}");
    assert!(!workspace().join("limited.proof").exists());
    for limit in [format!("{least}M"), "2G".to_owned()] {
        json(&limited(&proving, &limit), 0);
        assert_eq!(
            json(&["verify", "limited.proof", "--model", "mlp"], 0)["valid"],
            true
        );
    }

    let measuring = ["bench", "mlp", "--input", "in.json", "--runs", "2"];
    let least = least_megabytes(&refused(&limited(&measuring, "1"), 4));
    let figures = json(&limited(&measuring, &format!("{least}M")), 0);
    let peak = figures["prove_peak_rss_mb"].as_f64().unwrap();
    // And what a process of so few megabytes takes besides differs by as much while it runs.
    assert!(peak <= (least + 2) as f64, "{peak} of {least} MB");
}

#[test]
fn several_proofs_are_verified_together() {
    prove("first.bin", &[]);
    prove("second.json", &["--nonce", "01"]);
    let all = json(&["verify", "first.bin", "second.json", "--model", "mlp"], 0);
    assert_eq!(all["proofs"].as_array().unwrap().len(), 2);
    let mut bytes = std::fs::read(workspace().join("first.bin")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(workspace().join("bad.bin"), bytes).unwrap();
    let mixed = json(
        &["verify", "first.bin", "bad.bin", "second.json", "--model", "mlp"],
        1,
    );
    let verdicts: Vec<bool> = mixed["proofs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|proof| proof["valid"].as_bool().unwrap())
        .collect();
    assert_eq!(verdicts, [true, false, true]);
    let inspected = json(&["inspect", "first.bin"], 0);
    assert_eq!(inspected["verified"], false);
}

#[test]
fn bad_inputs_name_the_place_and_leave_nothing_behind() {
    let folder = workspace();
    for (name, contents, words) in [
        ("short.json", r#"{"input_data": [[1, 2, 3]]}"#, "64"),
        (
            "large.json",
            &serde_json::json!({ "input_data": [vec![1e6; 64]] }).to_string(),
            "outside the calibrated range",
        ),
        ("broken.json", "{", "JSON"),
        (
            "two.json",
            &serde_json::json!({ "input_data": [vec![0.5; 128]] }).to_string(),
            "one sample expected",
        ),
    ] {
        write(&folder.join(name), contents);
        let message = refused(&["prove", "mlp", "--input", name, "-o", "never.json"], 3);
        assert!(message.contains(words), "{name}: {message}");
    }
    assert!(
        refused(
            &["prove", "mlp", "--input", "missing.json", "-o", "never.json"],
            3
        )
        .contains("missing.json")
    );
    assert!(
        refused(&["prove", "in.json", "--input", "in.json", "-o", "never.json"], 3)
            .contains("compiled model")
    );
    let private = [
        "prove",
        "mlp",
        "--input",
        "in.json",
        "-o",
        "never.json",
        "--private-input",
    ];
    assert!(refused(&private, 3).contains("private inputs"));
    assert!(
        refused(
            &[
                "prove",
                "mlp",
                "--input",
                "in.json",
                "-o",
                "never.json",
                "--nonce",
                "xyz"
            ],
            2
        )
        .contains("--nonce")
    );
    assert!(
        refused(
            &[
                "prove",
                "mlp",
                "--input",
                "in.json",
                "-o",
                "no/such/folder/p.json"
            ],
            4
        )
        .contains("no/such/folder")
    );
    assert!(!folder.join("never.json").exists());

    write(&folder.join("model.onnx"), "no model");
    assert!(refused(&["compile", "model.onnx", "-o", "out"], 3).contains("model.onnx"));
    assert!(refused(&["compile", "in.json", "-o", "mlp"], 2).contains("--force"));
    std::fs::create_dir_all(folder.join("foreign")).unwrap();
    write(&folder.join("foreign/file"), "not ours");
    assert!(refused(&["compile", "in.json", "-o", "foreign", "--force"], 2).contains("choose another"));
    assert!(!folder.join("out").exists());
    let leftovers = std::fs::read_dir(folder).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name().into_string().unwrap();
        name.starts_with(".hallmark") || name.ends_with(".part")
    });
    assert_eq!(leftovers.count(), 0);
    assert!(refused(&["frobnicate"], 2).contains("Usage"));
}

#[test]
fn a_tampered_folder_is_noticed() {
    let copy = workspace().join("tampered");
    std::fs::create_dir_all(&copy).unwrap();
    for entry in std::fs::read_dir(workspace().join("mlp")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    let refused_with = |file: &str, change: &dyn Fn(Vec<u8>) -> Vec<u8>, words: &str| {
        let path = copy.join(file);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, change(whole.clone())).unwrap();
        let message = refused(&["run", "tampered", "--input", "in.json"], 3);
        assert!(message.contains(words), "{file}: {message}");
        std::fs::write(&path, whole).unwrap();
    };
    refused_with(
        "vk.bin",
        &|bytes| bytes[..bytes.len() - 1].to_vec(),
        "verifying key",
    );
    refused_with(
        "quantized.json",
        &|bytes| bytes[..bytes.len() / 2].to_vec(),
        "quantized.json",
    );
    refused_with(
        "model.onnx",
        &|bytes| bytes[..bytes.len() / 2].to_vec(),
        "model.onnx",
    );
    refused_with("project.json", &|_| b"{}".to_vec(), "project.json");
    let other_bias = |bytes: Vec<u8>| {
        let mut graph: Value = serde_json::from_slice(&bytes).unwrap();
        let nodes = graph["nodes"].as_array_mut().unwrap();
        let linear = nodes
            .iter_mut()
            .find(|node| node["op"]["Linear"].is_object())
            .unwrap();
        let bias = &mut linear["op"]["Linear"]["bias"][0];
        *bias = Value::from(bias.as_i64().unwrap() + 1);
        graph.to_string().into_bytes()
    };
    refused_with("quantized.json", &other_bias, "vk.bin");
    // A graph as the first version stored it: without a version, and with scales in place of kinds.
    let first_version = |bytes: Vec<u8>| {
        let mut graph: Value = serde_json::from_slice(&bytes).unwrap();
        graph.as_object_mut().unwrap().remove("version");
        for tensor in graph["tensors"].as_array_mut().unwrap() {
            tensor.as_object_mut().unwrap().remove("kind");
            tensor["scale_bits"] = 0.into();
        }
        graph.to_string().into_bytes()
    };
    let words = "format 1, this program reads format 2; compile the model again";
    refused_with("quantized.json", &first_version, words);
}

#[test]
fn bench_prints_every_figure() {
    let model = digits("mlp.onnx");
    let figures = json(&["bench", text(&model), "--input", "in.json", "--runs", "1"], 0);
    for name in [
        "params",
        "k",
        "advice_columns",
        "fixed_columns",
        "compile_ms",
        "keygen_ms",
        "witness_ms",
        "prove_ms",
        "verify_ms",
        "proof_bytes",
        "vk_bytes",
        "key_bytes",
        "peak_rss_mb",
        "threads",
        "max_abs_error",
        "bits",
        "runs",
    ] {
        assert!(figures[name].is_number(), "{name}: {figures}");
    }
    assert_eq!(figures["params"], 3466);
    let floor = &figures["floor"];
    let part = |name: &str| floor[name].as_f64().unwrap();
    let parts = ["commit_ms", "quotient_ms", "opening_ms"].map(part);
    // With one proof, the median of sums is the sum.
    assert!((part("floor_ms") - parts.iter().sum::<f64>()).abs() < 1e-6 && parts.iter().all(|ms| *ms > 0.0));
    let over = figures["prove_ms"].as_f64().unwrap() / part("floor_ms");
    assert!((part("prove_over_floor") - over).abs() < 1e-6, "{floor}");
    // Columns that are not full, and those that there are besides, are why there are more of them.
    let beyond = &floor["beyond"];
    let advice = figures["advice_columns"].as_f64().unwrap();
    let empty: f64 = beyond["empty"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| kind["columns"].as_f64().unwrap())
        .sum();
    let full = part("small_columns") + part("full_columns");
    assert!(
        full <= advice && (advice - empty - full).abs() < 2.5,
        "{advice} columns: {floor}"
    );
    assert_eq!(beyond["fixed_columns"], figures["fixed_columns"]);
    assert!(
        figures["argmax_match"].is_boolean() && figures["machine"].is_string() && figures["srs"].is_string()
    );
    let again = json(
        &["bench", "mlp", "--input", "in.json", "--runs", "1", "--no-floor"],
        0,
    );
    assert!(again["load_keys_ms"].is_number() && again["keygen_ms"].is_null() && again["floor"].is_null());
}

#[test]
fn srs_files_are_imported_and_listed() {
    let dev = json(&["srs", "dev", "--k", "5"], 0);
    assert_eq!(dev["insecure"], true);
    let listed = json(&["srs", "info"], 0);
    assert!(
        listed["srs"].as_array().unwrap().iter().any(|srs| srs["k"] == 5),
        "{listed}"
    );
    write(&workspace().join("bad.ptau"), "ptau\x01\0\0\0");
    assert!(refused(&["srs", "import", "bad.ptau"], 3).contains("bad.ptau"));
    assert!(refused(&["srs", "dev", "--k", "40"], 3).contains("2^40"));
    let model = digits("mlp.onnx");
    let unknown = ["compile", text(&model), "-o", "other", "--srs", &"ab".repeat(32)];
    assert!(refused(&unknown, 4).contains("hallmark srs import"));
}

/// Every demand on the SRS goes by its points, also of audit files and batches of proofs.
#[test]
fn verify_says_which_srs_is_accepted() {
    prove("srs.json", &[]);
    let verify = |demand: &[&str], code| {
        let both = ["verify", "srs.json", "srs.json", "--model", "mlp"];
        json(&[&both[..], demand].concat(), code)
    };
    let srs = verify(&[], 0)["proofs"][1]["srs"].clone();
    assert_eq!(
        (&srs["provenance"], &srs["insecure"]),
        (&"insecure".into(), &true.into())
    );
    let digest = srs["digest"].as_str().unwrap();
    verify(&["--srs", digest], 0);
    verify(&["--srs", digest, "--srs", &"0".repeat(64)], 0);
    for (demand, words) in [
        (&["--srs", &"0".repeat(64)][..], "is expected"),
        (&["--only-ceremonies"], "insecure"),
        (&["--refuse-insecure"], "insecure"),
        (&["--srs", digest, "--refuse-insecure"], "insecure"),
    ] {
        let rejected = verify(demand, 1);
        let error = rejected["proofs"][0]["error"].as_str().unwrap();
        assert!(error.contains(words), "{demand:?}: {error}");
    }
    assert!(refused(&["verify", "srs.json", "--model", "mlp", "--srs", "dev"], 2).contains("--srs"));
}

/// The id of a model does not depend on how its SRS's file is called or what the cache went through, and `check` makes it
/// again; of a key that says other things than the model it says so with exit code 1.
#[test]
fn ids_are_reproducible_and_checked() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../prover/tests/data/hermez_power_4.ptau");
    let folder = workspace();
    let mut digests = Vec::new();
    for name in ["powersOfTau28_hez_final_04.ptau", "another.name"] {
        std::fs::copy(&file, folder.join(name)).unwrap();
        for cache in ["one", "two", "one"] {
            let kept = json(&["srs", "import", name, "--cache", cache], 0);
            assert_eq!(kept["provenance"], "ceremony", "{kept}");
            digests.push(kept["digest"].clone());
        }
    }
    digests.dedup();
    assert_eq!(digests.len(), 1);
    let (model, data) = (digits("mlp.onnx"), digits("calibration.npz"));
    let compile = |output: &str, cache: &str, more: &[&str]| {
        let arguments = [
            "compile",
            text(&model),
            "--public-only",
            "-o",
            output,
            "--cache",
            cache,
        ];
        let compiled = json(&[&arguments[..], more].concat(), 0);
        compiled["model_id"].as_str().unwrap().to_owned()
    };
    let with_data = ["--calibration", text(&data)];
    let id = compile("fresh", "fresh-cache", &with_data);
    assert_eq!(json(&["inspect", "mlp"], 0)["model_id"], id.as_str());
    let checked = json(&["check", "mlp"], 0);
    assert_eq!(
        (&checked["reproduced"], &checked["quantised_again"]),
        (&true.into(), &false.into())
    );
    assert_eq!(checked["model_id"], id.as_str());
    let checked = json(
        &[&["check", "fresh", "--cache", "third-cache"][..], &with_data].concat(),
        0,
    );
    assert_eq!(
        (&checked["reproduced"], &checked["quantised_again"]),
        (&true.into(), &true.into())
    );

    // The same file under another name is the same model, called as its content calls it; called otherwise it is another one.
    std::fs::copy(&model, folder.join("renamed.onnx")).unwrap();
    let renamed = ["compile", "renamed.onnx", "--public-only", "-o", "renamed"];
    let renamed = command(folder, &[&renamed[..], &with_data].concat());
    assert!(renamed.status.success(), "{}", stderr(&renamed));
    let note = "the model is called \"digits_mlp\", by its content; --name NAME gives it another name, and with it another id";
    assert!(stderr(&renamed).contains(note), "{}", stderr(&renamed));
    assert_eq!(json(&["inspect", "renamed"], 0)["model_id"], id.as_str());
    let named = compile("named", "one", &[&with_data[..], &["--name", "mlp"]].concat());
    assert_ne!(named, id);

    // Another model of the same shapes: without calibration data its scales are other ones.
    assert_ne!(compile("guessed", "one", &[]), id);
    assert_eq!(json(&["check", "guessed"], 0)["quantised_again"], true);
    let different = json(&["check", "mlp", "--vk", "guessed/vk.bin"], 1);
    assert_eq!(different["reproduced"], false);
    prove("checked.json", &[]);
    std::fs::create_dir(folder.join("mixed")).unwrap();
    for (from, to) in [
        ("mlp/quantized.json", "mixed/quantized.json"),
        ("guessed/vk.bin", "mixed/vk.bin"),
    ] {
        std::fs::copy(folder.join(from), folder.join(to)).unwrap();
    }
    assert!(refused(&["verify", "checked.json", "--model", "mixed"], 3).contains("vk.bin"));
}

/// What is at an output's path and is no file stays what it is, and is written to; a link is followed.
#[cfg(unix)]
#[test]
fn outputs_that_are_no_files_are_written_to() {
    let folder = workspace();
    let pipe = folder.join("pipe");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read(pipe).unwrap()
    });
    let prove = |place: &str| json(&["prove", "mlp", "--input", "in.json", "-o", place], 0);
    let bytes = prove("pipe")["proof_bytes"].as_u64().unwrap();
    assert!(reader.join().unwrap().len() as u64 > bytes);
    let kind = |name: &str| std::fs::symlink_metadata(folder.join(name)).unwrap().file_type();
    assert!(!kind("pipe").is_file());
    std::fs::create_dir(folder.join("elsewhere")).unwrap();
    write(&folder.join("elsewhere/real.json"), "old");
    for (link, target) in [
        ("link", "elsewhere/real.json"),
        ("dangling", "elsewhere/new.json"),
    ] {
        std::os::unix::fs::symlink(target, folder.join(link)).unwrap();
        prove(link);
        assert!(kind(link).is_symlink());
        assert!(std::fs::metadata(folder.join(target)).unwrap().len() > bytes);
    }
    std::os::unix::fs::symlink("circle", folder.join("circle")).unwrap();
    let text = refused(&["prove", "mlp", "--input", "in.json", "-o", "circle"], 4);
    assert!(text.contains("circle"), "{text}");
}

#[test]
fn standard_input_is_any_file() {
    let folder = workspace();
    let key = std::fs::read(folder.join("mlp/vk.bin")).unwrap();
    let checked = piped(folder, &["check", "mlp", "--vk", "-"], &key);
    assert!(checked.status.success(), "{}", stderr(&checked));
    let text = refused(&["check", "mlp", "--vk", "-", "--calibration", "-"], 2);
    assert!(text.contains("only one"), "{text}");
    for arguments in [&["srs", "import", "-"][..], &["srs", "info", "-"]] {
        assert!(refused(arguments, 2).contains("a file"));
    }
    let head = piped(folder, &["log", "check", "-", "absent.json"], b"{}");
    assert!(stderr(&head).contains("standard input"), "{}", stderr(&head));
    // What is compressed is called that.
    std::fs::write(folder.join("in.json.gz"), [0x1f, 0x8b, 8, 0]).unwrap();
    for arguments in [
        &["run", "mlp", "--input", "in.json.gz"][..],
        &["compile", "in.json.gz", "-o", "never"],
    ] {
        assert!(refused(arguments, 3).contains("gzip"));
    }
}

/// A name that no key can hold is the file's fault, and said before anything is computed.
#[test]
fn names_that_no_key_can_hold_are_refused() {
    let folder = workspace();
    let onnx = std::fs::read(digits("mlp.onnx")).unwrap();
    // A line break in the output's name, wherever the file has it.
    let (from, to) = (b"logits", b"log\nts");
    let mut broken = onnx.clone();
    let places: Vec<usize> = (0..onnx.len() - from.len())
        .filter(|at| onnx[*at..].starts_with(from))
        .collect();
    assert!(places.len() >= 2, "{places:?}");
    for at in places {
        broken[at..at + to.len()].copy_from_slice(to);
    }
    std::fs::write(folder.join("broken.onnx"), broken).unwrap();
    let data = digits("calibration.npz");
    let compile = |model: &str, more: &[&str]| {
        let arguments = ["compile", model, "--calibration", text(&data), "-o", "never"];
        refused(&[&arguments, more].concat(), 3)
    };
    let error = compile("broken.onnx", &[]);
    assert!(error.contains("log"), "{error}");
    assert!(!error.contains("internal"), "{error}");
    assert!(!folder.join("never").exists());
}

#[test]
fn inspect_shows_the_layout_and_draws_it() {
    let shown = json(&["inspect", "mlp", "--svg", "mlp.svg"], 0);
    let layers = shown["layout"]["layers"].as_array().unwrap();
    let weights: u64 = layers
        .iter()
        .map(|layer| layer["weights"].as_u64().unwrap())
        .sum();
    assert!(
        weights >= 3466,
        "every weight and bias lies in the layout: {shown}"
    );
    let revealed = shown["revealed"][0].as_str().unwrap();
    assert!(revealed.contains("a handful of proofs"), "{revealed}");
    let shares: f64 = layers.iter().map(|layer| layer["share"].as_f64().unwrap()).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{shares}");
    let svg = std::fs::read_to_string(workspace().join("mlp.svg")).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(refused(&["inspect", "in.json", "--svg", "no.svg"], 2).contains("--svg"));
    assert!(refused(&["inspect", "in.json"], 3).contains("in.json"));
}

#[test]
fn completions_are_printed() {
    for shell in ["bash", "zsh", "fish"] {
        let output = command(workspace(), &["completions", shell]);
        assert!(output.status.success());
        assert!(String::from_utf8(output.stdout).unwrap().contains("hallmark"));
    }
}

#[test]
fn the_demo_tells_its_story() {
    let output = command(workspace(), &["demo", "--image", "7", "--quiet"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let story = String::from_utf8(output.stdout).unwrap();
    for words in [
        "The network reads a",
        "VALID",
        "REJECTED",
        "INSECURE",
        "What is hidden",
        "What is revealed",
        "Image 7 of 450",
    ] {
        assert!(story.contains(words), "{words}: {story}");
    }
}

/// Heads that a server's database signed, and those of whoever took a copy of it before the key was replaced.
#[tokio::test]
async fn heads_of_a_receipt_log_are_held_against_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let open = async |name: &str| {
        let address = at(name);
        Database::open(text(&address), 1).await.unwrap()
    };
    let sign = async |database: &Database, size: i64, root: [u8; 32], name: &str| {
        let root = Digest(root);
        let head = database.sign_head(TreeHead { size, root }).await.unwrap();
        write(&at(name), &head.to_json());
        head
    };
    let leaves = [1u8, 2].map(|leaf| leaf_hash(&[leaf]));
    let (one, two) = (leaves[0], node_hash(&leaves[0], &leaves[1]));
    let database = open("own.sqlite").await;
    let name = sign(&database, 1, one, "old.json").await.key();
    sign(&database, 2, two, "new.json").await;
    sign(&database, 2, [8; 32], "forked.json").await;
    database.close().await;
    std::fs::copy(at("own.sqlite"), at("stolen.sqlite")).unwrap();
    let mut rotated = Vec::new();
    for (database, name) in [("own.sqlite", "rotated.json"), ("stolen.sqlite", "stolen.json")] {
        let database = open(database).await;
        database.rotate_log_key().await.unwrap();
        rotated.push(sign(&database, 2, two, name).await.key().to_string());
        database.close().await;
    }
    let stranger = open("other.sqlite").await;
    sign(&stranger, 2, two, "other.json").await;
    let proof = serde_json::json!({ "first": 1, "second": 2, "path": [Digest(leaves[1]).to_string()] });
    write(&at("proof.json"), &proof.to_string());
    let check = |arguments: &[&str]| {
        let output = command(
            folder.path(),
            &[&["log", "check"], arguments, &["--json"]].concat(),
        );
        (output.status.code().unwrap(), output)
    };
    let (name, newest) = (name.to_string(), rotated[0].as_str());
    let proof = ["--proof", "proof.json"];
    let cases: [(&[&str], i32, &str); 10] = [
        (&["old.json", "new.json", proof[0], proof[1]], 0, "continued"),
        (&["old.json", "old.json", "--log-key", &name], 0, "same"),
        (&["new.json", "old.json"], 1, "rolled-back"),
        (&["new.json", "old.json", proof[0], proof[1]], 1, "rolled-back"),
        (&["new.json", "forked.json"], 1, "forked"),
        (&["new.json", "other.json"], 1, "rejected"),
        (&["new.json", "rotated.json", "--log-key", newest], 0, "same"),
        (&["new.json", "new.json", "--log-key", newest], 1, "rejected"),
        (&["new.json", "stolen.json", "--log-key", newest], 1, "rejected"),
        (&["rotated.json", "stolen.json"], 1, "two-successors"),
    ];
    for (arguments, code, verdict) in cases {
        let (found, output) = check(arguments);
        assert_eq!(found, code, "{arguments:?}: {}", stderr(&output));
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(value["verdict"], verdict, "{arguments:?}: {value}");
        assert_eq!(value["consistent"], code == 0);
    }
    let (code, output) = check(&["old.json", "new.json"]);
    assert_eq!(code, 2);
    assert!(stderr(&output).contains("/v1/receipts/consistency?first=1&second=2"));
}

/// A stored tensor of floats, as protobuf has it.
fn stored(name: &str, shape: &[u8], values: &[f32]) -> Vec<u8> {
    let mut bytes: Vec<u8> = shape.iter().flat_map(|length| [1 << 3, *length]).collect();
    bytes.extend([2 << 3, 1, 8 << 3 | 2, name.len() as u8]);
    bytes.extend(name.as_bytes());
    let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    bytes.extend([9 << 3 | 2, raw.len() as u8]);
    bytes.extend(raw);
    bytes
}

/// A test of an operator with the model of a reference.
fn conformance_test(folder: &Path, name: &str, model: &str, tensors: [(&str, &[u8], &[f32]); 2]) {
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/reference/data");
    let data = folder.join(name).join("test_data_set_0");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::copy(reference.join(model), folder.join(name).join("model.onnx")).unwrap();
    for (file, (name, shape, values)) in ["input_0.pb", "output_0.pb"].iter().zip(tensors) {
        std::fs::write(data.join(file), stored(name, shape, values)).unwrap();
    }
}

#[test]
fn tests_of_operators_are_right_refused_or_wrong() {
    let folder = workspace().join("conformance");
    let x: Vec<f32> = (0..18).map(|i| i as f32 / 4.0 - 2.0).collect();
    let right: Vec<f32> = x.iter().map(|x| x.max(0.0)).collect();
    let mut wrong = right.clone();
    wrong[17] += 0.5;
    let (shape, relu) = (&[2, 9][..], "relu.onnx");
    conformance_test(&folder, "right", relu, [("x", shape, &x), ("y", shape, &right)]);
    conformance_test(&folder, "wrong", relu, [("x", shape, &x), ("y", shape, &wrong)]);
    let mut nan = x.clone();
    nan[3] = f32::NAN;
    conformance_test(
        &folder,
        "of_nan",
        relu,
        [("x", shape, &nan), ("y", shape, &right)],
    );
    let three = "errors/three_unsupported.onnx";
    conformance_test(&folder, "refused", three, [("x", shape, &x), ("y", shape, &x)]);

    let all = json(&["conformance", "conformance"], 1);
    for (count, expected) in [
        ("numeric", 4),
        ("right", 1),
        ("wrong", 1),
        ("refused", 2),
        ("proven", 0),
    ] {
        assert_eq!(all[count], expected, "{count}: {all}");
    }
    let verdict = |name: &str| {
        let tests = all["tests"].as_array().unwrap();
        tests.iter().find(|test| test["name"] == name).unwrap().clone()
    };
    assert_eq!(verdict("right")["operators"], serde_json::json!(["Relu"]));
    let difference = verdict("wrong")["difference"].to_string();
    assert!(
        difference.contains("at place 17, expected is 2.75"),
        "{difference}"
    );
    assert!(verdict("of_nan")["reason"].to_string().contains("NaN"));
    assert!(
        verdict("refused")["at"]
            .as_array()
            .unwrap()
            .contains(&"TopK".into())
    );

    let proven = json(&["conformance", "conformance", "--only", "right", "--prove"], 0);
    assert_eq!((&proven["right"], &proven["proven"]), (&1.into(), &1.into()));
    let text = command(workspace(), &["conformance", "conformance"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(
        text.contains("WRONG wrong: the float model gives `y` 2.25"),
        "{text}"
    );
    assert!(refused(&["conformance", "mlp"], 3).contains("no tests of operators"));
}
