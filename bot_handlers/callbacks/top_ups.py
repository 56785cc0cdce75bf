"""Buttons of a top-up."""

from bot_handlers.callbacks import Callback, button


@button("topup")
class ChooseCoin(Callback):
    """Show the coins to top up with; `asked_minor` is a sum to bring, in minor units."""

    asked_minor: int | None


@button("pay")
class ShowTopUp(Callback):
    """Show the address of a coin."""

    asset: str
    asked_minor: int | None


@button("sum")
class TypeSum(Callback):
    """Ask for the sum to top up."""

    asset: str


@button("paid")
class TypeTransaction(Callback):
    """Ask for the id of a transaction that the customer has sent."""

    asset: str
