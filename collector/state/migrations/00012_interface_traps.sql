-- What traps say of interfaces. Times are Unix milliseconds, UTC.
-- +goose Up

-- interface_traps: evidence of when a status changed; polls alone tell that it did.
CREATE TABLE interface_traps (
    device      TEXT NOT NULL,
    if_key      TEXT NOT NULL,
    time_ms     BIGINT NOT NULL,         -- when an agent received it
    oper_status INTEGER NOT NULL,        -- 1 linkUp, 2 linkDown
    PRIMARY KEY (device, if_key, time_ms, oper_status)
);
