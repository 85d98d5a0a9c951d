//! The scripts that bring a database to this version's tables, in order. Those that ran are noted in the database with their
//! digests, so a script is never changed afterwards.

use super::StoreError;
use super::sql::Dialect;
use sqlx::SqlStr;
use sqlx::migrate::{Migrate, Migration, MigrationType, Migrator};
use std::borrow::Cow;
use std::ops::Deref;

/// Where sqlx notes which migrations ran.
const TABLE: &str = "hallmark_migrations";

macro_rules! scripts {
    ($folder:literal: $($version:literal $name:literal),*) => {
        &[$(($version, $name, include_str!(concat!("../../migrations/", $folder, "/", $version, "_", $name, ".sql")))),*]
    };
}

/// Number, name and statements of a migration.
type Script = (&'static str, &'static str, &'static str);

const SQLITE: &[Script] =
    scripts!("sqlite": "0001" "tables", "0002" "shares", "0003" "deletion", "0004" "log_keys");
const POSTGRES: &[Script] =
    scripts!("postgres": "0001" "tables", "0002" "shares", "0003" "deletion", "0004" "log_keys");

/// Runs what has not run yet.
pub(super) async fn migrate<'a, A>(dialect: Dialect, pool: A) -> Result<(), StoreError>
where
    A: sqlx::Acquire<'a>,
    <A::Connection as Deref>::Target: Migrate,
{
    let scripts = match dialect {
        Dialect::Sqlite => SQLITE,
        Dialect::Postgres => POSTGRES,
    };
    let migrations = (1..).zip(scripts).map(|(version, (_, name, statements))| {
        let (kind, statements) = (MigrationType::Simple, SqlStr::from_static(statements));
        Migration::new(version, Cow::Borrowed(name), kind, statements, false)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.dangerous_set_table_name(TABLE);
    migrator.run(pool).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_is_listed_in_order() {
        for (folder, scripts) in [("sqlite", SQLITE), ("postgres", POSTGRES)] {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("migrations")
                .join(folder);
            let names = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name());
            let mut files: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
            files.sort();
            let listed = scripts
                .iter()
                .map(|(number, name, _)| format!("{number}_{name}.sql"));
            assert_eq!(listed.collect::<Vec<_>>(), files);
            let numbers = scripts
                .iter()
                .map(|(number, _, _)| number.parse::<usize>().unwrap());
            assert!(numbers.eq(1..=scripts.len()));
        }
    }
}
