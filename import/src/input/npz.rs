//! NumPy's `.npz` archives: a ZIP of `.npy` files, stored or deflated.

use super::array::{Array, Entry};
use super::error::{InputError, note_name};
use super::npy;
use super::spec::{InputLimits, InputSpec};
use crate::DataShape;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// Arrays whose shapes are listed: a model has far fewer inputs.
pub(super) const MAX_ARRAYS: usize = 1 << 10;

/// How an archive begins.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";
/// Bytes of an element at most, and of a header.
const BYTES_PER_ELEMENT: usize = 8;
const HEADER_BYTES: usize = 1 << 17;

/// Bytes of an array that are read for its shape.
const SHAPE_BYTES: u64 = 1 << 12;

/// The shapes of all arrays, from their headers.
pub(super) fn shapes(bytes: &[u8]) -> Result<Vec<DataShape>, InputError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let only = archive.len() == 1;
    let mut shapes = Vec::new();
    for index in 0..archive.len().min(MAX_ARRAYS) {
        let file = archive.by_index(index)?;
        let name = Some(array_name(&file.name()?)).filter(|_| !only);
        let mut head = Vec::new();
        if file.take(SHAPE_BYTES).read_to_end(&mut head).is_ok()
            && let Some(shape) = npy::shape(&head)
        {
            shapes.push(DataShape { name, shape });
        }
    }
    Ok(shapes)
}

/// Reads the arrays that are named like an input; a single array stands for a single input. Also the names of all arrays.
pub(super) fn read(
    bytes: &[u8],
    inputs: &[InputSpec],
    limits: &InputLimits,
) -> Result<(Vec<Entry>, Vec<String>), InputError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let only = match (archive.len(), inputs) {
        (1, [input]) => Some(input.name.as_str()),
        _ => None,
    };
    let (mut entries, mut names) = (Vec::<Entry>::new(), Vec::new());
    let mut left = limits.elements;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let name = match only {
            Some(name) => name.to_owned(),
            None => array_name(&file.name()?),
        };
        note_name(&mut names, &name);
        if !inputs.iter().any(|input| input.name == name) {
            continue;
        }
        if entries.iter().any(|entry| entry.name == name) {
            return Err(InputError::Repeated { name });
        }
        // The size in the directory may lie: what is read counts.
        let limit = left
            .saturating_mul(BYTES_PER_ELEMENT)
            .saturating_add(HEADER_BYTES);
        let mut data = Vec::new();
        let fail = |error: std::io::Error| InputError::Npy {
            array: name.clone(),
            problem: error.to_string(),
        };
        file.by_ref()
            .take(limit as u64 + 1)
            .read_to_end(&mut data)
            .map_err(fail)?;
        if data.len() > limit {
            return Err(InputError::TooLarge {
                what: "bytes of an array",
                found: data.len(),
                limit,
            });
        }
        let array: Array = npy::read(&data, &name, left)?;
        left -= array.numbers.values.len();
        entries.push(Entry { name, array });
    }
    Ok((entries, names))
}

fn array_name(file: &str) -> String {
    file.strip_suffix(".npy").unwrap_or(file).to_owned()
}
