-- Payments in Telegram Stars: bills sent to customers, payments by their charge id, and a copy of Telegram's own list,
-- which shows payments whose update was lost.

CREATE TABLE star_bill (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    reference TEXT NOT NULL UNIQUE CHECK (length(reference) BETWEEN 16 AND 64),
    fiat_minor INTEGER NOT NULL CHECK (fiat_minor > 0),
    stars INTEGER NOT NULL CHECK (stars > 0),
    offer_id INTEGER,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL CHECK (expires_at > created_at)
) STRICT;
CREATE INDEX star_bill_by_age ON star_bill (created_at);

CREATE TRIGGER star_bill_is_what_was_sent BEFORE UPDATE ON star_bill
BEGIN SELECT RAISE(ABORT, 'a bill is what was sent'); END;

-- `credited_minor` is the amount credited for the payment. `attempt` counts attempted refunds, since Telegram may
-- refuse one. `order_id` is the order that its bill was for, once there is one.
CREATE TABLE star_payment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    charge_id TEXT NOT NULL UNIQUE CHECK (length(charge_id) BETWEEN 1 AND 200),
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    bill_id INTEGER REFERENCES star_bill (id),
    stars INTEGER NOT NULL CHECK (stars > 0),
    credited_minor INTEGER NOT NULL CHECK (credited_minor > 0),
    state TEXT NOT NULL CHECK (state IN ('paid', 'refunding', 'refunded', 'charged_back')),
    attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    paid_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    ledger_key TEXT NOT NULL UNIQUE GENERATED ALWAYS AS ('stars:' || charge_id) STORED
) STRICT;
CREATE INDEX star_payment_of_customer ON star_payment (customer_id, paid_at);
CREATE INDEX star_payment_of_bill ON star_payment (bill_id);
CREATE INDEX star_payment_on_its_way_back ON star_payment (id) WHERE state = 'refunding';

CREATE TRIGGER star_payment_is_kept BEFORE DELETE ON star_payment
BEGIN SELECT RAISE(ABORT, 'a payment is kept'); END;
CREATE TRIGGER star_payment_keeps_its_sum
BEFORE UPDATE OF charge_id, customer_id, bill_id, stars, credited_minor, paid_at ON star_payment
BEGIN SELECT RAISE(ABORT, 'a payment keeps its sum'); END;
CREATE TRIGGER star_payment_goes_back_once BEFORE UPDATE OF state ON star_payment
WHEN OLD.state IN ('refunded', 'charged_back') AND NEW.state <> OLD.state
BEGIN SELECT RAISE(ABORT, 'what went back stays there'); END;

-- Ledger entries for Stars have exactly the amount credited for the payment, and need the matching state.
CREATE TRIGGER stars_are_credited_as_paid BEFORE INSERT ON ledger_entry
WHEN NEW.key GLOB 'stars:*' AND NOT EXISTS (
    SELECT 1 FROM star_payment p WHERE p.ledger_key = NEW.key AND p.customer_id = NEW.customer_id
    AND p.credited_minor = NEW.amount_minor AND NEW.kind = 'deposit'
)
BEGIN SELECT RAISE(ABORT, 'Stars are credited as they were paid'); END;

CREATE TRIGGER stars_go_back_as_paid BEFORE INSERT ON ledger_entry
WHEN NEW.kind = 'star_refund' AND NOT EXISTS (
    SELECT 1 FROM star_payment p WHERE p.customer_id = NEW.customer_id AND (
        (NEW.key = 'stars-refund:' || p.charge_id || ':' || p.attempt AND NEW.amount_minor = -p.credited_minor
            AND p.state = 'refunding')
        OR (NEW.key = 'stars-kept:' || p.charge_id || ':' || p.attempt AND NEW.amount_minor = p.credited_minor
            AND p.state = 'paid' AND p.attempt > 0)
    )
)
BEGIN SELECT RAISE(ABORT, 'a refund gives back what was paid'); END;

CREATE TRIGGER chargeback_takes_what_was_paid BEFORE INSERT ON ledger_entry
WHEN NEW.kind = 'chargeback' AND NOT EXISTS (
    SELECT 1 FROM star_payment p WHERE NEW.key = 'stars-chargeback:' || p.charge_id
    AND p.customer_id = NEW.customer_id AND NEW.amount_minor = -p.credited_minor AND p.state = 'charged_back'
)
BEGIN SELECT RAISE(ABORT, 'a chargeback takes what was paid'); END;

-- Telegram's list of incoming and outgoing transactions, in its order; amounts are in billionths of a Star.
CREATE TABLE star_transaction (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    transaction_id TEXT NOT NULL CHECK (length(transaction_id) BETWEEN 1 AND 200),
    incoming INTEGER NOT NULL CHECK (incoming IN (0, 1)),
    kind TEXT NOT NULL CHECK (kind IN ('payment', 'refund', 'withdrawal', 'other')),
    nanostars INTEGER NOT NULL CHECK (nanostars >= 0),
    made_at INTEGER NOT NULL,
    UNIQUE (transaction_id, incoming)
) STRICT;

CREATE TRIGGER star_transaction_is_never_changed BEFORE UPDATE ON star_transaction
BEGIN SELECT RAISE(ABORT, 'the list only grows'); END;
CREATE TRIGGER star_transaction_is_never_deleted BEFORE DELETE ON star_transaction
BEGIN SELECT RAISE(ABORT, 'the list only grows'); END;

ALTER TABLE product ADD COLUMN by_stars INTEGER NOT NULL DEFAULT 1 CHECK (by_stars IN (0, 1));

-- A chargeback may take money that is already spent. Only then may a balance fall below zero; later payments raise it
-- again. Loosening a CHECK affects no row, so it is edited in the schema as SQLite's manual describes
-- (https://www.sqlite.org/lang_altertable.html, section 8), because half of the database refers to these two tables.
PRAGMA writable_schema = ON;
UPDATE sqlite_master SET sql = replace(sql, 'CHECK (balance_minor >= 0)',
    'CHECK (balance_minor >= 0 OR amount_minor > 0 OR kind = ''chargeback'')')
WHERE type = 'table' AND name = 'ledger_entry';
UPDATE sqlite_master SET sql = replace(sql, ' DEFAULT 0 CHECK (balance_minor >= 0)', ' DEFAULT 0')
WHERE type = 'table' AND name = 'customer';
PRAGMA writable_schema = RESET;
