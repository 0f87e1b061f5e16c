-- What was heard of the network, and the classes of its redundancy groups over time. Times are Unix
-- milliseconds, UTC. JSON is text.
-- +goose Up

-- topology_records: the newest facts of each device, with the neighbors that it heard of late.
CREATE TABLE topology_records (
    device TEXT PRIMARY KEY,
    at_ms  BIGINT NOT NULL,              -- of the facts
    record TEXT NOT NULL                 -- JSON
);

-- topology_changes: what became of nodes and links, a row a change.
CREATE TABLE topology_changes (
    id     BIGINT PRIMARY KEY,
    at_ms  BIGINT NOT NULL,
    kind   TEXT NOT NULL,                -- link_added, link_stale, class_changed, …
    object TEXT NOT NULL,                -- node, link or group
    sites  TEXT NOT NULL,                -- JSON list: of all that it names
    words  TEXT NOT NULL
);
CREATE INDEX topology_changes_at ON topology_changes (at_ms);

-- redundancy_timelines: the groups that were judged, those that are gone among them.
CREATE TABLE redundancy_timelines (
    name      TEXT PRIMARY KEY,
    kind      TEXT NOT NULL,
    sites     TEXT NOT NULL,             -- JSON list
    from_ms   BIGINT NOT NULL,           -- since when it is judged
    judged_ms BIGINT NOT NULL            -- until when: behind it nothing is known
);

-- redundancy_classes: a row a change of class; it holds until the next of the same group.
CREATE TABLE redundancy_classes (
    name    TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    class   TEXT NOT NULL,               -- full, reduced, at_risk, split_brain, failed, unknown
    PRIMARY KEY (name, from_ms)
);
