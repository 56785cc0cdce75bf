-- Each unit is in the shop once: a unique text or file is recognised in every product.
-- `goods_fingerprint` and `nfc` are functions of Souk's own connections (storage/text.py).

-- The fingerprint by which a text or a file is recognised in any product. Copies from before this check are numbered,
-- sold ones first; reconciliation reports the others. A sold unit is added again only if an admin said so: `again_by`.
ALTER TABLE stock_item ADD COLUMN fingerprint BLOB;
ALTER TABLE stock_item ADD COLUMN occurrence INTEGER NOT NULL DEFAULT 1 CHECK (occurrence > 0);
ALTER TABLE stock_item ADD COLUMN again_by INTEGER REFERENCES customer (id);
UPDATE stock_item SET fingerprint = goods_fingerprint(
    coalesce((SELECT f.content FROM stored_file f WHERE f.id = stock_item.file_id), content)
);
UPDATE stock_item SET occurrence = numbered.occurrence FROM (
    SELECT id, row_number() OVER (PARTITION BY fingerprint ORDER BY order_line_id IS NULL, id) AS occurrence
    FROM stock_item
) AS numbered WHERE numbered.id = stock_item.id AND numbered.occurrence > 1;
CREATE UNIQUE INDEX stock_item_by_fingerprint ON stock_item (fingerprint, occurrence);

CREATE TRIGGER stock_item_is_known_again BEFORE INSERT ON stock_item
WHEN NEW.fingerprint IS NOT goods_fingerprint(
    coalesce((SELECT f.content FROM stored_file f WHERE f.id = NEW.file_id), NEW.content)
)
BEGIN SELECT RAISE(ABORT, 'goods have the fingerprint of what they are'); END;

CREATE TRIGGER stock_item_comes_again BEFORE INSERT ON stock_item
WHEN NEW.occurrence > 1 AND (NEW.again_by IS NULL OR EXISTS (
    SELECT 1 FROM stock_item s WHERE s.fingerprint = NEW.fingerprint AND s.order_line_id IS NULL
))
BEGIN SELECT RAISE(ABORT, 'only what was sold comes again, when somebody says so'); END;

CREATE TRIGGER stock_item_stays_what_it_is BEFORE UPDATE OF content, file_id, fingerprint, occurrence ON stock_item
BEGIN SELECT RAISE(ABORT, 'goods are never changed'); END;

-- Names are in Unicode's normalization form C from now on. Two that differ only in form remain; admins see both.
UPDATE OR IGNORE category SET name = nfc(name) WHERE name <> nfc(name);
UPDATE OR IGNORE product SET name = nfc(name) WHERE name <> nfc(name);
UPDATE OR IGNORE product SET import_key = nfc(import_key) WHERE import_key <> nfc(import_key);
UPDATE OR IGNORE product SET list_key = nfc(list_key) WHERE list_key <> nfc(list_key);
