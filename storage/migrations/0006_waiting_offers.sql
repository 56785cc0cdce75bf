-- The offer that a customer is topping up for, at most one: it becomes an order once the balance is enough.

CREATE TABLE waiting_offer (
    customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
    offer_id INTEGER NOT NULL UNIQUE REFERENCES offer (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX waiting_offer_by_end ON waiting_offer (expires_at);

CREATE TRIGGER waiting_offer_is_of_its_customer BEFORE INSERT ON waiting_offer
WHEN NOT EXISTS (SELECT 1 FROM offer WHERE id = NEW.offer_id AND customer_id = NEW.customer_id)
BEGIN SELECT RAISE(ABORT, 'an offer waits for its own customer'); END;
