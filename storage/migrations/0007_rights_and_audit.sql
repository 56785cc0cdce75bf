-- What managers may do, and who did what.

CREATE TABLE manager_right (
    telegram_id INTEGER NOT NULL,
    right_name TEXT NOT NULL
        CHECK (right_name IN ('catalogue', 'customers', 'money', 'announcements', 'figures', 'backup')),
    given_by INTEGER NOT NULL REFERENCES customer (id),
    given_at INTEGER NOT NULL,
    PRIMARY KEY (telegram_id, right_name)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    admin_id INTEGER NOT NULL REFERENCES customer (id),
    action TEXT NOT NULL,
    subject TEXT NOT NULL DEFAULT '',
    details TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(details)),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_entry_by_admin ON audit_entry (admin_id, id);

CREATE TRIGGER audit_entry_is_never_changed BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TRIGGER audit_entry_is_never_deleted BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
