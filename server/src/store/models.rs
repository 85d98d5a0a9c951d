//! Models and their registrations.

use super::StoreError;
use super::database::Database;
use super::job_row::{json, parse, to_json};
use super::rows::row;
use super::sql::{Arg, Tx, args};
use crate::digest::Digest;
use crate::model_summary::ModelSummary;
use hallmark_verifier::ModelId;
use serde::{Deserialize, Serialize};

/// A compiled model. Never changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Its id.
    pub model_id: ModelId,
    /// What it is.
    pub summary: ModelSummary,
    /// Where its files are.
    pub artifacts: ModelArtifacts,
    /// When it was compiled.
    pub created_ms: i64,
}

/// A model's files in the object store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelArtifacts {
    /// Options and identity as JSON.
    pub project: Digest,
    /// The ONNX file.
    pub onnx: Digest,
    /// The integer graph as JSON.
    pub graph: Digest,
    /// The verifying key.
    pub key: Digest,
    /// Report on accuracy and circuits as JSON.
    pub report: Digest,
    /// Summary of the layout for public inputs as JSON.
    pub layout: Digest,
    /// Its picture.
    pub layout_svg: Digest,
    /// Plans of the circuits as JSON. Models that earlier versions compiled have none, and are planned whenever one is opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Digest>,
}

impl ModelArtifacts {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> Vec<Digest> {
        let always = [
            self.project,
            self.onnx,
            self.graph,
            self.key,
            self.report,
            self.layout,
            self.layout_svg,
        ];
        always.into_iter().chain(self.plan).collect()
    }
}

/// A model as one tenant lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Its id, in order of creation; cursor of lists.
    pub id: String,
    /// Whose it is.
    pub tenant: String,
    /// That tenant's name.
    pub publisher: String,
    /// The model.
    pub model_id: ModelId,
    /// Name.
    pub name: String,
    /// Version; a new version is another model.
    pub version: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// What it does.
    pub description: String,
    /// An SPDX expression, or words.
    pub licence: String,
    /// Whether other tenants may see and use it.
    pub public: bool,
    /// When its owner said that it should not be used any more.
    pub deprecated_ms: Option<i64>,
    /// When it was registered.
    pub created_ms: i64,
}

/// A registration to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRegistration {
    /// Whose.
    pub tenant: String,
    /// Of which model.
    pub model_id: ModelId,
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// What it does.
    pub description: String,
    /// An SPDX expression, or words.
    pub licence: String,
    /// Whether other tenants may see and use it.
    pub public: bool,
}

/// A model as somebody sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedModel {
    /// The model.
    pub model: Model,
    /// The viewer's own registration, or else the operator's, or else the oldest public one.
    pub registration: Registration,
    /// Whether it is the viewer's own.
    pub mine: bool,
}

/// Which models to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelFilter {
    /// Part of the name or the description, in any case.
    pub text: Option<String>,
    /// One of the tags.
    pub tag: Option<String>,
    /// Only the viewer's own.
    pub mine: bool,
    /// Also deprecated ones.
    pub deprecated: bool,
}

/// What may be changed about a registration; what is not given stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What it does.
    pub description: Option<String>,
    /// Words to find it by.
    pub tags: Option<Vec<String>>,
    /// An SPDX expression, or words.
    pub licence: Option<String>,
    /// Whether other tenants may see and use it.
    pub public: Option<bool>,
    /// Whether it should not be used any more.
    pub deprecated: Option<bool>,
}

row! {
    pub(super) struct ModelRow {
        model_id: String,
        summary: String,
        artifacts: String,
        model_created_ms: i64,
    }
}

row! {
    pub(super) struct ListedRow + model: ModelRow {
        id: String,
        tenant: String,
        publisher: String,
        name: String,
        version: String,
        tags: String,
        description: String,
        licence: String,
        public: bool,
        deprecated_ms: Option<i64>,
        created_ms: i64,
    }
}

impl TryFrom<ModelRow> for Model {
    type Error = StoreError;

    fn try_from(row: ModelRow) -> Result<Self, StoreError> {
        let what = format!("model {}", row.model_id);
        Ok(Self {
            model_id: parse(&what, &row.model_id)?,
            summary: json(&what, &row.summary)?,
            artifacts: json(&what, &row.artifacts)?,
            created_ms: row.model_created_ms,
        })
    }
}

