-- A deleted job's row stays for its receipt. It is told from others at once; when its bytes are gone, that is noted too.
ALTER TABLE jobs ADD COLUMN deleted_ms BIGINT;
ALTER TABLE jobs ADD COLUMN erased_ms BIGINT;

CREATE INDEX jobs_deleted ON jobs (deleted_ms) WHERE deleted_ms IS NOT NULL AND erased_ms IS NULL;

-- What tenants deleted, and by which key.
CREATE TABLE deletions (
    -- In order of time.
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    what TEXT NOT NULL,
    name TEXT NOT NULL,
    key_id TEXT,
    at_ms BIGINT NOT NULL
);

CREATE INDEX deletions_by_tenant ON deletions (tenant, id);
CREATE INDEX deletions_by_name ON deletions (tenant, what, name);

-- The secret before, with which messages are signed too for a time.
ALTER TABLE webhooks ADD COLUMN previous_secret TEXT;
ALTER TABLE webhooks ADD COLUMN previous_until_ms BIGINT;
