"""A large file or draft, stored in many short transactions and made visible all at once.

New goods are stored first, step by step, and stay unpublished (`storage.models.unpublished`); changes to products
that people can see come in the last transaction, which makes everything visible. A program that dies in between
continues with the same step of a file at its next start; of a draft, it removes what was stored, and the draft stays.
If the catalogue changes meanwhile, the stored part is removed and the file is compared again.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from shop.catalog.deliverables import UNIQUE, DeliverableKind
from shop.catalog.formats.aiogram import Goods
from shop.catalog.formats.souk_json import OwnCategory, OwnGoods
from shop.catalog.plans import (
    ImportReport,
    Known,
    Places,
    ProductPlan,
    Wanted,
    changes,
    plan,
    report_of,
    wanted_of,
)
from shop.catalog.stock import Inventory
from shop.context import Context
from storage.models import Category, unpublished
from storage.models.stock import Piece
from storage.models.unpublished import ImportUnderWay

SLICE_S = 0.05
"""Seconds after which a slice begins no further step."""
STEP_PIECES = 50
"""The most goods stored in one step."""
_UNDONE_AT_ONCE = 500


class Overtaken(Exception):
    """The catalogue has changed since the file was compared with it."""


@dataclass(frozen=True, slots=True)
class StoringStep:
    """One thing to store: a category, or a product with the first of its goods, or more goods of a product."""

    category: OwnCategory | None = None
    plan: ProductPlan | None = None
    first: bool = True
    new: tuple[Piece, ...] = field(default=(), repr=False)
    sold: tuple[Piece, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class SlicedImport:
    """A file being imported, under its number, for an admin who decided about known goods; or a draft of goods."""

    context: Context
    inventory: Inventory
    import_id: int
    admin_id: int
    known: Known
    goods: list[Goods] | OwnGoods | Wanted = field(repr=False)
    is_draft: bool = False
    monotonic: Callable[[], float] = time.monotonic

    def begin(self) -> None:
        """Record that it starts, or starts over: nothing of it is stored."""
        with self.context.database.transaction():
            ImportUnderWay.begin(self.import_id, self.admin_id, self.known.value, is_draft=self.is_draft)

    def store(self) -> "Rest":
        """Carry out the remaining steps, some in each transaction, and let others write in between.

        Return the work left for the last transaction.

        Raises:
            Overtaken: as it says.
            NotFound, NameTaken: as `plan`.
        """
        places = Places()
        with self.context.database.snapshot():
            plans = plan(wanted_of(self.goods), places)
            staged = Staged(self, tuple(plans), places)
            steps, rest = list(staged.steps()), staged.rest()
        row = ImportUnderWay.one()
        done = 0 if row is None else row.steps
        while done < len(steps):
            done = self._slice(staged, steps, done)
            self.context.database.give_way()
        return rest

    def undo(self) -> None:
        """Remove everything stored so far, some in each transaction."""
        with self.context.database.transaction():
            ImportUnderWay.overtake()  # from here on, the import can no longer be continued
        left = True
        while left:
            with self.context.database.transaction():
                left = unpublished.undo(_UNDONE_AT_ONCE)
            self.context.database.give_way()
        with self.context.database.transaction():
            ImportUnderWay.end()

    def _slice(self, staged: "Staged", steps: list[StoringStep], done: int) -> int:
        """Take some steps in one transaction; return how many are done."""
        began, skipped = self.monotonic(), 0
        with self.context.database.transaction():
            require_not_overtaken()
            with unpublished.staging():
                while True:
                    skipped += staged.take(steps[done])
                    done += 1
                    if done == len(steps) or self.monotonic() - began >= SLICE_S:
                        break
            ImportUnderWay.advance(done, skipped=skipped)
        return done


@dataclass(frozen=True, slots=True)
class Staged:
    """The part of a file's plans that is stored invisibly, and the part left for the last transaction."""

    of: SlicedImport
    plans: tuple[ProductPlan, ...] = field(repr=False)
    places: Places
    _ids: dict[int, int] = field(init=False, default_factory=dict)
    """The ids of the products created here, by the identity of their plans."""
    _free: dict[tuple[str, ...], bool] = field(init=False, default_factory=dict)

    def steps(self) -> Iterator[StoringStep]:
        """List the steps: the same ones, in the same order, as long as the catalogue is the same."""
        for category in self._categories():
            if self._is_new(category):
                yield StoringStep(category=category)
        for each in self.plans:
            yield from self._steps_of(each)

    def take(self, step: StoringStep) -> int:
        """Carry out a step; return how many of its goods came into the shop in another way meanwhile."""
        inventory = self.of.inventory
        if step.plan is None:
            if step.category is not None:
                inventory.put_category(step.category, self.places)
            return 0
        each = step.plan
        product_id = self._product_of(each, first=step.first)
        new, sold = list(step.new), list(step.sold)
        return len(new) + len(sold) - inventory.add_pieces(product_id, each.wanted.kind, new, sold, self.of.admin_id)

    def rest(self) -> "Rest":
        """Work out what the steps leave to do, while others may write."""
        known = self.of.known
        targets = {target.id: each.wanted.kind for each in self.plans if (target := each.target(known))}
        return Rest(
            self,
            tuple(each for each in self._categories() if not self._is_new(each) and self._differs(each)),
            tuple(each for each in self.plans if self._is_left(each)),
            targets,
            report_of(self.plans, known),
        )

    def goods_ahead(self, each: ProductPlan) -> bool:
        """Return whether goods of an existing product are stored before the product changes."""
        target = each.target(self.of.known)
        return target is not None and target.deleted_at is None and each.wanted.kind in UNIQUE

    def _categories(self) -> tuple[OwnCategory, ...]:
        return self.of.goods.categories if isinstance(self.of.goods, OwnGoods) else ()

    def _is_new(self, category: OwnCategory) -> bool:
        category_id = self.places.find(category.path)
        return (category_id is None or unpublished.is_unpublished(category_id)) and self._is_free(category.path)

    def _differs(self, category: OwnCategory) -> bool:
        category_id = self.places.find(category.path)
        row = None if category_id is None else Category.there(category_id)
        same = row is not None and (row.description, row.hidden) == (category.description, category.hidden)
        return not same or category.picture is not None

    def _is_left(self, each: ProductPlan) -> bool:
        """Return whether a plan does more than the steps did."""
        known, wanted = self.of.known, each.wanted
        target = each.target(known)
        if target is None:
            return each.makes_product(known) and not self._is_free(wanted.path)
        if not self.goods_ahead(each) or changes(each, known):
            return True
        return wanted.own is not None and wanted.own.picture is not None

    def _steps_of(self, each: ProductPlan) -> Iterator[StoringStep]:
        known = self.of.known
        is_new = each.target(known) is None
        if is_new and not (each.makes_product(known) and self._is_free(each.wanted.path)):
            return
        if not is_new and not self.goods_ahead(each):
            return
        new, sold = set(map(id, each.new)), set(map(id, each.sold)) if known is Known.AGAIN else set()
        pieces = each.wanted.pieces
        for start in range(0, len(pieces) or 1, STEP_PIECES):
            here = pieces[start : start + STEP_PIECES]
            yield StoringStep(
                plan=each,
                first=is_new and start == 0,
                new=tuple(piece for piece in here if id(piece) in new),
                sold=tuple(piece for piece in here if id(piece) in sold),
            )

    def _is_free(self, path: tuple[str, ...]) -> bool:
        """Return whether a place exists, or can be created without reviving a deleted one."""
        if not path:
            return True
        if path not in self._free:
            category_id = self.places.find(path)
            exists = category_id is not None and Category.there(category_id) is not None
            ours = category_id is None or unpublished.is_unpublished(category_id)
            self._free[path] = (ours or exists) and self._is_free(path[:-1])
        return self._free[path]

    def _product_of(self, each: ProductPlan, *, first: bool) -> int:
        """Make the product of a plan, or find the one that is there or that an earlier step made."""
        target = each.target(self.of.known)
        if target is not None:
            return target.id
        if first:
            self._ids[id(each)] = self.of.inventory.put_product(each, self.of.known, self.places)[0]
        elif id(each) not in self._ids:
            wanted = each.wanted
            self._ids[id(each)] = unpublished.product_id_of(
                self.places.make(wanted.path), name=wanted.name, list_key=wanted.list_key
            )
        return self._ids[id(each)]


