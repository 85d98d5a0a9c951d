//! Messages to addresses of users when their jobs end.

mod address;
mod courier;
mod sender;

pub use crate::webhook_secret::{Secret, signature};
pub use address::{AddressError, Guard, is_public};
pub use courier::Courier;
pub use sender::{Message, SendError, Sender};
