//! The choice of scales, and the quantisation of constants.

use crate::fixed_point::{round_half_up, times_power_of_two};
use crate::{FloatTensor, IntegerType, limits};

/// Scales stay within ± this, so that tensors of vanishing or vast values cannot blow up others.
const MAX_SCALE: i32 = 40;

/// The greatest scale at which `magnitude` rounds to less than `2^(bits−1)`.
///
/// A magnitude of zero says nothing; it is taken for one.
pub(crate) fn scale_for(magnitude: f64, bits: u32) -> i32 {
    let magnitude = if magnitude > 0.0 { magnitude } else { 1.0 };
    let (_, exponent) = libm::frexp(magnitude); // magnitude = f·2^exponent, 1/2 ≤ f < 1
    let scale = bits as i32 - 1 - exponent;
    let top = times_power_of_two(magnitude, scale) + 0.5 >= times_power_of_two(1.0, bits as i32 - 1);
    (scale - i32::from(top)).clamp(-MAX_SCALE, MAX_SCALE)
}

/// The least number of bits, from 2 up, such that `magnitude` at `scale` rounds to less than `2^(bits−1)`.
pub(crate) fn bits_for(magnitude: f64, scale: i32) -> u32 {
    (2..=62)
        .find(|&bits| scale_for(magnitude, bits) >= scale)
        .unwrap_or(62)
}

/// The interval of an input of integers: all that a type of 8 or 16 bits holds; of a wider one as many bits, with a sign where there are
/// negative ones, as hold what was `seen` times `headroom`. A reason where these are too many.
pub(crate) fn integer_interval(
    kind: IntegerType,
    seen: (i64, i64),
    headroom: f64,
) -> Result<(i64, i64), String> {
    if kind.is_narrow() {
        return Ok(kind.holds);
    }
    let most = limits::MAX_INPUT_BITS;
    let signed = seen.0 < 0;
    let interval = |bits: u32| match signed {
        true => (-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1),
        false => (0, (1i64 << bits) - 1),
    };
    let within = |bits: &u32, seen: (f64, f64)| {
        let (low, high) = interval(*bits);
        low as f64 <= seen.0 && seen.1 <= high as f64
    };
    let wanted = (seen.0 as f64 * headroom, seen.1 as f64 * headroom);
    let bits = (2..=most).find(|bits| within(bits, wanted)).unwrap_or(most);
    match within(&bits, (seen.0 as f64, seen.1 as f64)) {
        true => Ok(interval(bits)),
        false => Err(format!(
            "the calibration data hold integers from {} to {}; integers of inputs have at most {most} bits, with their sign; give \
             smaller ones, or divide them into several inputs",
            seen.0, seen.1
        )),
    }
}

/// The integers of a constant, or nothing where it holds others.
pub(crate) fn whole_numbers(constant: &FloatTensor) -> Option<Vec<i64>> {
    let integer = |&value: &f32| (value.fract() == 0.0).then(|| quantize_value(value.into(), 0).ok())?;
    constant.iter().map(integer).collect()
}

/// A rounded value, or a reason that names it.
pub(crate) fn quantize_value(value: f64, scale: i32) -> Result<i64, String> {
    round_half_up(times_power_of_two(value, scale))
        .ok_or_else(|| {
            format!(
                "the constant {value:e} is too far from the values that it meets (steps of 2^{}); export the model with a \
                 constant nearer to them (-10000 masks as well as the least float does)",
                -scale
            )
        })
}

/// Weights of a layer as integers at one common scale.
///
/// `weights` belong to channels in turn as `channel(position)` says. Each channel first gets the greatest scale at
/// which its weights have `bits` bits; the common scale is the greatest of these, but at most `spread` above the
/// least; and each channel's integers are multiplied by the power of two that is missing.
pub(crate) fn quantize_channels(
    weights: &[f64],
    channels: usize,
    channel: impl Fn(usize) -> usize,
    (bits, spread): (u32, u32),
) -> Result<(Vec<i64>, i32), String> {
    let mut magnitudes = vec![0f64; channels];
    for (position, weight) in weights.iter().enumerate() {
        if !weight.is_finite() {
            return Err(format!(
                "weight {weight} at position {position} is not a finite number"
            ));
        }
        let magnitude = &mut magnitudes[channel(position)];
        *magnitude = magnitude.max(weight.abs());
    }
    let own: Vec<i32> = magnitudes.iter().map(|&m| scale_for(m, bits)).collect();
    let used = || {
        own.iter()
            .zip(&magnitudes)
            .filter(|(_, m)| **m > 0.0)
            .map(|(scale, _)| *scale)
    };
    let common = match (used().min(), used().max()) {
        (Some(least), Some(greatest)) => greatest.min(least + spread as i32),
        _ => 0,
    };
    let quantized = weights.iter().enumerate().map(|(position, &weight)| {
        let scale = own[channel(position)].min(common);
        // A channel of zeros has no scale of its own; its integers are zero at any.
        let missing = if weight == 0.0 { 0 } else { common - scale };
        quantize_value(weight, scale).map(|q| q << missing)
    });
    Ok((quantized.collect::<Result<_, _>>()?, common))
}

