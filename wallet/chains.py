"""The chains that the wallet derives addresses for."""

from enum import Enum


class Chain(Enum):
    """A blockchain; the value is its ticker, as `python -m wallet` prints it."""

    BTC = "BTC"
    LTC = "LTC"
    ETH = "ETH"
    TRX = "TRX"
    SOL = "SOL"
