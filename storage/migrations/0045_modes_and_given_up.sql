-- The wallet mode whose keys an address derives from; none for the addresses of a previous shop, which have boxes of
-- their own (`moved_wallet`). A customer may have addresses of several modes: having a box says nothing about an address
-- that is older than the box.
ALTER TABLE deposit_address ADD COLUMN mode TEXT CHECK (mode IN ('hot', 'sealed', 'watch'));

-- Below a customer's own mnemonic the index is 0; below an account it is the customer's id; addresses of a pool have no
-- paths. A box and its addresses are written in one transaction.
UPDATE deposit_address SET mode = CASE
    WHEN path NOT LIKE 'm/%' OR path NOT LIKE '%/0' AND path NOT LIKE '%/0''' THEN 'watch'
    WHEN EXISTS (
        SELECT 1 FROM sealed_wallet w
        WHERE w.customer_id = deposit_address.customer_id
        AND deposit_address.created_at BETWEEN w.created_at AND w.created_at + 60
    ) THEN 'sealed'
    ELSE 'hot'
END WHERE moved = 0;

CREATE TRIGGER deposit_address_has_a_mode BEFORE INSERT ON deposit_address
WHEN (NEW.mode IS NULL) <> (NEW.moved = 1)
BEGIN SELECT RAISE(ABORT, 'an address of this shop has the mode of its keys'); END;
CREATE TRIGGER deposit_address_keeps_its_mode BEFORE UPDATE OF mode, moved ON deposit_address
BEGIN SELECT RAISE(ABORT, 'an address keeps its keys'); END;

-- A signed transaction that its sweep gave up, or that was replaced by one that failed, may still get into a block. It is
-- looked for until it does (`may_land`), or until another one has taken its nonce or its outputs for good.
ALTER TABLE sweep_transaction ADD COLUMN may_land INTEGER NOT NULL DEFAULT 0
    CHECK (may_land = 0 OR (may_land = 1 AND txid IS NOT NULL AND state IN ('failed', 'replaced')));
CREATE INDEX sweep_transaction_may_land ON sweep_transaction (updated_at) WHERE may_land = 1;
