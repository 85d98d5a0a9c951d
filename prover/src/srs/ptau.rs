//! Powers-of-tau files of snarkjs.
//!
//! `ptau`, version 1 (u32), number of sections (u32); then sections of a type (u32), a length (u64) and that many
//! bytes. Section 1: bytes per base field element (u32), the field's modulus, power (u32), power of the ceremony
//! (u32). Section 2: 2^(power+1) − 1 powers in the first group. Section 3: 2^power powers in the second group.
//! All integers little endian, coordinates in Montgomery form. The other sections serve Groth16 and are not read;
//! the Lagrange points of prepared files are for another root of unity than halo2's.

use super::check;
use super::development::assemble;
use super::points::{Encoding, read_g1, read_g2};
use super::size::choose_k;
use crate::ProverError;
use halo2_proofs::halo2curves::bn256::Bn256;
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use std::io::{BufReader, Read, Seek, SeekFrom};

pub(super) const MAGIC: [u8; 4] = *b"ptau";
const VERSION: u32 = 1;
const MAX_SECTIONS: u32 = 64;
/// Largest ceremony whose lengths are plausible: 2^28 is BN254's limit for domains.
const MAX_POWER: u32 = 28;
const FIELD_BYTES: u32 = 32;
/// BN254's base field modulus, little endian.
const MODULUS: [u8; 32] = [
    0x47, 0xfd, 0x7c, 0xd8, 0x16, 0x8c, 0x20, 0x3c, 0x8d, 0xca, 0x71, 0x68, 0x91, 0x6a, 0x81, 0x97, 0x5d,
    0x58, 0x81, 0x81, 0xb6, 0x45, 0x50, 0xb8, 0x29, 0xa0, 0x31, 0xe1, 0x72, 0x4e, 0x64, 0x30,
];

#[derive(Clone, Copy)]
struct Section {
    start: u64,
    length: u64,
}

/// Reads and checks the powers for 2^k rows.
pub(super) fn read<R: Read + Seek>(
    source: &mut R,
    length: u64,
    name: &str,
    k: Option<u32>,
) -> Result<ParamsKZG<Bn256>, ProverError> {
    let sections = sections(source, length)?;
    let power = header(source, find(&sections, 1)?)?;
    let k = choose_k(power, k, name)?;
    let encoding = Encoding::Raw;
    let g1 = find(&sections, 2)?;
    expect_length(
        "section 2 (powers in the first group)",
        g1,
        ((1u64 << (power + 1)) - 1) * encoding.g1_bytes() as u64,
    )?;
    let g2 = find(&sections, 3)?;
    expect_length(
        "section 3 (powers in the second group)",
        g2,
        (1u64 << power) * encoding.g2_bytes() as u64,
    )?;

    seek(source, g1.start)?;
    let g = read_g1(
        &mut BufReader::new(&mut *source),
        1 << k,
        encoding,
        "section 2 (powers in the first group)",
    )?;
    seek(source, g2.start + encoding.g2_bytes() as u64)?;
    let s_g2 = read_g2(source, 1, encoding, "section 3 (powers in the second group)")?;
    check::powers(&g, &s_g2)?;
    Ok(assemble(k, g, None, s_g2))
}

/// Walks the section table; `source` stands behind the magic bytes.
fn sections<R: Read + Seek>(source: &mut R, length: u64) -> Result<Vec<(u32, Section)>, ProverError> {
    expect_number("version", read_u32(source, "version")?, VERSION)?;
    let count = read_u32(source, "number of sections")?;
    if count > MAX_SECTIONS {
        return Err(format_error(
            "number of sections",
            &format!("at most {MAX_SECTIONS}"),
            &count.to_string(),
        ));
    }
    let mut sections: Vec<(u32, Section)> = Vec::new();
    let mut position = 12u64;
    for index in 0..count {
        let place = format!("header of section number {index} at byte {position}");
        seek(source, position)?;
        let kind = read_u32(source, &place)?;
        let section = Section {
            start: position + 12,
            length: read_u64(source, &place)?,
        };
        let end = section
            .start
            .checked_add(section.length)
            .filter(|end| *end <= length);
        position = end.ok_or_else(|| {
            format_error(
                &place,
                &format!("a section within the file's {length} bytes"),
                &format!("{} bytes from byte {}", section.length, section.start),
            )
        })?;
        if sections.iter().any(|(other, _)| *other == kind) {
            return Err(format_error(
                &place,
                "each section once",
                &format!("section {kind} again"),
            ));
        }
        sections.push((kind, section));
    }
    if position != length {
        return Err(format_error(
            &format!("byte {position}"),
            "the end of the file",
            &format!("{} more bytes", length - position),
        ));
    }
    Ok(sections)
}

/// Reads section 1 and returns the power.
fn header<R: Read + Seek>(source: &mut R, section: Section) -> Result<u32, ProverError> {
    let place = "section 1 (header)";
    expect_length(place, section, 44)?;
    seek(source, section.start)?;
    expect_number(
        "section 1 (header), bytes per field element",
        read_u32(source, place)?,
        FIELD_BYTES,
    )?;
    let mut modulus = [0u8; 32];
    read_exact(source, &mut modulus, place)?;
    if modulus != MODULUS {
        return Err(format_error(
            "section 1 (header), field modulus",
            "that of BN254 (bn128)",
            "another curve's",
        ));
    }
    let power = read_u32(source, place)?;
    if !(1..=MAX_POWER).contains(&power) {
        return Err(format_error(
            "section 1 (header), power",
            &format!("1 to {MAX_POWER}"),
            &power.to_string(),
        ));
    }
    Ok(power)
}

fn find(sections: &[(u32, Section)], kind: u32) -> Result<Section, ProverError> {
    let found = sections
        .iter()
        .find(|(other, _)| *other == kind)
        .map(|(_, section)| *section);
    found.ok_or_else(|| format_error("section table", &format!("section {kind}"), "none"))
}

fn expect_length(place: &str, section: Section, length: u64) -> Result<(), ProverError> {
    if section.length == length {
        Ok(())
    } else {
        Err(format_error(
            place,
            &format!("{length} bytes"),
            &section.length.to_string(),
        ))
    }
}

fn expect_number(place: &str, got: u32, expected: u32) -> Result<(), ProverError> {
    if got == expected {
        Ok(())
    } else {
        Err(format_error(place, &expected.to_string(), &got.to_string()))
    }
}

fn seek<R: Seek>(source: &mut R, position: u64) -> Result<(), ProverError> {
    source
        .seek(SeekFrom::Start(position))
        .map(|_| ())
        .map_err(ProverError::SrsRead)
}

fn read_exact<R: Read>(source: &mut R, bytes: &mut [u8], place: &str) -> Result<(), ProverError> {
    source.read_exact(bytes).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => format_error(
            place,
            &format!("{} more bytes", bytes.len()),
            "the end of the file",
        ),
        _ => ProverError::SrsRead(error),
    })
}

fn read_u32<R: Read>(source: &mut R, place: &str) -> Result<u32, ProverError> {
    let mut bytes = [0u8; 4];
    read_exact(source, &mut bytes, place)?;
    Ok(u32::from_le_bytes(bytes))
}

fn read_u64<R: Read>(source: &mut R, place: &str) -> Result<u64, ProverError> {
    let mut bytes = [0u8; 8];
    read_exact(source, &mut bytes, place)?;
    Ok(u64::from_le_bytes(bytes))
}

fn format_error(place: &str, expected: &str, got: &str) -> ProverError {
    ProverError::SrsFormat {
        place: place.to_owned(),
        expected: expected.to_owned(),
        got: got.to_owned(),
    }
}
