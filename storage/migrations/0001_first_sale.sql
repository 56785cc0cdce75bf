-- Money is in whole minor units of the shop's currency; times are in Unix seconds.
-- Amounts of coins are decimal text in base units, since wei overflow 64 bits at 9.22 ETH.

CREATE TABLE customer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    telegram_id INTEGER NOT NULL UNIQUE,
    bot_id INTEGER NOT NULL,
    username TEXT,
    first_name TEXT NOT NULL,
    language TEXT NOT NULL,
    language_chosen INTEGER NOT NULL DEFAULT 0 CHECK (language_chosen IN (0, 1)),
    balance_minor INTEGER NOT NULL DEFAULT 0 CHECK (balance_minor >= 0),
    banned INTEGER NOT NULL DEFAULT 0 CHECK (banned IN (0, 1)),
    reachable INTEGER NOT NULL DEFAULT 1 CHECK (reachable IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE category (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent_id INTEGER REFERENCES category (id),
    name TEXT NOT NULL CHECK (name <> '')
) STRICT;
CREATE UNIQUE INDEX category_by_name ON category (coalesce(parent_id, 0), name);

CREATE TABLE product (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    category_id INTEGER NOT NULL REFERENCES category (id),
    name TEXT NOT NULL CHECK (name <> ''),
    description TEXT NOT NULL,
    price_minor INTEGER NOT NULL CHECK (price_minor > 0),
    stock_count INTEGER NOT NULL DEFAULT 0 CHECK (stock_count >= 0),
    created_at INTEGER NOT NULL,
    UNIQUE (category_id, description, price_minor)
) STRICT;

CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    key TEXT NOT NULL UNIQUE,
    total_minor INTEGER NOT NULL CHECK (total_minor > 0),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX orders_of_customer ON orders (customer_id, id);

CREATE TABLE order_line (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    product_id INTEGER NOT NULL REFERENCES product (id),
    product_name TEXT NOT NULL,
    unit_price_minor INTEGER NOT NULL CHECK (unit_price_minor > 0),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    UNIQUE (order_id, product_id)
) STRICT;

CREATE TABLE stock_item (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id INTEGER NOT NULL REFERENCES product (id),
    content TEXT NOT NULL CHECK (content <> ''),
    content_hash BLOB NOT NULL,
    order_line_id INTEGER REFERENCES order_line (id),
    created_at INTEGER NOT NULL,
    UNIQUE (product_id, content_hash)
) STRICT;
CREATE INDEX stock_item_for_sale ON stock_item (product_id, id) WHERE order_line_id IS NULL;
CREATE INDEX stock_item_of_line ON stock_item (order_line_id) WHERE order_line_id IS NOT NULL;

CREATE TRIGGER stock_item_is_sold_once BEFORE UPDATE OF order_line_id ON stock_item
WHEN OLD.order_line_id IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a stock item is sold once'); END;

CREATE TRIGGER stock_item_sold_is_kept BEFORE DELETE ON stock_item WHEN OLD.order_line_id IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'what was sold is kept'); END;

CREATE TRIGGER stock_item_fits_its_line BEFORE UPDATE OF order_line_id ON stock_item
WHEN NEW.order_line_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM order_line l WHERE l.id = NEW.order_line_id AND l.product_id = NEW.product_id
    AND l.quantity > (SELECT count(*) FROM stock_item s WHERE s.order_line_id = l.id)
)
BEGIN SELECT RAISE(ABORT, 'an order line gets its own product and no more than was paid'); END;

CREATE TRIGGER stock_count_goes_up AFTER INSERT ON stock_item WHEN NEW.order_line_id IS NULL
BEGIN UPDATE product SET stock_count = stock_count + 1 WHERE id = NEW.product_id; END;

CREATE TRIGGER stock_count_goes_down AFTER UPDATE OF order_line_id ON stock_item
WHEN OLD.order_line_id IS NULL AND NEW.order_line_id IS NOT NULL
BEGIN UPDATE product SET stock_count = stock_count - 1 WHERE id = NEW.product_id; END;

CREATE TRIGGER stock_count_forgets AFTER DELETE ON stock_item WHEN OLD.order_line_id IS NULL
BEGIN UPDATE product SET stock_count = stock_count - 1 WHERE id = OLD.product_id; END;

CREATE TABLE cart_item (
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    product_id INTEGER NOT NULL REFERENCES product (id),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (customer_id, product_id)
) STRICT, WITHOUT ROWID;

