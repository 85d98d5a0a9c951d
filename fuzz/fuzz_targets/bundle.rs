//! Proof files of any bytes, binary and JSON: what is accepted is one value with one encoding of each form.
#![no_main]

use hallmark_verifier::Bundle;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(bundle) = Bundle::parse(data) else { return };
    assert_eq!(Bundle::parse(&bundle.to_bytes()).as_ref(), Ok(&bundle));
    assert_eq!(Bundle::parse(bundle.to_json().as_bytes()).as_ref(), Ok(&bundle));
});
