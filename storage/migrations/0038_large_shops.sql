-- The index also stores the position of each trigram, so that it can find a whole word, and count a common one without
-- reading the texts. A page is read in the order of names.

DROP TABLE product_letters;
DROP TABLE product_words;
CREATE VIRTUAL TABLE product_words USING fts5 (
    text, content = 'product_text', content_rowid = 'id', tokenize = 'trigram case_sensitive 1', detail = full,
    columnsize = 0
);
CREATE VIRTUAL TABLE product_letters USING fts5vocab (product_words, row);
INSERT INTO product_words (product_words) VALUES ('rebuild');

CREATE INDEX product_in_order ON product (search_text, id, category_id, hidden);
CREATE INDEX product_hidden ON product (id) WHERE hidden = 1;

-- A version number of the visible catalogue: cached counts are valid as long as it stays the same. Unborn rows do not
-- change it until their import ends.
CREATE TABLE catalogue_change (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL) STRICT;
INSERT INTO catalogue_change (id, number) VALUES (1, 0);
CREATE TRIGGER catalogue_is_changed_by_a_product AFTER UPDATE OF search_text, hidden, category_id ON product
WHEN (NEW.search_text, NEW.hidden, NEW.category_id) <> (OLD.search_text, OLD.hidden, OLD.category_id)
AND NOT EXISTS (SELECT 1 FROM staging)
BEGIN UPDATE catalogue_change SET number = number + 1; END;
CREATE TRIGGER catalogue_is_changed_by_a_product_gone AFTER DELETE ON product
BEGIN UPDATE catalogue_change SET number = number + 1; END;
CREATE TRIGGER catalogue_is_changed_by_a_category AFTER UPDATE OF hidden, parent_id ON category
WHEN NEW.hidden <> OLD.hidden OR NEW.parent_id IS NOT OLD.parent_id
BEGIN UPDATE catalogue_change SET number = number + 1; END;
CREATE TRIGGER catalogue_is_changed_by_an_import AFTER DELETE ON import_under_way
BEGIN UPDATE catalogue_change SET number = number + 1; END;

-- Reconciliation reads a customer's books and a product's sales from these indexes only.
DROP INDEX ledger_of_customer;
CREATE INDEX ledger_of_customer ON ledger_entry (customer_id, id, kind, amount_minor, balance_minor);
DROP INDEX order_line_of_product;
CREATE INDEX order_line_of_product ON order_line (product_id, id, quantity, unit_price_minor, discount_minor);
