//! Seeded mutation of keys and bundles: decoders and the verifier never panic, whatever decodes is encoded to the
//! same bytes again, and nothing mutated is accepted.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use hallmark_verifier::{Bundle, Form, Problem, VerifyError, VerifyingKey, verify, verify_batch};
use support::{Random, bundle, key};

/// One to four random edits: bits, bytes, little-endian lengths, deletions, repetitions.
fn mutate(original: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        match random.below(8) {
            0 | 1 => bytes[at] ^= 1 << random.below(8),
            2 => bytes[at] = random.next() as u8,
            3 => {
                let extreme = [0u32, 1, 255, 0x7fff_ffff, 0x8000_0000, u32::MAX][random.below(6)];
                for (byte, new) in bytes[at..].iter_mut().zip(extreme.to_le_bytes()) {
                    *byte = new;
                }
            }
            4 => bytes.truncate(at.max(1)),
            5 => {
                let end = (at + random.below(64)).min(bytes.len());
                bytes.drain(at..end.max(at + 1).min(bytes.len()));
            }
            6 => {
                let end = (at + random.below(64)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            _ => bytes.extend((0..random.below(40)).map(|_| random.next() as u8)),
        }
        if bytes.is_empty() {
            bytes.push(random.next() as u8);
        }
    }
    bytes
}

#[test]
fn mutated_keys() {
    let original = key();
    let bytes = original.to_bytes();
    assert_eq!(VerifyingKey::from_bytes(&bytes).unwrap(), original);
    let mut random = Random(1);
    let mut decoded = 0;
    for case in 0..24_000 {
        let mutated = mutate(&bytes, &mut random);
        if let Ok(key) = VerifyingKey::from_bytes(&mutated) {
            assert_eq!(key.to_bytes(), mutated, "case {case}: two encodings of one key");
            assert_eq!(
                key.model_id() == original.model_id(),
                mutated == bytes,
                "case {case}"
            );
            decoded += 1;
        }
    }
    // Digests, names and the like can change without harm to the form.
    assert!((500..12_000).contains(&decoded), "{decoded} decoded");
}

#[test]
fn every_truncated_key_is_refused_with_its_offset() {
    let bytes = key().to_bytes();
    for length in 0..bytes.len() {
        match VerifyingKey::from_bytes(&bytes[..length]) {
            Err(VerifyError::Malformed { offset, .. }) => assert!(offset <= length),
            other => panic!("{length}: {other:?}"),
        }
    }
}

#[test]
fn mutated_binary_bundles() {
    let key = key();
    let mut random = Random(2);
    for form in [Form::PUBLIC, Form::PRIVATE_INPUT] {
        let original = bundle(&key, form);
        let bytes = original.to_bytes();
        assert_eq!(Bundle::parse(&bytes).unwrap(), original);
        for case in 0..30_000 {
            let mutated = mutate(&bytes, &mut random);
            if let Ok(bundle) = Bundle::parse(&mutated) {
                assert_eq!(
                    bundle.to_bytes(),
                    mutated,
                    "case {case}: two encodings of one bundle"
                );
            }
        }
    }
}

#[test]
fn mutated_json_bundles() {
    let key = key();
    let mut random = Random(3);
    for form in [Form::PUBLIC, Form::PRIVATE_INPUT] {
        let original = bundle(&key, form);
        let json = original.to_json();
        assert_eq!(Bundle::parse(json.as_bytes()).unwrap(), original);
        for case in 0..20_000 {
            let mutated = mutate(json.as_bytes(), &mut random);
            if let Ok(bundle) = Bundle::parse(&mutated) {
                assert_eq!(Bundle::parse(&bundle.to_bytes()).unwrap(), bundle, "case {case}");
            }
        }
    }
}

#[test]
fn json_is_strict() {
    let key = key();
    let json = bundle(&key, Form::PUBLIC).to_json();
    let rejected = |from: &str, to: &str| {
        assert!(json.contains(from), "{from} in {json}");
        Bundle::parse(json.replacen(from, to, 1).as_bytes())
            .unwrap_err()
            .to_string()
    };
    assert!(rejected("\"version\":2", "\"version\":1").contains("version 1"));
    assert!(rejected("\"version\":2", "\"version\":2,\"version\":2").contains("duplicate field"));
    assert!(rejected("\"version\":2", "\"version\":2,\"readable\":1").contains("unknown field"));
    assert!(rejected("hallmark-proof", "other-proof").contains("format"));
    assert!(rejected("127", "127.0").contains("byte"));
    assert!(rejected("127", "9223372036854775808").contains("JSON"));
    assert!(rejected("\"nonce\":\"04", "\"nonce\":\"0G").contains("nonce"));
    assert!(rejected("\"nonce\":\"04", "\"nonce\":\"04aa").contains("hexadecimal"));
    assert!(
        rejected("\"srs_digest\":", "\"srs\":{\"insecure\":false},\"srs_digest\":").contains("unknown field")
    );
    assert!(rejected("blake2b", "sha").contains("transcript"));
    assert!(Bundle::parse(format!("{json}x").as_bytes()).is_err());
    assert!(Bundle::parse(b"").is_err());
    // Base64 that decodes to the same bytes in two ways.
    let proof = json.split("\"proof\":\"").nth(1).unwrap().trim_end_matches("\"}");
    let open = proof.trim_end_matches('=');
    assert!(rejected(&format!("{proof}\"}}"), &format!("{open}\"}}")).contains("base64") || open == proof);
}

#[test]
fn mutated_bundles_are_not_accepted() {
    let key = key();
    let id = key.model_id();
    let mut random = Random(4);
    let original = bundle(&key, Form::PUBLIC);
    assert!(verify(&key, &id, &original).is_err());
    for _ in 0..3_000 {
        let mut changed = original.clone();
        changed.proof = mutate(&original.proof, &mut random);
        assert!(verify(&key, &id, &changed).is_err());
        if random.below(20) == 0 {
            assert!(verify_batch(&[(&key, &id, &changed), (&key, &id, &original)]).is_err());
        }
    }
}

#[test]
fn sizes_are_limited_before_anything_is_allocated() {
    let bytes = bundle(&key(), Form::PUBLIC).to_bytes();
    // The count of input tensors follows magic, version, id, two tags, digest, nonce and a flag.
    let count = 8 + 4 + 32 + 2 + 32 + 32 + 1;
    for claimed in [1025u32, u32::MAX] {
        let mut changed = bytes.clone();
        changed[count..count + 4].copy_from_slice(&claimed.to_le_bytes());
        let error = Bundle::parse(&changed).unwrap_err();
        assert!(
            matches!(error, VerifyError::Malformed { problem: Problem::TooLarge { limit: 1024, .. }, offset, .. } if offset == count),
            "{error}"
        );
    }
    let mut changed = bytes.clone();
    changed[count + 4..count + 8].copy_from_slice(&(1u32 << 22).to_le_bytes());
    assert!(matches!(
        Bundle::parse(&changed).unwrap_err(),
        VerifyError::Malformed {
            problem: Problem::Truncated { .. },
            ..
        }
    ));
}
