//! Heads of a server's receipt log, signed with Ed25519, and what two of them show about the log.
//!
//! A log is named by its first key. Each later key is signed by the one before it, so that whoever has kept the log's name can
//! check a head under any of its keys without asking anybody. A signature binds the log's owner, it does not make the log
//! honest: two heads that contradict each other, both signed, are the evidence that it was not.
//!
//! A key that was replaced goes on to make valid signatures in the hands of whoever has a copy. A head by itself cannot show that
//! its key was replaced; one of the keys that followed does, so that [`compare`] holds the keys against each other as well.

mod comparison;
mod head;
pub(crate) mod json;

pub use comparison::{Compared, compare, compare_later};
pub use head::{
    HeadError, LogKey, MAX_LOG_HEAD_BYTES, MAX_ROTATIONS, Rotation, SignedHead, rotation_message,
};
pub use json::parse_consistency;
