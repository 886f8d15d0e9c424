-- +goose Up
CREATE TABLE session (
    id      TEXT   NOT NULL PRIMARY KEY,
    account TEXT   NOT NULL,
    secret  BYTEA  NOT NULL UNIQUE, -- keyed hash
    created BIGINT NOT NULL,
    seen    BIGINT NOT NULL,        -- to the minute
    label   TEXT   NOT NULL,
    network TEXT   NOT NULL
);
CREATE INDEX session_account ON session (account);
