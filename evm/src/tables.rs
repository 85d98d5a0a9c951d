//! The tables of a key. The format is described in `docs/evm.md`; the places of its first words are constants of
//! `contracts/HallmarkVerifier.sol`.

use crate::EvmError;
use crate::gas::Work;
use crate::gates;
use crate::memory::{Challenges, Element, INSTANCES, KEY, Transcript};
use crate::openings::{self, Opened, Set, Source};
use crate::program::{Operand, Program};
use crate::statement::PackedStatement;
use crate::words::{Word, g1_words, g2_words, scalar_word};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use hallmark_verifier::{CircuitKey, Protocol, SrsPoints, omega};

/// The contract's operands are word numbers of 16 bits.
const MAX_WORDS: usize = 1 << 16;
/// Words of header, seed, constants and reference string.
const HEADER_WORDS: usize = 18;
const MAGIC: &[u8; 8] = b"HMKEVM01";

/// All that goes into a key.
pub(crate) struct Tables<'a> {
    protocol: &'a Protocol,
    rows: usize,
    challenges: Challenges,
    program: Program,
    folded: Operand,
    sets: Vec<Set>,
    rotations: Vec<i32>,
    differences: Vec<Vec<Operand>>,
    transcript: Transcript,
}

/// Addresses of memory, in bytes.
struct Places {
    entries: usize,
    points: usize,
    constants: usize,
    fixed: usize,
    sigma: usize,
    program: usize,
    schedule: usize,
    sets: usize,
    shapes: usize,
    key_end: usize,
    challenges: usize,
    derived: usize,
    quotient: usize,
    differences: usize,
    transcript: usize,
    results: usize,
}

/// Instructions in one word.
const PER_WORD: usize = 5;

impl<'a> Tables<'a> {
    pub(crate) fn new(circuit: &'a CircuitKey) -> Result<Self, EvmError> {
        let protocol = &circuit.protocol;
        if let Some(query) = protocol.instance_queries.iter().find(|q| q.rotation != 0) {
            return Err(EvmError::Unsupported(format!(
                "public values read at a distance of {} rows",
                query.rotation
            )));
        }
        let rows = circuit.statement.rows();
        let challenges = Challenges::new(protocol);
        let mut program = Program::default();
        // The tables refer to one by position.
        program.constant(Fr::ONE);
        let folded = gates::compile(protocol, &challenges, &mut program);
        let sets = openings::sets(protocol);
        Ok(Self {
            rows,
            transcript: Transcript::new(protocol, rows * protocol.instance_columns),
            differences: differences(&sets, protocol, &mut program)?,
            rotations: openings::rotations(&sets),
            protocol,
            challenges,
            program,
            sets,
            folded,
        })
    }

    /// Length of a proof.
    pub(crate) fn proof_bytes(&self) -> usize {
        self.transcript
            .segments
            .iter()
            .map(|segment| segment.bytes())
            .sum()
    }

    /// Commitments that the contract multiplies by scalars, those of the opening not counted.
    pub(crate) fn commitments(&self) -> usize {
        let members: usize = self.sets.iter().map(|set| set.members.len()).sum();
        members + self.protocol.quotient_pieces() - 1
    }

    pub(crate) fn instructions(&self) -> usize {
        self.program.instructions.len()
    }

    fn program_words(&self) -> usize {
        self.program.instructions.len().div_ceil(PER_WORD)
    }

    fn set_bytes(&self) -> usize {
        let bytes = |set: &Set| {
            let (points, members) = (set.rotations.len(), set.members.len());
            2 * (2 + points * (2 + members) + members)
        };
        self.sets.iter().map(bytes).sum()
    }

    fn places(&self, statement: &PackedStatement) -> Places {
        let mut at = KEY + 32 * HEADER_WORDS;
        let mut take = |bytes: usize| {
            let place = at;
            at += bytes.next_multiple_of(32);
            place
        };
        let points = self.rotations.len();
        Places {
            entries: take(32 * statement.entries().len()),
            points: take(32 * points),
            constants: take(32 * self.program.constants.len()),
            fixed: take(64 * self.protocol.fixed_commitments.len()),
            sigma: take(64 * self.protocol.permutation_commitments.len()),
            program: take(32 * self.program_words()),
            schedule: take(4 * self.transcript.segments.len()),
            sets: take(self.set_bytes()),
            shapes: take(
                statement
                    .entries()
                    .iter()
                    .map(|entry| entry.shape_bytes().len())
                    .sum(),
            ),
            key_end: take(0),
            challenges: take(32 * self.challenges.count),
            derived: take(32 * (INSTANCES + self.protocol.instance_columns)),
            quotient: take(32),
            // Inverses of u − p and of x, and their products.
            differences: take(64 * (points + 1)),
            transcript: take(self.transcript.bytes),
            results: take(32 * PER_WORD * self.program_words()),
        }
    }

