//! In which order the elements of a tensor lie in a block.

use crate::{
    cell::NONE,
    outline::{Cut, Outline, Profile, Sharing},
};
use std::{collections::BTreeMap, ops::Range};

/// The order in which elements fill the slots of a block.
///
/// Horner evaluation climbs from the highest power to the lowest, so elements come in *descending* order; within a
/// row the lanes ascend.
#[derive(Clone, Debug)]
pub struct Arrangement {
    /// One below the other.
    sections: Vec<Section>,
    /// Others that take their place where they take no more rows.
    alternative: Vec<Section>,
}

/// Groups of elements, for each of several images alike: element `e` of the first one is `e + i·stride` of image `i`.
#[derive(Clone, Debug)]
pub struct Section {
    /// The first image's groups. Every group starts on a new row. Within a group, elements ascend and the group's last row
    /// comes first.
    pub groups: Vec<Vec<u32>>,
    /// Consecutive elements of a group that stay in one row where a row has room for them, so that all full rows of a group begin
    /// at the same place of a line; 1 if a row may begin anywhere. Longer lines begin on rows of their own.
    pub line: usize,
    /// Number of images.
    pub images: usize,
    /// Elements from one image to the next.
    pub stride: usize,
    /// Whether all images' rows of a group lie together, before the next group; else all groups of an image (or of those that
    /// share rows) do.
    pub interleaved: bool,
}

impl Arrangement {
    /// All elements of a tensor of `length` in one group.
    pub fn flat(length: usize) -> Self {
        Self::groups(vec![(0..length as u32).collect()])
    }

    /// One group per plane of `plane` consecutive elements, in lines of `line`; planes and lines in descending order. Lines share
    /// rows with other lines of their plane as far as they fit whole.
    pub fn planes(length: usize, plane: usize, line: usize) -> Self {
        let mut section = Section::of(consecutive(0, length, plane));
        section.line = line.max(1);
        Self::sections(vec![section])
    }

    /// The given groups, in the given order.
    pub fn groups(groups: Vec<Vec<u32>>) -> Self {
        Self::sections(vec![Section::of(groups)])
    }

    /// The given sections, in the given order.
    pub fn sections(sections: Vec<Section>) -> Self {
        Self {
            sections,
            alternative: Vec::new(),
        }
    }

    /// This one, or the given sections where they take no more rows: its alternative.
    #[must_use]
    pub fn with_alternative(self, sections: Vec<Section>) -> Self {
        Self {
            alternative: sections,
            ..self
        }
    }

    /// A tensor of `images` images of `channels` channels with `plane` elements each, in lines of `line`: channels in descending
    /// order, their lines too, and each for all images.
    pub fn images(images: usize, channels: usize, plane: usize, line: usize) -> Self {
        let section = |channel: usize| Section {
            images,
            stride: channels * plane,
            interleaved: true,
            ..Section::of(consecutive(channel * plane, plane, line))
        };
        Self::sections((0..channels).rev().map(section).collect())
    }

    /// A matrix, its rows one after the other in descending order, as far as they do not share rows of the circuit.
    pub fn rows(rows: usize, columns: usize) -> Self {
        Self::sections(vec![Section {
            images: rows,
            stride: columns,
            ..Section::of(vec![(0..columns as u32).collect()])
        }])
    }

    /// What its height depends on: that of each part, which lie below each other.
    pub(crate) fn outlines(&self) -> Vec<Outline> {
        let profiles = |sections: &[Section]| -> Vec<Profile> {
            let mut all: Vec<Profile> = sections.iter().map(Section::profile).collect();
            all.sort_unstable();
            all
        };
        if self.alternative.is_empty() {
            let alone = |section| Outline {
                usual: vec![Section::profile(section)],
                alternative: Vec::new(),
            };
            return self.sections.iter().map(alone).collect();
        }
        vec![Outline {
            usual: profiles(&self.sections),
            alternative: profiles(&self.alternative),
        }]
    }

    /// The sections that lie in rows of so many slots.
    fn chosen(&self, slots_per_row: usize, unit: usize) -> &[Section] {
        if self.alternative.is_empty() {
            return &self.sections;
        }
        match self.outlines().as_slice() {
            [outline] if outline.is_alternative(slots_per_row, unit) => &self.alternative,
            _ => &self.sections,
        }
    }

