//! KZG parameter files of halo2: k (u32, little endian), 2^k powers, 2^k Lagrange points, g₂ and s·g₂, either as raw
//! coordinates or compressed; the length tells which.

use super::check;
use super::development::assemble;
use super::points::{Encoding, read_g1, read_g2};
use super::size::{MAX_K, MIN_K, choose_k};
use crate::ProverError;
use halo2_proofs::halo2curves::bn256::{Bn256, G2Affine};
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use std::io::{BufReader, Read, Seek, SeekFrom};

const HEADER_BYTES: u64 = 4;

/// Reads and checks the powers for 2^k rows; `source` stands behind the file's own k, `file_k`.
pub(super) fn read<R: Read + Seek>(
    source: &mut R,
    length: u64,
    file_k: u32,
    name: &str,
    k: Option<u32>,
) -> Result<ParamsKZG<Bn256>, ProverError> {
    let encoding = encoding(length, file_k)?;
    let k = choose_k(file_k, k, name)?;
    let mut source = BufReader::new(source);
    let g = read_g1(&mut source, 1 << k, encoding, "powers")?;
    let all = (encoding.g1_bytes() as u64) << file_k;
    seek(&mut source, HEADER_BYTES + all)?;
    // The Lagrange form for fewer rows is another one.
    let lagrange = if k == file_k {
        Some(read_g1(&mut source, 1 << k, encoding, "Lagrange points")?)
    } else {
        None
    };
    seek(&mut source, HEADER_BYTES + 2 * all)?;
    if read_g2(&mut source, 0, encoding, "second group")? != G2Affine::generator() {
        return Err(ProverError::SrsInconsistent(
            "its first point of the second group is not the generator".to_owned(),
        ));
    }
    let s_g2 = read_g2(&mut source, 1, encoding, "second group")?;
    check::powers(&g, &s_g2)?;
    if let Some(lagrange) = &lagrange {
        check::lagrange(k, &g, lagrange)?;
    }
    Ok(assemble(k, g, lagrange, s_g2))
}

fn encoding(length: u64, file_k: u32) -> Result<Encoding, ProverError> {
    let bytes = |encoding: Encoding| {
        HEADER_BYTES + 2 * ((encoding.g1_bytes() as u64) << file_k) + 2 * encoding.g2_bytes() as u64
    };
    if !(MIN_K..=MAX_K).contains(&file_k) {
        return Err(ProverError::SrsFormat {
            place: "first four bytes".to_owned(),
            expected: format!("\"ptau\" or the k of halo2 parameters, {MIN_K} to {MAX_K}"),
            got: file_k.to_string(),
        });
    }
    [Encoding::Raw, Encoding::Compressed]
        .into_iter()
        .find(|encoding| bytes(*encoding) == length)
        .ok_or_else(|| ProverError::SrsFormat {
            place: format!("halo2 parameters with k = {file_k}"),
            expected: format!(
                "{} bytes (raw) or {} (compressed)",
                bytes(Encoding::Raw),
                bytes(Encoding::Compressed)
            ),
            got: format!("{length} bytes"),
        })
}

fn seek<R: Seek>(source: &mut R, position: u64) -> Result<(), ProverError> {
    source
        .seek(SeekFrom::Start(position))
        .map(|_| ())
        .map_err(ProverError::SrsRead)
}
