"""Sweeps: on each chain, coins move from the shop's addresses to one of the operator's, with the cost shown first."""
