//! The compiled contracts: `artifacts/*.json`, made by `npm run compile` and compared with a fresh compilation by the tests.

use serde::Deserialize;
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
    bytecode: String,
    deployed_bytecode: String,
}

impl Artifact {
    /// The bytes that deploy the contract, without arguments of its constructor.
    #[must_use]
    pub fn init_code(&self) -> Vec<u8> {
        from_hex(&self.bytecode)
    }

    /// The deployed code, immutable values left zero.
    #[must_use]
    pub fn code(&self) -> Vec<u8> {
        from_hex(&self.deployed_bytecode)
    }
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
    let digit = |c: u8| char::from(c).to_digit(16).unwrap_or(0) as u8;
    digits
        .chunks_exact(2)
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
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
    /// Models and verified inferences after the draft ERC-7992. Its constructor takes the verifier's address.
    registry = "HallmarkRegistry";
    /// The example of a consumer. Its constructor takes registry, model id, label and least score.
    bounty = "PredictionBounty";
}
