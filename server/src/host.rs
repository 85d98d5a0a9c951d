//! Names of hosts, as settings and the header `Host` have them.

use axum::http::uri::Authority;
use std::net::IpAddr;

/// A name with the port that goes with it, if not all do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// In lower case; an IPv6 address in brackets.
    pub host: String,
    /// The port, if one was given.
    pub port: Option<u16>,
}

impl Name {
    /// Of `HOST` or `HOST:PORT`; IPv6 addresses in brackets.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let authority: Authority = text.parse().ok()?;
        let port = authority.port_u16();
        // A port that is none is no port.
        let fine = !text.contains('@') && (port.is_some() || authority.as_str() == authority.host());
        fine.then(|| Self {
            host: authority.host().trim_end_matches('.').to_ascii_lowercase(),
            port,
        })
    }

    /// The address that it is, if it is one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse()
            .ok()
    }

    /// Whether only this machine is reached by it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.address().is_some_and(|address| address.is_loopback())
    }

    /// Whether this setting means `other`.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.host == other.host && self.port.is_none_or(|port| other.port == Some(port))
    }
}

/// Whether `text` can be an entry of `server.hosts`.
#[must_use]
pub fn is_host(text: &str) -> bool {
    text == "*" || Name::parse(text).is_some_and(|name| !name.host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_strictly() {
        let name = |text: &str| Name::parse(text).map(|name| (name.host, name.port));
        assert_eq!(name("LocalHost.:80"), Some(("localhost".to_owned(), Some(80))));
        assert_eq!(name("[::1]:8420"), Some(("[::1]".to_owned(), Some(8420))));
        assert_eq!(name("[::1]"), Some(("[::1]".to_owned(), None)));
        for wrong in [
            "",
            "a b",
            "user@localhost",
            "localhost:x",
            "localhost:99999",
            "localhost:",
            "http://localhost",
        ] {
            assert_eq!(name(wrong), None, "{wrong}");
        }
        assert!(is_host("*") && is_host("example.org") && !is_host("https://example.org"));
    }
}
