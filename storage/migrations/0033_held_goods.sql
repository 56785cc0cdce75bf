-- Products of a restored shop are on hold: some units may have been sold after the backup was taken. `was_hidden` is
-- the visibility to restore when an owner releases the product.
CREATE TABLE held_product (
    product_id INTEGER PRIMARY KEY REFERENCES product (id),
    held_at INTEGER NOT NULL,
    was_hidden INTEGER NOT NULL CHECK (was_hidden IN (0, 1))
) STRICT;

CREATE TRIGGER held_goods_stay_hidden BEFORE UPDATE OF hidden ON product
WHEN NEW.hidden = 0 AND EXISTS (SELECT 1 FROM held_product h WHERE h.product_id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'goods of a restored shop wait for an owner'); END;

-- A draft may have a time at which it will be sent.
ALTER TABLE announcement ADD COLUMN due_at INTEGER CHECK (due_at IS NULL OR due_at > created_at);
CREATE INDEX announcement_due ON announcement (due_at) WHERE state = 'draft' AND due_at IS NOT NULL;
