-- Sweeps move coins from the shop's addresses. A sweep is for one chain and has a plan for each speed. Once one of them
-- is confirmed, each of its transactions is a row, whose bytes and id are stored before they are sent to anyone.

CREATE TABLE sweep (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chain TEXT NOT NULL CHECK (chain IN ('BTC', 'LTC', 'ETH', 'TRX', 'SOL')),
    destination TEXT NOT NULL CHECK (destination <> ''),
    speed TEXT NOT NULL CHECK (speed IN ('slow', 'normal', 'fast')),
    state TEXT NOT NULL CHECK (state IN ('asked', 'planned', 'waiting', 'running', 'done', 'stopped', 'dropped')),
    reason TEXT NOT NULL DEFAULT '',
    asked_by INTEGER REFERENCES customer (id),
    created_at INTEGER NOT NULL,
    starts_at INTEGER,
    ended_at INTEGER,
    CHECK ((state IN ('waiting', 'running', 'done', 'stopped')) = (starts_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX sweep_one_at_a_time ON sweep (chain) WHERE state IN ('waiting', 'running');
CREATE INDEX sweep_open ON sweep (state) WHERE state IN ('asked', 'waiting', 'running');

CREATE TRIGGER sweep_goes_forward BEFORE UPDATE OF state ON sweep
WHEN OLD.state <> NEW.state AND NOT (
    (OLD.state = 'asked' AND NEW.state IN ('planned', 'waiting', 'dropped'))
    OR (OLD.state = 'planned' AND NEW.state IN ('waiting', 'dropped'))
    OR (OLD.state = 'waiting' AND NEW.state IN ('running', 'stopped'))
    OR (OLD.state = 'running' AND NEW.state IN ('done', 'stopped'))
    OR (OLD.state IN ('done', 'stopped') AND NEW.state = 'running')
)
BEGIN SELECT RAISE(ABORT, 'a sweep goes forward'); END;
CREATE TRIGGER sweep_keeps_its_destination BEFORE UPDATE OF chain, destination ON sweep
BEGIN SELECT RAISE(ABORT, 'a sweep keeps its destination'); END;
CREATE TRIGGER sweep_keeps_its_plan BEFORE UPDATE OF speed ON sweep
WHEN OLD.state NOT IN ('asked', 'planned')
BEGIN SELECT RAISE(ABORT, 'a confirmed sweep keeps its plan'); END;

-- `plan` is the file that any machine with the keys can sign; empty: nothing is worth moving. `summary` (JSON) lists
-- what it leaves behind, and why.
CREATE TABLE sweep_plan (
    sweep_id INTEGER NOT NULL REFERENCES sweep (id) ON DELETE CASCADE,
    speed TEXT NOT NULL CHECK (speed IN ('slow', 'normal', 'fast')),
    plan BLOB NOT NULL,
    summary TEXT NOT NULL,
    PRIMARY KEY (sweep_id, speed)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER sweep_plan_is_not_changed BEFORE UPDATE ON sweep_plan
BEGIN SELECT RAISE(ABORT, 'a plan is made anew'); END;

-- `position` is the transaction's place in the plan, counted from 0. `source` is the paying address; empty if there are
-- several inputs. `units` arrive; `fee_units` is the highest fee, in the chain's native coin.
CREATE TABLE sweep_transaction (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sweep_id INTEGER NOT NULL REFERENCES sweep (id),
    position INTEGER NOT NULL CHECK (position >= 0),
    chain TEXT NOT NULL CHECK (chain IN ('BTC', 'LTC', 'ETH', 'TRX', 'SOL')),
    purpose TEXT NOT NULL CHECK (purpose IN ('move', 'gas')),
    asset TEXT NOT NULL,
    source TEXT NOT NULL,
    recipient TEXT NOT NULL CHECK (recipient <> ''),
    units TEXT NOT NULL CHECK (units <> '' AND units NOT GLOB '*[^0-9]*'),
    fee_units TEXT NOT NULL CHECK (fee_units <> '' AND fee_units NOT GLOB '*[^0-9]*'),
    after_id INTEGER REFERENCES sweep_transaction (id),
    replaces_id INTEGER UNIQUE REFERENCES sweep_transaction (id),
    state TEXT NOT NULL CHECK (state IN ('planned', 'funding', 'signed', 'sent', 'confirmed', 'failed', 'replaced')),
    nonce INTEGER CHECK (nonce >= 0),
    txid TEXT CHECK (txid <> ''),
    signed_bytes BLOB,
    valid_until INTEGER,
    confirmations INTEGER NOT NULL DEFAULT 0 CHECK (confirmations >= 0),
    needed INTEGER NOT NULL DEFAULT 0 CHECK (needed >= 0),
    reason TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (chain, txid),
    CHECK ((txid IS NULL) = (signed_bytes IS NULL)),
    CHECK (txid IS NOT NULL OR state IN ('planned', 'funding', 'failed')),
    CHECK (chain IN ('BTC', 'LTC') OR source <> '')
) STRICT;
CREATE INDEX sweep_transaction_of_sweep ON sweep_transaction (sweep_id, state);
CREATE INDEX sweep_transaction_open ON sweep_transaction (chain, state)
    WHERE state IN ('planned', 'funding', 'signed', 'sent');
-- A nonce is never spent by two live transactions; nor, on chains without nonces, an address's balance of a coin.
CREATE UNIQUE INDEX sweep_one_spend_of_a_nonce ON sweep_transaction (chain, source, nonce)
    WHERE nonce IS NOT NULL AND state IN ('signed', 'sent', 'confirmed');
CREATE UNIQUE INDEX sweep_one_spend_of_a_holding ON sweep_transaction (chain, source, asset)
    WHERE source <> '' AND purpose = 'move' AND state IN ('planned', 'funding', 'signed', 'sent');
CREATE UNIQUE INDEX sweep_one_gas_at_a_time ON sweep_transaction (chain, recipient)
    WHERE purpose = 'gas' AND state IN ('planned', 'signed', 'sent');

CREATE TRIGGER sweep_transaction_goes_forward BEFORE UPDATE OF state ON sweep_transaction
WHEN OLD.state <> NEW.state AND NOT (
    (OLD.state IN ('planned', 'funding') AND NEW.state IN ('funding', 'signed', 'failed'))
    OR (OLD.state IN ('signed', 'sent') AND NEW.state IN ('sent', 'confirmed', 'failed', 'replaced'))
    OR (OLD.state IN ('failed', 'replaced') AND NEW.state = 'confirmed' AND OLD.txid IS NOT NULL)
    OR (OLD.state = 'confirmed' AND NEW.state = 'sent')
)
BEGIN SELECT RAISE(ABORT, 'a transaction goes forward'); END;
CREATE TRIGGER sweep_transaction_stays_signed
BEFORE UPDATE OF chain, source, recipient, asset, txid, signed_bytes, nonce ON sweep_transaction
WHEN OLD.txid IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'what was signed stays as it was signed'); END;
CREATE TRIGGER sweep_transaction_goes_to_its_destination BEFORE INSERT ON sweep_transaction
WHEN NEW.purpose = 'move' AND NEW.recipient <> (SELECT destination FROM sweep WHERE id = NEW.sweep_id)
BEGIN SELECT RAISE(ABORT, 'a sweep pays its destination'); END;
CREATE TRIGGER sweep_transaction_is_kept BEFORE DELETE ON sweep_transaction
BEGIN SELECT RAISE(ABORT, 'a transaction is kept for ever'); END;

-- What a transaction takes from an address. `place` is the output that it spends, on chains with outputs. `live`: it is
-- spent, or about to be.
CREATE TABLE sweep_input (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    transaction_id INTEGER NOT NULL REFERENCES sweep_transaction (id),
    address_id INTEGER NOT NULL REFERENCES deposit_address (id),
    chain TEXT NOT NULL,
    asset TEXT NOT NULL,
    place TEXT NOT NULL DEFAULT '',
    units TEXT NOT NULL CHECK (units <> '' AND units NOT GLOB '*[^0-9]*'),
    live INTEGER NOT NULL DEFAULT 1 CHECK (live IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX sweep_one_spend_of_an_output ON sweep_input (chain, place) WHERE live = 1 AND place <> '';
CREATE INDEX sweep_input_of_transaction ON sweep_input (transaction_id);
CREATE INDEX sweep_input_of_address ON sweep_input (address_id, asset) WHERE live = 1;

CREATE TRIGGER sweep_input_follows_its_transaction AFTER UPDATE OF state ON sweep_transaction
WHEN OLD.state <> NEW.state
BEGIN
    UPDATE sweep_input SET live = NEW.state NOT IN ('failed', 'replaced') WHERE transaction_id = NEW.id;
END;
CREATE TRIGGER sweep_input_is_kept BEFORE DELETE ON sweep_input
BEGIN SELECT RAISE(ABORT, 'what was moved is kept for ever'); END;

-- Outputs that were spent elsewhere with the same keys; later plans leave them out.
CREATE TABLE spent_elsewhere (
    chain TEXT NOT NULL,
    place TEXT NOT NULL CHECK (place <> ''),
    found_at INTEGER NOT NULL,
    PRIMARY KEY (chain, place)
) STRICT, WITHOUT ROWID;

-- The messages that show a sweep, and to whom.
CREATE TABLE sweep_message (
    sweep_id INTEGER NOT NULL REFERENCES sweep (id) ON DELETE CASCADE,
    telegram_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    PRIMARY KEY (sweep_id, telegram_id)
) STRICT, WITHOUT ROWID;
