//! How long jobs take here: what estimates are corrected by.

use super::StoreError;
use super::sql::{Tx, args};
use crate::job::{JobKind, JobRecord, JobSpec};
use std::collections::HashMap;

/// Microseconds in a millisecond.
const MICROS: i64 = 1000;
/// A compilation, before there was any.
const FIRST_COMPILATION_MS: i64 = 5_000;
/// No setting lets an attempt take longer, whatever an estimate says.
const LONGEST_MS: i64 = 86_400_000;
/// By how much an estimate for a model that was never proven may be corrected by what other models took.
const GREATEST_FACTOR: i64 = 100;

/// Averages of jobs of one subject: a model with a kind of statement, or all of a kind.
#[derive(Clone, Copy, Debug)]
struct Pace {
    used_us: i64,
    estimated_us: i64,
}

/// What was looked up; jobs of one submission are mostly of one model.
#[derive(Debug, Default)]
pub(super) struct Paces(HashMap<String, Option<Pace>>);

impl Paces {
    /// How long an attempt is expected to take, in milliseconds, at least 1. `estimate_ms` is the planner's, made without knowing this
    /// machine.
    pub(super) async fn expected_ms(
        &mut self,
        tx: &mut Tx,
        spec: &JobSpec,
        estimate_ms: Option<i64>,
    ) -> Result<i64, StoreError> {
        if let Some(model) = subject(spec)
            && let Some(pace) = self.get(tx, &model).await?
        {
            return Ok((pace.used_us / MICROS).clamp(1, LONGEST_MS));
        }
        let others = self.get(tx, spec.kind().word()).await?;
        let expected = match (spec.kind(), estimate_ms, others) {
            (_, Some(estimate), Some(pace)) if pace.estimated_us > 0 => {
                let corrected =
                    i128::from(estimate) * i128::from(pace.used_us) / i128::from(pace.estimated_us);
                let most = estimate.saturating_mul(GREATEST_FACTOR);
                i64::try_from(corrected).unwrap_or(most).min(most)
            }
            (_, Some(estimate), _) => estimate,
            (_, None, Some(pace)) => pace.used_us / MICROS,
            (JobKind::Compile, None, None) => FIRST_COMPILATION_MS,
            (JobKind::Prove, None, None) => 0,
        };
        Ok(expected.clamp(1, LONGEST_MS))
    }

    async fn get(&mut self, tx: &mut Tx, subject: &str) -> Result<Option<Pace>, StoreError> {
        if let Some(known) = self.0.get(subject) {
            return Ok(*known);
        }
        let row: Option<(i64, i64)> = tx
            .optional(
                "SELECT used_us, estimated_us FROM paces WHERE subject = $1",
                args![subject],
            )
            .await?;
        let pace = row.map(|(used_us, estimated_us)| Pace {
            used_us,
            estimated_us,
        });
        self.0.insert(subject.to_owned(), pace);
        Ok(pace)
    }
}

/// What a proof has in common with those that take as long.
fn subject(spec: &JobSpec) -> Option<String> {
    match spec {
        JobSpec::Prove(spec) => {
            let visibility = if spec.private_input { "private" } else { "public" };
            Some(format!("prove {} {visibility}", spec.model_id))
        }
        JobSpec::Compile(_) => None,
    }
}

/// Notes how long an attempt took that did its work: the first eight count alike, from then on each moves the average by an eighth.
pub(super) async fn learn(tx: &mut Tx, job: &JobRecord, used_ms: i64) -> Result<(), StoreError> {
    let kind = Some(job.kind.word().to_owned());
    for subject in [subject(&job.spec), kind].into_iter().flatten() {
        tx.execute(
            "INSERT INTO paces (subject, jobs, used_us, estimated_us) VALUES ($1, 1, $2, $3) \
             ON CONFLICT (subject) DO UPDATE SET jobs = paces.jobs + 1, \
             used_us = paces.used_us + (excluded.used_us - paces.used_us) / (CASE WHEN paces.jobs < 7 THEN paces.jobs + 1 ELSE 8 END), \
             estimated_us = paces.estimated_us + (excluded.estimated_us - paces.estimated_us) \
             / (CASE WHEN paces.jobs < 7 THEN paces.jobs + 1 ELSE 8 END)",
            args![
                subject,
                used_ms.saturating_mul(MICROS),
                job.estimate_ms.unwrap_or(0).saturating_mul(MICROS)
            ],
        )
        .await?;
    }
    Ok(())
}
