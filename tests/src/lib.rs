//! End-to-end and soundness tests.
