//! Where intervals end.

use crate::forger::{Cheat, Forger, Rejection};
use crate::mutation::elements;
use crate::setting::Setting;
use crate::suite::Suite;
use hallmark_circuits::internals::block::Bank;
use hallmark_verifier::integer;
use std::collections::BTreeSet;

/// Values just outside every table, with the helpers that the gates ask for and with honest helpers.
pub fn check(suite: &Suite) {
    let no_such_entry = BTreeSet::from([Rejection::named("lookup sum", "ends at zero")]);
    for make in suite.cases {
        let setting = Setting::new(&make());
        let forger = &Forger::new(&setting);

        for element in elements(forger) {
            let block = &forger.frame().blocks[element.block];
            let (Some(table), Bank::Single | Bank::Pair) = (block.table, block.bank) else {
                continue;
            };
            if element.field > 0 && block.bank == Bank::Pair {
                continue;
            }
            let length = forger.frame().tables.spec(table).len() as i64;
            for value in [-1, length, i64::MIN, i64::MAX] {
                let mut cheat = Cheat::with([(element.place, integer(value))]);
                assert!(
                    forger.try_out(&cheat).is_superset(&no_such_entry),
                    "{} {value}",
                    block.name
                );
                let helpers = &forger.strips().advice.helpers[&block.bank];
                cheat.stale.extend(helpers);
                let names = forger.try_out(&cheat);
                let helper = |r: &Rejection| matches!(r, Rejection::Constraint(_, name) if name == "helper");
                assert!(names.iter().any(helper), "{} {value}", block.name);
            }
        }
    }
}
