//! What a job is asked to do.

use super::{JobId, JobKind, KeyId};
use crate::digest::Digest;
use hallmark::Target;
use hallmark_verifier::ModelId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A job's work. Stored with the job; everything large is an artifact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum JobSpec {
    /// Make a proof.
    Prove(ProveSpec),
    /// Make a model's circuits and keys.
    Compile(CompileSpec),
}

/// Work of a proof.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProveSpec {
    /// Of which model.
    #[serde(with = "model_id_text")]
    pub model_id: ModelId,
    /// Digest of the input's JSON, which lies in the object store under the job's id until it is erased.
    pub input: Digest,
    /// Whether the statement holds a commitment to the input instead of the input.
    pub private_input: bool,
    /// What the proof is bound to.
    #[serde(with = "nonce_text")]
    pub nonce: [u8; 32],
    /// What the caller wants to get back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
}

/// Work of a compilation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompileSpec {
    /// Digest of the upload: ONNX, calibration and the options that shape the model.
    pub upload: Digest,
    /// The ONNX file, by digest.
    pub onnx: Digest,
    /// The calibration file, by digest.
    pub calibration: Option<Digest>,
    /// Options.
    pub options: CompileOptions,
}

/// What a layout is made for, in requests and rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelTarget {
    /// Fast proofs: many columns, few rows.
    #[default]
    Fast,
    /// A cheap check on an EVM chain: few columns.
    Evm,
}

impl ModelTarget {
    /// The word in JSON and in keys.
    #[must_use]
    pub fn word(self) -> &'static str {
        Target::from(self).name()
    }
}

impl From<ModelTarget> for Target {
    fn from(target: ModelTarget) -> Self {
        match target {
            ModelTarget::Fast => Self::Fast,
            ModelTarget::Evm => Self::Evm,
        }
    }
}

/// Options of a model: the first four, the shapes and the dimensions shape it and its id, the others say how it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompileOptions {
    /// Bits of activations and weights, 4 to 16.
    pub bits: u32,
    /// What the layout is made for.
    pub target: ModelTarget,
    /// Whether to make a circuit for private inputs too.
    pub private_input: bool,
    /// The model's name, in its key and in lists; without one it has that of the graph in its file, or `model`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its version in lists.
    pub version: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// What it does.
    pub description: String,
    /// An SPDX expression, or words.
    pub licence: String,
    /// Whether other tenants may see and use it.
    pub public: bool,
    /// Shapes of inputs whose axes the ONNX file leaves open.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shapes: BTreeMap<String, Vec<usize>>,
    /// Lengths of symbolic axes, by their names in the file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, usize>,
    /// Whether the model is made although its answers are grossly wrong.
    #[serde(default)]
    pub accept_inaccurate: bool,
}

impl CompileSpec {
    /// Digest of what shapes a model: the same upload makes the same model.
    #[must_use]
    pub fn upload_digest(onnx: Digest, calibration: Option<Digest>, options: &CompileOptions) -> Digest {
        let calibration: &[u8] = calibration.as_ref().map_or(&[], |digest| &digest.0);
        // Nothing where there are none, as for uploads before there were such options.
        let open = match (options.shapes.is_empty(), options.dimensions.is_empty()) {
            (true, true) => Vec::new(),
            _ => serde_json::to_vec(&(&options.shapes, &options.dimensions)).unwrap_or_default(),
        };
        let (bits, private) = (options.bits.to_le_bytes(), [u8::from(options.private_input)]);
        let mut parts: Vec<&[u8]> = vec![
            b"hallmark upload v1",
            &onnx.0,
            calibration,
            &bits,
            options.target.word().as_bytes(),
            &private,
            // No name is empty.
            options.name.as_deref().unwrap_or_default().as_bytes(),
        ];
        if !open.is_empty() {
            parts.push(&open);
        }
        Digest::of_parts(&parts)
    }
}

impl JobSpec {
    /// The kind of work.
    #[must_use]
    pub fn kind(&self) -> JobKind {
        match self {
            Self::Prove(_) => JobKind::Prove,
            Self::Compile(_) => JobKind::Compile,
        }
    }
}

