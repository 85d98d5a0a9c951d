//! Where elements lie.

use super::*;
use crate::cell::NONE;
use std::collections::{BTreeMap, BTreeSet};

/// By section and image, lanes with the groups of their elements.
type ByImage = BTreeMap<(usize, usize), Vec<(usize, usize)>>;

/// Every element has a slot of its own within the height, which the outlines know without placing anything.
#[test]
fn every_element_has_a_slot_of_its_own() {
    for seed in 0..3000 {
        let mut dice = Dice(seed);
        let (arrangement, length) = arrangement(&mut dice);
        let slots_per_row = 1 + dice.below(12);
        let (slots, height) = arrangement.slots(length, slots_per_row, 1);
        assert_eq!(slots.len(), length);
        let distinct: BTreeSet<u32> = slots.iter().copied().collect();
        assert!(
            distinct.len() == length && !distinct.contains(&NONE),
            "seed {seed}: {slots:?}"
        );
        let last = distinct.last().map_or(0, |slot| *slot as usize);
        assert_eq!(
            last / slots_per_row + 1,
            height,
            "the last row is not empty, seed {seed}"
        );
        let rows: BTreeSet<usize> = slots.iter().map(|slot| *slot as usize / slots_per_row).collect();
        assert_eq!(rows.len(), height, "no row is empty, seed {seed}");
        let outlines = arrangement.outlines();
        let heights = outlines.iter().map(|outline| outline.height(slots_per_row, 1));
        assert_eq!(heights.sum::<usize>(), height, "seed {seed}");
        let elements = outlines.iter().map(|outline| outline.elements());
        assert_eq!(elements.sum::<usize>(), length, "seed {seed}");
    }
}

/// A group begins on a new row; within a row its elements ascend side by side, rows descend, and units are whole.
#[test]
fn groups_descend_by_rows_and_ascend_by_lanes() {
    for seed in 0..3000 {
        let mut dice = Dice(seed);
        let unit = 1 + dice.below(3);
        let (sections, length) = sections(&mut dice, unit);
        let slots_per_row = unit + dice.below(10);
        let (slots, _) = Arrangement::sections(sections.clone()).slots(length, slots_per_row, unit);
        let place = |element: usize| {
            (
                slots[element] as usize / slots_per_row,
                slots[element] as usize % slots_per_row,
            )
        };
        // What lies in every row: section, image and group, with the elements by their lanes.
        let mut rows: BTreeMap<usize, ByImage> = BTreeMap::new();
        for (s, section) in sections.iter().enumerate() {
            for image in 0..section.images {
                let mut first_rows = Vec::new();
                for (g, group) in section.groups.iter().enumerate() {
                    let elements: Vec<usize> = group
                        .iter()
                        .map(|e| *e as usize + image * section.stride)
                        .collect();
                    for pair in elements.windows(2) {
                        let ((row, lane), (next, beside)) = (place(pair[0]), place(pair[1]));
                        let ascends = row == next && beside == lane + 1;
                        assert!(ascends || next < row, "seed {seed}: elements {pair:?}");
                    }
                    for whole in elements.chunks(unit) {
                        let own: BTreeSet<usize> = whole.iter().map(|e| place(*e).0).collect();
                        assert_eq!(own.len(), 1, "seed {seed}: unit {whole:?}");
                    }
                    if section.images == 1 && section.line <= slots_per_row / unit * unit {
                        for line in elements.chunks(section.line) {
                            let own: BTreeSet<usize> = line.iter().map(|e| place(*e).0).collect();
                            assert!(own.len() == 1 || section.line == 1, "seed {seed}: line {line:?}");
                        }
                    }
                    first_rows.push(place(elements[0]).0);
                    for element in elements {
                        let (row, lane) = place(element);
                        rows.entry(row)
                            .or_default()
                            .entry((s, image))
                            .or_default()
                            .push((lane, g));
                    }
                }
                // Groups come in their order, one below the other.
                assert!(first_rows.is_sorted(), "seed {seed}: {first_rows:?}");
            }
        }
        for (row, images) in rows {
            let owners: BTreeSet<usize> = images.keys().map(|(section, _)| *section).collect();
            assert_eq!(owners.len(), 1, "seed {seed}: sections of row {row}");
            let groups: BTreeSet<usize> = images.values().flatten().map(|(_, group)| *group).collect();
            assert_eq!(groups.len(), 1, "seed {seed}: groups of row {row}");
            // Images that share a row have the same pattern, one beside the other.
            let lanes: Vec<Vec<usize>> = images
                .values()
                .map(|own| own.iter().map(|(lane, _)| *lane).collect())
                .collect();
            for pair in lanes.windows(2) {
                let distance = pair[1][0] - pair[0][0];
                let moved: Vec<usize> = pair[0].iter().map(|lane| lane + distance).collect();
                assert!(
                    moved == pair[1] && distance >= pair[0].len(),
                    "seed {seed}, row {row}: {lanes:?}"
                );
            }
        }
    }
}

/// One image takes as few rows as whole lines allow, and several together no more than one after the other.
#[test]
fn rows_are_as_few_as_lines_allow() {
    for (length, line) in [(1, 1), (12, 1), (13, 1), (12, 3), (24, 4), (25, 5), (40, 8)] {
        for slots in 1..=45usize {
            let height = |images: usize| {
                let section = Section {
                    line,
                    images,
                    stride: length,
                    ..Section::of(vec![(0..length as u32).collect()])
                };
                Arrangement::sections(vec![section])
                    .slots(images * length, slots, 1)
                    .1
            };
            let lines = length.div_ceil(line);
            let right = match slots / line {
                _ if line == 1 => length.div_ceil(slots),
                0 => lines * line.div_ceil(slots),
                whole => lines.div_ceil(whole),
            };
            assert_eq!(height(1), right, "{length} in lines of {line}, {slots} slots");
            for images in 2..6 {
                let shared = height(images);
                assert!(
                    shared <= images * right,
                    "{images} images of {length} in lines of {line}, {slots} slots"
                );
                assert!(shared >= (images * length).div_ceil(slots));
                if line == 1 && slots >= images * length {
                    assert_eq!(shared, 1);
                }
            }
        }
    }
}

/// Images that do not all fit into one row are divided evenly, so that rows have one pattern as far as possible.
#[test]
fn images_are_divided_evenly() {
    for (images, fit, right) in [
        (5, 4, vec![2, 3]),
        (6, 4, vec![3, 3]),
        (9, 4, vec![3, 3, 3]),
        (7, 3, vec![1, 3, 3]),
    ] {
        let section = Section {
            images,
            stride: 2,
            ..Section::of(vec![vec![0, 1]])
        };
        let slots_per_row = 2 * fit;
        let (slots, height) = Arrangement::sections(vec![section]).slots(2 * images, slots_per_row, 2);
        let mut rows = vec![0; height];
        for slot in slots.iter().step_by(2) {
            rows[*slot as usize / slots_per_row] += 1;
        }
        assert_eq!(rows, right, "{images} images, {fit} to a row");
    }
}
