-- A transfer from before its address was given out is held for an owner: it paid whoever had the address then. The
-- column is replaced, because SQLite cannot change a CHECK.
ALTER TABLE deposit RENAME COLUMN held TO held_before;
ALTER TABLE deposit ADD COLUMN held TEXT
    CHECK (held IN ('unwitnessed', 'denied', 'contradicted', 'ceiling', 'earlier'));
UPDATE deposit SET held = held_before WHERE held_before IS NOT NULL;
ALTER TABLE deposit DROP COLUMN held_before;
