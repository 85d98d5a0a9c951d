//! Messages to addresses of users when their jobs end.

mod address;
mod courier;
mod secret;
mod sender;

pub use address::{AddressError, Guard, is_public};
pub use courier::Courier;
pub use secret::{Secret, signature};
pub use sender::{Message, SendError, Sender};
