//! A key, read by its format.

use ark_ff::PrimeField;
use hallmark_verifier::Fr;

/// The word of memory at which the contract lays a key out.
pub const FIRST: usize = 35;

/// A key's numbers and tables, as docs/evm.md describes them.
pub struct Read<'a> {
    pub data: &'a [u8],
    pub numbers: Vec<usize>,
}

impl<'a> Read<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap()) as usize;
        let numbers = data[..96].chunks_exact(4).map(number).collect();
        Self { data, numbers }
    }

    /// Words before the program.
    pub fn program_at(&self) -> usize {
        17 + self.numbers[5] + self.numbers[10] + self.numbers[11]
    }

    pub fn operands(&self, word: usize, words: usize) -> Vec<usize> {
        let bytes = &self.data[32 * word..32 * (word + words)];
        let number = |pair: &[u8]| usize::from(u16::from_be_bytes([pair[0], pair[1]]));
        bytes.chunks_exact(2).map(number).collect()
    }

    pub fn scalar(&self, word: usize) -> Fr {
        Fr::from_be_bytes_mod_order(&self.data[32 * word..32 * (word + 1)])
    }

    /// Table entries of four bytes each from a word on.
    pub fn entries(&self, word: usize, count: usize) -> Vec<u32> {
        let bytes = &self.data[32 * word..32 * word + 4 * count];
        bytes
            .chunks_exact(4)
            .map(|four| u32::from_be_bytes(four.try_into().unwrap()))
            .collect()
    }

    /// Words that the tables before the sizes of sets take, and these and the schedule.
    pub fn sets_at(&self) -> [usize; 2] {
        let sets = self.program_at() + self.numbers[12] + self.numbers[13];
        [sets, sets + self.numbers[14].div_ceil(8)]
    }

    /// Words of memory: challenges, derived values, the quotient, places of the opening points, the transcript.
    pub fn memory(&self) -> [usize; 5] {
        let challenges = FIRST + self.numbers[8] / 32;
        let derived = challenges + self.numbers[9];
        let quotient = derived + 5 + self.numbers[6];
        let places = quotient + 1;
        [
            challenges,
            derived,
            quotient,
            places,
            places + 2 * (self.numbers[10] + 1),
        ]
    }

    /// The segments of the proof: kind, first word, words, and challenges drawn behind it.
    pub fn segments(&self) -> Vec<[usize; 4]> {
        let mut at = self.memory()[4] + 3 + self.numbers[6] * self.numbers[7];
        let schedule = self.entries(self.sets_at()[1], self.numbers[15]);
        let segment = |entry: u32| {
            let words = (entry as usize & 0xff_ffff) / 32;
            let first = at;
            // Behind every segment there is a word for the state.
            at += words + 1;
            [entry as usize >> 30, first, words, entry as usize >> 24 & 0x3f]
        };
        schedule.into_iter().map(segment).collect()
    }

    /// The word of the first evaluation.
    pub fn evaluations(&self) -> usize {
        self.segments().iter().find(|segment| segment[0] == 0).unwrap()[1]
    }
}
