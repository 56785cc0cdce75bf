"""Buttons of the shop's bots."""

from bot_handlers.callbacks import Callback, button


@button("bots")
class ShowBots(Callback):
    """Show the bots of the shop."""


@button("addbot")
class TypeBot(Callback):
    """Ask for the token of a further bot."""


@button("bot")
class ShowBot(Callback):
    """Show a bot."""

    bot_id: int


@button("namebot")
class TypeBotName(Callback):
    """Ask for a bot's new name."""

    bot_id: int


@button("switchbot")
class SwitchBot(Callback):
    """Switch a bot on (1) or off (0)."""

    bot_id: int
    on: int


@button("askunbot")
class AskRemoveBot(Callback):
    """Ask whether to remove a bot."""

    bot_id: int


@button("unbot")
class RemoveBot(Callback):
    """Remove a bot."""

    bot_id: int


@button("greetbot")
class TypeBotWelcome(Callback):
    """Ask for a bot's own greeting."""

    bot_id: int


@button("ungreetbot")
class DropBotWelcome(Callback):
    """Give a bot the greeting of all bots again."""

    bot_id: int


@button("picbot")
class SendBotPicture(Callback):
    """Ask for a bot's own picture of the menu."""

    bot_id: int


@button("unpicbot")
class DropBotPicture(Callback):
    """Give a bot the picture of all bots again."""

    bot_id: int


@button("rootsbot")
class ShowBotRoots(Callback):
    """Show which root categories a bot shows."""

    bot_id: int


@button("rootbot")
class SwitchBotRoot(Callback):
    """Add a root category to those that a bot shows, or remove it."""

    bot_id: int
    category_id: int
