//! Models and inputs that outsiders reported, from the file to the words on the screen.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

#[path = "../../import/tests/file/mod.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod file;
#[allow(dead_code, reason = "other tests use the rest")]
mod program;

use file::{FLOAT, INT64, Model, Node, attribute_int};
use program::{command, piped, stderr};
use serde_json::{Value, json};
use std::path::Path;

/// A folder with a model and calibration data.
struct Case(tempfile::TempDir);

impl Case {
    fn new(model: &Model, calibration: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("m.onnx"), model.bytes()).unwrap();
        std::fs::write(folder.path().join("data.json"), calibration.to_string()).unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn compile(&self, more: &[&str]) -> std::process::Output {
        let start = ["compile", "m.onnx", "-o", "out", "--force", "--public-only"];
        command(self.path(), &[&start, more].concat())
    }

    /// The text of a refusal.
    fn refused(&self, more: &[&str]) -> String {
        let output = self.compile(more);
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert!(!self.path().join("out").exists());
        stderr(&output)
    }

    /// The warnings of a success.
    fn compiled(&self, more: &[&str]) -> String {
        let output = self.compile(more);
        assert!(output.status.success(), "{}", stderr(&output));
        stderr(&output)
    }
}

const DATA: [&str; 2] = ["--calibration", "data.json"];

/// `y = x · w` with an open axis in the middle of x.
fn recurrent() -> Model {
    Model::new()
        .input("x", FLOAT, &["2", "batch", "4"])
        .output("y", FLOAT)
        .floats("w", &[4, 3], &[0.5; 12])
        .node(Node::new("MatMul", &["x", "w"], &["y"]))
}

