-- Goods are recognised without any character that cannot be seen, and whatever kind of space they have; so far only
-- some of these made no difference. Units that are now the same as another one are numbered, sold ones first, and
-- reconciliation reports them: one that kept its old fingerprint would never be recognised again.
DROP TRIGGER stock_item_stays_what_it_is;
DROP INDEX stock_item_by_fingerprint;
UPDATE stock_item SET fingerprint = goods_fingerprint(content)
WHERE file_id IS NULL AND fingerprint IS NOT goods_fingerprint(content);
UPDATE stock_item SET occurrence = numbered.occurrence FROM (
    SELECT id, row_number() OVER (
        PARTITION BY fingerprint ORDER BY order_line_id IS NULL, occurrence, id
    ) AS occurrence
    FROM stock_item WHERE file_id IS NULL
) AS numbered WHERE numbered.id = stock_item.id AND numbered.occurrence <> stock_item.occurrence;
CREATE UNIQUE INDEX stock_item_by_fingerprint ON stock_item (fingerprint, occurrence);
CREATE TRIGGER stock_item_stays_what_it_is BEFORE UPDATE OF content, file_id, fingerprint, occurrence ON stock_item
BEGIN SELECT RAISE(ABORT, 'goods are never changed'); END;

UPDATE OR IGNORE draft_piece SET fingerprint = goods_fingerprint(content)
WHERE file IS NULL AND fingerprint <> goods_fingerprint(content);
