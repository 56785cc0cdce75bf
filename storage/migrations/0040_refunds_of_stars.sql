-- The Telegram ID that a refund in Stars goes to, from its beginning until Telegram has answered. The customer's own ID
-- may change meanwhile: it is replaced when their data is deleted.

ALTER TABLE star_payment ADD COLUMN refund_to INTEGER CHECK (refund_to IS NULL OR state = 'refunding');

UPDATE star_payment SET refund_to = coalesce(
    (
        SELECT m.from_telegram_id FROM account_move m
        WHERE m.customer_id = star_payment.customer_id AND m.created_at >= star_payment.paid_at ORDER BY m.id LIMIT 1
    ),
    (SELECT c.telegram_id FROM customer c WHERE c.id = star_payment.customer_id)
) WHERE state = 'refunding';

CREATE TRIGGER star_refund_goes_to_an_account BEFORE UPDATE OF state ON star_payment
WHEN NEW.state = 'refunding' AND NEW.refund_to IS NULL
BEGIN SELECT RAISE(ABORT, 'a refund goes to an account'); END;
