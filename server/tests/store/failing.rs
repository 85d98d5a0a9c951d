//! What a database's errors mean: which go away by themselves.

use crate::databases::{postgres, sqlite};
use hallmark_server::store::{Database, StoreError};
use std::time::{Duration, Instant};

/// What PostgreSQL answers with such a code.
async fn raised(database: &Database, code: &str) -> StoreError {
    let sql = format!("DO $$ BEGIN RAISE EXCEPTION 'told to' USING ERRCODE = '{code}'; END $$");
    database.execute(&sql, Vec::new()).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresqls_errors_are_told_apart_by_whether_they_pass() {
    let Some(fresh) = postgres().await else { return };
    for (code, passes) in [
        ("08006", true),  // connection lost
        ("53300", true),  // too many connections
        ("53100", true),  // disk full
        ("57P01", true),  // shut down
        ("40001", true),  // serialisation
        ("40P01", true),  // deadlock
        ("23505", false), // unique
        ("42P01", false), // no such table
        ("22012", false), // division by zero
        ("0A000", false), // not supported
        ("54000", false), // a limit of the program
    ] {
        let error = raised(&fresh.database, code).await;
        assert_eq!(error.is_unavailable(), passes, "{code}: {error}");
    }
    fresh.database.close().await;
    let closed = fresh.database.ping().await.unwrap_err();
    assert!(closed.is_unavailable(), "{closed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlites_errors_are_told_apart_by_whether_they_pass() {
    let fresh = sqlite().await;
    let database = &fresh.database;
    for wrong in [
        "SELECT",
        "SELECT * FROM nothing",
        "INSERT INTO tenants (id, name, created_ms) VALUES ('x', NULL, 0)",
    ] {
        let error = database.execute(wrong, Vec::new()).await.unwrap_err();
        assert!(!error.is_unavailable(), "{wrong}: {error}");
    }
    // No page more than there are: the disk is full.
    let none_left = "CREATE TABLE more AS SELECT randomblob(100000) AS bytes";
    let mut tx = database.begin().await.unwrap();
    tx.all::<(i64,)>("PRAGMA max_page_count = 1", Vec::new())
        .await
        .unwrap();
    let full = tx.execute(none_left, Vec::new()).await.unwrap_err();
    assert!(full.is_unavailable(), "{full}");
    drop(tx);
    let mut tx = database.begin().await.unwrap();
    tx.all::<(i64,)>("PRAGMA max_page_count = 1000000", Vec::new())
        .await
        .unwrap();
    drop(tx);
    database.ping().await.unwrap();
    database.close().await;
    assert!(database.ping().await.unwrap_err().is_unavailable());
}

#[tokio::test]
async fn an_address_that_means_nothing_is_refused_without_showing_what_may_be_a_password() {
    for address in ["mysql://ada:hunter2@db/x", "http://ada:hunter2@db"] {
        let error = Database::open(address, 1).await.unwrap_err();
        assert!(matches!(error, StoreError::Address(_)), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert!(Database::missing_file(address).is_err());
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deep/in/hallmark.sqlite");
    let address = format!("sqlite:{}", file.display());
    assert_eq!(
        Database::missing_file(&address).unwrap().as_deref(),
        Some(file.as_path())
    );
    assert_eq!(Database::missing_file("postgres://db/x").unwrap(), None);
    let database = Database::open(&address, 1).await.unwrap();
    assert_eq!(Database::missing_file(&address).unwrap(), None);
    // A path is an address too, with or without its scheme.
    assert_eq!(Database::missing_file(&file.display().to_string()).unwrap(), None);
    database.close().await;
    let below_a_file = format!("{}/x.sqlite", file.display());
    let error = Database::open(&below_a_file, 1).await.unwrap_err();
    assert!(matches!(error, StoreError::Folder { .. }), "{error}");
}

#[tokio::test]
async fn a_database_that_is_away_is_tried_for_as_long_as_is_said_and_one_that_is_wrong_once() {
    let began = Instant::now();
    let tries = std::cell::Cell::new(0);
    let refused = Database::patiently(Duration::from_millis(900), async || {
        tries.set(tries.get() + 1);
        Err(StoreError::from(sqlx::Error::PoolTimedOut))
    });
    assert!(refused.await.unwrap_err().is_unavailable());
    // A quarter of a second lies between the first two, and half of one before the third.
    assert!((2..=3).contains(&tries.get()), "{}", tries.get());
    assert!(began.elapsed() >= Duration::from_millis(250));
    let once = std::cell::Cell::new(0);
    let wrong = Database::patiently(Duration::from_secs(60), async || {
        once.set(once.get() + 1);
        Database::open("mysql://x", 1).await
    });
    assert!(matches!(wrong.await, Err(StoreError::Address(_))));
    assert_eq!(once.get(), 1);
    let fresh = sqlite().await;
    let late = std::cell::Cell::new(false);
    let opened = Database::patiently(Duration::from_secs(60), async || match late.replace(true) {
        true => Ok(fresh.database.clone()),
        false => Err(StoreError::from(sqlx::Error::PoolTimedOut)),
    });
    opened.await.unwrap().ping().await.unwrap();
}
