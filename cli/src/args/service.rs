//! `serve` and `worker`.

use clap::{Args, ValueHint};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Arguments of `serve`.
#[derive(Clone, Debug, Default, Args)]
pub struct ServeArgs {
    /// Where data and configuration are.
    #[command(flatten)]
    pub place: PlaceArgs,

    /// Address and port to listen on; 127.0.0.1:8420 if not given.
    #[arg(long, value_name = "HOST:PORT")]
    pub bind: Option<SocketAddr>,

    /// Jobs at once in this process; 0 leaves them to `hallmark worker`.
    #[arg(long, value_name = "N")]
    pub workers: Option<usize>,

    /// Print the configuration that would be used, and stop.
    #[arg(long)]
    pub print_config: bool,
}

/// Where a server's data and configuration are.
#[derive(Clone, Debug, Default, Args)]
pub struct PlaceArgs {
    /// A TOML file; `serve --print-config` prints one with all keys.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,

    /// Folder of the database and all files; $XDG_DATA_HOME/hallmark or ~/.local/share/hallmark if not given.
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub data: Option<PathBuf>,

    /// postgres://USER@HOST/NAME, or the path of an SQLite file.
    #[arg(long, value_name = "URL|FILE")]
    pub database: Option<String>,

    /// Any key of the configuration, such as `limits.queue_length=100`; may be given several times.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// Arguments of `worker`.
#[derive(Debug, Args)]
pub struct WorkerArgs {
    /// Where data and configuration are: the same database and objects as the server's.
    #[command(flatten)]
    pub place: PlaceArgs,

    /// Jobs at once.
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
}
