//! The development SRS: deterministic, its secret derived from a public seed. Anybody can forge proofs with it.

use halo2_proofs::halo2curves::bn256::{Bn256, Fr, G1, G1Affine, G2Affine};
use halo2_proofs::halo2curves::ff::Field;
use halo2_proofs::halo2curves::group::Curve;
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use rayon::prelude::*;

/// The name of the development SRS wherever one is shown.
pub(super) const NAME: &str = "development (INSECURE)";
const SEED: [u8; 32] = *b"hallmark development srs, INSEC!";

fn secret() -> Fr {
    // The first element that `ParamsKZG::setup` draws from its generator.
    Fr::random(ChaCha20Rng::from_seed(SEED))
}

/// halo2's own setup with the public seed; the reference for [`params`], and slower.
pub(super) fn seeded(k: u32) -> ParamsKZG<Bn256> {
    ParamsKZG::setup(k, ChaCha20Rng::from_seed(SEED))
}

/// The powers and the Lagrange form for 2^k rows, equal to [`seeded`]'s.
pub(super) fn params(k: u32) -> ParamsKZG<Bn256> {
    let secret = secret();
    let rows = 1usize << k;
    let mut powers = Vec::with_capacity(rows);
    let mut power = Fr::ONE;
    for _ in 0..rows {
        powers.push(power);
        power *= secret;
    }
    let lagrange = lagrange_at(secret, k, power);
    let table = FixedBase::new();
    assemble(
        k,
        table.multiples(&powers),
        Some(table.multiples(&lagrange)),
        s_g2(),
    )
}

/// Assembles parameters from checked points; the Lagrange form is computed where it is not given.
pub(super) fn assemble(
    k: u32,
    g: Vec<G1Affine>,
    g_lagrange: Option<Vec<G1Affine>>,
    s_g2: G2Affine,
) -> ParamsKZG<Bn256> {
    // `from_parts` is a method, for no reason; the smallest parameters serve as its receiver.
    seeded(1).from_parts(k, g, g_lagrange, G2Affine::generator(), s_g2)
}

pub(super) fn s_g2() -> G2Affine {
    (G2Affine::generator() * secret()).to_affine()
}

/// Its digest, which a test computes.
pub(super) const DIGEST: [u8; 32] = [
    0xd6, 0x8f, 0x87, 0x72, 0x56, 0xc3, 0x6d, 0x69, 0xca, 0x9e, 0x20, 0xe9, 0x3f, 0x24, 0x23, 0x7f, 0x2e,
    0x58, 0xcb, 0x50, 0xda, 0x46, 0x33, 0xb8, 0x91, 0x8a, 0x7e, 0x55, 0xe4, 0x14, 0xb5, 0xfa,
];

/// The Lagrange basis of the domain of 2^k rows at `point`: ω^i · (point^n − 1) / (n · (point − ω^i)).
fn lagrange_at(point: Fr, k: u32, point_to_n: Fr) -> Vec<Fr> {
    let omega = super::check::root_of_unity(k);
    let rows = 1usize << k;
    let mut roots = Vec::with_capacity(rows);
    let mut root = Fr::ONE;
    for _ in 0..rows {
        roots.push(root);
        root *= omega;
    }
    let n_inverse = Fr::from(2)
        .pow_vartime([u64::from(k)])
        .invert()
        .unwrap_or(Fr::ZERO);
    let factor = (point_to_n - Fr::ONE) * n_inverse;
    roots
        .par_iter()
        // `point` is a fixed field element outside the domain, so that the inverse exists.
        .map(|root| factor * root * (point - root).invert().unwrap_or(Fr::ZERO))
        .collect()
}

/// Multiples of the generator from a table of its 8-bit windows: 32 additions each.
struct FixedBase {
    windows: Vec<Vec<G1Affine>>,
}

impl FixedBase {
    fn new() -> Self {
        let mut base = G1::from(G1Affine::generator());
        let windows = (0..32)
            .map(|_| {
                let mut multiples = Vec::with_capacity(256);
                let mut multiple = G1::default();
                for _ in 0..256 {
                    multiples.push(multiple);
                    multiple += base;
                }
                base = multiple;
                normalise(&multiples)
            })
            .collect();
        Self { windows }
    }

    fn multiples(&self, scalars: &[Fr]) -> Vec<G1Affine> {
        scalars
            .par_chunks(1024)
            .flat_map_iter(|chunk| {
                let products: Vec<G1> = chunk.iter().map(|scalar| self.multiple(scalar)).collect();
                normalise(&products)
            })
            .collect()
    }

    fn multiple(&self, scalar: &Fr) -> G1 {
        let digits = scalar.to_bytes();
        self.windows
            .iter()
            .zip(digits)
            .filter_map(|(window, digit)| window.get(usize::from(digit)))
            .fold(G1::default(), |sum, point| sum + point)
    }
}

fn normalise(points: &[G1]) -> Vec<G1Affine> {
    let mut affine = vec![G1Affine::default(); points.len()];
    G1::batch_normalize(points, &mut affine);
    affine
}
