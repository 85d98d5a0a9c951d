//! From defaults, file, environment and flags to [`Settings`].

use super::{Settings, reference};
use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Profile};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Prefix of environment variables: `HALLMARK_LIMITS__QUEUE_LENGTH` is `limits.queue_length`.
const ENV_PREFIX: &str = "HALLMARK_";
const SQLITE: &str = "sqlite:";

/// Where settings come from besides the defaults, weakest first: file, environment, flags.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// A TOML file.
    pub file: Option<PathBuf>,
    /// Keys such as `limits.queue_length` with values as TOML writes them, or plain text.
    pub flags: Vec<(String, String)>,
}

/// Why settings are refused: every problem that was found, each with its key and what gave it its value.
#[derive(Debug, thiserror::Error)]
#[error("{} in the configuration:\n{}", count(.0), .0.iter().map(|p| format!("  - {p}")).collect::<Vec<_>>().join("\n"))]
pub struct SettingsError(pub Vec<String>);

fn count(problems: &[String]) -> String {
    match problems {
        [_] => "1 problem".to_owned(),
        more => format!("{} problems", more.len()),
    }
}

/// Reads all sources, fills in what depends on the environment, and checks the result.
///
/// # Errors
/// `SettingsError` with all problems at once.
pub fn load(sources: &Sources) -> Result<Settings, SettingsError> {
    if let Some(path) = &sources.file
        && !path.is_file()
    {
        return Err(SettingsError(vec![format!(
            "--config: {} is not a file",
            path.display()
        )]));
    }
    let mut figment = Figment::from(Serialized::defaults(Settings::default()));
    if let Some(path) = &sources.file {
        figment = figment.merge(Toml::file_exact(path));
    }
    let environment = Env::prefixed(ENV_PREFIX).split("__");
    figment = figment.merge(environment);
    for (key, text) in &sources.flags {
        let value: Value = text.parse().unwrap_or_else(|never| match never {});
        figment = figment.merge(Serialized::from(nested(key, value), Profile::Default));
    }
    let mut settings = extract(&figment)?;
    fill(&mut settings)?;
    let problems = settings.problems();
    if problems.is_empty() {
        Ok(settings)
    } else {
        Err(SettingsError(problems))
    }
}

fn nested(key: &str, value: Value) -> Dict {
    match key.split_once('.') {
        None => Dict::from([(key.to_owned(), value)]),
        Some((section, rest)) => Dict::from([(section.to_owned(), Value::from(nested(rest, value)))]),
    }
}

/// Reads section by section, so that a mistake in one does not hide those in others.
fn extract(figment: &Figment) -> Result<Settings, SettingsError> {
    let mut problems = Vec::new();
    let known: BTreeSet<String> = reference()
        .iter()
        .filter_map(|line| line.key.split('.').next())
        .map(str::to_owned)
        .collect();
    let all = match figment.extract::<Dict>() {
        Ok(all) => all,
        // A file that cannot be read has no sections to go on with.
        Err(error) => {
            return Err(SettingsError(
                error.into_iter().map(|error| describe(&error, "")).collect(),
            ));
        }
    };
    for section in all.keys().filter(|section| !known.contains(*section)) {
        let sections: Vec<&str> = known.iter().map(String::as_str).collect();
        let source = figment
            .find_metadata(section)
            .map_or_else(String::new, |metadata| {
                format!(" (from {})", origin(metadata, section))
            });
        problems.push(format!(
            "{section}: no such section{source}; there are {}",
            sections.join(", ")
        ));
    }
    let settings = Settings {
        server: section(figment, "server", &mut problems),
        storage: section(figment, "storage", &mut problems),
        srs: section(figment, "srs", &mut problems),
        limits: section(figment, "limits", &mut problems),
        access: section(figment, "access", &mut problems),
        cors: section(figment, "cors", &mut problems),
        workers: section(figment, "workers", &mut problems),
        webhooks: section(figment, "webhooks", &mut problems),
        retention: section(figment, "retention", &mut problems),
        telemetry: section(figment, "telemetry", &mut problems),
    };
    if problems.is_empty() {
        Ok(settings)
    } else {
        Err(SettingsError(problems))
    }
}

