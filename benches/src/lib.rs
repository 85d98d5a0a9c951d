//! Criterion benchmarks of single layers and whole models.
//!
//! `cargo bench --bench layers --bench models` runs both; `cargo bench --bench layers -- conv.*prove` runs one
//! measurement. The figures of `docs/benchmarks.md` come from `benches/run.sh`, which calls `hallmark bench`; those of
//! `docs/evm.md` come from `examples/evm_report.rs`, by `benches/evm.py`.

pub mod evm;
pub mod files;
pub mod fit;
pub mod layers;
pub mod measure;
pub mod ready;

/// What goes wrong while a benchmark is prepared; benchmarks only print it.
pub type Problem = Box<dyn std::error::Error>;
