"""Buttons of a customer's own data: get it, have it deleted, change one's mind."""

from bot_handlers.callbacks import Callback, button


@button("mydata")
class ShowMyData(Callback):
    """Show what a customer can do with their data."""


@button("getmydata")
class SendMyData(Callback):
    """Send a customer everything that is stored about them."""


@button("askforget")
class AskDeletion(Callback):
    """Say what a deletion takes, and what stays."""


@button("forgetme")
class DeleteMyData(Callback):
    """Have one's data deleted in some days."""


@button("keepmydata")
class KeepMyData(Callback):
    """Change one's mind: nothing is deleted.

    It is on the screen of the request for as long as the request waits.
    """
