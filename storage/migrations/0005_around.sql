-- Around the sale: reviews, tickets, back-in-stock notices and referrals.

CREATE TABLE review (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_line_id INTEGER NOT NULL UNIQUE REFERENCES order_line (id),
    product_id INTEGER NOT NULL REFERENCES product (id),
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
    text TEXT NOT NULL DEFAULT '',
    hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1)),
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX review_of_product ON review (product_id, id) WHERE hidden = 0;

CREATE TRIGGER review_is_by_the_buyer BEFORE INSERT ON review
WHEN NOT EXISTS (
    SELECT 1 FROM order_line l JOIN orders o ON o.id = l.order_id
    WHERE l.id = NEW.order_line_id AND l.product_id = NEW.product_id AND o.customer_id = NEW.customer_id
)
BEGIN SELECT RAISE(ABORT, 'a product is reviewed by who bought it'); END;

CREATE TABLE ticket (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    order_line_id INTEGER REFERENCES order_line (id),
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ticket_of_customer ON ticket (customer_id, id);
CREATE INDEX ticket_open ON ticket (updated_at, id) WHERE state = 'open';
CREATE UNIQUE INDEX ticket_open_of_line ON ticket (order_line_id) WHERE state = 'open' AND order_line_id IS NOT NULL;

CREATE TABLE ticket_message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id INTEGER NOT NULL REFERENCES ticket (id),
    author_id INTEGER NOT NULL REFERENCES customer (id),
    from_shop INTEGER NOT NULL CHECK (from_shop IN (0, 1)),
    text TEXT NOT NULL CHECK (text <> ''),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ticket_message_of_ticket ON ticket_message (ticket_id, id);

CREATE TRIGGER ticket_message_is_kept BEFORE UPDATE ON ticket_message
BEGIN SELECT RAISE(ABORT, 'what was written is kept'); END;

-- Customers to notify once when a product is back in stock, in the order in which they asked.
CREATE TABLE restock_wish (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id INTEGER NOT NULL REFERENCES product (id),
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    created_at INTEGER NOT NULL,
    served_at INTEGER
) STRICT;
CREATE UNIQUE INDEX restock_wish_waiting ON restock_wish (product_id, customer_id) WHERE served_at IS NULL;
CREATE INDEX restock_wish_in_order ON restock_wish (product_id, id) WHERE served_at IS NULL;

CREATE TABLE referral_code (
    customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
    code TEXT NOT NULL UNIQUE CHECK (length(code) BETWEEN 8 AND 32),
    created_at INTEGER NOT NULL
) STRICT;

-- Who came through whose link; this never changes. A referrer was here before, so nobody can refer themselves, and
-- there are no circles.
CREATE TABLE referral (
    customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
    referrer_id INTEGER NOT NULL REFERENCES customer (id),
    created_at INTEGER NOT NULL,
    CHECK (referrer_id < customer_id)
) STRICT;
CREATE INDEX referral_by_referrer ON referral (referrer_id);

CREATE TRIGGER referral_is_never_changed BEFORE UPDATE ON referral
BEGIN SELECT RAISE(ABORT, 'who brought whom is kept'); END;

CREATE TRIGGER referral_is_never_deleted BEFORE DELETE ON referral
BEGIN SELECT RAISE(ABORT, 'who brought whom is kept'); END;

-- The bonuses of a deposit and who got them; the caps apply to their sums.
CREATE TABLE referral_bonus (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    deposit_key TEXT NOT NULL UNIQUE,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    referrer_id INTEGER NOT NULL REFERENCES customer (id),
    referral_minor INTEGER NOT NULL CHECK (referral_minor >= 0),
    referrer_minor INTEGER NOT NULL CHECK (referrer_minor >= 0),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX referral_bonus_of_customer ON referral_bonus (customer_id);
CREATE INDEX referral_bonus_of_referrer ON referral_bonus (referrer_id);
