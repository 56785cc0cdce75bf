-- The products' texts, indexed by trigrams, so that a search reads only possible matches and not every product.
-- `search_text` is already folded, so the index is case-sensitive. Two line breaks at the end let a trigram begin at
-- every letter, so words of one or two letters are found as the beginning of a trigram.

CREATE VIEW product_text AS SELECT id, search_text || char(10, 10) AS text FROM product;
CREATE VIRTUAL TABLE product_words USING fts5 (
    text, content = 'product_text', content_rowid = 'id', tokenize = 'trigram case_sensitive 1', detail = none,
    columnsize = 0
);
CREATE VIRTUAL TABLE product_letters USING fts5vocab (product_words, row);

INSERT INTO product_words (product_words) VALUES ('rebuild');

-- A product is inserted without this text; `product_is_searched` adds it immediately.
CREATE TRIGGER product_text_is_made_here BEFORE INSERT ON product WHEN NEW.search_text <> ''
BEGIN SELECT RAISE(ABORT, 'what a search finds a product by is made by the database'); END;
CREATE TRIGGER product_text_is_indexed AFTER UPDATE OF search_text ON product WHEN NEW.search_text <> OLD.search_text
BEGIN
    INSERT INTO product_words (product_words, rowid, text)
    SELECT 'delete', OLD.id, OLD.search_text || char(10, 10) WHERE OLD.search_text <> '';
    INSERT INTO product_words (rowid, text) SELECT NEW.id, NEW.search_text || char(10, 10) WHERE NEW.search_text <> '';
END;
CREATE TRIGGER product_text_is_forgotten AFTER DELETE ON product WHEN OLD.search_text <> ''
BEGIN
    INSERT INTO product_words (product_words, rowid, text) VALUES ('delete', OLD.id, OLD.search_text || char(10, 10));
END;
