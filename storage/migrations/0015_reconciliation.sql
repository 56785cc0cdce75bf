-- What reconciliation found, and the ways that figures are read by.

-- Figures are read by time. Each index holds all that a sum needs.
CREATE INDEX ledger_by_kind ON ledger_entry (kind, created_at, amount_minor, customer_id);
CREATE INDEX orders_by_time ON orders (created_at, discount_minor);
CREATE INDEX customer_by_time ON customer (created_at);

-- The ledger knows a deposit by this key alone (Deposit.key).
CREATE UNIQUE INDEX deposit_by_key ON deposit ('deposit:' || chain || ':' || txid || ':' || output_index);
CREATE INDEX deposit_of_address ON deposit (address_id, asset);
