-- Invoices requested from a payment provider: a separate address and an exact amount for a sum in the currency.
-- `paid_units`: the amount that the provider reports as received, if it does.
-- `next_check_at`: when to ask the provider about it again; NULL: not any more.

CREATE TABLE invoice (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    asset TEXT NOT NULL,
    payment_id INTEGER NOT NULL,
    hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
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
    CHECK ((state = 'paid') = (paid_at IS NOT NULL)),
    CHECK (state <> 'paid' OR next_check_at IS NULL)
) STRICT;
CREATE INDEX invoice_due ON invoice (next_check_at, id) WHERE next_check_at IS NOT NULL;
CREATE INDEX invoice_of_customer ON invoice (customer_id, state, id);

CREATE TRIGGER invoice_paid_stays_paid BEFORE UPDATE OF state ON invoice
WHEN OLD.state = 'paid' AND NEW.state <> 'paid'
BEGIN SELECT RAISE(ABORT, 'what was paid stays paid'); END;
