//! Numbers with the shape that their file states.

use super::nest::Stated;
use super::numbers::Numbers;

/// Numbers under a name.
pub(super) struct Entry {
    pub name: String,
    pub array: Array,
}

/// Numbers with the shape that their file states.
pub(super) struct Array {
    pub numbers: Numbers,
    pub shape: Stated,
}

/// The elements of a list: for a single input of a model all together, for several one each.
///
/// A list can have as many elements as its file has bytes, so that no element takes more room here than its numbers: those for a single
/// input lie one after the other, and of elements beyond the inputs, which are refused in the end, there is the count.
pub(super) struct Elements {
    /// Where the numbers of the next element go.
    pub numbers: Numbers,
    /// Inputs of the model.
    inputs: usize,
    /// For several inputs, the elements.
    arrays: Vec<Array>,
    /// For a single one, the shape that all of them state.
    shape: Stated,
    /// Elements so far.
    count: usize,
    /// Whether all of them are numbers, none of them lists.
    bare: bool,
}

impl Elements {
    /// None yet, for a model of so many inputs.
    pub fn new(inputs: usize) -> Self {
        Self {
            numbers: Numbers::default(),
            inputs,
            arrays: Vec::new(),
            shape: None,
            count: 0,
            bare: true,
        }
    }

    /// An element whose numbers are in [`Self::numbers`], with the shape that it states.
    pub fn add(&mut self, shape: Stated) {
        self.bare &= shape.as_ref().is_some_and(Vec::is_empty);
        self.count += 1;
        if self.inputs != 1 {
            let numbers = std::mem::take(&mut self.numbers);
            if self.count <= self.inputs {
                self.arrays.push(Array { numbers, shape });
            }
        } else if self.count == 1 {
            self.shape = shape;
        } else if self.shape != shape {
            self.shape = None;
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The numbers of every input.
    ///
    /// # Errors
    /// The number of elements, if it is not that of the inputs, and whether all of them are numbers.
    pub fn into_arrays(self) -> Result<Vec<Array>, (usize, bool)> {
        if self.inputs == 1 {
            let shape = match self.count {
                1 => self.shape,
                count => self.shape.map(|shape| [&[count], shape.as_slice()].concat()),
            };
            return Ok(vec![Array {
                numbers: self.numbers,
                shape,
            }]);
        }
        match self.count == self.inputs {
            true => Ok(self.arrays),
            false => Err((self.count, self.bare)),
        }
    }
}
