-- What admins do for a customer: refunds, replacements of faulty goods, balance adjustments.

-- A username belongs to the person last seen with it. If two rows have it, it is unknown which is newer: both lose it.
UPDATE customer SET username = NULL WHERE lower(username) IN (
    SELECT lower(username) FROM customer WHERE username IS NOT NULL GROUP BY lower(username) HAVING count(*) > 1
);
CREATE UNIQUE INDEX customer_by_username ON customer (lower(username)) WHERE username IS NOT NULL;

-- A line's price returns to its buyer's balance, once and in full. The ledger entry that moves the money comes first.
CREATE TABLE refund (
    order_line_id INTEGER PRIMARY KEY REFERENCES order_line (id),
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    refunded_by INTEGER NOT NULL REFERENCES customer (id),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER refund_pays_back_what_was_paid BEFORE INSERT ON ledger_entry
WHEN NEW.kind = 'refund' AND NOT EXISTS (
    SELECT 1 FROM order_line l JOIN orders o ON o.id = l.order_id
    WHERE NEW.key = 'refund:' || l.id AND l.id = CAST(substr(NEW.key, 8) AS INTEGER)
    AND o.customer_id = NEW.customer_id
    AND NEW.amount_minor = l.quantity * l.unit_price_minor - l.discount_minor
    AND EXISTS (SELECT 1 FROM ledger_entry e WHERE e.key = 'order:' || o.id AND e.kind = 'purchase')
)
BEGIN SELECT RAISE(ABORT, 'a refund pays back what its line cost, to who paid it'); END;

CREATE TRIGGER refund_is_in_the_ledger BEFORE INSERT ON refund
WHEN NOT EXISTS (
    SELECT 1 FROM ledger_entry e
    WHERE e.key = 'refund:' || NEW.order_line_id AND e.kind = 'refund' AND e.amount_minor = NEW.amount_minor
)
BEGIN SELECT RAISE(ABORT, 'a refund is in the ledger'); END;

CREATE TRIGGER refund_is_never_changed BEFORE UPDATE ON refund
BEGIN SELECT RAISE(ABORT, 'a refund is kept'); END;

CREATE TRIGGER refund_is_never_deleted BEFORE DELETE ON refund
BEGIN SELECT RAISE(ABORT, 'a refund is kept'); END;

-- The balance adjustment that a confirmation screen showed an admin, and its reason. The ledger accepts it once.
CREATE TABLE adjustment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
    reason TEXT NOT NULL CHECK (reason <> ''),
    admin_id INTEGER NOT NULL REFERENCES customer (id),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER adjustment_is_never_changed BEFORE UPDATE ON adjustment
BEGIN SELECT RAISE(ABORT, 'an adjustment is what was shown'); END;

CREATE TRIGGER adjustment_is_what_was_shown BEFORE INSERT ON ledger_entry
WHEN NEW.kind = 'adjustment' AND NOT EXISTS (
    SELECT 1 FROM adjustment a
    WHERE NEW.key = 'adjustment:' || a.id AND a.id = CAST(substr(NEW.key, 12) AS INTEGER)
    AND a.customer_id = NEW.customer_id AND a.amount_minor = NEW.amount_minor
)
BEGIN SELECT RAISE(ABORT, 'an adjustment is what was shown'); END;

CREATE TRIGGER adjustment_made_is_kept BEFORE DELETE ON adjustment
WHEN EXISTS (SELECT 1 FROM ledger_entry e WHERE e.key = 'adjustment:' || OLD.id)
BEGIN SELECT RAISE(ABORT, 'an adjustment is what was shown'); END;

-- A faulty unit and its replacement. Both belong to the line; the new one counts as delivered.
CREATE TABLE replacement (
    faulty_item_id INTEGER PRIMARY KEY REFERENCES stock_item (id),
    new_item_id INTEGER NOT NULL UNIQUE REFERENCES stock_item (id),
    replaced_by INTEGER NOT NULL REFERENCES customer (id),
    created_at INTEGER NOT NULL,
    CHECK (faulty_item_id <> new_item_id)
) STRICT;

CREATE TRIGGER replacement_is_from_stock BEFORE INSERT ON replacement
WHEN NOT EXISTS (
    SELECT 1 FROM stock_item f JOIN stock_item n ON n.product_id = f.product_id
    WHERE f.id = NEW.faulty_item_id AND f.order_line_id IS NOT NULL
    AND n.id = NEW.new_item_id AND n.order_line_id IS NULL
)
BEGIN SELECT RAISE(ABORT, 'a sold unit is replaced by one of its product from stock'); END;

DROP TRIGGER stock_item_fits_its_line;
CREATE TRIGGER stock_item_fits_its_line BEFORE UPDATE OF order_line_id ON stock_item
WHEN NEW.order_line_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM order_line l WHERE l.id = NEW.order_line_id AND l.product_id = NEW.product_id
    AND l.quantity > (
        SELECT count(*) FROM stock_item s WHERE s.order_line_id = l.id
        AND NOT EXISTS (SELECT 1 FROM replacement r WHERE r.faulty_item_id = s.id)
    )
)
BEGIN SELECT RAISE(ABORT, 'an order line gets its own product and no more than was paid'); END;

-- The same statement assigns the new unit to the line, so a line never has fewer units than were paid for.
CREATE TRIGGER replacement_is_delivered AFTER INSERT ON replacement
BEGIN
    UPDATE stock_item
    SET order_line_id = (SELECT f.order_line_id FROM stock_item f WHERE f.id = NEW.faulty_item_id)
    WHERE id = NEW.new_item_id;
END;

CREATE TRIGGER replacement_is_never_changed BEFORE UPDATE ON replacement
BEGIN SELECT RAISE(ABORT, 'a replacement is kept'); END;

CREATE TRIGGER replacement_is_never_deleted BEFORE DELETE ON replacement
BEGIN SELECT RAISE(ABORT, 'a replacement is kept'); END;
