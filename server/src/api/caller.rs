//! From a request's headers to who calls.

use super::app::App;
use crate::access::{ApiKey, Network, Scope};
use crate::job::{ANONYMOUS, KeyId};
use crate::problem::{Problem, ProblemKind};
use crate::settings::Access;
use crate::store::ApiKey as StoredKey;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Who calls, and what they may do.
#[derive(Clone, Debug)]
pub struct Caller(Arc<CallerParts>);

/// The parts of [`Caller`].
#[derive(Debug)]
pub struct CallerParts {
    /// Whose models and jobs the caller sees.
    pub tenant: String,
    /// The key; callers without one share the tenant [`ANONYMOUS`].
    pub key: Option<StoredKey>,
    /// What the caller may do.
    pub scopes: Vec<Scope>,
}

impl std::ops::Deref for Caller {
    type Target = CallerParts;

    fn deref(&self) -> &CallerParts {
        &self.0
    }
}

impl Caller {
    /// The id of the key.
    #[must_use]
    pub fn key_id(&self) -> Option<KeyId> {
        self.key.as_ref().map(|key| key.id)
    }

    /// Milliseconds of proving a day, if there is a bound.
    #[must_use]
    pub fn proof_ms_per_day(&self, access: &Access) -> Option<i64> {
        let common = i64::try_from(access.proof_seconds_per_day.saturating_mul(1000)).unwrap_or(i64::MAX);
        self.key
            .as_ref()
            .and_then(|key| key.proof_ms_per_day)
            .or((common > 0).then_some(common))
    }

    /// Whether the caller has a scope.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Refuses callers without a scope.
    ///
    /// # Errors
    /// `unauthenticated` without a key, `missing-scope` with one.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.may(scope) {
            return Ok(());
        }
        Err(match &self.key {
            None => Problem::new(
                ProblemKind::Unauthenticated,
                format!("callers without a key do not have the scope `{scope}` here"),
            ),
            Some(key) => Problem::new(
                ProblemKind::MissingScope,
                format!("the key {:?} does not have the scope `{scope}`", key.name),
            )
            .with("scope", scope),
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Problem::internal("a route outside of the layer that finds out who calls"))
    }
}

/// Finds out who calls, and takes one request from their rate.
pub async fn authenticate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let network = caller_network(&app, &request);
    let authorization = request.headers().get(header::AUTHORIZATION).cloned();
    match identify(&app, authorization, network).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn identify(
    app: &App,
    authorization: Option<HeaderValue>,
    network: Network,
) -> Result<Caller, Problem> {
    let access = &app.settings.access;
    let Some(value) = authorization else {
        take(
            app,
            &format!("address {network}"),
            access.anonymous_rate_per_minute,
        )?;
        return Ok(Caller(Arc::new(CallerParts {
            tenant: ANONYMOUS.to_owned(),
            key: None,
            scopes: app.settings.anonymous_scopes(),
        })));
    };
    let found = match value.to_str().ok().and_then(bearer).and_then(ApiKey::parse) {
        Some(key) => valid_key(app, &key).await?,
        None => None,
    };
    let Some(key) = found else {
        // Guessing costs as much as any request.
        take(
            app,
            &format!("address {network}"),
            access.anonymous_rate_per_minute,
        )?;
        return Err(Problem::new(
            ProblemKind::InvalidKey,
            "Authorization: expected `Bearer` and a valid key, `hmk_…`",
        ));
    };
    let rate = key.rate_per_minute.and_then(|rate| u32::try_from(rate).ok());
    take(app, &key.id.to_string(), rate.unwrap_or(access.rate_per_minute))?;
    if let Err(error) = app.database.key_used(&key).await {
        tracing::warn!(%error, "noting the use of a key");
    }
    let scopes = key
        .scopes
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    Ok(Caller(Arc::new(CallerParts {
        tenant: key.tenant.clone(),
        key: Some(key),
        scopes,
    })))
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, rest) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim())
}

