//! Which elements of an axis make up one of its resized form, and with which weights. All in double precision, as the standard's
//! reference computes.

/// How elements are put together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mode {
    /// The nearest one.
    Nearest(Nearest),
    /// The two beside the place.
    Linear,
    /// Four of them; with the coefficient of the cubic polynomials.
    Cubic(f64),
}

/// Which of two elements is the nearest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Nearest {
    /// The nearer one; the lower of equally near ones.
    PreferFloor,
    /// The nearer one; the upper of equally near ones.
    PreferCeil,
    /// The lower one.
    Floor,
    /// The upper one.
    Ceil,
}

/// Where an element of the result lies in the input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Coordinates {
    /// Elements are intervals, and middles are mapped.
    HalfPixel,
    /// Likewise, around the middle of the axis.
    HalfPixelSymmetric,
    /// As HalfPixel, but for results of one element.
    PytorchHalfPixel,
    /// The first and the last elements are mapped to each other.
    AlignCorners,
    /// Places are divided by the scale.
    Asymmetric,
    /// As AlignCorners, in a part of the input.
    CropAndResize,
}

impl Coordinates {
    /// What the attribute says.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "half_pixel" => Self::HalfPixel,
            "half_pixel_symmetric" => Self::HalfPixelSymmetric,
            "pytorch_half_pixel" => Self::PytorchHalfPixel,
            "align_corners" => Self::AlignCorners,
            "asymmetric" => Self::Asymmetric,
            "tf_crop_and_resize" => Self::CropAndResize,
            _ => return None,
        })
    }

    /// The place in an axis of `lengths.0` elements of element `to` of a result of `lengths.1`.
    fn place(self, to: f64, lengths: (f64, f64), scale: f64, part: (f64, f64)) -> f64 {
        let (from, whole) = lengths;
        // Not the result's length, which is rounded down.
        let wide = scale * from;
        match self {
            Self::HalfPixel => (to + 0.5) / scale - 0.5,
            Self::HalfPixelSymmetric => {
                let offset = from / 2.0 * (1.0 - whole / wide);
                offset + (to + 0.5) / scale - 0.5
            }
            Self::PytorchHalfPixel if wide == 1.0 => -0.5,
            Self::PytorchHalfPixel => (to + 0.5) / scale - 0.5,
            Self::AlignCorners if wide == 1.0 => 0.0,
            Self::AlignCorners => to * (from - 1.0) / (wide - 1.0),
            Self::Asymmetric => to / scale,
            Self::CropAndResize => {
                let length = (part.1 - part.0) * (from - 1.0);
                let within = match wide == 1.0 {
                    true => length / 2.0,
                    false => to * length / (wide - 1.0),
                };
                within + part.0 * (from - 1.0)
            }
        }
    }
}

/// What the attributes say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resizing {
    pub mode: Mode,
    pub coordinates: Coordinates,
    /// Whether shrinking takes more elements together.
    pub antialias: bool,
    /// Whether places outside of the axis weigh nothing, rather than as its end.
    pub exclude_outside: bool,
    /// What stands where CropAndResize leaves the input.
    pub extrapolation: f32,
}

impl Resizing {
    /// For every element of the result the elements of the axis and their weights; none where the place is outside of the input and
    /// `extrapolation` stands there.
    pub fn rows(&self, lengths: (usize, usize), scale: f64, part: (f64, f64)) -> Vec<Vec<(usize, f64)>> {
        let (from, to) = (lengths.0 as f64, lengths.1 as f64);
        (0..lengths.1)
            .map(|index| {
                let place = self.coordinates.place(index as f64, (from, to), scale, part);
                let outside = place < 0.0 || place > from - 1.0;
                match self.coordinates == Coordinates::CropAndResize && outside {
                    true => Vec::new(),
                    false => self.row(place, lengths.0, scale),
                }
            })
            .collect()
    }

    /// The elements around a place and their weights.
    fn row(&self, place: f64, length: usize, scale: f64) -> Vec<(usize, f64)> {
        let floor = place.floor();
        // Above the lower of two neighbours, in (0, 1]: a place of an element is the upper neighbour of the one before it.
        let (first, ratio) = match place == floor {
            true => (floor - 1.0, 1.0),
            false => (floor, place - floor),
        };
        let (start, mut weights) = self.weights(ratio, scale);
        let first = first as i64 + start;
        let inside = |index: i64| (0..length as i64).contains(&index);
        if self.exclude_outside {
            for (index, weight) in (first..).zip(&mut weights) {
                if !inside(index) {
                    *weight = 0.0;
                }
            }
            let sum: f64 = weights.iter().sum();
            let sum = if sum == 0.0 { 1.0 } else { sum };
            weights.iter_mut().for_each(|weight| *weight /= sum);
        }
        let mut row: Vec<(usize, f64)> = Vec::new();
        for (index, weight) in (first..).zip(weights).filter(|(_, weight)| *weight != 0.0) {
            let index = index.clamp(0, length as i64 - 1) as usize;
            match row.last_mut().filter(|(last, _)| *last == index) {
                Some((_, sum)) => *sum += weight,
                None => row.push((index, weight)),
            }
        }
        row
    }

