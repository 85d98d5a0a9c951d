//! SHPLONK (BDFG21) as halo2 has it: many openings of many commitments folded into one pairing equation
//! `e(left, s·g2) = e(right, g2)`.

use crate::error::VerifyError;
use crate::transcript::ProofReader;
use ark_bn254::{Fr, G1Affine};
use ark_ff::{AdditiveGroup, Field, batch_inversion};
use std::collections::{BTreeSet, HashMap};

/// What is opened. Two columns are different sources even if their commitments are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    Advice(usize),
    Product(usize),
    Fixed(usize),
    Sigma(usize),
    Quotient,
    Random,
}

/// A commitment, or a linear combination of commitments.
#[derive(Clone, Debug)]
pub(crate) enum Commitment {
    Single(G1Affine),
    Combination(Vec<(Fr, G1Affine)>),
}

/// All openings of one commitment.
struct Opened {
    commitment: Commitment,
    /// Rotation and value.
    values: Vec<(i32, Fr)>,
}

/// All openings of a proof, in order.
#[derive(Default)]
pub(crate) struct Openings {
    opened: Vec<Opened>,
    positions: HashMap<Source, usize>,
}

/// What is left of one proof: `e(left, s·g2) = e(Σ scalar·base, g2)` has to hold.
#[derive(Clone, Debug)]
pub(crate) struct Accumulator {
    pub(crate) left: G1Affine,
    pub(crate) scalars: Vec<Fr>,
    pub(crate) bases: Vec<G1Affine>,
    /// Digest of the transcript: of the whole statement and the whole proof.
    pub(crate) digest: [u8; 64],
}

/// Commitments that are opened at the same points.
struct PointSet<'a> {
    rotations: BTreeSet<i32>,
    members: Vec<&'a Opened>,
}

impl Openings {
    pub(crate) fn add(&mut self, source: Source, commitment: Commitment, rotation: i32, value: Fr) {
        let next = self.opened.len();
        let position = *self.positions.entry(source).or_insert(next);
        match self.opened.get_mut(position) {
            Some(opened) => opened.values.push((rotation, value)),
            None => self.opened.push(Opened {
                commitment,
                values: vec![(rotation, value)],
            }),
        }
    }

    /// Sets of points in the order in which they first occur.
    fn point_sets(&self) -> Vec<PointSet<'_>> {
        let mut sets: Vec<PointSet<'_>> = Vec::new();
        let mut positions: HashMap<BTreeSet<i32>, usize> = HashMap::new();
        for opened in &self.opened {
            let rotations: BTreeSet<i32> = opened.values.iter().map(|(rotation, _)| *rotation).collect();
            let next = sets.len();
            let position = *positions.entry(rotations.clone()).or_insert(next);
            match sets.get_mut(position) {
                Some(set) => set.members.push(opened),
                None => sets.push(PointSet {
                    rotations,
                    members: vec![opened],
                }),
            }
        }
        sets
    }

    /// Reads the opening argument and folds all openings. `point_of` maps a rotation to its point.
    pub(crate) fn accumulate(
        &self,
        g1: &G1Affine,
        point_of: impl Fn(i32) -> Fr,
        mut reader: ProofReader<'_>,
    ) -> Result<Accumulator, VerifyError> {
        let (y, v) = (reader.challenge(), reader.challenge());
        let h1 = reader.point("opening commitment 1")?;
        let u = reader.challenge();
        let h2 = reader.point("opening commitment 2")?;
        let digest = reader.finish()?;

        let sets = self.point_sets();
        let points: HashMap<i32, Fr> = sets
            .iter()
            .flat_map(|set| set.rotations.iter())
            .map(|rotation| (*rotation, point_of(*rotation)))
            .collect();
        let mut folded = Fold {
            u,
            y,
            points: &points,
            scalars: Vec::new(),
            bases: Vec::new(),
            value: Fr::ZERO,
        };
        // A set's factor is the product of u − p over all points but its own; everything is divided by the first set's. So
        // what is left of set i is the product over the first set's points by that over its own.
        let inside: Vec<Fr> = sets.iter().map(|set| folded.inside(set)).collect();
        let mut inverses = inside.clone();
        batch_inversion(&mut inverses);
        if inverses.contains(&Fr::ZERO) {
            return Err(VerifyError::DegenerateChallenge("u is an opening point"));
        }
        let inside = inside.first().copied().unwrap_or(Fr::ONE);
        let mut power_of_v = inside;
        for (set, inverse) in sets.iter().zip(inverses) {
            folded.add_set(set, power_of_v * inverse)?;
            power_of_v *= v;
        }
        let Fold {
            mut scalars,
            mut bases,
            value,
            ..
        } = folded;
        scalars.extend([-value, -inside, u]);
        bases.extend([*g1, h1, h2]);
        Ok(Accumulator {
            left: h2,
            scalars,
            bases,
            digest,
        })
    }
}

/// The combination that grows set by set.
struct Fold<'a> {
    u: Fr,
    y: Fr,
    points: &'a HashMap<i32, Fr>,
    scalars: Vec<Fr>,
    bases: Vec<G1Affine>,
    value: Fr,
}

impl Fold<'_> {
    /// `Π (u − p)` over the set's points.
    fn inside(&self, set: &PointSet<'_>) -> Fr {
        set.rotations
            .iter()
            .map(|rotation| self.u - self.point(*rotation))
            .product()
    }

    fn point(&self, rotation: i32) -> Fr {
        self.points.get(&rotation).copied().unwrap_or_default()
    }

    /// Adds `factor·Σ_i y^i·(C_i − r_i(u))`, where r_i interpolates the values of the set's i-th commitment.
    fn add_set(&mut self, set: &PointSet<'_>, factor: Fr) -> Result<(), VerifyError> {
        let basis = self.lagrange_at_u(set)?;
        let mut power = factor;
        for opened in &set.members {
            for (rotation, value) in &opened.values {
                self.value += power * value * basis.get(rotation).copied().unwrap_or_default();
            }
            match &opened.commitment {
                Commitment::Single(base) => {
                    self.scalars.push(power);
                    self.bases.push(*base);
                }
                Commitment::Combination(terms) => {
                    for (scalar, base) in terms {
                        self.scalars.push(power * scalar);
                        self.bases.push(*base);
                    }
                }
            }
            power *= self.y;
        }
        Ok(())
    }

    /// `Π_(m≠j) (u − p_m)/(p_j − p_m)` for every point p_j of the set: the square of their number, see [`crate::work`].
    fn lagrange_at_u(&self, set: &PointSet<'_>) -> Result<HashMap<i32, Fr>, VerifyError> {
        let points: Vec<Fr> = set
            .rotations
            .iter()
            .map(|rotation| self.point(*rotation))
            .collect();
        let mut numerators = Vec::with_capacity(points.len());
        let mut denominators = Vec::with_capacity(points.len());
        for (position, point) in points.iter().enumerate() {
            let (mut numerator, mut denominator) = (Fr::ONE, Fr::ONE);
            for (_, other) in points.iter().enumerate().filter(|(other, _)| *other != position) {
                numerator *= self.u - other;
                denominator *= *point - other;
            }
            numerators.push(numerator);
            denominators.push(denominator);
        }
        batch_inversion(&mut denominators);
        if denominators.contains(&Fr::ZERO) {
            return Err(VerifyError::DegenerateChallenge("opening points coincide"));
        }
        let basis = numerators.iter().zip(&denominators).map(|(a, b)| *a * b);
        Ok(set.rotations.iter().copied().zip(basis).collect())
    }
}
