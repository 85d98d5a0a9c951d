//! Audit files, signed heads of a receipt log and proofs between two of them, of any bytes.
#![no_main]

use hallmark_verifier::audit::{Audit, KnownLog};
use hallmark_verifier::log_head::{SignedHead, parse_consistency};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(audit) = Audit::parse(data) {
        let _ = audit.verify_receipt(&KnownLog::default());
        assert_eq!(Audit::parse(audit.to_json().as_bytes()).as_ref(), Ok(&audit));
    }
    if let Ok(head) = SignedHead::parse(data) {
        let _ = head.verify();
        assert_eq!(SignedHead::parse(head.to_json().as_bytes()).as_ref(), Ok(&head));
    }
    let _ = parse_consistency(data);
});
