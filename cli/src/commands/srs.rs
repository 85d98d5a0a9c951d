//! `hallmark srs`.

use crate::args::SrsCommand;
use crate::config::Config;
use crate::failure::Failure;
use crate::output::size;
use crate::streams::is_stream;
use crate::table::{Align, table};
use hallmark::project::{import_srs, srs_json};
use hallmark_prover::srs::{MIN_K, Srs, SrsInfo};
use serde_json::json;
use std::process::ExitCode;

/// Lists, imports or makes an SRS.
pub fn run(command: &SrsCommand, config: &Config) -> Result<ExitCode, Failure> {
    if let SrsCommand::Info { file: Some(file) } | SrsCommand::Import { file, .. } = command
        && is_stream(file)
    {
        return Err(Failure::usage(
            "`-`: an SRS is read in parts, from a file; write it to one first",
        ));
    }
    match command {
        SrsCommand::Info { file: None } => list(config)?,
        SrsCommand::Info { file: Some(file) } => {
            // A small prefix has the same digest and is checked in a moment.
            let srs = import_srs(file, Some(MIN_K), &config.surroundings())?;
            let mut whole = srs_json(srs.points());
            whole["file"] = json!(srs.name());
            config.console.result(&whole, || {
                describe(
                    &srs.info(),
                    "was checked in part: its first powers are consistent",
                )
            })?;
        }
        SrsCommand::Import { file, k } => {
            let srs = import_srs(file, *k, &config.surroundings())?;
            let bytes = config.srs_store().put(&srs)?;
            kept(&srs.info(), bytes, config)?;
        }
        SrsCommand::Dev { k } => {
            let srs = config.console.during("making the SRS", || Srs::development(*k))?;
            let bytes = config.srs_store().put(&srs)?;
            kept(&srs.info(), bytes, config)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(config: &Config) -> Result<(), Failure> {
    let infos = config.srs_store().list(&config.console)?;
    let folder = config.cache.folder().display().to_string();
    config
        .console
        .result(&json!({ "cache": folder, "srs": infos }), || {
            if infos.is_empty() {
                return format!(
                    "No SRS in {folder}.\nImport the file of a ceremony with `hallmark srs import FILE`.\n"
                );
            }
            let rows: Vec<Vec<String>> = infos
                .iter()
                .map(|info| {
                    let origin = info.recognised_as.clone().unwrap_or_else(|| "unknown".to_owned());
                    vec![
                        info.name.clone(),
                        format!("2^{}", info.k),
                        origin,
                        info.digest.clone(),
                    ]
                })
                .collect();
            format!(
                "{}\nin {folder}\n",
                table(
                    &[
                        ("name", Align::Left),
                        ("rows", Align::Right),
                        ("by its points", Align::Left),
                        ("digest", Align::Left)
                    ],
                    &rows
                )
            )
        })
}

fn kept(info: &SrsInfo, bytes: u64, config: &Config) -> Result<(), Failure> {
    let mut value = json!(info);
    value["bytes"] = json!(bytes);
    let words = format!(
        "supports circuits of up to 2^{} rows; {} in the cache",
        info.k,
        size(bytes)
    );
    config.console.result(&value, || describe(info, &words))
}

fn describe(info: &SrsInfo, words: &str) -> String {
    let recognised = info.recognised_as.as_deref().unwrap_or_default();
    let origin = match info.provenance.as_str() {
        "insecure" => {
            format!("INSECURE: by its points it is {recognised}. Proofs made with it prove nothing.")
        }
        "ceremony" => format!("By its points it is that of {recognised}."),
        _ => "Its points are none that this program knows: it is worth what its makers' word is worth."
            .to_owned(),
    };
    format!("{} {words}\ndigest {}\n{origin}\n", info.name, info.digest)
}
