//! Names of models and of those who publish them.
//!
//! A model's id says what it is; a name is somebody's word for it. So a name belongs to its publisher: `PUBLISHER/NAME@VERSION`. A bare
//! name means the caller's own models and those of the server's operator, never a stranger's.

use super::StoreError;
use super::database::Database;
use super::models::{LISTED, ListedModel, ListedRow, MODEL};
use super::sql::{Arg, args};
use crate::job::{OPERATOR, OPERATOR_NAME};

/// Longest name of a tenant.
const LONGEST_TENANT: usize = 40;
/// Candidates that are listed of a name that means several.
const CANDIDATES: i64 = 20;

/// A model by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelName {
    /// Name of the tenant that published it; not given, the caller and the operator are meant.
    pub publisher: Option<String>,
    /// Its name.
    pub name: String,
    /// Its version; not given, there has to be one only.
    pub version: Option<String>,
}

impl ModelName {
    /// Reads `[PUBLISHER/]NAME[@VERSION]`; `None` if the text cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (publisher, rest) = match text.split_once('/') {
            Some((publisher, rest)) => (Some(publisher.to_owned()), rest),
            None => (None, text),
        };
        let (name, version) = match rest.split_once('@') {
            Some((name, version)) => (name, Some(version.to_owned())),
            None => (rest, None),
        };
        let is_empty = |part: &Option<String>| part.as_ref().is_some_and(String::is_empty);
        let wrong =
            name.is_empty() || is_empty(&publisher) || is_empty(&version) || text.contains(char::is_control);
        (!wrong).then(|| Self {
            publisher,
            name: name.to_owned(),
            version,
        })
    }
}

/// Why there can be no tenant of this name, if there can be none. Names are what models are told apart by, so none can be mistaken for
/// another: small ASCII letters, digits and hyphens.
#[must_use]
pub fn tenant_name_problem(name: &str) -> Option<&'static str> {
    let sign = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let edges = [name.bytes().next(), name.bytes().next_back()];
    if name.len() > LONGEST_TENANT {
        return Some("it is longer than 40 characters");
    }
    if !edges.into_iter().all(|byte| byte.is_some_and(sign))
        || !name.bytes().all(|byte| sign(byte) || byte == b'-')
    {
        return Some("expected a to z, 0 to 9 and hyphens inside, such as `research-2`");
    }
    matches!(name, OPERATOR_NAME | "public").then_some("it is the program's own")
}

impl Database {
    /// What a name means to `viewer`, own models first: one model, or several if it is ambiguous.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn named_models(
        &self,
        viewer: &str,
        reference: &ModelName,
    ) -> Result<Vec<ListedModel>, StoreError> {
        let mut args = args![viewer, &reference.name];
        let whose = match &reference.publisher {
            Some(publisher) => {
                args.push(Arg::from(publisher));
                format!("t.name = ${}", args.len())
            }
            None => format!("(r.tenant = $1 OR r.tenant = '{OPERATOR}')"),
        };
        let version = match &reference.version {
            Some(version) => {
                args.push(Arg::from(version));
                format!("r.version = ${}", args.len())
            }
            None => "r.deprecated_ms IS NULL".to_owned(),
        };
        let sql = format!(
            "SELECT {MODEL}, {LISTED} WHERE r.name = $2 AND {whose} AND {version} AND (r.tenant = $1 OR r.public) \
             ORDER BY CASE WHEN r.tenant = $1 THEN 0 ELSE 1 END, r.id LIMIT {CANDIDATES}"
        );
        let rows: Vec<ListedRow> = self.all(&sql, args).await?;
        rows.into_iter().map(|row| row.seen_by(viewer)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_parts() {
        let name = |publisher: Option<&str>, name: &str, version: Option<&str>| {
            Some(ModelName {
                publisher: publisher.map(str::to_owned),
                name: name.to_owned(),
                version: version.map(str::to_owned),
            })
        };
        assert_eq!(ModelName::parse("digits"), name(None, "digits", None));
        assert_eq!(ModelName::parse("digits@1"), name(None, "digits", Some("1")));
        assert_eq!(ModelName::parse("ada/digits"), name(Some("ada"), "digits", None));
        assert_eq!(
            ModelName::parse("ada/my digits@1.0-β"),
            name(Some("ada"), "my digits", Some("1.0-β"))
        );
        for wrong in [
            "", "/", "@", "ada/", "/digits", "digits@", "ada/@1", "a\0", "ada/a@\n",
        ] {
            assert_eq!(ModelName::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn tenants_have_names_that_cannot_be_mistaken() {
        for fine in ["a", "ada", "research-2", "0x"] {
            assert_eq!(tenant_name_problem(fine), None, "{fine}");
        }
        let long = "a".repeat(41);
        for wrong in [
            "",
            "Ada",
            "аda",
            "a/b",
            "a@b",
            "a b",
            "-a",
            "a-",
            "a_b",
            "public",
            "hallmark",
            "ad\u{200b}a",
            &long,
        ] {
            assert!(tenant_name_problem(wrong).is_some(), "{wrong}");
        }
    }
}