fn section<T: DeserializeOwned + Default>(figment: &Figment, name: &str, problems: &mut Vec<String>) -> T {
    figment.extract_inner(name).unwrap_or_else(|error| {
        problems.extend(error.into_iter().map(|error| describe(&error, name)));
        T::default()
    })
}

/// A problem with the key as it is written, and with where it was: a file, a variable, the command line.
fn describe(error: &figment::Error, section: &str) -> String {
    // The section comes last in the path.
    let path = match error.path.split_last() {
        Some((last, rest)) if last.eq_ignore_ascii_case(section) => rest,
        _ => error.path.as_slice(),
    };
    let names = std::iter::once(section).chain(path.iter().map(String::as_str));
    let names: Vec<String> = names
        .filter(|name| !name.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let key = names.join(".");
    let from = error.metadata.as_ref().map_or_else(String::new, |metadata| {
        format!(" (from {})", origin(metadata, &key))
    });
    let what = error.kind.to_string();
    match key.as_str() {
        "" => format!("{}{from}", what.trim_end()),
        key => format!("{key}: {what}{from}"),
    }
}

/// Where a value was written.
fn origin(metadata: &figment::Metadata, key: &str) -> String {
    if let Some(figment::Source::File(path)) = &metadata.source {
        return path.display().to_string();
    }
    match metadata.name.contains(ENV_PREFIX) {
        true => format!(
            "the variable {ENV_PREFIX}{}",
            key.to_ascii_uppercase().replace('.', "__")
        ),
        false => "the command line".to_owned(),
    }
}

/// Places that depend on the user's environment.
fn fill(settings: &mut Settings) -> Result<(), SettingsError> {
    let storage = &mut settings.storage;
    if storage.folder.as_os_str().is_empty() {
        storage.folder = default_folder().ok_or_else(|| {
            SettingsError(vec![
                "storage.folder: neither XDG_DATA_HOME nor HOME is set, so there is no place for data; give one with \
                 --data FOLDER"
                    .to_owned(),
            ])
        })?;
    }
    // A worker that is started elsewhere must not mean another place.
    storage.folder = absolute(&storage.folder);
    if storage.cache.as_os_str().is_empty() {
        storage.cache = storage.folder.join("cache");
    }
    let inside = |name: &str| storage.folder.join(name).display().to_string();
    if storage.database.is_empty() {
        storage.database = inside("hallmark.sqlite");
    }
    // A path is an SQLite file.
    if !storage.database.contains("://") && !storage.database.starts_with(SQLITE) {
        storage.database = format!("{SQLITE}{}", absolute(Path::new(&storage.database)).display());
    }
    if storage.objects.is_empty() {
        storage.objects = inside("objects");
    }
    Ok(())
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// `$XDG_DATA_HOME/hallmark`, or `~/.local/share/hallmark`. The XDG specification has relative paths ignored.
fn default_folder() -> Option<PathBuf> {
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .map(|folder| folder.join("hallmark"))
}

/// The settings as a TOML file with a comment for every key and secrets left out.
///
/// # Errors
/// If they cannot be written as TOML.
pub fn print(settings: &Settings) -> Result<String, toml::ser::Error> {
    let mut shown = settings.clone();
    shown.storage.database = without_password(&shown.storage.database);
    if !shown.storage.s3.secret_access_key.is_empty() {
        shown.storage.s3.secret_access_key = "(not shown)".to_owned();
    }
    let written = toml::to_string(&shown)?;
    let (mut text, mut table) = (String::new(), String::new());
    let lines = reference();
    for line in written.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut table);
        } else if let Some((key, _)) = line.split_once(" = ") {
            let key = format!("{table}.{key}");
            if let Some(known) = lines.iter().find(|known| known.key == key) {
                text.push_str(&format!("# {}\n", known.meaning));
            }
        }
        text.push_str(line);
        text.push('\n');
    }
    Ok(text)
}

/// A database URL with its password replaced.
#[must_use]
pub fn without_password(database: &str) -> String {
    match url::Url::parse(database) {
        Ok(mut url) if url.password().is_some() => {
            let _ = url.set_password(Some("***"));
            url.to_string()
        }
        _ => database.to_owned(),
    }
}
