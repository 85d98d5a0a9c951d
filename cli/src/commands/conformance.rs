//! `hallmark conformance`.

use crate::args::ConformanceArgs;
use crate::config::Config;
use crate::failure::{Failure, Kind};
use crate::table::{Align, table};
use hallmark::Error;
use hallmark::conformance::{Tested, Verdict, test, tests};
use rayon::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// Characters of a reason that are shown to people; JSON has all.
const SHOWN: usize = 100;

/// Runs every test and counts. Exit code 1 if an output is wrong.
pub fn run(args: &ConformanceArgs, config: &Config) -> Result<ExitCode, Failure> {
    let mut folders = tests(&args.folder)?;
    if let Some(text) = &args.only {
        folders.retain(|folder| {
            folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .contains(text)
        });
    }
    if folders.is_empty() {
        return Err(Error::NoTests(args.folder.clone()).into());
    }
    let surroundings = config.surroundings();
    let one = |folder| test(folder, args.prove, &surroundings);
    // A proof takes all threads, and memory for one of them.
    let tested: Vec<Tested> = match args.prove {
        true => folders
            .iter()
            .map(|folder| one(folder))
            .collect::<Result<_, _>>()?,
        false => folders
            .par_iter()
            .map(|folder| one(folder))
            .collect::<Result<_, _>>()?,
    };
    let counts = Counts::of(&tested);
    let value = json!({
        "tests": tested,
        "numeric": counts.numeric(),
        "right": counts.right,
        "bound": counts.bound,
        "proven": counts.proven,
        "refused": counts.refused,
        "wrong": counts.wrong,
        "foreign": counts.foreign,
    });
    config.console.result(&value, || counts.words(&tested))?;
    Ok(match counts.wrong {
        0 => ExitCode::SUCCESS,
        _ => Kind::Rejected.into(),
    })
}

/// Numbers of tests.
#[derive(Default)]
struct Counts {
    right: usize,
    /// Of those, with inputs bound to their values.
    bound: usize,
    /// Of those, with a proof.
    proven: usize,
    refused: usize,
    wrong: usize,
    foreign: usize,
}

impl Counts {
    fn of(tested: &[Tested]) -> Self {
        let mut counts = Self::default();
        for tested in tested {
            match &tested.verdict {
                Verdict::Right { bound, proven, .. } => {
                    counts.right += 1;
                    counts.bound += usize::from(!bound.is_empty());
                    counts.proven += usize::from(*proven);
                }
                Verdict::Refused { .. } => counts.refused += 1,
                Verdict::Wrong { .. } => counts.wrong += 1,
                Verdict::Foreign { .. } => counts.foreign += 1,
            }
        }
        counts
    }

    /// Tests of tensors of numbers.
    fn numeric(&self) -> usize {
        self.right + self.refused + self.wrong
    }

    fn words(&self, tested: &[Tested]) -> String {
        let share = |count: usize| format!("{:.1} %", 100.0 * count as f64 / self.numeric().max(1) as f64);
        let how = match self.proven {
            0 => "the integer model ran, the circuit was laid out, no proof was made".to_owned(),
            proven => format!("{proven} with a proof that was verified"),
        };
        let mut text = refusals(tested);
        text.push_str(&format!(
            "\n{} tests of tensors of numbers; {} of others (strings, sequences, narrow types) are not counted\n  right    {} \
             ({}; {how}; {} with inputs that had to be bound to their values)\n  refused  {} ({})\n  wrong    {} ({})\n",
            self.numeric(),
            self.foreign,
            self.right,
            share(self.right),
            self.bound,
            self.refused,
            share(self.refused),
            self.wrong,
            share(self.wrong),
        ));
        for tested in tested {
            if let Verdict::Wrong { difference } = &tested.verdict {
                text.push_str(&format!("WRONG {}: {difference}\n", tested.name));
            }
        }
        text
    }
}

/// A table of the refusals by operators, with the most frequent reason of each.
fn refusals(tested: &[Tested]) -> String {
    let mut groups: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for tested in tested {
        if let Verdict::Refused { reason, at } = &tested.verdict {
            *groups
                .entry(at.join(", "))
                .or_default()
                .entry(cause(reason))
                .or_default() += 1;
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(operators, reasons)| {
        (
            std::cmp::Reverse(reasons.values().sum::<usize>()),
            operators.clone(),
        )
    });
    let rows: Vec<Vec<String>> = groups
        .into_iter()
        .map(|(operators, reasons)| {
            let most = reasons.iter().max_by_key(|(_, count)| **count);
            vec![
                reasons.values().sum::<usize>().to_string(),
                operators.chars().take(SHOWN / 2).collect(),
                most.map(|(reason, _)| reason.clone()).unwrap_or_default(),
            ]
        })
        .collect();
    match rows.is_empty() {
        true => String::new(),
        false => table(
            &[
                ("refused", Align::Right),
                ("operator", Align::Left),
                ("most frequent reason", Align::Left),
            ],
            &rows,
        ),
    }
}

/// The reason without the list of nodes that it begins with and the node's name.
fn cause(reason: &str) -> String {
    let line = reason.lines().nth(1).unwrap_or(reason);
    let cause = line.split_once("): ").map_or(line, |(_, cause)| cause);
    cause.trim().chars().take(SHOWN).collect()
}
