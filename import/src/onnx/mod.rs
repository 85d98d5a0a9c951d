//! The ONNX file format: protobuf messages, and a size check before they are decoded.

pub(crate) mod element;
pub(crate) mod proto;
mod scan;

use crate::{ImportError, Limits, NEWEST_OPSET, OLDEST_OPSET};
use prost::Message;
use proto::{ModelProto, NodeProto};
pub(crate) use scan::within;

/// Decodes a file and checks its size and its node count.
pub(crate) fn decode(bytes: &[u8], limits: &Limits) -> Result<ModelProto, ImportError> {
    scan::within("the ONNX file's bytes", bytes.len(), limits.file_bytes)?;
    scan::check(bytes, limits)?;
    let model = ModelProto::decode(bytes)?;
    let graph = model
        .graph
        .as_ref()
        .ok_or(ImportError::Missing { what: "graph" })?;
    scan::within("the number of nodes", graph.node.len(), limits.nodes)?;
    Ok(model)
}

/// Version of the default operator set.
pub(crate) fn opset(model: &ModelProto) -> Result<i64, ImportError> {
    let default = model
        .opset_import
        .iter()
        .find(|set| is_default_domain(&set.domain));
    let found = default
        .ok_or(ImportError::Missing {
            what: "version of the default operator set",
        })?
        .version;
    if (OLDEST_OPSET..=NEWEST_OPSET).contains(&found) {
        Ok(found)
    } else {
        Err(ImportError::Opset { found })
    }
}

/// The domain of operators that onnxruntime adds to the standard ones.
pub(crate) const CONTRIBUTED_DOMAIN: &str = "com.microsoft";

/// The operator of a node with its domain, where that is not the default one.
pub(crate) fn operator(node: &NodeProto) -> String {
    match is_default_domain(&node.domain) {
        true => node.op_type.clone(),
        false => format!("{}.{}", node.domain, node.op_type),
    }
}

/// Whether a domain is the one of the standard operators.
pub(crate) fn is_default_domain(domain: &str) -> bool {
    domain.is_empty() || domain == "ai.onnx"
}
