-- The rest of the inventory as code, what devices are made of, and what was discovered. Times are Unix
-- milliseconds, UTC. JSON is text.
-- +goose Up

-- users: who made the account, as in objects; an account without a password has ''.
ALTER TABLE users ADD COLUMN source TEXT NOT NULL DEFAULT 'api';

-- device_parts: what a device is made of and stands next to, a row a change of each part; the newest of a
-- part that is still there has no until_ms.
CREATE TABLE device_parts (
    device   TEXT NOT NULL,
    list     TEXT NOT NULL,              -- identity, components, neighbors, …: a list of telemetry.DeviceFacts
    part     TEXT NOT NULL,              -- which of the list, such as a slot
    from_ms  BIGINT NOT NULL,
    until_ms BIGINT,                     -- when it was first missing or different
    seen_ms  BIGINT NOT NULL,            -- when it was last said
    facts    TEXT NOT NULL,              -- JSON
    PRIMARY KEY (device, list, part, from_ms)
);
CREATE INDEX device_parts_now ON device_parts (list, device) WHERE until_ms IS NULL;

-- device_lists: when a list of a device was last read to its end, so that equal facts cost one row. Rows
-- that are in the list since then have been seen then.
CREATE TABLE device_lists (
    device  TEXT NOT NULL,
    list    TEXT NOT NULL,
    seen_ms BIGINT NOT NULL,
    digest  TEXT NOT NULL,
    rows    TEXT NOT NULL DEFAULT '',    -- JSON of lists without history (hosts, bridge ports, stack)
    PRIMARY KEY (device, list)
);

-- proposals: what might be a device, with its evidence.
CREATE TABLE proposals (
    id         BIGINT PRIMARY KEY,
    site       TEXT NOT NULL,
    identity   TEXT NOT NULL,            -- what makes it the same: chassis, address
    address    TEXT NOT NULL DEFAULT '',
    name       TEXT NOT NULL DEFAULT '', -- that it would get
    status     TEXT NOT NULL,            -- proposed, approved, rejected
    evidence   TEXT NOT NULL,            -- JSON list
    facts      TEXT NOT NULL DEFAULT '{}',
    first_ms   BIGINT NOT NULL,
    last_ms    BIGINT NOT NULL,
    decided_ms BIGINT,
    decided_by TEXT NOT NULL DEFAULT '',
    device     TEXT NOT NULL DEFAULT '', -- that it became
    UNIQUE (site, identity)
);

-- discovery_rules: what is decided without a person.
CREATE TABLE discovery_rules (
    name       TEXT PRIMARY KEY,
    site       TEXT NOT NULL DEFAULT '', -- empty: at all sites
    spec       TEXT NOT NULL,            -- JSON
    created_ms BIGINT NOT NULL
);
