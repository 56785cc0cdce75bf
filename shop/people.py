"""People as the shop sees them, and the rights that admins have."""

from dataclasses import dataclass
from enum import Enum


class Right(Enum):
    """A part of the shop that somebody may look after."""

    CATALOGUE = "catalogue"
    CUSTOMERS = "customers"
    MONEY = "money"
    ANNOUNCEMENTS = "announcements"
    FIGURES = "figures"
    BACKUP = "backup"
    ROLES = "roles"
    """Who may do what, and the audit log; it cannot be given away."""


EVERY_RIGHT = frozenset(Right)


EVERY_GIVEN = EVERY_RIGHT - {Right.ROLES}
"""The rights that a manager can have."""


@dataclass(frozen=True, slots=True)
class Person:
    """A customer or an admin as this moment knows him."""

    id: int
    telegram_id: int
    bot_id: int
    first_name: str
    language: str
    banned: bool
    rights: frozenset[Right] = frozenset()

    @property
    def is_admin(self) -> bool:
        """Tell whether he looks after any part of the shop."""
        return bool(self.rights)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who an update comes from, in Telegram's words; username and language code are often missing.

    `start` is the parameter of the link that he came by.
    """

    telegram_id: int
    bot_id: int
    first_name: str
    username: str | None = None
    language_code: str | None = None
    start: str = ""
