-- Figures of the last week and month that stay cheap in a large shop; goods files deleted after their import.

-- Sums of the last 7 and 30 days by product and by buyer, so that figures of such a span read only its ends and not all
-- its orders. `ago` 1 is the span before, which figures compare with: only its buyers are kept.
--
-- A job moves the ends of each span forward, and these triggers add and remove the orders between the old end and the
-- new one. So these sums cost a purchase nothing, unless the clock went back and it falls into a kept span. Nothing
-- that moves money reads them, and no constraint on a sum may refuse a purchase or a refund: reconciliation finds wrong
-- sums.

CREATE TABLE recent_span (
    days INTEGER NOT NULL CHECK (days IN (7, 30)),
    ago INTEGER NOT NULL CHECK (ago IN (0, 1)),
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    buyers INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (days, ago),
    CHECK (since <= until)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER recent_span_begins_empty BEFORE INSERT ON recent_span WHEN NEW.since <> NEW.until OR NEW.buyers <> 0
BEGIN SELECT RAISE(ABORT, 'a span begins empty'); END;
CREATE TRIGGER recent_span_moves_on BEFORE UPDATE OF since, until ON recent_span
WHEN NEW.since < OLD.since OR NEW.until < OLD.until OR NEW.since > OLD.until
BEGIN SELECT RAISE(ABORT, 'a span moves on, over what it has'); END;

-- Without foreign keys, which every deletion would check: buyers and sold products are never deleted.
CREATE TABLE recent_buyer (
    days INTEGER NOT NULL,
    ago INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    purchases INTEGER NOT NULL,
    PRIMARY KEY (days, ago, customer_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER recent_buyer_is_counted AFTER INSERT ON recent_buyer
BEGIN UPDATE recent_span SET buyers = buyers + 1 WHERE days = NEW.days AND ago = NEW.ago; END;
CREATE TRIGGER recent_buyer_is_counted_no_more AFTER DELETE ON recent_buyer
BEGIN UPDATE recent_span SET buyers = buyers - 1 WHERE days = OLD.days AND ago = OLD.ago; END;
CREATE TRIGGER recent_buyer_of_nothing_goes AFTER UPDATE OF purchases ON recent_buyer WHEN NEW.purchases = 0
BEGIN
    DELETE FROM recent_buyer WHERE days = NEW.days AND ago = NEW.ago AND customer_id = NEW.customer_id;
END;

-- Like `product_sum`, for the order lines of one span.
CREATE TABLE recent_product (
    days INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    units INTEGER NOT NULL,
    paid INTEGER NOT NULL,
    PRIMARY KEY (days, product_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX recent_product_that_brought_most ON recent_product (days, paid DESC, units DESC, product_id);
CREATE TRIGGER recent_product_of_nothing_goes AFTER UPDATE OF units ON recent_product WHEN NEW.units = 0
BEGIN DELETE FROM recent_product WHERE days = NEW.days AND product_id = NEW.product_id; END;

-- The units and revenue of an order line: nothing if it was refunded completely.
CREATE VIEW line_kept AS
SELECT id, order_id, product_id, quantity AS units, paid - coalesce(back, 0) AS paid FROM (
    SELECT l.id, l.order_id, l.product_id, l.quantity, l.quantity * l.unit_price_minor - l.discount_minor AS paid,
        (SELECT sum(r.amount_minor) FROM refund r WHERE r.order_line_id = l.id) AS back
    FROM order_line l
) WHERE back IS NULL OR back < paid;

CREATE TRIGGER recent_span_takes_in AFTER UPDATE OF until ON recent_span WHEN NEW.until > OLD.until
BEGIN
    INSERT INTO recent_buyer (days, ago, customer_id, purchases)
    SELECT NEW.days, NEW.ago, e.customer_id, count(*) FROM ledger_entry e
    WHERE e.kind = 'purchase' AND e.created_at >= OLD.until AND e.created_at < NEW.until GROUP BY e.customer_id
    ON CONFLICT (days, ago, customer_id) DO UPDATE SET purchases = purchases + excluded.purchases;
    INSERT INTO recent_product (days, product_id, units, paid)
    SELECT NEW.days, l.product_id, sum(l.units), sum(l.paid) FROM orders o CROSS JOIN line_kept l ON l.order_id = o.id
    WHERE NEW.ago = 0 AND o.created_at >= OLD.until AND o.created_at < NEW.until GROUP BY l.product_id
    ON CONFLICT (days, product_id) DO UPDATE SET units = units + excluded.units, paid = paid + excluded.paid;
END;
CREATE TRIGGER recent_span_drops AFTER UPDATE OF since ON recent_span WHEN NEW.since > OLD.since
BEGIN
    UPDATE recent_buyer SET purchases = recent_buyer.purchases - m.purchases FROM (
        SELECT e.customer_id, count(*) AS purchases FROM ledger_entry e
        WHERE e.kind = 'purchase' AND e.created_at >= OLD.since AND e.created_at < NEW.since GROUP BY e.customer_id
    ) m WHERE days = NEW.days AND ago = NEW.ago AND recent_buyer.customer_id = m.customer_id;
    UPDATE recent_product SET units = recent_product.units - m.units, paid = recent_product.paid - m.paid FROM (
        SELECT l.product_id, sum(l.units) AS units, sum(l.paid) AS paid
        FROM orders o CROSS JOIN line_kept l ON l.order_id = o.id
        WHERE NEW.ago = 0 AND o.created_at >= OLD.since AND o.created_at < NEW.since GROUP BY l.product_id
    ) m WHERE days = NEW.days AND recent_product.product_id = m.product_id;
END;

-- Later changes to orders in a kept span.
CREATE TRIGGER purchase_is_recent AFTER INSERT ON ledger_entry WHEN NEW.kind = 'purchase'
BEGIN
    INSERT INTO recent_buyer (days, ago, customer_id, purchases)
    SELECT s.days, s.ago, NEW.customer_id, 1 FROM recent_span s
    WHERE s.since <= NEW.created_at AND NEW.created_at < s.until
    ON CONFLICT (days, ago, customer_id) DO UPDATE SET purchases = purchases + 1;
END;
CREATE TRIGGER order_line_is_recent AFTER INSERT ON order_line
BEGIN
    INSERT INTO recent_product (days, product_id, units, paid)
    SELECT s.days, NEW.product_id, NEW.quantity, NEW.quantity * NEW.unit_price_minor - NEW.discount_minor
    FROM orders o CROSS JOIN recent_span s
    WHERE o.id = NEW.order_id AND s.ago = 0 AND s.since <= o.created_at AND o.created_at < s.until
    ON CONFLICT (days, product_id) DO UPDATE SET units = units + excluded.units, paid = paid + excluded.paid;
END;
CREATE TRIGGER order_line_is_recent_no_more AFTER DELETE ON order_line
BEGIN
    UPDATE recent_product SET units = units - OLD.quantity,
        paid = paid - (OLD.quantity * OLD.unit_price_minor - OLD.discount_minor)
    WHERE product_id = OLD.product_id AND days IN (
        SELECT s.days FROM orders o CROSS JOIN recent_span s
        WHERE o.id = OLD.order_id AND s.ago = 0 AND s.since <= o.created_at AND o.created_at < s.until
    );
END;
CREATE TRIGGER refund_is_recent AFTER INSERT ON refund
BEGIN
    UPDATE recent_product SET paid = paid - NEW.amount_minor, units = units - (
        SELECT iif(
            NEW.before_minor + NEW.amount_minor >= l.quantity * l.unit_price_minor - l.discount_minor, l.quantity, 0
        ) FROM order_line l WHERE l.id = NEW.order_line_id
    ) WHERE product_id = (SELECT l.product_id FROM order_line l WHERE l.id = NEW.order_line_id) AND days IN (
        SELECT s.days FROM order_line l CROSS JOIN orders o ON o.id = l.order_id CROSS JOIN recent_span s
        WHERE l.id = NEW.order_line_id AND s.ago = 0 AND s.since <= o.created_at AND o.created_at < s.until
    );
END;

CREATE VIEW recent_buyer_anew AS
SELECT s.days, s.ago, e.customer_id, count(*) AS purchases FROM recent_span s CROSS JOIN ledger_entry e
ON e.kind = 'purchase' AND e.created_at >= s.since AND e.created_at < s.until
GROUP BY s.days, s.ago, e.customer_id;
CREATE VIEW recent_product_anew AS
SELECT s.days, l.product_id, sum(l.units) AS units, sum(l.paid) AS paid FROM recent_span s
CROSS JOIN orders o ON o.created_at >= s.since AND o.created_at < s.until
CROSS JOIN line_kept l ON l.order_id = o.id WHERE s.ago = 0 GROUP BY s.days, l.product_id;

-- Goods files that were imported or dropped and whose row still exists. Deleting a file of ten megabytes takes as long
-- as the rest of the import's last transaction, so it is deleted in a later one and hidden until then.
CREATE TABLE ended_import (
    import_id INTEGER PRIMARY KEY REFERENCES pending_import (id) ON DELETE CASCADE
) STRICT;

-- A new product without a single searchable character changes no text, but it does change the catalogue.
CREATE TRIGGER catalogue_is_changed_by_a_new_product AFTER INSERT ON product WHEN NOT EXISTS (SELECT 1 FROM staging)
BEGIN UPDATE catalogue_change SET number = number + 1; END;
