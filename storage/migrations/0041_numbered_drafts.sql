-- Drafts of goods have numbers, and their pieces fingerprints.
--
-- A draft with a hundred thousand pieces takes a second to delete. So one that has ended only loses its admin, which
-- hides it, and its pieces are deleted in later transactions. A piece is counted as repeated if the stock would say so:
-- by its fingerprint. The tables are rebuilt because SQLite cannot change their keys.
CREATE TABLE numbered_draft (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    admin_id INTEGER UNIQUE REFERENCES customer (id),
    category_id INTEGER NOT NULL REFERENCES category (id),
    product_id INTEGER REFERENCES product (id),
    name TEXT,
    description TEXT NOT NULL DEFAULT '',
    price_minor INTEGER CHECK (price_minor > 0),
    deliverable TEXT
        CHECK (deliverable IN ('unique_text', 'unique_file', 'shared_text', 'shared_file', 'made_to_order')),
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO numbered_draft (admin_id, category_id, product_id, name, description, price_minor, deliverable, created_at)
SELECT admin_id, category_id, product_id, name, description, price_minor, deliverable, created_at
FROM goods_draft ORDER BY created_at, admin_id;

CREATE TABLE known_piece (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    draft_id INTEGER NOT NULL REFERENCES numbered_draft (id) ON DELETE CASCADE,
    content TEXT NOT NULL CHECK (content <> ''),
    content_hash BLOB NOT NULL,
    file BLOB CHECK (length(file) > 0),
    fingerprint BLOB NOT NULL,
    UNIQUE (draft_id, fingerprint)
) STRICT;
INSERT OR IGNORE INTO known_piece (id, draft_id, content, content_hash, file, fingerprint)
SELECT p.id, d.id, p.content, p.content_hash, p.file, goods_fingerprint(coalesce(p.file, p.content))
FROM draft_piece p JOIN numbered_draft d ON d.admin_id = p.admin_id ORDER BY p.id;

DROP TABLE draft_piece;
DROP TABLE goods_draft;
ALTER TABLE numbered_draft RENAME TO goods_draft;
ALTER TABLE known_piece RENAME TO draft_piece;
CREATE INDEX draft_piece_in_order ON draft_piece (draft_id, id);

-- A draft is confirmed like an import: a large one in many transactions. `import_id` is then the number of the draft.
ALTER TABLE import_under_way ADD COLUMN is_draft INTEGER NOT NULL DEFAULT 0 CHECK (is_draft IN (0, 1));
