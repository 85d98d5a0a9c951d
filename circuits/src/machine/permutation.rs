//! Poseidon's permutation in rows of the machine, few of them: a term of a sum costs a row, so what a partial round does not pass
//! through its S-box is not computed at all. With the state (x, v), where v are the two elements that pass no S-box, a partial round is
//!
//! ```text
//! t_j = x_j⁵      x_(j+1) = m·t_j + c·v_j + k      v_(j+1) = A·v_j + b·t_j + k'
//! ```
//!
//! From the first line, `c·v` in two rounds is known from the x and t of these rounds; that determines v, which can so be
//! written as a combination of x_j, t_(j−1), x_(j−1) and t_(j−2) in every round from the third on.

use super::rows::{Machine, Number, Row, Wire};
use crate::{
    error::CircuitError,
    poseidon::{FULL_ROUNDS, PARTIAL_ROUNDS, Parameters, WIDTH},
    scalar::Fr,
};
use halo2_proofs::halo2curves::ff::Field;

type Pair = [Fr; 2];
type Square = [Pair; 2];

/// The permutation's parameters, and what follows from them.
pub(super) struct Permutation {
    parameters: Parameters,
    /// A⁻¹.
    inverse: Square,
    /// The inverse of the matrix with rows `c` and `c·A⁻¹`.
    observed: Square,
}

/// The two elements that pass no S-box, as combinations of results.
struct Hidden {
    terms: Vec<(Pair, Wire)>,
    constant: Pair,
}

impl Permutation {
    /// Prepares the parameters.
    ///
    /// # Errors
    /// [`CircuitError::Inconsistent`] if they do not determine v, which no proper parameters do.
    pub(super) fn new(parameters: Parameters) -> Result<Self, CircuitError> {
        let unsuitable = || CircuitError::Inconsistent {
            place: "Poseidon".to_owned(),
            reason: "its matrix does not mix".to_owned(),
        };
        let [[_, c @ ..], [_, a @ ..], [_, d @ ..]] = parameters.matrix;
        let inverse = inverted(&[a, d]).ok_or_else(unsuitable)?;
        let observed = inverted(&[c, times(c, &inverse)]).ok_or_else(unsuitable)?;
        Ok(Self {
            parameters,
            inverse,
            observed,
        })
    }

    /// Appends a permutation.
    pub(super) fn apply(&self, machine: &mut Machine, state: [Wire; WIDTH]) -> [Wire; WIDTH] {
        let one = Fr::ONE;
        machine.constant(Number::Field(self.parameters.matrix[0][0]));
        let first = self.constants(0);
        let mut state: [Wire; WIDTH] = std::array::from_fn(|i| sum(machine, &[(one, state[i])], first[i]));
        let half = FULL_ROUNDS / 2;
        for round in 1..=half {
            state = self.full_round(machine, state, round);
        }
        state = self.partial_rounds(machine, state);
        for round in half + PARTIAL_ROUNDS + 1..=FULL_ROUNDS + PARTIAL_ROUNDS {
            state = self.full_round(machine, state, round);
        }
        state
    }

    /// Constants of a round; zero behind the last.
    fn constants(&self, round: usize) -> [Fr; WIDTH] {
        self.parameters.constants.get(round).copied().unwrap_or_default()
    }

    /// S-boxes, mixing, and the constants of the round that follows.
    fn full_round(&self, machine: &mut Machine, state: [Wire; WIDTH], following: usize) -> [Wire; WIDTH] {
        // From the last to the first, because the last result needs no loading.
        let [x, y, z] = state;
        let z = fifth_power(machine, z);
        let y = fifth_power(machine, y);
        let x = fifth_power(machine, x);
        let constants = self.constants(following);
        std::array::from_fn(|i| {
            let [p, q, r] = self.parameters.matrix[i];
            sum(machine, &[(p, x), (q, y), (r, z)], constants[i])
        })
    }

    fn partial_rounds(&self, machine: &mut Machine, state: [Wire; WIDTH]) -> [Wire; WIDTH] {
        let [[m, c @ ..], ..] = self.parameters.matrix;
        let first = FULL_ROUNDS / 2;
        let [x, v, w] = state;
        let (zero, one) = (Fr::ZERO, Fr::ONE);
        let mut hidden = Hidden {
            terms: vec![([one, zero], v), ([zero, one], w)],
            constant: [zero, zero],
        };
        // x and t of all rounds.
        let (mut arguments, mut powers): (Vec<Wire>, Vec<Wire>) = (vec![x], Vec::new());
        for round in 1..=PARTIAL_ROUNDS {
            let power = fifth_power(machine, arguments[round - 1]);
            powers.push(power);
            let mut terms = vec![(m, power)];
            terms.extend(hidden.terms.iter().map(|(pair, wire)| (dot(c, *pair), *wire)));
            let constant = dot(c, hidden.constant) + self.constants(first + round)[0];
            arguments.push(sum(machine, &terms, constant));
            hidden = match round {
                1 => self.advanced(hidden, power, round),
                _ => self.recovered(&arguments, &powers, round),
            };
        }
        let [v, w] = [0, 1].map(|i| {
            let terms: Vec<(Fr, Wire)> = hidden.terms.iter().map(|(pair, wire)| (pair[i], *wire)).collect();
            sum(machine, &terms, hidden.constant[i])
        });
        [arguments[PARTIAL_ROUNDS], v, w]
    }

    /// `b` and `A`.
    fn lower_rows(&self) -> (Pair, Square) {
        let [_, [b, a @ ..], [e, d @ ..]] = self.parameters.matrix;
        ([b, e], [a, d])
    }

