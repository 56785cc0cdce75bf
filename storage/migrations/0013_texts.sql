-- The operator's custom texts, by language. A draft is kept beside the text that is shown.

CREATE TABLE own_text (
    text_key TEXT NOT NULL CHECK (text_key IN ('welcome', 'help', 'faq', 'rules')),
    language TEXT NOT NULL,
    html TEXT CHECK (html <> ''),
    draft TEXT CHECK (draft <> ''),
    PRIMARY KEY (text_key, language)
) STRICT, WITHOUT ROWID;
