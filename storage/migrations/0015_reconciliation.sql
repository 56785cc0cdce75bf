-- What reconciliation found, and the ways that figures are read by.

-- Figures are read by time. Each index holds all that a sum needs.
CREATE INDEX ledger_by_kind ON ledger_entry (kind, created_at, amount_minor, customer_id);
CREATE INDEX orders_by_time ON orders (created_at, discount_minor);
CREATE INDEX customer_by_time ON customer (created_at);

-- The ledger knows a deposit by this key alone (Deposit.key).
CREATE UNIQUE INDEX deposit_by_key ON deposit ('deposit:' || chain || ':' || txid || ':' || output_index);
CREATE INDEX deposit_of_address ON deposit (address_id, asset);

-- A look at all the books: how many rows were compared, and how many of them differ.
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

-- What differs: found first and last by these looks. `subject` is the number of a row of the kind's own table.
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
