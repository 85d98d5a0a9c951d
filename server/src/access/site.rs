//! Which web pages may use this server through a visitor's browser: those that it serves, and those of `cors.origins`.
//!
//! A browser sends requests for any page that its user looks at, also to addresses that only the user's machine reaches. Two things
//! that a page cannot change tell its requests apart. `Host` is the name that the page was loaded under: a name that was rebound to this
//! server's address is none of this server's names. `Origin` and `Sec-Fetch-Site` say that the request is another page's: bodies of forms are
//! sent without asking first, and what they begin (jobs, models) would be begun. Programs send neither, and are not concerned.

use crate::host::Name;
use crate::problem::{Problem, ProblemKind};
use crate::settings::Settings;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use url::Url;

/// The names and origins of one server.
#[derive(Clone, Debug)]
pub struct Site(Arc<SiteParts>);

#[derive(Debug)]
struct SiteParts {
    /// Names that `Host` may have; nothing for any name.
    names: Option<Vec<Name>>,
    /// Whether only this machine reaches the server.
    loopback: bool,
    /// Origins of other pages that may call, and that of `server.public_url`.
    origins: Vec<String>,
    /// Whether all pages may call.
    any_origin: bool,
}

impl Site {
    /// The site that settings describe.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let server = &settings.server;
        let public = Url::parse(&server.public_url).ok();
        let loopback = server.bind.ip().is_loopback();
        let mut names: Vec<Name> = server.hosts.iter().filter_map(|text| Name::parse(text)).collect();
        if let Some(host) = public.as_ref().and_then(Url::host_str) {
            names.push(Name {
                host: host.to_ascii_lowercase(),
                port: None,
            });
        }
        let any_name = server.hosts.iter().any(|host| host == "*") || (!loopback && names.is_empty());
        let any_origin = settings.cors.origins.iter().any(|origin| origin == "*");
        let mut origins = settings.cors.origins.clone();
        origins.extend(public.map(|url| url.origin().ascii_serialization()));
        Self(Arc::new(SiteParts {
            names: (!any_name).then_some(names),
            loopback,
            origins,
            any_origin,
        }))
    }

    /// Refuses names that are not this server's.
    fn check_name(&self, request: &Request) -> Result<Option<Name>, Problem> {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let (host, more) = (hosts.next(), hosts.next());
        let target = request.uri().authority().map(Authority::as_str);
        let host = host.map(|value| value.to_str().unwrap_or("?"));
        // Who names two hosts is understood by two readers in two ways.
        let agree = more.is_none() && target.is_none_or(|target| host.is_none_or(|host| host == target));
        let Some(text) = host.or(target) else {
            // Browsers always name the host.
            return Ok(None);
        };
        let name = Name::parse(text).filter(|_| agree);
        let known = name.as_ref().is_some_and(|name| match &self.0.names {
            None => true,
            Some(names) => {
                // An address in numbers cannot be rebound. Probes use it.
                let direct = match self.0.loopback {
                    true => name.is_loopback(),
                    false => name.is_loopback() || name.address().is_some(),
                };
                direct || names.iter().any(|known| known.covers(name))
            }
        });
        if known {
            return Ok(name);
        }
        Err(Problem::new(
            ProblemKind::UnknownHost,
            format!("Host: {text:?} is not a name of this server"),
        )
        .with("host", text))
    }

    /// The page that the request comes from, if it is none that may send requests here.
    fn foreign_page(&self, headers: &HeaderMap, own: Option<&Name>) -> Option<String> {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let site = text("sec-fetch-site");
        if self.0.any_origin || site == Some("same-origin") {
            return None;
        }
        if let Some(origin) = text("origin") {
            let known = self.0.origins.iter().any(|known| known == origin);
            return (!known && !is_own(origin, own)).then(|| format!("Origin: {origin:?}"));
        }
        match site {
            None | Some("none") => None,
            Some(site) => Some(format!("Sec-Fetch-Site: {site:?}")),
        }
    }

    fn check_page(&self, request: &Request, own: Option<&Name>) -> Result<(), Problem> {
        let headers = request.headers();
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        // Whether another page may ask is what the answer to OPTIONS says; a link to this server may be followed.
        let is_free = *request.method() == Method::OPTIONS
            || (reads && !request.uri().path().starts_with("/v1"))
            || (reads
                && headers
                    .get("sec-fetch-mode")
                    .is_some_and(|mode| mode == "navigate"));
        if is_free {
            return Ok(());
        }
        match self.foreign_page(headers, own) {
            None => Ok(()),
            Some(page) => Err(Problem::new(
                ProblemKind::ForeignOrigin,
                format!(
                    "{page}: the request was made by a page that this server does not serve and does not know"
                ),
            )),
        }
    }
}

/// Whether an origin has the name that the request was sent to. A proxy may have taken TLS off, so the scheme does not count.
fn is_own(origin: &str, own: Option<&Name>) -> bool {
    let (Ok(url), Some(own)) = (Url::parse(origin), own) else {
        return false;
    };
    let default = match url.scheme() {
        "http" => 80,
        "https" => 443,
        _ => return false,
    };
    let host = url.host_str().map(|host| host.trim_end_matches('.'));
    host == Some(own.host.as_str()) && url.port().unwrap_or(default) == own.port.unwrap_or(default)
}

/// Refuses requests under names that are not this server's, and requests of other servers' pages.
pub async fn same_site(State(site): State<Site>, request: Request, next: Next) -> Response {
    // Probes come under any name, and tell nothing of anybody's.
    if matches!(request.uri().path(), "/healthz" | "/readyz") {
        return next.run(request).await;
    }
    let checked = site
        .check_name(&request)
        .and_then(|own| site.check_page(&request, own.as_ref()));
    match checked {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_compared_with_the_name_and_port() {
        let own = Name::parse("127.0.0.1:8420");
        assert!(is_own("http://127.0.0.1:8420", own.as_ref()));
        for foreign in [
            "http://127.0.0.1:3000",
            "http://127.0.0.1",
            "http://localhost:8420",
            "null",
            "http://127.0.0.1:8420.example.org",
            "ftp://127.0.0.1:8420",
        ] {
            assert!(!is_own(foreign, own.as_ref()), "{foreign}");
        }
        let public = Name::parse("hallmark.example");
        assert!(is_own("https://hallmark.example", public.as_ref()));
        assert!(is_own("http://hallmark.example", public.as_ref()));
        assert!(!is_own("https://hallmark.example:444", public.as_ref()));
        assert!(!is_own("https://hallmark.example", None));
        assert!(is_own("http://[::1]:8420", Name::parse("[::1]:8420").as_ref()));
    }
}
