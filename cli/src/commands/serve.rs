//! `hallmark serve`.

use crate::args::{PlaceArgs, ServeArgs};
use crate::config::Config;
use crate::failure::{Failure, Kind};
use hallmark_server::settings::{self, Settings, Sources};
use hallmark_server::store::Database;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// Runs the server until it is asked to end.
pub fn run(args: &ServeArgs, config: &Config) -> Result<ExitCode, Failure> {
    let mut flags = place_flags(&args.place)?;
    flags.extend(args.bind.map(|bind| ("server.bind".to_owned(), bind.to_string())));
    flags.extend(
        args.workers
            .map(|count| ("workers.count".to_owned(), count.to_string())),
    );
    let settings = load(&args.place, flags)?;
    if args.print_config {
        let text = settings::print(&settings).map_err(Failure::internal)?;
        config.console.result(&settings, || text)?;
        return Ok(ExitCode::SUCCESS);
    }
    place_for_data(&settings, args.place.data.is_some(), config)?;
    runtime()?.block_on(serve(settings, config))
}

/// Refuses a folder that is somebody else's, and says when a new one is made: a typing error in --data is noticed then.
fn place_for_data(settings: &Settings, given: bool, config: &Config) -> Result<(), Failure> {
    let folder = &settings.storage.folder;
    let missing = Database::missing_file(&settings.storage.database)
        .map_err(|error| Failure::usage(format!("storage.database: {error}")))?;
    let Some(database) = missing else {
        return Ok(());
    };
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    if given && parent.is_some_and(|parent| !parent.exists()) {
        return Err(Failure::input(format!(
            "--data: {} is not there, and neither is the folder that it would be made in",
            folder.display()
        )));
    }
    // What an operator may have put there before the first start.
    let own = |name: &str| {
        name.starts_with('.')
            || name.ends_with(".log")
            || ["cache", "log", "objects", "lost+found"].contains(&name)
    };
    let foreign = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut foreign = foreign.filter(|entry| !own(&entry.file_name().to_string_lossy()));
    if database.starts_with(folder)
        && given
        && let Some(entry) = foreign.next()
    {
        return Err(Failure::input(format!(
            "--data: {} has no database of a server, and holds other files ({}); give the folder of a server, or one that is new \
             or empty",
            folder.display(),
            entry.file_name().to_string_lossy()
        )));
    }
    config.console.note(&format!(
        "note: there is no database yet; a new one is made: {}",
        database.display()
    ));
    Ok(())
}

async fn serve(settings: Settings, config: &Config) -> Result<ExitCode, Failure> {
    let telemetry = hallmark_server::telemetry::start(&settings.telemetry, "hallmark-server")
        .map_err(|error| Failure::usage(error.to_string()))?;
    let shutdown = CancellationToken::new();
    let running = hallmark_server::serve::start(settings, shutdown.clone())
        .await
        .map_err(|error| Failure {
            kind: Kind::Resource,
            message: error.to_string(),
        })?;
    let url = format!("http://{}/", running.address);
    let insecure = running.app.insecure_srs();
    config.console.result(
        &serde_json::json!({ "url": url, "insecure_srs": insecure }),
        || {
            let mut text = format!("Hallmark serves {url} (API: {url}docs/)\n");
            if insecure {
                text.push_str(
                    "The SRS is INSECURE, its secret is public: anybody can forge proofs made here.\n",
                );
            }
            text
        },
    )?;
    tokio::spawn(cancel_when_asked(shutdown.clone()));
    running.wait().await;
    telemetry.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Cancels the token when the process is asked to end.
pub async fn cancel_when_asked(shutdown: CancellationToken) {
    if hallmark_server::serve::asked_to_end().await.is_err() {
        std::future::pending::<()>().await;
    }
    tracing::info!("asked to end: finishing what is under way");
    shutdown.cancel();
    // Who asks twice does not want to wait.
    if hallmark_server::serve::asked_to_end().await.is_ok() {
        std::process::exit(130);
    }
}

/// The settings at a place, without further flags.
///
/// # Errors
/// A usage failure with all that is wrong.
pub fn settings(place: &PlaceArgs) -> Result<Settings, Failure> {
    load(place, place_flags(place)?)
}

/// Keys and values of the flags that say where data are.
fn place_flags(place: &PlaceArgs) -> Result<Vec<(String, String)>, Failure> {
    let mut flags = Vec::new();
    for text in &place.set {
        let (key, value) = text
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("--set: expected KEY=VALUE, got {text:?}")))?;
        flags.push((key.trim().to_owned(), value.trim().to_owned()));
    }
    let folder = place.data.as_ref().map(|path| path.display().to_string());
    flags.extend(folder.map(|folder| ("storage.folder".to_owned(), folder)));
    flags.extend(
        place
            .database
            .clone()
            .map(|database| ("storage.database".to_owned(), database)),
    );
    Ok(flags)
}

fn load(place: &PlaceArgs, flags: Vec<(String, String)>) -> Result<Settings, Failure> {
    // Who says where data are makes files there: other people's inputs, keys and jobs.
    hallmark_server::private::make_files_private();
    let sources = Sources {
        file: place.config.clone(),
        flags,
    };
    settings::load(&sources).map_err(|error| Failure::usage(error.to_string()))
}

/// The threads that requests are answered on.
///
/// # Errors
/// A resource failure if there can be none.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure {
            kind: Kind::Resource,
            message: format!("starting the server's threads: {error}"),
        })
}
