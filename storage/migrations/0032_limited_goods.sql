-- Limits on goods: the buyers of a shared item, and the units for each customer.

-- `seats`: the most buyers of the product's current shared item. `most_each` and `most_daily`: the most units that one
-- customer can buy, in total and within 24 hours; units refunded in full do not count.
ALTER TABLE product ADD COLUMN seats INTEGER CHECK (seats > 0);
ALTER TABLE product ADD COLUMN most_each INTEGER CHECK (most_each > 0);
ALTER TABLE product ADD COLUMN most_daily INTEGER CHECK (most_daily > 0);
CREATE INDEX order_line_by_shared_item ON order_line (shared_item_id) WHERE shared_item_id IS NOT NULL;

CREATE TRIGGER shared_item_has_a_seat BEFORE UPDATE OF shared_item_id ON order_line
WHEN NEW.shared_item_id IS NOT NULL AND NEW.shared_item_id IS NOT OLD.shared_item_id
AND (SELECT seats FROM product WHERE id = NEW.product_id)
    <= (SELECT count(*) FROM order_line WHERE shared_item_id = NEW.shared_item_id)
BEGIN SELECT RAISE(ABORT, 'no seat is left'); END;

CREATE TRIGGER order_line_is_within_the_limits BEFORE INSERT ON order_line
WHEN EXISTS (
    SELECT 1 FROM product p JOIN orders o ON o.id = NEW.order_id
    WHERE p.id = NEW.product_id AND (p.most_each IS NOT NULL OR p.most_daily IS NOT NULL) AND EXISTS (
        SELECT 1 FROM (
            SELECT sum(l.quantity) AS ever, sum(iif(b.created_at > o.created_at - 86400, l.quantity, 0)) AS lately
            FROM orders b JOIN order_line l ON l.order_id = b.id
            WHERE b.customer_id = o.customer_id AND l.product_id = p.id AND NOT coalesce(
                (SELECT sum(r.amount_minor) FROM refund r WHERE r.order_line_id = l.id)
                    >= l.quantity * l.unit_price_minor - l.discount_minor, 0
            )
        ) WHERE coalesce(ever, 0) + NEW.quantity > p.most_each OR coalesce(lately, 0) + NEW.quantity > p.most_daily
    )
)
BEGIN SELECT RAISE(ABORT, 'a customer may buy no more of this'); END;
