-- Receivers that want no messages any more. Times are Unix milliseconds, UTC.
-- +goose Up

-- receivers_gone: a receiver that answered 410 Gone, as long as its URL is the one that did.
CREATE TABLE receivers_gone (
    receiver TEXT PRIMARY KEY,
    url_hash TEXT NOT NULL,   -- SHA-256 of the URL, which is a secret
    since_ms BIGINT NOT NULL
);
