-- An output may be among the inputs of several transactions: one that was given up, and a later one.
CREATE INDEX sweep_input_of_place ON sweep_input (chain, place) WHERE place <> '';
