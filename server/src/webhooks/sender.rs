//! One attempt at a delivery.

use super::address::{AddressError, Guard};
use crate::webhook_secret::{Secret, signature};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, header};
use std::error::Error;
use std::time::Duration;

/// Longest error text that is kept.
const MAX_ERROR: usize = 300;

/// What is sent.
#[derive(Debug)]
pub struct Message<'a> {
    /// Where to.
    pub url: &'a str,
    /// Keys of the signatures. The receiver knows one of them.
    pub secrets: &'a [Secret],
    /// Id of the delivery: the same in every attempt, so that receivers can tell what they have seen.
    pub id: &'a str,
    /// Now, in seconds since the epoch.
    pub timestamp: i64,
    /// JSON.
    pub body: &'a str,
}

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The address is refused.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// No answer.
    #[error("{0}")]
    Connection(String),
    /// An answer other than 2xx.
    #[error("the receiver answered with status {0}, expected 2xx")]
    Status(u16),
}

impl SendError {
    /// The status of the answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status(status) => Some(*status),
            _ => None,
        }
    }

    /// Whether the receiver says that it wants no more messages (410 Gone).
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.status() == Some(StatusCode::GONE.as_u16())
    }
}

/// Sends messages: no redirects, no proxies, no private addresses, no waiting for slow receivers.
#[derive(Clone, Debug)]
pub struct Sender {
    client: Client,
    guard: Guard,
}

impl Sender {
    /// A sender. `timeout` is for the whole exchange.
    ///
    /// # Errors
    /// The HTTP client cannot be made; in words.
    pub fn new(guard: Guard, timeout: Duration) -> Result<Self, String> {
        crate::tls::install_provider();
        let client = Client::builder()
            .user_agent(concat!("hallmark/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(guard)
            .no_proxy()
            .redirect(Policy::none())
            .connect_timeout(timeout)
            .timeout(timeout)
            // Connections are not kept: a kept one would outlive the check of its address.
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { client, guard })
    }

    /// Sends a message and returns the status. The answer's body is not read.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(&self, message: &Message<'_>) -> Result<u16, SendError> {
        let url = self.guard.parse(message.url)?;
        let signatures: Vec<String> = message
            .secrets
            .iter()
            .map(|secret| signature(secret, message.id, message.timestamp, message.body.as_bytes()))
            .collect();
        let request = self
            .client
            .post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", message.id)
            .header("webhook-timestamp", message.timestamp)
            .header("webhook-signature", signatures.join(" "))
            .body(message.body.to_owned());
        let response = request.send().await.map_err(|error| describe(&error))?;
        let status = response.status();
        match status.is_success() {
            true => Ok(status.as_u16()),
            false => Err(SendError::Status(status.as_u16())),
        }
    }
}

/// The error with its causes, without the URL, which may hold a token.
fn describe(error: &reqwest::Error) -> SendError {
    let mut cause = error.source();
    let mut words = Vec::new();
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<AddressError>() {
            return SendError::Address(refused.clone());
        }
        words.push(error.to_string());
        cause = error.source();
    }
    let mut text = match error.is_timeout() {
        true => "no answer in time".to_owned(),
        false => format!(
            "no answer: {}",
            words.last().map_or("connection failed", String::as_str)
        ),
    };
    let end = text
        .char_indices()
        .nth(MAX_ERROR)
        .map_or(text.len(), |(index, _)| index);
    text.truncate(end);
    SendError::Connection(text)
}
