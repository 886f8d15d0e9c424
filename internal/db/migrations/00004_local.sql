-- +goose Up
-- Accounts that live in Keyback itself. A lock that failed sign-ins made is not a
-- column: it is the count in local_failure, so that counting is the same single
-- statement for an account and for nobody.
CREATE TABLE local_account (
    id              TEXT   NOT NULL PRIMARY KEY,
    name            TEXT   NOT NULL,            -- as its holder writes it
    canon           TEXT   NOT NULL UNIQUE,     -- account.CanonicalName
    password        TEXT   NOT NULL,            -- encoded hash; '' is no password
    protection      BIGINT NOT NULL,
    locked          BIGINT NOT NULL DEFAULT 0,  -- 1: by an operator
    language        TEXT   NOT NULL DEFAULT '',
    frozen_until    BIGINT NOT NULL DEFAULT 0,
    recovered_until BIGINT NOT NULL DEFAULT 0,
    created         BIGINT NOT NULL,
    version         BIGINT NOT NULL DEFAULT 0
);

-- Several accounts may share one address.
CREATE TABLE local_address (
    account   TEXT   NOT NULL REFERENCES local_account (id),
    position  BIGINT NOT NULL,                  -- 0 is the primary
    email     TEXT   NOT NULL,                  -- the bytes that mail goes to
    canon     TEXT   NOT NULL,                  -- account.Canonical
    confirmed BIGINT NOT NULL,                  -- 0 is not yet
    PRIMARY KEY (account, position)
);
CREATE INDEX local_address_canon ON local_address (canon);

-- Wrong passwords in a row. The key is an account's id or, for input that names
-- no account, a keyed hash of the same shape.
CREATE TABLE local_failure (
    key    TEXT   NOT NULL PRIMARY KEY,
    missed BIGINT NOT NULL,
    at     BIGINT NOT NULL
);
CREATE INDEX local_failure_at ON local_failure (at);

-- What became of each change, by its key.
CREATE TABLE local_change (
    key     TEXT   NOT NULL PRIMARY KEY,
    account TEXT   NOT NULL,
    result  BIGINT NOT NULL,
    at      BIGINT NOT NULL
);
