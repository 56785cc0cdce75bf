-- Results of reconciliation, and the indexes for the figures.

-- Figures are read by time. Each index covers all columns that a sum needs.
CREATE INDEX ledger_by_kind ON ledger_entry (kind, created_at, amount_minor, customer_id);
CREATE INDEX orders_by_time ON orders (created_at, discount_minor);
CREATE INDEX customer_by_time ON customer (created_at);

-- The ledger refers to a deposit only by this key (Deposit.key).
CREATE UNIQUE INDEX deposit_by_key ON deposit ('deposit:' || chain || ':' || txid || ':' || output_index);
CREATE INDEX deposit_of_address ON deposit (address_id, asset);

-- A check of all the books: how many rows were compared, and how many of them differ.
CREATE TABLE reconciliation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    asked_by INTEGER REFERENCES customer (id),
    checked INTEGER NOT NULL CHECK (checked >= 0),
    differing INTEGER NOT NULL CHECK (differing >= 0),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER reconciliation_is_never_changed BEFORE UPDATE ON reconciliation
BEGIN SELECT RAISE(ABORT, 'a look at the books is kept'); END;

CREATE TRIGGER reconciliation_is_never_deleted BEFORE DELETE ON reconciliation
BEGIN SELECT RAISE(ABORT, 'a look at the books is kept'); END;

-- A difference, with the first and the last check that found it. `subject` is the id of a row in the kind's table.
CREATE TABLE difference (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    subject INTEGER NOT NULL,
    customer_id INTEGER,
    expected INTEGER NOT NULL,
    found INTEGER NOT NULL CHECK (found <> expected),
    first_id INTEGER NOT NULL REFERENCES reconciliation (id),
    last_id INTEGER NOT NULL REFERENCES reconciliation (id),
    UNIQUE (kind, subject, expected, found)
) STRICT;
CREATE INDEX difference_by_first ON difference (first_id);
CREATE INDEX difference_by_last ON difference (last_id);
