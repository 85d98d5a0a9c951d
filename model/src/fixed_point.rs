//! Rounding and scales.

/// Integers up to this magnitude are exact in an `f64`, in which functions are computed.
pub(crate) const EXACT_IN_F64: u64 = 1 << f64::MANTISSA_DIGITS;

/// Rounds half up: `⌊x + 1/2⌋`. `None` unless the result is less than 2^62 in magnitude.
pub(crate) fn round_half_up(x: f64) -> Option<i64> {
    // Above 2^52 every f64 is an integer, and adding 1/2 could round to a neighbour.
    let rounded = if x.abs() < 4503599627370496.0 {
        libm::floor(x + 0.5)
    } else {
        x
    };
    (rounded.abs() < crate::limits::MAX_MAGNITUDE as f64).then_some(rounded as i64)
}

/// `x · 2^bits`, exact except for under- and overflow.
pub(crate) fn times_power_of_two(x: f64, bits: i32) -> f64 {
    libm::ldexp(x, bits)
}

/// `⌊(x + 2^(shift−1)) / 2^shift⌋`, or `x` where `shift` is 0. Needs `|x| < 2^62`, `shift < 62`.
pub(crate) fn shift_half_up(x: i64, shift: u32) -> i64 {
    match shift {
        0 => x,
        // An arithmetic shift is the floor of the quotient.
        _ => x.wrapping_add(1 << (shift - 1)) >> shift,
    }
}

/// Number of values of an interval.
pub(crate) fn length((low, high): (i64, i64)) -> i128 {
    i128::from(high) - i128::from(low) + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn halves_go_up() {
        assert_eq!(
            [-6, -5, -3, -2, -1, 1, 2, 3, 5].map(|x| shift_half_up(x, 2)),
            [-1, -1, -1, 0, 0, 0, 1, 1, 1]
        );
        assert_eq!(shift_half_up(-7, 0), -7);
        assert_eq!(
            [-0.5, 0.5, 1.5, -1.5].map(round_half_up),
            [Some(0), Some(1), Some(2), Some(-1)]
        );
        assert_eq!([f64::NAN, f64::INFINITY, 1e19].map(round_half_up), [None; 3]);
        assert_eq!(round_half_up(4503599627370497.0), Some(4503599627370497));
    }

    proptest! {
        #[test]
        fn shifting_is_the_rounded_quotient(x in -(1i64 << 62) + 1..1i64 << 62, shift in 0u32..62) {
            let divisor = 1i128 << shift;
            let expected = (2 * i128::from(x) + divisor).div_euclid(2 * divisor);
            prop_assert_eq!(i128::from(shift_half_up(x, shift)), expected);
        }

        #[test]
        fn spread_does_not_change_the_result(acc in -(1i64 << 40)..1i64 << 40, d in 0u32..7, shift in 0u32..30) {
            // The per-channel equivalence of docs/semantics.md.
            prop_assert_eq!(shift_half_up(acc << d, shift + d), shift_half_up(acc, shift));
        }
    }
}
