//! Audit files: what is read is what was written, and the receipt has to be this proof's. The proofs in them are checked
//! with real ones in the server's tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use ed25519_dalek::{Signer, SigningKey};
use hallmark_verifier::audit::{Audit, AuditError, KnownLog};
use hallmark_verifier::hexadecimal::encode as hex;
use hallmark_verifier::log_head::{
    Compared, HeadError, LogKey, Rotation, SignedHead, compare, compare_later, parse_consistency,
    rotation_message,
};
use hallmark_verifier::receipt::{ReceiptError, leaf_hash, node_hash};
use hallmark_verifier::{Form, VerifyOptions};
use sha2::{Digest, Sha256};
use support::{bundle, key};

fn entry(model_id: &str, digest: &str, index: u64, state: &str) -> String {
    format!(
        r#"{{"version":1,"index":{index},"job":"job_1","kind":"prove","state":"{state}","model_id":"{model_id}","bundle":"{digest}","finished_ms":17}}"#
    )
}

/// The proof's entry is the second of three.
fn audit(entry: impl Fn(&str, &str) -> String) -> Audit {
    let bundle = bundle(&key(), Form::PUBLIC);
    let digest = hex(&Sha256::digest(bundle.to_bytes()));
    let entry = entry(&bundle.model_id.to_string(), &digest);
    let (first, third) = (leaf_hash(b"first"), leaf_hash(b"third"));
    let pair = node_hash(&first, &leaf_hash(entry.as_bytes()));
    Audit {
        bundle,
        key: key().to_bytes(),
        index: 1,
        entry,
        tree_size: 3,
        root: node_hash(&pair, &third),
        path: vec![first, third],
        signed: None,
    }
}

fn good() -> Audit {
    audit(|model, digest| entry(model, digest, 1, "done"))
}

#[test]
fn what_is_written_is_read() {
    let audit = good();
    let text = audit.to_json();
    assert!(Audit::is_audit(text.as_bytes()));
    assert!(!Audit::is_audit(audit.bundle.to_json().as_bytes()));
    assert!(!Audit::is_audit(&audit.bundle.to_bytes()));
    assert_eq!(Audit::parse(text.as_bytes()), Ok(audit));
}

#[test]
fn the_receipt_is_checked() {
    let audit = good();
    let logged = audit.verify_receipt(&KnownLog::default()).unwrap();
    assert_eq!(
        (logged.index, logged.tree_size, logged.job.as_str()),
        (1, 3, "job_1")
    );
    assert_eq!((logged.finished_ms, logged.root), (Some(17), hex(&audit.root)));
    audit.verify_receipt(&root(audit.root)).unwrap();
    let other = audit.verify_receipt(&root([9; 32]));
    assert!(matches!(other, Err(AuditError::OtherLog { .. })), "{other:?}");
}

