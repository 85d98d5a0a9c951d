//! The keys of the receipt log, on one store of several servers.

use crate::databases::{each, sqlite};
use hallmark_server::store::{Database, StoreError};
use hallmark_verifier::log_head::{Compared, LogKey, MAX_ROTATIONS, SignedHead, compare_later};

const HOUR_MS: i64 = 3_600_000;

async fn head(database: &Database) -> SignedHead {
    let head = database.tree_head().await.unwrap();
    database.sign_head(head).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_begin_together_have_one_log() {
    each(|database| async move {
        let keys = (0..12).map(|_| {
            let database = database.clone();
            tokio::spawn(async move { database.log_key().await.unwrap() })
        });
        let keys = futures::future::join_all(keys).await;
        let keys: Vec<(LogKey, LogKey)> = keys.into_iter().map(Result::unwrap).collect();
        assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
        assert_eq!(keys[0].0, keys[0].1, "a log is called by its first key");
        let signed = head(&database).await;
        signed.verify().unwrap();
        assert_eq!((signed.log, signed.key()), keys[0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_replaced_hands_over_and_is_gone() {
    each(|database| async move {
        let before = head(&database).await;
        let (log, second) = database.rotate_log_key().await.unwrap();
        assert_eq!(log, before.log);
        assert_ne!(second, before.key());
        let between = head(&database).await;
        let (_, third) = database.rotate_log_key().await.unwrap();
        let after = head(&database).await;
        for (signed, key, rotations) in [(&before, log, 0), (&between, second, 1), (&after, third, 2)] {
            signed.verify().unwrap();
            assert_eq!(
                (signed.log, signed.key(), signed.rotations.len()),
                (log, key, rotations)
            );
            // Whoever knows any of its keys knows the log.
            signed.is_of(&key).unwrap();
            after.is_of(&key).unwrap();
        }
        assert!(before.is_of(&second).is_err());
        assert_eq!(compare_later(&before, &between, None).unwrap(), Compared::Same);
        let secrets: (i64, i64) = database
            .one("SELECT COUNT(*), COUNT(secret) FROM log_keys", Vec::new())
            .await
            .unwrap();
        assert_eq!(secrets, (3, 1));
        // A head that another key signed is none.
        let mut forged = after.clone();
        forged.rotations.pop();
        assert!(forged.verify().is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_a_head_is_noted_now_and_then_and_never_goes_back() {
    each(|database| async move {
        let noted = async || {
            let (noted,): (i64,) = database
                .one("SELECT MAX(signed_ms) FROM log_keys", Vec::new())
                .await
                .unwrap();
            noted
        };
        head(&database).await;
        let first = noted().await;
        head(&database).await;
        assert_eq!(noted().await, first, "within a minute nothing is written");
        let long_ago = "UPDATE log_keys SET signed_ms = signed_ms - 61000";
        database.execute(long_ago, Vec::new()).await.unwrap();
        let signed = head(&database).await;
        assert_eq!(noted().await, signed.time_ms as i64);
        // A clock that goes back: heads keep the latest time that was noted.
        let ahead = format!("UPDATE log_keys SET signed_ms = signed_ms + {HOUR_MS}");
        database.execute(&ahead, Vec::new()).await.unwrap();
        let later = head(&database).await;
        assert!(later.time_ms as i64 >= first + HOUR_MS - 61_000);
        later.verify().unwrap();
        database.rotate_log_key().await.unwrap();
        let rotated = head(&database).await;
        assert!(rotated.time_ms >= later.time_ms);
        rotated.verify().unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_no_head_could_carry_are_not_made_and_damaged_ones_said() {
    let fresh = sqlite().await;
    let database = &fresh.database;
    for _ in 0..MAX_ROTATIONS {
        database.rotate_log_key().await.unwrap();
    }
    head(database).await.verify().unwrap();
    let once_more = database.rotate_log_key().await.unwrap_err();
    assert!(once_more.to_string().contains("256 times"), "{once_more}");
    head(database).await.verify().unwrap();
    for damage in [
        "UPDATE log_keys SET secret = X'00' WHERE secret IS NOT NULL",
        "UPDATE log_keys SET public_key = X'00' WHERE number = 1",
        "UPDATE log_keys SET secret = NULL",
    ] {
        database.execute(damage, Vec::new()).await.unwrap();
        let error = database.log_key().await.unwrap_err();
        assert!(matches!(error, StoreError::Row { .. }), "{damage}: {error}");
        assert!(error.to_string().contains("receipt log"), "{error}");
    }
}