    /// Weights of neighbours, and where the first of them lies beside the lower neighbour.
    fn weights(&self, ratio: f64, scale: f64) -> (i64, Vec<f64>) {
        let narrow = scale.min(1.0);
        match self.mode {
            Mode::Nearest(nearest) => {
                let upper = match nearest {
                    _ if ratio == 1.0 => true,
                    Nearest::PreferFloor => ratio > 0.5,
                    Nearest::PreferCeil => ratio >= 0.5,
                    Nearest::Floor => false,
                    Nearest::Ceil => true,
                };
                (i64::from(upper), vec![1.0])
            }
            Mode::Linear if self.antialias => spread(1.0, ratio, narrow, |x| (1.0 - x.abs()).clamp(0.0, 1.0)),
            Mode::Linear => (0, vec![1.0 - ratio, ratio]),
            Mode::Cubic(a) if self.antialias => spread(2.0, ratio, narrow, |x| cubic(x, a)),
            Mode::Cubic(a) => {
                let distances = [ratio + 1.0, ratio, 1.0 - ratio, 2.0 - ratio];
                (-1, distances.map(|x| cubic(x, a)).to_vec())
            }
        }
    }
}

/// A kernel of the given radius, widened for shrinking, as weights that add up to one.
fn spread(radius: f64, ratio: f64, scale: f64, kernel: impl Fn(f64) -> f64) -> (i64, Vec<f64>) {
    let start = (-radius / scale).floor() as i64 + 1;
    let end = 2 - start;
    let weights: Vec<f64> = (start..end).map(|i| kernel(scale * (i as f64 - ratio))).collect();
    let sum: f64 = weights.iter().sum();
    (start, weights.into_iter().map(|weight| weight / sum).collect())
}

/// The cubic convolution kernel at a distance.
fn cubic(x: f64, a: f64) -> f64 {
    let x = x.abs();
    if x <= 1.0 {
        ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Resizing = Resizing {
        mode: Mode::Linear,
        coordinates: Coordinates::HalfPixel,
        antialias: false,
        exclude_outside: false,
        extrapolation: 0.0,
    };

    fn rows(resizing: Resizing, from: usize, to: usize) -> Vec<Vec<(usize, f64)>> {
        resizing.rows((from, to), to as f64 / from as f64, (0.0, 1.0))
    }

    #[test]
    fn weights_of_known_sizes() {
        let doubled = rows(PLAIN, 2, 4);
        let expected = [
            vec![(0, 1.0)],
            vec![(0, 0.75), (1, 0.25)],
            vec![(0, 0.25), (1, 0.75)],
            vec![(1, 1.0)],
        ];
        assert_eq!(doubled, expected);
        let corners = Resizing {
            coordinates: Coordinates::AlignCorners,
            ..PLAIN
        };
        assert_eq!(rows(corners, 2, 3)[1], [(0, 0.5), (1, 0.5)]);
        let nearest = Resizing {
            mode: Mode::Nearest(Nearest::PreferFloor),
            ..PLAIN
        };
        let places: Vec<usize> = rows(nearest, 2, 4).iter().map(|row| row[0].0).collect();
        assert_eq!(places, [0, 0, 1, 1]);
    }

    #[test]
    fn weights_add_up_to_one() {
        for mode in [Mode::Linear, Mode::Cubic(-0.75), Mode::Cubic(-0.5)] {
            for (antialias, exclude_outside) in [(false, false), (true, false), (false, true), (true, true)] {
                for (from, to) in [(5, 3), (4, 9), (7, 2), (1, 4), (3, 3)] {
                    let resizing = Resizing {
                        mode,
                        antialias,
                        exclude_outside,
                        ..PLAIN
                    };
                    for row in rows(resizing, from, to) {
                        let sum: f64 = row.iter().map(|(_, weight)| weight).sum();
                        assert!((sum - 1.0).abs() < 1e-12, "{resizing:?} {from} {to}: {row:?}");
                    }
                }
            }
        }
    }
}
