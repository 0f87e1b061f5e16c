-- The hours of the last weeks of each resource and what the next two are forecast to bring, so that a night adds a day
-- instead of reading all of them. The layout of the blob is in collector/plan/FORMAT.md.
-- +goose Up

CREATE TABLE capacity_hours (
    series TEXT NOT NULL PRIMARY KEY,
    day    BIGINT NOT NULL,              -- 20261118: the last one whose hours are in; late samples take it back
    body   BLOB NOT NULL
);
