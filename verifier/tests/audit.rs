//! Audit files: what is read is what was written, and the receipt has to be this proof's. The proofs in them are checked
//! with real ones in the server's tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use hallmark_verifier::audit::{Audit, AuditError};
use hallmark_verifier::receipt::{ReceiptError, leaf_hash, node_hash};
use hallmark_verifier::{VerifyOptions, Visibility};
use sha2::{Digest, Sha256};
use support::{bundle, key};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn entry(model_id: &str, digest: &str, index: u64, state: &str) -> String {
    format!(
        r#"{{"version":1,"index":{index},"job":"job_1","kind":"prove","state":"{state}","model_id":"{model_id}","bundle":"{digest}","finished_ms":17}}"#
    )
}

/// The proof's entry is the second of three.
fn audit(entry: impl Fn(&str, &str) -> String) -> Audit {
    let bundle = bundle(&key(), Visibility::Public);
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
    let logged = audit.verify_receipt(None).unwrap();
    assert_eq!(
        (logged.index, logged.tree_size, logged.job.as_str()),
        (1, 3, "job_1")
    );
    assert_eq!((logged.finished_ms, logged.root), (Some(17), hex(&audit.root)));
    audit.verify_receipt(Some(&audit.root)).unwrap();
    let other = audit.verify_receipt(Some(&[9; 32]));
    assert!(matches!(other, Err(AuditError::OtherLog { .. })), "{other:?}");
}

#[test]
fn receipts_of_something_else_are_refused() {
    let field = |audit: Audit| match audit.verify_receipt(None) {
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
    let not_json = audit(|_, _| "words".to_owned()).verify_receipt(None);
    assert!(matches!(not_json, Err(AuditError::Proof(_))), "{not_json:?}");
}

#[test]
fn altered_files_are_refused() {
    let original = good();
    let refused = |change: fn(&mut Audit)| {
        let mut audit = original.clone();
        change(&mut audit);
        audit.verify_receipt(None).unwrap_err()
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
    assert!(other_key.verify(&id, &VerifyOptions::default(), None).is_err());
}
