-- Deposits are looked at again for some time after they were credited or found to be dust. Only the credited ones had an
-- index for that, so the query read every deposit of the chain.
CREATE INDEX deposit_lately_dust ON deposit (chain, updated_at) WHERE state = 'dust';
