-- +goose Up
-- One history: of a recovery towards a party. The key is wrapped by the key outside
-- the database; deleting the row erases what its leaves say and leaves them in the tree.
CREATE TABLE record_thread (
    recovery TEXT   NOT NULL,
    party    TEXT   NOT NULL,
    number   BIGINT NOT NULL,  -- of its newest leaf
    key      BYTEA  NOT NULL,
    PRIMARY KEY (recovery, party)
);

-- Leaves that are committed and not yet in the tree.
CREATE TABLE record_pending (
    thread BYTEA  NOT NULL,    -- the pseudonym
    number BIGINT NOT NULL,
    leaf   BYTEA  NOT NULL,    -- canonical bytes
    box    BYTEA  NOT NULL,    -- the payload, encrypted
    PRIMARY KEY (thread, number)
);

-- Leaves in the tree. Never changed.
CREATE TABLE record_leaf (
    position BIGINT NOT NULL PRIMARY KEY,
    thread   BYTEA  NOT NULL,
    leaf     BYTEA  NOT NULL,
    box      BYTEA  NOT NULL
);
CREATE INDEX record_leaf_thread ON record_leaf (thread);

-- Full tiles of 256 hashes. Never changed.
CREATE TABLE record_tile (
    level  BIGINT NOT NULL,
    n      BIGINT NOT NULL,
    hashes BYTEA  NOT NULL,
    PRIMARY KEY (level, n)
);

-- The tree as it stands, one row: its right edge and its signed checkpoint.
CREATE TABLE record_tree (
    id      BIGINT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    size    BIGINT NOT NULL,
    edge    BYTEA  NOT NULL,
    note    TEXT   NOT NULL,
    signed  BIGINT NOT NULL
);
INSERT INTO record_tree (id, version, size, edge, note, signed) VALUES (1, 0, 0, '', '', 0);

-- Checkpoints that were asked for, and so may be printed somewhere.
CREATE TABLE record_seal (
    size   BIGINT NOT NULL PRIMARY KEY,
    seal   TEXT   NOT NULL,
    note   TEXT   NOT NULL,
    signed BIGINT NOT NULL
);
CREATE INDEX record_seal_seal ON record_seal (seal);

-- Which node sequences, one row.
CREATE TABLE record_lease (
    id    BIGINT NOT NULL PRIMARY KEY,
    node  TEXT   NOT NULL,
    until BIGINT NOT NULL
);
INSERT INTO record_lease (id, node, until) VALUES (1, '', 0);
