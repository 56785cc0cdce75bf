-- Coupons, their discounts, and the rules for an order's ledger entry.

-- A code's discount: a percentage or an amount, off everything, off one product, or off a category and everything below
-- it. `least_minor`: the smallest order, before the discount. A coupon's terms never change.
CREATE TABLE coupon (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE CHECK (length(code) BETWEEN 3 AND 32 AND code NOT GLOB '*[^A-Z0-9_-]*'),
    percent INTEGER CHECK (percent BETWEEN 1 AND 100),
    fixed_minor INTEGER CHECK (fixed_minor > 0),
    product_id INTEGER REFERENCES product (id),
    category_id INTEGER REFERENCES category (id),
    least_minor INTEGER NOT NULL DEFAULT 0 CHECK (least_minor >= 0),
    most_uses INTEGER CHECK (most_uses > 0),
    most_uses_each INTEGER CHECK (most_uses_each > 0),
    valid_from INTEGER,
    valid_until INTEGER,
    switched_off INTEGER NOT NULL DEFAULT 0 CHECK (switched_off IN (0, 1)),
    created_by INTEGER NOT NULL REFERENCES customer (id),
    created_at INTEGER NOT NULL,
    CHECK ((percent IS NULL) <> (fixed_minor IS NULL)),
    CHECK (product_id IS NULL OR category_id IS NULL),
    CHECK (valid_until > valid_from)
) STRICT;

CREATE TRIGGER coupon_keeps_its_terms BEFORE UPDATE OF code, percent, fixed_minor, product_id, category_id,
    least_minor, most_uses, most_uses_each, valid_from, valid_until ON coupon
BEGIN SELECT RAISE(ABORT, 'a coupon keeps its terms'); END;

-- The coupon that a customer entered and has not used yet; their next screens take it into account.
CREATE TABLE chosen_coupon (
    customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
    coupon_id INTEGER NOT NULL REFERENCES coupon (id),
    created_at INTEGER NOT NULL
) STRICT;

-- The coupon that an admin is creating: its terms as JSON.
CREATE TABLE coupon_draft (
    customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
    terms TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- `total_minor` is the amount to pay: the lines less the discount.
ALTER TABLE offer ADD COLUMN discount_minor INTEGER NOT NULL DEFAULT 0 CHECK (discount_minor >= 0);
ALTER TABLE offer ADD COLUMN coupon_id INTEGER REFERENCES coupon (id) CHECK ((coupon_id IS NULL) = (discount_minor = 0));
ALTER TABLE orders ADD COLUMN discount_minor INTEGER NOT NULL DEFAULT 0 CHECK (discount_minor >= 0);

-- A line's share of its order's discount: the line cost quantity * unit_price_minor - discount_minor.
ALTER TABLE order_line ADD COLUMN discount_minor INTEGER NOT NULL DEFAULT 0
    CHECK (discount_minor BETWEEN 0 AND quantity * unit_price_minor);

CREATE TABLE coupon_use (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    coupon_id INTEGER NOT NULL REFERENCES coupon (id),
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    order_id INTEGER NOT NULL UNIQUE REFERENCES orders (id),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX coupon_use_of_customer ON coupon_use (coupon_id, customer_id);

CREATE TRIGGER coupon_use_within_the_limit BEFORE INSERT ON coupon_use
WHEN (SELECT count(*) FROM coupon_use u WHERE u.coupon_id = NEW.coupon_id)
    >= (SELECT c.most_uses FROM coupon c WHERE c.id = NEW.coupon_id)
BEGIN SELECT RAISE(ABORT, 'the coupon is used up'); END;

CREATE TRIGGER coupon_use_within_the_limit_of_a_customer BEFORE INSERT ON coupon_use
WHEN (SELECT count(*) FROM coupon_use u WHERE u.coupon_id = NEW.coupon_id AND u.customer_id = NEW.customer_id)
    >= (SELECT c.most_uses_each FROM coupon c WHERE c.id = NEW.coupon_id)
BEGIN SELECT RAISE(ABORT, 'the customer has used the coupon up'); END;

CREATE TRIGGER coupon_use_while_it_holds BEFORE INSERT ON coupon_use
WHEN EXISTS (
    SELECT 1 FROM coupon c WHERE c.id = NEW.coupon_id
    AND (c.switched_off = 1 OR c.valid_from > NEW.created_at OR c.valid_until <= NEW.created_at)
)
BEGIN SELECT RAISE(ABORT, 'the coupon does not hold now'); END;

CREATE TRIGGER coupon_use_is_of_its_customer BEFORE INSERT ON coupon_use
WHEN NOT EXISTS (
    SELECT 1 FROM orders o WHERE o.id = NEW.order_id AND o.customer_id = NEW.customer_id AND o.discount_minor > 0
)
BEGIN SELECT RAISE(ABORT, 'a coupon is used by the buyer, for a discount'); END;

CREATE TRIGGER coupon_use_is_never_changed BEFORE UPDATE ON coupon_use
BEGIN SELECT RAISE(ABORT, 'a use of a coupon is kept'); END;

CREATE TRIGGER coupon_use_is_never_deleted BEFORE DELETE ON coupon_use
BEGIN SELECT RAISE(ABORT, 'a use of a coupon is kept'); END;

-- An order must be complete when it is paid: its total is the lines less the discount, and a discount has its coupon.
CREATE TRIGGER purchase_pays_what_the_lines_say BEFORE INSERT ON ledger_entry
WHEN NEW.kind = 'purchase' AND NOT EXISTS (
    SELECT 1 FROM orders o
    WHERE NEW.key = 'order:' || o.id AND o.id = CAST(substr(NEW.key, 7) AS INTEGER)
    AND o.customer_id = NEW.customer_id AND NEW.amount_minor = -o.total_minor
    AND o.total_minor = (SELECT sum(l.quantity * l.unit_price_minor) FROM order_line l WHERE l.order_id = o.id)
        - o.discount_minor
    AND o.discount_minor = (SELECT sum(l.discount_minor) FROM order_line l WHERE l.order_id = o.id)
    AND (o.discount_minor > 0) = EXISTS (SELECT 1 FROM coupon_use u WHERE u.order_id = o.id)
)
BEGIN SELECT RAISE(ABORT, 'a purchase pays what the lines of its order say'); END;

CREATE TRIGGER order_keeps_its_sum BEFORE UPDATE OF customer_id, total_minor, discount_minor ON orders
BEGIN SELECT RAISE(ABORT, 'an order keeps its sum'); END;

CREATE TRIGGER order_line_keeps_its_sum
BEFORE UPDATE OF order_id, product_id, unit_price_minor, quantity, discount_minor ON order_line
BEGIN SELECT RAISE(ABORT, 'an order line keeps its sum'); END;

CREATE TRIGGER order_that_is_paid_gets_no_line AFTER INSERT ON order_line
WHEN EXISTS (SELECT 1 FROM ledger_entry e WHERE e.key = 'order:' || NEW.order_id)
BEGIN SELECT RAISE(ABORT, 'an order that is paid keeps its lines'); END;

CREATE TRIGGER order_that_is_paid_loses_no_line BEFORE DELETE ON order_line
WHEN EXISTS (SELECT 1 FROM ledger_entry e WHERE e.key = 'order:' || OLD.order_id)
BEGIN SELECT RAISE(ABORT, 'an order that is paid keeps its lines'); END;
