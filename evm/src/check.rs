//! The invariants of a key's data, as the contract checks them before it does anything with a key (`HallmarkTables.sol`; in words in
//! `docs/evm.md`). Keys are data of somebody unknown: this says whether the contract would follow one, not what it stands for.

use crate::format::{HEADER_WORDS, MAGIC, MOST_MEMORY, OPERANDS, PER_WORD};
use crate::memory::{INSTANCES, KEY};

const MOST_LOG_ROWS: u64 = 28;
const MOST_BLINDING: u64 = 255;
const CHALLENGES: std::ops::RangeInclusive<u64> = 8..=63;
/// Number of the first word that operands may name.
const FIRST_WORD: u64 = KEY as u64 / 32;

/// Why the contract refuses a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFault {
    /// Too short, of another format, or of another length than it says.
    #[error(
        "the data are no key of the format HMKEVM02, or damaged; make the key again with `hallmark evm key`"
    )]
    Unknown,
    /// The tables do not fit into the key.
    #[error("the key has {0} bytes, fewer than its tables or no whole words")]
    Tables(u64),
    /// The working memory is larger than it may be.
    #[error("the key asks for {0} bytes of memory, the contract has at most 1048576 for it")]
    Memory(u64),
    /// A number is outside the range that it may have.
    #[error("the key's number of {0} is out of range")]
    Number(&'static str),
    /// An entry of the statement.
    #[error(
        "the key's entry {0} of the statement does not fit in, has an interval beyond its width, or the entries are not the statement"
    )]
    Entry(usize),
    /// A segment of the transcript.
    #[error(
        "the key's segment {0} of the transcript has no whole elements or is behind the last, or the segments are not the proof"
    )]
    Segment(usize),
    /// Sizes of the sets of openings.
    #[error("the key opens more than its tables, the proof and its commitments can hold")]
    Sets,
    /// An operand of program or openings.
    #[error("the key's operand {0} names a word outside the memory that is the key's own")]
    Operand(usize),
}

/// A key's counts.
struct Counts<'a> {
    data: &'a [u8],
    /// Eight numbers in each of the first three words.
    numbers: [u64; 24],
}

impl Counts<'_> {
    const LOG_ROWS: usize = 2;
    const PROOF: usize = 3;
    const STATEMENT: usize = 4;
    const ENTRIES: usize = 5;
    const COLUMNS: usize = 6;
    const ROWS: usize = 7;
    const BYTES: usize = 8;
    const CHALLENGES: usize = 9;
    const POINTS: usize = 10;
    const POOL: usize = 11;
    const PROGRAM: usize = 12;
    const OPENINGS: usize = 13;
    const SETS: usize = 14;
    const SEGMENTS: usize = 15;
    const FOLDED: usize = 16;
    const PIECES_AT: usize = 17;
    const PIECES: usize = 18;
    const FIRST_OPENING: usize = 20;
    const SECOND_OPENING: usize = 21;
    const FIRST_SET: usize = 22;
    const BLINDING: usize = 23;

    fn get(&self, number: usize) -> u64 {
        self.numbers.get(number).copied().unwrap_or(0)
    }

    /// No number has more than 32 bits, so that products of two fit.
    fn cells(&self) -> u64 {
        self.get(Self::COLUMNS) * self.get(Self::ROWS)
    }

    /// Bytes before the program, the openings, the sizes of sets, the schedule, and the shapes.
    fn tables(&self) -> [u64; 5] {
        let table = |entries: u64| (4 * entries).next_multiple_of(32);
        let before =
            HEADER_WORDS as u64 + self.get(Self::ENTRIES) + self.get(Self::POINTS) + self.get(Self::POOL);
        let program = 32 * before;
        let openings = program + 32 * self.get(Self::PROGRAM);
        let sets = openings + 32 * self.get(Self::OPENINGS);
        let schedule = sets + table(self.get(Self::SETS));
        [
            program,
            openings,
            sets,
            schedule,
            schedule + table(self.get(Self::SEGMENTS)),
        ]
    }

    /// Where the memory behind the key ends.
    fn limit(&self) -> u64 {
        let words = self.get(Self::CHALLENGES)
            + INSTANCES as u64
            + self.get(Self::COLUMNS)
            + 1
            + 2 * (self.get(Self::POINTS) + 1)
            + 3
            + self.get(Self::SEGMENTS)
            + PER_WORD as u64 * self.get(Self::PROGRAM);
        let cells = self.cells().saturating_mul(32);
        (KEY as u64 + self.get(Self::BYTES) + 32 * words + self.get(Self::PROOF)).saturating_add(cells)
    }

    /// Numbers of `bytes` bytes each from a position of the data on.
    fn table(&self, position: u64, bytes: usize, count: u64) -> impl Iterator<Item = &[u8]> {
        let start = usize::try_from(position).unwrap_or(usize::MAX);
        let table = self.data.get(start..).unwrap_or_default();
        table
            .chunks_exact(bytes)
            .take(usize::try_from(count).unwrap_or(usize::MAX))
    }
}

