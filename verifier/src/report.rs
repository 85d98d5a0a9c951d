//! What a valid proof says, in structured form and in words.

use crate::bundle::Bundle;
use crate::circuit_key::CircuitKey;
use crate::element::ElementKind;
use crate::form::{Form, Inputs, Outputs, Weights};
use crate::hexadecimal;
use crate::key::{ModelDescription, VerifyingKey};
use crate::model_id::ModelId;
use crate::srs::{Provenance, SrsPoints};
use crate::statement::{Entry, EntryKind};
use crate::transcript::TranscriptKind;

/// What a model's proofs give away together, whatever they are about.
pub const REVEALED_WEIGHTS: &str = "the weights, to whoever has a handful of proofs of this model: small models' were computed \
     from 4 to 13; and a guess at them can be checked with the key alone";

/// A tensor that the proof speaks about.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundTensor {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// What its integers stand for.
    pub element: ElementKind,
    /// Its integers, row-major.
    pub values: Vec<i64>,
}

impl BoundTensor {
    /// The real values that the integers stand for.
    #[must_use]
    pub fn real_values(&self) -> Vec<f64> {
        self.values
            .iter()
            .map(|value| self.element.value(*value))
            .collect()
    }
}

/// The result of a successful verification.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// The model, by the hash of its whole key.
    pub model_id: ModelId,
    /// What the author says about the model: claims, bound by the id and not checked.
    pub model: ModelDescription,
    /// What the proof shows.
    pub form: Form,
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
    /// The key's SRS, with what its points say about where it comes from.
    pub srs: SrsPoints,
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
            form: circuit.form,
            executions: circuit.executions(),
            nonce: bundle.values.nonce,
            nonce_was_expected,
            inputs: tensors(EntryKind::Input, &bundle.values.inputs),
            input_commitment: bundle.values.input_commitment,
            outputs: tensors(EntryKind::Output, &bundle.values.outputs),
            srs: key.srs().clone(),
            transcript: bundle.transcript,
        }
    }

    /// What the proof binds, one sentence each.
    #[must_use]
    pub fn bound(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "the model with id {}: all weights, scales and arithmetic of the circuit for {}{}",
            self.model_id,
            self.form,
            match self.srs.provenance() {
                Provenance::Insecure { .. } => " (but nothing at all, as long as the SRS is an insecure one)",
                _ => "",
            }
        )];
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

    /// What no number of proofs says to whoever does not have the weights (see [`Self::revealed`]).
    #[must_use]
    pub fn hidden(&self) -> Vec<String> {
        let but = match self.form.outputs() {
            Outputs::Public => "but for what the outputs say of them",
        };
        match self.form.inputs() {
            Inputs::Committed => vec![
                format!("all values inside the model, {but}"),
                format!("the inputs, {but}; whoever has the opening of their commitment can show them"),
            ],
            Inputs::Public => vec![
                "all values inside the model, until what is revealed is computed: with the inputs it gives them".to_owned(),
            ],
        }
    }

    /// What proofs and key give away beside what is bound: not this proof alone, but several of one model together.
    #[must_use]
    pub fn revealed(&self) -> Vec<String> {
        match self.form.weights() {
            Weights::Fixed => vec![REVEALED_WEIGHTS.to_owned()],
        }
    }

    /// What has to be trusted.
    #[must_use]
    pub fn trusted(&self) -> Vec<String> {
        let digest = hexadecimal::encode(&self.srs.digest());
        let srs = match self.srs.provenance() {
            Provenance::Insecure { what } => {
                format!("an INSECURE SRS, by its points {what} ({digest}): anybody can forge this proof")
            }
            Provenance::Ceremony { name } => format!(
                "the SRS of {name}, recognised by its points ({digest}): that one of its contributors forgot their secret"
            ),
            Provenance::Unknown => format!(
                "an SRS of unknown origin ({digest}): whoever made it may be able to forge this proof; ask its maker"
            ),
        };
        vec![
            srs,
            "the model id: that it comes from the model's author".to_owned(),
            format!(
                "the author's claims about the model, which nothing here was compared with: the name {:?}, {} parameters, {} \
                 layers, and that the circuit is that of the integer graph {}; compile it again to check them",
                self.model.name,
                self.model.parameters,
                self.model.layers.len(),
                hexadecimal::encode(&self.model.graph_digest)
            ),
        ]
    }
}

fn bound(entry: &Entry, values: &[i64]) -> BoundTensor {
    BoundTensor {
        name: entry.name.clone(),
        shape: entry.shape.clone(),
        element: entry.element,
        values: values.to_vec(),
    }
}

/// Name, shape and the first values. Names are quoted with escapes: they cannot end their quotation or their line.
fn describe(tensor: &BoundTensor) -> String {
    const SHOWN: usize = 10;
    let shape: Vec<String> = tensor.shape.iter().map(ToString::to_string).collect();
    let word = |value: &i64| tensor.element.in_words(*value);
    let shown: Vec<String> = tensor.values.iter().take(SHOWN).map(word).collect();
    let more = if tensor.values.len() > SHOWN { ", …" } else { "" };
    format!(
        "{:?} ({}; {}) = [{}{more}]",
        tensor.name,
        shape.join("×"),
        tensor.element,
        shown.join(", ")
    )
}

impl std::fmt::Display for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = &self.model.name;
        match self.executions {
            1 => writeln!(
                f,
                "VALID: this output is what the model that its author calls {name:?} gives."
            )?,
            n => writeln!(
                f,
                "VALID: these outputs are what the model that its author calls {name:?} gives for {n} inputs."
            )?,
        }
        for (title, lines) in [
            ("Bound", self.bound()),
            ("Hidden", self.hidden()),
            ("Revealed", self.revealed()),
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