#[test]
fn receipts_of_something_else_are_refused() {
    let field = |audit: Audit| match audit.verify_receipt(&KnownLog::default()) {
        Err(AuditError::Entry { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        field(audit(|model, digest| entry(model, digest, 2, "done"))),
        "index"
    );
    assert_eq!(
        field(audit(|model, digest| entry(model, digest, 1, "failed"))),
        "state"
    );
    assert_eq!(
        field(audit(|_, digest| entry(&hex(&[1; 32]), digest, 1, "done"))),
        "model_id"
    );
    assert_eq!(
        field(audit(|model, _| entry(model, &hex(&[1; 32]), 1, "done"))),
        "bundle"
    );
    let not_json = audit(|_, _| "words".to_owned()).verify_receipt(&KnownLog::default());
    assert!(matches!(not_json, Err(AuditError::Proof(_))), "{not_json:?}");
}

#[test]
fn altered_files_are_refused() {
    let original = good();
    let refused = |change: fn(&mut Audit)| {
        let mut audit = original.clone();
        change(&mut audit);
        audit.verify_receipt(&KnownLog::default()).unwrap_err()
    };
    let other_root = AuditError::Receipt(ReceiptError::OtherRoot);
    assert_eq!(refused(|audit| audit.root = [0; 32]), other_root);
    assert_eq!(refused(|audit| audit.index = 0), other_root);
    assert_eq!(refused(|audit| audit.entry.push(' ')), other_root);
    assert_eq!(refused(|audit| audit.path[0] = [0; 32]), other_root);
    assert!(matches!(
        refused(|audit| audit.path.truncate(1)),
        AuditError::Receipt(_)
    ));
    assert!(matches!(
        refused(|audit| audit.tree_size = 0),
        AuditError::Receipt(_)
    ));
    assert!(matches!(
        refused(|audit| audit.bundle.values.nonce[0] ^= 1),
        AuditError::Entry { field: "bundle", .. }
    ));

    let text = original.to_json();
    for (from, to) in [
        ("hallmark-audit", "hallmark-proof"),
        (r#""version":1,"bundle""#, r#""version":2,"bundle""#),
        (r#""inclusion":{"tree_size":3"#, r#""inclusion":{"tree_size":4"#),
        (r#""receipt":{"index":1"#, r#""receipt":{"place":1"#),
        (r#""index\":1"#, r#""index\":0"#),
        (r#""path":[""#, r#""path":["0"#),
        (
            r#""path":["#,
            &format!(r#""path":[{}"#, format!(r#""{}","#, hex(&[1; 32])).repeat(64)),
        ),
        (r#"{"format""#, r#"{"extra":1,"format""#),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        assert!(Audit::parse(changed.as_bytes()).is_err(), "{from}");
    }
    let id = original.bundle.model_id;
    let mut other_key = original.clone();
    other_key.key.truncate(100);
    assert!(
        other_key
            .verify(&id, &VerifyOptions::default(), &KnownLog::default())
            .is_err()
    );
}

fn root(root: [u8; 32]) -> KnownLog {
    KnownLog {
        root: Some(root),
        key: None,
    }
}

/// A log's owner with its keys, and the time from which the first one signed; each next one follows a millisecond later.
struct Owner(Vec<SigningKey>, u64);

impl Owner {
    fn new(seeds: &[u8]) -> Self {
        Self(
            seeds
                .iter()
                .map(|seed| SigningKey::from_bytes(&[*seed; 32]))
                .collect(),
            0,
        )
    }

    fn key(&self, number: usize) -> LogKey {
        LogKey(self.0[number].verifying_key().to_bytes())
    }

    fn sign(&self, tree_size: u64, root: [u8; 32], time_ms: u64) -> SignedHead {
        let log = self.key(0);
        let rotations = (1..self.0.len()).map(|number| {
            let (old, key) = (self.key(number - 1), self.key(number));
            let since_ms = self.1 + number as u64;
            let message = rotation_message(&log, number as u64, &old, &key, since_ms);
            Rotation {
                key,
                since_ms,
                signature: self.0[number - 1].sign(&message).to_bytes(),
            }
        });
        let mut head = SignedHead {
            log,
            tree_size,
            root,
            time_ms,
            signature: [0; 64],
            rotations: rotations.collect(),
        };
        head.signature = self.0[self.0.len() - 1].sign(&head.message()).to_bytes();
        head
    }
}

/// A log of one's own making shows nothing, and the words say so.
#[test]
fn a_log_that_nobody_knows_shows_no_more_than_the_file() {
    let alone = "only shows that the file is consistent with itself";
    let mut audit = good();
    let words = |audit: &Audit, known: &KnownLog| audit.verify_receipt(known).unwrap().lines().join("\n");
    assert!(words(&audit, &KnownLog::default()).contains(alone));
    assert!(!words(&audit, &root(audit.root)).contains(alone));
    let owner = Owner::new(&[1, 2]);
    let known = |number| KnownLog {
        root: None,
        key: Some(owner.key(number)),
    };
    assert_eq!(audit.verify_receipt(&known(0)), Err(AuditError::NotSigned));
    audit.signed = Some(owner.sign(audit.tree_size, audit.root, 17));
    let text = audit.to_json();
    assert_eq!(Audit::parse(text.as_bytes()).as_ref(), Ok(&audit));
    // A signature by a key of one's own making is no better.
    assert!(words(&audit, &KnownLog::default()).contains(alone));
    assert!(words(&audit, &KnownLog::default()).contains("anybody can make a key"));
    // The log's name, and every key that it handed over to.
    for number in [0, 1] {
        assert!(!words(&audit, &known(number)).contains(alone));
    }
    let stranger = KnownLog {
        root: None,
        key: Some(Owner::new(&[3]).key(0)),
    };
    assert!(matches!(
        audit.verify_receipt(&stranger),
        Err(AuditError::Head(HeadError::OtherLog { .. }))
    ));
    // A wrong signature is refused even by those who know nothing.
    audit.signed.as_mut().unwrap().time_ms += 1;
    assert!(matches!(
        audit.verify_receipt(&KnownLog::default()),
        Err(AuditError::Head(HeadError::Signature { .. }))
    ));
    audit.signed = Some(owner.sign(audit.tree_size, [9; 32], 17));
    assert!(audit.verify_receipt(&KnownLog::default()).is_err());
}

#[test]
fn what_is_not_signed_by_the_logs_keys_is_refused() {
    let owner = Owner::new(&[1, 2, 3]);
    let head = owner.sign(5, [7; 32], 100);
    head.verify().unwrap();
    assert_eq!(SignedHead::parse(head.to_json().as_bytes()).as_ref(), Ok(&head));
    let changes: [fn(&mut SignedHead); 7] = [
        |head| head.tree_size = 6,
        |head| head.root[0] ^= 1,
        |head| head.time_ms += 1,
        |head| head.log.0[0] ^= 1,
        |head| head.signature[10] ^= 1,
        |head| head.rotations[0].since_ms += 1,
        |head| {
            head.rotations.remove(0);
        },
    ];
    for change in changes {
        let mut changed = head.clone();
        change(&mut changed);
        assert!(changed.verify().is_err(), "{changed:?}");
        let again = SignedHead::parse(changed.to_json().as_bytes()).unwrap();
        assert!(again.verify().is_err());
    }
    let mut endless = head.clone();
    endless.rotations = vec![head.rotations[0].clone(); 257];
    assert_eq!(endless.verify(), Err(HeadError::Rotations(257)));
    // A stranger's key cannot be slipped in.
    let stranger = Owner::new(&[1, 9]).sign(5, [7; 32], 100);
    let mut slipped = head.clone();
    slipped.rotations[1].key = stranger.rotations[0].key;
    slipped.signature = stranger.signature;
    assert!(matches!(slipped.verify(), Err(HeadError::Rotation { .. })));
}

#[test]
fn an_auditor_holds_one_head_against_the_next() {
    let owner = Owner::new(&[1]);
    let leaves = [1u8, 2, 3].map(|leaf| leaf_hash(&[leaf]));
    let pair = node_hash(&leaves[0], &leaves[1]);
    let (two, three) = (pair, node_hash(&pair, &leaves[2]));
    let (old, new) = (owner.sign(2, two, 10), owner.sign(3, three, 20));
    let proof = [leaves[2]];
    assert_eq!(compare(&old, &new, Some(&proof)), Ok(Compared::Continued));
    assert_eq!(compare(&new, &old, Some(&proof)), Ok(Compared::Continued));
    assert_eq!(compare(&old, &old, None), Ok(Compared::Same));
    assert!(matches!(
        compare(&old, &new, None),
        Err(HeadError::ProofNeeded { first: 2, second: 3 })
    ));
    assert_eq!(
        compare(&old, &new, Some(&[leaves[0]])),
        Err(HeadError::Proof(ReceiptError::NotAContinuation))
    );
    // After the log handed its key over.
    let rotated = Owner::new(&[1, 2]).sign(3, three, 30);
    assert_eq!(compare(&old, &rotated, Some(&proof)), Ok(Compared::Continued));
    // Evidence, said in words.
    let forked = compare(&new, &owner.sign(3, [8; 32], 21), None).unwrap_err();
    assert!(matches!(forked, HeadError::Forked { size: 3, .. }));
    assert!(forked.to_string().contains("evidence"), "{forked}");
    // Servers that answer side by side can sign in another order than they read.
    assert_eq!(
        compare(&new, &owner.sign(2, two, 600_020), Some(&proof)),
        Ok(Compared::Continued)
    );
    let shrunk = compare(&new, &owner.sign(2, two, 600_021), Some(&proof)).unwrap_err();
    assert_eq!(shrunk, HeadError::Shrunk { earlier: 3, later: 2 });
    // What the log did not sign is no evidence against it.
    let mut unsigned = new.clone();
    unsigned.root = [8; 32];
    assert!(matches!(
        compare(&new, &unsigned, None),
        Err(HeadError::Signature { .. })
    ));
    let other = Owner::new(&[5]).sign(3, three, 20);
    assert!(matches!(
        compare(&new, &other, None),
        Err(HeadError::OtherLog { .. })
    ));

    let text = format!(r#"{{"first":2,"second":3,"path":["{}"]}}"#, hex(&leaves[2]));
    assert_eq!(parse_consistency(text.as_bytes()), Ok((2, 3, proof.to_vec())));
}

/// A copy of the first key from before it was replaced signs as well as ever. A head under the key after it shows what that is.
#[test]
fn a_stolen_first_key_is_found_out_by_the_keys_after_it() {
    let leaves = [1u8, 2].map(|leaf| leaf_hash(&[leaf]));
    let (one, two) = (leaves[0], node_hash(&leaves[0], &leaves[1]));
    let proof = [leaves[1]];
    let owner = Owner::new(&[1, 2]);
    let (honest, first, second) = (owner.sign(2, two, 700_000), owner.key(0), owner.key(1));
    // Signed by the stolen key itself, of the same state and of another one.
    for (size, root) in [(2, two), (1, one), (2, [8; 32])] {
        let stolen = Owner::new(&[1]).sign(size, root, 600_002);
        stolen.verify().unwrap();
        let refused = Err(HeadError::Retired {
            key: first,
            time_ms: 600_002,
            since_ms: 1,
        });
        assert_eq!(compare(&honest, &stolen, Some(&proof)), refused);
        assert_eq!(compare(&stolen, &honest, Some(&proof)), refused);
        assert!(stolen.is_of(&second).is_err());
    }
    // Servers side by side: one still has the key that another one replaced.
    let beside = Owner::new(&[1]).sign(2, two, 600_001);
    assert_eq!(compare(&beside, &honest, None), Ok(Compared::Same));
    // Signed by keys that the stolen one handed over to.
    for keys in [&[1, 9][..], &[1, 9, 2]] {
        for (size, root) in [(2, two), (1, one)] {
            let stolen = Owner::new(keys).sign(size, root, 700_000);
            stolen.verify().unwrap();
            let found = compare(&honest, &stolen, Some(&proof)).unwrap_err();
            assert!(
                matches!(found, HeadError::TwoSuccessors { key, .. } if key == first),
                "{found:?}"
            );
            assert!(found.to_string().contains("evidence"), "{found}");
        }
    }
    let mut later = Owner::new(&[1, 2]);
    later.1 = 5;
    assert!(matches!(
        compare(&honest, &later.sign(2, two, 700_000), None),
        Err(HeadError::TwoSuccessors { .. })
    ));
}

#[test]
fn no_key_signs_before_it_is_one() {
    let mut owner = Owner::new(&[1, 2]);
    owner.1 = 1_000_000;
    owner.sign(2, [7; 32], 400_001).verify().unwrap();
    assert_eq!(
        owner.sign(2, [7; 32], 400_000).verify(),
        Err(HeadError::BeforeKey {
            key: owner.key(1),
            time_ms: 400_000,
            since_ms: 1_000_001
        })
    );
}

#[test]
fn a_later_answer_does_not_go_back() {
    let owner = Owner::new(&[1]);
    let leaves = [1u8, 2].map(|leaf| leaf_hash(&[leaf]));
    let (one, two) = (leaves[0], node_hash(&leaves[0], &leaves[1]));
    let proof = [leaves[1]];
    let (small, large) = (owner.sign(1, one, 10), owner.sign(2, two, 20));
    assert_eq!(
        compare_later(&small, &large, Some(&proof)),
        Ok(Compared::Continued)
    );
    assert_eq!(compare_later(&large, &large, None), Ok(Compared::Same));
    // The old head once more, with a proof and without.
    for proof in [None, Some(&proof[..])] {
        let back = compare_later(&large, &small, proof).unwrap_err();
        assert_eq!(
            back,
            HeadError::RolledBack {
                old: 2,
                old_ms: 20,
                new: 1,
                new_ms: 10
            }
        );
        assert!(back.to_string().contains("replays an old head"), "{back}");
    }
    // As many entries, at an earlier time.
    assert_eq!(
        compare_later(&owner.sign(2, two, 600_020), &large, None),
        Ok(Compared::Same)
    );
    assert!(matches!(
        compare_later(&owner.sign(2, two, 600_021), &large, None),
        Err(HeadError::RolledBack { .. })
    ));
    // What is evidence stays evidence.
    let shrunk = compare_later(&large, &owner.sign(1, one, 700_000), None);
    assert!(matches!(shrunk, Err(HeadError::Shrunk { .. })), "{shrunk:?}");
}

#[test]
fn what_an_entry_says_is_a_strangers_text() {
    let audit = audit(|model, digest| entry(model, digest, 1, "done").replace("job_1", "job\\u202e1"));
    let error = audit.verify_receipt(&KnownLog::default()).unwrap_err();
    assert!(error.to_string().contains("U+202E"), "{error}");
}
