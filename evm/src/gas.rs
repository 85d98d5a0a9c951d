//! What a call of the verifier costs, without an EVM: counted from the key's tables, with the gas of each kind of work as measured.

use serde::Serialize;

/// Gas of a call of the verifier by step. The parts add up to the call's gas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GasParts {
    /// What every transaction costs.
    pub intrinsic: u64,
    /// The call's bytes (EIP-2028, EIP-7623).
    pub calldata: u64,
    /// Loading the key.
    pub key: u64,
    /// The key's check, public values, elements of the proof and challenges.
    pub transcript: u64,
    /// Public values, gates and openings at the challenges: everything that is computed with scalars.
    pub evaluations: u64,
    /// Precompiled contracts that add points and multiply them.
    pub msm: u64,
    /// The pairing.
    pub pairing: u64,
}

impl GasParts {
    /// What every transaction costs.
    pub const INTRINSIC: u64 = 21_000;

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.intrinsic
            + self.calldata
            + self.key
            + self.transcript
            + self.evaluations
            + self.msm
            + self.pairing
    }
}

/// How much of each kind of work a key asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Work {
    /// Bytes of the key.
    pub(crate) key_bytes: u64,
    /// Words of memory.
    pub(crate) memory_words: u64,
    /// Numbers in the statement.
    pub(crate) values: u64,
    /// Instance columns and their cells.
    pub(crate) columns: u64,
    pub(crate) cells: u64,
    /// Points and scalars of the proof.
    pub(crate) points: u64,
    pub(crate) scalars: u64,
    /// Segments between challenges.
    pub(crate) segments: u64,
    /// The circuit has 2^log_rows rows, of which so many blind.
    pub(crate) log_rows: u64,
    pub(crate) blinding: u64,
    /// Words of the program.
    pub(crate) program_words: u64,
    /// Words of the openings' operands, and entries of the statement.
    pub(crate) opening_words: u64,
    pub(crate) entries: u64,
    /// Opening points; sets, their points, values and commitments.
    pub(crate) rotations: u64,
    pub(crate) sets: u64,
    pub(crate) set_points: u64,
    pub(crate) openings: u64,
    pub(crate) commitments: u64,
}

/// Words of memory in front of the key.
const SCRATCH_WORDS: u64 = 35;
/// Results of a word of the program.
const RESULTS: u64 = 5;

/// What memory of so many words costs.
fn memory(words: u64) -> u64 {
    3 * words + words * words / 512
}

/// What the deployment of a key takes: the bytes of a transaction that makes a contract, copying the code into memory, and storing it.
/// (The least that EIP-7623 has a transaction pay for its bytes is below that.)
pub(crate) fn deployment(init_code: &[u8], code_bytes: u64) -> u64 {
    // A transaction that creates; a word of init code (EIP-3860); a byte of a contract's code; the seven instructions of `EvmKey::init_code`.
    const CREATE: u64 = 32_000;
    const INIT_WORD: u64 = 2;
    const CODE_BYTE: u64 = 200;
    const INSTRUCTIONS: u64 = 16;
    let zeros = init_code.iter().filter(|byte| **byte == 0).count() as u64;
    let bytes = init_code.len() as u64;
    let code_words = code_bytes.div_ceil(32);
    GasParts::INTRINSIC
        + CREATE
        + 16 * (bytes - zeros)
        + 4 * zeros
        + INIT_WORD * bytes.div_ceil(32)
        + INSTRUCTIONS
        + 3 * code_words
        + memory(code_words)
        + CODE_BYTE * code_bytes
}

impl Work {
    /// What it takes to check the key.
    fn check(&self) -> u64 {
        2_300
            + 57 * (self.program_words + self.opening_words)
            + 230 * self.entries
            + 230 * self.segments.div_ceil(8)
            + 110 * self.sets
    }

    /// The gas of a call of so many bytes, some of which are zero. Coefficients were fitted to executions of keys with 12 to 300
    /// commitments and 13 to 3,100 cells (`GasParts` of both); the tests compare.
    pub(crate) fn gas(&self, calldata_bytes: u64, zeros: u64, key_in_calldata: bool) -> GasParts {
        let tokens = 4 * (calldata_bytes - zeros) + zeros;
        let key_words = self.key_bytes / 32;
        let with_key = memory(SCRATCH_WORDS + key_words);
        let with_transcript = memory(self.memory_words - RESULTS * self.program_words);
        let mut parts = GasParts {
            intrinsic: GasParts::INTRINSIC,
            calldata: 4 * tokens,
            key: match key_in_calldata {
                true => 780 + 9 * key_words + with_key,
                false => 3_340 + 3 * key_words + with_key,
            },
            transcript: 3_650 + self.check() + with_transcript - with_key
                + 9 * self.cells
                + if self.columns > 1 { 220 } else { 93 } * self.values
                + 260 * self.points
                + 79 * self.scalars
                + 400 * self.segments,
            evaluations: 7_835 + memory(self.memory_words) - with_transcript
                + 122 * self.cells
                + 82 * self.log_rows
                + 160 * self.blinding
                + 501 * self.program_words
                + 300 * self.rotations
                + 300 * self.sets
                + 280 * self.set_points
                + 97 * self.openings
                + 355 * self.commitments,
            // Every commitment, the opening's two and the generator are multiplied and added, but one factor is one.
            msm: 6_350 * (self.commitments + 3) - 6_100,
            pairing: 113_390,
        };
        // EIP-7623: a transaction pays at least this much for its bytes.
        let floor = GasParts::INTRINSIC + 10 * tokens;
        parts.calldata += floor.saturating_sub(parts.total());
        parts
    }
}
