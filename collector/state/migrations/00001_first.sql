-- The state of a collector, first form. Times are Unix milliseconds, UTC. JSON is text.
-- +goose Up

-- meta: term (of assignments; a restore raises it), instance, …
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- cursors: how far each reader of the ingest journal has come; written with what it wrote.
CREATE TABLE cursors (
    name TEXT PRIMARY KEY,
    lsn  BIGINT NOT NULL          -- the last entry that is durably applied
);

-- seen_ranges: the sequence numbers of each epoch that are in the journal up to the cursor "state".
CREATE TABLE seen_ranges (
    agent TEXT NOT NULL,
    epoch BLOB NOT NULL,
    first BIGINT NOT NULL,
    last  BIGINT NOT NULL,
    PRIMARY KEY (agent, epoch, first)
);

-- objects: the inventory as code, one row an object of any kind (sites, devices, credentials, …).
CREATE TABLE objects (
    kind        TEXT NOT NULL,
    name        TEXT NOT NULL,
    site        TEXT NOT NULL DEFAULT '',
    spec        TEXT NOT NULL,            -- JSON without secrets
    sealed      BLOB,                     -- age-encrypted JSON of the secret fields
    fingerprint TEXT NOT NULL DEFAULT '', -- keyed hash of the secrets, to compare without opening
    source      TEXT NOT NULL,            -- apply, api, up, demo: --prune removes only "apply"
    created_ms  BIGINT NOT NULL,
    updated_ms  BIGINT NOT NULL,
    PRIMARY KEY (kind, name)
);
CREATE INDEX objects_site ON objects (site, kind);

-- device_facts: what a device said of itself, a row a change; the newest has no until_ms.
CREATE TABLE device_facts (
    device   TEXT NOT NULL,
    from_ms  BIGINT NOT NULL,
    until_ms BIGINT,
    seen_ms  BIGINT NOT NULL,             -- when it was last said
    system   TEXT NOT NULL,               -- JSON of telemetry.System
    PRIMARY KEY (device, from_ms)
);

-- interfaces: the keys that were ever allocated, with the newest row of the device's ifTable.
CREATE TABLE interfaces (
    device        TEXT NOT NULL,
    key           TEXT NOT NULL,
    if_index      BIGINT NOT NULL,
    facts         TEXT NOT NULL,          -- JSON of telemetry.Interface
    first_seen_ms BIGINT NOT NULL,
    last_seen_ms  BIGINT NOT NULL,
    PRIMARY KEY (device, key)
);

-- observation_runs: the evidence of reachability, as telemetry.Run. Kept 25 months.
CREATE TABLE observation_runs (
    device   TEXT NOT NULL,
    probe    INTEGER NOT NULL,            -- telemetry.Probe
    agent    TEXT NOT NULL,
    from_ms  BIGINT NOT NULL,
    to_ms    BIGINT NOT NULL,             -- of the last sample, inclusive
    every_ms BIGINT NOT NULL,
    result   INTEGER NOT NULL,            -- telemetry.Result
    loss_ppm INTEGER NOT NULL DEFAULT 0,
    reason   TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (device, probe, agent, from_ms)
);

CREATE TABLE boots (
    device         TEXT NOT NULL,
    agent          TEXT NOT NULL,
    time_ms        BIGINT NOT NULL,
    ticks          BIGINT NOT NULL,
    previous_ms    BIGINT NOT NULL,
    previous_ticks BIGINT NOT NULL,
    PRIMARY KEY (device, agent, time_ms)
);

CREATE TABLE gaps (
    agent     TEXT NOT NULL,
    epoch     BLOB NOT NULL,
    first_seq BIGINT NOT NULL,
    last_seq  BIGINT NOT NULL,
    samples   BIGINT NOT NULL,
    reason    TEXT NOT NULL,
    from_ms   BIGINT NOT NULL,
    to_ms     BIGINT NOT NULL,
    PRIMARY KEY (agent, epoch, first_seq)
);

-- quarantine: entries whose time lies too far ahead; never fed to the sample store.
CREATE TABLE quarantine (
    lsn         BIGINT PRIMARY KEY,
    agent       TEXT NOT NULL,
    device      TEXT NOT NULL,
    time_ms     BIGINT NOT NULL,
    received_ms BIGINT NOT NULL,
    samples     BIGINT NOT NULL
);

