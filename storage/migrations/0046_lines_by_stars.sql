-- Whether the goods of an order line could be paid for with Stars when it was ordered. Which part of a balance came from
-- Stars is computed from past orders, so a product's setting may not change them afterwards. Lines from before get what
-- their product says now.
ALTER TABLE order_line ADD COLUMN by_stars INTEGER NOT NULL DEFAULT 1 CHECK (by_stars IN (0, 1));
UPDATE order_line SET by_stars = 0 WHERE product_id IN (SELECT id FROM product WHERE by_stars = 0);

CREATE TRIGGER order_line_is_by_stars_as_its_product AFTER INSERT ON order_line
WHEN NOT EXISTS (SELECT 1 FROM product p WHERE p.id = NEW.product_id AND p.by_stars = NEW.by_stars)
BEGIN UPDATE order_line SET by_stars = NOT NEW.by_stars WHERE id = NEW.id; END;

CREATE TRIGGER order_line_keeps_what_pays_it BEFORE UPDATE OF by_stars ON order_line
WHEN EXISTS (SELECT 1 FROM ledger_entry e WHERE e.key = 'order:' || OLD.order_id)
BEGIN SELECT RAISE(ABORT, 'an order that is paid keeps what pays it'); END;
