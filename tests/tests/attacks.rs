//! Targeted forgeries: several cells are changed so that all but one constraint hold, and that one must reject.

#[path = "attacks/arg_max.rs"]
mod arg_max;
#[path = "attacks/floor_div.rs"]
mod floor_div;
#[path = "attacks/isqrt.rs"]
mod isqrt;
#[path = "attacks/linear.rs"]
mod linear;
#[path = "attacks/lookup.rs"]
mod lookup;
#[path = "attacks/max_pool.rs"]
mod max_pool;
#[path = "attacks/requantize.rs"]
mod requantize;
#[path = "attacks/reshape.rs"]
mod reshape;

use hallmark_circuits::internals::block::{Bank, Block};
use hallmark_tests::attacks::{ArgMax, add, blocks, groups, public, raise};
use hallmark_tests::forger::{Cheat, CopyKind, Forger, Place, Rejection};
use hallmark_tests::mutation::{elements, place_of};
use hallmark_tests::setting::Setting;
use hallmark_tests::suite::{self, Case};
use hallmark_verifier::integer;
use std::collections::BTreeSet;

fn no_such_entry() -> BTreeSet<Rejection> {
    BTreeSet::from([Rejection::named("lookup sum", "ends at zero")])
}

fn only(gate: &str, name: &str) -> BTreeSet<Rejection> {
    BTreeSet::from([Rejection::named(gate, name)])
}

fn with(case: Case, check: impl FnOnce(&Forger<'_>)) {
    let setting = Setting::new(&case);
    check(&Forger::new(&setting));
}
