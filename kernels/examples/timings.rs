//! Prints milliseconds per kernel at 2^10 to 2^16 for every backend, next to halo2curves' own.
//!
//! `cargo run --release -p hallmark-kernels --example timings [log sizes…]`

#![allow(clippy::print_stdout, reason = "the program's purpose")]

use hallmark_kernels::{
    BLOCK, Backend, Bases, Domain, Packed, Registers, Scalars, batch_invert, evaluate_many,
    linear_combination, msm_many,
};
use halo2_proofs::halo2curves::bn256::{Fr, G1, G1Affine};
use halo2_proofs::halo2curves::ff::Field;
use halo2_proofs::halo2curves::fft::best_fft;
use halo2_proofs::halo2curves::group::{Curve, Group};
use halo2_proofs::halo2curves::msm::msm_best;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;
use std::time::Instant;

/// Columns per call.
const COLUMNS: usize = 16;

/// Best of several runs, in ms per unit.
fn time(name: &str, units: usize, mut run: impl FnMut()) {
    let mut best = f64::MAX;
    for _ in 0..4 {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{name:<58} {:>10.4} ms", best * 1e3 / units as f64);
}

fn signed(v: i64) -> Fr {
    if v < 0 {
        -Fr::from(v.unsigned_abs())
    } else {
        Fr::from(v.unsigned_abs())
    }
}

fn points(len: usize, rng: &mut ChaCha8Rng) -> Vec<G1Affine> {
    let (mut point, mut step) = (G1::generator() * Fr::random(&mut *rng), G1::generator());
    let mut points = Vec::with_capacity(len);
    for _ in 0..len {
        points.push(point);
        point += step;
        step = step.double();
    }
    let mut affine = vec![G1Affine::default(); len];
    G1::batch_normalize(&points, &mut affine);
    affine
}

fn sums(k: u32, rng: &mut ChaCha8Rng) {
    let n = 1 << k;
    let points = points(n, rng);
    let widths = [1, 4, 8, 12, 16, 32];
    let small: Vec<Vec<Vec<i64>>> = widths
        .iter()
        .map(|bits| {
            (0..COLUMNS)
                .map(|_| (0..n).map(|_| (rng.next_u64() as i64) >> (64 - bits)).collect())
                .collect()
        })
        .collect();
    let full: Vec<Vec<Fr>> = (0..4)
        .map(|_| (0..n).map(|_| Fr::random(&mut *rng)).collect())
        .collect();
    let eight: Vec<Fr> = small[2][0].iter().map(|v| signed(*v)).collect();
    time(&format!("2^{k} halo2curves msm_best, 8 bits signed"), 1, || {
        std::hint::black_box(msm_best(&eight, &points));
    });
    time(&format!("2^{k} halo2curves msm_best, full"), 1, || {
        std::hint::black_box(msm_best(&full[0], &points));
    });
    for backend in Backend::available() {
        let bases = Bases::with_tail(backend, &points, 7);
        for (bits, columns) in widths.iter().zip(&small) {
            let columns: Vec<Scalars<'_>> = columns.iter().map(|c| Scalars::Small(c)).collect();
            time(
                &format!("2^{k} {backend:?} msm, {bits} bits signed, of {COLUMNS} columns"),
                COLUMNS,
                || {
                    std::hint::black_box(msm_many(&bases, &columns));
                },
            );
        }
        let one = [Scalars::Small(&small[2][0])];
        time(
            &format!("2^{k} {backend:?} msm, 8 bits signed, one column"),
            1,
            || {
                std::hint::black_box(msm_many(&bases, &one));
            },
        );
        let blinded: Vec<Scalars<'_>> = small[2]
            .iter()
            .map(|c| Scalars::Blinded {
                rows: &c[..n - 6],
                tail: &full[0][..6],
            })
            .collect();
        time(
            &format!("2^{k} {backend:?} msm, 8 bits signed and 6 blinding rows"),
            COLUMNS,
            || {
                std::hint::black_box(msm_many(&bases, &blinded));
            },
        );
        let columns: Vec<Scalars<'_>> = full.iter().map(|c| Scalars::Full(c)).collect();
        time(&format!("2^{k} {backend:?} msm, full, of 4 columns"), 4, || {
            std::hint::black_box(msm_many(&bases, &columns));
        });
        time(&format!("2^{k} {backend:?} msm, full, one column"), 1, || {
            std::hint::black_box(msm_many(&bases, &columns[..1]));
        });
        time(&format!("2^{k} {backend:?} tables of multiples"), 1, || {
            Bases::new(backend, &points).precompute();
        });
        bases.precompute();
        for count in [1, 4] {
            let what = format!("2^{k} {backend:?} msm, full, {count} of 4 columns, with tables of multiples");
            time(&what, count, || {
                std::hint::black_box(msm_many(&bases, &columns[..count]));
            });
        }
    }
}

fn columns(k: u32, rng: &mut ChaCha8Rng) {
    let n = 1 << k;
    let plain: Vec<Fr> = (0..n).map(|_| Fr::random(&mut *rng)).collect();
    let omega = Domain::new(Backend::PORTABLE, k).omega();
    let mut work = plain.clone();
    time(&format!("2^{k} halo2curves best_fft"), 1, || {
        best_fft(&mut work, omega, k)
    });
    let mut inverted = plain.clone();
    time(&format!("2^{k} batch_invert"), 1, || batch_invert(&mut inverted));
    let small: Vec<i64> = (0..n).map(|i| i as i64 - 77).collect();
    for backend in Backend::available() {
        let domain = Domain::new(backend, k);
        let mut all: Vec<Packed> = (0..COLUMNS)
            .map(|_| Packed::from_field(backend, &plain))
            .collect();
        let name = |what: &str| format!("2^{k} {backend:?} {what}, of {COLUMNS} columns");
        time(&name("fft"), COLUMNS, || domain.fft(&mut all));
        time(&name("ifft"), COLUMNS, || domain.ifft(&mut all));
        time(&name("coset_fft"), COLUMNS, || {
            domain.coset_fft(&mut all, Fr::from(7))
        });
        time(&format!("2^{k} {backend:?} fft, one column"), 1, || {
            domain.fft(&mut all[..1])
        });
        let borrowed: Vec<&Packed> = all.iter().collect();
        time(&name("evaluate"), COLUMNS, || {
            std::hint::black_box(evaluate_many(&borrowed, plain[1]));
        });
        let terms: Vec<(&Packed, Fr)> = borrowed.iter().map(|c| (*c, plain[2])).collect();
        let mut out = Packed::zeros(backend, n);
        time(&name("linear_combination"), COLUMNS, || {
            linear_combination(&mut out, &terms)
        });
        time(&name("from_field (one thread)"), 1, || {
            std::hint::black_box(Packed::from_field(backend, &plain));
        });
        time(&name("from_small (one thread)"), 1, || {
            std::hint::black_box(Packed::from_small(backend, &small, n));
        });
        time(&name("to_field (one thread)"), 1, || {
            std::hint::black_box(all[0].to_field());
        });
        time(&name("8 mul, 8 add and 4 rotated loads per element"), 1, || {
            out.chunks_mut(n / 4).into_par_iter().for_each_init(
                || Registers::new(backend, 8),
                |file, mut piece| {
                    for at in (0..piece.len()).step_by(BLOCK) {
                        (0..4).for_each(|r| file.load(r, &all[r], piece.start() + at + r));
                        for i in 0..8 {
                            file.mul(4 + i % 4, i % 4, (i + 1) % 8);
                            file.add((i + 1) % 4, 4 + i % 4, (i + 2) % 4);
                        }
                        file.store(4, &mut piece, at);
                    }
                },
            );
        });
    }
}

fn main() {
    println!(
        "{} threads, {:?}",
        rayon::current_num_threads(),
        Backend::detect()
    );
    let asked: Vec<u32> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let sizes = if asked.is_empty() {
        vec![10, 12, 14, 16]
    } else {
        asked
    };
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for k in sizes.into_iter().filter(|k| (6..=22).contains(k)) {
        columns(k, &mut rng);
        sums(k, &mut rng);
    }
}
