//! The proving service: HTTP API, jobs that survive, workers, and the page.

pub mod access;
pub mod api;
mod background;
mod builtin;
pub mod child;
pub mod compute;
pub mod digest;
pub mod element;
mod host;
pub mod http;
pub mod inference;
pub mod job;
pub mod model_summary;
pub mod models;
pub mod objects;
pub mod page;
pub mod private;
pub mod problem;
pub mod retention;
mod scope;
pub mod serve;
pub mod settings;
pub mod store;
pub mod telemetry;
pub mod tls;
pub mod verification;
mod webhook_secret;
pub mod webhooks;
pub mod worker;

#[cfg(test)]
mod docs {
    //! Pages of `docs/service/` that are written from the program.

    /// Compares a page with what it should be, or writes it where `WRITE_DOCS` is set.
    pub fn compare(name: &str, text: &str) {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../docs/service")
            .join(name);
        if std::env::var_os("WRITE_DOCS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            found, text,
            "{name} is out of date: run the tests with WRITE_DOCS=1"
        );
    }
}
