//! A test as its folder has it.

use super::verdict::Verdict;
use crate::contents::Contents;
use crate::error::Error;
use crate::reading::read_file;
use hallmark_import::{ImportError, Limits, StoredTensor, declared, read_tensor};
use std::path::Path;

/// Values of inputs with the outputs that they give.
pub(super) struct DataSet {
    pub inputs: Vec<StoredTensor>,
    pub outputs: Vec<StoredTensor>,
}

/// A test's data sets, with the names of the model's inputs.
pub(super) struct Case {
    pub inputs: Vec<String>,
    pub sets: Vec<DataSet>,
}

/// A test and its operators, or what is known without running it.
type Read = Result<(Case, Vec<String>), (Verdict, Vec<String>)>;

impl Case {
    /// Reads a test's folder.
    pub fn read(folder: &Path, onnx: &[u8]) -> Result<Read, Error> {
        let declared = match declared(onnx, &Limits::default()) {
            Ok(declared) => declared,
            Err(error) => return Ok(Err(refused(error, Vec::new()))),
        };
        let operators = declared.operators;
        let mut values = declared.inputs.iter().chain(&declared.outputs);
        if let Some(what) = values.find_map(|value| value.foreign.clone()) {
            return Ok(Err((Verdict::Foreign { what }, operators)));
        }
        let mut sets = Vec::new();
        loop {
            let data = folder.join(format!("test_data_set_{}", sets.len()));
            if !data.is_dir() {
                break;
            }
            let read = |kind: &str, count: usize| {
                let tensors = (0..count).map(|index| stored(&data.join(format!("{kind}_{index}.pb"))));
                tensors.collect::<Result<Result<Vec<_>, ImportError>, Error>>()
            };
            match (
                read("input", declared.inputs.len())?,
                read("output", declared.outputs.len())?,
            ) {
                (Ok(inputs), Ok(outputs)) => sets.push(DataSet { inputs, outputs }),
                (Err(error), _) | (_, Err(error)) => return Ok(Err(refused(error, operators))),
            }
        }
        if sets.is_empty() {
            return Err(Error::NoTests(folder.to_owned()));
        }
        let inputs = declared.inputs.into_iter().map(|input| input.name).collect();
        Ok(Ok((Self { inputs, sets }, operators)))
    }
}

fn refused(error: ImportError, operators: Vec<String>) -> (Verdict, Vec<String>) {
    let reason = error.to_string();
    let at = operators.clone();
    (Verdict::Refused { reason, at }, operators)
}

fn stored(path: &Path) -> Result<Result<StoredTensor, ImportError>, Error> {
    let bytes = read_file(path, Contents::Model)?;
    Ok(read_tensor(&bytes, &Limits::default()))
}
