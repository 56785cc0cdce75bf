"""Announcements, put together."""

from dataclasses import dataclass

from shop.announcements import Announcements
from shop.broadcasts import Broadcasts
from shop.catalog import Catalog
from shop.ground import Ground


@dataclass(frozen=True, slots=True)
class Announcing:
    """What composes announcements, and what keeps track of them while they are sent."""

    announcements: Announcements
    broadcasts: Broadcasts


def build(ground: Ground, catalog: Catalog) -> Announcing:
    """Build both."""
    return Announcing(Announcements(ground, catalog), Broadcasts(ground))
