"""Buttons of the policy, the terms, help with payments, who runs the shop, and a customer's own data."""

from bot_handlers.callbacks import Callback, button


@button("privacy")
class ShowPrivacy(Callback):
    """Show the privacy policy."""


@button("terms")
class ShowTerms(Callback):
    """Show the terms of sale."""


@button("paysupport")
class ShowPaySupport(Callback):
    """Show the help with payments."""


@button("operator")
class ShowOperator(Callback):
    """Show an admin who runs the shop, as customers see it."""


@button("operates")
class TypeOperator(Callback):
    """Ask for one detail of the operator."""

    detail: str


@button("mydata")
class ShowMyData(Callback):
    """Show what a customer can do with their data."""


@button("getmydata")
class SendMyData(Callback):
    """Send a customer everything that is stored about them."""


@button("askforget")
class AskDeletion(Callback):
    """Say what a deletion removes, and what stays."""


@button("forgetme")
class DeleteMyData(Callback):
    """Schedule the deletion of one's data."""


@button("keepmydata")
class KeepMyData(Callback):
    """Cancel the deletion."""
