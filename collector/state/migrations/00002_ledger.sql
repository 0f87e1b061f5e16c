-- The ledger of every target: more evidence, and what was published of it. Times are Unix milliseconds
-- (…_ms) or seconds (…_s), UTC.
-- +goose Up

-- agent_contacts: when an agent was heard without a silence, on the collector's clock. Agent '' is the
-- collector itself.
CREATE TABLE agent_contacts (
    agent   TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    to_ms   BIGINT NOT NULL,
    boot_id TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (agent, from_ms)
);

-- interface_polls: when an agent read the interfaces of a device, without a hole.
CREATE TABLE interface_polls (
    device   TEXT NOT NULL,
    agent    TEXT NOT NULL,
    from_ms  BIGINT NOT NULL,
    to_ms    BIGINT NOT NULL,            -- of the last poll, inclusive
    every_ms BIGINT NOT NULL,            -- the longest time between two polls
    PRIMARY KEY (device, agent, from_ms)
);

-- interface_changes: what an interface said from a poll on, until its next row, while polls go on.
CREATE TABLE interface_changes (
    device       TEXT NOT NULL,
    if_key       TEXT NOT NULL,
    agent        TEXT NOT NULL,
    time_ms      BIGINT NOT NULL,
    previous_ms  BIGINT NOT NULL,         -- of the poll before; 0 without one
    admin_status INTEGER NOT NULL,        -- IF-MIB; 0: not known
    oper_status  INTEGER NOT NULL,        -- IF-MIB; 0: the interface is gone
    moving       INTEGER NOT NULL,        -- 1: its octet counters advance
    changed_ms   BIGINT NOT NULL,         -- ifLastChange as a time; 0: not known
    PRIMARY KEY (device, if_key, agent, time_ms)
);

-- ledger_intervals: what was published of a target, so that it shows when late evidence changes it.
CREATE TABLE ledger_intervals (
    target        TEXT NOT NULL,          -- a device, or circuit:NAME for what is probed beyond one
    from_s        BIGINT NOT NULL,
    to_s          BIGINT NOT NULL,
    state         TEXT NOT NULL,
    why           TEXT NOT NULL DEFAULT '',
    uncertainty_s BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (target, from_s)
);

-- ledger_revisions: each change of what was published.
CREATE TABLE ledger_revisions (
    id      BIGINT PRIMARY KEY,
    target  TEXT NOT NULL,
    time_ms BIGINT NOT NULL,
    from_s  BIGINT NOT NULL,              -- the time that changed
    to_s    BIGINT NOT NULL,
    who     TEXT NOT NULL,                -- agent:ID, inventory, collector, rebuild
    why     TEXT NOT NULL,
    moved   TEXT NOT NULL                 -- JSON: seconds by state, what they gained or lost
);
CREATE INDEX ledger_revisions_target ON ledger_revisions (target, from_s);

-- maintenance_feeds: calendars that maintenance subscribes to, as they were read last.
CREATE TABLE maintenance_feeds (
    name       TEXT PRIMARY KEY,          -- of the object of kind maintenance
    url        TEXT NOT NULL,
    fetched_ms BIGINT NOT NULL,
    body       TEXT NOT NULL,
    problem    TEXT NOT NULL DEFAULT ''
);
