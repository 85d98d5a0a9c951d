//! Verifies Hallmark proofs on arkworks, independently of the prover. Never panics.
//!
//! A [`VerifyingKey`] says what a model is: the SRS it trusts, a description, and for every kind of statement a
//! [`Protocol`] (columns, gates, commitments) with a [`Statement`] (what lies where in the public inputs). Its
//! [`ModelId`] is a hash of all of that. A [`Bundle`] carries one proof with the values it speaks about.
//! [`verify`] checks a bundle against a key and the model id that the caller expects, and returns what was
//! bound, hidden and trusted.
//!
//! The crate knows nothing of halo2, files or networks. `docs/proof-format.md` states the formats and the checks
//! exactly enough for a third implementation.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::string_slice
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::as_conversions,
        clippy::arithmetic_side_effects
    )
)]

mod argument;
pub mod audit;
mod bundle;
mod bundle_json;
mod character;
pub mod check;
mod circuit_key;
mod codec;
mod curve;
mod element;
mod error;
pub mod form;
mod form_codec;
pub mod hazmat;
pub mod hexadecimal;
mod json_limits;
mod key;
pub mod log_head;
mod model_id;
pub mod name;
mod opening;
mod pairing;
mod problem;
mod protocol;
mod protocol_codec;
pub mod receipt;
mod report;
mod size;
pub mod srs;
mod statement;
mod transcript;
mod verify;
mod work;
mod writable;

pub use bundle::{Bundle, MAX_BUNDLE_BYTES};
pub use circuit_key::{CircuitKey, MAX_ENTRIES};
pub use codec::MAX_NAME_BYTES;
pub use curve::{g1_from_bytes, g1_to_bytes, g2_from_bytes, scalar_from_bytes, scalar_to_bytes};
pub use element::ElementKind;
pub use error::VerifyError;
pub use form::Form;
pub use key::{MAX_KEY_BYTES, ModelDescription, VerifyingKey};
pub use model_id::ModelId;
pub use problem::{Document, Problem};
pub use protocol::{ColumnKind, Constraint, Gate, Node, PermutationColumn, Protocol, Query, delta, omega};
pub use report::{BoundTensor, REVEALED_WEIGHTS, Verified};
pub use srs::{Provenance, SrsPoints, SrsPolicy};
pub use statement::{Entry, EntryKind, Statement, StatementValues, integer, nonce_elements};
pub use transcript::{TranscriptKind, transcript_seed};
pub use verify::{VerifyOptions, verify, verify_batch, verify_batch_with, verify_with};

pub use work::MAX_WORK;

/// The scalar field of BN254, in which circuits compute.
pub use ark_bn254::Fr;
/// A point of BN254's first group, in which polynomials are committed.
pub use ark_bn254::G1Affine;
/// A point of BN254's second group.
pub use ark_bn254::G2Affine;
