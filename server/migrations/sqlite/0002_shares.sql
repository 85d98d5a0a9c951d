-- How tenants share the workers, what was used, and what is expected to be.

-- Of two tenants whose jobs wait, one with twice the weight gets twice the time.
ALTER TABLE tenants ADD COLUMN weight BIGINT NOT NULL DEFAULT 1;

-- Attempts that ended because their worker died, and how many may.
ALTER TABLE jobs ADD COLUMN lost BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN max_lost BIGINT NOT NULL DEFAULT 20;
-- Order among a tenant's waiting jobs of equal priority: the least first, then the oldest.
ALTER TABLE jobs ADD COLUMN turn BIGINT NOT NULL DEFAULT 0;
-- Time that one attempt is expected to take, by what such jobs took before. Counted against quotas until the job ends.
ALTER TABLE jobs ADD COLUMN reserved_ms BIGINT NOT NULL DEFAULT 0;
-- Time that its attempts took.
ALTER TABLE jobs ADD COLUMN used_ms BIGINT NOT NULL DEFAULT 0;
-- The daily quota that it was accepted under.
ALTER TABLE jobs ADD COLUMN quota_ms BIGINT;

UPDATE jobs SET turn = created_ms, reserved_ms = COALESCE(estimate_ms, 0) WHERE finished_ms IS NULL;

DROP INDEX jobs_queued;
CREATE INDEX jobs_queued ON jobs (tenant, priority DESC, turn, id) WHERE state = 'queued';
CREATE INDEX jobs_waiting ON jobs (run_after_ms) WHERE state = 'queued';

-- Virtual time of tenants: what they used, divided by their weight, in microseconds.
CREATE TABLE shares (
    tenant TEXT PRIMARY KEY REFERENCES tenants (id),
    used BIGINT NOT NULL,
    -- The greatest value of `used` at which a job of the tenant was taken up. The greatest of all tenants is the time of the queue:
    -- who comes back begins there.
    begun BIGINT NOT NULL
);

CREATE INDEX shares_begun ON shares (begun);

-- How long jobs of one kind take here: moving averages, in microseconds.
CREATE TABLE paces (
    subject TEXT PRIMARY KEY,
    jobs BIGINT NOT NULL,
    used_us BIGINT NOT NULL,
    estimated_us BIGINT NOT NULL
);
