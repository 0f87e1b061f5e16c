-- What people say of time that nobody saw, and the reports that schedules made. Times are Unix milliseconds (…_ms)
-- or seconds (…_s), UTC.
-- +goose Up

-- ledger_annotations: unknown time that a person reclassified. Rows are never removed, only withdrawn.
CREATE TABLE ledger_annotations (
    id           BIGINT PRIMARY KEY,
    scope        TEXT NOT NULL,             -- device:NAME, site:NAME or circuit:NAME
    from_s       BIGINT NOT NULL,
    to_s         BIGINT NOT NULL,
    state        TEXT NOT NULL,             -- up or down
    reason       TEXT NOT NULL,
    who          TEXT NOT NULL,
    created_ms   BIGINT NOT NULL,
    withdrawn_ms BIGINT NOT NULL DEFAULT 0, -- 0: it counts
    withdrawn_by TEXT NOT NULL DEFAULT ''
);

-- scheduled_reports: a row for each period of a schedule that is dealt with.
CREATE TABLE scheduled_reports (
    schedule TEXT NOT NULL,
    from_s   BIGINT NOT NULL,               -- the period
    to_s     BIGINT NOT NULL,
    done_ms  BIGINT NOT NULL,
    made     INTEGER NOT NULL,              -- 0: the schedule came after this period
    PRIMARY KEY (schedule, from_s)
);
