"""Look-ups on their real threads, and a chain that answers them when the test allows it."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from shop.chains.transfers import Transfer
from shop.errors.refusals import Refusal
from shop.payments.deposit_views import DepositView
from storage.database import Database
from tests.patience import DEADLINE_S
from tests.stand import ScriptedChain, Stand
from wallet.chains import Chain


class SlowChain(ScriptedChain):
    """A chain whose servers hold every look-up until `released` is set. `held` counts the waiting ones."""

    def __init__(self, chain: Chain, database: Database) -> None:
        super().__init__(chain, database)
        self.released = threading.Event()
        self.held = 0

    def find(self, txid: str, addresses: Sequence[str]) -> tuple[Transfer, ...]:
        self.held += 1
        self.released.wait(DEADLINE_S)
        self.held -= 1
        return super().find(txid, addresses)


class Listener:
    """A customer who asked, and the answers they received, in order."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def waits(self, place: int) -> None:
        self.told.append(place)

    def begins(self) -> None:
        self.told.append("begins")

    def found(self, deposits: Sequence[DepositView]) -> None:
        self.told.append([view.txid for view in deposits])

    def refused(self, refusal: Refusal) -> None:
        self.told.append(type(refusal).__name__)

    def failed(self) -> None:
        self.told.append("failed")


@contextmanager
def looking_up(stand: Stand) -> Iterator[None]:
    """Let the shop's own threads answer look-ups."""
    runners = [each for each in stand.shop.runners if each.name.startswith("look-ups")]
    for each in runners:
        each.start()
    try:
        yield
    finally:
        for chain in stand.world.chains.values():
            getattr(chain, "released", threading.Event()).set()
        for each in runners:
            each.stop()
        stand.shop.payments.payment_checks.stop()
        assert [each for each in runners if not each.join(DEADLINE_S)] == []
