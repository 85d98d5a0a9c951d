//! Reading ONNX files whose inputs may have open axes.

use crate::error::Error;
use hallmark_import::input::stated_shapes;
use hallmark_import::{ImportOptions, Imported};
use std::collections::BTreeMap;

/// Lengths of axes that an ONNX file leaves open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputShapes {
    /// Whole shapes, by input.
    pub shapes: BTreeMap<String, Vec<usize>>,
    /// Lengths of symbolic axes, by their names in the file.
    pub dimensions: BTreeMap<String, usize>,
}

/// Reads an ONNX file whose inputs may have open axes. What `shapes` does not say is taken from the shapes that `data`, the
/// bytes of a calibration file, state.
///
/// # Errors
/// [`Error::Import`], which names every node that is not supported.
pub fn import_model(bytes: &[u8], shapes: &InputShapes, data: Option<&[u8]>) -> Result<Imported, Error> {
    let options = ImportOptions {
        input_shapes: shapes.shapes.clone(),
        dimensions: shapes.dimensions.clone(),
        data_shapes: data.map(stated_shapes).unwrap_or_default(),
        ..ImportOptions::default()
    };
    Ok(hallmark_import::read(bytes, &options)?)
}
