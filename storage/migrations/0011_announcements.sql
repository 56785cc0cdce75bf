-- Announcements and their recipients.

-- An announcement and its audience. `listing` is the data of a list made by the shop; an admin's own text has none.
-- Triggers keep the four counts of recipients, which outlive the recipients' rows.
CREATE TABLE announcement (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    admin_id INTEGER NOT NULL REFERENCES customer (id),
    kind TEXT NOT NULL CHECK (kind IN ('own', 'restocked', 'stock')),
    language TEXT,
    product_id INTEGER REFERENCES product (id),
    html TEXT NOT NULL DEFAULT '',
    picture_id INTEGER REFERENCES picture (id),
    listing TEXT,
    buttons TEXT NOT NULL DEFAULT '[]',
    state TEXT NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'queued', 'sending', 'paused', 'cancelled', 'done')),
    message_id INTEGER,
    recipients INTEGER NOT NULL DEFAULT 0 CHECK (recipients >= 0),
    sent INTEGER NOT NULL DEFAULT 0 CHECK (sent >= 0),
    unreachable INTEGER NOT NULL DEFAULT 0 CHECK (unreachable >= 0),
    failed INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    CHECK (language IS NULL OR product_id IS NULL),
    CHECK ((kind = 'own') = (listing IS NULL)),
    CHECK (state = 'draft' OR html <> '' OR listing IS NOT NULL),
    CHECK ((state = 'draft') = (started_at IS NULL)),
    CHECK ((state IN ('cancelled', 'done')) = (ended_at IS NOT NULL)),
    CHECK (sent + unreachable + failed <= recipients)
) STRICT;
CREATE UNIQUE INDEX announcement_one_at_a_time ON announcement (state) WHERE state = 'sending';
CREATE INDEX announcement_queued ON announcement (id) WHERE state = 'queued';

CREATE TRIGGER announcement_keeps_what_it_says
BEFORE UPDATE OF admin_id, kind, language, product_id, html, picture_id, listing, buttons ON announcement
WHEN OLD.state <> 'draft'
BEGIN SELECT RAISE(ABORT, 'an announcement that was started is never changed'); END;

CREATE TRIGGER announcement_starts_and_ends_once BEFORE UPDATE OF state ON announcement
WHEN OLD.state IN ('cancelled', 'done') OR (NEW.state = 'draft' AND OLD.state <> 'draft')
BEGIN SELECT RAISE(ABORT, 'an announcement starts once and ends once'); END;

CREATE TRIGGER announcement_is_kept BEFORE DELETE ON announcement WHEN OLD.state <> 'draft'
BEGIN SELECT RAISE(ABORT, 'an announcement that was started is kept'); END;

-- The recipients, fixed when sending starts. A row is `in_hand` from before the call to Telegram until its answer is
-- stored.
CREATE TABLE announcement_recipient (
    announcement_id INTEGER NOT NULL REFERENCES announcement (id),
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'in_hand', 'sent', 'unreachable', 'failed')),
    parts_sent INTEGER NOT NULL DEFAULT 0 CHECK (parts_sent >= 0),
    PRIMARY KEY (announcement_id, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX announcement_recipient_waiting ON announcement_recipient (announcement_id, customer_id)
WHERE state = 'waiting';

CREATE TRIGGER recipients_are_frozen_at_the_start BEFORE INSERT ON announcement_recipient
WHEN NEW.state <> 'waiting'
OR NOT EXISTS (SELECT 1 FROM announcement a WHERE a.id = NEW.announcement_id AND a.state = 'draft')
BEGIN SELECT RAISE(ABORT, 'recipients are frozen when an announcement starts'); END;

CREATE TRIGGER recipient_is_counted AFTER INSERT ON announcement_recipient
BEGIN UPDATE announcement SET recipients = recipients + 1 WHERE id = NEW.announcement_id; END;

CREATE TRIGGER recipient_gets_it_once BEFORE UPDATE OF state ON announcement_recipient
WHEN OLD.state NOT IN ('waiting', 'in_hand')
OR (OLD.state = 'waiting' AND NEW.state NOT IN ('in_hand', 'unreachable'))
BEGIN SELECT RAISE(ABORT, 'a recipient is in hand before the call, and settled once'); END;

CREATE TRIGGER recipient_is_in_hand_while_it_is_sent BEFORE UPDATE OF state ON announcement_recipient
WHEN NEW.state = 'in_hand'
AND NOT EXISTS (SELECT 1 FROM announcement a WHERE a.id = NEW.announcement_id AND a.state = 'sending')
BEGIN SELECT RAISE(ABORT, 'only an announcement that is being sent has somebody in hand'); END;

CREATE TRIGGER recipient_is_counted_by_outcome AFTER UPDATE OF state ON announcement_recipient
WHEN NEW.state IN ('sent', 'unreachable', 'failed')
BEGIN
    UPDATE announcement SET
        sent = sent + (NEW.state = 'sent'),
        unreachable = unreachable + (NEW.state = 'unreachable'),
        failed = failed + (NEW.state = 'failed')
    WHERE id = NEW.announcement_id;
END;

CREATE TRIGGER recipient_is_kept_until_the_end BEFORE DELETE ON announcement_recipient
WHEN EXISTS (SELECT 1 FROM announcement a WHERE a.id = OLD.announcement_id AND a.ended_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'recipients are kept until the announcement has ended'); END;
