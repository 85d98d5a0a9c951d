//! Repeated doublings of many points, eight at a time.

use super::inversion::{CHAINS, invert};
use super::point::{ONE, Point};
use super::unit::{Kernel, Limbs, Unit};
use crate::column::{GROUP, Group};
use crate::montgomery::{Base, limbs, words};

/// Doubles every point `times` times; the doublings of a round share an inversion.
pub(super) fn double<U: Unit>(unit: U, points: &mut [Point], times: u32) {
    let groups = points.len().div_ceil(GROUP);
    let mut coordinates = vec![[Group::ZERO; 2]; groups];
    for (i, point) in points.iter().enumerate() {
        let [x, y] = &mut coordinates[i / GROUP];
        x.set_lane(i % GROUP, &limbs(&point.x));
        y.set_lane(i % GROUP, &limbs(&point.y));
    }
    let mut before = vec![Group::ZERO; groups];
    for _ in 0..times {
        unit.run(Round {
            points: &mut coordinates,
            before: &mut before,
        });
    }
    for (i, point) in points.iter_mut().enumerate() {
        let [x, y] = &coordinates[i / GROUP];
        point.x = words(&x.lane(i % GROUP));
        point.y = words(&y.lane(i % GROUP));
    }
}

/// One doubling of all points: λ = 3x² / 2y, x' = λ² − 2x, y' = λ·(x − x') − y. Infinity, at (0, 0), stays there: its
/// denominator counts as one. No other point has y = 0, the group's order being odd.
struct Round<'a> {
    points: &'a mut [[Group; 2]],
    before: &'a mut [Group],
}

impl Kernel for Round<'_> {
    type Output = ();

    #[inline(always)]
    fn on<U: Unit>(self, unit: U) {
        let Self { points, before } = self;
        let one = unit.splat(&limbs(&ONE));
        let mut chains = [one; CHAINS];
        for (i, (point, before)) in points.iter().zip(before.iter_mut()).enumerate() {
            let chain = &mut chains[i % CHAINS];
            unit.store_group(*chain, before);
            *chain = unit.carry(unit.mul::<Base>(*chain, denominator(unit, point)));
        }
        let mut inverses = invert(unit, chains);
        for (i, (point, before)) in points.iter_mut().zip(before.iter()).enumerate().rev() {
            let chain = &mut inverses[i % CHAINS];
            let inverse = unit.carry(unit.mul::<Base>(*chain, unit.load_group(before)));
            *chain = unit.carry(unit.mul::<Base>(*chain, denominator(unit, point)));
            let (x, y) = (unit.load_group(&point[0]), unit.load_group(&point[1]));
            let square = unit.mul::<Base>(x, x);
            let rise = unit.carry(unit.add(square, unit.add(square, square)));
            let slope = unit.carry(unit.mul::<Base>(rise, inverse));
            let square = unit.mul::<Base>(slope, slope);
            let doubled = unit.canonical::<Base>(unit.sub::<Base>(square, unit.add(x, x), 2));
            let fall = unit.carry(unit.sub::<Base>(x, doubled, 1));
            let height = unit.reduce::<Base>(unit.sub::<Base>(unit.mul::<Base>(slope, fall), y, 2));
            unit.store_group(doubled, &mut point[0]);
            unit.store_group(height, &mut point[1]);
        }
    }
}

/// 2y, or one where x is zero.
#[inline(always)]
fn denominator<U: Unit>(unit: U, [x, y]: &[Group; 2]) -> Limbs<U> {
    let (x, y) = (unit.load_group(x), unit.load_group(y));
    let mut any = x[0];
    for limb in &x[1..] {
        any = unit.or(any, *limb);
    }
    unit.select(
        unit.zero(any),
        unit.carry(unit.add(y, y)),
        unit.splat(&limbs(&ONE)),
    )
}
