-- Indexes for frequent queries, so that they stay fast in a large shop.

CREATE INDEX order_line_of_product ON order_line (product_id);
CREATE INDEX cart_item_of_product ON cart_item (product_id);
CREATE INDEX review_by_product ON review (product_id, id);
CREATE INDEX review_of_customer ON review (customer_id);
CREATE INDEX restock_wish_of_product ON restock_wish (product_id);
CREATE INDEX restock_wish_of_customer ON restock_wish (customer_id);
CREATE INDEX coupon_use_by_customer ON coupon_use (customer_id);
CREATE INDEX stock_item_of_file ON stock_item (file_id) WHERE file_id IS NOT NULL;
CREATE INDEX made_item_of_file ON made_item (file_id) WHERE file_id IS NOT NULL;
CREATE INDEX shared_item_of_file ON shared_item (file_id) WHERE file_id IS NOT NULL;
CREATE INDEX deposit_address_of_chain ON deposit_address (chain, id);

-- Shelves in their order. This index replaces `category_below`.
CREATE INDEX category_by_place ON category (parent_id, name, id);
DROP INDEX category_below;
CREATE INDEX product_scarce ON product (low_stock_threshold, stock_count) WHERE deleted_at IS NULL;
CREATE INDEX product_ever_sold ON product (search_text, id) WHERE sold_count > 0;
CREATE INDEX product_of_picture ON product (picture_id) WHERE picture_id IS NOT NULL;
CREATE INDEX category_of_picture ON category (picture_id) WHERE picture_id IS NOT NULL;

