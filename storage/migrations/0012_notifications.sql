-- Admins get every notification except those that they have switched off.

CREATE TABLE notice_off (
    telegram_id INTEGER NOT NULL,
    notice TEXT NOT NULL CHECK (notice IN (
        'new_customer', 'deposit_seen', 'deposit', 'purchase', 'review', 'ticket', 'low_stock', 'trouble', 'error'
    )),
    PRIMARY KEY (telegram_id, notice)
) STRICT, WITHOUT ROWID;

-- For the newest letters of a kind to a person: each new one is checked against them for a burst.
CREATE INDEX outbox_by_reader ON outbox (telegram_id, kind);
