-- Incidents with what they hide, silences, and who was told what. Times are Unix milliseconds, UTC. JSON is text.
-- +goose Up
ALTER TABLE incidents ADD COLUMN impact TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN more TEXT NOT NULL DEFAULT '{}'; -- JSON

-- problems: what is wrong with one object, and the incident that it belongs to; 0: none.
CREATE TABLE problems (
    incident BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    device   TEXT NOT NULL,
    object   TEXT NOT NULL,
    hidden   INTEGER NOT NULL DEFAULT 0,
    body     TEXT NOT NULL,              -- JSON
    PRIMARY KEY (incident, kind, device, object)
);
CREATE INDEX problems_device ON problems (device);
INSERT INTO problems (incident, kind, device, object, body)
    SELECT id, kind, device, object, json_object('site', site, 'severity', severity, 'summary', summary, 'since', started_ms, 'detected', detected_ms)
    FROM incidents WHERE status <> 'resolved';
UPDATE incidents SET more = json_object('opened', detected_ms) WHERE status <> 'resolved';

-- silences keep notifications back, never states.
CREATE TABLE silences (
    id         BIGINT PRIMARY KEY,
    matches    TEXT NOT NULL,            -- JSON
    from_ms    BIGINT NOT NULL,
    until_ms   BIGINT NOT NULL,
    author     TEXT NOT NULL,
    reason     TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    ended_ms   BIGINT                    -- by a person, before until_ms
);

-- incident_told: what a receiver knows of an incident by way of a route, or why it does not.
CREATE TABLE incident_told (
    incident    BIGINT NOT NULL,
    route       TEXT NOT NULL,
    receiver    TEXT NOT NULL,
    escalates   INTEGER NOT NULL,
    stage       TEXT NOT NULL,           -- opened, acknowledged, resolved; empty: nothing
    reopened    INTEGER NOT NULL,
    revision    INTEGER NOT NULL,
    first_ms    BIGINT NOT NULL,
    last_ms     BIGINT NOT NULL,
    withheld    TEXT NOT NULL,           -- why it is not told
    withheld_ms BIGINT NOT NULL,
    PRIMARY KEY (incident, route, receiver, escalates)
);
INSERT INTO incident_told (incident, route, receiver, escalates, stage, reopened, revision, first_ms, last_ms, withheld, withheld_ms)
    SELECT i.id, '', d.receiver, 0, CASE WHEN i.status = 'acknowledged' THEN 'acknowledged' ELSE 'opened' END, 0, 0, min(d.created_ms), max(d.created_ms), '', 0
    FROM incidents i JOIN deliveries d ON d.incident = i.id WHERE i.status <> 'resolved' GROUP BY i.id, d.receiver;

-- waiting_notices: what waits for a calendar, a group or a digest.
CREATE TABLE waiting_notices (
    id        BIGINT PRIMARY KEY,
    receiver  TEXT NOT NULL,
    route     TEXT NOT NULL,
    group_key TEXT NOT NULL,
    incident  BIGINT NOT NULL,
    type      TEXT NOT NULL,
    due_ms    BIGINT NOT NULL
);

ALTER TABLE deliveries ADD COLUMN route TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN marker TEXT NOT NULL DEFAULT '';        -- stands in body where a secret goes
ALTER TABLE deliveries ADD COLUMN content_type TEXT NOT NULL DEFAULT 'application/json';

-- delivery_incidents: all incidents that a delivery tells of.
CREATE TABLE delivery_incidents (
    delivery BIGINT NOT NULL,
    incident BIGINT NOT NULL,
    PRIMARY KEY (delivery, incident)
);
CREATE INDEX delivery_incidents_by ON delivery_incidents (incident, delivery);
INSERT INTO delivery_incidents (delivery, incident) SELECT id, incident FROM deliveries;

-- delivery_attempts: each attempt of a delivery.
CREATE TABLE delivery_attempts (
    delivery    BIGINT NOT NULL,
    number      INTEGER NOT NULL,
    time_ms     BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    code        INTEGER NOT NULL,        -- 0: no answer
    error       TEXT NOT NULL,
    answer      TEXT NOT NULL,
    PRIMARY KEY (delivery, number)
);
