-- Funds beyond an address's deposits that the admins were notified of: letters are deleted after a month, these are
-- not.
CREATE TABLE unattributed_funds (
    address_id INTEGER NOT NULL REFERENCES deposit_address (id),
    asset TEXT NOT NULL,
    units TEXT NOT NULL CHECK (units <> '' AND units NOT GLOB '*[^0-9]*'),
    told_at INTEGER NOT NULL,
    PRIMARY KEY (address_id, asset)
) STRICT, WITHOUT ROWID;
