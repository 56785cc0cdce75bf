"""What an admin may do. Owners (`ADMIN_ID_LIST`) have every right, managers those that an owner gave them."""

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
