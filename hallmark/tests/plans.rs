//! The plan in a compiled model's folder: with it nothing is searched, without it everything works as well, and whatever else lies in
//! its place is refused in words.
#![allow(clippy::unwrap_used, clippy::panic)]

use hallmark::project::{PLAN_FILE, Project, Surroundings, lay_out, open};
use hallmark::{
    Class, CompileOptions, CompiledModel, Error, Event, Form, Model, ProveOptions, Stage, Target, digits,
};
use hallmark_prover::{Prover, ProverError};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

/// A folder with the digits model, of both forms and a batch.
fn compiled(target: Target) -> (tempfile::TempDir, PathBuf) {
    let model = Model::from_onnx(digits::CNN).unwrap();
    let options = CompileOptions {
        target,
        batch: Some(2),
        ..CompileOptions::default()
    };
    let typical = model.samples(digits::CALIBRATION).unwrap();
    let compiled = model.calibrate(typical).unwrap().compile(&options).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("digits");
    compiled.save(&place).unwrap();
    (folder, place)
}

/// One such folder for tests that only read it.
fn fast() -> &'static Path {
    static FOLDER: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    &FOLDER.get_or_init(|| compiled(Target::Fast)).1
}

/// A copy of the folder with something else in the place of its plan.
fn with_plan(bytes: Option<&[u8]>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("copy");
    std::fs::create_dir(&place).unwrap();
    for file in std::fs::read_dir(fast()).unwrap() {
        let path = file.unwrap().path();
        std::fs::copy(&path, place.join(path.file_name().unwrap())).unwrap();
    }
    match bytes {
        Some(bytes) => std::fs::write(place.join(PLAN_FILE), bytes).unwrap(),
        None => std::fs::remove_file(place.join(PLAN_FILE)).unwrap(),
    }
    (folder, place)
}

fn plan() -> Value {
    serde_json::from_slice(&std::fs::read(fast().join(PLAN_FILE)).unwrap()).unwrap()
}

/// A prover of a folder with this plan, or why there is none.
fn opened(plan: &Value, form: Form) -> Result<Prover, Error> {
    let (_folder, place) = with_plan(Some(&serde_json::to_vec(plan).unwrap()));
    open(&Project::load(&place)?, form, &Surroundings::default())
}

/// Whether there is none because the plan is not the key's.
fn is_refused(plan: &Value, form: Form) -> bool {
    match opened(plan, form) {
        Ok(_) => false,
        Err(error) => {
            let kept = |error: &Error| matches!(error, Error::Prover(ProverError::KeptPlan { form: of, .. }) if *of == form);
            assert!(kept(&error) && error.class() == Class::Model, "{plan}: {error}");
            assert!(error.to_string().contains("compile the model again"), "{error}");
            true
        }
    }
}

/// The stages and remarks of a proof by a model in a folder.
fn told(place: &Path, form: Form) -> (Vec<Stage>, Vec<String>) {
    let seen = Mutex::new((Vec::new(), Vec::new()));
    let observer = |event: Event| {
        let mut seen = seen.lock().unwrap();
        match event {
            Event::StageStarted { stage, .. } => seen.0.push(stage),
            Event::Remark(words) => seen.1.push(words),
            _ => {}
        }
    };
    let surroundings = Surroundings {
        progress: &observer,
        ..Surroundings::default()
    };
    let model = CompiledModel::load(place).unwrap();
    let samples = model.samples(digits::TEST).unwrap();
    let samples = &samples[..if form == Form::PUBLIC_BATCH { 2 } else { 1 }];
    model
        .prove_with(samples, form, &ProveOptions::default(), &surroundings)
        .unwrap();
    seen.into_inner().unwrap()
}

#[test]
fn proving_searches_nothing() {
    let (_folder, evm) = compiled(Target::Evm);
    for place in [fast(), &evm] {
        let project = Project::load(place).unwrap();
        for form in [Form::PUBLIC, Form::PRIVATE_INPUT, Form::PUBLIC_BATCH] {
            let circuit = lay_out(&project, form, &Surroundings::default()).unwrap();
            assert_eq!(circuit.plan().lowerings(), 1, "{form}");
        }
    }
    for form in [Form::PUBLIC, Form::PRIVATE_INPUT, Form::PUBLIC_BATCH] {
        let (stages, remarks) = told(fast(), form);
        assert_eq!(stages[..3], [Stage::Layout, Stage::Srs, Stage::Keys], "{form}");
        assert!(
            !stages.contains(&Stage::Plan) && remarks.is_empty(),
            "{remarks:?}"
        );
    }
}

/// Folders that earlier versions made have no plan, and one may have lost the plan of one form.
#[test]
fn what_is_not_kept_is_planned_anew_and_told() {
    let mut fewer = plan();
    fewer["circuits"]
        .as_object_mut()
        .unwrap()
        .remove("public")
        .unwrap();
    for bytes in [None, Some(serde_json::to_vec(&fewer).unwrap())] {
        let (_folder, place) = with_plan(bytes.as_deref());
        let (stages, remarks) = told(&place, Form::PUBLIC);
        assert_eq!(stages[..3], [Stage::Plan, Stage::Srs, Stage::Keys]);
        assert!(remarks[0].contains("compile the model again"), "{remarks:?}");
        let project = Project::load(&place).unwrap();
        let circuit = lay_out(&project, Form::PUBLIC, &Surroundings::default()).unwrap();
        assert!(circuit.plan().lowerings() > 1);
    }
}

