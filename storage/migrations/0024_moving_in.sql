-- Data moved from another shop's bot, and the addresses that it had given out.

-- On each chain, a customer has one address of this shop, which it shows, and those of their previous shop, which it
-- only watches (`moved`). The table is rebuilt because SQLite cannot drop a UNIQUE; rows keep their ids, so references
-- to them hold again before the step is committed.
PRAGMA defer_foreign_keys = 1;
CREATE TABLE address_copy AS SELECT * FROM deposit_address;
DROP TABLE deposit_address;
CREATE TABLE deposit_address (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    chain TEXT NOT NULL,
    address TEXT NOT NULL,
    path TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    shown_at INTEGER NOT NULL,
    moved INTEGER NOT NULL DEFAULT 0 CHECK (moved IN (0, 1)),
    UNIQUE (chain, address)
) STRICT;
INSERT INTO deposit_address (id, customer_id, chain, address, path, created_at, shown_at)
SELECT id, customer_id, chain, address, path, created_at, shown_at FROM address_copy ORDER BY id;
DROP TABLE address_copy;
CREATE INDEX deposit_address_by_age ON deposit_address (chain, shown_at);
CREATE INDEX deposit_address_of_customer ON deposit_address (customer_id, chain);
CREATE UNIQUE INDEX deposit_address_shown ON deposit_address (customer_id, chain) WHERE moved = 0;

-- The sealed mnemonic of a customer's moved addresses: sealed to the operator, or, in a shop that can spend, to a key
-- of the shop.
CREATE TABLE moved_wallet (
    customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER moved_wallet_is_kept BEFORE DELETE ON moved_wallet
BEGIN SELECT RAISE(ABORT, 'a sealed wallet holds coins'); END;

CREATE TRIGGER moved_wallet_is_never_changed BEFORE UPDATE ON moved_wallet
BEGIN SELECT RAISE(ABORT, 'a sealed wallet holds coins'); END;

-- Which row there became which row here, so that nothing is moved twice.
CREATE TABLE moved_row (
    kind TEXT NOT NULL CHECK (kind IN (
        'user', 'ban', 'referral', 'category', 'item', 'buy', 'refund', 'deposit', 'coupon', 'review', 'cart_item'
    )),
    source_id INTEGER NOT NULL,
    own_id INTEGER NOT NULL,
    moved_at INTEGER NOT NULL,
    PRIMARY KEY (kind, source_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER moved_row_is_never_changed BEFORE UPDATE ON moved_row
BEGIN SELECT RAISE(ABORT, 'what came along is kept'); END;

CREATE TRIGGER moved_row_is_never_deleted BEFORE DELETE ON moved_row
BEGIN SELECT RAISE(ABORT, 'what came along is kept'); END;

-- A customer's balance there, and the amount of the ledger entry for it; the customer's newest row counts.
CREATE TABLE moved_balance (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    source_minor INTEGER NOT NULL CHECK (source_minor >= 0),
    amount_minor INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX moved_balance_of_customer ON moved_balance (customer_id, id);

CREATE TRIGGER moved_balance_is_never_changed BEFORE UPDATE ON moved_balance
BEGIN SELECT RAISE(ABORT, 'what came along is kept'); END;

CREATE TRIGGER moved_balance_is_never_deleted BEFORE DELETE ON moved_balance
BEGIN SELECT RAISE(ABORT, 'what came along is kept'); END;

CREATE TRIGGER moved_in_is_what_was_there BEFORE INSERT ON ledger_entry
WHEN NEW.kind = 'moved_in' AND NOT EXISTS (
    SELECT 1 FROM moved_balance b
    WHERE NEW.key = 'moved_in:' || b.id AND b.id = CAST(substr(NEW.key, 10) AS INTEGER)
    AND b.customer_id = NEW.customer_id AND b.amount_minor = NEW.amount_minor
)
BEGIN SELECT RAISE(ABORT, 'a balance comes along as it was there'); END;

-- A deposit that the other shop credited, as it recorded it. The value and the transaction are not always known.
CREATE TABLE moved_deposit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    asset TEXT NOT NULL CHECK (asset <> ''),
    units TEXT NOT NULL CHECK (units <> '' AND units NOT GLOB '*[^0-9]*'),
    chain TEXT,
    txid TEXT CHECK (txid <> ''),
    fiat_minor INTEGER CHECK (fiat_minor >= 0),
    created_at INTEGER NOT NULL,
    CHECK ((chain IS NULL) = (txid IS NULL))
) STRICT;
CREATE UNIQUE INDEX moved_deposit_by_transaction ON moved_deposit (chain, txid, asset, customer_id)
    WHERE txid IS NOT NULL;
CREATE INDEX moved_deposit_of_customer ON moved_deposit (customer_id);

CREATE TRIGGER moved_deposit_is_never_changed BEFORE UPDATE ON moved_deposit
BEGIN SELECT RAISE(ABORT, 'what came along is kept'); END;

CREATE TRIGGER moved_deposit_is_never_deleted BEFORE DELETE ON moved_deposit
BEGIN SELECT RAISE(ABORT, 'what came along is kept'); END;

-- Coins left at a moved address become a deposit that credits nothing, so that they are counted and swept.
CREATE TRIGGER deposit_was_credited_there BEFORE INSERT ON deposit
WHEN NOT (NEW.state = 'credited' AND NEW.credited_minor = 0) AND EXISTS (
    SELECT 1 FROM moved_deposit m
    WHERE m.chain = NEW.chain AND m.txid = NEW.txid AND m.asset = NEW.asset AND m.customer_id = NEW.customer_id
)
BEGIN SELECT RAISE(ABORT, 'the other shop credited this deposit'); END;
