//! Witnesses put together from whole executions: of other inputs, of other weights, and mixtures.

use crate::attacks::{all_of, by_another_model};
use crate::forger::{Cheat, Forger, Place, Rejection};
use crate::mutation::elements;
use crate::setting::Setting;
use crate::suite::{Case, Suite};
use hallmark_model::{TensorId, Trace};
use std::collections::{BTreeMap, BTreeSet};

/// All three kinds, of all cases.
pub fn check(suite: &Suite) {
    let (mut executions, mut models, mut mixtures) = (0, 0, 0);
    for make in suite.cases {
        let case = make();
        let setting = Setting::new(&case);
        let forger = Forger::new(&setting);
        models += weights_are_fixed(&forger);
        let Some(trace) = another_trace(&case) else {
            continue;
        };
        let other = Setting::of_plan(case.name, setting.plan.clone(), trace.into());
        let another = Forger::new(&other);
        another_execution_is_accepted(&forger, &another);
        executions += 1;
        mixtures += executions_do_not_mix(&forger, &another);
    }
    let least = &suite.at_least;
    assert!(
        executions >= least.executions && models >= least.models && mixtures >= least.mixtures,
        "{executions} other executions, {models} other models, {mixtures} mixtures"
    );
}

/// The execution on inputs close to the case's, so that few intervals are left; `None` if one is.
pub fn another_trace(case: &Case) -> Option<Trace> {
    let changed = |id: &TensorId| {
        let high = case.graph.tensors[id.0].interval.1;
        let mut tensor = case.trace.tensors[id.0].clone();
        tensor
            .iter_mut()
            .step_by(2)
            .for_each(|v| *v += if *v < high { 1 } else { -1 });
        tensor
    };
    let inputs: Vec<_> = case.graph.inputs.iter().map(changed).collect();
    case.graph.run(&inputs).ok()
}

/// The control: whatever the forger can do is enough to prove another execution.
fn another_execution_is_accepted(forger: &Forger<'_>, another: &Forger<'_>) {
    let cheat = all_of(forger, &another.honest);
    assert!(!cheat.changes.is_empty());
    assert_eq!(forger.try_out(&cheat), BTreeSet::new(), "{}", forger.setting.name);
}

/// Every cell is that of a model with another weight; only the fixed weights know better.
fn weights_are_fixed(forger: &Forger<'_>) -> usize {
    let mut tried = 0;
    for node in 0..forger.setting.plan.graph().nodes.len() {
        for change in [1, -1] {
            let Some(cheat) = by_another_model(forger, node, change) else {
                continue;
            };
            let expected = BTreeSet::from([Rejection::named("weight accumulator", "evaluation")]);
            let name = forger.setting.name;
            assert_eq!(forger.try_out(&cheat), expected, "{name}, node {node}");
            tried += 1;
        }
    }
    tried
}

/// Witnesses put together from two executions: one tensor's cells (with its public ones), or one group of copies, from one
/// of them and all the rest from the other. Every range and every function holds; the links between the parts do not.
fn executions_do_not_mix(forger: &Forger<'_>, another: &Forger<'_>) -> usize {
    let (mut spliced, case) = (0, forger.setting.name);
    let another = &another.honest;
    let everything = all_of(forger, another);
    let mut groups: BTreeMap<&str, BTreeSet<Place>> = BTreeMap::new();
    for element in elements(forger) {
        // Limbs and public values are cells of one tensor.
        let name = forger.frame().blocks[element.block]
            .name
            .split(" limb")
            .next()
            .unwrap_or_default();
        groups.entry(name).or_default().insert(element.place);
    }
    for (name, places) in groups {
        let (mut inside, mut outside) = (Cheat::default(), Cheat::default());
        for (place, value) in &everything.changes {
            let part = if places.contains(place) {
                &mut inside
            } else {
                &mut outside
            };
            part.changes.insert(*place, *value);
        }
        if inside.changes.is_empty() || outside.changes.is_empty() {
            continue;
        }
        // The factors of the dot section may be those of the other execution too, whatever they are copies of.
        let mut factors = outside.clone();
        if let Some([_, f, _]) = forger.strips().advice.dot {
            let values = another.advice[f].iter().enumerate();
            factors.overrides = values.map(|(row, value)| ((f, row), *value)).collect();
        }
        for cheat in [inside, outside, factors] {
            let rejections = forger.try_out(&cheat);
            assert!(!rejections.is_empty(), "{case}: {name} of another execution");
            assert!(
                !rejections.contains(&Rejection::named("lookup sum", "ends at zero")),
                "{case}: {name}: {rejections:?}"
            );
            spliced += 1;
        }
    }
    spliced
}
