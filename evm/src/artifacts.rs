//! The compiled contracts: `artifacts/*.json`, made by `npm run compile` and compared with a fresh compilation by the tests.

use crate::calldata::{Address, address_word, number_word};
use crate::hex::digits;
use crate::words::{g1_words, g2_words};
use hallmark_verifier::SrsPoints;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A compiled contract.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// Its name.
    pub contract: String,
    /// The compiler's version.
    pub compiler: String,
    /// Its interface.
    pub abi: Value,
    /// Byte and length of every place in the deployed code where the constructor puts an immutable value.
    pub immutables: Vec<[usize; 2]>,
    #[serde(deserialize_with = "code")]
    bytecode: Vec<u8>,
    #[serde(deserialize_with = "code")]
    deployed_bytecode: Vec<u8>,
}

impl Artifact {
    /// The bytes that deploy the contract, without arguments of its constructor.
    #[must_use]
    pub fn init_code(&self) -> Vec<u8> {
        self.bytecode.clone()
    }

    /// The deployed code, immutable values left zero.
    #[must_use]
    pub fn code(&self) -> Vec<u8> {
        self.deployed_bytecode.clone()
    }
}

/// The arguments of the registry's constructor.
#[must_use]
pub fn registry_arguments(verifier: &Address, srs: &SrsPoints, insecure: bool) -> Vec<u8> {
    [
        address_word(verifier).as_slice(),
        &g1_words(srs.s_g1()).concat(),
        &g2_words(srs.s_g2()).concat(),
        &number_word(usize::from(insecure)),
    ]
    .concat()
}

fn code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    hex::decode(digits(&text)).map_err(D::Error::custom)
}

macro_rules! artifacts {
    ($($(#[$doc:meta])* $function:ident = $file:literal;)*) => {
        $(
            $(#[$doc])*
            ///
            /// # Errors
            /// Never for the file that the crate is built with.
            pub fn $function() -> Result<Artifact, serde_json::Error> {
                serde_json::from_str(include_str!(concat!("../artifacts/", $file, ".json")))
            }
        )*
    };
}

artifacts! {
    /// The verifier of all models' proofs.
    verifier = "HallmarkVerifier";
    /// Models and verified inferences after the draft ERC-7992. Its constructor takes [`registry_arguments`]: the verifier's address, the
    /// points of the reference string, and whether its maker knows that proofs over it can be forged.
    registry = "HallmarkRegistry";
    /// The example of a consumer. Its constructor takes registry, model id, label, least score and deadline.
    bounty = "PredictionBounty";
}
