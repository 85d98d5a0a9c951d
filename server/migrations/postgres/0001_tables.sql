-- Times are BIGINT milliseconds since the epoch; ids, JSON and digests are text.

CREATE TABLE tenants (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_ms BIGINT NOT NULL
);

INSERT INTO tenants (id, name, created_ms) VALUES ('anonymous', 'public', 0);

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    -- SHA-256 of the secret, which has 256 bits of entropy and needs no slow hash.
    hash BYTEA NOT NULL,
    scopes TEXT NOT NULL,
    rate_per_minute BIGINT,
    proof_ms_per_day BIGINT,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT,
    revoked_ms BIGINT,
    last_used_ms BIGINT
);

-- Content-addressed and never changed.
CREATE TABLE models (
    model_id TEXT PRIMARY KEY,
    -- What lists and estimates need, as JSON.
    summary TEXT NOT NULL,
    -- Digests of the artifacts, as JSON.
    artifacts TEXT NOT NULL,
    created_ms BIGINT NOT NULL
);

-- A model as a tenant lists it.
CREATE TABLE registrations (
    -- In order of creation.
    id TEXT NOT NULL UNIQUE,
    tenant TEXT NOT NULL REFERENCES tenants (id),
    model_id TEXT NOT NULL REFERENCES models (model_id),
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    tags TEXT NOT NULL,
    description TEXT NOT NULL,
    licence TEXT NOT NULL,
    public BOOLEAN NOT NULL,
    deprecated_ms BIGINT,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant, model_id),
    UNIQUE (tenant, name, version)
);

CREATE INDEX registrations_by_model ON registrations (model_id);

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenants (id),
    key_id TEXT,
    kind TEXT NOT NULL,
    spec TEXT NOT NULL,
    model_id TEXT,
    state TEXT NOT NULL,
    priority BIGINT NOT NULL,
    attempt BIGINT NOT NULL DEFAULT 0,
    max_attempts BIGINT NOT NULL,
    -- Set exactly while a worker has the job: what it writes counts only with the token of its attempt.
    token TEXT,
    worker TEXT,
    lease_until_ms BIGINT,
    run_after_ms BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    started_ms BIGINT,
    attempt_started_ms BIGINT,
    finished_ms BIGINT,
    cancel_requested BOOLEAN NOT NULL DEFAULT FALSE,
    input_erased_ms BIGINT,
    result TEXT,
    cause TEXT,
    stages TEXT NOT NULL DEFAULT '[]',
    estimate_ms BIGINT,
    peak_bytes BIGINT,
    receipt_index BIGINT
);

CREATE INDEX jobs_queued ON jobs (priority DESC, id) WHERE state = 'queued';
CREATE INDEX jobs_running ON jobs (lease_until_ms) WHERE token IS NOT NULL;
CREATE INDEX jobs_by_tenant ON jobs (tenant, id);
CREATE INDEX jobs_to_erase ON jobs (finished_ms) WHERE input_erased_ms IS NULL AND kind = 'prove';

CREATE TABLE job_events (
    job_id TEXT NOT NULL REFERENCES jobs (id),
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (job_id, seq)
);

-- What was uploaded, and what came or will come of it.
CREATE TABLE uploads (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    digest TEXT NOT NULL,
    job_id TEXT NOT NULL,
    model_id TEXT,
    PRIMARY KEY (tenant, digest)
);

CREATE INDEX uploads_by_digest ON uploads (digest);

CREATE TABLE idempotency (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    body_digest TEXT NOT NULL,
    jobs TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant, key)
);

-- Time spent on proofs, by key (its tenant where there is none) and day since the epoch.
CREATE TABLE usage (
    key_id TEXT NOT NULL,
    day BIGINT NOT NULL,
    proof_ms BIGINT NOT NULL,
    PRIMARY KEY (key_id, day)
);

-- The log of ended jobs: a Merkle tree after RFC 6962, whose leaves are chained too.
CREATE TABLE receipts (
    idx BIGINT PRIMARY KEY,
    job_id TEXT NOT NULL UNIQUE REFERENCES jobs (id),
    tenant TEXT NOT NULL,
    -- The leaf: canonical JSON, hashed as it stands.
    entry TEXT NOT NULL,
    leaf_hash TEXT NOT NULL
);

CREATE INDEX receipts_by_tenant ON receipts (tenant, idx);

-- Roots of complete subtrees: the one of 2^level leaves from idx * 2^level on.
CREATE TABLE receipt_nodes (
    level BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (level, idx)
);

-- One row; its lock puts appends in order.
CREATE TABLE receipt_tree (
    id BIGINT PRIMARY KEY,
    size BIGINT NOT NULL,
    last_leaf TEXT NOT NULL
);

INSERT INTO receipt_tree (id, size, last_leaf) VALUES (1, 0, '');

CREATE TABLE webhooks (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenants (id),
    url TEXT NOT NULL,
    -- The secret itself: it signs.
    secret TEXT NOT NULL,
    events TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    disabled_ms BIGINT
);

CREATE INDEX webhooks_by_tenant ON webhooks (tenant);

-- Outbox: written with the end of the job, sent afterwards.
CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    webhook_id TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    tenant TEXT NOT NULL,
    job_id TEXT,
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt BIGINT NOT NULL DEFAULT 0,
    token TEXT,
    lease_until_ms BIGINT,
    next_ms BIGINT NOT NULL,
    last_status BIGINT,
    last_error TEXT,
    created_ms BIGINT NOT NULL,
    finished_ms BIGINT
);

CREATE INDEX deliveries_due ON deliveries (next_ms) WHERE state = 'pending';
CREATE INDEX deliveries_by_webhook ON deliveries (webhook_id, id);

CREATE TABLE workers (
    name TEXT PRIMARY KEY,
    started_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL,
    slots BIGINT NOT NULL
);
