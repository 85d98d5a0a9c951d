//! What a key for the contract says, read as the contract reads it: the program of the gates is run on random words, every opening is held
//! against the circuit's queries, and values are packed at the ends of their intervals. Nothing here shares code with what writes keys.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

mod openings;
mod program;
mod random;
mod read;
mod statement;
#[path = "../../../verifier/tests/support/mod.rs"]
mod support;

use hallmark_evm::EvmKey;
use hallmark_verifier::{CircuitKey, Form, Protocol, VerifyingKey};
use support::{key, srs};

/// The support's circuit with another protocol.
fn circuit(protocol: Protocol) -> CircuitKey {
    CircuitKey {
        protocol,
        ..key().circuits()[0].clone()
    }
}

fn evm_key(protocol: Protocol) -> EvmKey {
    let key = VerifyingKey::new(srs(), key().model().clone(), vec![circuit(protocol)]).unwrap();
    EvmKey::new(&key, Form::PUBLIC).unwrap()
}
