//! Structured reference strings: the powers of a secret that KZG commitments are made with.
//!
//! An [`Srs`] comes from a ceremony file ([`Srs::import`]: snarkjs `.ptau`, halo2 KZG parameters) or is the
//! development SRS ([`Srs::development`]), whose secret everybody can compute. Whatever its source, it is named by
//! a digest that does not depend on how many powers are at hand, and recognised by its points; see [`hallmark_verifier::SrsPoints`].

mod check;
mod development;
mod halo2_file;
mod points;
mod powers;
mod ptau;
mod size;
mod store;
#[cfg(test)]
mod tests;

pub use hallmark_verifier::hexadecimal::encode as hex;
pub use powers::{Srs, SrsInfo};
pub use size::{MAX_K, MIN_K};
pub use store::SrsStore;
