"""Money that came in: its ledger entry, and whatever follows from it, in the same transaction."""

from collections.abc import Callable

from shop import ledger
from shop.ledger import EntryKind
from shop.money import Money

Follower = Callable[[int, Money, str], None]
"""Is told whose balance grew, by how much, and the key of the entry."""


class Crediting:
    """The one way a deposit becomes balance."""

    def __init__(self, *followers: Follower, clock: Callable[[], int]) -> None:
        self._followers = followers
        self._clock = clock

    def credit(self, customer_id: int, amount: Money, *, key: str) -> bool:
        """Credit a deposit, once per `key`; return whether this call did it. Needs an open transaction."""
        if not ledger.post(customer_id, amount, kind=EntryKind.DEPOSIT, key=key, now=self._clock()):
            return False
        for follower in self._followers:
            follower(customer_id, amount, key)
        return True
