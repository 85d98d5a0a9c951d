//! Words in eight lanes: what a vector unit has to offer.

use crate::column::GROUP;

/// 64-bit words in eight lanes, in as many of the unit's registers as that takes.
///
/// A value of this type is the proof that this CPU has the unit's instructions. All methods have to be
/// `#[inline(always)]`: kernels are generic, and only what is inlined into [`super::unit::Unit::run`] is compiled for the unit.
///
/// What moves words between lanes has bodies that go through memory, to be replaced where the unit knows better.
pub(crate) trait Lanes: Copy + Send + Sync + 'static {
    /// A word in each lane.
    type Word: Copy;
    /// Yes or no in each lane.
    type Mask: Copy;

    /// Words from memory.
    fn load(self, from: &[u64; GROUP]) -> Self::Word;
    /// Words to memory.
    fn store(self, a: Self::Word, to: &mut [u64; GROUP]);
    /// The same word in all lanes.
    fn word(self, word: u64) -> Self::Word;
    /// a + b modulo 2^64.
    fn plus(self, a: Self::Word, b: Self::Word) -> Self::Word;
    /// a − b modulo 2^64.
    fn minus(self, a: Self::Word, b: Self::Word) -> Self::Word;
    /// Bits of both.
    fn and(self, a: Self::Word, b: Self::Word) -> Self::Word;
    /// Bits of either.
    fn or(self, a: Self::Word, b: Self::Word) -> Self::Word;
    /// a · 2^`BITS` modulo 2^64.
    fn up<const BITS: u32>(self, a: Self::Word) -> Self::Word;
    /// ⌊a / 2^`BITS`⌋.
    fn down<const BITS: u32>(self, a: Self::Word) -> Self::Word;
    /// ⌊a / 2^52⌋ of signed words.
    fn limbs_down(self, a: Self::Word) -> Self::Word;
    /// sum + a·b modulo 2^52, of the lower 52 bits of a and b.
    fn low_product(self, sum: Self::Word, a: Self::Word, b: Self::Word) -> Self::Word;
    /// sum + ⌊a·b / 2^52⌋, of the lower 52 bits of a and b.
    fn high_product(self, sum: Self::Word, a: Self::Word, b: Self::Word) -> Self::Word;
    /// Where signed words are negative.
    fn negative(self, a: Self::Word) -> Self::Mask;
    /// Where words are zero.
    fn zero(self, a: Self::Word) -> Self::Mask;
    /// Lane i's answer as bit i.
    fn bits(self, mask: Self::Mask) -> u8;
    /// Bit i as lane i's answer.
    fn mask(self, bits: u8) -> Self::Mask;
    /// b where the mask says yes, else a.
    fn select_word(self, mask: Self::Mask, a: Self::Word, b: Self::Word) -> Self::Word;

    /// Signed words, zero instead of negative ones.
    #[inline(always)]
    fn at_least_zero(self, a: Self::Word) -> Self::Word {
        self.select_word(self.negative(a), a, self.word(0))
    }

    /// Words from 16-bit integers.
    #[inline(always)]
    fn load_u16(self, from: &[u16; GROUP]) -> Self::Word {
        self.load(&from.map(u64::from))
    }

    /// Words from 32-bit integers.
    #[inline(always)]
    fn load_u32(self, from: &[u32; GROUP]) -> Self::Word {
        self.load(&from.map(u64::from))
    }

    /// The words of a.
    #[inline(always)]
    fn to_array(self, a: Self::Word) -> [u64; GROUP] {
        let mut out = [0; GROUP];
        self.store(a, &mut out);
        out
    }

    /// Lane i ← lane `first` + i of two words in sequence; `first` is below eight.
    #[inline(always)]
    fn window(self, a: Self::Word, b: Self::Word, first: usize) -> Self::Word {
        let both = [self.to_array(a), self.to_array(b)];
        let both = both.as_flattened();
        self.load(&std::array::from_fn(|i| both[first + i]))
    }

    /// Lane i ← lane i xor `distance`, which is below eight.
    #[inline(always)]
    fn swap(self, a: Self::Word, distance: usize) -> Self::Word {
        let a = self.to_array(a);
        self.load(&std::array::from_fn(|i| a[i ^ distance]))
    }

    /// Lane i of row j becomes lane j of row i.
    #[inline(always)]
    fn transpose(self, rows: &mut [Self::Word; GROUP]) {
        let mut all = [[0; GROUP]; GROUP];
        for i in 0..GROUP {
            self.store(rows[i], &mut all[i]);
        }
        for i in 0..GROUP {
            rows[i] = self.load(&std::array::from_fn(|j| all[j][i]));
        }
    }

    /// Word i of eight quadruples becomes row i.
    #[inline(always)]
    fn gather(self, from: [&[u64; 4]; GROUP]) -> [Self::Word; 4] {
        let mut out = [self.word(0); 4];
        for i in 0..4 {
            out[i] = self.load(&from.map(|words| words[i]));
        }
        out
    }

    /// The inverse of [`Lanes::gather`].
    #[inline(always)]
    fn scatter(self, rows: [Self::Word; 4]) -> [[u64; 4]; GROUP] {
        let mut out = [[0; 4]; GROUP];
        for i in 0..4 {
            let row = self.to_array(rows[i]);
            for lane in 0..GROUP {
                out[lane][i] = row[lane];
            }
        }
        out
    }

    /// Asks for memory to be brought into the cache.
    #[inline(always)]
    fn prefetch<T>(self, _from: &T) {}
}
