//! What the derived description of the API leaves out or says in a form that generators of clients stumble over.

use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::schema::{AnyOf, ArrayItems, SchemaFormat, SchemaType};
use utoipa::openapi::{Components, Content, KnownFormat, ObjectBuilder, Ref, RefOr, Response, Schema, Type};

/// Names of lists begin with this; the rest is the name of what they list.
const LIST: &str = "Listed_";
const BYTES: &str = "application/octet-stream";
/// Alternatives that can be true at once: an answer to several proofs has all that an answer to one must have.
const NOT_EXCLUSIVE: &[&str] = &["VerificationAnswer"];

/// Completes an operation: every response is described, bytes are bytes, and parameters that may be left out are not null.
pub(super) fn mend(operation: &mut Operation) {
    let summary = operation.summary.clone().unwrap_or_default();
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.content
            .iter_mut()
            .for_each(|(media_type, content)| mend_content(media_type, content));
    }
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        describe(response, status, &summary);
        response
            .content
            .iter_mut()
            .for_each(|(media_type, content)| mend_content(media_type, content));
    }
    operation.parameters.iter_mut().flatten().for_each(without_null);
}

fn describe(response: &mut Response, status: &str, summary: &str) {
    if !response.description.is_empty() {
        return;
    }
    response.description = match status {
        "204" => "It is done.".to_owned(),
        "304" => "You have it already: its ETag is in `If-None-Match`.".to_owned(),
        _ => format!("{summary}."),
    };
}

fn mend_content(media_type: &str, content: &mut RefOr<Content>) {
    if media_type != BYTES {
        return;
    }
    if let RefOr::T(content) = content {
        let bytes = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
            .build();
        content.schema = Some(RefOr::T(Schema::Object(bytes)));
    }
}

fn without_null(parameter: &mut RefOr<Parameter>) {
    let RefOr::T(parameter) = parameter else { return };
    if let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema
        && let SchemaType::Array(types) = &schema.schema_type
        && let [one] = types
            .iter()
            .filter(|found| **found != Type::Null)
            .collect::<Vec<_>>()
            .as_slice()
    {
        schema.schema_type = SchemaType::Type((*one).clone());
    }
}

/// Completes schemas: lists refer to what they list, and alternatives that may be true at once are called so.
pub(super) fn mend_schemas(components: &mut Components) {
    for (name, schema) in &mut components.schemas {
        let RefOr::T(schema) = schema else { continue };
        if let (Some(item), Schema::Object(list)) = (name.strip_prefix(LIST), &mut *schema)
            && let Some(RefOr::T(Schema::Array(items))) = list.properties.get_mut("items")
        {
            items.items = ArrayItems::RefOrSchema(Box::new(Ref::from_schema_name(item).into()));
        }
        if NOT_EXCLUSIVE.contains(&name.as_str())
            && let Schema::OneOf(one) = &mut *schema
        {
            let mut any = AnyOf::new();
            any.items = std::mem::take(&mut one.items);
            any.description = one.description.take();
            *schema = Schema::AnyOf(any);
        }
    }
}
