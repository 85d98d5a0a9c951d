//! `hallmark keys`: API keys of a server and weights of their tenants, made beside it in its database.

use crate::args::{KeysCommand, NewKeyArgs};
use crate::commands::serve::{runtime, settings};
use crate::config::Config;
use crate::failure::{Failure, Kind};
use crate::table::{Align, table};
use hallmark_server::access::{ApiKey, Scope};
use hallmark_server::api::time::rfc3339;
use hallmark_server::job::KeyId;
use hallmark_server::settings::Settings;
use hallmark_server::store::{ApiKey as StoredKey, Database, NewApiKey, StoreError, Tenant};
use hallmark_verifier::name::unacceptable_character;
use serde_json::{Value, json};
use std::process::ExitCode;

const DAY_MS: i64 = 86_400_000;
const CONNECTIONS: u32 = 1;

/// Creates, lists or revokes keys, or sets a tenant's weight.
pub fn run(command: &KeysCommand, config: &Config) -> Result<ExitCode, Failure> {
    let place = match command {
        KeysCommand::Create(args) => &args.place,
        KeysCommand::List { place }
        | KeysCommand::Revoke { place, .. }
        | KeysCommand::Weight { place, .. } => place,
    };
    let settings = settings(place)?;
    if !matches!(command, KeysCommand::Create(NewKeyArgs { init: true, .. })) {
        store_is_there(&settings)?;
    }
    runtime()?.block_on(async {
        let database = Database::open(&settings.storage.database, CONNECTIONS)
            .await
            .map_err(failed)?;
        let result = match command {
            KeysCommand::Create(args) => create(&database, args, config).await,
            KeysCommand::List { .. } => list(&database, config).await,
            KeysCommand::Revoke { id, .. } => revoke(&database, id, config).await,
            KeysCommand::Weight { tenant, weight, .. } => {
                set_weight(&database, tenant, *weight, config).await
            }
        };
        database.close().await;
        result
    })
}

/// Refuses a place without a database: a typing error in it would else make one that no server looks at.
///
/// # Errors
/// An input failure that names the file.
pub fn store_is_there(settings: &Settings) -> Result<(), Failure> {
    match Database::missing_file(&settings.storage.database).map_err(failed)? {
        None => Ok(()),
        Some(path) => Err(Failure::input(format!(
            "{} is not there: no server keeps its data here (--data, --database, --config); `hallmark serve` makes a database \
             when it starts, `hallmark keys create --init` before that",
            path.display()
        ))),
    }
}

fn failed(error: StoreError) -> Failure {
    if matches!(
        error,
        StoreError::TenantName { .. } | StoreError::NameTaken { .. }
    ) {
        return Failure::usage(error.to_string());
    }
    Failure {
        kind: Kind::Resource,
        message: format!("storage.database: {error}"),
    }
}

/// Refuses a name that could look like another one.
pub fn check_name(place: &str, name: &str) -> Result<(), Failure> {
    match unacceptable_character(name) {
        None => Ok(()),
        Some(character) => Err(Failure::usage(format!(
            "{place}: {name:?} has the character U+{:04X}, which is a control character, invisible, or changes how others are \
             shown; choose a name without it",
            u32::from(character)
        ))),
    }
}

async fn create(database: &Database, args: &NewKeyArgs, config: &Config) -> Result<ExitCode, Failure> {
    check_name("TENANT", &args.tenant)?;
    check_name("--name", args.name.as_deref().unwrap_or_default())?;
    let key = ApiKey::generate();
    let mut scopes: Vec<Scope> = args.scopes.clone();
    scopes.sort_unstable();
    scopes.dedup();
    let now = database.now_ms().await.map_err(failed)?;
    let new = NewApiKey {
        id: key.id(),
        tenant: args.tenant.clone(),
        name: args.name.clone().unwrap_or_else(|| args.tenant.clone()),
        hash: key.secret().0.to_vec(),
        scopes: words(&scopes, " "),
        rate_per_minute: args.rate.map(i64::from),
        proof_ms_per_day: args.quota.map(|seconds| i64::from(seconds) * 1000),
        expires_ms: args.expires_days.map(|days| now + i64::from(days) * DAY_MS),
    };
    let tenant = database.create_key(&new).await.map_err(failed)?;
    let value = json!({
        "key": key.reveal(),
        "id": key.id().to_string(),
        "tenant": tenant.name,
        "name": new.name,
        "scopes": scopes,
        "expires_at": new.expires_ms.map(rfc3339),
    });
    config.console.result(&value, || format!("{}\n", key.reveal()))?;
    config.console.note(&format!(
        "{} of tenant {:?} may {}. It is shown only now; the server keeps a hash of it.",
        key.id(),
        tenant.name,
        words(&scopes, ", ")
    ));
    Ok(ExitCode::SUCCESS)
}

