//! SHPLONK (BDFG21): opens many polynomials at several points by two commitments.

use super::EngineError;
use super::key::EngineKey;
use super::polynomial::{Polynomial, combine};
use hallmark_kernels::divide_by_linear;
use halo2_proofs::halo2curves::bn256::{Fr, G1Affine};
use halo2_proofs::halo2curves::ff::Field;
use halo2_proofs::transcript::{Challenge255, TranscriptWrite};

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

/// Writes the opening proof. `points` gives the point of a rotation.
pub fn open<T: TranscriptWrite<G1Affine, Challenge255<G1Affine>>>(
    opened: &[Opened<'_>],
    point: impl Fn(i32) -> Fr,
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
    // Per set: Σ y^j P_j, and the low-degree polynomial Σ y^j R_j that agrees with it at the set's points.
    let mut combined = Vec::with_capacity(sets.len());
    let mut quotient = vec![Fr::ZERO; n];
    let mut power_of_v = Fr::ONE;
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
    let sums = combine(key.backend, &key.domain, &terms);
    for (set, sum) in sets.iter().zip(sums) {
        let sum = sum.to_field();
        let points: Vec<Fr> = set.rotations.iter().map(|r| point(*r)).collect();
        let value = |rotation: i32| {
            let of = |m: &&Opened<'_>| {
                m.values
                    .iter()
                    .find(|(r, _)| *r == rotation)
                    .map_or(Fr::ZERO, |(_, v)| *v)
            };
            set.members
                .iter()
                .zip(&powers)
                .map(|(m, p)| of(m) * p)
                .fold(Fr::ZERO, |a, b| a + b)
        };
        let values: Vec<Fr> = set.rotations.iter().map(|r| value(*r)).collect();
        let low = interpolate(&points, &values);
        let mut numerator = sum.clone();
        numerator.iter_mut().zip(&low).for_each(|(a, b)| *a -= b);
        for at in &points {
            divide_by_linear(&mut numerator, *at);
        }
        quotient
            .iter_mut()
            .zip(&numerator)
            .for_each(|(q, c)| *q += power_of_v * c);
        combined.push((sum, low, power_of_v));
        power_of_v *= v;
    }
    transcript.write_point(key.commit_coefficients(&quotient))?;
    let u = *transcript.squeeze_challenge_scalar::<()>();
    let vanishing = |rotations: &[i32]| {
        rotations
            .iter()
            .map(|r| u - point(*r))
            .fold(Fr::ONE, |a, b| a * b)
    };
    let mut linearised = vec![Fr::ZERO; n];
    let mut first_difference = None;
    for (set, (sum, low, power_of_v)) in sets.iter().zip(&combined) {
        let others: Vec<i32> = all
            .iter()
            .copied()
            .filter(|r| !set.rotations.contains(r))
            .collect();
        let difference = vanishing(&others);
        first_difference.get_or_insert(difference);
        let factor = *power_of_v * difference;
        linearised.iter_mut().zip(sum).for_each(|(l, c)| *l += factor * c);
        let at_u = low.iter().rev().fold(Fr::ZERO, |acc, c| acc * u + c);
        linearised[0] -= factor * at_u;
    }
    let factor = vanishing(&all);
    linearised
        .iter_mut()
        .zip(&quotient)
        .for_each(|(l, q)| *l -= factor * q);
    divide_by_linear(&mut linearised, u);
    let scale = first_difference
        .and_then(|d| Option::<Fr>::from(d.invert()))
        .ok_or(EngineError::UnluckyChallenge)?;
    linearised.iter_mut().for_each(|c| *c *= scale);
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
