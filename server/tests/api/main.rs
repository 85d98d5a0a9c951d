//! The API as a function: what needs no compiled model. What does is tested on a real server, in `cli/tests/service`.
#![allow(clippy::unwrap_used, clippy::panic)]

mod access;
mod bodies;
#[path = "../samples/compiled.rs"]
mod compiled;
mod deleting;
mod ended;
mod erasing;
mod events;
mod heavy;
mod limits;
mod names;
mod probes;
mod problems;
mod receipts;
mod scopes;
mod sites;
mod sockets;
mod storage;
mod support;
mod surface;
mod webhooks;
