//! Opened models, kept in memory within a budget: integer graphs for predictions, keys for verification.

use crate::objects::{ObjectError, Objects};
use crate::store::{Database, Model, StoreError};
use hallmark::project::{GRAPH_FILE, parse_graph};
use hallmark_import::input::InputSpec;
use hallmark_model::QuantizedGraph;
use hallmark_verifier::{ModelId, VerifyError, VerifyingKey};
use moka::future::Cache;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Decoded graphs and keys take about so many times the bytes of their files.
const GROWTH: usize = 3;
const IDLE: Duration = Duration::from_secs(3600);
/// Longest time that another process's deletion of a model goes unnoticed here.
const LIFE: Duration = Duration::from_secs(3600);

/// Why a model could not be opened.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Nobody registered a model of this id.
    #[error("no model has the id {0}")]
    NoSuchModel(ModelId),
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
    /// The object store did not answer.
    #[error(transparent)]
    Objects(#[from] Arc<ObjectError>),
    /// A stored file is not what was stored.
    #[error("the stored {0} of model {1} is damaged: {2}")]
    Damaged(&'static str, ModelId, String),
}

/// A model that can be run.
pub struct OpenModel {
    /// The integer graph.
    pub graph: QuantizedGraph,
    /// Its inputs.
    pub inputs: Vec<InputSpec>,
}

/// Opened models.
#[derive(Clone)]
pub struct Models {
    database: Database,
    objects: Objects,
    keys: Cache<ModelId, (Arc<VerifyingKey>, u32)>,
    graphs: Cache<ModelId, (Arc<OpenModel>, u32)>,
}

impl Models {
    /// Within `budget_mb`, three quarters of it for graphs.
    #[must_use]
    pub fn new(database: Database, objects: Objects, budget_mb: u64) -> Self {
        let budget = budget_mb << 20;
        Self {
            database,
            objects,
            keys: cache(budget / 4),
            graphs: cache(budget - budget / 4),
        }
    }

    /// The verifying key of any registered model: checking a proof needs no account.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn key(&self, id: ModelId) -> Result<Arc<VerifyingKey>, OpenError> {
        let load = async {
            let model = self.database.registered_model(&id).await.map_err(Arc::new)?;
            let model = model.ok_or(OpenError::NoSuchModel(id))?;
            let bytes = self.objects.get(model.artifacts.key).await.map_err(Arc::new)?;
            let weight = weight(bytes.len());
            let key = decode("verifying key", id, move || {
                VerifyingKey::from_bytes_expecting(&bytes, &id)
                    .map_err(|error: VerifyError| error.to_string())
            })
            .await?;
            Ok((Arc::new(key), weight))
        };
        self.keys
            .try_get_with(id, load)
            .await
            .map(|(key, _)| key)
            .map_err(|error: Arc<OpenError>| error.as_ref().clone())
    }

    /// Forgets a model that may have been deleted.
    pub async fn forget(&self, id: &ModelId) {
        self.keys.invalidate(id).await;
        self.graphs.invalidate(id).await;
    }

    /// A model for running it. Whether the caller may is the caller's to find out.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(&self, model: &Model) -> Result<Arc<OpenModel>, OpenError> {
        let id = model.model_id;
        let digest = model.artifacts.graph;
        let load = async {
            let bytes = self.objects.get(digest).await.map_err(Arc::new)?;
            let weight = weight(bytes.len());
            let graph = decode("integer graph", id, move || {
                parse_graph(Path::new(GRAPH_FILE), &bytes).map_err(|error| error.to_string())
            })
            .await?;
            let inputs = InputSpec::of_quantized(&graph);
            Ok((Arc::new(OpenModel { graph, inputs }), weight))
        };
        self.graphs
            .try_get_with(id, load)
            .await
            .map(|(model, _)| model)
            .map_err(|error: Arc<OpenError>| error.as_ref().clone())
    }
}

async fn decode<T: Send + 'static>(
    what: &'static str,
    id: ModelId,
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, OpenError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| OpenError::Damaged(what, id, error.to_string()))?
        .map_err(|problem| OpenError::Damaged(what, id, problem))
}

fn cache<T: Clone + Send + Sync + 'static>(budget: u64) -> Cache<ModelId, (T, u32)> {
    Cache::builder()
        .max_capacity(budget)
        .weigher(|_, value: &(T, u32)| value.1)
        .time_to_idle(IDLE)
        .time_to_live(LIFE)
        .build()
}

fn weight(bytes: usize) -> u32 {
    u32::try_from(bytes.saturating_mul(GROWTH)).unwrap_or(u32::MAX)
}
