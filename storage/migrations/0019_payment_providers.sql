-- Invoices of any payment provider: `provider` is its permanent name, `reference` its unique name for a payment, and
-- `number` the payment's name on its pages. `ledger_key` is the key of the ledger entry; old keys stay as they were.
-- The table is rebuilt because SQLite cannot change a CHECK: a reference no longer has to be a hash of 64 digits.

CREATE TABLE invoice_of_provider (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    provider TEXT NOT NULL DEFAULT 'kryptoexpress' CHECK (provider <> '' AND provider NOT GLOB '*[^a-z0-9_]*'),
    reference TEXT NOT NULL CHECK (length(reference) BETWEEN 1 AND 200),
    number TEXT NOT NULL CHECK (length(number) BETWEEN 1 AND 200),
    asset TEXT NOT NULL,
    address TEXT NOT NULL CHECK (address <> ''),
    fiat_minor INTEGER NOT NULL CHECK (fiat_minor > 0),
    units TEXT NOT NULL CHECK (units <> '' AND units NOT GLOB '*[^0-9]*'),
    state TEXT NOT NULL CHECK (state IN ('open', 'paid', 'expired')),
    message_id INTEGER,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    paid_at INTEGER,
    paid_units TEXT CHECK (paid_units <> '' AND paid_units NOT GLOB '*[^0-9]*'),
    next_check_at INTEGER,
    ledger_key TEXT NOT NULL UNIQUE GENERATED ALWAYS AS (provider || ':' || reference) STORED,
    UNIQUE (provider, reference),
    CHECK ((state = 'paid') = (paid_at IS NOT NULL)),
    CHECK (state <> 'paid' OR next_check_at IS NULL)
) STRICT;
INSERT INTO invoice_of_provider (id, customer_id, reference, number, asset, address, fiat_minor, units, state,
    message_id, created_at, expires_at, paid_at, paid_units, next_check_at)
SELECT id, customer_id, hash, CAST(payment_id AS TEXT), asset, address, fiat_minor, units, state,
    message_id, created_at, expires_at, paid_at, paid_units, next_check_at
FROM invoice ORDER BY id;
DROP TABLE invoice;
ALTER TABLE invoice_of_provider RENAME TO invoice;

CREATE INDEX invoice_due ON invoice (provider, next_check_at, id) WHERE next_check_at IS NOT NULL;
CREATE INDEX invoice_of_customer ON invoice (customer_id, state, id);

CREATE TRIGGER invoice_paid_stays_paid BEFORE UPDATE OF state ON invoice
WHEN OLD.state = 'paid' AND NEW.state <> 'paid'
BEGIN SELECT RAISE(ABORT, 'what was paid stays paid'); END;
CREATE TRIGGER invoice_keeps_its_key BEFORE UPDATE OF provider, reference ON invoice
BEGIN SELECT RAISE(ABORT, 'a payment keeps its provider and reference'); END;