#[test]
fn open_axes_have_a_remedy_that_can_be_followed() {
    let nested = json!([[[1.0, 2.0, 3.0, 4.0]], [[4.0, 3.0, 2.0, 1.0]]]);
    let case = Case::new(&recurrent(), &json!({ "x": nested }));
    let text = case.refused(&[]);
    assert!(
        text.contains("`--dim 'batch=N'` or `--shape 'x=2xNx4'`"),
        "{text}"
    );
    assert!(!text.contains("option"), "{text}");
    case.compiled(&["--dim", "batch=1"]);
    case.compiled(&["--shape", "x=2x3x4"]);
    // The folder remembers what was chosen.
    let output = command(case.path(), &["run", "out", "--input", "data.json"]);
    assert!(
        stderr(&output).contains("needs 24 numbers"),
        "{}",
        stderr(&output)
    );
    case.compiled(&DATA);
    let output = command(case.path(), &["run", "out", "--input", "data.json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stderr(&case.compile(&["--dim", "bath=1"]));
    assert!(text.contains("`bath`") && text.contains("batch"), "{text}");
}

#[test]
fn refused_calibration_data_are_no_perfect_accuracy() {
    let weights = [1e20, -2e20, 3e20, 1e20];
    let model = Model::new()
        .input("x", FLOAT, &["1", "4"])
        .output("y", FLOAT)
        .floats("w", &[4, 1], &weights)
        .node(Node::new("MatMul", &["x", "w"], &["y"]));
    let case = Case::new(&model, &json!({ "x": [[1, 2, 3, 4], [4, 3, 2, 1]] }));
    let text = case.refused(&DATA);
    assert!(text.contains("2 of 2 calibration samples are refused"), "{text}");
    assert!(
        text.contains("--accept-inaccurate") && !text.contains("calibration data that cover"),
        "{text}"
    );
    let output = case.compile(&[&DATA[..], &["--accept-inaccurate"]].concat());
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        words.contains("none, for no sample was accepted") && words.contains("2 refused"),
        "{words}"
    );
    assert!(stderr(&output).contains("warning: 2 of 2"), "{}", stderr(&output));
    let report: Value =
        serde_json::from_slice(&std::fs::read(case.path().join("out/report.json")).unwrap()).unwrap();
    assert_eq!(report["accuracy"]["outputs"][0]["max_abs_error"], Value::Null);
}

#[test]
fn an_output_that_says_nothing_is_refused_and_a_coarse_one_noticed() {
    // A price and a probability in one tensor.
    let mixed = |price: f32| {
        let model = Model::new()
            .input("x", FLOAT, &["1", "2"])
            .output("y", FLOAT)
            .floats("w", &[2, 2], &[price, 0.0, 0.0, 1.0])
            .node(Node::new("MatMul", &["x", "w"], &["y"]));
        let samples: Vec<[f32; 2]> = (0..20)
            .map(|i| [(i % 7) as f32 / 7.0, (i % 9) as f32 / 9.0])
            .collect();
        Case::new(&model, &json!({ "x": samples }))
    };
    let text = mixed(80_000.0).refused(&DATA);
    assert!(text.contains("y, column 1: the error reaches"), "{text}");
    assert!(
        text.contains("loses most") && text.contains("`--bits 16` does not cure it"),
        "{text}"
    );
    let warnings = mixed(800.0).compiled(&DATA);
    assert!(
        warnings.contains("warning: y, column 1: the error reaches"),
        "{warnings}"
    );
    assert_eq!(
        mixed(1.0)
            .compiled(&DATA)
            .lines()
            .filter(|line| line.starts_with("warning"))
            .count(),
        0
    );
}

#[test]
fn integers_are_exact() {
    let output = |case: &Case| {
        case.compiled(&DATA);
        let run = command(case.path(), &["run", "out", "--input", "data.json", "--json"]);
        let value: Value = serde_json::from_slice(&run.stdout).unwrap();
        value["samples"].clone()
    };
    let identity = Model::new()
        .input("ids", INT64, &["1", "2"])
        .output("y", INT64)
        .node(Node::new("Identity", &["ids"], &["y"]));
    let case = Case::new(&identity, &json!({ "ids": [[4999, 17], [3, 4715]] }));
    let y = &output(&case)[1]["outputs"][0];
    assert_eq!(
        (&y["values"], &y["element"]),
        (&json!([3.0, 4715.0]), &json!("integer"))
    );
    std::fs::write(case.path().join("in.json"), r#"{"ids": [[1, 8191]]}"#).unwrap();
    let text = command(case.path(), &["run", "out", "--input", "in.json"]).stdout;
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("y [1, 2], integers\n"), "{text}");
    std::fs::write(case.path().join("in.json"), r#"{"ids": [[1, 8192]]}"#).unwrap();
    let text = stderr(&command(case.path(), &["run", "out", "--input", "in.json"]));
    assert!(
        text.contains("input `ids` at [0, 1] is 8192, outside the range of integers that the model was compiled for [0, 8191]"),
        "{text}"
    );

    std::fs::write(case.path().join("in.json"), r#"{"ids": [[1, 5.00000001]]}"#).unwrap();
    let text = stderr(&command(case.path(), &["run", "out", "--input", "in.json"]));
    assert!(
        text.contains("input `ids` at [0, 1] is 5.00000001; the model takes integers there"),
        "{text}"
    );

    // Integers over 2^24, of which single precision would give 0 for 1: they must be the float model's.
    let wide = Model::new()
        .input("ids", INT64, &["1", "2"])
        .output("y", INT64)
        .integers("one", INT64, &[], &[1])
        .node(Node::new("Mul", &["ids", "ids"], &["p"]))
        .node(Node::new("Add", &["p", "one"], &["q"]))
        .node(Node::new("Sub", &["q", "p"], &["y"]));
    let samples = output(&Case::new(&wide, &json!({ "ids": [[4097, 8191]] })));
    assert_eq!(samples[0]["outputs"][0]["integers"], json!([1, 1]));

    // The code of a class: 1000 times the arg-max, and 7.
    let code = Model::new()
        .input("x", FLOAT, &["1", "40"])
        .output("code", INT64)
        .integers("k", INT64, &[], &[1000])
        .node(Node::new("ArgMax", &["x"], &["a"]).attribute(attribute_int("axis", 1)))
        .integers("o", INT64, &[], &[7])
        .node(Node::new("Mul", &["a", "k"], &["b"]))
        .node(Node::new("Add", &["b", "o"], &["code"]));
    let samples: Vec<Vec<u8>> = (0..40)
        .map(|i| (0..40).map(|j| u8::from(i == j)).collect())
        .collect();
    let samples = output(&Case::new(&code, &json!({ "x": samples })));
    for (class, sample) in samples.as_array().unwrap().iter().enumerate() {
        assert_eq!(sample["outputs"][0]["integers"], json!([1000 * class + 7]));
    }
}

#[test]
fn values_outside_an_interval_are_real_numbers() {
    let case = Case::new(&recurrent(), &json!({ "x": [[[1, 1, 1, 1]], [[1, 1, 1, 1]]] }));
    case.compiled(&DATA);
    std::fs::write(
        case.path().join("in.json"),
        r#"{"x": [[[1.4, 1.4, 1.4, 1.4]], [[1.4, 1.4, 1.4, 1.4]]]}"#,
    )
    .unwrap();
    let output = command(case.path(), &["run", "out", "--input", "in.json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    std::fs::write(
        case.path().join("in.json"),
        r#"{"x": [[[1.4, 1.4, 9.0, 1.4]], [[1.4, 1.4, 1.4, 1.4]]]}"#,
    )
    .unwrap();
    let text = stderr(&command(case.path(), &["run", "out", "--input", "in.json"]));
    assert!(
        text.contains("input `x` at [0, 0, 2] is 9, outside the calibrated range"),
        "{text}"
    );
}

#[test]
fn an_input_among_the_outputs_keeps_its_name_in_the_proof() {
    let model = Model::new()
        .input("x", FLOAT, &["1", "4"])
        .output("x", FLOAT)
        .output("y", FLOAT)
        .floats("w", &[4, 3], &[0.5; 12])
        .node(Node::new("MatMul", &["x", "w"], &["y"]));
    let case = Case::new(
        &model,
        &json!({ "x": [[1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0]] }),
    );
    let output = command(case.path(), &["compile", "m.onnx", "-o", "out", DATA[0], DATA[1]]);
    assert!(output.status.success(), "{}", stderr(&output));
    std::fs::write(case.path().join("in.json"), "[1, 2, 3, 4]").unwrap();
    for private in [&[][..], &["--private-input"]] {
        let arguments = ["prove", "out", "--input", "in.json", "-o", "p.bin", "--json"];
        let output = command(case.path(), &[&arguments, private].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        let names = [0, 1].map(|index| value["verified"]["outputs"][index]["name"].clone());
        assert_eq!(names, ["x", "y"]);
        let expected: Vec<f64> = vec![1.0, 2.0, 3.0, 4.0];
        assert_eq!(value["verified"]["outputs"][0]["values"], json!(expected));
    }
}

#[test]
fn pictures_with_their_channels_last_are_refused() {
    let model = Model::new()
        .input("x", FLOAT, &["1", "3", "2", "2"])
        .output("y", FLOAT)
        .node(Node::new("Relu", &["x"], &["y"]));
    let case = Case::new(
        &model,
        &json!({ "x": [[[1, 1], [1, 1]], [[1, 1], [1, 1]], [[1, 1], [1, 1]]] }),
    );
    case.compiled(&DATA);
    std::fs::write(
        case.path().join("hwc.json"),
        r#"{"x": [[[1, 1, 1], [0, 0, 0]], [[1, 1, 1], [0, 0, 0]]]}"#,
    )
    .unwrap();
    let output = command(case.path(), &["run", "out", "--input", "hwc.json"]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(
        text.contains("`x` has shape [2, 2, 3], the model needs [1, 3, 2, 2]") && text.contains("(2, 0, 1)"),
        "{text}"
    );
}

#[test]
fn standard_streams_take_the_place_of_files() {
    let case = Case::new(&recurrent(), &json!({ "x": [[[1, 2, 3, 4]], [[4, 3, 2, 1]]] }));
    let folder = case.path();
    let onnx = std::fs::read(folder.join("m.onnx")).unwrap();
    let data = [
        "--calibration",
        "data.json",
        "-o",
        "out",
        "--public-only",
        "--name",
        "piped",
    ];
    let output = piped(folder, &[&["compile", "-"], &data[..]].concat(), &onnx);
    assert!(output.status.success(), "{}", stderr(&output));
    let input = b"\xef\xbb\xbf{\"input\": [1, 2, 3, 4, 4, 3, 2, 1]}";
    let output = piped(folder, &["run", "out", "--input", "-"], input);
    assert!(output.status.success(), "{}", stderr(&output));
    for json in [&[][..], &["--json"]] {
        let proof = piped(
            folder,
            &[&["prove", "out", "--input", "-", "-o", "-"], json].concat(),
            input,
        );
        assert!(proof.status.success(), "{}", stderr(&proof));
        assert_eq!(
            serde_json::from_slice::<Value>(&proof.stdout).is_ok(),
            !json.is_empty()
        );
        assert!(
            stderr(&proof).contains("in standard output"),
            "{}",
            stderr(&proof)
        );
        let verdict = piped(folder, &["verify", "-", "--model", "out"], &proof.stdout);
        assert!(verdict.status.success(), "{}", stderr(&verdict));
        let marked = [&b"\xef\xbb\xbf"[..], &proof.stdout].concat();
        let verdict = piped(folder, &["verify", "-", "--model", "out"], &marked);
        assert_eq!(verdict.status.success(), !json.is_empty(), "{}", stderr(&verdict));
        let seen = piped(folder, &["inspect", "-"], &proof.stdout);
        assert!(seen.status.success(), "{}", stderr(&seen));
    }
    for (arguments, words) in [
        (
            &["compile", "-", "--calibration", "-", "-o", "new"][..],
            "only one of the inputs",
        ),
        (&["compile", "m.onnx", "-o", "-"], "a folder"),
        (
            &[
                "prove",
                "out",
                "--input",
                "data.json",
                "-o",
                "-",
                "--private-input",
            ],
            "has to name a file",
        ),
    ] {
        let output = piped(folder, arguments, b"");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
    let output = piped(folder, &["run", "out", "--input", "-"], b"{");
    assert!(
        stderr(&output).contains("standard input: "),
        "{}",
        stderr(&output)
    );
}

#[test]
fn files_that_are_too_large_are_refused_unread() {
    let case = Case::new(&recurrent(), &json!([[[0.5, 0.5, 0.5, 0.5]]]));
    // A hole of 400 MB: it takes no room on the disk.
    let large = std::fs::File::create(case.path().join("large")).unwrap();
    large.set_len(400_000_000).unwrap();
    let id = "0".repeat(64);
    let refused = |arguments: &[&str], limit: u64| {
        let output = command(case.path(), arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        let words = stderr(&output);
        for part in ["large: 400000000 bytes", &format!("has at most {limit};")] {
            assert!(words.contains(part), "{arguments:?}: {words}");
        }
    };
    refused(&["inspect", "large"], 64 << 20);
    refused(&["verify", "large", "--model", &id], 192 << 20);
    refused(
        &["verify", "data.json", "--model", &id, "--vk", "large"],
        64 << 20,
    );
    refused(
        &["compile", "m.onnx", "-o", "out", "--calibration", "large"],
        64 << 20,
    );
    refused(&["log", "check", "large", "large"], 1 << 18);
    // A pipe does not say how much it has.
    let output = piped(case.path(), &["inspect", "-"], &vec![0; (64 << 20) + 1]);
    let words = stderr(&output);
    assert!(
        words.contains("standard input: more than 67108864 bytes"),
        "{words}"
    );
    assert_eq!(output.status.code(), Some(3), "{words}");
}

#[test]
fn an_output_that_cannot_be_written_is_noticed_before_the_work() {
    let case = Case::new(&recurrent(), &json!({ "x": [[[1, 2, 3, 4]], [[4, 3, 2, 1]]] }));
    case.compiled(&DATA);
    for place in ["nowhere/p.bin", "out", "m.onnx/p.bin"] {
        let output = command(
            case.path(),
            &["prove", "out", "--input", "absent.json", "-o", place],
        );
        // The place of the proof is named although the input is not there either.
        assert!(
            stderr(&output).contains(&format!("writing {place}")),
            "{}",
            stderr(&output)
        );
        assert_eq!(output.status.code(), Some(4));
    }
    let output = command(case.path(), &["compile", "absent.onnx", "-o", "m.onnx/out"]);
    assert!(
        stderr(&output).contains("writing m.onnx/out"),
        "{}",
        stderr(&output)
    );
    let left: Vec<_> = std::fs::read_dir(case.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        left.iter().all(|name| !name.to_string_lossy().contains("probe")),
        "{left:?}"
    );
}

#[test]
fn a_mistyped_place_makes_no_database() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["list"][..],
        &["create", "ada"],
        &["revoke", "key_0"],
        &["weight", "ada", "2"],
    ] {
        let output = command(
            folder.path(),
            &[&["keys"], arguments, &["--data", "data"]].concat(),
        );
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert!(
            stderr(&output).contains("hallmark.sqlite is not there"),
            "{}",
            stderr(&output)
        );
    }
    assert!(!folder.path().join("data").exists());
    let output = command(folder.path(), &["log", "rotate", "--data", "data"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(!folder.path().join("data").exists());
    let output = command(
        folder.path(),
        &["worker", "--data", "data", "--set", "storage.wait_seconds=0"],
    );
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(!folder.path().join("data").exists());
    std::fs::create_dir(folder.path().join("pictures")).unwrap();
    std::fs::write(folder.path().join("pictures/one.png"), "").unwrap();
    for (place, words) in [("nowhere/data", "neither is the folder"), ("pictures", "one.png")] {
        let output = command(
            folder.path(),
            &["serve", "--bind", "127.0.0.1:0", "--data", place],
        );
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
    let output = command(
        folder.path(),
        &["keys", "create", "ada", "--init", "--data", "data"],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        command(folder.path(), &["keys", "list", "--data", "data"])
            .status
            .success()
    );
}

#[test]
fn another_arg_max_is_noticed() {
    let model = Model::new()
        .input("x", FLOAT, &["1", "2"])
        .output("y", FLOAT)
        .node(Node::new("Relu", &["x"], &["y"]));
    // Closer to each other than integers of 12 bits can tell.
    let samples: Vec<[f64; 2]> = (1..9).map(|i| [f64::from(i), f64::from(i) + 1e-4]).collect();
    let case = Case::new(&model, &json!({ "x": samples }));
    let warnings = case.compiled(&DATA);
    assert!(
        warnings.contains("warning: y: the same arg-max in 0.0 % of the rows only"),
        "{warnings}"
    );
    assert!(warnings.contains("`x` loses most"), "{warnings}");
}