/// A constant as `f64`s, row-major.
pub(crate) fn doubles(tensor: &FloatTensor) -> Vec<f64> {
    tensor.iter().copied().map(f64::from).collect()
}

/// The bias at the accumulator's scale; zeros where there is none.
pub(crate) fn quantize_bias(
    bias: Option<&FloatTensor>,
    channels: usize,
    scale: i32,
) -> Result<Vec<i64>, String> {
    match bias {
        Some(bias) => bias.iter().map(|&b| quantize_value(b.into(), scale)).collect(),
        None => Ok(vec![0; channels]),
    }
}

/// Divides factors by the greatest power of two that divides all of them.
pub(crate) fn without_common_zeros(factors: Vec<i64>, scale: i32) -> (Vec<i64>, i32) {
    let zeros = factors.iter().fold(0, |bits, f| bits | f).trailing_zeros();
    if zeros >= i64::BITS {
        return (factors, scale);
    }
    (
        factors.into_iter().map(|f| f >> zeros).collect(),
        scale - zeros as i32,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_the_greatest_that_fit() {
        assert_eq!(scale_for(1.0, 12), 10);
        assert_eq!(scale_for(0.999, 12), 11);
        // 0.9999 · 2^11 would round to 2^11.
        assert_eq!(scale_for(0.9999, 12), 10);
        assert_eq!(scale_for(3.0, 8), 5);
        assert_eq!(scale_for(0.0, 8), 6);
        assert_eq!(scale_for(1e-300, 8), 40);
        assert_eq!(bits_for(3.0, 5), 8);
        assert_eq!(bits_for(0.1, 0), 2);
    }

    #[test]
    fn integers_of_inputs_get_their_type_or_what_was_seen_with_room() {
        let holds = |low, high| IntegerType {
            name: "",
            holds: (low, high),
        };
        let (narrow, wide) = (holds(-128, 127), holds(i64::MIN, i64::MAX));
        assert_eq!(integer_interval(narrow, (3, 4), 1.5), Ok((-128, 127)));
        assert_eq!(integer_interval(wide, (0, 5000), 1.5), Ok((0, 8191)));
        assert_eq!(integer_interval(wide, (0, 5462), 1.5), Ok((0, 16383)));
        assert_eq!(integer_interval(wide, (-1, 2), 1.5), Ok((-4, 3)));
        assert_eq!(integer_interval(wide, (0, 0), 1.5), Ok((0, 3)));
        // As much room as there is.
        assert_eq!(
            integer_interval(wide, (0, (1 << 24) - 1), 1.5),
            Ok((0, (1 << 24) - 1))
        );
        assert!(
            integer_interval(wide, (-1, 1 << 23), 1.5)
                .unwrap_err()
                .contains("at most 24 bits")
        );
    }

    #[test]
    fn channels_are_aligned_to_one_scale() {
        // Own scales for 4 bits: 0.9 → 2 (rounds to 4 at 2, to 7 at 3: 7.2 → 7 fits) and 0.1 → 6 (6.4 → 6).
        let (integers, scale) = quantize_channels(&[0.9, 0.1, -0.9, 0.05], 2, |p| p % 2, (4, 5)).unwrap();
        assert_eq!((integers, scale), (vec![7 << 3, 6, -7 << 3, 3], 6));
        // With a spread of one bit the small channel is rounded at scale 4.
        let (integers, scale) = quantize_channels(&[0.9, 0.1], 2, |p| p, (4, 1)).unwrap();
        assert_eq!((integers, scale), (vec![14, 2], 4));
        assert_eq!(
            quantize_channels(&[0.0, 0.5], 2, |p| p, (4, 5)).unwrap().0,
            [0, 4]
        );
        assert!(quantize_channels(&[f64::NAN], 1, |_| 0, (4, 5)).is_err());
    }
}
