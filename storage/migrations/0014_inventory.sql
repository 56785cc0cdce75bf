-- Managing the catalogue.

-- The row of a deleted category or product is kept and hidden, because orders, sold goods and coupons refer to it.
ALTER TABLE category ADD COLUMN deleted_at INTEGER CHECK (deleted_at IS NULL OR hidden = 1);
ALTER TABLE product ADD COLUMN deleted_at INTEGER CHECK (deleted_at IS NULL OR hidden = 1);

-- The entry of a goods file that created a product. It stays when the product is moved, renamed or repriced, so that
-- the same file adds no unit twice. Its parts are separated by U+001F.
ALTER TABLE product ADD COLUMN list_key TEXT;
UPDATE product SET list_key = (
    SELECT above.name || char(31) || c.name || char(31) || product.price_minor || char(31) || product.import_key
    FROM category c JOIN category above ON above.id = c.parent_id
    WHERE c.id = product.category_id AND above.parent_id IS NULL
) WHERE deliverable = 'unique_text';
CREATE UNIQUE INDEX product_by_list_key ON product (list_key) WHERE list_key IS NOT NULL;

-- The admins are notified when this many units or fewer are left, once until it is refilled. NULL: as set in the
-- settings; 0: never.
ALTER TABLE product ADD COLUMN low_stock_threshold INTEGER CHECK (low_stock_threshold BETWEEN 0 AND 1000000);
ALTER TABLE product ADD COLUMN low_stock_told INTEGER NOT NULL DEFAULT 0 CHECK (low_stock_told IN (0, 1));

CREATE TRIGGER product_that_is_deleted_has_no_stock BEFORE UPDATE OF deleted_at ON product
WHEN NEW.deleted_at IS NOT NULL AND (NEW.stock_count > 0 OR NEW.shared_item_id IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'a product is deleted without stock'); END;

CREATE TRIGGER stock_item_of_a_deleted_product BEFORE INSERT ON stock_item
WHEN EXISTS (SELECT 1 FROM product p WHERE p.id = NEW.product_id AND p.deleted_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'a deleted product gets no stock'); END;

CREATE TRIGGER category_that_is_deleted_is_empty BEFORE UPDATE OF deleted_at ON category
WHEN NEW.deleted_at IS NOT NULL AND (
    EXISTS (SELECT 1 FROM product p WHERE p.category_id = NEW.id AND p.deleted_at IS NULL)
    OR EXISTS (SELECT 1 FROM category c WHERE c.parent_id = NEW.id AND c.deleted_at IS NULL)
)
BEGIN SELECT RAISE(ABORT, 'a category is deleted when it is empty'); END;

CREATE TRIGGER category_is_not_below_itself BEFORE UPDATE OF parent_id ON category
WHEN NEW.parent_id IS NOT NULL AND NEW.parent_id IN (
    WITH RECURSIVE below (id) AS (
        SELECT NEW.id UNION SELECT c.id FROM category c JOIN below ON c.parent_id = below.id
    ) SELECT id FROM below
)
BEGIN SELECT RAISE(ABORT, 'a category is not below itself'); END;

-- A goods file between its preview and its confirmation: one for each admin.
CREATE TABLE pending_import (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    admin_id INTEGER NOT NULL UNIQUE REFERENCES customer (id),
    file_name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    content BLOB NOT NULL CHECK (length(content) BETWEEN 1 AND 10485760)
) STRICT;

-- A product that an admin is composing in a dialog: one for each admin. Nothing of it is in the shop yet.
CREATE TABLE goods_draft (
    admin_id INTEGER PRIMARY KEY REFERENCES customer (id),
    category_id INTEGER NOT NULL REFERENCES category (id),
    product_id INTEGER REFERENCES product (id),
    name TEXT,
    description TEXT NOT NULL DEFAULT '',
    price_minor INTEGER CHECK (price_minor > 0),
    deliverable TEXT
        CHECK (deliverable IN ('unique_text', 'unique_file', 'shared_text', 'shared_file', 'made_to_order')),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE draft_piece (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    admin_id INTEGER NOT NULL REFERENCES goods_draft (admin_id) ON DELETE CASCADE,
    content TEXT NOT NULL CHECK (content <> ''),
    content_hash BLOB NOT NULL,
    file BLOB CHECK (length(file) > 0),
    UNIQUE (admin_id, content_hash)
) STRICT;
