-- +goose Up
-- One attempt to get back in. What is secret is not here: a token is derived from
-- the id and the counter, a browser is held as a keyed hash.
CREATE TABLE recovery (
    id             TEXT   NOT NULL PRIMARY KEY,
    version        BIGINT NOT NULL DEFAULT 0
);
