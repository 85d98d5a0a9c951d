//! Checks bundles and says in words what they show.

use crate::digest::hex;
use crate::element::Element;
use hallmark_verifier::{
    BoundTensor, Bundle, ModelId, SrsPoints, Verified, VerifyError, VerifyOptions, VerifyingKey,
    verify_batch_with, verify_with,
};
use rayon::prelude::*;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// One bundle with the key and the options to check it by.
pub struct Check {
    /// The key of the model that the caller expects.
    pub key: Arc<VerifyingKey>,
    /// What came.
    pub bundle: Bundle,
    /// What the caller asks for besides.
    pub options: VerifyOptions,
}

/// The verdict on a bundle.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Verdict {
    /// Whether the proof shows its statement for the expected model.
    pub valid: bool,
    /// Why not, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why not, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<ReasonCode>,
    /// What a valid proof says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<ProvenStatement>,
}

/// Why a bundle was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// It is for another model than the expected one.
    WrongModel,
    /// It carries another nonce than the expected one.
    WrongNonce,
    /// It names another SRS than the model's key.
    WrongSrs,
    /// The secret of the key's SRS is public, by its points, which the caller refuses.
    InsecureSrs,
    /// The key's SRS is of no ceremony that is recognised by its points, and the caller accepts no other.
    UnknownSrs,
    /// The key's SRS is none of those that the caller accepts.
    OtherSrs,
    /// The model has no circuit for this kind of statement.
    NoSuchCircuit,
    /// Its values do not have the model's shapes, or leave their intervals.
    WrongStatement,
    /// Its proof is no sequence of points and scalars of the right length.
    MalformedProof,
    /// The proof does not show the statement.
    InvalidProof,
}

/// What a valid proof says, in structured form and in words.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProvenStatement {
    /// The model.
    pub model_id: String,
    /// The name that its author gave it.
    pub model_name: String,
    /// `public` or `private-input`.
    pub visibility: String,
    /// The nonce, hexadecimal.
    pub nonce: String,
    /// Whether it was compared with one that the caller expects.
    pub nonce_was_expected: bool,
    /// Inputs, unless they are private.
    pub inputs: Vec<StatementTensor>,
    /// The hiding commitment to private inputs, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_commitment: Option<String>,
    /// Outputs.
    pub outputs: Vec<StatementTensor>,
    /// The SRS.
    pub srs: SrsName,
    /// What the proof binds, one sentence each.
    pub bound: Vec<String>,
    /// What it does not reveal.
    pub hidden: Vec<String>,
    /// What several proofs of the model give away together.
    pub revealed: Vec<String>,
    /// What has to be trusted.
    pub trusted: Vec<String>,
}

/// A tensor of a statement, row-major.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StatementTensor {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// What its integers stand for.
    pub element: Element,
    /// An integer v stands for `v / 2^scale_bits`; 0 where the integers are the numbers, not there for quantised ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_bits: Option<i32>,
    /// Of quantised numbers, the step from one to the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<f32>,
    /// Of quantised numbers, the integer that stands for zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zero_point: Option<i64>,
    /// The integers.
    pub integers: Vec<i64>,
    /// What they stand for.
    pub values: Vec<f64>,
}

/// An SRS, recognised by its points.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SrsName {
    /// What its points are recognised as, in words.
    pub name: String,
    /// Its digest, hexadecimal.
    pub digest: String,
    /// `insecure`, `ceremony` or `unknown`.
    pub provenance: String,
    /// Whether its secret is public, so that anybody can forge proofs.
    pub insecure: bool,
}

/// Checks one bundle.
#[must_use]
pub fn verify(check: &Check) -> Verdict {
    let id = check.key.model_id();
    verdict(verify_with(&check.key, &id, &check.bundle, &check.options))
}

/// Checks many bundles on `threads` threads, each of which shares a pairing among its part.
#[must_use]
pub fn verify_all(checks: &[Check], threads: usize) -> Vec<Verdict> {
    let part = checks.len().div_ceil(threads.max(1)).max(1);
    checks.par_chunks(part).flat_map_iter(verify_part).collect()
}

