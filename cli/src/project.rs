//! The folder of a compiled model.
//!
//! `project.json` (options and identity), `model.onnx` (the source, for the float comparison), `quantized.json` (the
//! integer graph), `vk.bin` (the verifying key), `report.json` (accuracy and layout). The folder is built beside
//! its place and renamed, so that it is whole or not there.

use crate::failure::Failure;
use hallmark_circuits::Target;
use hallmark_import::ImportOptions;
use hallmark_model::{Graph, QuantizedGraph};
use hallmark_verifier::VerifyingKey;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Version of the folder's layout.
const FORMAT: u32 = 1;
/// Largest file that is read. The largest bench model, of 4 million parameters, takes about 30 MB.
const MAX_FILE_BYTES: u64 = 1 << 30;

const PROJECT_FILE: &str = "project.json";
const ONNX_FILE: &str = "model.onnx";
const GRAPH_FILE: &str = "quantized.json";
/// The verifying key in the folder.
pub const KEY_FILE: &str = "vk.bin";
const REPORT_FILE: &str = "report.json";

/// What `project.json` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Version of the folder's layout.
    pub format: u32,
    /// The model's name.
    pub name: String,
    /// The id in the verifying key, for readers; the key is what counts.
    pub model_id: String,
    /// Bits of activations and weights.
    pub bits: u32,
    /// `fast` or `evm`.
    pub target: String,
    /// Whether there is a circuit for private inputs.
    pub private_input: bool,
    /// Where the scales come from: `data`, `random inputs` or `the input and scaled copies`.
    pub calibration: String,
}

/// A compiled model in memory.
pub struct Project {
    /// Options and identity.
    pub settings: Settings,
    /// The source file.
    pub onnx: Vec<u8>,
    /// The float model.
    pub float: Graph,
    /// The integer model.
    pub graph: Arc<QuantizedGraph>,
    /// The verifying key.
    pub key: Arc<VerifyingKey>,
}

impl Settings {
    /// Settings of the current format.
    pub fn new(name: &str, bits: u32, target: &str, private_input: bool, calibration: &str) -> Self {
        Self {
            format: FORMAT,
            name: name.to_owned(),
            model_id: String::new(),
            bits,
            target: target.to_owned(),
            private_input,
            calibration: calibration.to_owned(),
        }
    }
}

impl Project {
    /// Reads and checks the folder.
    ///
    /// # Errors
    /// An input failure that names the file.
    pub fn load(folder: &Path) -> Result<Self, Failure> {
        if !folder.is_dir() {
            return Err(Failure::input(format!(
                "{} is not the folder of a compiled model; make one with `hallmark compile MODEL.onnx -o DIR`",
                folder.display()
            )));
        }
        let settings: Settings = read_json(&folder.join(PROJECT_FILE))?;
        if settings.format != FORMAT {
            return Err(Failure::input(format!(
                "{}: format {}, this program reads format {FORMAT}; compile the model again",
                folder.display(),
                settings.format
            )));
        }
        let graph_path = folder.join(GRAPH_FILE);
        let graph: QuantizedGraph = read_json(&graph_path)?;
        graph
            .validate()
            .map_err(|error| Failure::from(error).about(&graph_path))?;
        let onnx_path = folder.join(ONNX_FILE);
        let onnx = read_file(&onnx_path)?;
        let float = hallmark_import::import(&onnx, &ImportOptions::default())
            .map_err(|error| Failure::from(error).about(&onnx_path))?;
        let key = read_key(&folder.join(KEY_FILE))?;
        if key.model().graph_digest != graph.digest() {
            return Err(Failure::input(format!(
                "{}: the integer model is not the one that {KEY_FILE} was made for; compile the model again",
                graph_path.display()
            )));
        }
        Ok(Self {
            settings,
            onnx,
            float,
            graph: Arc::new(graph),
            key: Arc::new(key),
        })
    }

    /// What the layout is made for.
    ///
    /// # Errors
    /// An input failure if the settings name no known target.
    pub fn target(&self) -> Result<Target, Failure> {
        match self.settings.target.as_str() {
            "fast" => Ok(Target::Fast),
            "evm" => Ok(Target::Evm),
            other => Err(Failure::input(format!(
                "{PROJECT_FILE}: unknown target {other:?}; compile the model again"
            ))),
        }
    }

