//! SHPLONK (BDFG21): opens many polynomials at several points by two commitments.

use super::error::EngineError;
use super::key::EngineKey;
use super::polynomial::{Polynomial, combine};
use hallmark_kernels::{Packed, divide_by_linear, linear_combination};
use halo2_proofs::halo2curves::bn256::{Fr, G1Affine};
use halo2_proofs::halo2curves::ff::Field;
use halo2_proofs::transcript::{Challenge255, TranscriptWrite};
use rayon::prelude::*;

/// Evaluations of one polynomial.
pub struct Opened<'a> {
    /// The polynomial.
    pub polynomial: Polynomial<'a>,
    /// Points with values; points are powers of the domain's generator times x, named by their rotation.
    pub values: Vec<(i32, Fr)>,
}

/// Polynomials that are opened at the same points.
struct PointSet<'a> {
    rotations: Vec<i32>,
    members: Vec<&'a Opened<'a>>,
}

impl PointSet<'_> {
    /// Σ power · value at each of the points.
    fn values(&self, powers: &[Fr]) -> Vec<Fr> {
        let at = |rotation: i32, member: &Opened<'_>| {
            let found = member.values.iter().find(|(r, _)| *r == rotation);
            found.map_or(Fr::ZERO, |(_, value)| *value)
        };
        let sum = |rotation: &i32| {
            let members = self.members.iter().zip(powers);
            members.fold(Fr::ZERO, |sum, (member, power)| {
                sum + at(*rotation, member) * power
            })
        };
        self.rotations.iter().map(sum).collect()
    }
}

/// Writes the opening proof. `points` gives the point of a rotation.
pub fn open<T: TranscriptWrite<G1Affine, Challenge255<G1Affine>>>(
    opened: &[Opened<'_>],
    point: impl Fn(i32) -> Fr + Sync,
    key: &EngineKey,
    transcript: &mut T,
) -> Result<(), EngineError> {
    let y = *transcript.squeeze_challenge_scalar::<()>();
    let v = *transcript.squeeze_challenge_scalar::<()>();
    let sets = point_sets(opened);
    let mut all: Vec<i32> = sets.iter().flat_map(|s| s.rotations.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    let n = key.protocol.rows();
    let most = sets.iter().map(|set| set.members.len()).max().unwrap_or(0);
    let powers: Vec<Fr> = std::iter::successors(Some(Fr::ONE), |p| Some(*p * y))
        .take(most)
        .collect();
    let terms: Vec<Vec<(Polynomial<'_>, Fr)>> = sets
        .iter()
        .map(|set| {
            let pairs = set.members.iter().zip(&powers);
            pairs.map(|(m, p)| (m.polynomial, *p)).collect()
        })
        .collect();
    // Per set: Σ y^j P_j, and the low-degree polynomial Σ y^j R_j that agrees with it at the set's points.
    let sums = combine(&key.domain, &terms);
    let (lows, quotients): (Vec<Vec<Fr>>, Vec<Packed>) = sets
        .par_iter()
        .zip(&sums)
        .map(|(set, sum)| {
            let points: Vec<Fr> = set.rotations.iter().map(|r| point(*r)).collect();
            let low = interpolate(&points, &set.values(&powers));
            let mut numerator = sum.to_field();
            numerator.iter_mut().zip(&low).for_each(|(a, b)| *a -= b);
            for at in &points {
                divide_by_linear(&mut numerator, *at);
            }
            (low, Packed::from_field(key.backend(), &numerator))
        })
        .unzip();
    let powers_of_v = std::iter::successors(Some(Fr::ONE), |p| Some(*p * v));
    let weighted: Vec<(&Packed, Fr)> = quotients.iter().zip(powers_of_v.clone()).collect();
    let mut quotient = Packed::zeros(key.backend(), n);
    linear_combination(&mut quotient, &weighted);
    drop(quotients);
    transcript.write_point(key.commit_coefficients(&quotient.to_field()))?;
    let u = *transcript.squeeze_challenge_scalar::<()>();
    let vanishing = |rotations: &[i32]| {
        rotations
            .iter()
            .map(|r| u - point(*r))
            .fold(Fr::ONE, |a, b| a * b)
    };
    let differences: Vec<Fr> = sets
        .iter()
        .map(|set| {
            let others = all.iter().copied().filter(|r| !set.rotations.contains(r));
            vanishing(&others.collect::<Vec<i32>>())
        })
        .collect();
    let scale = differences
        .first()
        .and_then(|d| Option::<Fr>::from(d.invert()))
        .ok_or(EngineError::UnluckyChallenge)?;
    let factors = differences.iter().zip(powers_of_v).map(|(d, p)| scale * p * d);
    let mut weighted: Vec<(&Packed, Fr)> = sums.iter().zip(factors).collect();
    let constant = lows
        .iter()
        .zip(&weighted)
        .fold(Fr::ZERO, |constant, (low, (_, factor))| {
            constant + *factor * low.iter().rev().fold(Fr::ZERO, |acc, c| acc * u + c)
        });
    weighted.push((&quotient, -scale * vanishing(&all)));
    let mut linearised = Packed::zeros(key.backend(), n);
    linear_combination(&mut linearised, &weighted);
    let mut linearised = linearised.to_field();
    linearised[0] -= constant;
    divide_by_linear(&mut linearised, u);
    transcript.write_point(key.commit_coefficients(&linearised))?;
    Ok(())
}

/// Groups polynomials by their points, in order of first appearance.
fn point_sets<'a>(opened: &'a [Opened<'a>]) -> Vec<PointSet<'a>> {
    let mut sets: Vec<PointSet<'a>> = Vec::new();
    for one in opened {
        let mut rotations: Vec<i32> = one.values.iter().map(|(r, _)| *r).collect();
        rotations.sort_unstable();
        match sets.iter_mut().find(|s| s.rotations == rotations) {
            Some(set) => set.members.push(one),
            None => sets.push(PointSet {
                rotations,
                members: vec![one],
            }),
        }
    }
    sets
}

/// Coefficients of the polynomial of least degree through the given points.
fn interpolate(points: &[Fr], values: &[Fr]) -> Vec<Fr> {
    let mut result = vec![Fr::ZERO; points.len()];
    for (i, value) in values.iter().enumerate() {
        let mut basis = vec![Fr::ONE];
        let mut denominator = Fr::ONE;
        for (j, other) in points.iter().enumerate().filter(|(j, _)| *j != i) {
            debug_assert_ne!(i, j);
            denominator *= points[i] - other;
            let mut next = vec![Fr::ZERO; basis.len() + 1];
            for (d, c) in basis.iter().enumerate() {
                next[d + 1] += c;
                next[d] -= *c * other;
            }
            basis = next;
        }
        // Points are distinct powers of a root of unity times a non-zero challenge.
        let scale = *value * Option::<Fr>::from(denominator.invert()).unwrap_or(Fr::ZERO);
        result.iter_mut().zip(&basis).for_each(|(r, b)| *r += scale * b);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_and_interpolation() {
        let f = |v: u64| Fr::from(v);
        // (X − 3)(X² + 2X + 5) + 7
        let mut p = vec![f(7) - f(15), f(5) - f(6), f(2) - f(3), f(1)];
        divide_by_linear(&mut p, f(3));
        assert_eq!(p, vec![f(5), f(2), f(1), f(0)]);
        let points = [f(2), f(9), f(11)];
        let values: Vec<Fr> = points.iter().map(|x| *x * x + f(2) * x + f(5)).collect();
        assert_eq!(interpolate(&points, &values), vec![f(5), f(2), f(1)]);
    }
}
