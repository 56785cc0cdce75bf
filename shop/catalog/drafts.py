"""Drafts: a new product step by step, or more goods for an existing one. Customers see nothing before the end."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from shop.catalog.deliverables import SHARED, UNIQUE, DeliverableKind
from shop.catalog.editor import read_value
from shop.catalog.formats.characters import seen_only
from shop.catalog.formats.checks import MAX_ENTRIES, name_of, price_of, text_of, text_piece
from shop.catalog.formats.decoding import decode, samples
from shop.catalog.formats.souk_json import (
    MAX_FILE_NAME,
    UNFIT_IN_FILE_NAMES,
    OwnGoods,
    OwnProduct,
    description_of,
    file_piece,
)
from shop.catalog.imports import LARGE, MOST_BEGINNINGS, Imports
from shop.catalog.plain_lists import Item, as_held, items_of, line_items, require_plain_list
from shop.catalog.plans import Holder, Known, Wanted, named_holders
from shop.catalog.slices import SLICE_S, Overtaken, SlicedImport
from shop.catalog.stock import Inventory
from shop.catalog.tree import CatalogTree, Target, category_there, path_of, product_there
from shop.context import MANY, Context
from shop.errors.catalog import BadImport, BadValue, NameTaken
from shop.errors.refusals import Refusal, StaleScreen
from shop.money import Money
from shop.people import Person, Right
from storage.database import CANNOT_WRITE
from storage.models import DraftPiece, GoodsDraft, Product, StockItem
from storage.models.stock import Piece
from storage.text import plain_blanks

_log = logging.getLogger("souk.drafts")
MOST_SHOWN = 2
"""The most pieces of which an admin sees the content before they go on sale."""
ADDED_AT_ONCE = 500
"""The most pieces added in one transaction."""
_CLEARED_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """The choices made so far. `product_id` is set if goods are added to an existing product."""

    id: int
    category_id: int
    product_id: int | None
    path: tuple[str, ...]
    name: str
    description: str
    price: Money | None
    kind: DeliverableKind | None
    pieces: int
    holders: tuple[Holder, ...] = ()
    """The products, this one included, that have or had some of the pieces; those pieces are left out."""
    repeated: int = 0
    """How many of the pieces sent last were already in the draft."""
    first: tuple[str, ...] = field(default=(), repr=False)
    """The first pieces of the draft, or of those sent last, as a buyer gets them; of a file its name."""

    @property
    def sold(self) -> int:
        """Count the pieces that were sold before, and come again only if the admin says so."""
        return sum(each.sold for each in self.holders)

    @property
    def complete(self) -> bool:
        """Return whether it can be confirmed; a new product may have no goods."""
        return self.price is not None and self.kind is not None and (self.product_id is None or self.pieces > 0)


@dataclass(frozen=True, slots=True)
class Drafts:
    """Each admin has at most one draft. It survives a restart and is deleted after a day."""

    context: Context
    inventory: Inventory
    tree: CatalogTree
    imports: Imports
    monotonic: Callable[[], float] = time.monotonic

    def begin(self, admin: Person, category_id: int) -> ProductDraft:
        """Begin a new product. Raises: NotFound."""
        self.context.customers.require(admin, Right.CATALOGUE)
        with self.context.database.transaction():
            GoodsDraft.begin(admin.id, category_there(category_id).id, now=self.context.clock())
        self.clear()
        return self.of(admin)

    def begin_for(self, admin: Person, product_id: int) -> ProductDraft:
        """Begin to add goods to a product. Raises: NotFound; BadValue: it is made to order."""
        self.context.customers.require(admin, Right.CATALOGUE)
        sheet = self.tree.read(Target(True, product_id))
        if sheet.kind is None or sheet.price is None or sheet.kind is DeliverableKind.MADE_TO_ORDER:
            raise BadValue("bad_items")
        with self.context.database.transaction():
            columns = {"name": sheet.name, "price_minor": sheet.price.minor, "deliverable": sheet.kind.value}
            row = product_there(product_id)
            GoodsDraft.begin(admin.id, row.category_id, now=self.context.clock(), product_id=product_id, **columns)
        self.clear()
        return self.of(admin)

    def of(self, admin: Person) -> ProductDraft:
        """Read what an admin has chosen so far. Raises: StaleScreen: no draft."""
        self.context.customers.require(admin, Right.CATALOGUE)
        row = _row_of(admin)
        return replace(self._read(row), holders=self._holders(row))

    def type(self, admin: Person, field: str, text: str) -> ProductDraft:
        """Set the name, description (a dash: none) or price.

        Raises:
            StaleScreen: as in `of`.
            BadValue: the text is not such a value.
            NameTaken: the category has a product of this name.
        """
        draft = self.of(admin)
        if field == "name":
            value: object = read_value(lambda place: name_of(text, place))
            self._check_name(draft.category_id, str(value))
            columns = {"name": value}
        elif field == "price":
            columns = {"price_minor": read_value(lambda place: price_of(text, place, self.context.currency)).minor}
        else:
            columns = {"description": "" if text == "-" else read_value(lambda place: description_of(text, place))}
        with self.context.database.transaction():
            GoodsDraft.change(admin.id, **columns)
        return self.of(admin)

    def choose(self, admin: Person, kind: DeliverableKind) -> ProductDraft:
        """Choose the kind of goods; goods of another kind are dropped. Raises: as `of`."""
        if self.of(admin).product_id is not None:
            raise StaleScreen
        with self.context.database.transaction():
            GoodsDraft.empty(admin.id)
            GoodsDraft.change(admin.id, deliverable=kind.value)
        self.clear()
        return self.of(admin)

    def goods_wanted(self, admin: Person) -> ProductDraft:
        """Read a draft that takes goods. Raises: StaleScreen: it does not (yet)."""
        draft = self.of(admin)
        if draft.kind in (None, DeliverableKind.MADE_TO_ORDER):
            raise StaleScreen
        return draft

    def add_text(self, admin: Person, text: str) -> ProductDraft:
        """Add texts: each non-blank line is an item; a shared text is taken whole.

        Raises:
            StaleScreen: as in `of`.
            BadValue: the product sells files, the text is empty, or there are too many lines.
        """
        kind = self._kind(admin)
        if kind is DeliverableKind.SHARED_TEXT:
            return self._add(admin, [_text(text)])
        if kind is not DeliverableKind.UNIQUE_TEXT:
            raise BadValue("bad_item")
        return self._add_items(admin, line_items(text))

    def _add_items(self, admin: Person, items: list[Item]) -> ProductDraft:
        if len(items) > MAX_ENTRIES:
            raise BadValue("too_many")
        return self._add(admin, [_text(item) for item in as_held(items) or [""]])

    def letters(self, admin: Person, content: bytes) -> tuple[tuple[str, str], ...]:
        """Return the alphabets that a text file may be written in, each with a sample line; none for UTF-8."""
        kind = self._kind(admin)
        if kind is not None and kind.is_file:
            return ()
        try:
            decode(content)
        except BadImport as error:
            return samples(content) if error.reason == "not_utf8" else ()
        return ()

    def add_file(self, admin: Person, name: str, content: bytes, *, alphabet: str = "") -> ProductDraft:
        """Add a file; for a product that sells texts, its lines or cells, in the alphabet that the admin chose.

        Raises:
            StaleScreen, BadValue: as `add_text`; it is not written in that alphabet; its first line names a column.
            BadImport: it is not a plain list, or a spreadsheet has replaced an item.
        """
        kind = self._kind(admin)
        if kind is None or not kind.is_file:
            if alphabet:
                if alphabet not in dict(samples(content)):
                    raise StaleScreen
                content = content.decode(alphabet).encode()
            text = read_value(lambda _place: decode(content))
            if kind is not DeliverableKind.UNIQUE_TEXT:
                return self.add_text(admin, text)
            require_plain_list(text, self.context.currency)
            return self._add_items(admin, items_of(text, name))
        if not content:
            raise BadValue("empty")
        plain = UNFIT_IN_FILE_NAMES.sub("_", seen_only(plain_blanks(name)))[-MAX_FILE_NAME:]
        piece = read_value(lambda place: file_piece(plain or "file", content, place))
        return self._add(admin, [piece])

    def confirm(
        self, admin: Person, *, again: bool = False, progress: Callable[[int], None] = lambda _pieces: None
    ) -> int:
        """Save the draft, visible to customers all at once; return the id of the product.

        A large one is stored in many short transactions (`shop.catalog.slices`). If the program dies meanwhile, the
        draft is still there. `again`: items sold before go on sale again. `progress` is called with the number of
        pieces of a large draft before the first transaction begins.

        Raises:
            StaleScreen: as in `of`.
            NotFound: its category or product was deleted meanwhile.
            NameTaken: the category got a product of this name meanwhile.
        """
        draft = self.of(admin)
        known = Known.AGAIN if again else Known.SKIP
        product_id = None
        if draft.pieces > LARGE and draft.kind in UNIQUE:
            progress(draft.pieces)
            with self.imports.turn():
                product_id = self._confirm_in_slices(admin, known)
        if product_id is None:
            product_id = self._confirm_at_once(admin, known)
        self.clear()
        return product_id

    def _confirm_in_slices(self, admin: Person, known: Known) -> int | None:
        """Store a large draft in slices; return the id of the product, or None if the catalogue keeps changing."""
        number = _row_of(admin).id
        sliced = SlicedImport(self.context, self.inventory, number, admin.id, known, [], is_draft=True)
        for _ in range(MOST_BEGINNINGS):
            sliced.begin()
            try:
                draft = self._complete(admin)
                rest = replace(sliced, goods=self._wanted(draft)).store()
                with self.context.database.transaction():
                    if self._complete(admin) != draft:
                        raise StaleScreen
                    report = rest.finish()
                    return self._end(admin, draft, _product_of(draft), report.items, known)
            except Overtaken:
                sliced.undo()
            except Refusal:
                sliced.undo()
                raise
        return None

    def _confirm_at_once(self, admin: Person, known: Known) -> int:
        with self.context.database.transaction():
            draft = self._complete(admin)
            product_id = self._make(draft) if draft.product_id is None else product_there(draft.product_id).id
            again_by = admin.id if known is Known.AGAIN else None
            kind = draft.kind or DeliverableKind.UNIQUE_TEXT
            count = self.inventory.restock(product_id, kind, DraftPiece.of(draft.id), again_by=again_by)
            return self._end(admin, draft, product_id, count, known)

    def _end(self, admin: Person, draft: ProductDraft, product_id: int, count: int, known: Known) -> int:
        """End a draft and record the outcome; return the id of the product. Needs an open transaction."""
        GoodsDraft.end(admin.id)
        more: dict[str, int | str | None] = {"known": known.value} if known is Known.AGAIN else {}
        entry_id = self.context.audit.write(
            admin, "goods.added", f"product {product_id}", name=draft.name, items=count, **more
        )
        if count >= MANY:
            self.context.announce(admin, entry_id)
        return product_id

    def cancel(self, admin: Person) -> None:
        """Delete the draft."""
        self.context.customers.require(admin, Right.CATALOGUE)
        with self.context.database.transaction():
            GoodsDraft.end(admin.id)
        self.clear()

    def clear(self) -> None:
        """Delete ended drafts, a part of a large one in each transaction; what cannot be deleted now is later."""
        try:
            while GoodsDraft.any_ended():
                with self.context.database.transaction():
                    began = self.monotonic()
                    while GoodsDraft.clear(_CLEARED_AT_ONCE) and self.monotonic() - began < SLICE_S:
                        pass
                self.context.database.give_way()
        except CANNOT_WRITE as error:
            _log.warning("an ended draft is deleted later: %s", error)

    def _wanted(self, draft: ProductDraft) -> Wanted:
        """Describe the product of a draft as a file would."""
        if draft.price is None or draft.kind is None:
            raise StaleScreen
        category_there(draft.category_id)
        return Wanted(
            draft.path,
            draft.name,
            draft.description,
            draft.price,
            draft.kind,
            tuple(DraftPiece.of(draft.id)),
            own=_own(draft) if draft.product_id is None else None,
            drafted=True,
            product_id=draft.product_id,
        )

    def _make(self, draft: ProductDraft) -> int:
        """Make the product of a draft, without its goods; return its id."""
        category_there(draft.category_id)
        self._check_name(draft.category_id, draft.name)
        if draft.price is None or draft.kind is None:
            raise StaleScreen
        self.inventory.put(OwnGoods((), (_own(draft),)))
        return _product_of(draft)

    def _read(self, row: GoodsDraft) -> ProductDraft:
        """Read a draft without looking for the products that have its pieces."""
        return ProductDraft(
            row.id,
            row.category_id,
            row.product_id,
            path_of(row.category_id),
            row.name or "",
            row.description,
            None if row.price_minor is None else Money(row.price_minor, self.context.currency),
            None if row.deliverable is None else DeliverableKind(row.deliverable),
            DraftPiece.count(row.id),
            first=DraftPiece.first(row.id, MOST_SHOWN),
        )

    def _complete(self, admin: Person) -> ProductDraft:
        """Read a draft that can be confirmed. Raises: StaleScreen."""
        self.context.customers.require(admin, Right.CATALOGUE)
        draft = self._read(_row_of(admin))
        if not draft.complete:
            raise StaleScreen
        return draft

    def _kind(self, admin: Person) -> DeliverableKind | None:
        """Read which goods a draft takes. Raises: StaleScreen: no draft."""
        self.context.customers.require(admin, Right.CATALOGUE)
        word = _row_of(admin).deliverable
        return None if word is None else DeliverableKind(word)

    def _holders(self, row: GoodsDraft) -> tuple[Holder, ...]:
        unique = row.deliverable is not None and DeliverableKind(row.deliverable) in UNIQUE
        counts: dict[int, list[int]] = {}
        for product_id, was_sold in StockItem.holders(DraftPiece.fingerprints(row.id) if unique else ()).values():
            counts.setdefault(product_id, [0, 0])[was_sold] += 1
        return named_holders({each: (here[0], here[1]) for each, here in counts.items()}, self.context.currency)

    def _add(self, admin: Person, pieces: list[Piece]) -> ProductDraft:
        """Add pieces, some in each transaction: only the admin sees a draft, so others can write in between."""
        row = _row_of(admin)
        if row.deliverable is not None and DeliverableKind(row.deliverable) in SHARED:
            with self.context.database.transaction():
                _require_there(admin, row)
                DraftPiece.drop(row.id, MAX_ENTRIES)
                DraftPiece.add(row.id, pieces)
            return self.of(admin)
        there = set(DraftPiece.fingerprints(row.id))
        fresh = list(_fresh(pieces, there))
        if len(there) > MAX_ENTRIES:
            raise BadValue("draft_full")
        for start in range(0, len(fresh), ADDED_AT_ONCE):
            with self.context.database.transaction():
                _require_there(admin, row)
                DraftPiece.add(row.id, fresh[start : start + ADDED_AT_ONCE])
            self.context.database.give_way()
        first = tuple(piece.content for piece in (fresh or pieces)[:MOST_SHOWN])
        return replace(self.of(admin), repeated=len(pieces) - len(fresh), first=first)

    @staticmethod
    def _check_name(category_id: int, name: str) -> None:
        there = Product.named(category_id, name, price_minor=0, kind="")
        if there is not None:
            raise NameTaken


def _text(text: str) -> Piece:
    return text_piece(read_value(lambda place: text_of(text, place)))


def _row_of(admin: Person) -> GoodsDraft:
    """Find an admin's draft. Raises: StaleScreen."""
    row = GoodsDraft.of(admin.id)
    if row is None:
        raise StaleScreen
    return row


def _require_there(admin: Person, row: GoodsDraft) -> None:
    """Check that an admin has not begun another draft meanwhile. Raises: StaleScreen."""
    if _row_of(admin).id != row.id:
        raise StaleScreen


def _own(draft: ProductDraft) -> OwnProduct:
    """Describe a new product in Souk's own format, without its goods."""
    if draft.price is None or draft.kind is None:
        raise StaleScreen
    return OwnProduct(
        0,
        draft.path,
        draft.name,
        draft.description,
        draft.price,
        (),
        draft.kind,
        (),
        picture=None,
        hidden=False,
    )


def _product_of(draft: ProductDraft) -> int:
    """Find the product of a draft, once it is there."""
    if draft.product_id is not None or draft.price is None or draft.kind is None:
        return draft.product_id or 0
    row = Product.named(draft.category_id, draft.name, price_minor=draft.price.minor, kind=draft.kind.value)
    return 0 if row is None else row.id


def _fresh(pieces: list[Piece], there: set[bytes]) -> Iterator[Piece]:
    """Leave out what a draft has already, or has twice; note the fingerprints of the others."""
    for piece in pieces:
        mark = piece.fingerprint
        if mark not in there:
            there.add(mark)
            yield piece
