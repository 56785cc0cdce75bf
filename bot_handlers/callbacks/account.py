"""Buttons of the profile, the statement and the referral page."""

from bot_handlers.callbacks import Callback, button


@button("profile")
class ShowProfile(Callback):
    """Show the customer's profile."""


@button("account")
class ShowStatement(Callback):
    """Show a page of the movements of the balance."""

    page: int


@button("csv")
class SendStatement(Callback):
    """Send all movements of the balance as a file."""


@button("coming")
class ShowComing(Callback):
    """Show the deposits that are on their way."""


@button("hear")
class HearAnnouncements(Callback):
    """Stop announcements (0), or receive them again (1)."""

    wanted: int


@button("friends")
class ShowReferral(Callback):
    """Show the referral link and what it has earned."""
