//! Ids with a prefix that says what they name.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// The text is no id of the expected kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {0:?} and 32 lower-case hexadecimal digits")]
pub struct NotAnId(pub &'static str);

fn parse(text: &str, prefix: &'static str) -> Result<Uuid, NotAnId> {
    let digits = text.strip_prefix(prefix).ok_or(NotAnId(prefix))?;
    let canonical = digits.len() == 32
        && digits
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !canonical {
        return Err(NotAnId(prefix));
    }
    Uuid::try_parse(digits).map_err(|_| NotAnId(prefix))
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// A new one. Ids made later are greater, to the millisecond.
            #[must_use]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0.simple())
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                parse(text, $prefix).map(Self)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;

            fn try_from(text: String) -> Result<Self, NotAnId> {
                text.parse()
            }
        }
    };
}

id! {
    /// Names a job.
    JobId, "job_"
}
id! {
    /// Names an API key; not the secret.
    KeyId, "key_"
}
id! {
    /// Names a webhook.
    WebhookId, "whk_"
}
id! {
    /// Names one delivery to a webhook.
    DeliveryId, "dlv_"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_spelling() {
        let id = JobId::new();
        let text = id.to_string();
        assert_eq!(text.len(), 36);
        assert_eq!(text.parse(), Ok(id));
        let upper = text.to_uppercase();
        let hyphens = format!("job_{}", id.0.hyphenated());
        for wrong in [
            "",
            "job_",
            upper.as_str(),
            hyphens.as_str(),
            &text[..35],
            &text[4..],
        ] {
            assert_eq!(wrong.parse::<JobId>(), Err(NotAnId("job_")), "{wrong}");
        }
        assert!(text.parse::<KeyId>().is_err());
    }

    #[test]
    fn ids_are_in_order_of_creation() {
        let ids: Vec<JobId> = (0..1000).map(|_| JobId::new()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
