-- Admins' work on orders: partial refunds, notes, and customers who move to another Telegram account.

-- A line is refunded in one or more parts, never more than was paid for it. `before_minor` is the total of the earlier
-- parts, so the second of two presses of a button finds its row taken. The table is rebuilt to change its key.
CREATE TABLE refund_in_parts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_line_id INTEGER NOT NULL REFERENCES order_line (id),
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    before_minor INTEGER NOT NULL DEFAULT 0 CHECK (before_minor >= 0),
    refunded_by INTEGER NOT NULL REFERENCES customer (id),
    created_at INTEGER NOT NULL,
    UNIQUE (order_line_id, before_minor)
) STRICT;
INSERT INTO refund_in_parts (order_line_id, amount_minor, refunded_by, created_at)
SELECT order_line_id, amount_minor, refunded_by, created_at FROM refund ORDER BY created_at, order_line_id;
DROP TRIGGER refund_pays_back_what_was_paid;
DROP TABLE refund;
ALTER TABLE refund_in_parts RENAME TO refund;
CREATE INDEX refund_by_admin ON refund (refunded_by, created_at);

CREATE TRIGGER refund_pays_back_what_was_paid BEFORE INSERT ON ledger_entry
WHEN NEW.kind = 'refund' AND NOT EXISTS (
    SELECT 1 FROM order_line l JOIN orders o ON o.id = l.order_id
    WHERE l.id = CAST(substr(NEW.key, 8) AS INTEGER)
    AND NEW.key = 'refund:' || l.id || (
        SELECT iif(count(*) = 0, '', ':' || sum(r.amount_minor)) FROM refund r WHERE r.order_line_id = l.id
    )
    AND o.customer_id = NEW.customer_id
    AND NEW.amount_minor BETWEEN 1 AND l.quantity * l.unit_price_minor - l.discount_minor - (
        SELECT coalesce(sum(r.amount_minor), 0) FROM refund r WHERE r.order_line_id = l.id
    )
    AND EXISTS (SELECT 1 FROM ledger_entry e WHERE e.key = 'order:' || o.id AND e.kind = 'purchase')
)
BEGIN SELECT RAISE(ABORT, 'a refund pays back at most what its line cost, to who paid it'); END;

CREATE TRIGGER refund_is_in_the_ledger BEFORE INSERT ON refund
WHEN NEW.before_minor <> (
    SELECT coalesce(sum(r.amount_minor), 0) FROM refund r WHERE r.order_line_id = NEW.order_line_id
) OR NOT EXISTS (
    SELECT 1 FROM ledger_entry e
    WHERE e.key = 'refund:' || NEW.order_line_id || iif(NEW.before_minor = 0, '', ':' || NEW.before_minor)
    AND e.kind = 'refund' AND e.amount_minor = NEW.amount_minor
)
BEGIN SELECT RAISE(ABORT, 'a refund is in the ledger'); END;

CREATE TRIGGER refund_is_never_changed BEFORE UPDATE ON refund
BEGIN SELECT RAISE(ABORT, 'a refund is kept'); END;

CREATE TRIGGER refund_is_never_deleted BEFORE DELETE ON refund
BEGIN SELECT RAISE(ABORT, 'a refund is kept'); END;

-- Before each replacement, the manager's recent ones are counted.
CREATE INDEX replacement_by_admin ON replacement (replaced_by, created_at);

-- Goods still to be made are counted whenever the admins' menu is opened.
CREATE INDEX order_line_to_make ON order_line (id) WHERE deliverable = 'made_to_order';

-- The customer's note to an order, written on the confirmation screen for the person who makes the goods.
ALTER TABLE offer ADD COLUMN note TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 500);
ALTER TABLE orders ADD COLUMN note TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 500);

-- The admins' notes about a customer, for each other.
CREATE TABLE customer_note (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    admin_id INTEGER NOT NULL REFERENCES customer (id),
    text TEXT NOT NULL CHECK (length(text) BETWEEN 1 AND 1000),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX customer_note_of ON customer_note (customer_id, id);

-- A customer's move to another Telegram account. `vacated_id`: the empty customer who had that account before, if any.
CREATE TABLE account_move (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    vacated_id INTEGER REFERENCES customer (id),
    from_telegram_id INTEGER NOT NULL,
    to_telegram_id INTEGER NOT NULL CHECK (to_telegram_id <> from_telegram_id),
    moved_by INTEGER NOT NULL REFERENCES customer (id),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX account_move_of ON account_move (customer_id);
