"""Proof that coins arrived (Bitcoin, Litecoin): a chain of headers that cost work, and merkle proofs into it."""
