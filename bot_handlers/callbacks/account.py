"""Buttons of the profile, the statement and the referral page."""

from bot_handlers.callbacks import Callback, button


@button("profile")
class ShowProfile(Callback):
    """Show the customer's own page."""


@button("account")
class ShowStatement(Callback):
    """Show a page of the movements of the balance."""

    page: int


@button("csv")
class SendStatement(Callback):
    """Send all movements as a file."""


@button("coming")
class ShowComing(Callback):
    """Show the deposits that are on their way."""


@button("friends")
class ShowReferral(Callback):
    """Show the personal link and what it brought."""
