//! `--profile`: where the time goes, as a tree of stages and as a Chrome trace.

use crate::failure::Failure;
use crate::output::{duration, size};
use serde_json::{Value, json};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// A stage that began, and perhaps ended.
#[derive(Clone, Debug)]
struct Recorded {
    name: String,
    /// Size of the columns that it works on, 32 bytes per element.
    bytes: Option<u64>,
    parent: Option<usize>,
    start: Duration,
    length: Option<Duration>,
}

/// What happened since [`Profile::start`].
#[derive(Clone)]
pub struct Profile {
    start: Instant,
    stages: Arc<Mutex<Vec<Recorded>>>,
}

impl Profile {
    /// Records the library's spans from now on.
    ///
    /// # Errors
    /// An internal failure if something else records them already.
    pub fn start() -> Result<Self, Failure> {
        let profile = Self::new();
        let subscriber = tracing_subscriber::registry().with(profile.clone());
        tracing::subscriber::set_global_default(subscriber).map_err(Failure::internal)?;
        Ok(profile)
    }

    fn new() -> Self {
        Self {
            start: Instant::now(),
            stages: Arc::default(),
        }
    }

    fn stages(&self) -> Vec<Recorded> {
        self.stages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A line per stage: time, share of its parent's time, bytes, bytes per second.
    pub fn tree(&self) -> String {
        let stages = self.stages();
        let mut text = String::new();
        let mut open: Vec<(usize, usize)> = (0..stages.len())
            .rev()
            .filter(|i| stages.get(*i).is_some_and(|stage| stage.parent.is_none()))
            .map(|i| (i, 0))
            .collect();
        while let Some((index, depth)) = open.pop() {
            let Some(stage) = stages.get(index) else { continue };
            text.push_str(&line(stage, depth, stage.parent.and_then(|p| stages.get(p))));
            let children = stages.iter().enumerate().rev();
            open.extend(
                children
                    .filter(|(_, child)| child.parent == Some(index))
                    .map(|(i, _)| (i, depth + 1)),
            );
        }
        text
    }

    /// The stages in the format of Chrome's `about:tracing` and of Perfetto.
    pub fn chrome_trace(&self) -> Value {
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        let events: Vec<Value> = self
            .stages()
            .iter()
            .filter_map(|stage| {
                let length = stage.length?;
                Some(json!({
                    "name": stage.name, "ph": "X", "pid": 1, "tid": 1,
                    "ts": micros(stage.start), "dur": micros(length),
                    "args": { "bytes": stage.bytes },
                }))
            })
            .collect();
        json!({ "traceEvents": events, "displayTimeUnit": "ms" })
    }

    /// Writes [`Self::chrome_trace`] to a file.
    ///
    /// # Errors
    /// A failure that names the file.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        std::fs::write(path, self.chrome_trace().to_string())
            .map_err(|error| Failure::file("writing", path, &error))
    }
}

fn line(stage: &Recorded, depth: usize, parent: Option<&Recorded>) -> String {
    let name = format!("{:indent$}{}", "", stage.name, indent = 2 * depth);
    let Some(length) = stage.length else {
        return format!("{name}: did not end\n");
    };
    let seconds = length.as_secs_f64();
    let share = parent
        .and_then(|parent| parent.length)
        .map_or(String::new(), |whole| {
            format!("{:.0} %", 100.0 * seconds / whole.as_secs_f64().max(1e-9))
        });
    let (bytes, rate) = stage.bytes.map_or_else(Default::default, |bytes| {
        let rate = (bytes as f64 / seconds.max(1e-9)) as u64;
        (size(bytes), format!("{}/s", size(rate)))
    });
    let text = format!(
        "{name:<34} {:>9} {share:>6} {bytes:>10} {rate:>12}",
        duration(length)
    );
    format!("{}\n", text.trim_end())
}

/// Index of a span's stage.
struct Index(usize);

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Profile {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let parent = span
            .parent()
            .and_then(|parent| parent.extensions().get::<Index>().map(|index| index.0));
        let mut stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        span.extensions_mut().insert(Index(stages.len()));
        stages.push(Recorded {
            name: fields.step.unwrap_or_else(|| span.name().to_owned()),
            bytes: fields.bytes,
            parent,
            start: self.start.elapsed(),
            length: None,
        });
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let now = self.start.elapsed();
        let index = context
            .span(&id)
            .and_then(|span| span.extensions().get::<Index>().map(|index| index.0));
        let mut stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stage) = index.and_then(|index| stages.get_mut(index)) {
            stage.length = Some(now.saturating_sub(stage.start));
        }
    }
}

/// The fields that are shown.
#[derive(Default)]
struct Fields {
    step: Option<String>,
    bytes: Option<u64>,
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "bytes" {
            self.bytes = Some(value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "step" {
            self.step = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_spans_become_a_tree_and_a_trace() {
        let profile = Profile::new();
        let subscriber = tracing_subscriber::registry().with(profile.clone());
        tracing::subscriber::with_default(subscriber, || {
            let _outer = tracing::info_span!("stage", step = "proving").entered();
            tracing::debug_span!("inner", bytes = 64_000_000usize).in_scope(|| ());
            tracing::debug_span!("last").in_scope(|| ());
        });
        let tree = profile.tree();
        let names: Vec<&str> = tree
            .lines()
            .map(|l| l.split("  ").find(|w| !w.is_empty()).unwrap())
            .collect();
        assert_eq!(names.len(), 3, "{tree}");
        assert!(tree.starts_with("proving "), "{tree}");
        assert!(tree.lines().nth(1).unwrap().starts_with("  inner"), "{tree}");
        assert!(tree.contains("64.0 MB"), "{tree}");
        let trace = profile.chrome_trace();
        let events = trace["traceEvents"].as_array().unwrap();
        assert_eq!(events.len(), 3);
        let end = |event: &Value| event["ts"].as_f64().unwrap() + event["dur"].as_f64().unwrap();
        assert!(events[1]["ts"].as_f64() >= events[0]["ts"].as_f64());
        assert!(end(&events[2]) <= end(&events[0]));
        assert_eq!(events[1]["args"]["bytes"], 64_000_000);
    }
}
