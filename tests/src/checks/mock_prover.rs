//! What halo2's MockProver says.

use crate::forger::{Cheat, Forger, Place, Rejection};
use crate::mutation::{elements, padding};
use crate::setting::{NONCE, Setting};
use crate::suite::Suite;
use hallmark_circuits::internals::block::Bank;
use hallmark_circuits::{ModelCircuit, Witness};
use hallmark_verifier::integer;
use halo2_proofs::dev::MockProver;
use halo2_proofs::halo2curves::bn256::Fr;
use std::sync::Arc;

/// halo2's MockProver says the same about forgeries as the forger, where the witness can express them.
pub fn check(suite: &Suite) {
    let (mut accepted, mut rejected) = (0, 0);
    for make in suite.cases {
        let setting = Setting::new(&make());
        let forger = Forger::new(&setting);
        let witness = setting.witness();
        let instances = witness.instances().to_vec();
        assert!(
            mock(&setting, witness, instances),
            "{}: the honest witness",
            setting.name
        );
        let places = padding(&forger).into_iter().step_by(5);
        let places = places.chain(elements(&forger).into_iter().map(|e| e.place).step_by(29));
        for place in places {
            let Place::Advice(column, _) = place else { continue };
            let columns = forger.forge(&Cheat::with([(place, forger.honest.get(place) + integer(1))]));
            let outside = forger.lane(column).is_some_and(|(bank, _)| {
                let end = Rejection::named("lookup sum", "ends at zero");
                matches!(bank, Bank::Single | Bank::Pair) && forger.rejections(&columns).contains(&end)
            });
            if outside {
                continue;
            }
            let mut witness = Witness::new(&setting.plan, &setting.trace, NONCE).unwrap();
            for (index, stored) in witness.stored_mut().iter_mut().enumerate() {
                let small =
                    |value: &hallmark_verifier::Fr| (0..1 << 24).find(|v| integer(*v) == *value).unwrap();
                let changed = columns.advice[index].iter().zip(&forger.honest.advice[index]);
                for (cell, (new, _)) in stored
                    .iter_mut()
                    .zip(changed)
                    .filter(|(_, (new, old))| new != old)
                {
                    *cell = small(new);
                }
            }
            let instances = witness.instances().to_vec();
            let verdict = forger.rejections(&columns).is_empty();
            assert_eq!(
                mock(&setting, witness, instances),
                verdict,
                "{} {place:?}",
                setting.name
            );
            if verdict { accepted += 1 } else { rejected += 1 }
        }
    }
    let least = &suite.at_least;
    assert!(
        accepted >= least.mock_accepted && rejected >= least.mock_rejected,
        "{accepted} accepted, {rejected} rejected"
    );
}

/// Whether MockProver accepts a witness for these public values.
pub fn mock(setting: &Setting, witness: Witness, instances: Vec<Vec<Fr>>) -> bool {
    let circuit = ModelCircuit::prove(Arc::clone(&setting.plan), Arc::new(witness));
    MockProver::run(setting.plan.k(), &circuit, instances)
        .unwrap()
        .verify()
        .is_ok()
}
