//! What lowering asks of layouts, on random blocks: every element has one place, and evaluations are the functionals' values.

mod arrangements;
mod horner;

use crate::arrangement::{Arrangement, Section};
use crate::gate::random::Dice;

/// Numbers `0..count` in any order.
fn shuffled(dice: &mut Dice, count: usize) -> Vec<u32> {
    let mut all: Vec<u32> = (0..count as u32).collect();
    for i in (1..count).rev() {
        all.swap(i, dice.below(i + 1));
    }
    all
}

/// Sections with groups of consecutive elements, of `unit` at least, in any order; and the number of elements.
fn sections(dice: &mut Dice, unit: usize) -> (Vec<Section>, usize) {
    let mut first = 0;
    let sections = (0..1 + dice.below(2)).map(|_| {
        let mut groups: Vec<Vec<u32>> = Vec::new();
        let mut end = first;
        for _ in 0..1 + dice.below(4) {
            let length = unit * (1 + dice.below(9));
            groups.push((end as u32..(end + length) as u32).collect());
            end += length;
        }
        let order = shuffled(dice, groups.len());
        let groups: Vec<Vec<u32>> = order.iter().map(|i| groups[*i as usize].clone()).collect();
        let section = Section {
            line: unit * (1 + dice.below(4)),
            images: 1 + dice.below(4),
            stride: end - first,
            interleaved: dice.below(2) == 0,
            ..Section::of(groups)
        };
        first += section.images * section.stride;
        section
    });
    let sections: Vec<Section> = sections.collect();
    (sections, first)
}

/// An arrangement of any kind, and its number of elements.
fn arrangement(dice: &mut Dice) -> (Arrangement, usize) {
    let (a, b, c) = (1 + dice.below(4), 1 + dice.below(4), 1 + dice.below(5));
    match dice.below(5) {
        0 => (Arrangement::flat(a * b * c), a * b * c),
        1 => (Arrangement::planes(a * b * c, b * c, c), a * b * c),
        2 => (Arrangement::images(a, b, c, 1 + dice.below(c)), a * b * c),
        3 => (Arrangement::rows(a * b, c), a * b * c),
        _ => {
            let (sections, length) = sections(dice, 1);
            (Arrangement::sections(sections), length)
        }
    }
}
