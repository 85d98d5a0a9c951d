//! What calls cost: the parts, and the estimate that needs no EVM.

use super::Model;
use hallmark_circuits::Target;
use hallmark_evm::{Claim, artifacts};
use hallmark_evm_execution::{Chain, MAX_GAS};
use hallmark_verifier::{Form, TranscriptKind};

/// Greatest difference between estimate and execution, of a thousand.
const TOLERANCE: u64 = 10;

#[test]
fn parts_add_up_and_the_estimate_is_close() {
    let mut chain = Chain::default();
    let verifier = chain.deploy(&artifacts::verifier().unwrap().init_code()).unwrap();
    for target in [Target::Evm, Target::Fast] {
        for form in [Form::PUBLIC, Form::PRIVATE_INPUT] {
            let model = Model::with_target(form, target);
            let bundle = model.bundle([0x77; 32], Some(TranscriptKind::Keccak));
            let claim = Claim::new(&model.evm, &bundle).unwrap();
            let key = chain.deploy(&model.evm.init_code()).unwrap();
            let call = claim.verify(&key.address);
            let outcome = chain.call(&verifier.address, &call, MAX_GAS).unwrap();
            let gas = outcome.gas().unwrap();
            let parts = chain.profile(&verifier.address, &call).unwrap();
            assert_eq!(parts.total(), gas, "{parts:?}");
            // 16 for every byte that is not zero, 4 for the others (EIP-2028).
            let bytes = call
                .iter()
                .map(|byte| if *byte == 0 { 4 } else { 16 })
                .sum::<u64>();
            assert_eq!(parts.calldata, bytes);
            // EIP-1108: 45,000 and 34,000 for each of two pairs.
            assert!((113_000..115_000).contains(&parts.pairing), "{parts:?}");

            let estimate = model.evm.gas_of_call(&call);
            let close = |found: u64| found.abs_diff(gas) * 1000 <= TOLERANCE * gas;
            assert!(
                close(estimate.total()),
                "{target:?}, {form}: {estimate:?}, not {parts:?}"
            );
            assert!(close(model.evm.gas_estimate().total()), "{target:?}, {form}");
        }
    }
}
