"""Buttons of a top-up."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class ChooseCoin(Callback):
    """Show the coins to top up with; `asked_minor` is a sum to bring, in minor units."""

    prefix = "topup"
    asked_minor: "int | None"


@dataclass(frozen=True, slots=True)
class ShowTopUp(Callback):
    """Show the address of a coin."""

    prefix = "pay"
    asset: "str"
    asked_minor: "int | None"


@dataclass(frozen=True, slots=True)
class TypeSum(Callback):
    """Ask for the sum to top up."""

    prefix = "sum"
    asset: "str"


@dataclass(frozen=True, slots=True)
class TypeTransaction(Callback):
    """Ask for the id of a transaction that the customer has sent."""

    prefix = "paid"
    asset: "str"
