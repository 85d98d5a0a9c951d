//! NumPy's `.npz` archives: a ZIP of `.npy` files, stored or deflated.

use super::{Entry, InputError, InputLimits, InputSpec, npy};
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// How an archive begins.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";
/// Bytes of an element at most, and of a header.
const BYTES_PER_ELEMENT: usize = 8;
const HEADER_BYTES: usize = 1 << 17;

/// Reads the arrays that are named like an input; a single array stands for a single input.
pub(super) fn read(
    bytes: &[u8],
    inputs: &[InputSpec],
    limits: &InputLimits,
) -> Result<Vec<Entry>, InputError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let only = match (archive.len(), inputs) {
        (1, [input]) => Some(input.name.as_str()),
        _ => None,
    };
    let mut entries = Vec::new();
    let mut left = limits.elements;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let name = match only {
            Some(name) => name.to_owned(),
            None => array_name(&file.name()?),
        };
        if !inputs.iter().any(|input| input.name == name) {
            // Its name is for the message about a missing input.
            entries.push(Entry {
                name,
                values: Vec::new(),
            });
            continue;
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
        let values = npy::read(&data, &name, left)?;
        left -= values.len();
        entries.push(Entry { name, values });
    }
    Ok(entries)
}

fn array_name(file: &str) -> String {
    file.strip_suffix(".npy").unwrap_or(file).to_owned()
}
