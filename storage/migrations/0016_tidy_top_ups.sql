-- Promises of top-up screens that no deposit was held to are dropped in time; without this, each would search all deposits.

CREATE INDEX deposit_of_top_up ON deposit (top_up_id) WHERE top_up_id IS NOT NULL;
