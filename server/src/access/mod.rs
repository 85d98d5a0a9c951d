//! Who calls, what they may do, and how much of it.

mod caller;
mod key;
mod rate;
mod scope;
mod site;

pub use caller::{Caller, authenticate};
pub use key::{ApiKey, KEY_PREFIX, KeySecret};
pub use rate::RateLimits;
pub use scope::Scope;
pub use site::{Site, is_host, same_site};
