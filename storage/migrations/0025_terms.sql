-- The shop's legal texts, customers' consents, and who wants no announcements.

-- The operator's custom texts now include the privacy policy, the terms and the payment help, so the CHECK changes.
CREATE TABLE own_text_of_any_kind (
    text_key TEXT NOT NULL
        CHECK (text_key IN ('welcome', 'help', 'faq', 'rules', 'privacy', 'terms', 'paysupport')),
    language TEXT NOT NULL,
    html TEXT CHECK (html <> ''),
    draft TEXT CHECK (draft <> ''),
    PRIMARY KEY (text_key, language)
) STRICT, WITHOUT ROWID;
INSERT INTO own_text_of_any_kind SELECT text_key, language, html, draft FROM own_text;
DROP TABLE own_text;
ALTER TABLE own_text_of_any_kind RENAME TO own_text;

-- The operator's details as an owner entered them in the bot; they take precedence over the settings.
CREATE TABLE operator_detail (
    name TEXT PRIMARY KEY CHECK (name IN ('name', 'contact', 'country')),
    value TEXT NOT NULL CHECK (length(value) BETWEEN 1 AND 200)
) STRICT, WITHOUT ROWID;

-- What customers agreed to before an order, and the text they read: `version` identifies it in that language.
CREATE TABLE consent (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    offer_id INTEGER NOT NULL,
    version TEXT NOT NULL CHECK (version <> ''),
    language TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (customer_id, offer_id, version)
) STRICT;

CREATE TRIGGER consent_is_never_changed BEFORE UPDATE ON consent
BEGIN SELECT RAISE(ABORT, 'a consent is kept as it was given'); END;

CREATE TRIGGER consent_is_never_deleted BEFORE DELETE ON consent
BEGIN SELECT RAISE(ABORT, 'a consent is kept as it was given'); END;

-- Announcements go only to people who want them; letters about their own orders are sent regardless.
ALTER TABLE customer ADD COLUMN announcements INTEGER NOT NULL DEFAULT 1 CHECK (announcements IN (0, 1));

-- When a customer last exported everything stored about them.
CREATE TABLE data_export (
    customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
    sent_at INTEGER NOT NULL
) STRICT;
