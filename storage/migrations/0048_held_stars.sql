-- Payments in Stars that are not credited yet because nobody knows what they are worth, each with its customer. That
-- is decided once: the account may move, or the customer be forgotten, before there is a price. Until now, only the
-- letters to the owners said whose they are, with the key `stars-held:<charge>:<owner>`; an owner may have moved since.
CREATE TABLE held_star (
    charge_id TEXT PRIMARY KEY NOT NULL CHECK (length(charge_id) BETWEEN 1 AND 200),
    customer_id INTEGER NOT NULL REFERENCES customer (id)
) STRICT;
CREATE INDEX held_star_of_customer ON held_star (customer_id);
INSERT OR IGNORE INTO held_star (charge_id, customer_id)
SELECT told.charge_id, told.customer_id FROM (
    SELECT id, json_extract(payload, '$.customer_id') AS customer_id,
        substr(rtrim(key, '-0123456789'), length('stars-held:') + 1,
            length(rtrim(key, '-0123456789')) - length('stars-held::')) AS charge_id
    FROM outbox WHERE kind = 'admin_stars_held'
) told
JOIN customer c ON c.id = told.customer_id
WHERE NOT EXISTS (SELECT 1 FROM star_payment p WHERE p.charge_id = told.charge_id)
ORDER BY told.id;

CREATE TRIGGER held_star_is_its_customers BEFORE INSERT ON star_payment
WHEN EXISTS (SELECT 1 FROM held_star h WHERE h.charge_id = NEW.charge_id AND h.customer_id <> NEW.customer_id)
BEGIN SELECT RAISE(ABORT, 'a held payment is its customer''s'); END;
CREATE TRIGGER held_star_is_held_until_it_is_credited AFTER INSERT ON star_payment
BEGIN DELETE FROM held_star WHERE charge_id = NEW.charge_id; END;
