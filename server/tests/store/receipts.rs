//! The log of ended jobs.

use crate::databases::each;
use crate::samples::{claim, proof, result, submit};
use hallmark_server::store::{Ending, Measured, TreeHead};
use hallmark_verifier::receipt::{leaf_hash, verify_consistency, verify_inclusion};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn every_entry_is_proven_in_every_log() {
    each(|database| async move {
        let mut heads: Vec<TreeHead> = vec![database.tree_head().await.unwrap()];
        for number in 0..11u8 {
            submit(&database, &proof()).await;
            let claim = claim(&database).await;
            database
                .complete(&claim, Ending::Proved(result(&[number])), &Measured::default())
                .await
                .unwrap();
            heads.push(database.tree_head().await.unwrap());
        }
        let entries = database.receipts(None, 0, 100).await.unwrap();
        assert_eq!(entries.len(), 11);
        let mut previous = String::new();
        for (index, entry) in entries.iter().enumerate() {
            let value: Value = serde_json::from_str(&entry.entry).unwrap();
            assert_eq!(value["index"], index);
            assert_eq!(value["previous"], previous);
            assert_eq!(value["job"], entry.job_id);
            previous = entry.leaf_hash.clone();
        }
        for head in &heads {
            for entry in entries.iter().take(head.size as usize) {
                let path = database.inclusion_path(entry.index, head.size).await.unwrap();
                let path: Vec<[u8; 32]> = path.iter().map(|digest| digest.0).collect();
                let leaf = leaf_hash(entry.entry.as_bytes());
                let (index, size) = (entry.index as u64, head.size as u64);
                assert_eq!(verify_inclusion(&leaf, index, size, &path, &head.root.0), Ok(()));
            }
            for old in heads.iter().filter(|old| old.size <= head.size) {
                let path = database.consistency_path(old.size, head.size).await.unwrap();
                let path: Vec<[u8; 32]> = path.iter().map(|digest| digest.0).collect();
                let (old_size, size) = (old.size as u64, head.size as u64);
                assert_eq!(
                    verify_consistency(old_size, &old.root.0, size, &head.root.0, &path),
                    Ok(()),
                    "{old_size} of {size}"
                );
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_at_once_leave_no_gap() {
    each(|database| async move {
        let tasks: Vec<_> = (0..16u8)
            .map(|number| {
                let database = database.clone();
                tokio::spawn(async move {
                    submit(&database, &proof()).await;
                    let claim = loop {
                        if let Some(claim) = database.claim("tester", 60_000).await.unwrap() {
                            break claim;
                        }
                    };
                    let ending = Ending::Proved(result(&[number]));
                    database
                        .complete(&claim, ending, &Measured::default())
                        .await
                        .unwrap();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let entries = database.receipts(None, 0, 100).await.unwrap();
        let places: Vec<i64> = entries.iter().map(|entry| entry.index).collect();
        assert_eq!(places, (0..16).collect::<Vec<_>>());
        let own = database.receipts(Some("nobody"), 0, 100).await.unwrap();
        assert!(own.is_empty());
    })
    .await;
}
