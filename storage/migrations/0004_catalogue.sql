-- A catalogue for any kind of goods: pictures, files, quantity prices, shared goods and goods made to order.
-- `casefold` is a function of Souk's own connections, because SQLite's lower() handles only ASCII.

CREATE TABLE picture (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    media_type TEXT NOT NULL CHECK (media_type IN ('image/png', 'image/jpeg')),
    digest BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    content BLOB NOT NULL CHECK (length(content) BETWEEN 1 AND 5242880)
) STRICT;

CREATE TABLE stored_file (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL CHECK (name <> ''),
    created_at INTEGER NOT NULL,
    content BLOB NOT NULL CHECK (length(content) > 0)
) STRICT;

CREATE TRIGGER stored_file_is_kept BEFORE UPDATE ON stored_file
BEGIN SELECT RAISE(ABORT, 'a stored file is never changed'); END;

ALTER TABLE category ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE category ADD COLUMN picture_id INTEGER REFERENCES picture (id);
ALTER TABLE category ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1));
CREATE INDEX category_below ON category (parent_id);
CREATE INDEX category_hidden ON category (id) WHERE hidden = 1;

-- Goods files still recognise a product by its old description; the one that customers read can be edited.
ALTER TABLE product RENAME COLUMN description TO import_key;
ALTER TABLE product ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE product ADD COLUMN picture_id INTEGER REFERENCES picture (id);
ALTER TABLE product ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1));
ALTER TABLE product ADD COLUMN deliverable TEXT NOT NULL DEFAULT 'unique_text'
    CHECK (deliverable IN ('unique_text', 'unique_file', 'shared_text', 'shared_file', 'made_to_order'));
ALTER TABLE product ADD COLUMN sold_count INTEGER NOT NULL DEFAULT 0 CHECK (sold_count >= 0);
ALTER TABLE product ADD COLUMN search_text TEXT NOT NULL DEFAULT '';
UPDATE product SET
    description = import_key,
    search_text = casefold(name || char(10) || import_key),
    sold_count = (SELECT coalesce(sum(l.quantity), 0) FROM order_line l WHERE l.product_id = product.id);
CREATE INDEX product_by_name ON product (category_id, search_text);

CREATE TRIGGER product_is_searched AFTER INSERT ON product
BEGIN UPDATE product SET search_text = casefold(NEW.name || char(10) || NEW.description) WHERE id = NEW.id; END;

CREATE TRIGGER product_is_searched_anew AFTER UPDATE OF name, description ON product
BEGIN UPDATE product SET search_text = casefold(NEW.name || char(10) || NEW.description) WHERE id = NEW.id; END;

CREATE TRIGGER product_keeps_its_kind BEFORE UPDATE OF deliverable ON product
WHEN NEW.deliverable <> OLD.deliverable
BEGIN SELECT RAISE(ABORT, 'a product keeps its kind of deliverable'); END;

CREATE TABLE quantity_price (
    product_id INTEGER NOT NULL REFERENCES product (id),
    from_quantity INTEGER NOT NULL CHECK (from_quantity > 1),
    unit_price_minor INTEGER NOT NULL CHECK (unit_price_minor > 0),
    PRIMARY KEY (product_id, from_quantity)
) STRICT, WITHOUT ROWID;

-- One text or file for every buyer. A product sells its current one; buyers of an earlier one keep theirs.
CREATE TABLE shared_item (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id INTEGER NOT NULL REFERENCES product (id),
    content TEXT NOT NULL CHECK (content <> ''),
    content_hash BLOB NOT NULL,
    file_id INTEGER REFERENCES stored_file (id),
    created_at INTEGER NOT NULL,
    UNIQUE (product_id, content_hash)
) STRICT;
ALTER TABLE product ADD COLUMN shared_item_id INTEGER REFERENCES shared_item (id);

