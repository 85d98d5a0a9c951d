//! Criterion benchmarks of gadgets and whole models.
