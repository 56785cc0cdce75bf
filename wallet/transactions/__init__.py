"""Transactions of each chain, built, signed and read: bytes in, bytes out. Nothing here asks a server or a clock.

wire          the bytes that Bitcoin's messages are made of
bitcoin       transactions of Bitcoin and Litecoin: reading, writing, identifiers, sizes
"""