fn verify_part(checks: &[Check]) -> Vec<Verdict> {
    let ids: Vec<ModelId> = checks.iter().map(|check| check.key.model_id()).collect();
    let items: Vec<_> = checks
        .iter()
        .zip(&ids)
        .map(|(check, id)| (check.key.as_ref(), id, &check.bundle, &check.options))
        .collect();
    match verify_batch_with(&items) {
        Ok(verified) => verified
            .into_iter()
            .map(|verified| verdict(Ok(verified)))
            .collect(),
        Err(VerifyError::Batch(failures)) => {
            let mut errors: Vec<Option<VerifyError>> = vec![None; checks.len()];
            for (position, error) in failures {
                if let Some(place) = errors.get_mut(position) {
                    *place = Some(error);
                }
            }
            // What did not fail is checked again by itself: a batch tells only what is wrong.
            checks
                .iter()
                .zip(errors)
                .map(|(check, error)| error.map_or_else(|| verify(check), |error| verdict(Err(error))))
                .collect()
        }
        Err(_) => checks.iter().map(verify).collect(),
    }
}

fn verdict(result: Result<Verified, VerifyError>) -> Verdict {
    match result {
        Ok(verified) => Verdict {
            valid: true,
            reason: None,
            code: None,
            statement: Some(ProvenStatement::from(&verified)),
        },
        Err(error) => Verdict {
            valid: false,
            reason: Some(error.to_string()),
            code: Some(ReasonCode::of(&error)),
            statement: None,
        },
    }
}

impl ReasonCode {
    fn of(error: &VerifyError) -> Self {
        match error {
            VerifyError::WrongKey { .. } | VerifyError::WrongModel { .. } => Self::WrongModel,
            VerifyError::WrongNonce { .. } => Self::WrongNonce,
            VerifyError::WrongSrs { .. } => Self::WrongSrs,
            VerifyError::InsecureSrs(_) => Self::InsecureSrs,
            VerifyError::UnknownSrs(_) => Self::UnknownSrs,
            VerifyError::OtherSrs { .. } => Self::OtherSrs,
            VerifyError::NoSuchCircuit(_) => Self::NoSuchCircuit,
            VerifyError::StatementShape { .. } | VerifyError::OutsideInterval { .. } => Self::WrongStatement,
            VerifyError::Malformed { .. } => Self::MalformedProof,
            _ => Self::InvalidProof,
        }
    }
}

impl From<&Verified> for ProvenStatement {
    fn from(verified: &Verified) -> Self {
        let tensors = |tensors: &[BoundTensor]| tensors.iter().map(StatementTensor::from).collect();
        Self {
            model_id: verified.model_id.to_string(),
            model_name: verified.model.name.clone(),
            visibility: verified.form.name().to_owned(),
            nonce: hex(&verified.nonce),
            nonce_was_expected: verified.nonce_was_expected,
            inputs: tensors(&verified.inputs),
            input_commitment: verified.input_commitment.map(|bytes| hex(&bytes)),
            outputs: tensors(&verified.outputs),
            srs: SrsName::from(&verified.srs),
            bound: verified.bound(),
            hidden: verified.hidden(),
            revealed: verified.revealed(),
            trusted: verified.trusted(),
        }
    }
}

impl From<&SrsPoints> for SrsName {
    fn from(srs: &SrsPoints) -> Self {
        Self {
            name: srs.provenance().to_string(),
            digest: hex(&srs.digest()),
            provenance: srs.provenance().word().to_owned(),
            insecure: srs.is_insecure(),
        }
    }
}

impl From<&BoundTensor> for StatementTensor {
    fn from(tensor: &BoundTensor) -> Self {
        Self {
            name: tensor.name.clone(),
            shape: tensor.shape.clone(),
            element: tensor.element.into(),
            scale_bits: tensor.element.scale_bits(),
            scale: tensor.element.scale(),
            zero_point: tensor.element.zero_point(),
            integers: tensor.values.clone(),
            values: tensor.real_values(),
        }
    }
}
