"""The group that gets notifications. The shop follows it when Telegram makes it a supergroup, with another id."""

import logging
from dataclasses import dataclass, field

from storage.database import Database
from storage.models import Outbox, Secret

_log = logging.getLogger("souk.shop")

_NAME = "notices group"


@dataclass(slots=True)
class NotificationGroup:
    """The group that the setting names, or what it has become since."""

    database: Database
    named: int | None
    id: int | None = field(init=False)
    """The group's current id; None if there is no group."""

    def __post_init__(self) -> None:
        named, _, became = (Secret.read(_NAME) or "").partition(">")
        self.id = int(became) if self.named is not None and named == str(self.named) else self.named

    def moved(self, before: int, after: int) -> None:
        """Follow the group to its new id, with all waiting letters; other chats are ignored."""
        if self.id is None or before != self.id:
            return
        with self.database.transaction():
            Secret.forget(_NAME)
            Secret.make(_NAME, f"{self.named}>{after}")
            Outbox.readdress(before, after)
        self.id = after
        _log.warning("the group of NOTICES_CHAT has become a supergroup; its new id is %d", after)