impl ListedRow {
    pub(super) fn seen_by(self, viewer: &str) -> Result<ListedModel, StoreError> {
        let model = Model::try_from(self.model)?;
        Ok(ListedModel {
            mine: self.tenant == viewer,
            registration: Registration {
                tags: json(&format!("registration {}", self.id), &self.tags)?,
                id: self.id,
                tenant: self.tenant,
                publisher: self.publisher,
                model_id: model.model_id,
                name: self.name,
                version: self.version,
                description: self.description,
                licence: self.licence,
                public: self.public,
                deprecated_ms: self.deprecated_ms,
                created_ms: self.created_ms,
            },
            model,
        })
    }
}

pub(super) const MODEL: &str = "m.model_id, m.summary, m.artifacts, m.created_ms AS model_created_ms";
pub(super) const LISTED: &str = "r.id, r.tenant, t.name AS publisher, r.name, r.version, r.tags, r.description, r.licence, r.public, r.deprecated_ms, \
     r.created_ms FROM registrations r JOIN models m ON m.model_id = r.model_id JOIN tenants t ON t.id = r.tenant";

/// What the operator published comes first: who makes a name like it is not taken for it.
const RANK: &str = "CASE WHEN r.tenant = 'builtin' THEN 0 ELSE 1 END";

impl Database {
    /// A model, also one that nobody has any more. For workers: accepted jobs are done.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn model(&self, id: &ModelId) -> Result<Option<Model>, StoreError> {
        let sql = format!("SELECT {MODEL} FROM models m WHERE m.model_id = $1");
        let row: Option<ModelRow> = self.optional(&sql, args![id.to_string()]).await?;
        row.map(Model::try_from).transpose()
    }

    /// A model that somebody has. For those that verify: a proof's model needs no account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn registered_model(&self, id: &ModelId) -> Result<Option<Model>, StoreError> {
        let sql = format!(
            "SELECT {MODEL} FROM models m WHERE m.model_id = $1 \
             AND EXISTS (SELECT 1 FROM registrations r WHERE r.model_id = m.model_id)"
        );
        let row: Option<ModelRow> = self.optional(&sql, args![id.to_string()]).await?;
        row.map(Model::try_from).transpose()
    }

    /// A model that `viewer` may see: one of its own, or a public one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn visible_model(&self, viewer: &str, id: &ModelId) -> Result<Option<ListedModel>, StoreError> {
        let sql = format!(
            "SELECT {MODEL}, {LISTED} WHERE r.model_id = $1 AND (r.tenant = $2 OR r.public) \
             ORDER BY CASE WHEN r.tenant = $2 THEN 0 ELSE 1 END, {RANK}, r.id LIMIT 1"
        );
        let row: Option<ListedRow> = self.optional(&sql, args![id.to_string(), viewer]).await?;
        row.map(|row| row.seen_by(viewer)).transpose()
    }

    /// Models that `viewer` may see, the operator's before others, of each the newest registration first, from the one after id `before`.
    /// Every model comes once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn models(
        &self,
        viewer: &str,
        filter: &ModelFilter,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<ListedModel>, StoreError> {
        let mut args = args![viewer];
        let mut conditions = vec![if filter.mine {
            "r.tenant = $1".to_owned()
        } else {
            "(r.tenant = $1 OR (r.public \
             AND NOT EXISTS (SELECT 1 FROM registrations o WHERE o.model_id = r.model_id AND o.tenant = $1) \
             AND r.id = (SELECT o.id FROM registrations o WHERE o.model_id = r.model_id AND o.public \
             ORDER BY CASE WHEN o.tenant = 'builtin' THEN 0 ELSE 1 END, o.id LIMIT 1)))"
                .to_owned()
        }];
        if !filter.deprecated {
            conditions.push("r.deprecated_ms IS NULL".to_owned());
        }
        if let Some(text) = &filter.text {
            args.push(Arg::from(format!("%{}%", escaped(&text.to_lowercase()))));
            let place = args.len();
            conditions.push(format!(
                "(LOWER(r.name) LIKE ${place} ESCAPE '\\' OR LOWER(r.description) LIKE ${place} ESCAPE '\\')"
            ));
        }
        if let Some(tag) = &filter.tag {
            args.push(Arg::from(format!("%{}%", escaped(&to_json(tag)?))));
            conditions.push(format!("r.tags LIKE ${} ESCAPE '\\'", args.len()));
        }
        if let Some(before) = before {
            args.push(Arg::from(before));
            let place = args.len();
            let rank = format!(
                "COALESCE((SELECT CASE WHEN c.tenant = 'builtin' THEN 0 ELSE 1 END FROM registrations c WHERE c.id = ${place}), 1)"
            );
            conditions.push(format!(
                "({RANK} > {rank} OR ({RANK} = {rank} AND r.id < ${place}))"
            ));
        }
        args.push(Arg::from(limit));
        let sql = format!(
            "SELECT {MODEL}, {LISTED} WHERE {} ORDER BY {RANK}, r.id DESC LIMIT ${}",
            conditions.join(" AND "),
            args.len()
        );
        let rows: Vec<ListedRow> = self.all(&sql, args).await?;
        rows.into_iter().map(|row| row.seen_by(viewer)).collect()
    }

    /// Registers a model that was compiled before. A tenant has one registration of a model: an earlier one stays.
    ///
    /// # Errors
    /// [`StoreError::VersionTaken`], [`StoreError`].
    pub async fn register(&self, registration: &NewRegistration) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        register(&mut tx, registration).await?;
        tx.commit().await
    }

    /// Changes the tenant's registration of a model. Says whether there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn change_registration(
        &self,
        tenant: &str,
        model: &ModelId,
        changes: &Changes,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let now = tx.now_ms().await?;
        let tags = changes.tags.as_ref().map(to_json).transpose()?;
        let touched = tx
            .execute(
                "UPDATE registrations SET description = COALESCE($3, description), tags = COALESCE($4, tags), \
                 licence = COALESCE($5, licence), public = COALESCE($6, public), \
                 deprecated_ms = CASE WHEN $7 THEN COALESCE(deprecated_ms, $8) WHEN NOT $7 THEN NULL ELSE deprecated_ms END \
                 WHERE tenant = $1 AND model_id = $2",
                args![
                    tenant,
                    model.to_string(),
                    changes.description.clone(),
                    tags,
                    changes.licence.clone(),
                    changes.public,
                    changes.deprecated,
                    now,
                ],
            )
            .await?;
        tx.commit().await?;
        Ok(touched == 1)
    }
}

