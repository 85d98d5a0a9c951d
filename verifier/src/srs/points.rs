//! The points, and what is recognised by them.

use super::known::{CEREMONIES, Ceremony, PUBLIC_SECRETS};
use super::small;
use crate::curve::{coordinate_to_bytes, reversed};
use crate::hexadecimal;
use crate::pairing::product_is_one;
use crate::problem::Problem;
use ark_bn254::{Fq, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use sha2::{Digest, Sha256};

const DOMAIN: &[u8] = b"hallmark/srs/1";

/// What is known of the secret behind an SRS.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Provenance {
    /// The secret is public: anybody can forge proofs.
    Insecure {
        /// Which secret it is, in words.
        what: String,
    },
    /// The outcome of a ceremony in [`CEREMONIES`]: secret if one of its contributors forgot their part.
    Ceremony {
        /// The ceremony's name in that table.
        name: &'static str,
    },
    /// Nothing is known. Whoever made it may know the secret.
    Unknown,
}

impl Provenance {
    /// `insecure`, `ceremony` or `unknown`, as JSON output has it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Provenance::Insecure { .. } => "insecure",
            Provenance::Ceremony { .. } => "ceremony",
            Provenance::Unknown => "unknown",
        }
    }

    /// What it is called in this program's tables, if it is in one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Provenance::Insecure { what } => Some(what),
            Provenance::Ceremony { name } => Some(name),
            Provenance::Unknown => None,
        }
    }
}

impl std::fmt::Display for Provenance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Provenance::Insecure { what } => write!(f, "{what} (INSECURE)"),
            Provenance::Ceremony { name } => f.write_str(name),
            Provenance::Unknown => f.write_str("unknown: ask its maker"),
        }
    }
}

/// The points of an SRS that verifying takes. The generators are those of BN254 that everybody uses, `(1, 2)` in the first
/// group; they are no part of a key. Always consistent: it can only be made by checking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SrsPoints {
    s_g1: G1Affine,
    s_g2: G2Affine,
    digest: [u8; 32],
    provenance: Provenance,
}

impl SrsPoints {
    /// Checks that the points are multiples of the generators by one secret, which is neither 0 nor ±1, and recognises them.
    ///
    /// # Errors
    /// The [`Problem`] with them.
    pub fn new(s_g1: G1Affine, s_g2: G2Affine) -> Result<Self, Problem> {
        if !s_g1.is_on_curve() || !s_g2.is_on_curve() {
            return Err(Problem::OffCurve);
        }
        if !s_g2.is_in_correct_subgroup_assuming_on_curve() {
            return Err(Problem::WrongSubgroup);
        }
        Self::of_subgroup(s_g1, s_g2)
    }

    /// [`Self::new`] for points that are known to lie in their groups.
    pub(crate) fn of_subgroup(s_g1: G1Affine, s_g2: G2Affine) -> Result<Self, Problem> {
        if s_g1.is_zero() || s_g2.is_zero() {
            return Err(Problem::PointAtInfinity);
        }
        if s_g1.x == Self::g1().x {
            return Err(Problem::TrivialSecret);
        }
        // A ceremony in the table passed the check of the pairing when it was put there: a test repeats it.
        let provenance = match ceremony(&s_g1, &s_g2) {
            Some(name) => Provenance::Ceremony { name },
            None if !one_secret(&s_g1, &s_g2) => return Err(Problem::TwoSecrets),
            // Now that the points belong together, one of them tells the secret.
            None => public_secret(&s_g1).map_or(Provenance::Unknown, |what| Provenance::Insecure { what }),
        };
        Ok(SrsPoints {
            s_g1,
            s_g2,
            digest: digest(&s_g1, &s_g2),
            provenance,
        })
    }

    /// Generator of the first group.
    pub fn g1() -> G1Affine {
        G1Affine::generator()
    }

    /// Generator of the second group.
    pub fn g2() -> G2Affine {
        G2Affine::generator()
    }

    /// The generator of the first group times the secret.
    pub fn s_g1(&self) -> &G1Affine {
        &self.s_g1
    }

    /// The generator of the second group times the secret.
    pub fn s_g2(&self) -> &G2Affine {
        &self.s_g2
    }

    /// SHA-256 over the tag `hallmark/srs/1` and the coordinates of g1, s·g1, g2 and s·g2, each as 32 bytes big endian, x
    /// before y, and the constant coefficient of an extension element before the other.
    ///
    /// The points determine the secret and so every power: SRSs of one ceremony have one digest, whatever their size and file
    /// format.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// What is known of the secret.
    #[must_use]
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Whether the secret is known to be public.
    #[must_use]
    pub fn is_insecure(&self) -> bool {
        matches!(self.provenance, Provenance::Insecure { .. })
    }
}

fn coordinates1(point: &G1Affine) -> [Fq; 2] {
    [point.x, point.y]
}

fn coordinates2(point: &G2Affine) -> [Fq; 4] {
    [point.x.c0, point.x.c1, point.y.c0, point.y.c1]
}

fn big_endian(coordinate: &Fq) -> [u8; 32] {
    reversed(coordinate_to_bytes(coordinate))
}

fn digest(s_g1: &G1Affine, s_g2: &G2Affine) -> [u8; 32] {
    let mut hash = Sha256::new().chain_update(DOMAIN);
    let first = [&SrsPoints::g1(), s_g1].map(coordinates1);
    let second = [&SrsPoints::g2(), s_g2].map(coordinates2);
    for coordinate in first.as_flattened().iter().chain(second.as_flattened()) {
        hash.update(big_endian(coordinate));
    }
    hash.finalize().into()
}

/// Whether `e(s·g1, g2) = e(g1, s·g2)`.
fn one_secret(s_g1: &G1Affine, s_g2: &G2Affine) -> bool {
    product_is_one(&[-*s_g1, SrsPoints::g1()], &[SrsPoints::g2(), *s_g2])
}

fn ceremony(s_g1: &G1Affine, s_g2: &G2Affine) -> Option<&'static str> {
    let found = coordinates1(s_g1).map(|c| hexadecimal::encode(&big_endian(&c)));
    let second = coordinates2(s_g2).map(|c| hexadecimal::encode(&big_endian(&c)));
    let is = |ceremony: &&Ceremony| ceremony.s_g1 == found && ceremony.s_g2 == second;
    CEREMONIES.iter().find(is).map(|ceremony| ceremony.name)
}

/// The secret behind a point, up to its sign, if everybody knows it.
fn public_secret(s_g1: &G1Affine) -> Option<String> {
    let x = hexadecimal::encode(&big_endian(&s_g1.x));
    let listed = PUBLIC_SECRETS.iter().find(|secret| secret.x == x);
    match listed {
        Some(secret) => Some(secret.what.to_owned()),
        None => small::secret(s_g1).map(|number| format!("an SRS whose secret is the number {number}")),
    }
}
