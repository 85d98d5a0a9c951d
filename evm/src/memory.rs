//! Where the contract keeps what: the memory behind the key, and the order in which challenges are drawn.

use hallmark_verifier::Protocol;

/// The first byte of the key in the contract's memory.
pub(crate) const KEY: usize = 0x460;
/// Derived values: ℓ_0, ℓ_last, 1 − ℓ_last − Σ ℓ_blinding, x^n, 1/(x^n − 1), and then the instance columns.
pub(crate) const FIRST_ROW: usize = 0;
pub(crate) const LAST_ROW: usize = 1;
pub(crate) const ACTIVE_ROWS: usize = 2;
pub(crate) const INSTANCES: usize = 5;

/// A run of proof elements between challenges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) kind: Element,
    pub(crate) elements: usize,
    /// Number of challenges drawn behind it.
    pub(crate) challenges: usize,
}

/// What a segment consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    Scalar,
    Point,
    PointOrInfinity,
}

impl Segment {
    pub(crate) fn bytes(&self) -> usize {
        match self.kind {
            Element::Scalar => 32 * self.elements,
            _ => 64 * self.elements,
        }
    }
}

/// Positions of challenges in the order in which they are drawn.
pub(crate) struct Challenges {
    circuit: Vec<usize>,
    pub(crate) count: usize,
}

impl Challenges {
    pub(crate) fn new(protocol: &Protocol) -> Self {
        let phases = &protocol.challenge_phases;
        let mut order: Vec<usize> = (0..phases.len()).collect();
        order.sort_by_key(|challenge| (phases[*challenge], *challenge));
        let mut circuit = vec![0; order.len()];
        for (position, challenge) in order.into_iter().enumerate() {
            circuit[challenge] = position;
        }
        // Then θ, β, γ, y, x, y′, v, u.
        let count = circuit.len() + 8;
        Self { circuit, count }
    }

    pub(crate) fn circuit(&self, index: usize) -> usize {
        self.circuit[index]
    }

    pub(crate) fn beta(&self) -> usize {
        self.count - 7
    }

    pub(crate) fn gamma(&self) -> usize {
        self.count - 6
    }

    pub(crate) fn y(&self) -> usize {
        self.count - 5
    }

    pub(crate) fn x(&self) -> usize {
        self.count - 4
    }
}

/// The segments of a proof, and where its commitments lie.
pub(crate) struct Transcript {
    pub(crate) segments: Vec<Segment>,
    /// Elements before each segment, by the byte within the transcript's memory: after the first three words (domain, seed,
    /// representation) and the instance columns; a word for the state lies between segments.
    starts: Vec<usize>,
    /// Segment and position of every advice column's commitment.
    advice: Vec<(usize, usize)>,
    products: usize,
    /// Bytes of memory.
    pub(crate) bytes: usize,
}

impl Transcript {
    pub(crate) fn new(protocol: &Protocol, cells: usize) -> Self {
        let mut segments = Vec::new();
        let mut advice = vec![(0, 0); protocol.advice_columns()];
        let last = protocol.advice_phases.iter().max().copied().unwrap_or(0);
        let mut elements = 0;
        for phase in 0..=last {
            for (place, own) in advice.iter_mut().zip(&protocol.advice_phases) {
                if *own == phase {
                    *place = (segments.len(), elements);
                    elements += 1;
                }
            }
            let drawn = protocol.challenge_phases.iter().filter(|p| **p == phase).count();
            // Behind the last phase, θ, β and γ are drawn.
            let challenges = if phase == last { drawn + 3 } else { drawn };
            if challenges > 0 {
                segments.push(Segment {
                    kind: Element::Point,
                    elements,
                    challenges,
                });
                elements = 0;
            }
        }
        let products = protocol.permutation_products();
        let segment = |kind, elements, challenges| Segment {
            kind,
            elements,
            challenges,
        };
        segments.extend([
            segment(Element::Point, products + 1, 1),
            segment(Element::PointOrInfinity, protocol.quotient_pieces(), 1),
            segment(Element::Scalar, protocol.proof_scalars(), 2),
            segment(Element::Point, 1, 1),
            segment(Element::Point, 1, 0),
        ]);
        let mut at = 32 * (3 + cells);
        let mut starts = Vec::with_capacity(segments.len());
        for segment in &segments {
            starts.push(at);
            at += segment.bytes() + 32;
        }
        Self {
            segments,
            starts,
            advice,
            products,
            bytes: at,
        }
    }

    /// Where the last segment (1), the one before (2), … begins.
    fn start_of(&self, back: usize) -> usize {
        self.starts[self.starts.len() - back]
    }

    pub(crate) fn advice(&self, column: usize) -> usize {
        let (segment, position) = self.advice[column];
        self.starts[segment] + 64 * position
    }

    pub(crate) fn product(&self, position: usize) -> usize {
        self.start_of(5) + 64 * position
    }

    pub(crate) fn random(&self) -> usize {
        self.product(self.products)
    }

    pub(crate) fn pieces(&self) -> usize {
        self.start_of(4)
    }

    pub(crate) fn evaluations(&self) -> usize {
        self.start_of(3)
    }

    pub(crate) fn first_opening(&self) -> usize {
        self.start_of(2)
    }

    pub(crate) fn second_opening(&self) -> usize {
        self.start_of(1)
    }
}