-- The order that a confirmation screen showed. Orders are only ever placed from an offer.
CREATE TABLE offer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    lines TEXT NOT NULL,
    total_minor INTEGER NOT NULL CHECK (total_minor > 0),
    from_cart INTEGER NOT NULL CHECK (from_cart IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE deposit_address (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    chain TEXT NOT NULL,
    address TEXT NOT NULL,
    path TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    shown_at INTEGER NOT NULL,
    UNIQUE (chain, address),
    UNIQUE (customer_id, chain)
) STRICT;
CREATE INDEX deposit_address_by_age ON deposit_address (chain, shown_at);

-- The promise of a top-up screen: a rate until a certain time, perhaps for a certain amount.
CREATE TABLE top_up (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    asset TEXT NOT NULL,
    asked_minor INTEGER CHECK (asked_minor > 0),
    asked_units TEXT,
    rate TEXT NOT NULL,
    rate_source TEXT NOT NULL,
    rate_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX top_up_of_customer ON top_up (customer_id, asset, id);

CREATE TABLE deposit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    address_id INTEGER NOT NULL REFERENCES deposit_address (id),
    chain TEXT NOT NULL,
    txid TEXT NOT NULL,
    output_index TEXT NOT NULL,
    asset TEXT NOT NULL,
    units TEXT NOT NULL CHECK (units <> '' AND units NOT GLOB '*[^0-9]*'),
    state TEXT NOT NULL CHECK (state IN ('seen', 'confirming', 'credited', 'orphaned', 'dust')),
    block_height INTEGER,
    block_hash TEXT,
    confirmations INTEGER NOT NULL DEFAULT 0 CHECK (confirmations >= 0),
    finality TEXT NOT NULL,
    top_up_id INTEGER REFERENCES top_up (id),
    rate TEXT,
    rate_source TEXT,
    rate_at INTEGER,
    credited_minor INTEGER CHECK (credited_minor >= 0),
    message_id INTEGER,
    seen_at INTEGER NOT NULL,
    missing_since INTEGER,
    alarmed_at INTEGER,
    updated_at INTEGER NOT NULL,
    UNIQUE (chain, txid, output_index),
    CHECK (state <> 'credited' OR (credited_minor IS NOT NULL AND rate IS NOT NULL))
) STRICT;
CREATE INDEX deposit_open ON deposit (chain, state) WHERE state IN ('seen', 'confirming');
CREATE INDEX deposit_of_customer ON deposit (customer_id, id);

CREATE TABLE ledger_entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    kind TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
    balance_minor INTEGER NOT NULL CHECK (balance_minor >= 0),
    key TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ledger_of_customer ON ledger_entry (customer_id, id);

CREATE TRIGGER ledger_entry_is_never_changed BEFORE UPDATE ON ledger_entry
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TRIGGER ledger_entry_is_never_deleted BEFORE DELETE ON ledger_entry
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TRIGGER ledger_entry_adds_up BEFORE INSERT ON ledger_entry
WHEN NEW.balance_minor <> NEW.amount_minor + (SELECT balance_minor FROM customer WHERE id = NEW.customer_id)
BEGIN SELECT RAISE(ABORT, 'the entry does not add up with the balance'); END;

CREATE TRIGGER ledger_entry_moves_balance AFTER INSERT ON ledger_entry
BEGIN UPDATE customer SET balance_minor = NEW.balance_minor WHERE id = NEW.customer_id; END;

CREATE TRIGGER balance_moves_by_ledger_alone BEFORE UPDATE OF balance_minor ON customer
WHEN NEW.balance_minor <> coalesce(
    (SELECT e.balance_minor FROM ledger_entry e WHERE e.customer_id = NEW.id ORDER BY e.id DESC LIMIT 1), 0
)
BEGIN SELECT RAISE(ABORT, 'a balance moves by the ledger alone'); END;

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    telegram_id INTEGER NOT NULL,
    bot_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    progress INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL,
    sent_at INTEGER,
    given_up_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE sent_at IS NULL AND given_up_at IS NULL;

CREATE TABLE conversation (
    bot_id INTEGER NOT NULL,
    chat_id INTEGER NOT NULL,
    step TEXT NOT NULL,
    answers TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (bot_id, chat_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE handled_update (
    bot_id INTEGER NOT NULL,
    update_id INTEGER NOT NULL,
    handled_at INTEGER NOT NULL,
    PRIMARY KEY (bot_id, update_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE chain_cursor (
    chain TEXT NOT NULL,
    scope TEXT NOT NULL,
    cursor TEXT NOT NULL,
    PRIMARY KEY (chain, scope)
) STRICT, WITHOUT ROWID;

CREATE TABLE secret (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