CREATE TABLE agents (
    id            TEXT PRIMARY KEY,
    site          TEXT NOT NULL,
    hostname      TEXT NOT NULL DEFAULT '',
    version       TEXT NOT NULL DEFAULT '',
    created_ms    BIGINT NOT NULL,
    revoked_ms    BIGINT,
    not_after_ms  BIGINT NOT NULL DEFAULT 0,  -- of its certificate
    last_seen_ms  BIGINT NOT NULL DEFAULT 0,  -- collector's clock
    watermark_ms  BIGINT NOT NULL DEFAULT 0,  -- all evidence up to here has arrived
    heartbeat     TEXT NOT NULL DEFAULT '{}', -- JSON of the newest heartbeat
    boot_id       TEXT NOT NULL DEFAULT '',
    clock_offset_ms BIGINT NOT NULL DEFAULT 0,
    term          BIGINT NOT NULL DEFAULT 0,  -- of the assignment that it applied
    n             BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE join_tokens (
    hash       TEXT PRIMARY KEY,
    site       TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    used_ms    BIGINT,
    used_by    TEXT NOT NULL DEFAULT ''
);

CREATE TABLE users (
    name          TEXT PRIMARY KEY,
    password_hash TEXT NOT NULL,
    roles         TEXT NOT NULL,          -- JSON: [{"role": "admin", "sites": ["*"]}]
    created_ms    BIGINT NOT NULL
);

CREATE TABLE sessions (
    hash       TEXT PRIMARY KEY,
    user_name  TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);

CREATE TABLE api_tokens (
    hash         TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    roles        TEXT NOT NULL,
    created_ms   BIGINT NOT NULL,
    expires_ms   BIGINT,
    last_used_ms BIGINT
);

CREATE TABLE incidents (
    id             BIGINT PRIMARY KEY,     -- shown as INC-<id>
    kind           TEXT NOT NULL,          -- device_down, …
    severity       TEXT NOT NULL,          -- critical, major, minor, warning
    status         TEXT NOT NULL,          -- open, acknowledged, resolved
    site           TEXT NOT NULL,
    device         TEXT NOT NULL,
    object         TEXT NOT NULL DEFAULT '',
    summary        TEXT NOT NULL,
    cause          TEXT NOT NULL DEFAULT '',
    started_ms     BIGINT NOT NULL,
    uncertainty_ms BIGINT NOT NULL,
    detected_ms    BIGINT NOT NULL,
    ended_ms       BIGINT,
    owner          TEXT NOT NULL DEFAULT '',
    acknowledged_ms BIGINT,
    labels         TEXT NOT NULL DEFAULT '{}',
    demo           INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX incidents_open ON incidents (status, kind, device, object);

CREATE TABLE incident_events (
    incident BIGINT NOT NULL,
    time_ms  BIGINT NOT NULL,
    seq      BIGINT NOT NULL,
    type     TEXT NOT NULL,                -- opened, updated, acknowledged, resolved, comment
    who      TEXT NOT NULL DEFAULT '',
    text     TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (incident, seq)
);

-- deliveries: the transactional outbox of the webhooks, and their log.
CREATE TABLE deliveries (
    id           BIGINT PRIMARY KEY,
    message_id   TEXT NOT NULL,            -- webhook-id; the same over all attempts
    incident     BIGINT NOT NULL,
    type         TEXT NOT NULL,            -- incident.opened, …
    receiver     TEXT NOT NULL,
    body         BLOB NOT NULL,
    created_ms   BIGINT NOT NULL,
    status       TEXT NOT NULL,            -- pending, delivered, dead
    attempts     INTEGER NOT NULL DEFAULT 0,
    next_ms      BIGINT NOT NULL,
    last_code    INTEGER NOT NULL DEFAULT 0,
    last_error   TEXT NOT NULL DEFAULT '',
    last_answer  TEXT NOT NULL DEFAULT '',
    finished_ms  BIGINT
);
CREATE INDEX deliveries_due ON deliveries (status, next_ms);

CREATE TABLE audit (
    id      BIGINT PRIMARY KEY,
    time_ms BIGINT NOT NULL,
    who     TEXT NOT NULL,
    action  TEXT NOT NULL,
    object  TEXT NOT NULL DEFAULT '',
    detail  TEXT NOT NULL DEFAULT ''
);
