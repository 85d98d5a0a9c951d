//! Who calls, what they may do, and how much of it.

mod caller;
mod key;
mod network;
mod rate;
mod scope;
mod shares;
mod site;

pub use caller::{Caller, authenticate, caller_network, forwarded};
pub use key::{ApiKey, KEY_PREFIX, KeySecret};
pub use network::Network;
pub use rate::RateLimits;
pub use scope::Scope;
pub use shares::{Share, Shares};
pub use site::{Site, is_host, same_site};
