//! What every key means, for the printed configuration and its page in the documentation.

/// A key with its meaning.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// Sections and name, separated by dots.
    pub key: &'static str,
    /// One sentence.
    pub meaning: &'static str,
}

/// Every key, in the order of the sections.
#[must_use]
pub fn reference() -> &'static [Line] {
    LINES
}

const fn line(key: &'static str, meaning: &'static str) -> Line {
    Line { key, meaning }
}

const LINES: &[Line] = &[
    line("server.bind", "Address and port to listen on."),
    line(
        "server.public_url",
        "URL of the page behind a proxy, such as https://hallmark.example: requests under its name, and of pages of its origin, are \
         the server's own.",
    ),
    line(
        "server.hosts",
        "Names under which requests are taken besides that of server.public_url, with a port or without; `*` for any name. If neither \
         is set: on a loopback address localhost and loopback addresses, on another address any name.",
    ),
    line(
        "server.drain_seconds",
        "Seconds that requests and proofs get to finish at shutdown; then requests are cut and jobs go back to the queue.",
    ),
    line(
        "server.register_digits",
        "Compile the digits model of the examples at the first start and make it public.",
    ),
    line(
        "storage.folder",
        "Folder of everything that has no place of its own; empty: $XDG_DATA_HOME/hallmark or ~/.local/share/hallmark.",
    ),
    line(
        "storage.database",
        "postgres://USER:PASSWORD@HOST/NAME, or the path of an SQLite file; empty: hallmark.sqlite in the folder.",
    ),
    line(
        "storage.wait_seconds",
        "Seconds to wait at the start for a database that does not answer yet.",
    ),
    line(
        "storage.objects",
        "s3://BUCKET/PREFIX, or a folder, for models, inputs and proofs; empty: objects in the folder.",
    ),
    line(
        "storage.s3.endpoint",
        "URL of an S3-compatible service; empty: Amazon's.",
    ),
    line("storage.s3.region", "Region of the bucket."),
    line("storage.s3.access_key_id", "Access key; empty: no signature."),
    line(
        "storage.s3.secret_access_key",
        "Its secret; better given as HALLMARK_STORAGE__S3__SECRET_ACCESS_KEY than in a file.",
    ),
    line(
        "storage.cache",
        "Folder of SRSs and proving keys, which can all be made again; empty: cache in the folder.",
    ),
    line(
        "srs.source",
        "SRS of new models: `dev` (insecure: anybody can forge proofs), the digest of an imported one, or a ceremony's file.",
    ),
    line(
        "srs.refuse_insecure",
        "Neither compile models over an SRS whose secret is public nor call proofs over one valid; it is recognised by its points.",
    ),
    line(
        "srs.only_ceremonies",
        "Compile models and accept proofs only over ceremonies that are recognised by their points.",
    ),
    line(
        "srs.accept",
        "Digests of the SRSs over which models are compiled and proofs accepted; empty: all.",
    ),
    line("limits.body_bytes", "Largest JSON or bundle body."),
    line(
        "limits.bodies_bytes",
        "Bytes of all JSON and bundle bodies over 32 kB in memory at once; one IPv4 address or IPv6 /64 gets a quarter of them, or one \
         body of the largest size if that is more. What comes when they are used up is answered with 503.",
    ),
    line("limits.model_bytes", "Largest ONNX file."),
    line("limits.calibration_bytes", "Largest calibration file."),
    line("limits.body_seconds", "Longest pause within a body, in seconds."),
    line(
        "limits.body_bytes_per_second",
        "Least rate of a body, in bytes a second: what came early makes up for no more than limits.body_seconds, which are free at \
         the beginning.",
    ),
    line(
        "limits.upload_seconds",
        "Longest time that any body may take, in seconds, however well it flows.",
    ),
    line(
        "limits.request_seconds",
        "Seconds until a request is given up after the last piece of its body, besides what `Prefer: wait` asks for.",
    ),
    line("limits.wait_seconds", "Longest `Prefer: wait` that is honoured."),
    line(
        "limits.concurrent_requests",
        "Requests under way at once; more are answered with 503.",
    ),
    line(
        "limits.connections",
        "Open connections; more wait to be accepted.",
    ),
    line(
        "limits.connections_per_address",
        "Open connections of one IPv4 address or IPv6 /64; more are answered with 429 and closed. With access.trust_forwarded_for: \
         requests under way of one forwarded address.",
    ),
    line(
        "limits.event_streams",
        "Open event streams; more are answered with 503.",
    ),
    line(
        "limits.queue_length",
        "Jobs that may wait for a worker; more are refused with 503.",
    ),
    line(
        "limits.jobs_per_tenant",
        "Jobs of one tenant that may wait or run; more are refused with 429.",
    ),
    line("limits.batch_proofs", "Most proofs in one request."),
    line("limits.batch_verifications", "Most bundles in one request."),
    line(
        "limits.model_cache_mb",
        "Memory for opened models and verifying keys of the server, in megabytes.",
    ),
    line(
        "limits.compute_threads",
        "Verifications and predictions at once; 0: one per processor.",
    ),
    line(
        "access.anonymous",
        "What callers without a key may do, of read, predict, prove, admin; not set: the first three where the address \
         is a loopback one, else nothing.",
    ),
    line(
        "access.rate_per_minute",
        "Requests a minute of a key without a rate of its own.",
    ),
    line(
        "access.anonymous_rate_per_minute",
        "Requests a minute of one IPv4 address or IPv6 /64 without a key.",
    ),
    line(
        "access.proof_seconds_per_day",
        "Seconds of proving and compiling a day (UTC) of a key without a quota of its own, and of all callers without a key; 0: no \
         bound.",
    ),
    line(
        "access.trust_forwarded_for",
        "Take a caller's address from the last entry of X-Forwarded-For; only behind a proxy that sets it.",
    ),
    line(
        "cors.origins",
        "Origins whose pages may call the API from a browser; `*` alone for all.",
    ),
    line(
        "workers.count",
        "Jobs at once in this process; 0 leaves them to `hallmark worker`.",
    ),
    line(
        "workers.threads",
        "Threads of one job; 0: the processors divided by the number of workers.",
    ),
    line(
        "workers.memory_mb",
        "Address space of the process that runs a job, in megabytes; models that need more are refused.",
    ),
    line(
        "workers.key_cache_mb",
        "Memory for opened proving keys of one worker, in megabytes.",
    ),
    line(
        "workers.prove_seconds",
        "Longest time of one attempt at a proof, in seconds.",
    ),
    line(
        "workers.compile_seconds",
        "Longest time of one attempt at compiling, in seconds.",
    ),
    line(
        "workers.lease_seconds",
        "Seconds without a sign of life after which a worker's job is given to another.",
    ),
    line(
        "workers.max_attempts",
        "Attempts before a job whose process dies is given up.",
    ),
    line(
        "workers.max_lost",
        "Attempts that may be lost with their workers, besides those, before a job is given up.",
    ),
    line(
        "workers.kernels",
        "Arithmetic of proofs: `auto` is the fastest of the CPU, `portable` what every CPU has. Proofs are the same.",
    ),
    line(
        "webhooks.allow_private",
        "Deliver to private, loopback and link-local addresses too.",
    ),
    line(
        "webhooks.timeout_seconds",
        "Seconds until one delivery is given up.",
    ),
    line(
        "webhooks.max_attempts",
        "Attempts at a delivery, at growing intervals.",
    ),
    line(
        "retention.private_input_hours",
        "Hours that a private input and its opening are kept after the job's end.",
    ),
    line(
        "retention.idempotency_hours",
        "Hours that an idempotency key is remembered.",
    ),
    line(
        "retention.events_days",
        "Days that the events of a finished job are kept.",
    ),
    line(
        "retention.deliveries_days",
        "Days that the log of webhook deliveries is kept.",
    ),
    line(
        "telemetry.log",
        "What is logged: a level, or filters such as `hallmark_server=debug,info`.",
    ),
    line("telemetry.log_format", "`text` or `json`."),
    line(
        "telemetry.otlp_endpoint",
        "OTLP collector for traces over HTTP, such as http://localhost:4318; empty: none.",
    ),
];
