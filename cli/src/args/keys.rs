//! `keys`.

use super::PlaceArgs;
use clap::{Args, Subcommand};

/// Commands of `keys`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key and print it, once.
    Create(NewKeyArgs),
    /// List all keys, without their secrets.
    List {
        /// Which server's.
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Set a tenant's share of the workers: of two that both have work, one with twice the weight gets twice the time.
    Weight {
        /// Name of the tenant.
        #[arg(value_name = "TENANT")]
        tenant: String,
        /// 1 if it was never set.
        #[arg(value_name = "WEIGHT", value_parser = clap::value_parser!(i64).range(1..=hallmark_server::store::GREATEST_WEIGHT))]
        weight: i64,
        /// Which server's.
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Make a key invalid, at once and for ever.
    Revoke {
        /// Its id (`key_…`), or the key.
        #[arg(value_name = "ID")]
        id: String,
        /// Which server's.
        #[command(flatten)]
        place: PlaceArgs,
    },
}

/// Arguments of `keys create`.
#[derive(Debug, Args)]
pub struct NewKeyArgs {
    /// Whose key it is. Keys of one tenant see the same models and jobs; a tenant that is not there is made.
    #[arg(value_name = "TENANT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub tenant: String,

    /// What it is for; the tenant's name if not given.
    #[arg(long)]
    pub name: Option<String>,

    /// Make the database if it is not there: for the first key, before the server has ever run.
    #[arg(long)]
    pub init: bool,

    /// What it may do: read, predict, prove, admin.
    #[arg(long, value_delimiter = ',', default_value = "read,predict,prove")]
    pub scopes: Vec<hallmark_server::access::Scope>,

    /// Requests a minute; access.rate_per_minute if not given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,

    /// Seconds of proving a day; access.proof_seconds_per_day if not given.
    #[arg(long, value_name = "SECONDS")]
    pub quota: Option<u32>,

    /// Days until it ends; never if not given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36500))]
    pub expires_days: Option<u32>,

    /// Which server's.
    #[command(flatten)]
    pub place: PlaceArgs,
}
