"""Buttons of figures, holdings and reconciliation."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class ShowFigures(Callback):
    """Show the figures of a span."""

    prefix = "figures"
    days: "int"


@dataclass(frozen=True, slots=True)
class ShowChart(Callback):
    """Show the figures of a span as a picture, light or dark."""

    prefix = "chart"
    days: "int"
    dark: "int"


@dataclass(frozen=True, slots=True)
class SendFigures(Callback):
    """Send the course of a span as a file."""

    prefix = "table"
    days: "int"


@dataclass(frozen=True, slots=True)
class ShowHoldings(Callback):
    """Show where the shop's coins lie."""

    prefix = "money"


@dataclass(frozen=True, slots=True)
class ShowHoldingPage(Callback):
    """Show a page of the addresses that an asset lies on."""

    prefix = "lies"
    asset: "str"
    page: "int"


@dataclass(frozen=True, slots=True)
class ShowBooks(Callback):
    """Show what the latest look at the books found."""

    prefix = "books"


@dataclass(frozen=True, slots=True)
class CheckBooks(Callback):
    """Look at the books now."""

    prefix = "recount"
