"""Denials: one server says that a transaction failed, or pays a customer nothing, and another may show that it pays.

Like "not found", a denial counts only if every server that answers agrees.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from shop.chains.errors import ChainUnavailable, UnknownTransaction
from shop.chains.operators import operator_of
from shop.chains.testimony import Testimony, WitnessedReader
from shop.chains.transfers import ChainReader, Transfer
from shop.logs import shortened
from storage.models import Deposit

_log = logging.getLogger("souk.chains")

_MOST_LOGGED = 1_000


@dataclass(frozen=True, slots=True)
class Denials:
    """Asks every operator of a chain about deposits that one server denies. Chains with proofs need none of this."""

    reader: ChainReader
    _logged: set[int] = field(init=False, default_factory=set)

    def overruled(self, deposit_id: int) -> Transfer | None:
        """Ask one server after another until one shows a deposit's transfer; None if none does.

        Above the limits a witness is asked as well before it is credited, and the admins are told that it is denied.
        """
        if not isinstance(self.reader, WitnessedReader):
            return None
        row = Deposit.get_by_id(deposit_id)
        against: list[Testimony] = []
        for testimony in self.reader.testimonies(row.txid, [row.address.address], besides=""):
            transfer = next((each for each in testimony.transfers if each.index == row.place), None)
            if transfer is not None:
                self._log(row, transfer, against)
                return transfer
            against.append(testimony)
        return None

    def found_elsewhere(self, txid: str, addresses: Sequence[str]) -> tuple[Transfer, ...]:
        """Ask another operator, if there is one, about a transaction in which one shows no payment to addresses."""
        operators = {operator_of(each.name) for each in self.reader.status().providers}
        if len(operators) > 1 and isinstance(self.reader, WitnessedReader):
            with suppress(UnknownTransaction, ChainUnavailable), self.reader.elsewhere():
                return self.reader.find(txid, addresses)
        return ()

    def _log(self, row: Deposit, transfer: Transfer, against: list[Testimony]) -> None:
        """Write once which servers know a transfer's block and do not show the transfer."""
        height, chain = transfer.block_height, self.reader.chain.value
        deniers = [each.server for each in against if height is not None and height <= each.head.latest]
        if deniers and row.id not in self._logged:
            if len(self._logged) >= _MOST_LOGGED:
                self._logged.clear()
            self._logged.add(row.id)
            names, txid = ", ".join(deniers), shortened(row.txid)
            _log.warning("%s: %s denies %s, which %s shows", chain, names, txid, transfer.shown_by)
