//! `RMSNormalization`: `x / √(Σx² / D + ε) · scale` over the axes from `axis` on; onnxruntime's name for it is
//! `SimplifiedLayerNormalization`.

use super::layer_normalization::over_last_axes;
use super::rule::Rule;
use hallmark_model::ops::float::Measure;

pub(super) const RULE: Rule = Rule {
    name: "RMSNormalization",
    attributes: &["axis", "epsilon", "stash_type"],
    lower: |ctx| over_last_axes(ctx, Measure::RootMeanSquare),
};

pub(super) const SIMPLIFIED: Rule = Rule {
    name: "SimplifiedLayerNormalization",
    ..RULE
};
