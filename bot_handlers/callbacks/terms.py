"""Buttons of the privacy policy, the terms of sale, help with payments, and who runs the shop."""

from bot_handlers.callbacks import Callback, button


@button("privacy")
class ShowPrivacy(Callback):
    """Show the privacy policy."""


@button("terms")
class ShowTerms(Callback):
    """Show the terms of sale."""


@button("paysupport")
class ShowPaySupport(Callback):
    """Show what to do about a payment."""


@button("operator")
class ShowOperator(Callback):
    """Show an admin who runs the shop, as customers see it."""


@button("operates")
class TypeOperator(Callback):
    """Ask for one detail of the operator."""

    detail: str
