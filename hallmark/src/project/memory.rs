//! How much memory keys and proofs take.

/// What a process that makes keys and a proof of a circuit is expected to need, in bytes: 25 MB for itself, and for every row 2.7 kB, 120 for an
/// advice column and 33 for a fixed one; and up to 64 MB for what several proofs of a small circuit share. Within a quarter of the peaks in `docs/benchmarks.md` and `docs/circuits.md`; [`hallmark_prover::Prover`] knows it better once
/// there are keys.
#[must_use]
pub fn memory_estimate_bytes(k: u32, advice_columns: usize, fixed_columns: usize) -> u64 {
    let row = 2_700 + 120 * advice_columns as u64 + 33 * fixed_columns as u64;
    let shared = if k <= 15 {
        (5_000u64 << k).min(64_000_000)
    } else {
        0
    };
    (25_000_000 + shared).saturating_add(row.saturating_mul(1 << k.min(32)))
}

#[cfg(test)]
mod tests {
    use super::memory_estimate_bytes;

    #[test]
    fn the_estimate_is_near_the_measured_peaks() {
        // k, advice and fixed columns, and the peak in megabytes, from docs/benchmarks.md and docs/circuits.md.
        let measured = [
            (8, 30, 76, 25.2),
            (9, 46, 154, 34.4),
            (10, 19, 102, 37.7),
            (11, 44, 161, 65.2),
            (12, 58, 186, 107.0),
            (13, 17, 1049, 319.0),
            // Laid out for contracts.
            (14, 2, 3, 133.0),
            (16, 2, 4, 240.0),
            (18, 2, 4, 820.0),
            (19, 2, 4, 1500.0),
            (20, 2, 4, 2600.0),
        ];
        for (k, advice, fixed, peak) in measured {
            let ratio = memory_estimate_bytes(k, advice, fixed) as f64 / 1e6 / peak;
            assert!((0.75..1.34).contains(&ratio), "{k} {advice} {fixed}: {ratio}");
        }
    }
}
