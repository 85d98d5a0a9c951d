//! A key file and a bundle of any bytes: neither decoding nor verifying panics, hangs or takes memory.
//!
//! The input is a `u32` length, a key of that length, and a bundle. The bundle is made to name the key, or nearly every input would
//! end at the comparison of ids.
#![no_main]

use hallmark_verifier::{Bundle, VerifyingKey, verify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((length, rest)) = data.split_first_chunk::<4>() else {
        return;
    };
    let length = (u32::from_le_bytes(*length) as usize).min(rest.len());
    let (key, bundle) = rest.split_at(length);
    let Ok(key) = VerifyingKey::from_bytes(key) else {
        return;
    };
    assert_eq!(VerifyingKey::from_bytes(&key.to_bytes()).as_ref(), Ok(&key));
    let Ok(mut bundle) = Bundle::parse(bundle) else {
        return;
    };
    bundle.model_id = key.model_id();
    bundle.srs_digest = key.srs().digest();
    let _ = verify(&key, &key.model_id(), &bundle);
});