/// A job to be put into the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    /// Its id, chosen by the caller: a proof's input is stored under it first.
    pub id: JobId,
    /// Whose it is.
    pub tenant: String,
    /// The key that asked for it, unless nobody has one.
    pub key: Option<KeyId>,
    /// The work.
    pub spec: JobSpec,
    /// Greater comes first; −10 to 10.
    pub priority: i64,
    /// How long it is expected to run.
    pub estimate_ms: Option<i64>,
    /// How often it is tried.
    pub max_attempts: i64,
    /// How many of its attempts may be lost with their workers besides.
    pub max_lost: i64,
}

impl NewJob {
    /// A job of normal priority and three attempts.
    #[must_use]
    pub fn new(tenant: impl Into<String>, key: Option<KeyId>, spec: JobSpec) -> Self {
        Self {
            id: JobId::new(),
            tenant: tenant.into(),
            key,
            spec,
            priority: 0,
            estimate_ms: None,
            max_attempts: 3,
            max_lost: 20,
        }
    }
}

/// Model ids as text, for serde.
pub mod model_id_text {
    use hallmark_verifier::ModelId;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// 64 hexadecimal digits.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(id: &ModelId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    /// The inverse.
    ///
    /// # Errors
    /// If the text is no model id.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ModelId, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

mod nonce_text {
    use crate::digest::{hex, unhex};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(nonce: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(nonce))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        unhex(&text).ok_or_else(|| D::Error::custom("expected 64 lower-case hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> CompileOptions {
        CompileOptions {
            bits: 12,
            target: ModelTarget::Fast,
            private_input: true,
            name: None,
            version: "1".to_owned(),
            tags: Vec::new(),
            description: String::new(),
            licence: String::new(),
            public: false,
            shapes: BTreeMap::new(),
            dimensions: BTreeMap::new(),
            accept_inaccurate: false,
        }
    }

    #[test]
    fn an_upload_is_another_where_its_model_may_be_and_the_same_where_it_is_only_listed_otherwise() {
        let onnx = Digest::of(b"onnx");
        let digest = |change: &dyn Fn(&mut CompileOptions)| {
            let mut options = options();
            change(&mut options);
            CompileSpec::upload_digest(onnx, None, &options)
        };
        let same = digest(&|_| {});
        type Change = fn(&mut CompileOptions);
        let shaping: [Change; 9] = [
            |options| options.bits = 13,
            |options| options.target = ModelTarget::Evm,
            |options| options.private_input = false,
            |options| options.name = Some("x".to_owned()),
            |options| options.name = Some("y".to_owned()),
            |options| options.shapes = BTreeMap::from([("x".to_owned(), vec![1, 2])]),
            |options| options.shapes = BTreeMap::from([("x".to_owned(), vec![12])]),
            |options| options.dimensions = BTreeMap::from([("x".to_owned(), 1)]),
            |options| options.dimensions = BTreeMap::from([("x".to_owned(), 2)]),
        ];
        let mut digests: Vec<Digest> = shaping.iter().map(|change| digest(change)).collect();
        digests.push(same);
        digests.push(CompileSpec::upload_digest(Digest::of(b"other"), None, &options()));
        digests.push(CompileSpec::upload_digest(
            onnx,
            Some(Digest::of(b"data")),
            &options(),
        ));
        digests.push(CompileSpec::upload_digest(
            Digest::of(b"data"),
            Some(onnx),
            &options(),
        ));
        let distinct: std::collections::BTreeSet<_> = digests.iter().collect();
        assert_eq!(distinct.len(), digests.len());

        let listing: [Change; 5] = [
            |options| options.version = "2".to_owned(),
            |options| options.tags.push("x".to_owned()),
            |options| options.description = "x".to_owned(),
            |options| options.licence = "MIT".to_owned(),
            |options| options.public = true,
        ];
        for change in listing {
            assert_eq!(digest(&change), same);
        }
    }

    #[test]
    fn options_from_before_there_were_all_of_them_are_read() {
        let mut value = serde_json::to_value(options()).unwrap();
        let members = value.as_object_mut().unwrap();
        members.remove("accept_inaccurate");
        assert!(!members.contains_key("shapes") && !members.contains_key("name"));
        let read: CompileOptions = serde_json::from_value(value).unwrap();
        assert_eq!(read, options());
    }
}
