//! A server from its start to its end.

use crate::api::{App, router};
use crate::background;
use crate::builtin::register_digits;
use crate::digest::hex;
use crate::http::{self, Bounds};
use crate::objects::{ObjectError, Objects};
use crate::private;
use crate::settings::Settings;
use crate::store::{Database, StoreError};
use crate::telemetry::Metrics;
use crate::worker::{Worker, WorkerError, WorkerOptions};
use hallmark::{SrsChoice, Surroundings};
use hallmark_prover::cache::Cache;
use hallmark_prover::observer::Silent;
use hallmark_verifier::VerifyError;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Connections to PostgreSQL.
const DATABASE_CONNECTIONS: u32 = 16;

/// Why a server cannot start. Every message names the setting to change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The folder for data cannot be made or written to.
    #[error("storage.folder: {path}: {source}; give another one with --data FOLDER", path = path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The address cannot be listened on.
    #[error("server.bind: cannot listen on {address}: {source}; give another address with --bind HOST:PORT")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The database cannot be opened.
    #[error("storage.database: {0}")]
    Store(#[from] StoreError),
    /// The object store cannot be opened.
    #[error("storage.objects: {0}; give a folder that can be written to, or s3://BUCKET/PREFIX")]
    Objects(#[from] ObjectError),
    /// The SRS of new models is none that the other settings accept.
    #[error(
        "srs.source: {0}; give another SRS, or change srs.refuse_insecure, srs.only_ceremonies or srs.accept"
    )]
    Srs(#[from] VerifyError),
    /// The workers' folder cannot be used.
    #[error("storage.cache: {0}")]
    Worker(#[from] WorkerError),
    /// There can be no client for webhooks.
    #[error("webhooks: the HTTP client cannot be made: {0}")]
    Client(String),
}

/// A server that runs.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its parts.
    pub app: App,
    http: JoinHandle<usize>,
    background: TaskTracker,
}

/// What a server makes in its folder.
fn is_own(name: &str) -> bool {
    let ours = ["hallmark.sqlite", ".upload-", ".tmp"];
    matches!(name, "objects" | "cache") || ours.iter().any(|start| name.starts_with(start))
}

/// Opens database and object store, listens, and starts what runs in the background.
///
/// # Errors
/// [`StartError`].
pub async fn start(settings: Settings, shutdown: CancellationToken) -> Result<Running, StartError> {
    let folder = settings.storage.folder.clone();
    let failed = |source| StartError::Folder {
        path: folder.clone(),
        source,
    };
    private::make_data_folder(&folder, is_own).map_err(failed)?;
    // Uploads pass through it.
    drop(tempfile::NamedTempFile::new_in(&folder).map_err(failed)?);
    let bind = settings.server.bind;
    let listener = TcpListener::bind(bind).await.map_err(|source| StartError::Bind {
        address: bind,
        source,
    })?;
    let address = listener.local_addr().map_err(|source| StartError::Bind {
        address: bind,
        source,
    })?;
    let place = &settings.storage.database;
    let open = async || match settings.workers.count {
        0 => Database::open(place, DATABASE_CONNECTIONS).await,
        _ => Database::open_to_work(place, DATABASE_CONNECTIONS).await,
    };
    let patience = Duration::from_secs(settings.storage.wait_seconds);
    let database = Database::patiently(patience, open).await?;
    let objects = Objects::open(&settings.storage)?;
    let app = App::new(settings, database, objects, Metrics::new(), shutdown.clone());
    find_srs(&app).await?;
    let background = TaskTracker::new();
    background::start(&app, &background).map_err(StartError::Client)?;
    if app.settings.workers.count > 0 {
        let options = WorkerOptions::new(&app.settings, app.settings.workers.count);
        let worker = Worker::new(app.database.clone(), app.objects.clone(), options)?;
        background.spawn(worker.run(shutdown.clone()));
    }
    if app.settings.server.register_digits {
        let app = app.clone();
        background.spawn(async move {
            if let Err(error) = register_digits(&app).await {
                tracing::error!(%error, "handing in the digits model");
            }
        });
    }
    background.close();
    let bounds = Bounds {
        connections: app.settings.limits.connections,
        // Behind a proxy all connections are the proxy's: there, requests are counted.
        per_address: match app.settings.access.trust_forwarded_for {
            true => usize::MAX,
            false => app.settings.limits.connections_per_address,
        },
        drain: Duration::from_secs(app.settings.server.drain_seconds),
    };
    let http = tokio::spawn(http::serve(listener, router(&app), bounds, shutdown));
    Ok(Running {
        address,
        app,
        http,
        background,
    })
}

/// Looks at the SRS of new models. One that is not there is a matter for the workers, which may be elsewhere.
async fn find_srs(app: &App) -> Result<(), StartError> {
    let (source, cache) = (
        app.settings.srs.source.clone(),
        app.settings.storage.cache.clone(),
    );
    let find = move || {
        let surroundings = Surroundings {
            cache: Some(&Cache::new(cache)),
            progress: &Silent,
        };
        SrsChoice::parse(&source)?.points(&surroundings)
    };
    match tokio::task::spawn_blocking(find).await {
        Ok(Ok(points)) => {
            app.settings.srs.policy().check(&points)?;
            tracing::info!(srs = %points.provenance(), digest = %hex(&points.digest()), "the SRS of new models");
            // Nobody else sets it.
            let _ = app.srs.set(points);
        }
        Ok(Err(error)) => tracing::warn!(%error, "the SRS of new models is not here"),
        Err(error) => tracing::warn!(%error, "looking at the SRS of new models"),
    }
    Ok(())
}

impl Running {
    /// Waits for the end after the shutdown: of requests under way, then of what runs in the background.
    pub async fn wait(self) {
        match self.http.await {
            Ok(0) => {}
            Ok(cut) => tracing::warn!(cut, "requests were cut off at the end of server.drain_seconds"),
            Err(error) => tracing::error!(%error, "the HTTP server failed"),
        }
        self.background.wait().await;
        self.app.database.close().await;
    }
}

/// Resolves when the process is asked to end.
///
/// # Errors
/// If signals cannot be listened for.
pub async fn asked_to_end() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
