"""Files of goods that admins send: read and previewed first, put into the shop when they say so, all at once."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from shop.catalog.formats.aiogram import Goods
from shop.catalog.formats.reading import Reading, read_goods
from shop.catalog.formats.souk_json import OwnGoods
from shop.catalog.stock import ImportReport, Inventory, other_kinds
from shop.context import Context
from shop.errors import BadImport, ImportGone
from shop.people import Person, Right
from storage.models import PendingImport

MAX_NAME_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would do, and what is wrong with the rest of it, in the order of the entries."""

    id: int
    file_name: str
    report: ImportReport
    refused: tuple[BadImport, ...]
    entries: int
    """How many entries can be imported, duplicates included."""


@dataclass(frozen=True, slots=True)
class Imports:
    """From the file to the stock. Nothing is stored before the confirmation but the file itself."""

    context: Context
    inventory: Inventory

    def receive(
        self,
        admin: Person,
        file_name: str,
        content: bytes,
        *,
        progress: Callable[[int], None] = lambda _entries: None,
    ) -> Preview:
        """Keep a file and say what it would do; the file that he sent before is forgotten.

        `progress` hears how many entries were read, before they are compared with the stock.

        Raises:
            NotAllowed: he may not look after the catalogue.
            BadImport: nothing of the file can be read; it is not kept.
        """
        self.context.customers.require(admin, Right.CATALOGUE)
        reading = self._read(content, file_name)
        progress(_entries(reading.goods))
        shown = "".join(each if each.isprintable() else "?" for each in file_name)[-MAX_NAME_SHOWN:]
        with self.context.database.transaction():
            import_id = PendingImport.keep(admin.id, shown, content, now=self.context.clock())
        return self._preview(import_id, shown, reading)

    def preview(self, admin: Person, import_id: int) -> Preview:
        """Say once more what a file would do.

        Raises:
            NotAllowed: he may not look after the catalogue.
            ImportGone: the file is no longer kept.
        """
        row = self._row(admin, import_id)
        return self._preview(row.id, row.file_name, self._read(bytes(row.content), row.file_name))

    def confirm(
        self, admin: Person, import_id: int, *, progress: Callable[[int], None] = lambda _entries: None
    ) -> ImportReport:
        """Put the good entries of a file into the shop, all of them in one transaction, and forget the file.

        `progress` hears how many there are, before the transaction begins.

        Raises:
            NotAllowed, ImportGone: as in `preview`.
            BadImport: the shop changed meanwhile so that an entry does not fit; nothing is stored.
        """
        row = self._row(admin, import_id)
        reading = self._read(bytes(row.content), row.file_name)
        progress(_entries(reading.goods))
        with self.context.database.transaction():
            if not PendingImport.end(import_id):
                raise ImportGone
            report = self.inventory.put(reading.goods)
            counts = {"products": report.products, "items": report.items, "duplicates": report.duplicates}
            refused = len(reading.refused)
            self.context.audit.write(
                admin, "goods.imported", row.file_name, **counts, changed=report.changed, refused=refused
            )
        return report

    def cancel(self, admin: Person, import_id: int) -> None:
        """Forget a file; one that is gone already is no mistake.

        Raises:
            NotAllowed: he may not look after the catalogue.
        """
        self.context.customers.require(admin, Right.CATALOGUE)
        with self.context.database.transaction():
            if PendingImport.one_of(admin.id, import_id) is not None:
                PendingImport.end(import_id)

    def _row(self, admin: Person, import_id: int) -> PendingImport:
        self.context.customers.require(admin, Right.CATALOGUE)
        row = PendingImport.one_of(admin.id, import_id)
        if row is None:
            raise ImportGone
        return row

    def _read(self, content: bytes, file_name: str) -> Reading:
        """Read a file, and refuse what the shop has as another kind of goods."""
        reading = read_goods(content, file_name=file_name, currency=self.context.currency)
        if not (others := other_kinds(reading.goods)) or not isinstance(reading.goods, OwnGoods):
            return reading
        fitting = tuple(each for each in reading.goods.products if each.entry not in others)
        return Reading(replace(reading.goods, products=fitting), (*reading.refused, *others.values()))

    def _preview(self, import_id: int, file_name: str, reading: Reading) -> Preview:
        refused = tuple(sorted(reading.refused, key=lambda error: error.entry or 0))
        return Preview(import_id, file_name, self.inventory.foresee(reading.goods), refused, _entries(reading.goods))


def _entries(goods: list[Goods] | OwnGoods) -> int:
    return len(goods.categories) + len(goods.products) if isinstance(goods, OwnGoods) else len(goods)
