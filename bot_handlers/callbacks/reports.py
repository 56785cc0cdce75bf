"""Buttons of figures, holdings and reconciliation."""

from bot_handlers.callbacks import Callback, button


@button("figures")
class ShowFigures(Callback):
    """Show the figures of a span."""

    days: int


@button("chart")
class ShowChart(Callback):
    """Show the figures of a span as a picture, light or dark."""

    days: int
    dark: int


@button("table")
class SendFigures(Callback):
    """Send the figures of each day of a span as a file."""

    days: int


@button("money")
class ShowHoldings(Callback):
    """Show where the shop's coins are."""


@button("lies")
class ShowHoldingPage(Callback):
    """Show a page of the addresses that hold an asset."""

    asset: str
    page: int


@button("release")
class ReleaseDeposit(Callback):
    """Credit a deposit that is held."""

    deposit_id: int


@button("books")
class ShowBooks(Callback):
    """Show the result of the latest reconciliation."""


@button("recount")
class CheckBooks(Callback):
    """Reconcile the books now."""
