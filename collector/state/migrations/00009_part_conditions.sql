-- What sensors say of the power supplies and fans of devices. Times are Unix milliseconds, UTC.
-- +goose Up

-- part_conditions: a row a sensor, with what it said last.
CREATE TABLE part_conditions (
    device   TEXT NOT NULL,
    class    TEXT NOT NULL,              -- powerSupply, fan
    sensor   TEXT NOT NULL,
    status   BIGINT NOT NULL,            -- 0 ok, 1 warning, 2 critical, 3 unknown, 4 absent
    since_ms BIGINT NOT NULL,
    well     INTEGER NOT NULL,           -- it was ok or warned at some time
    PRIMARY KEY (device, class, sensor)
);
