//! The folder of a compiled model.
//!
//! `project.json` (options and identity), `model.onnx` (the source, for the float comparison), `quantized.json` (the
//! integer graph), `vk.bin` (the verifying key), `plan.json` (what the search for layouts decided), `report.json` (accuracy and
//! layout). The folder is built beside its place and renamed, so that it is whole or not there.

use super::plans::parse_plans;
use super::{StoredGraph, compare_key, parse_graph};
use crate::contents::Contents;
use crate::error::Error;
use crate::importing::{InputShapes, import_model};
use crate::reading::json;
use crate::reading::read_file;
use hallmark_circuits::Target;
use hallmark_model::{Graph, QuantizedGraph};
use hallmark_prover::KeptPlans;
use hallmark_verifier::VerifyingKey;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Version of the folder's layout.
const FORMAT: u32 = 3;

/// Options and identity in the folder.
pub const PROJECT_FILE: &str = "project.json";
/// The source in the folder.
pub const ONNX_FILE: &str = "model.onnx";
/// The integer graph in the folder.
pub const GRAPH_FILE: &str = "quantized.json";
/// The verifying key in the folder.
pub const KEY_FILE: &str = "vk.bin";
/// Plans of the circuits in the folder. Folders that earlier versions made have none.
pub const PLAN_FILE: &str = "plan.json";
/// Accuracy and circuits in the folder.
pub const REPORT_FILE: &str = "report.json";

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
    /// How many samples these were.
    pub calibration_samples: usize,
    /// Their digest, hexadecimal; see [`super::calibration_digest`]. With them, the integer graph can be made again.
    pub calibration_digest: String,
    /// Shapes of inputs whose axes the ONNX file leaves open.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub input_shapes: BTreeMap<String, Vec<usize>>,
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
    /// What the search for its circuits' layouts decided. Whoever has none searches again.
    pub plans: Option<KeptPlans>,
}

/// What the files of a project hold.
pub struct Parts {
    /// Options and identity.
    pub settings: Settings,
    /// `quantized.json`.
    pub graph: Vec<u8>,
    /// `model.onnx`.
    pub onnx: Vec<u8>,
    /// `vk.bin`.
    pub key: Vec<u8>,
    /// `plan.json`, which earlier versions did not write.
    pub plans: Option<Vec<u8>>,
}

impl Settings {
    /// Settings of the current format.
    pub fn new(name: &str, bits: u32, target: &str, private_input: bool, calibration: &str) -> Self {
        Self {
            calibration_samples: 0,
            calibration_digest: String::new(),
            format: FORMAT,
            name: name.to_owned(),
            model_id: String::new(),
            bits,
            target: target.to_owned(),
            private_input,
            calibration: calibration.to_owned(),
            input_shapes: BTreeMap::new(),
        }
    }
}

