-- +goose Up

-- A message, from its making to the last thing known of its delivery. What it
-- says is not here: it is composed anew for each attempt.
CREATE TABLE mail_message (
    id         TEXT   NOT NULL PRIMARY KEY,
    message_id TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    lane       BIGINT NOT NULL,
    ref        TEXT   NOT NULL,
    party      TEXT   NOT NULL,
    address    TEXT   NOT NULL,
    created    BIGINT NOT NULL,
    expires    BIGINT NOT NULL,
    due        BIGINT NOT NULL, -- of the next attempt
    attempts   BIGINT NOT NULL,
    state      TEXT   NOT NULL, -- queued, or the class of the last outcome
    holder     TEXT   NOT NULL, -- the node that has the lease, empty if none
    fence      BIGINT NOT NULL, -- rises with each lease and each outcome: what was done under an older one is void
    ready      BIGINT           -- from when anybody may take it: due, or the end of its lease; null once it is final
);
CREATE INDEX mail_message_ready ON mail_message (lane, ready) WHERE ready IS NOT NULL;
CREATE INDEX mail_message_ref ON mail_message (ref, created);

-- What happened to it, a row an outcome.
CREATE TABLE mail_trail (
    message  TEXT   NOT NULL,
    attempt  BIGINT NOT NULL,
    class    TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    host     TEXT   NOT NULL,
    tls      TEXT   NOT NULL,
    code     BIGINT NOT NULL,
    enhanced TEXT   NOT NULL,
    text     TEXT   NOT NULL,
    next     BIGINT NOT NULL, -- planned next attempt, 0 if none
    PRIMARY KEY (message, attempt, class)
);
