//! The points of an SRS, and what they say about where it comes from.
//!
//! A key holds `s·g1` and `s·g2` and nothing else about its SRS: whatever a file said about itself would be believed by
//! somebody. [`SrsPoints`] checks that both are multiples by one secret, names them by a [digest](SrsPoints::digest), and
//! recognises by the points alone secrets that everybody knows and ceremonies that this program knows.

mod known;
mod points;
mod policy;
mod small;
#[cfg(test)]
mod tests;

pub use known::{CEREMONIES, Ceremony, PUBLIC_SECRETS, PublicSecret};
pub use points::{Provenance, SrsPoints};
pub use policy::SrsPolicy;
