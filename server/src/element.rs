//! What integers of a tensor stand for, in the service's documents.

use hallmark_verifier::ElementKind;
use serde::{Deserialize, Serialize};

/// What the integers of a tensor stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Element {
    /// Real numbers: an integer v stands for `v / 2^scale_bits`.
    #[default]
    Real,
    /// The numbers themselves.
    Integer,
    /// 0 or 1: false or true.
    Boolean,
    /// Quantised numbers: v stands for `scale · (v − zero_point)`.
    Quantized,
}

impl From<ElementKind> for Element {
    fn from(kind: ElementKind) -> Self {
        match kind {
            ElementKind::Real { .. } => Self::Real,
            ElementKind::Integer => Self::Integer,
            ElementKind::Boolean => Self::Boolean,
            ElementKind::Quantized { .. } => Self::Quantized,
        }
    }
}
