//! Linear functionals on tensors: which challenge power multiplies which element.

/// The base whose powers a functional's rows climb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Base {
    /// The challenge ρ, drawn after the stored tensors are committed.
    Rho,
    /// The challenge σ, drawn with ρ and independent of it.
    Sigma,
    /// The integer `2^bits`: packs small integers into one field element.
    TwoPower(u32),
}

/// A power of a base that multiplies what was added up so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Step {
    /// The base.
    pub base: Base,
    /// The power; 0 carries the value unchanged.
    pub power: u32,
}

/// One summand `ρ^rho · base^power · x[element]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    /// Row-major index of the element.
    pub element: u32,
    /// Power of the functional's base.
    pub power: u32,
    /// Additional power of ρ; zero where the base is ρ itself.
    pub rho: u32,
}

/// `x ↦ Σ ρ^rho · base^power · x[element]`. An element may occur in several terms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Functional {
    /// The base.
    pub base: Base,
    /// The summands, in any order.
    pub terms: Vec<Term>,
}

impl Functional {
    /// `Σ base^power · x[element]` over the given `(element, power)` pairs.
    pub fn new(base: Base, terms: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let terms = terms
            .into_iter()
            .map(|(element, power)| Term {
                element,
                power,
                rho: 0,
            })
            .collect();
        Self { base, terms }
    }

    /// `Σ_e ρ^e · x[e]` over all `length` elements: distinguishes any two tensors of that length.
    pub fn flat(length: usize) -> Self {
        Self::new(Base::Rho, (0..length as u32).map(|e| (e, e)))
    }

    /// Whether every one of `length` elements occurs in exactly one term over all `parts`, with distinct monomials
    /// within each part, so that equal evaluations mean equal tensors (except with negligible probability).
    pub fn separates(parts: &[Functional], length: usize) -> bool {
        let mut seen = vec![false; length];
        for part in parts {
            let mut monomials: Vec<(u32, u32)> = part.terms.iter().map(|t| (t.power, t.rho)).collect();
            monomials.sort_unstable();
            if matches!(part.base, Base::TwoPower(_)) || monomials.windows(2).any(|w| w[0] == w[1]) {
                return false;
            }
            for term in &part.terms {
                match seen.get_mut(term.element as usize) {
                    Some(seen) if !*seen => *seen = true,
                    _ => return false,
                }
            }
        }
        seen.into_iter().all(|s| s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_functional_separates() {
        assert!(Functional::separates(&[Functional::flat(5)], 5));
        assert!(
            !Functional::separates(&[Functional::flat(4)], 5),
            "element 4 is missing"
        );
        assert!(
            !Functional::separates(&[Functional::new(Base::Rho, [(0, 0), (1, 0)])], 2),
            "equal powers"
        );
        assert!(
            !Functional::separates(&[Functional::flat(2), Functional::flat(2)], 2),
            "counted twice"
        );
    }

    /// Parts may share monomials, elements may not; powers of two separate nothing.
    #[test]
    fn parts_separate_together() {
        let of = |base, terms: &[(u32, u32, u32)]| Functional {
            base,
            terms: terms
                .iter()
                .map(|(element, power, rho)| Term {
                    element: *element,
                    power: *power,
                    rho: *rho,
                })
                .collect(),
        };
        let rho = |terms: &[(u32, u32, u32)]| of(Base::Rho, terms);
        for (parts, length, separates) in [
            (vec![rho(&[(0, 5, 0), (2, 1, 0)]), rho(&[(1, 5, 0)])], 3, true),
            (vec![of(Base::Sigma, &[(0, 1, 0), (1, 1, 1)])], 2, true),
            (vec![of(Base::Sigma, &[(0, 1, 1), (1, 1, 1)])], 2, false),
            (vec![of(Base::TwoPower(8), &[(0, 0, 0), (1, 1, 0)])], 2, false),
            (vec![rho(&[(0, 0, 0), (2, 1, 0)])], 2, false),
            (vec![rho(&[(0, 0, 0), (0, 1, 0)])], 1, false),
            (vec![], 0, true),
            (vec![], 1, false),
        ] {
            assert_eq!(
                Functional::separates(&parts, length),
                separates,
                "{parts:?} of {length}"
            );
        }
    }
}