-- Rows that are deleted after a time are found by that time.
CREATE INDEX search_by_time ON search (created_at);
CREATE INDEX offer_by_time ON offer (created_at);
CREATE INDEX top_up_by_end ON top_up (expires_at);
CREATE INDEX outbox_by_sending ON outbox (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX outbox_by_giving_up ON outbox (given_up_at) WHERE given_up_at IS NOT NULL;
CREATE INDEX handled_update_by_time ON handled_update (handled_at);
CREATE INDEX conversation_by_time ON conversation (updated_at);
CREATE INDEX adjustment_by_time ON adjustment (created_at);
CREATE INDEX picture_by_time ON picture (created_at);
CREATE INDEX ticket_closed ON ticket (updated_at) WHERE state = 'closed';

-- A large import is stored in many short transactions and becomes visible all at once. During each of them there is a
-- row in `staging`, and whatever it creates is marked as unborn: it stays invisible until the last transaction, which
-- removes the marks. Writing transactions never overlap, so only the import's own transaction sees that row.
CREATE TABLE import_under_way (
    import_id INTEGER PRIMARY KEY,
    admin_id INTEGER NOT NULL REFERENCES customer (id),
    known TEXT NOT NULL,
    steps INTEGER NOT NULL DEFAULT 0 CHECK (steps >= 0),
    skipped INTEGER NOT NULL DEFAULT 0 CHECK (skipped >= 0),
    overtaken INTEGER NOT NULL DEFAULT 0 CHECK (overtaken IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX import_under_way_alone ON import_under_way ((1));
CREATE TABLE staging (id INTEGER PRIMARY KEY CHECK (id = 1)) STRICT;
CREATE TABLE unborn_category (category_id INTEGER PRIMARY KEY REFERENCES category (id)) STRICT;
CREATE TABLE unborn_product (product_id INTEGER PRIMARY KEY REFERENCES product (id)) STRICT;
CREATE TABLE unborn_item (item_id INTEGER PRIMARY KEY) STRICT;
CREATE TABLE unborn_stock (
    product_id INTEGER PRIMARY KEY REFERENCES product (id),
    units INTEGER NOT NULL CHECK (units >= 0)
) STRICT;

CREATE TRIGGER category_is_unborn AFTER INSERT ON category WHEN EXISTS (SELECT 1 FROM staging)
BEGIN INSERT INTO unborn_category (category_id) VALUES (NEW.id); END;
CREATE TRIGGER product_is_unborn AFTER INSERT ON product WHEN EXISTS (SELECT 1 FROM staging)
BEGIN INSERT INTO unborn_product (product_id) VALUES (NEW.id); END;

-- Items of an unborn product are counted at once; items added to a visible product are counted when they appear.
DROP TRIGGER stock_count_goes_up;
CREATE TRIGGER stock_count_goes_up AFTER INSERT ON stock_item
WHEN NEW.order_line_id IS NULL AND (
    NOT EXISTS (SELECT 1 FROM staging) OR EXISTS (SELECT 1 FROM unborn_product u WHERE u.product_id = NEW.product_id)
)
BEGIN UPDATE product SET stock_count = stock_count + 1 WHERE id = NEW.product_id; END;
CREATE TRIGGER stock_item_is_unborn AFTER INSERT ON stock_item
WHEN EXISTS (SELECT 1 FROM staging)
AND NOT EXISTS (SELECT 1 FROM unborn_product u WHERE u.product_id = NEW.product_id)
BEGIN
    INSERT INTO unborn_item (item_id) VALUES (NEW.id);
    INSERT INTO unborn_stock (product_id, units) VALUES (NEW.product_id, 1)
    ON CONFLICT (product_id) DO UPDATE SET units = units + 1;
END;
DROP TRIGGER stock_count_forgets;
CREATE TRIGGER stock_count_forgets AFTER DELETE ON stock_item WHEN OLD.order_line_id IS NULL
BEGIN
    UPDATE product SET stock_count = stock_count - 1 WHERE id = OLD.product_id
    AND NOT EXISTS (SELECT 1 FROM unborn_item u WHERE u.item_id = OLD.id);
    UPDATE unborn_stock SET units = units - 1 WHERE product_id = OLD.product_id
    AND EXISTS (SELECT 1 FROM unborn_item u WHERE u.item_id = OLD.id);
    DELETE FROM unborn_item WHERE item_id = OLD.id;
END;
CREATE TRIGGER stock_item_unborn_is_not_sold BEFORE UPDATE OF order_line_id ON stock_item
WHEN NEW.order_line_id IS NOT NULL AND (
    EXISTS (SELECT 1 FROM unborn_item u WHERE u.item_id = NEW.id)
    OR EXISTS (SELECT 1 FROM unborn_product u WHERE u.product_id = NEW.product_id)
)
BEGIN SELECT RAISE(ABORT, 'what is not seen yet is not sold'); END;

-- If the catalogue changes meanwhile, the import compares its file again.
CREATE TRIGGER import_is_overtaken_by_a_category AFTER INSERT ON category
WHEN NOT EXISTS (SELECT 1 FROM staging) BEGIN UPDATE import_under_way SET overtaken = 1; END;
CREATE TRIGGER import_is_overtaken_by_a_category_changed
AFTER UPDATE OF parent_id, name, description, hidden, picture_id, deleted_at ON category
WHEN NOT EXISTS (SELECT 1 FROM staging) BEGIN UPDATE import_under_way SET overtaken = 1; END;
CREATE TRIGGER import_is_overtaken_by_a_product AFTER INSERT ON product
WHEN NOT EXISTS (SELECT 1 FROM staging) BEGIN UPDATE import_under_way SET overtaken = 1; END;
CREATE TRIGGER import_is_overtaken_by_a_product_changed
AFTER UPDATE OF category_id, name, import_key, list_key, price_minor, description, hidden, deleted_at, picture_id, seats,
    most_each, most_daily ON product
WHEN NOT EXISTS (SELECT 1 FROM staging) BEGIN UPDATE import_under_way SET overtaken = 1; END;
CREATE TRIGGER import_is_overtaken_by_a_quantity_price AFTER INSERT ON quantity_price
WHEN NOT EXISTS (SELECT 1 FROM staging) BEGIN UPDATE import_under_way SET overtaken = 1; END;
CREATE TRIGGER import_is_overtaken_by_a_quantity_price_gone AFTER DELETE ON quantity_price
WHEN NOT EXISTS (SELECT 1 FROM staging) BEGIN UPDATE import_under_way SET overtaken = 1; END;
