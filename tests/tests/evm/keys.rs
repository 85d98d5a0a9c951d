//! Keys that no program of ours makes: mutations of an honest one, and keys made up from nothing.

use hallmark_evm::Address;

/// Where a key's data lie in the contract's memory, and the number of the first word that operands may name.
pub(super) const KEY: usize = 0x460;
pub(super) const FIRST_WORD: u16 = (KEY / 32) as u16;
/// Bytes up to the entries of the statement.
pub(super) const ENTRIES: usize = 0x220;
/// The word of the generator of the first group, a point of every key.
pub(super) const GENERATOR: u16 = FIRST_WORD + 7;
/// Most data that fit into a contract, in whole words.
pub(super) const MOST_DATA: usize = 24_544;

/// Numbers of the first three words, by place.
pub(super) const PROOF: usize = 3;
pub(super) const STATEMENT: usize = 4;
pub(super) const ENTRY_COUNT: usize = 5;
pub(super) const COLUMNS: usize = 6;
pub(super) const ROWS: usize = 7;
pub(super) const BYTES: usize = 8;
pub(super) const CHALLENGES: usize = 9;
pub(super) const POINTS: usize = 10;
pub(super) const POOL: usize = 11;
pub(super) const PROGRAM: usize = 12;
pub(super) const OPENINGS: usize = 13;
pub(super) const SETS: usize = 14;
pub(super) const SEGMENTS: usize = 15;
pub(super) const FIRST_OPENING: usize = 20;
pub(super) const SECOND_OPENING: usize = 21;

pub(super) fn number(data: &[u8], place: usize) -> u32 {
    u32::from_be_bytes(data[4 * place..4 * place + 4].try_into().unwrap())
}

pub(super) fn set_number(data: &mut [u8], place: usize, value: u32) {
    data[4 * place..4 * place + 4].copy_from_slice(&value.to_be_bytes());
}

/// Positions in the data of opening points, pool, program, openings, sets, schedule and shapes.
pub(super) fn tables(data: &[u8]) -> [usize; 7] {
    let size = |place: usize| number(data, place) as usize;
    let points = ENTRIES + 32 * size(ENTRY_COUNT);
    let pool = points + 32 * size(POINTS);
    let program = pool + 32 * size(POOL);
    let openings = program + 32 * size(PROGRAM);
    let sets = openings + 32 * size(OPENINGS);
    let schedule = sets + (4 * size(SETS)).next_multiple_of(32);
    let shapes = schedule + (4 * size(SEGMENTS)).next_multiple_of(32);
    [points, pool, program, openings, sets, schedule, shapes]
}

/// The word behind the memory that is the key's own.
pub(super) fn last_word(data: &[u8]) -> u32 {
    let size = |place: usize| number(data, place);
    let words = size(CHALLENGES)
        + 5
        + size(COLUMNS)
        + 1
        + 2 * (size(POINTS) + 1)
        + 3
        + size(COLUMNS) * size(ROWS)
        + size(SEGMENTS)
        + 5 * size(PROGRAM);
    (KEY as u32 + size(BYTES) + size(PROOF)) / 32 + words
}

/// A changed key, and what was changed.
#[derive(Clone)]
pub(super) struct Mutant {
    pub(super) what: String,
    pub(super) data: Vec<u8>,
}

/// Mutations of every count, entry, size and segment, and of operands of every class.
pub(super) fn mutants(honest: &[u8]) -> Vec<Mutant> {
    let mut all = Vec::new();
    let mut mutate = |what: String, at: usize, bytes: &[u8]| {
        let mut data = honest.to_vec();
        data[at..at + bytes.len()].copy_from_slice(bytes);
        if data != honest {
            all.push(Mutant { what, data });
        }
    };
    let last = last_word(honest);
    mutate("magic".to_owned(), 7, b"1");
    for place in 2..24 {
        let value = number(honest, place);
        for other in [
            0,
            1,
            value.wrapping_sub(1),
            value + 1,
            2 * value + 1,
            u32::from(FIRST_WORD) - 1,
            u32::from(FIRST_WORD),
            last - 1,
            last,
            1 << 15,
            1 << 20,
            i32::MAX as u32,
            u32::MAX,
        ] {
            mutate(
                format!("number {place}: {other:#x}"),
                4 * place,
                &other.to_be_bytes(),
            );
        }
    }
    let [points, _, program, openings, sets, schedule, _] = tables(honest);
    for entry in (ENTRIES..points).step_by(32) {
        for value in [0, 1, 2, 3, 4, 7, 8, 9, 31, 32, 33, 0xff] {
            mutate(format!("entry at {entry:#x}, kind {value}"), entry, &[value]);
            mutate(format!("entry at {entry:#x}, width {value}"), entry + 1, &[value]);
        }
        for value in [0u32, 1, 2, 1 << 16, i32::MAX as u32, u32::MAX] {
            for (field, what) in [(2, "count"), (6, "first cell")] {
                let what = format!("entry at {entry:#x}, {what} {value:#x}");
                mutate(what, entry + field, &value.to_be_bytes());
            }
        }
        for value in [i64::MIN, -129, -128, -1, 0, 1, 127, 128, i64::MAX] {
            for (field, what) in [(10, "low"), (18, "high")] {
                let what = format!("entry at {entry:#x}, {what} {value}");
                mutate(what, entry + field, &value.to_be_bytes());
            }
        }
    }
    for set in (0..number(honest, SETS) as usize).map(|set| sets + 4 * set) {
        for value in [0u16, 1, 2, 3, 0x100, u16::MAX] {
            mutate(
                format!("set at {set:#x}, points {value}"),
                set,
                &value.to_be_bytes(),
            );
            mutate(
                format!("set at {set:#x}, members {value}"),
                set + 2,
                &value.to_be_bytes(),
            );
        }
    }
    // With those that fill the table up.
    let segments = number(honest, SEGMENTS).next_multiple_of(8) as usize;
    for segment in (0..segments).map(|segment| schedule + 4 * segment) {
        let entry = u32::from_be_bytes(honest[segment..segment + 4].try_into().unwrap());
        for other in [
            0,
            entry ^ 1 << 30,
            entry ^ 2 << 30,
            entry | 3 << 30,
            entry + (1 << 24),
            entry | 0x3f << 24,
            entry + 1,
            entry + 32,
            entry + 64,
            entry | 0xff_ffe0,
            u32::MAX,
        ] {
            mutate(
                format!("segment at {segment:#x}: {other:#x}"),
                segment,
                &other.to_be_bytes(),
            );
        }
    }
    // Factors, summand and the lane behind the last instruction; points, constants, values and commitments of openings.
    let lanes = [
        program,
        program + 2,
        program + 4,
        program + 28,
        program + 30,
        openings - 32,
        openings - 2,
    ];
    let opened = (0..6).map(|lane| openings + 2 * lane);
    for at in lanes.into_iter().chain(opened).chain([sets - 32, sets - 2]) {
        for word in [
            0,
            1,
            FIRST_WORD - 1,
            FIRST_WORD,
            last as u16 - 2,
            last as u16 - 1,
            last as u16,
            0x7fff,
            0x8000,
            u16::MAX,
        ] {
            mutate(format!("operand at {at:#x}: {word:#x}"), at, &word.to_be_bytes());
        }
    }
    // Points of the reference string and of the pool.
    for at in [0xe0, 0x120, 0x1a0, points + 31, program - 1] {
        mutate(format!("byte at {at:#x}"), at, &[honest[at] ^ 1]);
    }
    all
}