/// Checks that the contract would follow a key with these data.
///
/// # Errors
/// [`KeyFault`] names the first invariant that does not hold.
pub fn check_key(data: &[u8]) -> Result<(), KeyFault> {
    let mut numbers = [0; 24];
    for (number, bytes) in numbers.iter_mut().zip(data.chunks_exact(4)) {
        *number = big_endian(bytes);
    }
    let counts = Counts { data, numbers };
    let whole = data.len() >= 32 * HEADER_WORDS && data.len() < MOST_MEMORY;
    if !whole || !data.starts_with(MAGIC) || counts.get(Counts::BYTES) != data.len() as u64 {
        return Err(KeyFault::Unknown);
    }
    let [.., end] = counts.tables();
    if end > data.len() as u64 || !data.len().is_multiple_of(32) {
        return Err(KeyFault::Tables(data.len() as u64));
    }
    if counts.limit() > MOST_MEMORY as u64 {
        return Err(KeyFault::Memory(counts.limit()));
    }
    numbers_fit(&counts)?;
    entries_fit(&counts)?;
    schedule_fits(&counts)?;
    sets_fit(&counts)?;
    operands_fit(&counts)
}

fn numbers_fit(counts: &Counts) -> Result<(), KeyFault> {
    let (columns, statement) = (counts.get(Counts::COLUMNS), counts.get(Counts::STATEMENT));
    let last = counts.limit() / 32;
    let names = |number: usize, words: u64| {
        let word = counts.get(number);
        word >= FIRST_WORD && word < last && word + words <= last
    };
    for (good, what) in [
        ((1..=statement).contains(&columns), "instance columns"),
        (
            counts.get(Counts::ROWS) > 0 && counts.cells() < columns + statement,
            "cells",
        ),
        (counts.get(Counts::LOG_ROWS) <= MOST_LOG_ROWS, "rows"),
        (CHALLENGES.contains(&counts.get(Counts::CHALLENGES)), "challenges"),
        (counts.get(Counts::BLINDING) <= MOST_BLINDING, "blinding factors"),
        (
            counts.get(Counts::FIRST_SET) <= counts.get(Counts::POINTS),
            "points of the first set",
        ),
        (names(Counts::FOLDED, 1), "the folded constraints' word"),
        (
            names(Counts::PIECES_AT, 2 * counts.get(Counts::PIECES)),
            "the quotient's words",
        ),
        (
            names(Counts::FIRST_OPENING, 2) && names(Counts::SECOND_OPENING, 2),
            "the opening's words",
        ),
    ] {
        if !good {
            return Err(KeyFault::Number(what));
        }
    }
    Ok(())
}

