-- +goose Up
-- A bucket is its theoretical arrival time alone (limit.Take). A row that is gone
-- means a full allowance, so rows whose time has passed may be deleted at any moment.
CREATE TABLE limit_bucket (
    key   BYTEA  NOT NULL PRIMARY KEY,
    tat   BIGINT NOT NULL,
    taken BIGINT NOT NULL     -- whether the newest try was let through
);

-- Misses in a row, until a success clears them.
CREATE TABLE limit_run (
    key    BYTEA  NOT NULL PRIMARY KEY,
    misses BIGINT NOT NULL,
    latest BIGINT NOT NULL
);