    /// What a call of the verifier will do.
    pub(crate) fn work(&self, statement: &PackedStatement, key_bytes: usize) -> Work {
        let sum = |count: fn(&Set) -> usize| self.sets.iter().map(count).sum::<usize>() as u64;
        let places = self.places(statement);
        Work {
            key_bytes: key_bytes as u64,
            memory_words: ((places.results + 32 * PER_WORD * self.program_words()) / 32) as u64,
            values: statement.values() as u64,
            columns: self.protocol.instance_columns as u64,
            cells: (self.rows * self.protocol.instance_columns) as u64,
            points: self.protocol.proof_points() as u64,
            scalars: self.protocol.proof_scalars() as u64,
            segments: self.transcript.segments.len() as u64,
            log_rows: u64::from(self.protocol.log_rows),
            blinding: self.protocol.blinding_factors as u64,
            program_words: self.program_words() as u64,
            rotations: self.rotations.len() as u64,
            sets: self.sets.len() as u64,
            set_points: sum(|set| set.rotations.len()),
            openings: sum(|set| set.rotations.len() * set.members.len()),
            commitments: self.commitments() as u64,
        }
    }

    /// The key's data.
    pub(crate) fn encode(
        &self,
        srs: &SrsPoints,
        statement: &PackedStatement,
        seed: Fr,
    ) -> Result<Vec<u8>, EvmError> {
        let places = self.places(statement);
        let end = places.results + 32 * PER_WORD * self.program_words();
        limit("words of memory", end / 32, MAX_WORDS)?;
        let mut data = Vec::new();
        for header in self.headers(&places, statement)? {
            for (value, what) in header {
                let value = u32::try_from(value).map_err(|_| EvmError::TooLarge {
                    what,
                    found: value,
                    limit: u32::MAX as usize,
                })?;
                data.extend(value.to_be_bytes());
            }
        }
        data[..8].copy_from_slice(MAGIC);
        let rows = Fr::from(self.protocol.rows() as u64);
        for scalar in [
            seed,
            self.protocol.transcript_repr,
            rows.inverse().unwrap_or(Fr::ZERO),
            rotated(self.protocol, -1)?,
        ] {
            data.extend(scalar_word(&scalar));
        }
        data.extend(g1_words(&SrsPoints::g1()).concat());
        data.extend(g2_words(srs.s_g2()).concat());
        data.extend(g2_words(&SrsPoints::g2()).concat());
        let mut shape = places.shapes;
        for entry in statement.entries() {
            data.extend(entry.word(shape));
            shape += entry.shape_bytes().len();
        }
        for rotation in &self.rotations {
            data.extend(scalar_word(&rotated(self.protocol, *rotation)?));
        }
        data.extend(self.program.constants.iter().flat_map(scalar_word));
        for point in self
            .protocol
            .fixed_commitments
            .iter()
            .chain(&self.protocol.permutation_commitments)
        {
            data.extend(g1_words(point).concat());
        }
        self.encode_program(&places, &mut data);
        self.encode_schedule(&mut data)?;
        self.encode_sets(&places, &mut data)?;
        let start = data.len();
        data.extend(statement.entries().iter().flat_map(|entry| entry.shape_bytes()));
        pad(&mut data, start);
        debug_assert_eq!(data.len(), places.key_end - KEY);
        Ok(data)
    }

