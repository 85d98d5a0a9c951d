//! Bundles, audit files and log heads of any bytes, in all their forms.
#![no_main]

use hallmark_verifier::Bundle;
use hallmark_verifier::audit::{Audit, KnownLog};
use hallmark_verifier::log_head::{SignedHead, parse_consistency};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(bundle) = Bundle::parse(data) {
        assert_eq!(Bundle::parse(&bundle.to_bytes()).as_ref(), Ok(&bundle));
        assert_eq!(Bundle::parse(bundle.to_json().as_bytes()).as_ref(), Ok(&bundle));
    }
    if let Ok(audit) = Audit::parse(data) {
        let _ = audit.verify_receipt(&KnownLog::default());
    }
    if let Ok(head) = SignedHead::parse(data) {
        let _ = head.verify();
    }
    let _ = parse_consistency(data);
});