/// Stores a compiled model, unless somebody has it. The files of one that nobody has are being erased: these take their place. The
/// row is locked either way, so that it is not forgotten before it is registered.
pub(super) async fn insert(tx: &mut Tx, model: &Model) -> Result<(), StoreError> {
    let now = tx.now_ms().await?;
    tx.execute(
        "INSERT INTO models (model_id, summary, artifacts, created_ms) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (model_id) DO UPDATE SET summary = excluded.summary, artifacts = excluded.artifacts \
         WHERE NOT EXISTS (SELECT 1 FROM registrations r WHERE r.model_id = models.model_id)",
        args![
            model.model_id.to_string(),
            to_json(&model.summary)?,
            to_json(&model.artifacts)?,
            now
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn register(tx: &mut Tx, new: &NewRegistration) -> Result<(), StoreError> {
    let now = tx.now_ms().await?;
    let inserted = tx
        .execute(
            "INSERT INTO registrations (id, tenant, model_id, name, version, tags, description, licence, public, created_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (tenant, model_id) DO NOTHING",
            args![
                format!("reg_{}", uuid::Uuid::now_v7().simple()),
                &new.tenant,
                new.model_id.to_string(),
                &new.name,
                &new.version,
                to_json(&new.tags)?,
                &new.description,
                &new.licence,
                new.public,
                now,
            ],
        )
        .await;
    match inserted {
        Err(error) if error.is_unique_violation() => Err(StoreError::VersionTaken {
            name: new.name.clone(),
            version: new.version.clone(),
        }),
        other => other.map(|_| ()),
    }
}

/// `text` with the signs that LIKE takes for wildcards escaped.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