CREATE TRIGGER shared_item_is_kept BEFORE UPDATE ON shared_item
BEGIN SELECT RAISE(ABORT, 'what was shared is never changed'); END;

CREATE TRIGGER shared_item_fits_its_product BEFORE INSERT ON shared_item
WHEN NOT EXISTS (
    SELECT 1 FROM product p WHERE p.id = NEW.product_id
    AND p.deliverable = CASE WHEN NEW.file_id IS NULL THEN 'shared_text' ELSE 'shared_file' END
)
BEGIN SELECT RAISE(ABORT, 'a product has goods of its own kind'); END;

CREATE TRIGGER product_shares_its_own BEFORE UPDATE OF shared_item_id ON product
WHEN NEW.shared_item_id IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM shared_item s WHERE s.id = NEW.shared_item_id AND s.product_id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a product shares its own'); END;

ALTER TABLE stock_item ADD COLUMN file_id INTEGER REFERENCES stored_file (id);

CREATE TRIGGER stock_item_fits_its_product BEFORE INSERT ON stock_item
WHEN NOT EXISTS (
    SELECT 1 FROM product p WHERE p.id = NEW.product_id
    AND p.deliverable = CASE WHEN NEW.file_id IS NULL THEN 'unique_text' ELSE 'unique_file' END
)
BEGIN SELECT RAISE(ABORT, 'a product has goods of its own kind'); END;

ALTER TABLE order_line ADD COLUMN deliverable TEXT NOT NULL DEFAULT 'unique_text'
    CHECK (deliverable IN ('unique_text', 'unique_file', 'shared_text', 'shared_file', 'made_to_order'));
ALTER TABLE order_line ADD COLUMN shared_item_id INTEGER REFERENCES shared_item (id);

CREATE TRIGGER order_line_is_counted AFTER INSERT ON order_line
BEGIN UPDATE product SET sold_count = sold_count + NEW.quantity WHERE id = NEW.product_id; END;

CREATE TRIGGER order_line_is_of_its_kind BEFORE INSERT ON order_line
WHEN NOT EXISTS (SELECT 1 FROM product p WHERE p.id = NEW.product_id AND p.deliverable = NEW.deliverable)
OR NEW.shared_item_id IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an order line is of the kind of its product'); END;

CREATE TRIGGER order_line_shares_its_own BEFORE UPDATE OF shared_item_id ON order_line
WHEN OLD.shared_item_id IS NOT NULL
OR NOT EXISTS (SELECT 1 FROM shared_item s WHERE s.id = NEW.shared_item_id AND s.product_id = NEW.product_id)
BEGIN SELECT RAISE(ABORT, 'an order line gets its own product, once'); END;

-- The goods that an admin made for one order line.
CREATE TABLE made_item (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_line_id INTEGER NOT NULL UNIQUE REFERENCES order_line (id),
    content TEXT NOT NULL CHECK (content <> ''),
    file_id INTEGER REFERENCES stored_file (id),
    made_by INTEGER NOT NULL REFERENCES customer (id),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER made_item_is_kept BEFORE UPDATE ON made_item
BEGIN SELECT RAISE(ABORT, 'what was delivered is kept'); END;

CREATE TRIGGER made_item_is_kept_for_ever BEFORE DELETE ON made_item
BEGIN SELECT RAISE(ABORT, 'what was delivered is kept'); END;

CREATE TRIGGER made_item_fits_its_line BEFORE INSERT ON made_item
WHEN NOT EXISTS (SELECT 1 FROM order_line l WHERE l.id = NEW.order_line_id AND l.deliverable = 'made_to_order')
BEGIN SELECT RAISE(ABORT, 'only what is made to order is delivered by hand'); END;

-- A customer's search; the buttons of its result pages refer to this row.
CREATE TABLE search (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    words TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- How many parts of a long message have been delivered; a retry continues from there.
ALTER TABLE outbox ADD COLUMN parts_sent INTEGER NOT NULL DEFAULT 0;
