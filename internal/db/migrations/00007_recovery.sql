-- +goose Up

-- One attempt to get back in. What opens something is not here: links and codes
-- are derived from id and counter, browsers and passes are held as keyed hashes.
CREATE TABLE recovery (
    id          TEXT   NOT NULL PRIMARY KEY,
    version     BIGINT NOT NULL,
    state       TEXT   NOT NULL,
    want        BIGINT NOT NULL, -- policy.Want
    asked       TEXT   NOT NULL, -- the address or name, as typed
    named       BIGINT NOT NULL, -- 1: a name, so nothing live is ever shown
    subject     BYTEA  NOT NULL, -- keyed hash of what was asked in its canonical form
    browser     BYTEA  NOT NULL, -- keyed hash of the cookie of the browser that asked
    network     TEXT   NOT NULL,
    device      TEXT   NOT NULL,
    language    TEXT   NOT NULL,
    quiet       BIGINT NOT NULL, -- 1: a budget is spent, no live state is shown
    mute        BIGINT NOT NULL, -- 1: and "no account here" is not written
    account     TEXT   NOT NULL, -- once a proven mailbox has chosen it
    name        TEXT   NOT NULL, -- that account's name
    counter     BIGINT NOT NULL, -- of the newest link and code
    message     TEXT   NOT NULL, -- that carries them; empty if none was sent
    sent        BIGINT NOT NULL, -- when it was asked for
    sends       BIGINT NOT NULL,
    token_until BIGINT NOT NULL, -- 0 until the next server accepted the mail
    void        BIGINT NOT NULL, -- 1: link and code are dead, whatever their time
    tries       BIGINT NOT NULL, -- of the newest code
    pass        BYTEA  NOT NULL, -- keyed hash of the pass that holds the grant
    shown       BIGINT NOT NULL, -- policy.Classes
    hold_from   BIGINT NOT NULL,
    hold_until  BIGINT NOT NULL,
    grant_until BIGINT NOT NULL,
    due         BIGINT NOT NULL, -- of the next timer, 0 if none
    opened      BIGINT NOT NULL,
    ended       BIGINT NOT NULL,
    halted      BIGINT NOT NULL, -- 1: somebody who had its letter said "this wasn't me"
    frozen      BIGINT NOT NULL, -- until when a stop froze the account
    places      BIGINT NOT NULL, -- that were signed out
    told        BIGINT NOT NULL  -- addresses that were told
);
CREATE INDEX recovery_subject ON recovery (subject, opened);
-- For this one and recovery_grant a query must say account <> '' too: neither engine
-- knows that an account it looks for has a name.
CREATE INDEX recovery_of_account ON recovery (account, opened) WHERE account <> '';
CREATE INDEX recovery_due ON recovery (due) WHERE due > 0;
-- Law 11: one recovery of an account at most holds a grant.
CREATE UNIQUE INDEX recovery_grant ON recovery (account) WHERE state IN ('granted', 'claimed') AND account <> '';

-- Calls to the directory that a committed change still owes.
CREATE TABLE recovery_call (
    recovery TEXT   NOT NULL,
    account  TEXT   NOT NULL,
    what     TEXT   NOT NULL, -- end-sessions, freeze, ask
    until    BIGINT NOT NULL, -- of a freeze
    due      BIGINT NOT NULL, -- when somebody else than the request makes it
    PRIMARY KEY (recovery, account, what)
);
CREATE INDEX recovery_call_due ON recovery_call (due);

-- What all recoveries of an account share; taken before any of them is changed.
CREATE TABLE recovery_account (
    account    TEXT   NOT NULL PRIMARY KEY,
    version    BIGINT NOT NULL,
    stopped    BIGINT NOT NULL, -- when one was last stopped by somebody who showed a proof
    stopped_by TEXT   NOT NULL, -- which recovery that was
    contested  BIGINT NOT NULL
);
