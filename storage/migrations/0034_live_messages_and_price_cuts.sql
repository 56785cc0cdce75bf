-- Messages that are kept up to date, price cuts in several steps, and answers to tickets written in a group.

-- A message is stored with the bot that sent it, because in the chat with another bot its id means a different message
-- or none, even if a person changes bots while a letter is on its way.

DROP TRIGGER customer_moves_to_another_chat;

ALTER TABLE deposit ADD COLUMN message_bot_id INTEGER;
UPDATE deposit SET message_bot_id = (SELECT c.bot_id FROM customer c WHERE c.id = deposit.customer_id)
WHERE message_id IS NOT NULL;

ALTER TABLE invoice ADD COLUMN message_bot_id INTEGER;
UPDATE invoice SET message_bot_id = (SELECT c.bot_id FROM customer c WHERE c.id = invoice.customer_id)
WHERE message_id IS NOT NULL;

ALTER TABLE announcement ADD COLUMN message_bot_id INTEGER;
UPDATE announcement SET message_bot_id = (SELECT c.bot_id FROM customer c WHERE c.id = announcement.admin_id)
WHERE message_id IS NOT NULL;

CREATE TABLE sweep_message_of_bot (
    sweep_id INTEGER NOT NULL REFERENCES sweep (id) ON DELETE CASCADE,
    telegram_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    bot_id INTEGER NOT NULL,
    PRIMARY KEY (sweep_id, telegram_id)
) STRICT, WITHOUT ROWID;
INSERT INTO sweep_message_of_bot (sweep_id, telegram_id, message_id, bot_id)
SELECT m.sweep_id, m.telegram_id, m.message_id, c.bot_id
FROM sweep_message m JOIN customer c ON c.telegram_id = m.telegram_id;
DROP TABLE sweep_message;
ALTER TABLE sweep_message_of_bot RENAME TO sweep_message;

-- Each customer's live top-up screen shows their own address or a provider's invoice.
CREATE TABLE live_top_up_screen (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL UNIQUE REFERENCES customer (id),
    top_up_id INTEGER UNIQUE REFERENCES top_up (id) ON DELETE CASCADE,
    invoice_id INTEGER UNIQUE REFERENCES invoice (id) ON DELETE CASCADE,
    wanted_minor INTEGER CHECK (wanted_minor > 0),
    message_id INTEGER,
    bot_id INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    next_edit_at INTEGER,
    shown_at INTEGER NOT NULL,
    CHECK ((top_up_id IS NULL) <> (invoice_id IS NULL))
) STRICT;
INSERT INTO live_top_up_screen
    (id, customer_id, top_up_id, wanted_minor, message_id, bot_id, ends_at, next_edit_at, shown_at)
SELECT s.id, s.customer_id, s.top_up_id, s.wanted_minor, s.message_id, c.bot_id, t.expires_at, s.next_edit_at, s.shown_at
FROM top_up_screen s JOIN customer c ON c.id = s.customer_id JOIN top_up t ON t.id = s.top_up_id ORDER BY s.id;
DROP TABLE top_up_screen;
ALTER TABLE live_top_up_screen RENAME TO top_up_screen;
CREATE INDEX top_up_screen_due ON top_up_screen (next_edit_at) WHERE next_edit_at IS NOT NULL;

-- A message id also means nothing in the chat of another account.
CREATE TRIGGER customer_moves_to_another_chat AFTER UPDATE OF telegram_id ON customer
WHEN NEW.telegram_id <> OLD.telegram_id
BEGIN
    UPDATE deposit SET message_id = NULL WHERE customer_id = NEW.id AND message_id IS NOT NULL;
    UPDATE invoice SET message_id = NULL WHERE customer_id = NEW.id AND message_id IS NOT NULL;
    UPDATE announcement SET message_id = NULL WHERE admin_id = NEW.id AND message_id IS NOT NULL;
    DELETE FROM top_up_screen WHERE customer_id = NEW.id;
END;

-- The lowest prices that products had until a given time: a cut is compared with the highest of the last 24 hours, so
-- that several small cuts count as one.
CREATE TABLE earlier_price (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id INTEGER NOT NULL REFERENCES product (id),
    price_minor INTEGER NOT NULL CHECK (price_minor > 0),
    until_at INTEGER NOT NULL
) STRICT;
CREATE INDEX earlier_price_of_product ON earlier_price (product_id, until_at);

-- Messages in a group have separate ids.
CREATE TABLE ticket_source_anywhere (
    message_id INTEGER PRIMARY KEY REFERENCES ticket_message (id) ON DELETE CASCADE,
    author_id INTEGER NOT NULL REFERENCES customer (id),
    bot_id INTEGER NOT NULL,
    in_group INTEGER NOT NULL DEFAULT 0 CHECK (in_group IN (0, 1)),
    chat_message_id INTEGER NOT NULL,
    album TEXT NOT NULL DEFAULT '',
    UNIQUE (author_id, bot_id, in_group, chat_message_id)
) STRICT;
INSERT INTO ticket_source_anywhere (message_id, author_id, bot_id, chat_message_id, album)
SELECT message_id, author_id, bot_id, chat_message_id, album FROM ticket_source;
DROP TABLE ticket_source;
ALTER TABLE ticket_source_anywhere RENAME TO ticket_source;
CREATE INDEX ticket_source_of_album ON ticket_source (author_id, album) WHERE album <> '';
