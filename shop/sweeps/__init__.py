"""Sweeps: on each chain, coins leave the shop's addresses for one of the operator's, with the cost shown first."""
