//! A circuit's verifying key for the contract: as data, and as a contract to deploy.

use crate::EvmError;
use crate::gas::{GasParts, Work, deployment};
use crate::statement::PackedStatement;
use crate::tables::Tables;
use crate::words::{Word, g1_words, g2_words, keccak};
use hallmark_verifier::{Form, ModelId, SrsPoints, VerifyingKey};

/// Largest code of a contract (EIP-170).
pub const MAX_CODE_BYTES: usize = 24_576;

/// The key of one circuit of a model.
#[derive(Clone, Debug)]
pub struct EvmKey {
    model_id: ModelId,
    form: Form,
    srs: SrsPoints,
    statement: PackedStatement,
    proof_bytes: usize,
    data: Vec<u8>,
    commitments: usize,
    evaluations: usize,
    instructions: usize,
    work: Work,
}

impl EvmKey {
    /// Makes the key for a model's circuit.
    ///
    /// # Errors
    /// [`EvmError::NoSuchCircuit`]; [`EvmError::Unsupported`] and [`EvmError::TooLarge`] if the contract's format has no room
    /// for the circuit.
    pub fn new(key: &VerifyingKey, form: Form) -> Result<Self, EvmError> {
        let circuit = key.circuit(form).ok_or(EvmError::NoSuchCircuit(form))?;
        let statement = PackedStatement::new(&circuit.statement)?;
        let seed = key.transcript_seed(form);
        let tables = Tables::new(circuit)?;
        let data = tables.encode(key.srs(), &statement, seed)?;
        let protocol = &circuit.protocol;
        Ok(Self {
            model_id: key.model_id(),
            form: circuit.form,
            srs: key.srs().clone(),
            proof_bytes: tables.proof_bytes(),
            commitments: tables.commitments(),
            evaluations: protocol.proof_scalars(),
            instructions: tables.instructions(),
            work: tables.work(&statement, data.len()),
            statement,
            data,
        })
    }

    /// The model.
    #[must_use]
    pub fn model_id(&self) -> ModelId {
        self.model_id
    }

    /// Which of the model's circuits.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// `[s]₁` and `[s]₂` of the SRS that proofs for the key are made with, as contracts have points (EIP-196, EIP-197: the imaginary part of a
    /// coordinate first). The registry's constructor takes them.
    #[must_use]
    pub fn srs_words(&self) -> ([Word; 2], [Word; 4]) {
        (g1_words(self.srs.s_g1()), g2_words(self.srs.s_g2()))
    }

    /// The SRS that proofs for the key are made with, and what is known of it by its points.
    #[must_use]
    pub fn srs(&self) -> &SrsPoints {
        &self.srs
    }

    /// How public values are packed.
    #[must_use]
    pub fn statement(&self) -> &PackedStatement {
        &self.statement
    }

    /// The key's data, as `verifyWithKey` takes them.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Keccak-256 of [`Self::data`].
    #[must_use]
    pub fn data_digest(&self) -> [u8; 32] {
        keccak(&self.data)
    }

    /// The code of the key contract: a byte that stops, then the data.
    #[must_use]
    pub fn code(&self) -> Vec<u8> {
        [&[0], self.data.as_slice()].concat()
    }

    /// Keccak-256 of the key contract's code: what `EXTCODEHASH` gives, and the registry's `vkHash`.
    #[must_use]
    pub fn code_hash(&self) -> [u8; 32] {
        keccak(&self.code())
    }

    /// Whether the key fits into a contract (EIP-170).
    #[must_use]
    pub fn fits_a_contract(&self) -> bool {
        self.data.len() < MAX_CODE_BYTES
    }

    /// The bytes that deploy the key contract: they return all that follows their first ten.
    #[must_use]
    pub fn init_code(&self) -> Vec<u8> {
        let code = self.code();
        // PUSH2 length, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN.
        let length = u16::try_from(code.len()).unwrap_or(u16::MAX).to_be_bytes();
        let prefix = [
            0x61, length[0], length[1], 0x80, 0x60, 0x0a, 0x5f, 0x39, 0x5f, 0xf3,
        ];
        [prefix.as_slice(), &code].concat()
    }

    /// What it takes to deploy the key contract, if the key fits into one.
    #[must_use]
    pub fn deploy_gas(&self) -> Option<u64> {
        self.fits_a_contract()
            .then(|| deployment(&self.init_code(), self.code().len() as u64))
    }

    /// Length of a proof.
    #[must_use]
    pub fn proof_bytes(&self) -> usize {
        self.proof_bytes
    }

    /// Commitments that the contract multiplies by scalars, those of the opening not counted.
    #[must_use]
    pub fn commitments(&self) -> usize {
        self.commitments
    }

    /// Evaluations in a proof.
    #[must_use]
    pub fn evaluations(&self) -> usize {
        self.evaluations
    }

    /// Instructions of the program that evaluates the gates.
    #[must_use]
    pub fn instructions(&self) -> usize {
        self.instructions
    }

    /// About what a call of the verifier takes, by part: of `verify` if the key fits into a contract, else of `verifyWithKey`. The
    /// contract's own work depends on the key only and is within one percent; of the call's bytes, those of numbers are taken to be
    /// different from zero, as most of a proof's are.
    #[must_use]
    pub fn gas_estimate(&self) -> GasParts {
        let padded = |bytes: usize| 32 + bytes.next_multiple_of(32);
        let mut bytes = 4 + 3 * 32 + padded(self.statement.bytes()) + padded(self.proof_bytes);
        let mut filled = 4 + 20 + self.statement.bytes() + self.proof_bytes + 8;
        if !self.fits_a_contract() {
            bytes += 32 + padded(self.data.len());
            filled += 12 + self.data.iter().filter(|byte| **byte != 0).count();
        }
        self.work
            .gas(bytes as u64, (bytes - filled) as u64, !self.fits_a_contract())
    }

    /// The same for the call that checks a known claim, whose bytes are counted.
    #[must_use]
    pub fn gas_of_call(&self, call: &[u8]) -> GasParts {
        let zeros = call.iter().filter(|byte| **byte == 0).count();
        self.work
            .gas(call.len() as u64, zeros as u64, !self.fits_a_contract())
    }
}
