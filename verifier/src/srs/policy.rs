//! Which SRSs a caller accepts.

use super::points::{Provenance, SrsPoints};
use crate::error::VerifyError;
use crate::hexadecimal;

/// What a caller asks of an SRS. Nothing by default; every demand is checked by the SRS's points.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SrsPolicy {
    /// Refuse SRSs whose secret is known to be public.
    pub refuse_insecure: bool,
    /// Accept only ceremonies that this program recognises.
    pub only_ceremonies: bool,
    /// Accept only these, by digest.
    pub only: Option<Vec<[u8; 32]>>,
}

impl SrsPolicy {
    /// Refuses SRSs whose secret is known to be public.
    #[must_use]
    pub fn strict() -> Self {
        Self {
            refuse_insecure: true,
            ..Self::default()
        }
    }

    /// What both ask for.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let only = match (&self.only, &other.only) {
            (Some(first), Some(second)) => {
                let both = first.iter().filter(|digest| second.contains(digest));
                Some(both.copied().collect())
            }
            (first, second) => first.as_ref().or(second.as_ref()).cloned(),
        };
        Self {
            refuse_insecure: self.refuse_insecure || other.refuse_insecure,
            only_ceremonies: self.only_ceremonies || other.only_ceremonies,
            only,
        }
    }

    /// Whether `srs` is what the caller asks for.
    ///
    /// # Errors
    /// [`VerifyError::InsecureSrs`], [`VerifyError::UnknownSrs`], [`VerifyError::OtherSrs`].
    pub fn check(&self, srs: &SrsPoints) -> Result<(), VerifyError> {
        let found = hexadecimal::encode(&srs.digest());
        if let Some(only) = self.only.as_ref().filter(|only| !only.contains(&srs.digest())) {
            let expected: Vec<_> = only.iter().map(|digest| hexadecimal::encode(digest)).collect();
            return Err(VerifyError::OtherSrs {
                expected: match expected.is_empty() {
                    true => "none".to_owned(),
                    false => expected.join(" or "),
                },
                found,
            });
        }
        match srs.provenance() {
            Provenance::Insecure { what } if self.refuse_insecure || self.only_ceremonies => {
                Err(VerifyError::InsecureSrs(what.clone()))
            }
            Provenance::Unknown if self.only_ceremonies => Err(VerifyError::UnknownSrs(found)),
            Provenance::Insecure { .. } | Provenance::Ceremony { .. } | Provenance::Unknown => Ok(()),
        }
    }
}
