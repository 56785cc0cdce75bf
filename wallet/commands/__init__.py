"""The commands of `python -m wallet` that read or write files: plans, and keys that leave for other wallets."""
