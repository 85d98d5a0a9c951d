//! Who calls, what they may do, and how much of it.

mod key;
mod network;
mod rate;
mod shares;
mod site;

pub use crate::scope::Scope;
pub use key::{ApiKey, KEY_PREFIX, KeySecret};
pub use network::Network;
pub use rate::RateLimits;
pub use shares::{Share, Shares};
pub use site::{Site, same_site};
