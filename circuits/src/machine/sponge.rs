//! The commitment to private inputs: Poseidon in rows of the machine.

use super::{
    permutation::Permutation,
    rows::{Machine, Number, Row, Wire},
    totals::Totals,
};
use crate::{
    builder::Builder,
    error::CircuitError,
    poseidon::{Element, Poseidon, Section, descriptor},
    scalar::Fr,
};

/// What the sponge absorbs, and what its result has to equal.
pub(super) struct Absorbed {
    capacity: Fr,
    /// `None` is the salt.
    elements: Vec<Option<Wire>>,
    digest: Wire,
}

impl Absorbed {
    /// The commitment of a lowering, if it has one.
    pub(super) fn of(b: &Builder<'_>, totals: &Totals<'_, '_>) -> Result<Option<Self>, CircuitError> {
        let Some(Section { elements, digest, .. }) = &b.sponge else {
            return Ok(None);
        };
        let wire = |element: &Element| match element {
            Element::Salt => Ok(None),
            Element::Atom(atom) => totals.atom(*atom).map(Some),
        };
        Ok(Some(Self {
            capacity: descriptor(&Poseidon::default(), b.graph)?,
            elements: elements.iter().map(wire).collect::<Result<_, _>>()?,
            digest: totals.atom(*digest)?,
        }))
    }

    /// Appends the sponge.
    ///
    /// # Errors
    /// As [`Permutation::new`].
    pub(super) fn lower(&self, machine: &mut Machine) -> Result<(), CircuitError> {
        let permutation = Permutation::new(Poseidon::default().parameters().clone())?;
        let zero = machine.zero;
        let mut state = [machine.constant(Number::Field(self.capacity)), zero, zero];
        for pair in self.elements.chunks(2) {
            for (i, element) in pair.iter().enumerate() {
                let element = match element {
                    Some(wire) => *wire,
                    // The one cell that the prover chooses.
                    None => machine.push(Row {
                        c: Number::Small(1),
                        ..Row::default()
                    }),
                };
                let one = machine.one;
                state[i + 1] = machine.chain([Row::load(state[i + 1]), Row::load(element).after(one)]);
            }
            state = permutation.apply(machine, state);
        }
        machine.equal.push((state[1], self.digest));
        Ok(())
    }
}
