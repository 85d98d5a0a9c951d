//! How many rows an arrangement takes, at any width of rows.

/// How many images share a row, and how many slots of a row each of them has at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sharing {
    /// Images that share a row.
    pub(crate) images: usize,
    /// Slots of a row that each of them has.
    pub(crate) slots: usize,
}

/// What the height of a part of an [`Arrangement`] depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Outline {
    /// Its sections.
    pub(crate) usual: Vec<Profile>,
    /// Those that take their place where they take no more rows; none if there is no alternative.
    pub(crate) alternative: Vec<Profile>,
}

impl Outline {
    /// Rows.
    pub(crate) fn height(&self, slots_per_row: usize, unit: usize) -> usize {
        let chosen = match self.is_alternative(slots_per_row, unit) {
            true => &self.alternative,
            false => &self.usual,
        };
        height(chosen, slots_per_row, unit)
    }

    /// Elements.
    pub(crate) fn elements(&self) -> usize {
        self.usual.iter().map(Profile::elements).sum()
    }

    pub(crate) fn is_alternative(&self, slots_per_row: usize, unit: usize) -> bool {
        let rows = |profiles: &[Profile]| height(profiles, slots_per_row, unit);
        !self.alternative.is_empty() && rows(&self.alternative) <= rows(&self.usual)
    }
}

fn height(profiles: &[Profile], slots_per_row: usize, unit: usize) -> usize {
    profiles
        .iter()
        .map(|profile| profile.height(slots_per_row, unit))
        .sum()
}

/// What the height of a [`Section`] depends on, whatever the width of its rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Profile {
    /// Images.
    pub(crate) images: usize,
    /// Consecutive elements that stay in one row.
    pub(crate) line: usize,
    /// Lengths of groups, ascending, and how many groups have each.
    pub(crate) lengths: Vec<(usize, usize)>,
}

impl Profile {
    /// Elements of the section.
    fn elements(&self) -> usize {
        let own = self.lengths.iter().map(|(length, count)| length * count);
        own.sum::<usize>() * self.images
    }

    /// Rows of the section.
    fn height(&self, slots_per_row: usize, unit: usize) -> usize {
        let Sharing { images, slots } = self.sharing(slots_per_row, unit);
        self.rows(slots) * self.images.div_ceil(images)
    }

    /// Rows of one image, or of those that share rows.
    fn rows(&self, slots: usize) -> usize {
        self.lengths
            .iter()
            .map(|(length, count)| Cut::new(*length, self.line, slots).rows(*length) * count)
            .sum()
    }

    /// What takes the fewest rows, and among that what has the most images in a row: fewer rows of images then have other
    /// powers between them.
    pub(crate) fn sharing(&self, slots_per_row: usize, unit: usize) -> Sharing {
        let most = (slots_per_row / unit) * unit;
        let alone = Sharing {
            images: 1,
            slots: most,
        };
        if self.images <= 1 {
            return alone;
        }
        let longest = self.lengths.last().map_or(unit, |(length, _)| *length);
        let sharing = |slots: usize| {
            let blocks = self.images.div_ceil((most / slots).max(1));
            // Blocks of equally many images, as far as possible: their rows have the same pattern.
            let images = self.images.div_ceil(blocks);
            (self.rows(slots) * blocks, Sharing { images, slots })
        };
        (unit..=most.min(longest.next_multiple_of(unit)))
            .step_by(unit)
            .map(sharing)
            .min_by_key(|(rows, sharing)| (*rows, sharing.slots))
            .map_or(alone, |(_, sharing)| sharing)
    }
}

/// How a group is cut into rows: first into parts, each of which begins on a new row, then these into rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Elements of a part.
    pub(crate) part: usize,
    /// Most elements of a row.
    pub(crate) slots: usize,
}

impl Cut {
    /// That of a group of `length` elements in lines of `line`, for rows of at most `slots`: as few rows as whole lines can be cut
    /// into, and as many of them in each as in the others, as far as possible.
    pub(crate) fn new(length: usize, line: usize, slots: usize) -> Self {
        let (line, slots) = (line.max(1), slots.max(1));
        let lines = length.div_ceil(line).max(1);
        match slots / line {
            _ if line == 1 => Self {
                part: length.max(1),
                slots,
            },
            0 => Self { part: line, slots },
            whole => Self {
                part: lines * line,
                slots: lines.div_ceil(lines.div_ceil(whole)) * line,
            },
        }
    }

    /// Rows of a group of `length` elements.
    fn rows(&self, length: usize) -> usize {
        let (parts, rest) = (length / self.part, length % self.part);
        parts * self.part.div_ceil(self.slots) + rest.div_ceil(self.slots)
    }
}