    /// Writes the folder with `report`, whole or not at all. Returns the bytes of the verifying key.
    ///
    /// # Errors
    /// A usage failure if the folder is there and not to be replaced, or holds something else; a resource failure
    /// if it cannot be written.
    pub fn save<R: Serialize>(&self, folder: &Path, replace: bool, report: &R) -> Result<u64, Failure> {
        check_place(folder, replace)?;
        let parent = match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(|error| Failure::file("creating", parent, &error))?;
        // Removed when dropped, whatever happens.
        let building = tempfile::Builder::new()
            .prefix(".hallmark-")
            .tempdir_in(parent)
            .map_err(|error| Failure::file("creating a folder in", parent, &error))?;
        let inside = building.path().join("new");
        fs::create_dir(&inside).map_err(|error| Failure::file("creating", &inside, &error))?;
        let key = self.key.to_bytes();
        write_file(&inside.join(ONNX_FILE), &self.onnx)?;
        write_file(&inside.join(KEY_FILE), &key)?;
        write_json(&inside.join(GRAPH_FILE), self.graph.as_ref(), false)?;
        write_json(&inside.join(REPORT_FILE), report, true)?;
        write_json(&inside.join(PROJECT_FILE), &self.settings, true)?;
        if folder.exists() {
            let old = building.path().join("old");
            fs::rename(folder, &old).map_err(|error| Failure::file("replacing", folder, &error))?;
        }
        fs::rename(&inside, folder).map_err(|error| Failure::file("writing", folder, &error))?;
        Ok(key.len() as u64)
    }
}

/// Refuses a place that [`Project::save`] must not write to.
///
/// # Errors
/// A usage failure.
pub fn check_place(folder: &Path, replace: bool) -> Result<(), Failure> {
    if folder.as_os_str().is_empty() || folder.file_name().is_none() {
        return Err(Failure::usage(format!(
            "--output: {:?} is not the name of a folder",
            folder.display()
        )));
    }
    if !folder.exists() {
        return Ok(());
    }
    let ours = folder.join(PROJECT_FILE).is_file();
    let empty = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    match (ours, empty, replace) {
        (_, true, _) | (true, _, true) => Ok(()),
        (true, _, false) => Err(Failure::usage(format!(
            "{} is there already; replace it with --force",
            folder.display()
        ))),
        (false, ..) => Err(Failure::usage(format!(
            "{} is there and not the folder of a compiled model; choose another one",
            folder.display()
        ))),
    }
}

/// Reads a verifying key.
///
/// # Errors
/// An input failure that names the file and, inside, the field.
pub fn read_key(path: &Path) -> Result<VerifyingKey, Failure> {
    VerifyingKey::from_bytes(&read_file(path)?).map_err(|error| Failure::from(error).about(path))
}

/// Reads a file of at most [`MAX_FILE_BYTES`].
///
/// # Errors
/// An input failure if it is not there or too large, else a resource failure.
pub fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error| Failure::file("reading", path, &error);
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(Failure::input(format!(
            "{}: larger than the limit of {MAX_FILE_BYTES} bytes",
            path.display()
        )));
    }
    Ok(bytes)
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    serde_json::from_slice(&read_file(path)?)
        .map_err(|error| Failure::input(format!("{}: {error}; compile the model again", path.display())))
}

fn write_json<T: Serialize>(path: &Path, value: &T, pretty: bool) -> Result<(), Failure> {
    let failed = |error| Failure::file("writing", path, &error);
    let mut writer = BufWriter::new(File::create(path).map_err(failed)?);
    let written = if pretty {
        serde_json::to_writer_pretty(&mut writer, value)
    } else {
        serde_json::to_writer(&mut writer, value)
    };
    written.map_err(|error| failed(error.into()))?;
    finish(writer).map_err(failed)
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error| Failure::file("writing", path, &error);
    let mut writer = BufWriter::new(File::create(path).map_err(failed)?);
    writer.write_all(bytes).map_err(failed)?;
    finish(writer).map_err(failed)
}

fn finish(writer: BufWriter<File>) -> std::io::Result<()> {
    writer
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error)?
        .sync_all()
}

/// The file beside `proof` that holds what opens its commitment.
pub fn opening_path(proof: &Path) -> PathBuf {
    let mut name = proof.file_name().unwrap_or_default().to_os_string();
    name.push(".opening.json");
    proof.with_file_name(name)
}
