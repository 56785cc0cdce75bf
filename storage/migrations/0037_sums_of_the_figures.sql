-- Sums for the figures, by hour and by day (UTC), so that a long span reads days and not orders. Triggers keep them up
-- to date; the rows summed never change their time. Nothing that moves money reads these sums.

CREATE TABLE period_sum (
    step_s INTEGER NOT NULL CHECK (step_s IN (3600, 86400)),
    start INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN (
        'deposit', 'purchase', 'refund', 'tolerance', 'order', 'unit', 'customer', 'buyer'
    )),
    number INTEGER NOT NULL CHECK (number >= 0),
    amount INTEGER NOT NULL,
    PRIMARY KEY (step_s, start, kind),
    CHECK (start % step_s = 0)
) STRICT, WITHOUT ROWID;

-- The hours computed from the rows, and the days from the hours: orders with their discounts, units sold, new
-- customers, and first-time buyers.
CREATE VIEW hourly_sum AS
SELECT 3600 AS step_s, at / 3600 * 3600 AS start, kind, sum(number) AS number, sum(amount) AS amount FROM (
    SELECT created_at AS at, kind, 1 AS number, amount_minor AS amount FROM ledger_entry
    WHERE kind IN ('deposit', 'purchase', 'refund', 'tolerance')
    UNION ALL SELECT created_at, 'order', 1, discount_minor FROM orders
    UNION ALL SELECT o.created_at, 'unit', l.quantity, 0 FROM order_line l JOIN orders o ON o.id = l.order_id
    UNION ALL SELECT created_at, 'customer', 1, 0 FROM customer
    UNION ALL SELECT e.created_at, 'buyer', 1, 0
    FROM (SELECT min(id) AS id FROM ledger_entry WHERE kind = 'purchase' GROUP BY customer_id) f
    JOIN ledger_entry e ON e.id = f.id
) GROUP BY at / 3600, kind;
CREATE VIEW daily_sum AS
SELECT 86400 AS step_s, start / 86400 * 86400 AS start, kind, sum(number) AS number, sum(amount) AS amount
FROM period_sum WHERE step_s = 3600 AND (number <> 0 OR amount <> 0) GROUP BY start / 86400, kind;
INSERT INTO period_sum (step_s, start, kind, number, amount) SELECT * FROM hourly_sum;
INSERT INTO period_sum (step_s, start, kind, number, amount) SELECT * FROM daily_sum;

CREATE TRIGGER ledger_entry_is_summed AFTER INSERT ON ledger_entry
WHEN NEW.kind IN ('deposit', 'purchase', 'refund', 'tolerance')
BEGIN
    INSERT INTO period_sum (step_s, start, kind, number, amount)
    VALUES (3600, NEW.created_at / 3600 * 3600, NEW.kind, 1, NEW.amount_minor),
        (86400, NEW.created_at / 86400 * 86400, NEW.kind, 1, NEW.amount_minor)
    ON CONFLICT (step_s, start, kind) DO UPDATE SET number = number + 1, amount = amount + excluded.amount;
END;
CREATE TRIGGER first_purchase_is_summed AFTER INSERT ON ledger_entry
WHEN NEW.kind = 'purchase' AND NOT EXISTS (
    SELECT 1 FROM ledger_entry e WHERE e.customer_id = NEW.customer_id AND e.id < NEW.id AND e.kind = 'purchase'
)
BEGIN
    INSERT INTO period_sum (step_s, start, kind, number, amount)
    VALUES (3600, NEW.created_at / 3600 * 3600, 'buyer', 1, 0), (86400, NEW.created_at / 86400 * 86400, 'buyer', 1, 0)
    ON CONFLICT (step_s, start, kind) DO UPDATE SET number = number + 1;
END;

CREATE TRIGGER order_is_summed AFTER INSERT ON orders
BEGIN
    INSERT INTO period_sum (step_s, start, kind, number, amount)
    VALUES (3600, NEW.created_at / 3600 * 3600, 'order', 1, NEW.discount_minor),
        (86400, NEW.created_at / 86400 * 86400, 'order', 1, NEW.discount_minor)
    ON CONFLICT (step_s, start, kind) DO UPDATE SET number = number + 1, amount = amount + excluded.amount;
END;
CREATE TRIGGER order_keeps_its_time BEFORE UPDATE OF created_at ON orders WHEN NEW.created_at <> OLD.created_at
BEGIN SELECT RAISE(ABORT, 'an order keeps its time'); END;
CREATE TRIGGER order_is_summed_no_more AFTER DELETE ON orders
BEGIN
    UPDATE period_sum SET number = number - 1, amount = amount - OLD.discount_minor WHERE kind = 'order'
    AND (step_s, start) IN (
        VALUES (3600, OLD.created_at / 3600 * 3600), (86400, OLD.created_at / 86400 * 86400)
    );
