-- The bots of a shop, and who has used which of them.

-- `id` is the number at the start of the token. The bot from the settings has no token here. `reason` says why a bot is
-- off: its token is refused, another program uses it, or an owner switched it off. A removed bot stays for the figures.
CREATE TABLE bot (
    id INTEGER PRIMARY KEY CHECK (id > 0),
    token TEXT UNIQUE,
    username TEXT NOT NULL DEFAULT '',
    name TEXT NOT NULL CHECK (name <> ''),
    state TEXT NOT NULL CHECK (state IN ('on', 'off', 'removed')),
    reason TEXT CHECK (reason IN ('token', 'conflict', 'owner')),
    welcome TEXT,
    picture_id INTEGER REFERENCES picture (id),
    created_at INTEGER NOT NULL,
    CHECK ((state = 'off') = (reason IS NOT NULL)),
    CHECK (state <> 'removed' OR token IS NULL)
) STRICT;

-- The top-level categories that a bot shows; a bot without rows shows all.
CREATE TABLE bot_category (
    bot_id INTEGER NOT NULL REFERENCES bot (id),
    category_id INTEGER NOT NULL REFERENCES category (id),
    PRIMARY KEY (bot_id, category_id)
) STRICT, WITHOUT ROWID;

-- The bots that a person has used; the latest has the highest rowid. A bot can write only to people who have used it.
CREATE TABLE bot_visit (
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    bot_id INTEGER NOT NULL,
    PRIMARY KEY (customer_id, bot_id)
) STRICT;
INSERT INTO bot_visit (customer_id, bot_id) SELECT id, bot_id FROM customer;
CREATE TRIGGER bot_visit_first AFTER INSERT ON customer
BEGIN INSERT OR REPLACE INTO bot_visit (customer_id, bot_id) VALUES (NEW.id, NEW.bot_id); END;
CREATE TRIGGER bot_visit_another AFTER UPDATE OF bot_id ON customer WHEN NEW.bot_id <> OLD.bot_id
BEGIN INSERT OR REPLACE INTO bot_visit (customer_id, bot_id) VALUES (NEW.id, NEW.bot_id); END;

CREATE INDEX customer_of_bot ON customer (bot_id);

-- In the chat with another bot, a message id means a different message or none.
CREATE TRIGGER customer_moves_to_another_chat AFTER UPDATE OF bot_id ON customer WHEN NEW.bot_id <> OLD.bot_id
BEGIN
    UPDATE deposit SET message_id = NULL WHERE customer_id = NEW.id AND message_id IS NOT NULL;
    UPDATE invoice SET message_id = NULL WHERE customer_id = NEW.id AND message_id IS NOT NULL;
    UPDATE announcement SET message_id = NULL WHERE admin_id = NEW.id AND message_id IS NOT NULL;
    DELETE FROM sweep_message WHERE telegram_id = NEW.telegram_id;
END;

-- The bot in which an order was placed. Until now a shop had one bot at a time.
ALTER TABLE orders ADD COLUMN bot_id INTEGER;
UPDATE orders SET bot_id = (SELECT c.bot_id FROM customer c WHERE c.id = orders.customer_id);
