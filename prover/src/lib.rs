//! SRS, keys, witness and proofs for Hallmark circuits: a synchronous library.
