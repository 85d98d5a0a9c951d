//! What the caller chooses.

use crate::ModelError;
use serde::{Deserialize, Serialize};

/// Options of [`crate::quantize()`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuantizeOptions {
    /// Bits of an activation, sign included: 4 to 16.
    pub bits: u32,
    /// Bits of a weight before per-channel alignment, sign included: 4 to 16.
    pub weight_bits: u32,
    /// Bits of tensors that lead to an output or an arg-max through movement of elements only: `bits` to 16.
    pub output_bits: u32,
    /// How far the scales of a layer's output channels may lie apart, in bits: 0 to 8.
    pub channel_spread_bits: u32,
    /// Factor by which values may exceed the calibrated magnitudes without leaving their intervals: 1 to 1024.
    pub headroom: f32,
}

impl Default for QuantizeOptions {
    fn default() -> Self {
        QuantizeOptions {
            bits: 12,
            weight_bits: 12,
            output_bits: 16,
            channel_spread_bits: 5,
            headroom: 1.5,
        }
    }
}

impl QuantizeOptions {
    /// Default options with another number of activation and weight bits; outputs keep at least as many.
    pub fn with_bits(bits: u32) -> Self {
        let default = QuantizeOptions::default();
        QuantizeOptions {
            bits,
            weight_bits: bits,
            output_bits: default.output_bits.max(bits),
            ..default
        }
    }

    /// Refuses options outside their ranges.
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        let whole = [
            ("bits", self.bits, 4, 16),
            ("weight_bits", self.weight_bits, 4, 16),
            ("output_bits", self.output_bits, self.bits, 16),
            ("channel_spread_bits", self.channel_spread_bits, 0, 8),
        ];
        for (option, value, least, most) in whole {
            if !(least..=most).contains(&value) {
                let (value, allowed) = (value.to_string(), format!("{least} to {most}"));
                return Err(ModelError::Option {
                    option,
                    value,
                    allowed,
                });
            }
        }
        if !(1.0..=1024.0).contains(&self.headroom) {
            let (value, allowed) = (self.headroom.to_string(), "1 to 1024".to_owned());
            return Err(ModelError::Option {
                option: "headroom",
                value,
                allowed,
            });
        }
        Ok(())
    }
}