END;

CREATE TRIGGER order_line_is_summed AFTER INSERT ON order_line
BEGIN
    INSERT INTO period_sum (step_s, start, kind, number, amount)
    SELECT 3600, o.created_at / 3600 * 3600, 'unit', NEW.quantity, 0 FROM orders o WHERE o.id = NEW.order_id
    UNION ALL
    SELECT 86400, o.created_at / 86400 * 86400, 'unit', NEW.quantity, 0 FROM orders o WHERE o.id = NEW.order_id
    ON CONFLICT (step_s, start, kind) DO UPDATE SET number = number + excluded.number;
END;
CREATE TRIGGER order_line_is_summed_no_more AFTER DELETE ON order_line
BEGIN
    UPDATE period_sum SET number = number - OLD.quantity WHERE kind = 'unit' AND step_s = 3600
    AND start = (SELECT o.created_at / 3600 * 3600 FROM orders o WHERE o.id = OLD.order_id);
    UPDATE period_sum SET number = number - OLD.quantity WHERE kind = 'unit' AND step_s = 86400
    AND start = (SELECT o.created_at / 86400 * 86400 FROM orders o WHERE o.id = OLD.order_id);
END;

CREATE TRIGGER customer_is_summed AFTER INSERT ON customer
BEGIN
    INSERT INTO period_sum (step_s, start, kind, number, amount)
    VALUES (3600, NEW.created_at / 3600 * 3600, 'customer', 1, 0),
        (86400, NEW.created_at / 86400 * 86400, 'customer', 1, 0)
    ON CONFLICT (step_s, start, kind) DO UPDATE SET number = number + 1;
END;
CREATE TRIGGER customer_keeps_their_time BEFORE UPDATE OF created_at ON customer WHEN NEW.created_at <> OLD.created_at
BEGIN SELECT RAISE(ABORT, 'a customer keeps the time when they came'); END;
CREATE TRIGGER customer_is_summed_no_more AFTER DELETE ON customer
BEGIN
    UPDATE period_sum SET number = number - 1 WHERE kind = 'customer' AND (step_s, start) IN (
        VALUES (3600, OLD.created_at / 3600 * 3600), (86400, OLD.created_at / 86400 * 86400)
    );
END;

-- Each product's total units and revenue: the lines not refunded in full, less their partial refunds.
CREATE TABLE product_sum (
    product_id INTEGER PRIMARY KEY REFERENCES product (id),
    units INTEGER NOT NULL CHECK (units >= 0),
    paid INTEGER NOT NULL CHECK (paid >= 0)
) STRICT;
CREATE INDEX product_that_brought_most ON product_sum (paid DESC, units DESC, product_id) WHERE units > 0;
CREATE VIEW product_sum_anew AS
SELECT l.product_id, sum(l.quantity) AS units,
    sum(l.quantity * l.unit_price_minor - l.discount_minor - coalesce(r.amount_minor, 0)) AS paid
FROM order_line l
LEFT JOIN (SELECT order_line_id, sum(amount_minor) AS amount_minor FROM refund GROUP BY order_line_id) r
    ON r.order_line_id = l.id
WHERE r.amount_minor IS NULL OR r.amount_minor < l.quantity * l.unit_price_minor - l.discount_minor
GROUP BY l.product_id;
INSERT INTO product_sum (product_id, units, paid) SELECT product_id, units, paid FROM product_sum_anew;

CREATE TRIGGER order_line_is_summed_for_its_product AFTER INSERT ON order_line
BEGIN
    INSERT INTO product_sum (product_id, units, paid)
    VALUES (NEW.product_id, NEW.quantity, NEW.quantity * NEW.unit_price_minor - NEW.discount_minor)
    ON CONFLICT (product_id) DO UPDATE SET units = units + excluded.units, paid = paid + excluded.paid;
END;
CREATE TRIGGER order_line_is_summed_for_its_product_no_more AFTER DELETE ON order_line
BEGIN
    UPDATE product_sum SET units = units - OLD.quantity,
        paid = paid - (OLD.quantity * OLD.unit_price_minor - OLD.discount_minor)
    WHERE product_id = OLD.product_id;
END;
CREATE TRIGGER refund_is_summed_for_its_product AFTER INSERT ON refund
BEGIN
    UPDATE product_sum SET paid = paid - NEW.amount_minor, units = units - (
        SELECT iif(
            NEW.before_minor + NEW.amount_minor >= l.quantity * l.unit_price_minor - l.discount_minor, l.quantity, 0
        ) FROM order_line l WHERE l.id = NEW.order_line_id
    ) WHERE product_id = (SELECT l.product_id FROM order_line l WHERE l.id = NEW.order_line_id);
END;
