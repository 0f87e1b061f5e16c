-- What devices are reached through, as topology showed it. Times are Unix milliseconds, UTC.
-- +goose Up

-- learned_parents: rows are never removed, only closed: what explained an outage explains it for ever.
CREATE TABLE learned_parents (
    device   TEXT NOT NULL,
    parent   TEXT NOT NULL,
    from_ms  BIGINT NOT NULL,
    until_ms BIGINT,           -- NULL: it is one now
    PRIMARY KEY (device, parent, from_ms)
);
