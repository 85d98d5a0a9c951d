//! The tables of a key. The format is described in `docs/evm.md`; the places of its first words are constants of
//! `contracts/HallmarkVerifier.sol`.

use crate::EvmError;
use crate::check::check_key;
use crate::format::{HEADER_WORDS, MAGIC, MOST_MEMORY, OPERANDS, PER_WORD};
use crate::gas::Work;
use crate::gates;
use crate::memory::{Challenges, Element, INSTANCES, KEY, Transcript};
use crate::openings::{self, Opened, Set, Source};
use crate::program::{Operand, Program};
use crate::statement::PackedStatement;
use crate::words::{g1_words, g2_words, scalar_word};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use hallmark_verifier::{CircuitKey, Protocol, SrsPoints, omega};

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
    constants: usize,
    fixed: usize,
    sigma: usize,
    shapes: usize,
    key_end: usize,
    challenges: usize,
    derived: usize,
    quotient: usize,
    differences: usize,
    transcript: usize,
    results: usize,
}

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

    fn opening_words(&self) -> usize {
        let operands = |set: &Set| {
            let (points, members) = (set.rotations.len(), set.members.len());
            points * (2 + members) + members
        };
        self.sets.iter().map(operands).sum::<usize>().div_ceil(OPERANDS)
    }

    /// Words of constants and commitments.
    fn pool_words(&self) -> usize {
        let commitments = self.protocol.fixed_commitments.len() + self.protocol.permutation_commitments.len();
        self.program.constants.len() + 2 * commitments
    }

    fn places(&self, statement: &PackedStatement) -> Places {
        let mut at = KEY + 32 * HEADER_WORDS;
        let mut take = |bytes: usize| {
            let place = at;
            at += bytes.next_multiple_of(32);
            place
        };
        let points = self.rotations.len();
        take(32 * (statement.entries().len() + points));
        let constants = take(32 * self.program.constants.len());
        let fixed = take(64 * self.protocol.fixed_commitments.len());
        let sigma = take(64 * self.protocol.permutation_commitments.len());
        take(32 * (self.program_words() + self.opening_words()));
        take(4 * self.sets.len());
        take(4 * self.transcript.segments.len());
        let entries = statement.entries().iter();
        Places {
            constants,
            fixed,
            sigma,
            shapes: take(entries.map(|entry| entry.shape_bytes().len()).sum()),
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
            opening_words: self.opening_words() as u64,
            entries: statement.entries().len() as u64,
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
        // Operands are numbers of words.
        limit("words of memory", end / 32, MOST_MEMORY / 32)?;
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
        let mut shape = places.shapes - KEY;
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
        self.encode_openings(&places, &mut data);
        self.encode_sets(&mut data)?;
        self.encode_schedule(&mut data)?;
        let start = data.len();
        data.extend(statement.entries().iter().flat_map(|entry| entry.shape_bytes()));
        pad(&mut data, start);
        check_key(&data)?;
        Ok(data)
    }

    /// The first three words, of eight numbers each.
    fn headers(
        &self,
        places: &Places,
        statement: &PackedStatement,
    ) -> Result<[[(usize, &'static str); 8]; 3], EvmError> {
        let first = self.sets.first().map_or(0, |set| set.rotations.len());
        let transcript = |offset: usize| ((places.transcript + offset) / 32, "transcript words");
        Ok([
            [
                (0, "magic"),
                (0, "magic"),
                (self.protocol.log_rows as usize, "rows"),
                (self.proof_bytes(), "proof bytes"),
                (statement.bytes(), "statement bytes"),
                (statement.entries().len(), "statement entries"),
                (self.protocol.instance_columns, "instance columns"),
                (self.rows, "instance rows"),
            ],
            [
                (places.key_end - KEY, "key bytes"),
                (self.challenges.count, "challenges"),
                (self.rotations.len(), "points"),
                (self.pool_words(), "constants and commitments"),
                (self.program_words(), "program words"),
                (self.opening_words(), "openings"),
                (self.sets.len(), "sets"),
                (self.transcript.segments.len(), "segments"),
            ],
            [
                (self.address(places, self.folded) / 32, "folded constraints"),
                transcript(self.transcript.pieces()),
                (self.protocol.quotient_pieces(), "quotient pieces"),
                (self.quotient_operand(), "openings"),
                transcript(self.transcript.first_opening()),
                transcript(self.transcript.second_opening()),
                (first, "points of the first set"),
                (self.protocol.blinding_factors, "blinding factors"),
            ],
        ])
    }

    /// Which operand of the openings is the quotient's commitment.
    fn quotient_operand(&self) -> usize {
        let mut at = 0;
        for set in &self.sets {
            at += set.rotations.len() * (2 + set.members.len());
            let is_quotient = |(source, _): &(Source, Vec<Opened>)| *source == Source::Quotient;
            if let Some(position) = set.members.iter().position(is_quotient) {
                return at + position;
            }
            at += set.members.len();
        }
        at
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
        let number = |operand| self.address(places, operand) / 32;
        let operands = self.program.instructions.chunks(PER_WORD).flat_map(|five| {
            let all = five.iter().flat_map(|i| [number(i.a), number(i.b), number(i.c)]);
            all.chain(std::iter::repeat(places.constants / 32)).take(OPERANDS)
        });
        put_operands(operands, places, data);
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

    fn encode_openings(&self, places: &Places, data: &mut Vec<u8>) {
        let mut operands = Vec::new();
        for (set, differences) in self.sets.iter().zip(&self.differences) {
            for (k, (rotation, difference)) in set.rotations.iter().zip(differences).enumerate() {
                let point = self.rotations.iter().position(|r| r == rotation).unwrap_or(0);
                operands.push(places.differences / 32 + point);
                operands.push(self.address(places, *difference) / 32);
                operands.extend(set.members.iter().rev().map(|(_, values)| match values[k] {
                    Opened::Proof(operand) => self.address(places, operand) / 32,
                    Opened::Quotient => places.quotient / 32,
                }));
            }
            operands.extend(
                set.members
                    .iter()
                    .map(|(source, _)| self.commitment(places, *source) / 32),
            );
        }
        put_operands(operands.into_iter(), places, data);
    }

    fn encode_sets(&self, data: &mut Vec<u8>) -> Result<(), EvmError> {
        let start = data.len();
        for set in &self.sets {
            for (what, count) in [
                ("points in one set", set.rotations.len()),
                ("commitments in one set", set.members.len()),
            ] {
                limit(what, count, usize::from(u16::MAX))?;
                data.extend((count as u16).to_be_bytes());
            }
        }
        pad(data, start);
        Ok(())
    }

    fn commitment(&self, places: &Places, source: Source) -> usize {
        match source {
            Source::Advice(column) => places.transcript + self.transcript.advice(column),
            Source::Product(position) => places.transcript + self.transcript.product(position),
            Source::Random => places.transcript + self.transcript.random(),
            Source::Fixed(column) => places.fixed + 64 * column,
            Source::Sigma(position) => places.sigma + 64 * position,
            // A sum of several, which the contract finds by position.
            Source::Quotient => places.quotient,
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

/// Numbers of words in 16 bits each, which memory is limited to; the first constant fills the last word up.
fn put_operands(operands: impl Iterator<Item = usize>, places: &Places, data: &mut Vec<u8>) {
    let mut count = 0;
    for operand in operands {
        data.extend((operand as u16).to_be_bytes());
        count += 1;
    }
    for _ in count..usize::next_multiple_of(count, OPERANDS) {
        data.extend(((places.constants / 32) as u16).to_be_bytes());
    }
}

fn pad(data: &mut Vec<u8>, start: usize) {
    let length = (data.len() - start).next_multiple_of(32);
    data.resize(start + length, 0);
}
