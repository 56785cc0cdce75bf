-- What admins want to be told of: everything, but for what they switched off.

CREATE TABLE notice_off (
    telegram_id INTEGER NOT NULL,
    notice TEXT NOT NULL CHECK (notice IN (
        'new_customer', 'deposit_seen', 'deposit', 'purchase', 'review', 'ticket', 'low_stock', 'trouble', 'error'
    )),
    PRIMARY KEY (telegram_id, notice)
) STRICT, WITHOUT ROWID;

-- The newest letters of a kind to somebody: whether they crowd is asked before each new one.
CREATE INDEX outbox_by_reader ON outbox (telegram_id, kind);
