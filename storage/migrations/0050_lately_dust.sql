-- The deposits that are looked at again for some time after their credit are read each minute, and dust as well. Only
-- the credited ones had an index, so that all deposits of a chain were read.
CREATE INDEX deposit_lately_dust ON deposit (chain, updated_at) WHERE state = 'dust';
