"""Callback data of what admins are told of."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class ShowNotices(Callback):
    """Show what this admin is told of."""

    prefix = "notices"


@dataclass(frozen=True, slots=True)
class SwitchNotice(Callback):
    """Switch a notice on (1) or off (0)."""

    prefix = "notice"
    notice: "str"
    on: "int"
