-- A customer's mnemonic, sealed to the operator's key as soon as it was created: this server cannot open it.
CREATE TABLE sealed_wallet (
    customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER sealed_wallet_is_kept BEFORE DELETE ON sealed_wallet
BEGIN SELECT RAISE(ABORT, 'a sealed wallet holds coins'); END;

CREATE TRIGGER sealed_wallet_is_never_changed BEFORE UPDATE ON sealed_wallet
BEGIN SELECT RAISE(ABORT, 'a sealed wallet holds coins'); END;
