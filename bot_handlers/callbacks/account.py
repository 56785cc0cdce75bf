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
    """Show the pending deposits."""


@button("hear")
class HearAnnouncements(Callback):
    """Turn announcements off (0) or on again (1)."""

    wanted: int


@button("friends")
class ShowReferral(Callback):
    """Show the referral link and what it has earned."""
