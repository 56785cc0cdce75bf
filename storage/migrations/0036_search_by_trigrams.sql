-- What the products say, indexed by each three characters in a row, so that a search reads what could fit and not
-- every product. `search_text` is folded already, so letters are taken as they are. Two line breaks at the end let
-- three characters begin at every letter: words of one and two letters are found by how these begin.

CREATE VIEW product_text AS SELECT id, search_text || char(10, 10) AS text FROM product;
CREATE VIRTUAL TABLE product_words USING fts5 (
    text, content = 'product_text', content_rowid = 'id', tokenize = 'trigram case_sensitive 1', detail = none,
    columnsize = 0
);
CREATE VIRTUAL TABLE product_letters USING fts5vocab (product_words, row);

INSERT INTO product_words (product_words) VALUES ('rebuild');

-- A product comes without this text, and gets it at once, by `product_is_searched`.
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