    /// The first four words, of eight numbers each.
    fn headers(
        &self,
        places: &Places,
        statement: &PackedStatement,
    ) -> Result<[[(usize, &'static str); 8]; 4], EvmError> {
        let first = self.sets.first().map_or(0, |set| set.rotations.len());
        let transcript = |offset: usize| (places.transcript + offset, "transcript bytes");
        let proof = self.proof_bytes();
        limit("challenges behind one segment", self.challenges.count, 63)?;
        Ok([
            [
                (0, "magic"),
                (0, "magic"),
                (self.protocol.log_rows as usize, "rows"),
                (proof, "proof bytes"),
                (statement.bytes(), "statement bytes"),
                (statement.entries().len(), "statement entries"),
                (self.protocol.instance_columns, "instance columns"),
                (self.rows, "instance rows"),
            ],
            [
                transcript(0),
                (places.schedule, "schedule"),
                (self.transcript.segments.len(), "segments"),
                (places.challenges, "challenges"),
                (self.challenges.count, "challenges"),
                (places.derived, "derived values"),
                (places.program, "program"),
                (self.program_words(), "program words"),
            ],
            [
                (places.results, "results"),
                (self.address(places, self.folded), "folded constraints"),
                (places.quotient, "quotient"),
                (places.points, "points"),
                (self.rotations.len(), "points"),
                (places.differences, "differences"),
                (places.sets, "sets"),
                (self.sets.len(), "sets"),
            ],
            [
                transcript(self.transcript.pieces()),
                (first, "points of the first set"),
                (places.entries, "statement entries"),
                transcript(self.transcript.first_opening()),
                (64 * self.protocol.quotient_pieces(), "quotient pieces"),
                transcript(self.transcript.second_opening()),
                (self.protocol.blinding_factors, "blinding factors"),
                (places.key_end - KEY, "key bytes"),
            ],
        ])
    }

    fn address(&self, places: &Places, operand: Operand) -> usize {
        match operand {
            Operand::Constant(i) => places.constants + 32 * i,
            Operand::Challenge(i) => places.challenges + 32 * i,
            Operand::Derived(i) => places.derived + 32 * i,
            Operand::Evaluation(i) => places.transcript + self.transcript.evaluations() + 32 * i,
            Operand::Result(i) => places.results + 32 * i,
        }
    }

    fn encode_program(&self, places: &Places, data: &mut Vec<u8>) {
        let zero = places.constants;
        let number = |operand| self.address(places, operand) / 32;
        for five in self.program.instructions.chunks(PER_WORD) {
            let mut word: Word = [0; 32];
            let padding = std::iter::repeat([zero / 32; 3]);
            let operands = five
                .iter()
                .map(|i| [number(i.a), number(i.b), number(i.c)])
                .chain(padding);
            for (slot, operand) in word.chunks_exact_mut(2).zip(operands.take(PER_WORD).flatten()) {
                // Memory is limited to as many words as 16 bits can number.
                slot.copy_from_slice(&(operand as u16).to_be_bytes());
            }
            data.extend(word);
        }
    }

    fn encode_schedule(&self, data: &mut Vec<u8>) -> Result<(), EvmError> {
        let start = data.len();
        for segment in &self.transcript.segments {
            let kind = match segment.kind {
                Element::Scalar => 0u32,
                Element::Point => 1,
                Element::PointOrInfinity => 2,
            };
            limit("bytes in one segment of the proof", segment.bytes(), 1 << 24)?;
            let entry = kind << 30 | (segment.challenges as u32) << 24 | segment.bytes() as u32;
            data.extend(entry.to_be_bytes());
        }
        pad(data, start);
        Ok(())
    }

    fn encode_sets(&self, places: &Places, data: &mut Vec<u8>) -> Result<(), EvmError> {
        let start = data.len();
        for (set, differences) in self.sets.iter().zip(&self.differences) {
            limit("points in one set", set.rotations.len(), u16::MAX as usize)?;
            limit("commitments in one set", set.members.len(), u16::MAX as usize)?;
            let mut put = |value: usize| data.extend((value as u16).to_be_bytes());
            put(set.rotations.len());
            put(set.members.len());
            for (k, (rotation, difference)) in set.rotations.iter().zip(differences).enumerate() {
                let point = self.rotations.iter().position(|r| r == rotation).unwrap_or(0);
                put(places.differences / 32 + point);
                put(self.address(places, *difference) / 32);
                for (_, values) in set.members.iter().rev() {
                    put(match values[k] {
                        Opened::Proof(operand) => self.address(places, operand) / 32,
                        Opened::Quotient => places.quotient / 32,
                    });
                }
            }
            for (source, _) in &set.members {
                put(self.commitment(places, *source) / 32);
            }
        }
        pad(data, start);
        Ok(())
    }

    /// Zero stands for the quotient, which is a sum of several.
    fn commitment(&self, places: &Places, source: Source) -> usize {
        match source {
            Source::Advice(column) => places.transcript + self.transcript.advice(column),
            Source::Product(position) => places.transcript + self.transcript.product(position),
            Source::Random => places.transcript + self.transcript.random(),
            Source::Fixed(column) => places.fixed + 64 * column,
            Source::Sigma(position) => places.sigma + 64 * position,
            Source::Quotient => 0,
        }
    }
}

/// For every set, the constants `1/Π_(m≠k) (ω^r_k − ω^r_m)` of its points.
fn differences(
    sets: &[Set],
    protocol: &Protocol,
    program: &mut Program,
) -> Result<Vec<Vec<Operand>>, EvmError> {
    let mut all = Vec::with_capacity(sets.len());
    for set in sets {
        let mut own = Vec::with_capacity(set.rotations.len());
        for rotation in &set.rotations {
            let point = rotated(protocol, *rotation)?;
            let mut product = Fr::ONE;
            for other in set.rotations.iter().filter(|other| *other != rotation) {
                product *= point - rotated(protocol, *other)?;
            }
            let inverse = product
                .inverse()
                .ok_or_else(|| EvmError::Unsupported("rotations that coincide".to_owned()))?;
            own.push(program.constant(inverse));
        }
        all.push(own);
    }
    Ok(all)
}

/// ω^rotation.
fn rotated(protocol: &Protocol, rotation: i32) -> Result<Fr, EvmError> {
    let omega = omega(protocol.log_rows)
        .ok_or_else(|| EvmError::Unsupported(format!("2^{} rows", protocol.log_rows)))?;
    let power = omega.pow([u64::from(rotation.unsigned_abs())]);
    Ok(if rotation < 0 {
        power.inverse().unwrap_or(Fr::ZERO)
    } else {
        power
    })
}

fn limit(what: &'static str, found: usize, limit: usize) -> Result<(), EvmError> {
    match found < limit {
        true => Ok(()),
        false => Err(EvmError::TooLarge { what, found, limit }),
    }
}

fn pad(data: &mut Vec<u8>, start: usize) {
    let length = (data.len() - start).next_multiple_of(32);
    data.resize(start + length, 0);
}
