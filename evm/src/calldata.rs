//! Calls of the verifier contract, in canonical ABI encoding.

use crate::EvmError;
use crate::key::EvmKey;
pub use crate::words::Word;
use crate::words::keccak;
use hallmark_verifier::{Bundle, TranscriptKind};

/// An address of the EVM.
pub type Address = [u8; 20];

/// The first four bytes of a call.
#[must_use]
pub fn selector(signature: &str) -> [u8; 4] {
    let [a, b, c, d, ..] = keccak(signature.as_bytes());
    [a, b, c, d]
}

/// What the registry calls the proof system (`PROOF_SYSTEM`).
#[must_use]
pub fn proof_system() -> [u8; 4] {
    // The first four bytes of a hash, as a selector is.
    selector("halo2-shplonk-bn254-hallmark-v1")
}

/// What a contract is asked to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The packed public values.
    pub statement: Vec<u8>,
    /// The proof.
    pub proof: Vec<u8>,
}

impl Claim {
    /// The claim that a bundle makes.
    ///
    /// # Errors
    /// [`EvmError::WrongTranscript`], [`EvmError::WrongModel`], [`EvmError::Statement`].
    pub fn new(key: &EvmKey, bundle: &Bundle) -> Result<Self, EvmError> {
        if bundle.transcript != TranscriptKind::Keccak {
            return Err(EvmError::WrongTranscript {
                found: bundle.transcript.name(),
            });
        }
        if bundle.model_id != key.model_id() {
            return Err(EvmError::WrongModel {
                expected: key.model_id().to_string(),
                found: bundle.model_id.to_string(),
            });
        }
        if bundle.form != key.form() {
            return Err(EvmError::NoSuchCircuit(bundle.form));
        }
        Ok(Self {
            statement: key.statement().pack(&bundle.values)?,
            proof: bundle.proof.clone(),
        })
    }

    /// The call `verify(key, statement, proof)`.
    #[must_use]
    pub fn verify(&self, key: &Address) -> Vec<u8> {
        [
            selector("verify(address,bytes,bytes)").as_slice(),
            &self.encode(key),
        ]
        .concat()
    }

    /// The call `verifyWithKey(digest, key, statement, proof)`.
    #[must_use]
    pub fn verify_with_key(&self, key: &EvmKey) -> Vec<u8> {
        let tails = [bytes(key.data()), bytes(&self.statement), bytes(&self.proof)];
        let call = selector("verifyWithKey(bytes32,bytes,bytes,bytes)");
        [call.as_slice(), &tuple(&[key.data_digest()], &tails)].concat()
    }

    /// The claim as a tuple (address, bytes, bytes).
    fn encode(&self, key: &Address) -> Vec<u8> {
        tuple(
            &[address_word(key)],
            &[bytes(&self.statement), bytes(&self.proof)],
        )
    }
}

/// What `HallmarkRegistry.verifyInference` is called with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inference {
    /// The caller's nonce.
    pub nonce: Word,
    /// The packed inputs, or the commitment to private ones.
    pub inputs: Vec<u8>,
    /// `abi.encode(int256[])` of all outputs' integers.
    pub output: Vec<u8>,
    /// The proof.
    pub proof: Vec<u8>,
}

impl Inference {
    /// The inference that a bundle proves.
    ///
    /// # Errors
    /// Those of [`Claim::new`].
    pub fn new(key: &EvmKey, bundle: &Bundle) -> Result<Self, EvmError> {
        let claim = Claim::new(key, bundle)?;
        let values: Vec<Word> = bundle.values.outputs.iter().flatten().map(signed_word).collect();
        let output = [
            [number_word(32), number_word(values.len())].concat(),
            values.concat(),
        ]
        .concat();
        let inputs = claim.statement.get(32..key.statement().outputs_offset());
        Ok(Self {
            nonce: bundle.values.nonce,
            inputs: inputs.unwrap_or_default().to_vec(),
            output,
            proof: claim.proof,
        })
    }

    /// The commitment to the input: Keccak-256 of domain, nonce and the inputs' Keccak-256.
    #[must_use]
    pub fn input_commitment(&self) -> Word {
        let domain = keccak(b"hallmark input commitment v1");
        keccak(&[domain, self.nonce, keccak(&self.inputs)].concat())
    }

    /// `abi.encode(bytes32 nonce, bytes inputs, bytes proof)`, which the registry takes as its proof.
    #[must_use]
    pub fn envelope(&self) -> Vec<u8> {
        tuple(&[self.nonce], &[bytes(&self.inputs), bytes(&self.proof)])
    }

    /// The call `verifyInference(modelId, inputCommitment, output, proof)`.
    #[must_use]
    pub fn verify_inference(&self, model_id: &Word) -> Vec<u8> {
        let tails = [bytes(&self.output), bytes(&self.envelope())];
        let call = selector("verifyInference(uint256,bytes32,bytes,bytes)");
        [
            call.as_slice(),
            &tuple(&[*model_id, self.input_commitment()], &tails),
        ]
        .concat()
    }
}

/// The call `publishKey(data)` of the registry, which makes the key contract.
#[must_use]
pub fn publish_key(data: &[u8]) -> Vec<u8> {
    [
        selector("publishKey(bytes)").as_slice(),
        &tuple(&[], &[bytes(data)]),
    ]
    .concat()
}

/// A signed number in two's complement.
#[must_use]
pub fn signed_word(value: &i64) -> Word {
    let mut word = if *value < 0 { [0xff; 32] } else { [0; 32] };
    word[24..].copy_from_slice(&value.to_be_bytes());
    word
}

/// The call `verifyBatch(claims)`.
#[must_use]
pub fn verify_batch(claims: &[(Address, Claim)]) -> Vec<u8> {
    let encoded: Vec<Vec<u8>> = claims.iter().map(|(key, claim)| claim.encode(key)).collect();
    let mut call = selector("verifyBatch((address,bytes,bytes)[])").to_vec();
    call.extend(number_word(32));
    call.extend(number_word(claims.len()));
    call.extend(tuple(&[], &encoded));
    call
}

/// A number as a word.
#[must_use]
pub fn number_word(value: usize) -> Word {
    let mut word = Word::default();
    word[24..].copy_from_slice(&(value as u64).to_be_bytes());
    word
}

/// An address as a word.
#[must_use]
pub fn address_word(address: &Address) -> Word {
    let mut word = Word::default();
    word[12..].copy_from_slice(address);
    word
}

/// `bytes` as the tail of a tuple: length, data, zeros up to whole words.
#[must_use]
pub fn bytes(data: &[u8]) -> Vec<u8> {
    let mut encoded = number_word(data.len()).to_vec();
    encoded.extend(data);
    encoded.resize(32 + data.len().next_multiple_of(32), 0);
    encoded
}

/// A tuple: static words, then the offsets of the dynamic parts, then these.
#[must_use]
pub fn tuple(words: &[Word], tails: &[Vec<u8>]) -> Vec<u8> {
    let mut encoded = words.concat();
    let mut offset = 32 * (words.len() + tails.len());
    for tail in tails {
        encoded.extend(number_word(offset));
        offset += tail.len();
    }
    encoded.extend(tails.concat());
    encoded
}
