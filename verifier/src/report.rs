//! What a valid proof says, in structured form and in words.

use crate::bundle::Bundle;
use crate::hexadecimal;
use crate::key::{CircuitKey, ModelDescription, ModelId, VerifyingKey, Visibility};
use crate::statement::{Entry, EntryKind};
use crate::transcript::TranscriptKind;

/// A tensor that the proof speaks about.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundTensor {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// The real value of an integer v is `v / 2^scale_bits`.
    pub scale_bits: i32,
    /// Its integers, row-major.
    pub values: Vec<i64>,
}

impl BoundTensor {
    /// The real values that the integers stand for.
    #[must_use]
    #[allow(clippy::as_conversions, reason = "the nearest float is what is wanted")]
    pub fn real_values(&self) -> Vec<f64> {
        let unit = 2f64.powi(self.scale_bits.saturating_neg());
        self.values.iter().map(|value| *value as f64 * unit).collect()
    }
}

/// The result of a successful verification.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// The model, by the hash of its whole key.
    pub model_id: ModelId,
    /// What the author says about the model; bound by the id.
    pub model: ModelDescription,
    /// Whether inputs are in the clear.
    pub visibility: Visibility,
    /// Executions of the model that the proof shows: the equal parts of every tensor along its first axis.
    pub executions: usize,
    /// The caller's nonce.
    pub nonce: [u8; 32],
    /// Whether the nonce was compared with one that the caller expects.
    pub nonce_was_expected: bool,
    /// Inputs in the clear.
    pub inputs: Vec<BoundTensor>,
    /// The hiding commitment to private inputs: a scalar, little-endian.
    pub input_commitment: Option<[u8; 32]>,
    /// Outputs in the clear.
    pub outputs: Vec<BoundTensor>,
    /// Name of the SRS.
    pub srs_name: String,
    /// Digest of the SRS.
    pub srs_digest: [u8; 32],
    /// Whether the SRS is a development SRS.
    pub srs_insecure: bool,
    /// The hash behind the challenges.
    pub transcript: TranscriptKind,
}

impl Verified {
    pub(crate) fn new(
        key: &VerifyingKey,
        circuit: &CircuitKey,
        bundle: &Bundle,
        nonce_was_expected: bool,
    ) -> Self {
        let tensors = |kind, values: &[Vec<i64>]| {
            circuit
                .statement
                .of_kind(kind)
                .zip(values)
                .map(|(entry, values)| bound(entry, values))
                .collect()
        };
        Verified {
            model_id: key.model_id(),
            model: key.model().clone(),
            visibility: circuit.visibility,
            executions: circuit.executions(),
            nonce: bundle.values.nonce,
            nonce_was_expected,
            inputs: tensors(EntryKind::Input, &bundle.values.inputs),
            input_commitment: bundle.values.input_commitment,
            outputs: tensors(EntryKind::Output, &bundle.values.outputs),
            srs_name: key.srs().name.clone(),
            srs_digest: key.srs().digest,
            srs_insecure: key.srs().insecure,
            transcript: bundle.transcript,
        }
    }

    /// What the proof binds, one sentence each.
    #[must_use]
    pub fn bound(&self) -> Vec<String> {
        let mut lines = vec![
            format!(
                "the model with id {}: all its weights, scales and arithmetic",
                self.model_id
            ),
            format!(
                "the digest {} of its integer graph",
                hexadecimal::encode(&self.model.graph_digest)
            ),
        ];
        if self.executions > 1 {
            lines.push(format!(
                "{} executions of the model: part i of every input along its first axis gives part i of every output",
                self.executions
            ));
        }
        lines.extend(
            self.inputs
                .iter()
                .map(|tensor| format!("the input {}", describe(tensor))),
        );
        if let Some(commitment) = &self.input_commitment {
            lines.push(format!(
                "a hiding commitment to the inputs, {}",
                hexadecimal::encode(commitment)
            ));
        }
        lines.extend(
            self.outputs
                .iter()
                .map(|tensor| format!("the output {}", describe(tensor))),
        );
        let nonce = hexadecimal::encode(&self.nonce);
        lines.push(match self.nonce_was_expected {
            true => format!("the expected nonce {nonce}: it answers this request"),
            false => format!("the nonce {nonce}, which was not compared with an expected one"),
        });
        lines
    }

    /// What the proof does not reveal.
    #[must_use]
    pub fn hidden(&self) -> Vec<String> {
        let mut lines = vec![
            "the weights, weakly: a guess can be checked, and every proof shows one evaluation per column of them"
                .to_owned(),
            "all values inside the model".to_owned(),
        ];
        if self.visibility == Visibility::PrivateInput {
            lines.push("the inputs; whoever has the opening of their commitment can show them".to_owned());
        }
        lines
    }

    /// What has to be trusted.
    #[must_use]
    pub fn trusted(&self) -> Vec<String> {
        let digest = hexadecimal::encode(&self.srs_digest);
        let srs = match self.srs_insecure {
            true => format!(
                "an INSECURE development SRS, {:?} ({digest}): its secret is known, anybody can forge this proof",
                self.srs_name
            ),
            false => format!(
                "the SRS {:?} ({digest}): that one of its contributors forgot their secret",
                self.srs_name
            ),
        };
        vec![
            srs,
            "the model id: that it comes from the model's author".to_owned(),
            format!(
                "the author's description ({:?}, {} parameters, {} layers): compile the model again to check it",
                self.model.name,
                self.model.parameters,
                self.model.layers.len()
            ),
        ]
    }
}

fn bound(entry: &Entry, values: &[i64]) -> BoundTensor {
    BoundTensor {
        name: entry.name.clone(),
        shape: entry.shape.clone(),
        scale_bits: entry.scale_bits,
        values: values.to_vec(),
    }
}

/// Name, shape and the first values. Names are quoted with escapes: they cannot end their quotation or their line.
fn describe(tensor: &BoundTensor) -> String {
    const SHOWN: usize = 10;
    let shape: Vec<String> = tensor.shape.iter().map(ToString::to_string).collect();
    let reals = tensor.real_values();
    let shown: Vec<String> = reals
        .iter()
        .take(SHOWN)
        .map(|value| format!("{value:.4}"))
        .collect();
    let more = if reals.len() > SHOWN { ", …" } else { "" };
    format!(
        "{:?} ({}; integers / 2^{}) = [{}{more}]",
        tensor.name,
        shape.join("×"),
        tensor.scale_bits,
        shown.join(", ")
    )
}

impl std::fmt::Display for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = &self.model.name;
        match self.executions {
            1 => writeln!(f, "VALID: this output is what model {name:?} gives.")?,
            n => writeln!(
                f,
                "VALID: these outputs are what model {name:?} gives for {n} inputs."
            )?,
        }
        for (title, lines) in [
            ("Bound", self.bound()),
            ("Hidden", self.hidden()),
            ("Trusted", self.trusted()),
        ] {
            writeln!(f, "{title}:")?;
            for line in lines {
                writeln!(f, "  - {line}")?;
            }
        }
        Ok(())
    }
}