impl Project {
    /// Reads and checks the folder.
    ///
    /// # Errors
    /// [`Error`] naming the file.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        if !folder.is_dir() {
            return Err(Error::NoFolder(folder.to_owned()));
        }
        let path = |name: &str| folder.join(name);
        let read = |name: &str, contents| read_file(&path(name), contents);
        let settings = json(
            &path(PROJECT_FILE).display().to_string(),
            &read(PROJECT_FILE, Contents::About)?,
        )?;
        let parts = Parts {
            settings,
            graph: read(GRAPH_FILE, Contents::Graph)?,
            onnx: read(ONNX_FILE, Contents::Model)?,
            key: read(KEY_FILE, Contents::Key)?,
            plans: match path(PLAN_FILE).exists() {
                true => Some(read(PLAN_FILE, Contents::About)?),
                false => None,
            },
        };
        Self::check(parts, |name| folder.join(name))
    }

    /// Puts a project together from what its files hold.
    ///
    /// # Errors
    /// [`Error`] naming the part.
    pub fn from_parts(parts: Parts) -> Result<Self, Error> {
        Self::check(parts, |name| PathBuf::from(name))
    }

    fn check(parts: Parts, place: impl Fn(&str) -> PathBuf) -> Result<Self, Error> {
        let settings = parts.settings;
        if settings.format != FORMAT {
            let file = place(PROJECT_FILE);
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
            return Err(Error::Format {
                what: folder.unwrap_or(&file).display().to_string(),
                got: settings.format,
                expected: FORMAT,
            });
        }
        let graph_path = place(GRAPH_FILE);
        let graph = parse_graph(&graph_path, &parts.graph)?;
        let shapes = InputShapes {
            shapes: settings.input_shapes.clone(),
            ..InputShapes::default()
        };
        let float = import_model(&parts.onnx, &shapes, None)
            .map_err(|error| error.at(&place(ONNX_FILE)))?
            .graph;
        let key =
            VerifyingKey::from_bytes(&parts.key).map_err(|error| Error::from(error).at(&place(KEY_FILE)))?;
        compare_key(&key, &graph).map_err(|error| error.at(&place(KEY_FILE)))?;
        let plans = parts.plans.map(|bytes| parse_plans(&place(PLAN_FILE), &bytes));
        Ok(Self {
            settings,
            onnx: parts.onnx,
            float,
            graph: Arc::new(graph),
            key: Arc::new(key),
            plans: plans.transpose()?,
        })
    }

    /// What the layout is made for.
    ///
    /// # Errors
    /// [`Error::Target`].
    pub fn target(&self) -> Result<Target, Error> {
        Ok(self.settings.target.parse()?)
    }

    /// Writes the folder with `report`, whole or not at all. Returns the bytes of the verifying key.
    ///
    /// # Errors
    /// [`Error`] if the folder is there and not to be replaced, or holds something else; or
    /// if it cannot be written.
    pub fn save<R: Serialize>(&self, folder: &Path, replace: bool, report: &R) -> Result<u64, Error> {
        check_place(folder, replace)?;
        let parent = match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(Error::file("creating", parent))?;
        // Removed when dropped, whatever happens.
        let building = tempfile::Builder::new()
            .prefix(".hallmark-")
            .tempdir_in(parent)
            .map_err(Error::file("creating a folder in", parent))?;
        let inside = building.path().join("new");
        fs::create_dir(&inside).map_err(Error::file("creating", &inside))?;
        let key = self.key.to_bytes();
        write_file(&inside.join(ONNX_FILE), &self.onnx)?;
        write_file(&inside.join(KEY_FILE), &key)?;
        let stored = StoredGraph::from(self.graph.as_ref());
        write_json(&inside.join(GRAPH_FILE), &stored, false)?;
        if let Some(plans) = &self.plans {
            write_json(&inside.join(PLAN_FILE), plans, true)?;
        }
        write_json(&inside.join(REPORT_FILE), report, true)?;
        write_json(&inside.join(PROJECT_FILE), &self.settings, true)?;
        if folder.exists() {
            let old = building.path().join("old");
            fs::rename(folder, &old).map_err(Error::file("replacing", folder))?;
        }
        fs::rename(&inside, folder).map_err(Error::file("writing", folder))?;
        Ok(key.len() as u64)
    }
}

/// Refuses a place that [`Project::save`] must not write to.
///
/// # Errors
/// [`Error::NotAName`], [`Error::Exists`], [`Error::SomethingElse`].
pub fn check_place(folder: &Path, replace: bool) -> Result<(), Error> {
    if folder.as_os_str().is_empty() || folder.file_name().is_none() {
        return Err(Error::NotAName(folder.to_owned()));
    }
    if !folder.exists() {
        return Ok(());
    }
    let ours = folder.join(PROJECT_FILE).is_file();
    let empty = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    match (ours, empty, replace) {
        (_, true, _) | (true, _, true) => Ok(()),
        (true, _, false) => Err(Error::Exists(folder.to_owned())),
        (false, ..) => Err(Error::SomethingElse(folder.to_owned())),
    }
}

/// Reads the verifying key in a compiled model's folder, and compares it with the integer graph there.
///
/// # Errors
/// [`Error`] naming the file, [`Error::NotReproduced`] if they do not belong together.
pub fn read_own_key(folder: &Path) -> Result<VerifyingKey, Error> {
    let path = folder.join(KEY_FILE);
    let key = read_key(&path)?;
    compare_key(&key, &read_graph(folder)?).map_err(|error| error.at(&path))?;
    Ok(key)
}

/// Reads and validates the integer graph in a compiled model's folder.
///
/// # Errors
/// [`Error`] naming the file.
pub fn read_graph(folder: &Path) -> Result<QuantizedGraph, Error> {
    let path = folder.join(GRAPH_FILE);
    parse_graph(&path, &read_file(&path, Contents::Graph)?)
}

/// Reads a verifying key.
///
/// # Errors
/// [`Error::At`] with the file and, inside, the field.
pub fn read_key(path: &Path) -> Result<VerifyingKey, Error> {
    VerifyingKey::from_bytes(&read_file(path, Contents::Key)?).map_err(|error| Error::from(error).at(path))
}

fn write_json<T: Serialize>(path: &Path, value: &T, pretty: bool) -> Result<(), Error> {
    let failed = Error::file("writing", path);
    let mut writer = BufWriter::new(File::create(path).map_err(failed)?);
    let written = if pretty {
        serde_json::to_writer_pretty(&mut writer, value)
    } else {
        serde_json::to_writer(&mut writer, value)
    };
    written.map_err(|error| failed(error.into()))?;
    finish(writer).map_err(failed)
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = Error::file("writing", path);
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
