//! Log lines on standard error, and traces to a collector if there is one.

use super::error::TelemetryError;
use super::export;
use crate::settings::{self, LogFormat};
use hallmark_verifier::name::is_acceptable_character;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::fmt::{self, Write as _};
use std::io::IsTerminal;
use std::time::Duration;
use tracing::field::Field;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// Longest time that the last spans get at shutdown.
const FLUSH: Duration = Duration::from_secs(5);

/// Logging under way. Hand it to [`Telemetry::stop`] at the end, or the last spans are lost.
#[must_use = "the last spans are sent by `stop`"]
#[derive(Debug)]
pub struct Telemetry {
    provider: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Sends what has not been sent.
    pub async fn stop(self) {
        let Some(provider) = self.provider else { return };
        // The exporter needs this runtime while it is waited for.
        let stopped = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FLUSH)).await;
        if let Ok(Err(error)) = stopped {
            tracing::warn!(%error, "the last spans did not reach the collector");
        }
    }
}

/// Starts logging for the whole process. Call it once, within the runtime. `service` names the process in traces.
///
/// # Errors
/// [`TelemetryError`].
pub fn start(settings: &settings::Telemetry, service: &'static str) -> Result<Telemetry, TelemetryError> {
    let provider = export::provider(&settings.otlp_endpoint, service)?;
    let traces = provider.as_ref().map(|provider| {
        // The exporter's own requests would make spans, which would be exported.
        let own = EnvFilter::new("info,hyper=off,hyper_util=off,reqwest=off,opentelemetry=off,h2=off");
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("hallmark"))
            .with_filter(own)
    });
    Registry::default()
        .with(lines(settings)?)
        .with(traces)
        .try_init()
        .map_err(|_| TelemetryError::Started)?;
    Ok(Telemetry { provider })
}

/// The layer that writes lines.
fn lines(settings: &settings::Telemetry) -> Result<Box<dyn Layer<Registry> + Send + Sync>, TelemetryError> {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse(&settings.log)
        .map_err(|error| TelemetryError::Filter {
            value: settings.log.clone(),
            problem: error.to_string(),
        })?;
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    Ok(match settings.log_format {
        LogFormat::Text => layer
            .fmt_fields(fields())
            .with_ansi(std::io::stderr().is_terminal())
            .with_filter(filter)
            .boxed(),
        LogFormat::Json => layer
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(true)
            .with_filter(filter)
            .boxed(),
    })
}

/// How fields are written in lines for people. Errors and last words of children quote what strangers sent: a line end in it
/// would begin a line that looks like another event, and terminals obey other characters.
fn fields() -> impl for<'writer> FormatFields<'writer> + Send + Sync + 'static {
    let write = |writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug| match field.name() {
        "message" => write!(Escaped(writer), "{value:?}"),
        name => write!(Escaped(writer), "{name}={value:?}"),
    };
    debug_fn(write).delimited(" ")
}

/// Writes out what acts on a terminal or on the reader of a line.
struct Escaped<'a, W>(&'a mut W);

impl<W: fmt::Write> fmt::Write for Escaped<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '\n' => self.0.write_str("\\n")?,
                seen if is_acceptable_character(seen) => self.0.write_char(seen)?,
                other => write!(self.0, "{}", other.escape_unicode())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_event_is_one_line_whatever_it_quotes() {
        let hostile = "x\r\n2026-01-01T00:00:00Z  INFO forged\u{1b}[2J\u{9b}1m\u{2028}\u{202e}\u{85}y";
        let kept = Kept::default();
        let written = kept.clone();
        let subscriber = Registry::default().with(
            tracing_subscriber::fmt::layer()
                .with_writer(move || written.clone())
                .fmt_fields(fields())
                .with_ansi(false),
        );
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!("work", name = %hostile);
            span.in_scope(|| tracing::warn!(error = %hostile, said = hostile, "{hostile}"));
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.matches("forged").count(), 4, "{text}");
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        let acts = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{202e}');
        assert!(!text.trim_end_matches('\n').contains(acts), "{text:?}");
    }
}
