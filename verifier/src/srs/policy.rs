//! Which SRSs a caller accepts.

use super::{Provenance, SrsPoints};
use crate::error::VerifyError;
use crate::hexadecimal;

/// What a caller asks of an SRS. Nothing by default; every demand is checked by the SRS's points.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SrsPolicy {
    /// Refuse SRSs whose secret is known to be public.
    pub refuse_insecure: bool,
    /// Accept only ceremonies that this program recognises.
    pub only_ceremonies: bool,
    /// Accept only these, by digest; empty: any.
    pub only: Vec<[u8; 32]>,
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

    /// Whether `srs` is what the caller asks for.
    ///
    /// # Errors
    /// [`VerifyError::InsecureSrs`], [`VerifyError::UnknownSrs`], [`VerifyError::OtherSrs`].
    pub fn check(&self, srs: &SrsPoints) -> Result<(), VerifyError> {
        let found = hexadecimal::encode(&srs.digest());
        if !self.only.is_empty() && !self.only.contains(&srs.digest()) {
            let expected: Vec<_> = self
                .only
                .iter()
                .map(|digest| hexadecimal::encode(digest))
                .collect();
            return Err(VerifyError::OtherSrs {
                expected: expected.join(" or "),
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
