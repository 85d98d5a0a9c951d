//! Tests of ONNX operators as the standard has them: a folder for each, with a model, inputs and the outputs that are right.
//!
//! `onnx.backend.test` lays them out so: `NAME/model.onnx`, `NAME/test_data_set_0/input_0.pb`, `output_0.pb` and so on.

mod case;
mod judge;
mod verdict;

pub use verdict::Verdict;

use crate::contents::Contents;
use crate::error::Error;
use crate::reading::read_file;
use crate::surroundings::Surroundings;
use case::Case;
use serde::Serialize;
use std::fs::read_dir;
use std::path::{Path, PathBuf};

/// What became of a test.
#[derive(Clone, Debug, Serialize)]
pub struct Tested {
    /// The folder's name.
    pub name: String,
    /// The operators of its model.
    pub operators: Vec<String>,
    /// Its verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// The tests in a folder, by name.
///
/// # Errors
/// [`Error::File`] for a folder that cannot be read, [`Error::NoTests`] for one without tests.
pub fn tests(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = Error::file("reading", folder);
    let mut found = Vec::new();
    for entry in read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.join(MODEL).is_file() {
            found.push(path);
        }
    }
    match found.is_empty() {
        true => Err(Error::NoTests(folder.to_owned())),
        false => {
            found.sort_unstable();
            Ok(found)
        }
    }
}

const MODEL: &str = "model.onnx";

/// Runs the test in a folder of [`tests`]; `prove` says whether a proof is made, with the development SRS, and verified.
///
/// # Errors
/// [`Error`] naming a file that cannot be read or is none of a test. What the model is refused for is a verdict.
pub fn test(folder: &Path, prove: bool, surroundings: &Surroundings<'_>) -> Result<Tested, Error> {
    let name = folder.file_name().unwrap_or_default();
    let onnx = read_file(&folder.join(MODEL), Contents::Model)?;
    let (case, operators) = match Case::read(folder, &onnx)? {
        Ok(case) => case,
        Err((verdict, operators)) => {
            return Ok(Tested {
                name: name.to_string_lossy().into_owned(),
                operators,
                verdict,
            });
        }
    };
    let verdict = judge::judge(&onnx, &case, (&operators, prove), surroundings)?;
    Ok(Tested {
        name: name.to_string_lossy().into_owned(),
        operators,
        verdict,
    })
}
