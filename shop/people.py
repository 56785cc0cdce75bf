"""People, and the rights that admins have."""

from dataclasses import dataclass
from enum import Enum


class Right(Enum):
    """A part of the shop that an admin may manage."""

    CATALOGUE = "catalogue"
    CUSTOMERS = "customers"
    MONEY = "money"
    ANNOUNCEMENTS = "announcements"
    FIGURES = "figures"
    BACKUP = "backup"
    OWNERS_ONLY = "roles"
    """What only owners may do: managers, the audit log, bots, account moves, store mode, goods on hold."""


EVERY_RIGHT = frozenset(Right)


EVERY_GIVEN = EVERY_RIGHT - {Right.OWNERS_ONLY}
"""The rights that an owner can give to a manager."""


LARGEST_ID = 2**52 - 1
"""Bot API: the id of a user has at most 52 significant bits."""


@dataclass(frozen=True, slots=True)
class Person:
    """A customer or an admin, in their current state."""

    id: int
    telegram_id: int
    bot_id: int
    first_name: str
    language: str
    banned: bool
    rights: frozenset[Right] = frozenset()

    @property
    def is_admin(self) -> bool:
        """Return whether this person has any right."""
        return bool(self.rights)


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender of an update as Telegram names them; username and language code are often missing.

    `start` is the parameter of the link that they opened.
    """

    telegram_id: int
    bot_id: int
    first_name: str
    username: str | None = None
    language_code: str | None = None
    start: str = ""
