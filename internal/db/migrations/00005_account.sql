-- +goose Up
-- Keyback's own freeze of an account, wherever the account lives.
CREATE TABLE account_freeze (
    account TEXT   NOT NULL PRIMARY KEY,
    until   BIGINT NOT NULL,
    reason  TEXT   NOT NULL,
    at      BIGINT NOT NULL
);
