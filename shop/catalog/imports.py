"""Imports: admins' product files are previewed first, then stored, and become visible all at once."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from shop.catalog.formats.aiogram import Goods
from shop.catalog.formats.checks import MAX_FILE_BYTES
from shop.catalog.formats.decoding import decode, samples
from shop.catalog.formats.reading import Reading, read_goods
from shop.catalog.formats.souk_json import OwnGoods
from shop.catalog.lookalikes import LookAlike, look_alikes
from shop.catalog.plans import Holder, ImportReport, Known, Places, holders_of, plan, report_of, wanted_of
from shop.catalog.price_cuts import guarded_cuts
from shop.catalog.slices import Overtaken, SlicedImport
from shop.catalog.stock import Inventory, misfits
from shop.context import MANY, Context
from shop.errors.catalog import BadImport, ImportGone
from shop.errors.refusals import Refusal
from shop.money import Money
from shop.people import Person, Right
from storage.database import CANNOT_WRITE
from storage.models import PendingImport
from storage.models.unpublished import ImportUnderWay

_log = logging.getLogger("souk.imports")
MAX_NAME_SHOWN = 60
LARGE = 300
"""A file with more entries and goods than this, counted together, is stored in slices."""
MOST_BEGINNINGS = 3
MOST_LISTED = 5
"""The most products that a preview names."""


_NOTHING = Reading([], ())


@dataclass(frozen=True, slots=True)
class Preview:
    """The changes that a file would make, and the errors in the rest, in the order of its entries."""

    id: int
    file_name: str
    report: ImportReport
    refused: tuple[BadImport, ...]
    entries: int
    """How many entries can be imported, including duplicates."""
    holders: tuple[Holder, ...] = ()
    """The products, other than those that the file names, that have or had its goods."""
    updates: int = 0
    """How many of them the file may mean; `Known.UPDATE` gives them its prices and descriptions."""
    sold: int = 0
    """How many of its goods were sold before; only `Known.AGAIN` adds them again."""
    look_alikes: tuple[LookAlike, ...] = ()
    letters: tuple[tuple[str, str], ...] = ()
    """For a file that is not in UTF-8: the encodings that it may be in, each with a line of the file decoded."""
    first: tuple[tuple[str, Money, int], ...] = ()
    """The first products, with their prices and how many items of each the file has."""


@dataclass(frozen=True, slots=True)
class Imports:
    """From the file to the stock. Before the confirmation, only the file itself is stored."""

    context: Context
    inventory: Inventory
    _turn: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)
    """Held while a file, or a large draft, is stored, so that only one is stored at a time."""

    def receive(
        self,
        admin: Person,
        file_name: str,
        content: bytes,
        *,
        progress: Callable[[int], None] = lambda _entries: None,
    ) -> Preview:
        """Store a file beside others that wait, and preview it.

        `progress` is called with the number of entries, before they are compared with the stock.

        Raises:
            BadImport: nothing in the file can be read; it is not stored.
        """
        self.context.customers.require(admin, Right.CATALOGUE)
        letters = self._samples(content)
        reading = _NOTHING if letters else self._read(content, file_name)
        progress(_entries(reading.goods))
        shown = "".join(each if each.isprintable() else "?" for each in file_name)[-MAX_NAME_SHOWN:]
        with self.context.database.transaction():
            import_id = PendingImport.keep(admin.id, shown, content, now=self.context.clock())
        self._clear()
        return self._preview(import_id, shown, reading, letters)

    def read_as(self, admin: Person, import_id: int, alphabet: str) -> Preview:
        """Read a stored file in the alphabet that an admin chose, and preview it.

        Raises:
            ImportGone: as in `preview`.
            BadImport: it is not written in that alphabet, or is too large in UTF-8.
        """
        row = self._row(admin, import_id)
        if alphabet not in dict(self._samples(bytes(row.content))):
            raise BadImport("not_utf8")
        content = bytes(row.content).decode(alphabet).encode()
        reading = self._read(content, row.file_name)
        with self.context.database.transaction():
            PendingImport.rewrite(row.id, content)
        return self._preview(row.id, row.file_name, reading)

    def preview(self, admin: Person, import_id: int) -> Preview:
        """Preview a stored file again.

        Raises:
            ImportGone: the file is no longer stored.
        """
        row = self._row(admin, import_id)
        return self._preview(row.id, row.file_name, self._read(bytes(row.content), row.file_name))

    def confirm(
        self,
        admin: Person,
        import_id: int,
        *,
        known: Known = Known.SKIP,
        progress: Callable[[int], None] = lambda _entries: None,
    ) -> ImportReport:
        """Import the valid entries of a file, visible to customers all at once, and delete the file.

        A large file is stored in many short transactions (`shop.catalog.slices`), one file at a time. `known` decides
        what happens to goods that the shop has or had. `progress` is called with the number of entries before the
        first transaction begins.

        Raises:
            ImportGone: as in `preview`.
            BadImport: an entry no longer fits, because the shop changed meanwhile; nothing is stored.
        """
        row = self._row(admin, import_id)
        reading = self._read(bytes(row.content), row.file_name)
        progress(_entries(reading.goods))
        with self.turn():
            self._row(admin, import_id)
            store = self._store_in_slices if _is_large(reading.goods) else self._store_at_once
            report = store(admin, row, reading, known)
        try:
            self._clear()
        except CANNOT_WRITE as error:
            _log.warning("an imported file is deleted later: %s", error)
        return report

    def resume(self) -> None:
        """Finish the import that was under way when the program died, and delete ended files."""
        with self.turn():
            pass
        self._clear()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until nothing is being stored in slices, and let nothing else be until the block ends.

        An import that was under way when the program died is finished first. What was stored of a draft is removed:
        the draft is still there and can be confirmed again.
        """
        with self._turn:
            self._settle()
            yield

    def _clear(self) -> None:
        """Delete the ended files, each in its own transaction."""
        while PendingImport.count_gone():
            with self.context.database.transaction():
                PendingImport.clear()
            self.context.database.give_way()

    def _settle(self) -> None:
        under_way = ImportUnderWay.one()
        if under_way is None:
            return
        row = PendingImport.one_of(under_way.admin_id, under_way.import_id)
        admin = self.context.customers.person(under_way.admin_id)
        known = Known(under_way.known)
        try:
            if row is None or under_way.is_draft:
                raise ImportGone
            self.context.customers.require(admin, Right.CATALOGUE)
            reading = self._read(bytes(row.content), row.file_name)
            self._store_in_slices(admin, row, reading, known, again=False)
        except Refusal as refusal:
            _log.warning("an interrupted import was dropped: %s", type(refusal).__name__)
            SlicedImport(self.context, self.inventory, under_way.import_id, admin.id, known, []).undo()

    def _store_in_slices(
        self, admin: Person, row: PendingImport, reading: Reading, known: Known, *, again: bool = True
    ) -> ImportReport:
        """Store a large file in slices, or in one transaction after all if the catalogue keeps changing.

        `again`: start over rather than continue.
        """
        sliced = SlicedImport(self.context, self.inventory, row.id, admin.id, known, reading.goods)
        for _ in range(MOST_BEGINNINGS):
            if again:
                sliced.begin()
            try:
                rest = sliced.store()
                with self.context.database.transaction():
                    with guarded_cuts(self.context, admin, rest.changed_ids):
                        report = rest.finish()
                    self._end(admin, row, reading, known, report)
            except Overtaken:
                sliced.undo()
                again = True
            except Refusal:
                sliced.undo()
                raise
            else:
                return report
        return self._store_at_once(admin, row, reading, known)

    def _store_at_once(self, admin: Person, row: PendingImport, reading: Reading, known: Known) -> ImportReport:
        with self.context.database.transaction():
            with guarded_cuts(self.context, admin):
                report = self.inventory.put(reading.goods, known=known, admin_id=admin.id)
            self._end(admin, row, reading, known, report)
        return report

    def _end(self, admin: Person, row: PendingImport, reading: Reading, known: Known, report: ImportReport) -> None:
        """Mark the file as ended and record the outcome. Needs an open transaction."""
        if not PendingImport.end(row.id):
            raise ImportGone
        counts = {"products": report.products, "items": report.items, "duplicates": report.duplicates}
        more: dict[str, int | str | None] = {} if known is Known.SKIP else {"known": known.value}
        refused = len(reading.refused)
        entry_id = self.context.audit.write(
            admin, "goods.imported", row.file_name, **counts, changed=report.changed, refused=refused, **more
        )
        if report.items + report.changed >= MANY:
            self.context.announce(admin, entry_id)

    def cancel(self, admin: Person, import_id: int) -> None:
        """Delete a stored file, if it is still there."""
        self.context.customers.require(admin, Right.CATALOGUE)
        with self.context.database.transaction():
            if PendingImport.one_of(admin.id, import_id) is not None:
                PendingImport.end(import_id)
        self._clear()

    @staticmethod
    def _samples(content: bytes) -> tuple[tuple[str, str], ...]:
        """Show a line of a file that is not in UTF-8, in each alphabet that it may be in; else nothing."""
        try:
            decode(content)
        except BadImport as error:
            return samples(content) if error.reason == "not_utf8" and len(content) <= MAX_FILE_BYTES else ()
        return ()

    def _row(self, admin: Person, import_id: int) -> PendingImport:
        self.context.customers.require(admin, Right.CATALOGUE)
        row = PendingImport.one_of(admin.id, import_id)
        if row is None:
            raise ImportGone
        return row

    def _read(self, content: bytes, file_name: str) -> Reading:
        """Read a file; refuse products that do not fit the shop's."""
        reading = read_goods(content, file_name=file_name, currency=self.context.currency)
        if not (others := misfits(reading.goods)) or not isinstance(reading.goods, OwnGoods):
            return reading
        fitting = tuple(each for each in reading.goods.products if each.entry not in others)
        return Reading(replace(reading.goods, products=fitting), (*reading.refused, *others.values()))

    def _preview(
        self, import_id: int, file_name: str, reading: Reading, letters: tuple[tuple[str, str], ...] = ()
    ) -> Preview:
        wanted, places = wanted_of(reading.goods), Places()
        plans = plan(wanted, places)
        return Preview(
            import_id,
            file_name,
            report_of(plans, Known.SKIP),
            tuple(sorted(reading.refused, key=lambda error: error.entry or 0)),
            _entries(reading.goods),
            holders=holders_of(plans, self.context.currency),
            updates=sum(each.other is not None for each in plans),
            sold=sum(len(each.sold) for each in plans),
            look_alikes=look_alikes(wanted, places),
            letters=letters,
            first=tuple((each.name, each.price, len(each.pieces)) for each in wanted[:MOST_LISTED]),
        )


def _is_large(goods: list[Goods] | OwnGoods) -> bool:
    """Return whether a file is too large for one transaction."""
    if not isinstance(goods, OwnGoods):
        return len(goods) > LARGE
    return _entries(goods) + sum(len(each.pieces) for each in goods.products) > LARGE


def _entries(goods: list[Goods] | OwnGoods) -> int:
    return len(goods.categories) + len(goods.products) if isinstance(goods, OwnGoods) else len(goods)