fn entries_fit(counts: &Counts) -> Result<(), KeyFault> {
    let mut least = 0;
    let mut bytes = 0;
    let entries = counts.get(Counts::ENTRIES);
    for (index, word) in counts.table(32 * HEADER_WORDS as u64, 32, entries).enumerate() {
        let (kind, width) = (big_endian(&word[..1]), big_endian(&word[1..2]));
        let (count, first) = (big_endian(&word[2..6]), big_endian(&word[6..10]));
        let interval = [&word[10..18], &word[18..26]].map(|bytes| big_endian(bytes).cast_signed());
        let (form, cells) = match kind {
            0 => (width == 32 && count == 1 && index == 0, 2),
            2 => (width == 32 && count == 1, 1),
            1 | 3 => (interval_fits(interval, width), count),
            _ => (false, 0),
        };
        if !form || kind < least || index == 0 && kind != 0 || first + cells > counts.cells() {
            return Err(KeyFault::Entry(index));
        }
        least = kind;
        bytes += width * count;
    }
    match entries > 0 && bytes == counts.get(Counts::STATEMENT) {
        true => Ok(()),
        false => Err(KeyFault::Entry(entries as usize)),
    }
}

/// Whether an interval is not empty and both ends are signed numbers of this many bytes, one to eight. A greater one would hold several
/// numbers with the same bytes, which are all that a proof speaks about.
fn interval_fits([low, high]: [i64; 2], width: u64) -> bool {
    let fits = |end: i64| {
        let unused = 64 - 8 * width;
        end << unused >> unused == end
    };
    (1..=8).contains(&width) && low <= high && fits(low) && fits(high)
}

fn schedule_fits(counts: &Counts) -> Result<(), KeyFault> {
    let [.., start, _] = counts.tables();
    let (mut bytes, mut drawn) = (0, 0);
    let segments = counts.get(Counts::SEGMENTS);
    for (index, segment) in counts.table(start, 4, segments.next_multiple_of(8)).enumerate() {
        // What fills the table up is zero.
        if index as u64 >= segments && segment != [0; 4] {
            return Err(KeyFault::Segment(index));
        }
        let (tag, own) = (big_endian(&segment[..1]), big_endian(&segment[1..]));
        let element = match tag >> 6 {
            0 => 32,
            1 | 2 => 64,
            _ => return Err(KeyFault::Segment(index)),
        };
        if own % element != 0 {
            return Err(KeyFault::Segment(index));
        }
        bytes += own;
        drawn += tag & 0x3f;
    }
    match bytes == counts.get(Counts::PROOF) && drawn == counts.get(Counts::CHALLENGES) {
        true => Ok(()),
        false => Err(KeyFault::Segment(segments as usize)),
    }
}

fn sets_fit(counts: &Counts) -> Result<(), KeyFault> {
    let [.., start, _, _] = counts.tables();
    let mut operands = 0;
    let mut terms = counts.get(Counts::PIECES);
    for set in counts.table(start, 4, counts.get(Counts::SETS)) {
        let (points, members) = (big_endian(&set[..2]), big_endian(&set[2..]));
        operands += points * (members + 2) + members;
        terms += members;
    }
    let most = counts.get(Counts::POOL) / 2 + counts.get(Counts::PROOF) / 64 + 1;
    match operands <= OPERANDS as u64 * counts.get(Counts::OPENINGS) && terms <= most {
        true => Ok(()),
        false => Err(KeyFault::Sets),
    }
}

fn operands_fit(counts: &Counts) -> Result<(), KeyFault> {
    let [start, ..] = counts.tables();
    let words = counts.get(Counts::PROGRAM) + counts.get(Counts::OPENINGS);
    // A point that begins at an operand ends in the region, too.
    let last = counts.limit() / 32 - 1;
    for (index, operand) in counts.table(start, 2, OPERANDS as u64 * words).enumerate() {
        if !(FIRST_WORD..last).contains(&big_endian(operand)) {
            return Err(KeyFault::Operand(index));
        }
    }
    Ok(())
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}
