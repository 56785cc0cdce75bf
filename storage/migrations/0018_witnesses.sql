-- Which server showed a deposit, which other operator's server confirmed it, and why a final one is on hold.

ALTER TABLE deposit ADD COLUMN identity TEXT NOT NULL DEFAULT '';
ALTER TABLE deposit ADD COLUMN shown_by TEXT NOT NULL DEFAULT '';
ALTER TABLE deposit ADD COLUMN witness TEXT;
ALTER TABLE deposit ADD COLUMN held TEXT CHECK (held IN ('unwitnessed', 'denied', 'contradicted', 'ceiling'));
ALTER TABLE deposit ADD COLUMN held_at INTEGER;

-- A token payment's identity included its units (asset:address:units:ordinal). It no longer does: everything that a
-- transaction pays to an address is one deposit. The first of several old ones takes the new name; others keep theirs.
UPDATE deposit SET identity = output_index;
UPDATE deposit SET identity = asset || ':' || substr(
    substr(output_index, length(asset) + 2), 1, instr(substr(output_index, length(asset) + 2), ':') - 1
)
WHERE substr(output_index, 1, length(asset) + 1) = asset || ':'
    AND instr(substr(output_index, length(asset) + 2), ':') > 0
    AND NOT EXISTS (
        SELECT 1 FROM deposit AS earlier
        WHERE earlier.chain = deposit.chain AND earlier.txid = deposit.txid AND earlier.asset = deposit.asset
            AND earlier.address_id = deposit.address_id AND earlier.id < deposit.id
    );
CREATE UNIQUE INDEX deposit_by_identity ON deposit (chain, txid, identity);
CREATE INDEX deposit_lately_credited ON deposit (chain, updated_at) WHERE state = 'credited';
