"""Transactions: built from a plan, signed, and read back from bytes. Nothing here reads or writes.

One module per family, each named for what its standards describe. They share `signatures` (ECDSA) and `errors`.
"""