/// A key made up from nothing: one row of numbers after the other.
#[derive(Clone, Default)]
pub(super) struct Made {
    pub(super) log_rows: u32,
    pub(super) blinding: u32,
    pub(super) columns: u32,
    pub(super) rows: u32,
    pub(super) challenges: u32,
    pub(super) points: usize,
    pub(super) pool: usize,
    pub(super) program: usize,
    pub(super) openings: Vec<u16>,
    pub(super) sets: Vec<[u16; 2]>,
    /// Kind, challenges, bytes.
    pub(super) segments: Vec<[u32; 3]>,
    /// Width and count of outputs; the nonce comes first.
    pub(super) outputs: Vec<[u32; 2]>,
    /// Words of the opening's points; the generator if zero.
    pub(super) opened: [u32; 2],
}

impl Made {
    /// The key, with seed and reference string of an honest one.
    pub(super) fn data(&self, honest: &[u8]) -> Vec<u8> {
        let proof: u32 = self.segments.iter().map(|segment| segment[2]).sum();
        let statement = 32
            + self
                .outputs
                .iter()
                .map(|[width, count]| width * count)
                .sum::<u32>();
        let opened = self
            .opened
            .map(|word| if word == 0 { u32::from(GENERATOR) } else { word });
        let numbers = [
            self.log_rows,
            proof,
            statement,
            1 + self.outputs.len() as u32,
            self.columns,
            self.rows,
            0,
            self.challenges,
            self.points as u32,
            self.pool as u32,
            self.program as u32,
            self.openings.len().div_ceil(16) as u32,
            self.sets.len() as u32,
            self.segments.len() as u32,
            u32::from(FIRST_WORD),
            u32::from(FIRST_WORD),
            0,
            u32::MAX,
            opened[0],
            opened[1],
            0,
            self.blinding,
        ];
        let mut data = honest[..8].to_vec();
        data.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
        data.extend(&honest[0x60..ENTRIES]);
        data.extend([0u8, 32, 0, 0, 0, 1]);
        data.resize(ENTRIES + 32, 0);
        for [width, count] in &self.outputs {
            let start = data.len();
            data.extend([3, *width as u8]);
            data.extend(count.to_be_bytes());
            data.extend(2u32.to_be_bytes());
            // Any number of the width is in the interval.
            let unused = 64 - 8 * width;
            data.extend((i64::MIN >> unused).to_be_bytes());
            data.extend((i64::MAX >> unused).to_be_bytes());
            data.resize(start + 32, 0);
        }
        data.resize(data.len() + 32 * (self.points + self.pool), 0);
        let operands = self.program * 16;
        data.extend(std::iter::repeat_n(GENERATOR.to_be_bytes(), operands).flatten());
        let padded = self.openings.iter().copied().chain(std::iter::repeat(FIRST_WORD));
        let openings = padded.take(self.openings.len().next_multiple_of(16));
        data.extend(openings.flat_map(u16::to_be_bytes));
        data.extend(self.sets.iter().flatten().flat_map(|size| size.to_be_bytes()));
        data.resize(data.len().next_multiple_of(32), 0);
        for [kind, challenges, bytes] in &self.segments {
            data.extend((kind << 30 | challenges << 24 | bytes).to_be_bytes());
        }
        data.resize(data.len().next_multiple_of(32), 0);
        let length = data.len() as u32;
        set_number(&mut data, BYTES, length);
        data
    }
}

/// The code of a key contract.
pub(super) fn code(data: &[u8]) -> Vec<u8> {
    [&[0], data].concat()
}

/// An address that nothing is deployed at.
pub(super) fn somewhere(index: usize) -> Address {
    let mut address = [0xc0; 20];
    address[12..].copy_from_slice(&(index as u64).to_be_bytes());
    address
}
