//! Affine additions in batches: what an arithmetic does for sums.

use halo2_proofs::halo2curves::bn256::G1Affine;

/// Marks a negated base in an index.
pub(crate) const NEGATIVE: u32 = 1 << 31;

/// Point arithmetic: affine additions in batches.
///
/// In a pair or an index of a base, bit 31 negates the point.
pub(crate) trait Additions: Copy + Send + Sync + 'static {
    /// An affine point; may be the point at infinity.
    type Point: Copy + Send + Sync;
    /// Memory that batches use again.
    type Scratch: Default + Send;

    /// From halo2's form.
    fn prepare(self, points: &[G1Affine]) -> Vec<Self::Point>;
    /// To halo2's form.
    fn to_affine(self, point: &Self::Point) -> G1Affine;
    /// The point, negated if asked.
    fn signed(self, point: &Self::Point, negative: bool) -> Self::Point;
    /// out\[into\[i\]\] ← ±bases\[a\] ± bases\[b\] for pair i. The places in `into` differ, one for each pair.
    fn add_bases(
        self,
        bases: &[Self::Point],
        pairs: &[[u32; 2]],
        into: &[u32],
        out: &mut [Self::Point],
        scratch: &mut Self::Scratch,
    );
    /// points\[a\] ← points\[a\] + points\[b\] for each pair. No first place occurs in another pair.
    fn add_in_place(self, points: &mut [Self::Point], pairs: &[[u32; 2]], scratch: &mut Self::Scratch);
    /// Doubles every point `times` times.
    fn double(self, points: &mut [Self::Point], times: u32, scratch: &mut Self::Scratch);
}