    /// `slot_of` for a tensor of `length` elements, and the height. `unit` consecutive elements of a group (the
    /// elements of a window) are kept in one row.
    pub fn slots(&self, length: usize, slots_per_row: usize, unit: usize) -> (Vec<u32>, usize) {
        let mut slot_of = vec![NONE; length];
        let mut row = 0;
        for section in self.chosen(slots_per_row, unit) {
            let sharing = section.sharing(slots_per_row, unit);
            for part in section.parts(sharing) {
                for (place, image) in part.images.enumerate() {
                    let first = row * slots_per_row + place * sharing.slots;
                    for (element, slot) in part.elements.iter().zip(first..) {
                        slot_of[*element as usize + image * section.stride] = slot as u32;
                    }
                }
                row += 1;
            }
        }
        (slot_of, row)
    }
}

/// What one row holds: elements of the first image, for several images.
struct RowPart<'a> {
    elements: &'a [u32],
    images: Range<usize>,
}

impl Section {
    /// Groups of one image, cut anywhere.
    pub fn of(groups: Vec<Vec<u32>>) -> Self {
        Self {
            groups,
            line: 1,
            images: 1,
            stride: 0,
            interleaved: false,
        }
    }

    /// All rows, from the top.
    fn parts(&self, sharing: Sharing) -> Vec<RowPart<'_>> {
        let pieces = self.groups.iter().flat_map(|group| {
            let Cut { part, slots } = Cut::new(group.len(), self.line, sharing.slots);
            group
                .chunks(part)
                .rev()
                .flat_map(move |part| part.chunks(slots).rev())
        });
        let firsts = || (0..self.images).step_by(sharing.images).rev();
        let part = |elements, first: usize| RowPart {
            elements,
            images: first..self.images.min(first + sharing.images),
        };
        if self.interleaved {
            pieces
                .flat_map(|p| firsts().map(move |first| part(p, first)))
                .collect()
        } else {
            firsts()
                .flat_map(|first| pieces.clone().map(move |p| part(p, first)))
                .collect()
        }
    }

    /// How many images share a row.
    fn sharing(&self, slots_per_row: usize, unit: usize) -> Sharing {
        self.profile().sharing(slots_per_row, unit)
    }

    /// The section's lengths, of which its height follows.
    pub(crate) fn profile(&self) -> Profile {
        let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
        for group in &self.groups {
            *lengths.entry(group.len()).or_default() += 1;
        }
        Profile {
            images: self.images,
            line: self.line,
            lengths: lengths.into_iter().collect(),
        }
    }
}

