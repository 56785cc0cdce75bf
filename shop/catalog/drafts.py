"""Drafts: a new product step by step, or more goods for an existing one. Customers see nothing before the end."""

from dataclasses import dataclass, field, replace

from shop.catalog.deliverables import DeliverableKind
from shop.catalog.editor import read_value
from shop.catalog.formats.characters import plain_blanks, seen_only
from shop.catalog.formats.checks import name_of, price_of, text_of, text_piece
from shop.catalog.formats.decoding import decode, samples
from shop.catalog.formats.souk_json import OwnGoods, OwnProduct, description_of, file_piece
from shop.catalog.plain_lists import require_plain_list
from shop.catalog.plans import UNIQUE, Holder, Known, named_holders
from shop.catalog.stock import Inventory
from shop.catalog.tree import CatalogTree, Target, category_there, path_of, product_there
from shop.context import MANY, Context
from shop.errors.catalog import BadImport, BadValue, NameTaken
from shop.errors.refusals import StaleScreen
from shop.money import Money
from shop.people import Person, Right
from storage.models import DraftPiece, GoodsDraft, Product, StockItem
from storage.models.stock import Piece

_SHARED = (DeliverableKind.SHARED_TEXT, DeliverableKind.SHARED_FILE)
MOST_SHOWN = 2
"""The most pieces of which an admin sees the content before they go on sale."""


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """The choices made so far. `product_id` is set if goods are added to an existing product."""

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

    def begin(self, admin: Person, category_id: int) -> ProductDraft:
        """Begin a new product. Raises: NotFound."""
        self.context.customers.require(admin, Right.CATALOGUE)
        with self.context.database.transaction():
            GoodsDraft.begin(admin.id, category_there(category_id).id, now=self.context.clock())
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
        return self.of(admin)

    def of(self, admin: Person) -> ProductDraft:
        """Read what an admin has chosen so far. Raises: StaleScreen: no draft."""
        self.context.customers.require(admin, Right.CATALOGUE)
        row = GoodsDraft.of(admin.id)
        if row is None:
            raise StaleScreen
        return ProductDraft(
            row.category_id,
            row.product_id,
            path_of(row.category_id),
            row.name or "",
            row.description,
            None if row.price_minor is None else Money(row.price_minor, self.context.currency),
            None if row.deliverable is None else DeliverableKind(row.deliverable),
            DraftPiece.count(admin.id),
            self._holders(DeliverableKind(row.deliverable), admin.id) if row.deliverable else (),
            first=DraftPiece.first(admin.id, MOST_SHOWN),
        )

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
            DraftPiece.clear(admin.id)
            GoodsDraft.change(admin.id, deliverable=kind.value)
        return self.of(admin)

    def goods_wanted(self, admin: Person) -> ProductDraft:
        """Read a draft that takes goods. Raises: StaleScreen: it does not (yet)."""
        draft = self.of(admin)
        if draft.kind in (None, DeliverableKind.MADE_TO_ORDER):
            raise StaleScreen
        return draft

    def add_text(self, admin: Person, text: str) -> ProductDraft:
        """Add texts: each non-blank line is a unit; a shared text is taken whole.

        Raises:
            StaleScreen: as in `of`.
            BadValue: the product sells files, or the text is empty.
        """
        draft = self.of(admin)
        if draft.kind is DeliverableKind.SHARED_TEXT:
            return self._add(admin, draft, [_text(text)])
        if draft.kind is not DeliverableKind.UNIQUE_TEXT:
            raise BadValue("bad_item")
        lines = [line.strip() for line in text.replace("\r", "\n").split("\n") if line.strip()] or [""]
        return self._add(admin, draft, [_text(line) for line in lines])

    def letters(self, admin: Person, content: bytes) -> tuple[tuple[str, str], ...]:
        """Return the alphabets that a text file may be written in, each with a sample line; none for UTF-8."""
        draft = self.of(admin)
        if draft.kind is not None and draft.kind.is_file:
            return ()
        try:
            decode(content)
        except BadImport as error:
            return samples(content) if error.reason == "not_utf8" else ()
        return ()

    def add_file(self, admin: Person, name: str, content: bytes, *, alphabet: str = "") -> ProductDraft:
        """Add a file; for a product that sells texts, its lines, in the alphabet that the admin chose.

        Raises:
            StaleScreen, BadValue: as `add_text`; it is not written in that alphabet; its first line names a column.
            BadImport: its lines are no items, because it names its own products.
        """
        draft = self.of(admin)
        if draft.kind is None or not draft.kind.is_file:
            if alphabet:
                if alphabet not in dict(samples(content)):
                    raise StaleScreen
                content = content.decode(alphabet).encode()
            text = read_value(lambda _place: decode(content))
            if draft.kind is DeliverableKind.UNIQUE_TEXT:
                require_plain_list(text, self.context.currency)
            return self.add_text(admin, text)
        if not content:
            raise BadValue("empty")
        plain = "".join("_" if each in '/\\"<>|:*?' else each for each in seen_only(plain_blanks(name)))[-120:]
        piece = read_value(lambda place: file_piece(plain or "file", content, place))
        return self._add(admin, draft, [piece])

    def confirm(self, admin: Person, *, again: bool = False) -> int:
        """Save the draft in one transaction; return the id of the product.

        `again`: items sold before go on sale again.

        Raises:
            StaleScreen: as in `of`.
            NotFound: its category or product was deleted meanwhile.
            NameTaken: the category got a product of this name meanwhile.
        """
        with self.context.database.transaction():
            draft = self.of(admin)
            if not draft.complete or draft.price is None or draft.kind is None:
                raise StaleScreen
            pieces = DraftPiece.of(admin.id)
            there = draft.product_id
            product_id = self._make(draft) if there is None else product_there(there).id
            count = self.inventory.restock(product_id, draft.kind, pieces, again_by=admin.id if again else None)
            GoodsDraft.end(admin.id)
            more: dict[str, int | str | None] = {"known": Known.AGAIN.value} if again else {}
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

    def _make(self, draft: ProductDraft) -> int:
        """Make the product of a draft, without its goods; return its id."""
        category_there(draft.category_id)
        self._check_name(draft.category_id, draft.name)
        if draft.price is None or draft.kind is None:
            raise StaleScreen
        product = OwnProduct(
            *(0, draft.path, draft.name, draft.description, draft.price, (), draft.kind, ()),
            picture=None,
            hidden=False,
        )
        self.inventory.put(OwnGoods((), (product,)))
        row = Product.named(draft.category_id, draft.name, price_minor=draft.price.minor, kind=draft.kind.value)
        return 0 if row is None else row.id

    def _holders(self, kind: DeliverableKind, admin_id: int) -> tuple[Holder, ...]:
        marks = DraftPiece.fingerprints(admin_id) if kind in UNIQUE else []
        counts: dict[int, list[int]] = {}
        for product_id, was_sold in StockItem.holders(marks).values():
            counts.setdefault(product_id, [0, 0])[was_sold] += 1
        return named_holders({each: (here[0], here[1]) for each, here in counts.items()}, self.context.currency)

    def _add(self, admin: Person, draft: ProductDraft, pieces: list[Piece]) -> ProductDraft:
        with self.context.database.transaction():
            if draft.kind in _SHARED:
                DraftPiece.clear(admin.id)
            fresh = [piece for piece in pieces if DraftPiece.add(admin.id, piece)]
        first = tuple(piece.content for piece in (fresh or pieces)[:MOST_SHOWN])
        return replace(self.of(admin), repeated=len(pieces) - len(fresh), first=first)

    @staticmethod
    def _check_name(category_id: int, name: str) -> None:
        there = Product.named(category_id, name, price_minor=0, kind="")
        if there is not None:
            raise NameTaken


def _text(text: str) -> Piece:
    return text_piece(read_value(lambda place: text_of(text, place)))
