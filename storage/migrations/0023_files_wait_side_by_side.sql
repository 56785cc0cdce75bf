-- Several files of one admin can wait for confirmation. The table is rebuilt because SQLite cannot drop a UNIQUE.
CREATE TABLE waiting_import (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    admin_id INTEGER NOT NULL REFERENCES customer (id),
    file_name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    content BLOB NOT NULL CHECK (length(content) BETWEEN 1 AND 10485760)
) STRICT;
INSERT INTO waiting_import (id, admin_id, file_name, created_at, content)
SELECT id, admin_id, file_name, created_at, content FROM pending_import ORDER BY id;
DROP TABLE pending_import;
ALTER TABLE waiting_import RENAME TO pending_import;
CREATE INDEX pending_import_of_admin ON pending_import (admin_id, id);
