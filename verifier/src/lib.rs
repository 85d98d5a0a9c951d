//! Verifies Hallmark proofs on arkworks, independently of the prover. Never panics.