/// The pieces of `piece` elements of the `length` elements from `first`, the last one first.
fn consecutive(first: usize, length: usize, piece: usize) -> Vec<Vec<u32>> {
    let (piece, end) = (piece.max(1), first + length);
    let starts = (first..end).step_by(piece);
    let mut groups: Vec<Vec<u32>> = starts
        .map(|s| (s as u32..(s + piece).min(end) as u32).collect())
        .collect();
    groups.reverse();
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_descend_by_rows_and_ascend_by_lanes() {
        let (slots, height) = Arrangement::planes(10, 5, 5).slots(10, 4, 1);
        assert_eq!(height, 4);
        // Line 5..10 first: its tail (9) in row 0, its head (5..9) in row 1.
        assert_eq!(slots, vec![12, 13, 14, 15, 8, 4, 5, 6, 7, 0]);
    }

    #[test]
    fn lines_share_rows_as_far_as_they_fit_whole() {
        // Two planes of five lines of two. Of seven slots three lines would fit: two rows, of three lines and of two.
        let (slots, height) = Arrangement::planes(20, 10, 2).slots(20, 7, 1);
        assert_eq!(height, 4);
        // The second plane lies above the first, and its last two lines in its first row.
        assert_eq!(slots[..10], [21, 22, 23, 24, 25, 26, 14, 15, 16, 17]);
        assert_eq!(slots[10..], [7, 8, 9, 10, 11, 12, 0, 1, 2, 3]);
        // Four lines in two rows are two in each, so that both rows hold the same places.
        let (slots, _) = Arrangement::planes(8, 8, 2).slots(8, 7, 1);
        assert_eq!(slots, [7, 8, 9, 10, 0, 1, 2, 3]);
        // A line that is longer than a row begins on its own.
        let (slots, height) = Arrangement::planes(6, 6, 3).slots(6, 2, 1);
        assert_eq!((slots, height), (vec![6, 7, 4, 2, 3, 0], 4));
    }

    #[test]
    fn images_share_rows_and_channels_lie_together() {
        // Two images of two channels with one line of two.
        let arrangement = Arrangement::images(2, 2, 2, 2);
        let (slots, height) = arrangement.slots(8, 4, 1);
        // Channel 1 first; image 1 beside image 0.
        assert_eq!((slots, height), (vec![4, 5, 0, 1, 6, 7, 2, 3], 2));
        let (slots, height) = arrangement.slots(8, 3, 1);
        // As many rows as for one image after the other: the same element of both, the last one first.
        assert_eq!((slots, height), (vec![9, 6, 3, 0, 10, 7, 4, 1], 4));
        let (slots, height) = arrangement.slots(8, 1, 1);
        // Image 1 first where a row has room for one element only.
        assert_eq!((slots, height), (vec![7, 5, 3, 1, 6, 4, 2, 0], 8));
    }

    #[test]
    fn long_lines_are_cut_where_more_images_then_share_a_row() {
        let section = Section {
            images: 3,
            stride: 20,
            ..Section::of(vec![(0..12).collect(), (12..16).collect(), (16..20).collect()])
        };
        let expected = Sharing { images: 3, slots: 4 };
        assert_eq!(section.sharing(12, 1), expected, "5 rows instead of 7");
        assert_eq!(section.sharing(12, 4), expected);
        assert_eq!(
            section.sharing(4, 4),
            Sharing { images: 1, slots: 4 },
            "a unit is not split"
        );
        let (slots, height) = Arrangement::sections(vec![section]).slots(60, 12, 1);
        assert_eq!(height, 5);
        let mut sorted = slots.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..60).collect::<Vec<_>>(), "every slot is used once");
    }

    /// Heights are known without giving elements their slots.
    #[test]
    fn heights_follow_from_lengths() {
        let section = |images: usize, unit: usize, interleaved: bool, line: usize| Section {
            line: line * unit,
            images,
            stride: 12 * unit,
            interleaved,
            ..Section::of(
                [12, 4, 4, 8]
                    .map(|length| (0..length * unit as u32).collect())
                    .into(),
            )
        };
        for (images, unit, interleaved, line) in [
            (1, 1, false, 1),
            (3, 1, true, 2),
            (5, 1, false, 4),
            (4, 3, true, 1),
            (1, 3, false, 4),
            (1, 1, false, 5),
        ] {
            let arrangement = Arrangement::sections(vec![
                section(images, unit, interleaved, line),
                section(1, unit, false, line),
            ]);
            for slots in unit..40 {
                let (_, height) = arrangement.slots(12 * unit * images, slots, unit);
                let heights = arrangement.outlines().into_iter().map(|o| o.height(slots, unit));
                assert_eq!(heights.sum::<usize>(), height, "{images} images, {slots} slots");
            }
        }
    }

    /// Of two arrangements the other one is taken where it takes no more rows, and its height is known.
    #[test]
    fn pieces_lie_apart_where_that_takes_no_more_rows() {
        // A plane of two lines of four, and its even and odd columns.
        let pieces = vec![vec![1, 3, 5, 7], vec![0, 2, 4, 6]];
        let piece = Section {
            line: 2,
            ..Section::of(pieces)
        };
        let arrangement = Arrangement::planes(8, 8, 4).with_alternative(vec![piece]);
        let heights: Vec<usize> = (1..9)
            .map(|slots| {
                let (slot_of, height) = arrangement.slots(8, slots, 1);
                let mut sorted = slot_of.clone();
                sorted.sort_unstable();
                sorted.dedup();
                assert_eq!(sorted.len(), 8, "{slots} slots");
                let outlines = arrangement.outlines();
                assert_eq!(outlines.iter().map(|o| o.height(slots, 1)).sum::<usize>(), height);
                // Elements 0 and 1 are neighbours of one line, or of two pieces.
                let together = slot_of[1] == slot_of[0] + 1;
                assert_eq!(
                    together,
                    [false, false, false, false, false, false, false, true][slots - 1]
                );
                height
            })
            .collect();
        assert_eq!(heights, [8, 4, 4, 2, 2, 2, 2, 1]);
    }

    #[test]
    fn windows_are_not_split() {
        let (slots, height) = Arrangement::flat(6).slots(6, 4, 3);
        assert_eq!((slots, height), (vec![4, 5, 6, 0, 1, 2], 2));
    }
}
