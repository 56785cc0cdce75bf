-- Top-up promises that no deposit used are deleted after a time; without this index, each would scan all deposits.

CREATE INDEX deposit_of_top_up ON deposit (top_up_id) WHERE top_up_id IS NOT NULL;
