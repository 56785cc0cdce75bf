-- What the shop says about itself, what customers agreed to, and who wants no announcements.

-- The operator's own texts now include the policy, the terms and the help with payments: the CHECK has to change.
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

-- Who runs the shop, where an owner typed it in the bot: it goes before the settings.
CREATE TABLE operator_detail (
    name TEXT PRIMARY KEY CHECK (name IN ('name', 'contact', 'country')),
    value TEXT NOT NULL CHECK (length(value) BETWEEN 1 AND 200)
) STRICT, WITHOUT ROWID;