async fn valid_key(app: &App, key: &ApiKey) -> Result<Option<StoredKey>, Problem> {
    let Some(stored) = app.database.key(key.id()).await? else {
        return Ok(None);
    };
    if !key.secret().matches(&stored.hash) || stored.revoked_ms.is_some() {
        return Ok(None);
    }
    let expired = match stored.expires_ms {
        Some(end) => app.database.now_ms().await? >= end,
        None => false,
    };
    Ok((!expired).then_some(stored))
}

fn take(app: &App, caller: &str, per_minute: u32) -> Result<(), Problem> {
    app.rates.take(caller, per_minute).map_err(|wait| {
        Problem::new(
            ProblemKind::RateLimited,
            format!("more than {per_minute} requests a minute"),
        )
        .retry_after(wait.as_secs() + 1)
        .with("requests_per_minute", per_minute)
    })
}

/// Whose request the proxy in front of this server passes on, if there is one that is trusted.
pub fn forwarded(app: &App, request: &Request) -> Option<IpAddr> {
    app.settings
        .access
        .trust_forwarded_for
        .then(|| last_forwarded(request.headers()))
        .flatten()
}

/// Whom a request comes from, as far as the connection or a trusted proxy tells.
pub fn caller_network(app: &App, request: &Request) -> Network {
    let peer = || {
        request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip())
    };
    let address = forwarded(app, request).or_else(peer);
    Network::of(address.unwrap_or(IpAddr::from([0, 0, 0, 0])))
}

/// The entry that the proxy in front of us added; those before it are the client's own words.
fn last_forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?;
    last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_the_last_word_is_the_proxys() {
        for (values, expected) in [
            (&["192.0.2.1"][..], Some("192.0.2.1")),
            (&["10.0.0.1, 192.0.2.1"], Some("192.0.2.1")),
            (&["10.0.0.1", "192.0.2.1 "], Some("192.0.2.1")),
            (&["192.0.2.1", "10.0.0.1 , 2001:db8::1"], Some("2001:db8::1")),
            (&["192.0.2.1, unknown"], None),
            (&["192.0.2.1", ""], None),
            (&["192.0.2.1:443"], None),
            (&[], None),
        ] {
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(last_forwarded(&headers(values)), expected, "{values:?}");
        }
    }

    #[test]
    fn a_key_comes_after_its_scheme() {
        for (value, key) in [
            ("Bearer hmk_a", Some("hmk_a")),
            ("bearer  hmk_a ", Some("hmk_a")),
            ("Basic hmk_a", None),
            ("hmk_a", None),
            ("Bearer", None),
            ("", None),
        ] {
            assert_eq!(bearer(value), key, "{value:?}");
        }
    }

    #[test]
    fn a_keys_own_quota_comes_before_everybodys() {
        let with = |proof_ms_per_day| {
            let key = StoredKey {
                id: KeyId::new(),
                tenant: "ten_ada".to_owned(),
                name: "ada's".to_owned(),
                hash: Vec::new(),
                scopes: String::new(),
                rate_per_minute: None,
                proof_ms_per_day,
                created_ms: 0,
                expires_ms: None,
                revoked_ms: None,
                last_used_ms: None,
            };
            Caller(Arc::new(CallerParts {
                tenant: key.tenant.clone(),
                key: Some(key),
                scopes: Vec::new(),
            }))
        };
        for (own, common_seconds, expected) in [
            (Some(5), 10, Some(5)),
            (Some(0), 10, Some(0)),
            (None, 10, Some(10_000)),
            (None, 0, None),
            (Some(5), 0, Some(5)),
            (None, u64::MAX, Some(i64::MAX)),
        ] {
            let access = Access {
                proof_seconds_per_day: common_seconds,
                ..Access::default()
            };
            assert_eq!(
                with(own).proof_ms_per_day(&access),
                expected,
                "{own:?} {common_seconds}"
            );
        }
    }
}
