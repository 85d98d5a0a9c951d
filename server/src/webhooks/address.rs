//! Where webhooks may go. A server that calls any address it is given can be made to call its own neighbours; this
//! keeps it to addresses of the public Internet.
//!
//! The check is made on the addresses that the connection then uses: names are resolved here, once, and the HTTP client gets
//! nothing but checked addresses, so a name that changes its mind between check and use gains nothing.

use ipnet::{Ipv4Net, Ipv6Net};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use url::{Host, Url};

/// Longest URL.
pub const MAX_URL: usize = 2048;

/// Why an address is not acceptable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It is no URL.
    #[error("the URL cannot be read: {0}")]
    Url(String),
    /// It is over the limit.
    #[error("the URL has {0} bytes, at most {MAX_URL} are allowed")]
    TooLong(usize),
    /// It is neither http nor https.
    #[error("the URL's scheme is {0:?}, expected \"http\" or \"https\"")]
    Scheme(String),
    /// It carries a user name or password, which would end up in logs.
    #[error("the URL holds a user name or password; check the signature of the messages instead")]
    Credentials,
    /// The name has no address.
    #[error("the name {0:?} cannot be resolved: {1}")]
    Unresolved(String, String),
    /// All its addresses are private.
    #[error(
        "{0:?} is not a public address: private, loopback and link-local addresses are refused unless the server's webhooks.allow_private is set"
    )]
    Private(String),
}

/// Decides about addresses.
#[derive(Clone, Copy, Debug)]
pub struct Guard {
    /// Whether private addresses are allowed.
    pub allow_private: bool,
}

impl Guard {
    /// Reads a URL and refuses what can be refused without resolving its name.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(self, text: &str) -> Result<Url, AddressError> {
        if text.len() > MAX_URL {
            return Err(AddressError::TooLong(text.len()));
        }
        let mut url = Url::parse(text).map_err(|error| AddressError::Url(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressError::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        let literal = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            Some(Host::Domain(_)) => None,
            None => return Err(AddressError::Url("it names no host".to_owned())),
        };
        if literal.is_some_and(|ip| !self.allows(ip)) {
            return Err(AddressError::Private(
                url.host_str().unwrap_or_default().to_owned(),
            ));
        }
        url.set_fragment(None);
        Ok(url)
    }

    /// Reads a URL and looks where its name leads: what is checked when a webhook is made. A name that cannot be resolved at the
    /// moment is accepted, because every attempt to deliver checks again.
    ///
    /// # Errors
    /// [`AddressError`].
    pub async fn check(self, text: &str) -> Result<Url, AddressError> {
        let url = self.parse(text)?;
        if let Some(Host::Domain(name)) = url.host() {
            match self.addresses(name).await {
                Ok(_) | Err(AddressError::Unresolved(..)) => {}
                Err(refused) => return Err(refused),
            }
        }
        Ok(url)
    }

    /// The addresses of a name that may be called.
    async fn addresses(self, name: &str) -> Result<Vec<SocketAddr>, AddressError> {
        let unresolved = |problem: String| AddressError::Unresolved(name.to_owned(), problem);
        let found: Vec<SocketAddr> = tokio::net::lookup_host((name, 0))
            .await
            .map_err(|error| unresolved(error.to_string()))?
            .collect();
        if found.is_empty() {
            return Err(unresolved("it has no address".to_owned()));
        }
        let allowed: Vec<_> = found
            .into_iter()
            .filter(|address| self.allows(address.ip()))
            .collect();
        if allowed.is_empty() {
            return Err(AddressError::Private(name.to_owned()));
        }
        Ok(allowed)
    }

