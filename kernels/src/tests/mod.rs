//! Every kernel of every backend against halo2curves. Backends are those of this CPU, and vector arithmetic on plain arrays.

mod columns;
mod modules;
mod sums;
mod transforms;
