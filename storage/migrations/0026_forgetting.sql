-- Requests to delete personal data, and completed deletions.

-- Personal data is deleted at `due_at`, unless the customer withdraws the request before.
CREATE TABLE deletion_request (
    customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
    asked_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL CHECK (due_at > asked_at)
) STRICT;
CREATE INDEX deletion_request_due ON deletion_request (due_at);

-- Customers whose data was deleted. What is kept (books, addresses) has their id and no name. While `recognised`, the
-- `telegram_id` is a keyed hash of the real one, above all real ids; afterwards it is a random number.
CREATE TABLE erasure (
    customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
    erased_at INTEGER NOT NULL,
    recognised INTEGER NOT NULL DEFAULT 1 CHECK (recognised IN (0, 1))
) STRICT;

-- No letters to people whose data was deleted.
CREATE TRIGGER outbox_is_for_people BEFORE INSERT ON outbox WHEN NEW.telegram_id >= 4611686018427387904
BEGIN SELECT RAISE(IGNORE); END;

-- The reason for an adjustment is a note about a person: it is deleted with their data, and never before.
DROP TRIGGER adjustment_is_never_changed;
CREATE TRIGGER adjustment_is_never_changed BEFORE UPDATE ON adjustment
WHEN NEW.id <> OLD.id OR NEW.customer_id <> OLD.customer_id OR NEW.amount_minor <> OLD.amount_minor
OR NEW.admin_id <> OLD.admin_id OR NEW.created_at <> OLD.created_at OR NEW.reason <> '–'
OR NOT EXISTS (SELECT 1 FROM erasure e WHERE e.customer_id = OLD.customer_id)
BEGIN SELECT RAISE(ABORT, 'an adjustment is what was shown'); END;

-- So are the details about a customer in the audit log; who did what, and when, is kept.
DROP TRIGGER audit_entry_is_never_changed;
CREATE TRIGGER audit_entry_is_never_changed BEFORE UPDATE ON audit_entry
WHEN NEW.id <> OLD.id OR NEW.admin_id <> OLD.admin_id OR NEW.action <> OLD.action OR NEW.created_at <> OLD.created_at
OR NEW.details <> '{}' OR NOT EXISTS (
    SELECT 1 FROM erasure e JOIN customer c ON c.id = e.customer_id WHERE NEW.subject = 'customer ' || c.telegram_id
)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
