//! Results on standard output; progress, warnings and notes on standard error.

use crate::failure::Failure;
use crate::terminal;
use hallmark_prover::{Event, Observer};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Where a command writes.
pub struct Console {
    json: bool,
    quiet: bool,
    bars: bool,
    current: Mutex<Option<Running>>,
    insecure_noted: AtomicBool,
}

struct Running {
    bar: ProgressBar,
    words: &'static str,
}

impl Console {
    /// Bars are shown only when standard error is a terminal.
    pub fn new(json: bool, quiet: bool) -> Self {
        let bars = !quiet && std::io::stderr().is_terminal();
        Self {
            json,
            quiet,
            bars,
            current: Mutex::new(None),
            insecure_noted: AtomicBool::new(false),
        }
    }

    /// Whether standard output is a terminal that understands colours.
    pub fn colours(&self) -> bool {
        std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
    }

    /// Prints the result: `text` for people, or `value` as one line of JSON.
    ///
    /// # Errors
    /// A resource failure if standard output cannot be written to. A closed pipe is not an error.
    pub fn result<T: serde::Serialize>(
        &self,
        value: &T,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        self.painted(value, || terminal::shown(&text()).into_owned())
    }

    /// As [`Console::result`], but with `text` as it is, colours included: only for what has no names of others in it.
    ///
    /// # Errors
    /// As [`Console::result`].
    pub fn painted<T: serde::Serialize>(
        &self,
        value: &T,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        if self.json {
            let line = serde_json::to_string(value).map_err(Failure::internal)?;
            self.print(&format!("{}\n", terminal::json(&line)))
        } else {
            self.print(&text())
        }
    }

    /// Prints text for people, as part of a longer result. Nothing under `--json`.
    ///
    /// # Errors
    /// As [`Console::result`].
    pub fn say(&self, text: &str) -> Result<(), Failure> {
        if self.json {
            Ok(())
        } else {
            self.print(&format!("{}\n", terminal::shown(text)))
        }
    }

    /// Prints `text` on standard output as it is.
    ///
    /// # Errors
    /// As [`Console::result`].
    pub fn print(&self, text: &str) -> Result<(), Failure> {
        self.pause();
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::file(
                "writing",
                std::path::Path::new("standard output"),
                &error,
            )),
            _ => Ok(()),
        }
    }

    /// Whether results are JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Writes a file's bytes on standard output.
    ///
    /// # Errors
    /// As [`Console::result`], and if the pipe is closed: somebody waits for the whole of it.
    pub fn bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.pause();
        let mut stdout = std::io::stdout().lock();
        let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
        written.map_err(|error| Failure::file("writing", std::path::Path::new("standard output"), &error))
    }

    /// A remark on standard error; nothing under `--quiet`.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// A warning on standard error, also under `--quiet`.
    pub fn warn(&self, text: &str) {
        let running = self.current();
        let write = || {
            let _ = writeln!(std::io::stderr().lock(), "{}", terminal::shown(text));
        };
        match running.as_ref() {
            Some(running) => running.bar.suspend(write),
            None => write(),
        }
    }

    /// Shows `words` as running until `work` is done.
    pub fn during<T>(&self, words: &'static str, work: impl FnOnce() -> T) -> T {
        self.start(words, None);
        let start = Instant::now();
        let result = work();
        self.finish(start.elapsed());
        result
    }

    fn current(&self) -> MutexGuard<'_, Option<Running>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self, words: &'static str, estimate: Option<Duration>) {
        self.pause();
        if !self.bars {
            return;
        }
        let bar = ProgressBar::new_spinner().with_message(match estimate {
            Some(estimate) if estimate.as_millis() >= 1000 => {
                format!("{words} (about {})", duration(estimate))
            }
            _ => words.to_owned(),
        });
        if let Ok(style) = ProgressStyle::with_template("  {spinner:.cyan} {msg}  {elapsed} {prefix}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(80));
        *self.current() = Some(Running { bar, words });
    }

    fn progress(&self, fraction: f64) {
        if let Some(running) = self.current().as_ref() {
            running.bar.set_prefix(format!("{:.0} %", 100.0 * fraction));
        }
    }

    fn finish(&self, elapsed: Duration) {
        if let Some(running) = self.current().take() {
            running.bar.finish_and_clear();
            let _ = writeln!(
                std::io::stderr().lock(),
                "  ✓ {:<24} {}",
                running.words,
                duration(elapsed)
            );
        }
    }

    fn pause(&self) {
        if let Some(running) = self.current().take() {
            running.bar.finish_and_clear();
        }
    }
}

impl Observer for Console {
    fn notice(&self, event: Event) {
        match event {
            Event::StageStarted { stage, estimate_ms } => {
                self.start(stage.words(), estimate_ms.map(Duration::from_millis));
            }
            Event::Progress { fraction, .. } => self.progress(fraction),
            Event::StageFinished { elapsed_ms, .. } => self.finish(Duration::from_millis(elapsed_ms)),
            Event::CacheDamaged { path, problem } => self.warn(&format!(
                "warning: the cached file {} is damaged ({problem}); it is not used and made anew",
                path.display()
            )),
            Event::CacheNotWritten { problem } => {
                self.warn(&format!("warning: {problem}; going on without the cache"));
            }
            Event::Remark(text) => self.note(&text),
            Event::InsecureSrs if !self.insecure_noted.swap(true, Ordering::Relaxed) => self.note(
                "note: development SRS, INSECURE: its secret is public, so anybody can forge such proofs. For real use\n\
                 \x20     import the file of a ceremony with `hallmark srs import` and compile with `--srs`.",
            ),
            _ => {}
        }
    }
}

/// A time for people: `12 ms`, `3.4 s`, `2 min 5 s`.
pub fn duration(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1000.0;
    if ms < 10.0 {
        format!("{ms:.1} ms")
    } else if ms < 1000.0 {
        format!("{ms:.0} ms")
    } else if ms < 100_000.0 {
        format!("{:.1} s", ms / 1000.0)
    } else {
        format!("{} min {} s", time.as_secs() / 60, time.as_secs() % 60)
    }
}

/// A time in milliseconds for people.
pub fn milliseconds(ms: f64) -> String {
    duration(Duration::from_secs_f64(ms.max(0.0) / 1000.0))
}

/// A size for people, in decimal units: `812 B`, `4.6 kB`, `1.2 GB`.
pub fn size(bytes: u64) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let value = bytes as f64;
    match units.iter().find(|(unit, _)| value >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", value / unit),
        None => format!("{bytes} B"),
    }
}

/// A number with thin groups of thousands: `4 203 523`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!(size(999), "999 B");
        assert_eq!(size(4600), "4.6 kB");
        assert_eq!(size(1_234_000_000), "1.2 GB");
        assert_eq!(grouped(4_203_523), "4\u{202f}203\u{202f}523");
        assert_eq!(grouped(12), "12");
        assert_eq!(milliseconds(3.26), "3.3 ms");
        assert_eq!(milliseconds(812.4), "812 ms");
        assert_eq!(milliseconds(9_870.0), "9.9 s");
        assert_eq!(milliseconds(125_000.0), "2 min 5 s");
    }
}
