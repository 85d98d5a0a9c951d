//! The permutation of cells that copy constraints demand, as halo2's key generation builds it.

use hallmark_circuits::CellAt;
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::{Field, PrimeField};
use std::collections::BTreeMap;

/// A cell of a permuted column: position of the column in the argument, row.
type Place = (usize, usize);

/// Cycles of equal cells. Cells that nothing is copied from or to map to themselves and are not stored.
pub struct Cycles {
    /// Per permuted column: row, and the cell that follows it in its cycle.
    moved: Vec<Vec<(usize, Place)>>,
}

impl Cycles {
    /// Merges the cycles of each pair of `copies`, cells of advice columns. `columns` are the permuted advice columns
    /// in the argument's order. `None` if a copied cell is of another column.
    ///
    /// The order of merging decides which of several equivalent permutations results, and the verifying key commits to
    /// it: this is the algorithm of halo2's book (design, permutation argument), with the same tie-breaks as the
    /// library's.
    pub fn new(columns: &[usize], copies: &[(CellAt, CellAt)]) -> Option<Self> {
        let place = |(column, row): CellAt| Some((columns.iter().position(|c| *c == column)?, row));
        let pairs: Vec<(Place, Place)> = copies
            .iter()
            .map(|(a, b)| Some((place(*a)?, place(*b)?)))
            .collect::<Option<_>>()?;
        let ids: BTreeMap<Place, usize> = {
            let mut places: Vec<Place> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
            places.sort_unstable();
            places.dedup();
            places.into_iter().zip(0..).collect()
        };
        let mut next: Vec<usize> = (0..ids.len()).collect();
        let mut cycle = next.clone();
        let mut sizes = vec![1usize; ids.len()];
        for (a, b) in &pairs {
            let (a, b) = (ids[a], ids[b]);
            let (mut kept, mut merged) = (cycle[a], cycle[b]);
            if kept == merged {
                continue;
            }
            if sizes[kept] < sizes[merged] {
                std::mem::swap(&mut kept, &mut merged);
            }
            sizes[kept] += sizes[merged];
            let mut at = merged;
            loop {
                cycle[at] = kept;
                at = next[at];
                if at == merged {
                    break;
                }
            }
            next.swap(a, b);
        }
        let places: Vec<Place> = ids.keys().copied().collect();
        let mut moved = vec![Vec::new(); columns.len()];
        for ((column, row), id) in &ids {
            if next[*id] != *id {
                moved[*column].push((*row, places[next[*id]]));
            }
        }
        Some(Self { moved })
    }

    /// Number of permuted columns.
    pub fn columns(&self) -> usize {
        self.moved.len()
    }

    /// What column `index`'s permutation polynomial has at `row` more than the polynomial δ^index·X, for all rows where
    /// that is not zero.
    pub fn differences(&self, index: usize, omega: Fr) -> impl Iterator<Item = (usize, Fr)> + '_ {
        let moved = &self.moved[index];
        let last = moved
            .iter()
            .map(|(row, (_, to))| (*row).max(*to))
            .max()
            .unwrap_or(0);
        let (deltas, omegas) = (Powers::new(Fr::DELTA, self.columns()), Powers::new(omega, last));
        let label = move |(column, row): Place| deltas.of(column) * omegas.of(row);
        moved
            .iter()
            .map(move |(row, to)| (*row, label(*to) - label((index, *row))))
    }

    /// The permutation polynomial of column `index` on the domain of `rows` powers of `omega`.
    pub fn sigma(&self, index: usize, omega: Fr, rows: usize) -> Vec<Fr> {
        let first = Fr::DELTA.pow_vartime([index as u64]);
        let mut values: Vec<Fr> = std::iter::successors(Some(first), |v| Some(*v * omega))
            .take(rows)
            .collect();
        for (row, difference) in self.differences(index, omega) {
            values[row] += difference;
        }
        values
    }
}

/// Powers of a field element, each a product of a small one and a large one: there are many copied cells, and a power takes tens of
/// multiplications.
struct Powers {
    small: Vec<Fr>,
    large: Vec<Fr>,
}

impl Powers {
    /// Small powers are below this.
    const STEP: usize = 1 << 10;

    /// Powers up to `last`, which is included.
    fn new(base: Fr, last: usize) -> Self {
        let powers = |base: Fr, count: usize| {
            let all = std::iter::successors(Some(Fr::ONE), |power| Some(*power * base));
            all.take(count).collect()
        };
        Self {
            small: powers(base, Self::STEP.min(last + 1)),
            large: powers(base.pow_vartime([Self::STEP as u64]), last / Self::STEP + 1),
        }
    }

    fn of(&self, exponent: usize) -> Fr {
        self.small[exponent % Self::STEP] * self.large[exponent / Self::STEP]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_products_of_two() {
        let base = Fr::from(7);
        for last in [0, 1, 1023, 1024, 5000] {
            let powers = Powers::new(base, last);
            for exponent in [0, 1, 2, 1022, 1023, 1024, 1025, 2047, 2048, 5000] {
                if exponent <= last {
                    assert_eq!(
                        powers.of(exponent),
                        base.pow_vartime([exponent as u64]),
                        "{exponent}"
                    );
                }
            }
        }
    }

    #[test]
    fn equal_cells_form_one_cycle_and_others_stay() {
        let copies = [((7, 0), (9, 3)), ((9, 3), (7, 5)), ((7, 5), (7, 0))];
        let cycles = Cycles::new(&[9, 7], &copies).unwrap();
        let next = |place: Place| {
            let moved = cycles.moved[place.0].iter().find(|(row, _)| *row == place.1);
            moved.map_or(place, |(_, to)| *to)
        };
        let mut seen = vec![(1, 0)];
        while seen.len() < 4 {
            seen.push(next(seen[seen.len() - 1]));
        }
        assert_eq!(seen[3], seen[0]);
        seen.truncate(3);
        seen.sort_unstable();
        assert_eq!(seen, [(0, 3), (1, 0), (1, 5)]);
        assert_eq!(next((0, 0)), (0, 0));
        assert!(Cycles::new(&[9], &copies).is_none());
    }
}