/// Every number in the file, with others in its place; and digests and forms that are not those of the key.
#[test]
fn another_plan_than_the_keys_is_refused() {
    const MOST: u64 = u32::MAX as u64;
    let own = plan();
    let public = &own["circuits"]["public"];
    let refuses = |path: &str, value: Value| {
        let mut other = own.clone();
        *other["circuits"]["public"].pointer_mut(path).unwrap() = value;
        is_refused(&other, Form::PUBLIC)
    };
    assert!(!refuses("/digest", public["digest"].clone()), "its own");
    let k = public["choice"]["k"].as_u64().unwrap();
    for other in [0, 7, k - 1, k + 1, 20, 21, 63, 64, MOST] {
        assert!(refuses("/choice/k", json!(other)), "{other}");
    }
    let mut wider = 0;
    for (field, width) in public["choice"]["widths"].as_object().unwrap() {
        let path = format!("/choice/widths/{field}");
        let Some(width) = width.as_u64() else {
            assert!(refuses(&path, json!(true)));
            continue;
        };
        for other in [0, 4096, MOST] {
            assert!(refuses(&path, json!(other)), "{field}: {other}");
        }
        // A bank that holds nothing may have any width: the circuit is the key's all the same.
        for other in [width + 1, width + 4, width + 400] {
            wider += usize::from(refuses(&path, json!(other)));
        }
    }
    assert!(wider > 10, "{wider}");
    for digest in [
        json!(""),
        json!("00".repeat(32)),
        own["circuits"]["private-input"]["digest"].clone(),
    ] {
        assert!(refuses("/digest", digest));
    }
    let mut swapped = own.clone();
    swapped["circuits"]["public"] = own["circuits"]["public-batch"].clone();
    swapped["circuits"]["public-batch"] = own["circuits"]["public"].clone();
    assert!(is_refused(&swapped, Form::PUBLIC) && is_refused(&swapped, Form::PUBLIC_BATCH));
    assert!(!is_refused(&swapped, Form::PRIVATE_INPUT));
    let mut elsewhere = own.clone();
    elsewhere["graph_digest"] = json!("11".repeat(32));
    assert!(is_refused(&elsewhere, Form::PUBLIC));
}

#[test]
fn what_is_no_plan_is_refused_by_its_file() {
    let whole = std::fs::read(fast().join(PLAN_FILE)).unwrap();
    let own = plan();
    let mut more = own.clone();
    more["more"] = json!(1);
    let mut newer = own.clone();
    newer["version"] = json!(2);
    let mut negative = own.clone();
    negative["circuits"]["public"]["choice"]["k"] = json!(-1);
    let mut large = own.clone();
    large["circuits"]["public"]["choice"]["k"] = json!(1u64 << 40);
    let mut lacks = own.clone();
    lacks["circuits"]["public"]["choice"]["widths"]
        .as_object_mut()
        .unwrap()
        .remove("border");
    let changed = [more, newer, negative, large, lacks].map(|value| serde_json::to_vec(&value).unwrap());
    let cut = (0..whole.len())
        .step_by(40)
        .map(|length| whole[..length].to_vec());
    for bytes in cut
        .chain(changed)
        .chain([vec![0xff; 100], b"[]".to_vec(), b"null".to_vec()])
    {
        let (_folder, place) = with_plan(Some(&bytes));
        let error = match Project::load(&place) {
            Err(error) => error,
            Ok(_) => panic!("{}", String::from_utf8_lossy(&bytes)),
        };
        assert!(
            matches!(error, Error::Json { .. } | Error::Format { .. }),
            "{error}"
        );
        let words = error.to_string();
        assert!(
            words.contains(PLAN_FILE) && words.contains("compile the model again"),
            "{words}"
        );
    }
}

/// Progress has an end: parts grow over all circuits of a model.
#[test]
fn planning_says_how_far_it_is() {
    let model = Model::from_onnx(digits::CNN).unwrap();
    let typical = model.samples(digits::CALIBRATION).unwrap();
    for target in [Target::Fast, Target::Evm] {
        let parts = Mutex::new(Vec::new());
        let observer = |event: Event| {
            if let Event::Progress {
                stage: Stage::Plan,
                fraction,
            } = event
            {
                parts.lock().unwrap().push(fraction);
            }
        };
        let surroundings = Surroundings {
            progress: &observer,
            ..Surroundings::default()
        };
        let options = CompileOptions {
            target,
            batch: Some(2),
            ..CompileOptions::default()
        };
        let model = Model::from_onnx(digits::CNN).unwrap();
        let calibrated = model.calibrate(typical.clone()).unwrap();
        calibrated.compile_with(&options, &surroundings).unwrap();
        let parts = parts.into_inner().unwrap();
        assert!(parts.len() >= 6 && parts.is_sorted(), "{parts:?}");
        assert!(parts[0] > 0.0 && parts[0] < 0.3, "{parts:?}");
        assert_eq!(*parts.last().unwrap(), 1.0);
    }
}