async fn set_weight(
    database: &Database,
    tenant: &str,
    weight: i64,
    config: &Config,
) -> Result<ExitCode, Failure> {
    if !database.set_weight(tenant, weight).await.map_err(failed)? {
        return Err(Failure::input(format!(
            "there is no tenant {tenant:?}; `hallmark keys list` shows them with their keys"
        )));
    }
    config
        .console
        .result(&json!({ "tenant": tenant, "weight": weight }), || {
            format!("{tenant} has weight {weight}\n")
        })?;
    Ok(ExitCode::SUCCESS)
}

fn words(scopes: &[Scope], between: &str) -> String {
    scopes
        .iter()
        .map(|scope| scope.word())
        .collect::<Vec<_>>()
        .join(between)
}

async fn list(database: &Database, config: &Config) -> Result<ExitCode, Failure> {
    let keys = database.keys().await.map_err(failed)?;
    let now = database.now_ms().await.map_err(failed)?;
    let values: Vec<Value> = keys
        .iter()
        .map(|(tenant, key)| to_json(tenant, key, now))
        .collect();
    config.console.result(&json!({ "keys": values }), || {
        if keys.is_empty() {
            return "no keys; make one with `hallmark keys create TENANT`\n".to_owned();
        }
        let columns =
            ["id", "tenant", "name", "scopes", "state", "last used"].map(|name| (name, Align::Left));
        let rows: Vec<Vec<String>> = keys
            .iter()
            .map(|(tenant, key)| {
                vec![
                    key.id.to_string(),
                    tenant.name.clone(),
                    key.name.clone(),
                    key.scopes.clone(),
                    state(key, now).to_owned(),
                    key.last_used_ms.map_or_else(|| "never".to_owned(), rfc3339),
                ]
            })
            .collect();
        table(&columns, &rows)
    })?;
    Ok(ExitCode::SUCCESS)
}

fn state(key: &StoredKey, now: i64) -> &'static str {
    if key.revoked_ms.is_some() {
        "revoked"
    } else if key.expires_ms.is_some_and(|end| end <= now) {
        "expired"
    } else {
        "valid"
    }
}

fn to_json(tenant: &Tenant, key: &StoredKey, now: i64) -> Value {
    json!({
        "id": key.id.to_string(),
        "tenant": tenant.name,
        "name": key.name,
        "scopes": key.scopes.split_whitespace().collect::<Vec<_>>(),
        "state": state(key, now),
        "rate_per_minute": key.rate_per_minute,
        "proof_seconds_per_day": key.proof_ms_per_day.map(|ms| ms as f64 / 1000.0),
        "created_at": rfc3339(key.created_ms),
        "expires_at": key.expires_ms.map(rfc3339),
        "last_used_at": key.last_used_ms.map(rfc3339),
    })
}

async fn revoke(database: &Database, id: &str, config: &Config) -> Result<ExitCode, Failure> {
    // Those who have only the key itself may give that.
    let id: KeyId = match ApiKey::parse(id) {
        Some(key) => key.id(),
        None => id
            .parse()
            .map_err(|error| Failure::usage(format!("{id:?} is no id of a key: {error}")))?,
    };
    if !database.revoke_key(id).await.map_err(failed)? {
        return Err(Failure::input(format!(
            "there is no key {id}; `hallmark keys list` shows all"
        )));
    }
    config.console.result(&json!({ "revoked": id.to_string() }), || {
        format!("{id} is revoked\n")
    })?;
    Ok(ExitCode::SUCCESS)
}
