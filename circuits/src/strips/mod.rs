//! The layout of least proving time: blocks in banks of parallel columns, evaluations in accumulators beside them.

mod accumulator_values;
pub(crate) mod choose;
mod columns;
mod copies;
pub(crate) mod cost;
mod fixed;
mod gates;
mod layout;
mod lookups;
mod powers;
mod sponge;
mod sponge_gates;
mod stored;
mod totals;
mod weighted_sum;
mod witness;

pub use columns::{AdviceColumns, DotColumns, FixedColumns, ImageColumns, LOOKUPS_PER_HELPER, SpongeColumns};
pub use layout::{Strips, UNUSABLE_ROWS, rows_needed};
pub use sponge::Sponge;

pub(crate) use gates::DEGREE;
pub(crate) use layout::usable;
