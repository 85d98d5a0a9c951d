//! The API as a function: requests without sockets, on a database in a folder of its own.

use crate::compiled::{compilation, model, options};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use hallmark_server::access::{ApiKey, Scope};
use hallmark_server::api::{App, router};
use hallmark_server::job::CompileOptions;
use hallmark_server::objects::Objects;
use hallmark_server::settings::Settings;
use hallmark_server::store::{Database, Ending, Measured, NewApiKey};
use hallmark_server::telemetry::Metrics;
use http_body_util::BodyExt;
use serde_json::Value;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub struct Server {
    pub app: App,
    pub router: Router,
    _folder: TempDir,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Server {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::default();
        settings.storage.folder = folder.path().to_owned();
        settings.storage.database = format!("sqlite:{}", folder.path().join("h.sqlite").display());
        settings.storage.objects = folder.path().join("objects").display().to_string();
        change(&mut settings);
        let database = Database::open(&settings.storage.database, 4).await.unwrap();
        let objects = Objects::open(&settings.storage).unwrap();
        let app = App::new(
            settings,
            database,
            objects,
            Metrics::new(),
            CancellationToken::new(),
        );
        Self {
            router: router(&app),
            app,
            _folder: folder,
        }
    }

    /// Registers a public model without compiling it.
    pub async fn publish(&self, tenant: &str, id: u8, name: &str, version: &str) {
        let mut model = model(id);
        model.summary.name = name.to_owned();
        let options = CompileOptions {
            public: true,
            ..options(name, version)
        };
        let job = compilation(tenant, &[id], options);
        let database = &self.app.database;
        database.insert_jobs(&[job], None, None).await.unwrap();
        let claim = database.claim("tester", 60_000).await.unwrap().unwrap();
        let ending = Ending::Compiled(Box::new(model));
        database
            .complete(&claim, ending, &Measured::default())
            .await
            .unwrap();
    }

    /// The id of a key's tenant.
    pub async fn tenant_of(&self, key: &str) -> String {
        let me: Value = self.get_as(key, "/v1/me").await.json();
        me["tenant"].as_str().unwrap().to_owned()
    }

    /// Makes a key of a tenant and returns its text.
    pub async fn key(&self, tenant: &str, scopes: &[Scope]) -> String {
        self.key_with(tenant, scopes, |_| {}).await
    }

    pub async fn key_with(
        &self,
        tenant: &str,
        scopes: &[Scope],
        change: impl FnOnce(&mut NewApiKey),
    ) -> String {
        let key = ApiKey::generate();
        let words: Vec<&str> = scopes.iter().map(|scope| scope.word()).collect();
        let mut new = NewApiKey {
            id: key.id(),
            tenant: tenant.to_owned(),
            name: format!("{tenant}'s"),
            hash: key.secret().0.to_vec(),
            scopes: words.join(" "),
            rate_per_minute: None,
            proof_ms_per_day: None,
            expires_ms: None,
        };
        change(&mut new);
        self.app.database.create_key(&new).await.unwrap();
        key.reveal()
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes().to_vec(),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn get_as(&self, key: &str, path: &str) -> Answer {
        let request = Request::get(path).header("authorization", format!("Bearer {key}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, media_type: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("content-type", media_type);
        self.send(request.body(body.into()).unwrap()).await
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checks that it is a complete problem of this code, and returns its detail.
    #[track_caller]
    pub fn problem(&self, code: &str) -> String {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text()
        );
        let body = self.json();
        assert_eq!(body["type"], format!("urn:hallmark:problem:{code}"), "{body}");
        assert_eq!(body["status"], self.status.as_u16());
        assert_eq!(body["request_id"], self.header("x-request-id"));
        for member in ["title", "detail", "remedy", "instance"] {
            assert!(
                body[member].as_str().is_some_and(|text| !text.is_empty()),
                "{member}: {body}"
            );
        }
        body["detail"].as_str().unwrap().to_owned()
    }
}
