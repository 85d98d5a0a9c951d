//! What no type says about settings.

use super::Settings;
use crate::digest::unhex;
use crate::host::is_host;

impl Settings {
    /// Every value that cannot work, with its key, why, and what would.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        self.check_ranges(&mut problems);
        self.check_places(&mut problems);
        self.check_access(&mut problems);
        problems
    }

    fn check_ranges(&self, problems: &mut Vec<String>) {
        let limits = &self.limits;
        let (bytes, seconds, many) = ((1 << 10, 1 << 32), (1, 86_400), (1, 1_000_000));
        let ranges: &[(&str, u64, (u64, u64))] = &[
            ("limits.body_bytes", limits.body_bytes as u64, bytes),
            ("limits.model_bytes", limits.model_bytes as u64, bytes),
            ("limits.calibration_bytes", limits.calibration_bytes as u64, bytes),
            (
                "limits.bodies_bytes",
                limits.bodies_bytes as u64,
                (1 << 10, 1 << 40),
            ),
            ("limits.body_seconds", limits.body_seconds, seconds),
            (
                "limits.body_bytes_per_second",
                limits.body_bytes_per_second,
                (0, 1 << 30),
            ),
            ("limits.upload_seconds", limits.upload_seconds, seconds),
            ("limits.request_seconds", limits.request_seconds, seconds),
            ("limits.wait_seconds", limits.wait_seconds, (0, 3600)),
            (
                "limits.concurrent_requests",
                limits.concurrent_requests as u64,
                many,
            ),
            ("limits.connections", limits.connections as u64, many),
            (
                "limits.connections_per_address",
                limits.connections_per_address as u64,
                many,
            ),
            ("limits.event_streams", limits.event_streams as u64, many),
            ("limits.queue_length", limits.queue_length, many),
            ("limits.jobs_per_tenant", limits.jobs_per_tenant, many),
            ("limits.batch_proofs", limits.batch_proofs as u64, (1, 4096)),
            (
                "limits.batch_verifications",
                limits.batch_verifications as u64,
                (1, 4096),
            ),
            ("limits.model_cache_mb", limits.model_cache_mb, (16, 1 << 20)),
            ("limits.compute_threads", limits.compute_threads as u64, (0, 1024)),
            (
                "access.rate_per_minute",
                self.access.rate_per_minute.into(),
                (1, 100_000_000),
            ),
            (
                "access.anonymous_rate_per_minute",
                self.access.anonymous_rate_per_minute.into(),
                (1, 100_000_000),
            ),
            ("workers.count", self.workers.count as u64, (0, 1024)),
            ("workers.threads", self.workers.threads as u64, (0, 1024)),
            ("workers.memory_mb", self.workers.memory_mb, (256, 1 << 24)),
            ("workers.key_cache_mb", self.workers.key_cache_mb, (16, 1 << 24)),
            ("workers.prove_seconds", self.workers.prove_seconds, seconds),
            ("workers.compile_seconds", self.workers.compile_seconds, seconds),
            ("workers.lease_seconds", self.workers.lease_seconds, (2, 3600)),
            ("workers.max_attempts", self.workers.max_attempts.into(), (1, 100)),
            ("workers.max_lost", self.workers.max_lost.into(), many),
            (
                "webhooks.timeout_seconds",
                self.webhooks.timeout_seconds,
                (1, 120),
            ),
            (
                "webhooks.max_attempts",
                self.webhooks.max_attempts.into(),
                (1, 100),
            ),
            ("storage.wait_seconds", self.storage.wait_seconds, (0, 86_400)),
            ("server.drain_seconds", self.server.drain_seconds, (0, 86_400)),
        ];
        for (key, value, (least, greatest)) in ranges {
            if value < least || value > greatest {
                problems.push(format!("{key}: {value} is outside {least} to {greatest}"));
            }
        }
        if limits.bodies_bytes < limits.body_bytes {
            problems.push(format!(
                "limits.bodies_bytes: {} is less than one body of limits.body_bytes = {}",
                limits.bodies_bytes, limits.body_bytes
            ));
        }
        if self.workers.key_cache_mb >= self.workers.memory_mb {
            problems.push(format!(
                "workers.key_cache_mb: {} leaves no room for proving within workers.memory_mb = {}",
                self.workers.key_cache_mb, self.workers.memory_mb
            ));
        }
    }

    fn check_places(&self, problems: &mut Vec<String>) {
        let storage = &self.storage;
        let database = &storage.database;
        if let Some((scheme, _)) = database.split_once("://")
            && !matches!(scheme, "postgres" | "postgresql")
        {
            problems.push(format!(
                "storage.database: the scheme {scheme:?} is not supported; give postgres://USER@HOST/NAME or the path of an \
                 SQLite file"
            ));
        }
        if let Some((scheme, _)) = storage.objects.split_once("://")
            && !matches!(scheme, "s3" | "file")
        {
            problems.push(format!(
                "storage.objects: the scheme {scheme:?} is not supported; give s3://BUCKET/PREFIX or a folder"
            ));
        }
        let s3 = &storage.s3;
        if s3.access_key_id.is_empty() != s3.secret_access_key.is_empty() {
            problems.push(
                "storage.s3: access_key_id and secret_access_key go together; only one of them is set"
                    .to_owned(),
            );
        }
        let otlp = &self.telemetry.otlp_endpoint;
        for (key, text) in [
            ("storage.s3.endpoint", &s3.endpoint),
            ("telemetry.otlp_endpoint", otlp),
        ] {
            let http = url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
            if !text.is_empty() && !http {
                problems.push(format!("{key}: {text:?} is not an http or https URL"));
            }
        }
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&self.telemetry.log) {
            problems.push(format!(
                "telemetry.log: {:?}: {error}; write a level such as `info`, or `hallmark_server=debug,info`",
                self.telemetry.log
            ));
        }
        for digest in self.srs.accept.iter().filter(|text| unhex::<32>(text).is_none()) {
            problems.push(format!(
                "srs.accept: {digest:?} does not have 64 lower-case hexadecimal digits; `hallmark srs info FILE` prints a digest"
            ));
        }
        if self.srs.source == "dev" && (self.srs.refuse_insecure || self.srs.only_ceremonies) {
            problems.push(
                "srs.source: `dev` is insecure, which srs.refuse_insecure and srs.only_ceremonies refuse; give the digest of an \
                 imported ceremony, or its file"
                    .to_owned(),
            );
        }
        if self.srs.source.is_empty() {
            problems.push(
                "srs.source: empty; write `dev`, the digest of an imported SRS, or a file's path".to_owned(),
            );
        }
    }

    fn check_access(&self, problems: &mut Vec<String>) {
        let public = &self.server.public_url;
        let fine = url::Url::parse(public).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.username().is_empty()
                && url.query().is_none()
                && url.fragment().is_none()
        });
        if !public.is_empty() && !fine {
            problems.push(format!(
                "server.public_url: {public:?} is not the URL of a page; write scheme and host, such as https://hallmark.example"
            ));
        }
        for host in self.server.hosts.iter().filter(|host| !is_host(host)) {
            problems.push(format!(
                "server.hosts: {host:?} is not a name; write it as in `Host`, such as hallmark.example or 10.0.0.7:8420, or `*`"
            ));
        }
        for origin in &self.cors.origins {
            let fine = origin == "*"
                || url::Url::parse(origin).is_ok_and(|url| {
                    matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == *origin
                });
            if !fine {
                problems.push(format!(
                    "cors.origins: {origin:?} is not an origin; write `*`, or scheme, host and port without a slash at \
                     the end, such as https://example.org"
                ));
            }
        }
        if self.cors.origins.len() > 1 && self.cors.origins.iter().any(|origin| origin == "*") {
            problems.push("cors.origins: `*` stands for all origins and has to stand alone".to_owned());
        }
    }
}