    fn allows(self, ip: IpAddr) -> bool {
        self.allow_private || is_public(ip)
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = *self;
        Box::pin(async move {
            let addresses: Addrs = Box::new(guard.addresses(name.as_str()).await?.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether an address is one of the public Internet, by the registries of special-purpose addresses (RFC 6890 and its
/// successors).
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    const SPECIAL: &[Ipv4Net] = &[
        net4([0, 0, 0, 0], 8),
        net4([10, 0, 0, 0], 8),
        net4([100, 64, 0, 0], 10),
        net4([127, 0, 0, 0], 8),
        net4([169, 254, 0, 0], 16),
        net4([172, 16, 0, 0], 12),
        net4([192, 0, 0, 0], 24),
        net4([192, 0, 2, 0], 24),
        net4([192, 88, 99, 0], 24),
        net4([192, 168, 0, 0], 16),
        net4([198, 18, 0, 0], 15),
        net4([198, 51, 100, 0], 24),
        net4([203, 0, 113, 0], 24),
        // Multicast, reserved, broadcast.
        net4([224, 0, 0, 0], 3),
    ];
    !SPECIAL.iter().any(|net| net.contains(&ip))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    /// Everything that is routed. Loopback, mapped IPv4, NAT64, unique-local, link-local and multicast lie outside.
    const GLOBAL: Ipv6Net = net6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
    const SPECIAL: &[Ipv6Net] = &[
        // Protocol assignments, Teredo among them.
        net6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
        // Documentation.
        net6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
        net6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
        // 6to4: an IPv4 address in disguise.
        net6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    ];
    // A mapped address is reached over IPv4.
    if let Some(mapped) = ip.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    GLOBAL.contains(&ip) && !SPECIAL.iter().any(|net| net.contains(&ip))
}

const fn net4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn net6([a, b, c, d, e, f, g, h]: [u16; 8], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUARD: Guard = Guard { allow_private: false };

    #[test]
    fn special_addresses_are_not_public() {
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "203.0.113.9",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:8.8.8.8",
            "2001:4860::8888",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    /// The ways of writing an address that a naive comparison of strings would let through.
    #[test]
    fn private_addresses_in_every_spelling_are_refused() {
        for url in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://017700000001/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]:8420/",
            "http://0/",
            "https://10.0.0.1:443/x",
            "http://169.254.169.254/latest/meta-data",
            "http://127.0.0.1./",
            "http://①②⑦.0.0.1/",
        ] {
            assert!(
                matches!(GUARD.parse(url), Err(AddressError::Private(_))),
                "{url}: {:?}",
                GUARD.parse(url)
            );
        }
        assert!(Guard { allow_private: true }.parse("http://127.0.0.1:9/").is_ok());
    }

    #[test]
    fn what_is_no_address_of_a_webhook() {
        let parse = |text: &str| GUARD.parse(text).unwrap_err();
        assert!(matches!(parse("example.com"), AddressError::Url(_)));
        assert!(matches!(parse("http://"), AddressError::Url(_)));
        assert_eq!(
            parse("ftp://example.com/"),
            AddressError::Scheme("ftp".to_owned())
        );
        assert_eq!(
            parse("file:///etc/passwd"),
            AddressError::Scheme("file".to_owned())
        );
        assert_eq!(parse("http://user@example.com/"), AddressError::Credentials);
        assert_eq!(parse("http://user:word@example.com/"), AddressError::Credentials);
        let long = format!("https://example.com/{}", "x".repeat(MAX_URL));
        assert_eq!(parse(&long), AddressError::TooLong(long.len()));
        assert_eq!(
            GUARD.parse("https://example.com/a#b").unwrap().as_str(),
            "https://example.com/a"
        );
    }

    #[tokio::test]
    async fn names_of_private_addresses_are_refused() {
        assert_eq!(
            GUARD.check("http://localhost:8420/").await,
            Err(AddressError::Private("localhost".to_owned()))
        );
        assert!(
            Guard { allow_private: true }
                .check("http://localhost:8420/")
                .await
                .is_ok()
        );
        assert!(GUARD.check("http://name.invalid/").await.is_ok());
        let missing = GUARD.addresses("name.invalid").await;
        assert!(
            matches!(missing, Err(AddressError::Unresolved(..))),
            "{missing:?}"
        );
    }
}
