"""Buttons of the profile, the statement and the referral page."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class ShowProfile(Callback):
    """Show the customer's own page."""

    prefix = "profile"


@dataclass(frozen=True, slots=True)
class ShowStatement(Callback):
    """Show a page of the movements of the balance."""

    prefix = "account"
    page: "int"


@dataclass(frozen=True, slots=True)
class SendStatement(Callback):
    """Send all movements as a file."""

    prefix = "csv"


@dataclass(frozen=True, slots=True)
class ShowComing(Callback):
    """Show the deposits that are on their way."""

    prefix = "coming"


@dataclass(frozen=True, slots=True)
class ShowReferral(Callback):
    """Show the personal link and what it brought."""

    prefix = "friends"