    /// Constants of the elements that pass no S-box, of a partial round.
    fn lower_constants(&self, round: usize) -> Pair {
        let [_, k @ ..] = self.constants(FULL_ROUNDS / 2 + round);
        k
    }

    /// `A·v + b·t + k`.
    fn advanced(&self, hidden: Hidden, power: Wire, round: usize) -> Hidden {
        let (b, a) = self.lower_rows();
        let terms = hidden.terms.into_iter();
        let mut terms: Vec<(Pair, Wire)> = terms.map(|(pair, wire)| (apply(&a, pair), wire)).collect();
        terms.push((b, power));
        Hidden {
            terms,
            constant: plus(apply(&a, hidden.constant), self.lower_constants(round)),
        }
    }

    /// v behind round j: `c·v_(j−1) = x_j − m·t_(j−1) − k` and `c·A⁻¹·v_(j−1) = c·v_(j−2) + c·A⁻¹·(b·t_(j−2) + k')`.
    fn recovered(&self, arguments: &[Wire], powers: &[Wire], j: usize) -> Hidden {
        let [[m, c @ ..], ..] = self.parameters.matrix;
        let (b, _) = self.lower_rows();
        let (zero, one) = (Fr::ZERO, Fr::ONE);
        let back = times(c, &self.inverse);
        let upper = |round: usize| self.constants(FULL_ROUNDS / 2 + round)[0];
        let observed = |pair: Pair| apply(&self.observed, pair);
        let before = Hidden {
            terms: vec![
                (observed([one, zero]), arguments[j]),
                (observed([-m, zero]), powers[j - 1]),
                (observed([zero, one]), arguments[j - 1]),
                (observed([zero, dot(back, b) - m]), powers[j - 2]),
            ],
            constant: observed([-upper(j), dot(back, self.lower_constants(j - 1)) - upper(j - 1)]),
        };
        let mut hidden = self.advanced(before, powers[j - 1], j);
        // Both terms of t_(j−1) are one.
        if let Some((pair, _)) = hidden.terms.pop() {
            hidden.terms[1].0 = plus(hidden.terms[1].0, pair);
        }
        hidden
    }
}

/// `Σ coefficient·wire + constant`, a row for each term; one less if one of them is the last result and its coefficient is there
/// already.
fn sum(machine: &mut Machine, terms: &[(Fr, Wire)], constant: Fr) -> Wire {
    let field = Number::Field;
    let one = machine.one;
    let last = terms.iter().position(|(_, wire)| *wire == machine.last());
    let mut multiplier = last.and_then(|at| machine.known(field(terms[at].0)));
    let last = last.filter(|_| multiplier.is_some());
    let mut constant = field(constant);
    let others: Vec<(Fr, Wire)> = terms
        .iter()
        .enumerate()
        .filter(|(at, _)| Some(*at) != last)
        .map(|(_, term)| *term)
        .collect();
    if others.is_empty() {
        let row = Row::constant(constant);
        return machine.push(Row { e: multiplier, ..row });
    }
    let rows = others.into_iter().map(|(coefficient, wire)| Row {
        e: multiplier.replace(one),
        b: Some(wire),
        c: field(coefficient),
        f: std::mem::take(&mut constant),
        ..Row::default()
    });
    let rows: Vec<Row> = rows.collect();
    machine.chain(rows)
}

fn fifth_power(machine: &mut Machine, x: Wire) -> Wire {
    if machine.last() != x {
        machine.push(Row::load(x));
    }
    let square = machine.push(Row::times(x));
    machine.push(Row::times(square));
    machine.push(Row::times(x))
}

fn dot([a, b]: Pair, [c, d]: Pair) -> Fr {
    a * c + b * d
}

fn plus([a, b]: Pair, [c, d]: Pair) -> Pair {
    [a + c, b + d]
}

/// `matrix·vector`.
fn apply(matrix: &Square, vector: Pair) -> Pair {
    matrix.map(|row| dot(row, vector))
}

/// `vector·matrix`.
fn times(vector: Pair, [[a, b], [c, d]]: &Square) -> Pair {
    [dot(vector, [*a, *c]), dot(vector, [*b, *d])]
}

fn inverted([[a, b], [c, d]]: &Square) -> Option<Square> {
    let determinant = *a * d - *b * c;
    let scale = Option::<Fr>::from(determinant.invert())?;
    Some([[*d * scale, -*b * scale], [-*c * scale, *a * scale]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poseidon::Poseidon;

    #[test]
    fn rows_compute_the_permutation() {
        let poseidon = Poseidon::default();
        let permutation = Permutation::new(poseidon.parameters().clone()).unwrap();
        let mut machine = Machine::new(2);
        let state = [5, 6, 7].map(|n| machine.constant(Number::Small(n)));
        let once = permutation.apply(&mut machine, state);
        let rows = machine.rows.len();
        let twice = permutation.apply(&mut machine, once);
        assert!(
            machine.rows.len() - rows <= 560,
            "{} rows",
            machine.rows.len() - rows
        );
        let values = machine.run(Fr::from(3), &|_, _| Fr::ZERO, Fr::ZERO, &[]);
        let at = |wire: Wire| match wire {
            Wire::Row(row) => values[row as usize][2],
            Wire::Cell(..) => Fr::ZERO,
        };
        let expected = poseidon.permute([5, 6, 7].map(Fr::from));
        assert_eq!(once.map(at), expected);
        assert_eq!(twice.map(at), poseidon.permute(expected));
    }
}
