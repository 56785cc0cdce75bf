-- Stock reserved for customers who are topping up for it.

-- How many units of a product are reserved now, kept by triggers. Everyone else can buy only the rest.
ALTER TABLE product ADD COLUMN reserved_count INTEGER NOT NULL DEFAULT 0 CHECK (reserved_count >= 0);

-- A reservation lasts as long as the offer waits for the top-up, but not beyond `expires_at`.
CREATE TABLE reservation (
    customer_id INTEGER PRIMARY KEY REFERENCES waiting_offer (customer_id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CHECK (expires_at > created_at)
) STRICT;
CREATE INDEX reservation_by_end ON reservation (expires_at);

CREATE TABLE reserved_stock (
    customer_id INTEGER NOT NULL REFERENCES reservation (customer_id) ON DELETE CASCADE,
    product_id INTEGER NOT NULL REFERENCES product (id),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (customer_id, product_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX reserved_stock_of_product ON reserved_stock (product_id);

-- Products with units that are available again, until the customers who asked for them are notified.
CREATE TABLE released_stock (
    product_id INTEGER PRIMARY KEY REFERENCES product (id),
    units INTEGER NOT NULL CHECK (units > 0)
) STRICT;

-- When a customer's latest turn to reserve goods ends or ended; a pause follows before the next one.
CREATE TABLE reservation_turn (
    customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
    ends_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER reserved_stock_is_there BEFORE INSERT ON reserved_stock
WHEN NEW.quantity > (SELECT stock_count - reserved_count FROM product WHERE id = NEW.product_id)
BEGIN SELECT RAISE(ABORT, 'only what is free can be kept'); END;

CREATE TRIGGER reserved_stock_stays_as_it_is BEFORE UPDATE ON reserved_stock
BEGIN SELECT RAISE(ABORT, 'what is kept is let go, not changed'); END;

CREATE TRIGGER reserved_count_goes_up AFTER INSERT ON reserved_stock
BEGIN UPDATE product SET reserved_count = reserved_count + NEW.quantity WHERE id = NEW.product_id; END;

CREATE TRIGGER reserved_count_goes_down AFTER DELETE ON reserved_stock
BEGIN
    UPDATE product SET reserved_count = reserved_count - OLD.quantity WHERE id = OLD.product_id;
    INSERT INTO released_stock (product_id, units) VALUES (OLD.product_id, OLD.quantity)
    ON CONFLICT (product_id) DO UPDATE SET units = units + excluded.units;
END;

CREATE TRIGGER stock_item_is_kept_for_another BEFORE UPDATE OF order_line_id ON stock_item
WHEN OLD.order_line_id IS NULL AND NEW.order_line_id IS NOT NULL
AND (SELECT stock_count <= reserved_count FROM product WHERE id = NEW.product_id)
BEGIN SELECT RAISE(ABORT, 'what is left is kept for somebody else'); END;

-- If fewer units are left than are reserved, the newest reservations end.
CREATE TRIGGER stock_that_shrinks_is_kept_no_more AFTER UPDATE OF stock_count ON product
WHEN NEW.stock_count < NEW.reserved_count
BEGIN
    DELETE FROM reservation WHERE customer_id = (
        SELECT r.customer_id FROM reserved_stock s JOIN reservation r ON r.customer_id = s.customer_id
        WHERE s.product_id = NEW.id ORDER BY r.created_at DESC, r.customer_id DESC LIMIT 1
    );
END;
