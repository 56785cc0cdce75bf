-- Small shortfalls that are waived, and goods reserved before a payment is seen.

-- The shortfall waived when a waiting order was placed, and, as a negative amount, the part of it that a refund of
-- one of its lines deducted.
CREATE TABLE tolerance (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    order_line_id INTEGER REFERENCES order_line (id),
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
    created_at INTEGER NOT NULL,
    CHECK ((order_line_id IS NULL) = (amount_minor > 0))
) STRICT;
CREATE UNIQUE INDEX tolerance_of_order ON tolerance (order_id) WHERE order_line_id IS NULL;
CREATE INDEX tolerance_by_order ON tolerance (order_id);

CREATE TRIGGER tolerance_is_a_small_part BEFORE INSERT ON tolerance
WHEN NEW.amount_minor > (SELECT total_minor FROM orders WHERE id = NEW.order_id) / 10
BEGIN SELECT RAISE(ABORT, 'no more than a tenth of an order may be missing'); END;

CREATE TRIGGER tolerance_is_taken_back_once BEFORE INSERT ON tolerance
WHEN NEW.order_line_id IS NOT NULL AND (
    (SELECT coalesce(sum(amount_minor), 0) FROM tolerance WHERE order_id = NEW.order_id) + NEW.amount_minor < 0
    OR NOT EXISTS (SELECT 1 FROM order_line WHERE id = NEW.order_line_id AND order_id = NEW.order_id)
)
BEGIN SELECT RAISE(ABORT, 'no more is taken back than was let pass'); END;

CREATE TRIGGER tolerance_is_never_changed BEFORE UPDATE ON tolerance
BEGIN SELECT RAISE(ABORT, 'what was let pass is kept'); END;

CREATE TRIGGER tolerance_is_never_deleted BEFORE DELETE ON tolerance
BEGIN SELECT RAISE(ABORT, 'what was let pass is kept'); END;

CREATE TRIGGER tolerance_entry_is_on_record BEFORE INSERT ON ledger_entry
WHEN NEW.kind = 'tolerance' AND NOT EXISTS (
    SELECT 1 FROM tolerance t JOIN orders o ON o.id = t.order_id
    WHERE NEW.key = 'tolerance:' || t.id AND t.id = CAST(substr(NEW.key, 11) AS INTEGER)
    AND o.customer_id = NEW.customer_id AND t.amount_minor = NEW.amount_minor
)
BEGIN SELECT RAISE(ABORT, 'only what is on record is let pass'); END;

-- When the payment for a reservation was seen. Before that, it gives way to customers who can pay now.
ALTER TABLE reservation ADD COLUMN paid_at INTEGER;

-- Each customer's top-up screen that is kept up to date: its message id, once Telegram has returned it, and the time
-- of the next edit. `wanted_minor` is the amount that the customer entered, if the coin's minimum is shown instead.
CREATE TABLE top_up_screen (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL UNIQUE REFERENCES customer (id),
    top_up_id INTEGER NOT NULL UNIQUE REFERENCES top_up (id) ON DELETE CASCADE,
    wanted_minor INTEGER CHECK (wanted_minor > 0),
    message_id INTEGER,
    next_edit_at INTEGER,
    shown_at INTEGER NOT NULL
) STRICT;
CREATE INDEX top_up_screen_due ON top_up_screen (next_edit_at) WHERE next_edit_at IS NOT NULL;