@dataclass(frozen=True, slots=True)
class Rest:
    """The last transaction's work: everything that changes what people see. `kinds`: those of existing products."""

    staged: Staged
    categories: tuple[OwnCategory, ...] = field(repr=False)
    plans: tuple[ProductPlan, ...] = field(repr=False)
    kinds: dict[int, DeliverableKind] = field(repr=False)
    report: ImportReport

    @property
    def changed_ids(self) -> list[int]:
        """The existing products that it may change."""
        known = self.staged.of.known
        return [target.id for each in self.plans if (target := each.target(known))]

    def finish(self) -> ImportReport:
        """Do it, and make everything visible. Needs an open transaction.

        Raises:
            Overtaken: as it says.
        """
        require_not_overtaken()
        row, of = ImportUnderWay.one(), self.staged.of
        skipped = 0 if row is None else row.skipped
        ImportUnderWay.end()
        arrived = unpublished.publish()
        for category in self.categories:
            of.inventory.put_category(category, self.staged.places)
        changed = sum(self._finish(each) for each in self.plans)
        for product_id, count in arrived.items():
            if count:
                of.inventory.came(product_id, self.kinds[product_id], count)
        counts = {"items": self.report.items - skipped, "duplicates": self.report.duplicates + skipped}
        return replace(self.report, changed=changed, **counts)

    def _finish(self, each: ProductPlan) -> bool:
        of, places = self.staged.of, self.staged.places
        if self.staged.goods_ahead(each):
            return of.inventory.put_product(each, of.known, places)[1]
        return of.inventory.carry_out(each, of.known, places, of.admin_id)


def require_not_overtaken() -> None:
    """Check this at the beginning of each transaction. Raises: Overtaken."""
    row = ImportUnderWay.one()
    if row is None or row.overtaken:
        raise Overtaken
