-- Ed25519 keys that sign heads of the receipt log. The key with number 0 is the log's name.
CREATE TABLE log_keys (
    number BIGINT PRIMARY KEY,
    public_key BLOB NOT NULL,
    -- Erased when the next key takes over.
    secret BLOB,
    since_ms BIGINT NOT NULL,
    -- About when the last head was signed with it: no later one is from before.
    signed_ms BIGINT NOT NULL,
    -- By the key before; see docs/proof-format.md.
    signature BLOB
);
