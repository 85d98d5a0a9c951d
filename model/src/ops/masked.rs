//! A tensor in which some elements do not count, for what only asks which element is the greatest.

use super::check::single;
use super::lowering::{Lowering, NodeView, Quantize};
use super::operator::{FloatOp, Role, Shaped};
use super::softmax::{Forms, Mask};
use crate::shape::{self, View};
use crate::{FloatTensor, ModelError, TensorId};

/// `[X] → X + mask`, where the mask broadcasts to X. Of its very negative numbers only the order along an axis is kept: elements that could
/// not be the greatest one are less than all others.
#[derive(Clone, Debug, PartialEq)]
pub struct Masked {
    /// The axis.
    pub axis: usize,
    /// What is added.
    pub mask: FloatTensor,
}

impl Shaped for Masked {
    fn name(&self) -> &'static str {
        "Masked"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        let shape = single(inputs)?;
        if shape::broadcast(&[shape, self.mask.shape()])? != shape || self.axis >= shape.len() {
            return Err(format!(
                "a mask of shape {:?} for shape {shape:?}",
                self.mask.shape()
            ));
        }
        Ok(shape.to_vec())
    }
    /// Its elements are the input's, or none.
    fn role(&self) -> Role {
        Role::Moves
    }
}

impl FloatOp for Masked {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        let contents = View::contents(&self.mask);
        let mask = View {
            shape: self.mask.shape(),
            data: &contents,
        };
        super::affine::zip(&[inputs[0], mask], output, |x, mask| x + mask)
    }
}

impl<O: Forms> Quantize<O> for Masked {
    /// Affine and Scale, without cells.
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        let x = to.input(node, 0)?;
        // Whatever the input is, what is lowered by more than all its values lie apart is not the greatest.
        let mask = Mask::new(to, node, (&self.mask, self.axis), (x, 0.0))?;
        let (masked, _) = mask.apply(to, node, x, -1)?;
        Ok(masked)
    }
}
