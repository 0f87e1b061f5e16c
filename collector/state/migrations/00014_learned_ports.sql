-- The ports by which devices are reached, as topology showed them. Times are Unix milliseconds, UTC.
-- +goose Up

-- learned_ports: rows are never removed, only closed: what dated an outage dates it for ever.
CREATE TABLE learned_ports (
    device   TEXT NOT NULL,
    parent   TEXT NOT NULL,    -- a neighbor that device is reached through
    if_key   TEXT NOT NULL,    -- of parent: a link to device is on it
    from_ms  BIGINT NOT NULL,
    until_ms BIGINT,           -- NULL: it is one now
    PRIMARY KEY (device, parent, if_key, from_ms)
);

-- start_traps: evidence of when a device, or its SNMP agent, had started; sysUpTime alone tells that it did.
CREATE TABLE start_traps (
    device  TEXT NOT NULL,
    time_ms BIGINT NOT NULL,   -- when an agent received it
    kind    INTEGER NOT NULL,  -- 1 coldStart, 2 warmStart
    PRIMARY KEY (device, time_ms, kind)
);
