-- What capacity planning keeps: features of each series by local day of its site, and its forecasts. Times are
-- Unix milliseconds, UTC. The layout of the blobs is in collector/plan/FORMAT.md.
-- +goose Up

-- capacity_touched: hours of devices of which samples came that no feature knows yet.
CREATE TABLE capacity_touched (
    device  TEXT NOT NULL,
    hour_ms BIGINT NOT NULL,             -- its beginning
    lsn     BIGINT NOT NULL,             -- of the newest entry with such a sample
    PRIMARY KEY (device, hour_ms)
);

-- capacity_days: the 5-minute buckets of a day, for as long as bills and normal bands need them.
CREATE TABLE capacity_days (
    series   TEXT NOT NULL,              -- interface:DEVICE/KEY, processor:DEVICE, …
    day      BIGINT NOT NULL,            -- 20261118, by the zone of the site when it was computed
    revision BIGINT NOT NULL,
    body     BLOB NOT NULL,
    PRIMARY KEY (series, day)
);

-- capacity_months: the features of the days of a month.
CREATE TABLE capacity_months (
    series   TEXT NOT NULL,
    month    BIGINT NOT NULL,            -- 202611
    revision BIGINT NOT NULL,
    body     BLOB NOT NULL,
    PRIMARY KEY (series, month)
);

-- capacity_forecasts: the newest forecast of each resource, and the first of each month before.
CREATE TABLE capacity_forecasts (
    resource TEXT NOT NULL,
    made_ms  BIGINT NOT NULL,
    body     TEXT NOT NULL,              -- JSON
    PRIMARY KEY (resource, made_ms)
);
