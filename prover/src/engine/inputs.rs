//! The columns that identities read, on a part of a coset.

use super::columns::Columns;
use super::error::EngineError;
use super::identities::{Identities, MISSING};
use super::plan::{Code, Input, Step};
use super::program::Source;
use super::roots::root_of_unity;
use hallmark_kernels::{Domain, Packed, fold};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;
use tracing::debug_span;

/// Class (of virtual columns, which are not shared), column, and rotation where that takes a column of its own.
type Name = (Option<usize>, Input, i32);

/// A part of a coset: `shift` times `domain`.
pub struct Part<'a> {
    /// The part's rows.
    pub domain: &'a Domain,
    /// Parts of a coset.
    pub strips: usize,
    /// Where it lies.
    pub shift: Fr,
    /// Values that are known already, if the part is a whole coset.
    pub kept: Option<&'a BTreeMap<Source, Packed>>,
}

/// Columns on one strip.
pub struct Inputs<'a> {
    strips: usize,
    columns: BTreeMap<Name, Cow<'a, Packed>>,
}

impl<'a> Inputs<'a> {
    /// Everything that the running classes read on a part of a coset. With several strips the neighbouring rows are on
    /// other strips, so that a rotated column is a column of its own: its polynomial at a multiple of X.
    pub fn new(
        identities: &Identities,
        running: &[usize],
        columns: &Columns<'_>,
        virtuals: &[Vec<Packed>],
        part: &Part<'a>,
    ) -> Result<Self, EngineError> {
        let Part {
            domain,
            strips,
            shift,
            kept,
        } = *part;
        let mut inputs = Self {
            strips,
            columns: BTreeMap::new(),
        };
        let mut wanted: BTreeMap<Name, Option<&Packed>> = BTreeMap::new();
        for class in running {
            for (input, rotation) in identities.codes[*class].loads() {
                let known = match input {
                    Input::Source(source) => kept.and_then(|kept| kept.get(&source)),
                    Input::Virtual(_) => None,
                };
                if let Some(values) = known {
                    let name = inputs.name(*class, input, rotation);
                    inputs.columns.insert(name, Cow::Borrowed(values));
                    continue;
                }
                let coefficients = match input {
                    Input::Source(Source::X) => None,
                    Input::Source(source) => Some(columns.coefficients(source).ok_or(MISSING)?),
                    Input::Virtual(index) => Some(&virtuals[*class][index]),
                };
                wanted.insert(inputs.name(*class, input, rotation), coefficients);
            }
        }
        let rows = domain.size();
        let _span = debug_span!("coset FFTs", bytes = 32 * rows * wanted.len()).entered();
        // Rows of the circuit are apart by the generator of its domain, of which the strips' generator is a power.
        let omega = root_of_unity(rows.trailing_zeros() + strips.trailing_zeros());
        let inverse = Option::<Fr>::from(omega.invert()).ok_or(EngineError::UnluckyChallenge)?;
        let mut by_rotation: BTreeMap<i32, Vec<(Name, &Packed)>> = BTreeMap::new();
        for (name, coefficients) in wanted {
            match coefficients {
                Some(column) => by_rotation.entry(name.2).or_default().push((name, column)),
                None => {
                    let values: Vec<Fr> = std::iter::successors(Some(shift), |x| Some(*x * domain.omega()))
                        .take(rows)
                        .collect();
                    let values = Packed::from_field(domain.backend(), &values);
                    inputs.columns.insert(name, Cow::Owned(values));
                }
            }
        }
        for (rotation, wanted) in by_rotation {
            let step = if rotation < 0 { inverse } else { omega };
            let shift = shift * step.pow([u64::from(rotation.unsigned_abs())]);
            let factor = shift.pow([rows as u64]);
            let (names, mut copies): (Vec<Name>, Vec<Packed>) = wanted
                .into_par_iter()
                .map(|(name, column)| match strips {
                    1 => (name, column.clone()),
                    _ => (name, fold(column, rows, factor)),
                })
                .unzip();
            domain.coset_fft(&mut copies, shift);
            let copies = copies.into_iter().map(Cow::Owned);
            inputs.columns.extend(names.into_iter().zip(copies));
        }
        Ok(inputs)
    }

    /// For each load of a class's code, in order, the column and how many rows further it starts.
    pub fn loads(&self, class: usize, code: &Code) -> Result<Vec<(&Packed, i32)>, EngineError> {
        code.loads()
            .map(|(input, rotation)| {
                let column = self
                    .columns
                    .get(&self.name(class, input, rotation))
                    .ok_or(MISSING)?;
                Ok((&**column, if self.strips == 1 { rotation } else { 0 }))
            })
            .collect()
    }

    fn name(&self, class: usize, input: Input, rotation: i32) -> Name {
        let class = match input {
            Input::Source(_) => None,
            Input::Virtual(_) => Some(class),
        };
        (class, input, if self.strips == 1 { 0 } else { rotation })
    }
}

impl Code {
    /// What its steps load, in order.
    pub(super) fn loads(&self) -> impl Iterator<Item = (Input, i32)> + '_ {
        self.steps.iter().filter_map(|step| match *step {
            Step::Load { column, rotation, .. } => Some((self.columns[column], rotation)),
            _ => None,
        })
    }
}
