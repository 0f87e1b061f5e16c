-- Scans that agents are asked for. Times are Unix milliseconds, UTC.
-- +goose Up

-- scans: what was asked for, and how far it is.
CREATE TABLE scans (
    id          BIGINT PRIMARY KEY,
    site        TEXT NOT NULL,
    ranges      TEXT NOT NULL,              -- JSON list
    credentials TEXT NOT NULL,              -- JSON list of names
    port        BIGINT NOT NULL,            -- 0: 161
    rate        BIGINT NOT NULL,            -- 0: the agent's default
    asked_by    TEXT NOT NULL,
    asked_ms    BIGINT NOT NULL,
    state       TEXT NOT NULL,              -- waiting, running, done, failed, stopped
    problem     TEXT NOT NULL DEFAULT '',
    agent       TEXT NOT NULL DEFAULT '',   -- that reported last
    done        BIGINT NOT NULL DEFAULT 0,  -- tries
    tries       BIGINT NOT NULL DEFAULT 0,
    answering   BIGINT NOT NULL DEFAULT 0,
    told_ms     BIGINT NOT NULL DEFAULT 0   -- time of the last report
);

-- scan_replies: what answered, until proposals are made of it.
CREATE TABLE scan_replies (
    scan    BIGINT NOT NULL,
    address TEXT NOT NULL,
    reply   TEXT NOT NULL,                  -- JSON
    PRIMARY KEY (scan, address)
);
