-- Managers' rights, and the audit log.

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

-- An admin's second factor besides their Telegram account (RFC 6238); all times are in Unix seconds.
CREATE TABLE second_factor (
    telegram_id INTEGER PRIMARY KEY,
    secret TEXT NOT NULL CHECK (length(secret) >= 16),
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    last_step INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    locked_until INTEGER NOT NULL DEFAULT 0,
    open_until INTEGER NOT NULL DEFAULT 0,
    CHECK (confirmed_at IS NOT NULL OR open_until = 0)
) STRICT;

CREATE TRIGGER second_factor_takes_a_code_once BEFORE UPDATE OF last_step ON second_factor
WHEN NEW.last_step < OLD.last_step
BEGIN SELECT RAISE(ABORT, 'a code that was used, or an older one, is used again'); END;

CREATE TRIGGER second_factor_keeps_its_secret BEFORE UPDATE OF secret, confirmed_at ON second_factor
WHEN OLD.confirmed_at IS NOT NULL AND (NEW.secret <> OLD.secret OR NEW.confirmed_at IS NOT OLD.confirmed_at)
BEGIN SELECT RAISE(ABORT, 'a confirmed second factor is never changed, only reset'); END;
