//! Transforms of a domain, with the tables that they keep.

use super::convert;
use super::fft::{Lanewise, LastLevels};
use super::tables::Tables;
use super::unit::Unit;
use crate::column::{Column, GROUP, Group};
use crate::kernels::{self, Direction};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;
use rayon::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

/// Memory for tables of shifts, which are kept for the next call.
const KEPT_BYTES: usize = 32 << 20;

/// Transforms of one domain.
pub(super) struct Transform<U> {
    unit: U,
    omega: Fr,
    log_size: u32,
    forward: Arc<Tables>,
    inverse: Arc<Tables>,
    /// Tables of cosets, oldest first.
    kept: Mutex<Vec<Arc<Tables>>>,
    /// Bytes that they may take.
    most_kept: usize,
}

impl<U: Unit> Transform<U> {
    /// The size is at least 2^[`super::fft::MIN_LOG_SIZE`].
    pub(super) fn new(unit: U, omega: Fr, log_size: u32) -> Self {
        let tables = |direction| Arc::new(Tables::new(unit, omega, log_size, direction, Fr::ONE));
        Self {
            unit,
            omega,
            log_size,
            forward: tables(Direction::Forward),
            inverse: tables(Direction::Inverse),
            kept: Mutex::new(Vec::new()),
            most_kept: KEPT_BYTES,
        }
    }

    /// Tables for a direction and shift: kept ones, or new ones.
    fn tables(&self, direction: Direction, shift: Fr) -> Arc<Tables> {
        if shift == Fr::ONE {
            return Arc::clone(match direction {
                Direction::Forward => &self.forward,
                Direction::Inverse => &self.inverse,
            });
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept.iter().find(|t| t.direction == direction && t.shift == shift) {
            return Arc::clone(found);
        }
        let tables = Arc::new(Tables::new(
            self.unit,
            self.omega,
            self.log_size,
            direction,
            shift,
        ));
        // All kept tables are about as large.
        let room = self.most_kept / tables.bytes();
        if kept.len() >= room && !kept.is_empty() {
            kept.remove(0);
        }
        if room > 0 {
            kept.push(Arc::clone(&tables));
        }
        tables
    }

    /// Transforms one column of the domain's size; `scratch` is memory to use again.
    fn column(&self, column: &mut [Group], scratch: &mut Vec<Group>, tables: &Tables) {
        assert_eq!(
            GROUP * column.len(),
            1 << self.log_size,
            "a column of the domain's size"
        );
        scratch.resize(column.len(), Group::ZERO);
        let (at, out) = (0, scratch.as_mut_slice());
        if tables.plain {
            self.unit.run(Lanewise::<true> {
                column,
                at,
                out,
                tables,
            });
        } else {
            self.unit.run(Lanewise::<false> {
                column,
                at,
                out,
                tables,
            });
        }
        self.unit.run(LastLevels {
            rows: scratch,
            column,
            tables,
        });
    }
}

impl<U: Unit> kernels::Transform for Transform<U> {
    fn forget(&mut self) {
        self.most_kept = 0;
        self.kept
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn run(&self, columns: &mut [&mut Column], direction: Direction, shift: Fr) {
        let tables = self.tables(direction, shift);
        columns
            .par_iter_mut()
            .for_each_init(Vec::new, |scratch, column| match column {
                Column::Groups(groups) => self.column(groups, scratch, &tables),
                Column::Values(values) => {
                    let mut groups = convert::from_field(self.unit, values);
                    self.column(&mut groups, scratch, &tables);
                    *values = convert::to_field(self.unit, &groups);
                }
            });
    }
}
