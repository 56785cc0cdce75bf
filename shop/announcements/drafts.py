"""Drafts of announcements: audience, text and buttons. `sending` sends them."""

import re
from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import urlsplit

from shop.announcements.announcement import (
    Announcement,
    AnnouncementKind,
    Audience,
    Content,
    Link,
    ListedCategory,
    ListedProduct,
    State,
    Wording,
    content_of,
    links_of,
    written_links,
    written_listing,
)
from shop.catalog.storefront import Catalog, Shelf
from shop.context import Context
from shop.errors.refusals import BadLink, NotAnnounced, NotFound, StaleScreen, TextTooLong
from shop.people import Person, Right
from shop.pictures import keep_picture, media_type
from storage.models import Announcement as AnnouncementRow
from storage.models import AnnouncementRecipient, Product, StockItem
from storage.models.announcements import category_paths

MAX_TEXT = 4096
MAX_CAPTION = 1024
"""The longest text and caption of a message, in UTF-16 code units (Bot API: sendMessage, sendPhoto)."""
MAX_LINKS = 10
MAX_LABEL = 64
SCHEDULED_WITHIN_S = 366 * 86_400
RESTOCKED_FOR_S = 7 * 86_400
_LINK = re.compile(r"(?P<label>\S.*?)\s+[-–—]\s+(?P<url>\S+)")


@dataclass(frozen=True, slots=True)
class AnnouncementDraft:
    """An announcement before it is sent, and how many people would get it now."""

    announcement: Announcement
    content: Content
    reach: int

    @property
    def id(self) -> int:
        """The number of the announcement."""
        return self.announcement.id


@dataclass(frozen=True, slots=True)
class SoldPage:
    """One page of products with buyers: (id, name)."""

    products: tuple[tuple[int, str], ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Announcements:
    """Drafts. Each belongs to the admin who began it."""

    context: Context
    catalog: Catalog

    def compose(self, person: Person, kind: AnnouncementKind, audience: Audience) -> AnnouncementDraft:
        """Begin a draft. A list is made now, even if it is sent later.

        Raises:
            NotAnnounced: there is nothing to list.
            StaleScreen: no such language or product.
        """
        self.context.customers.require(person, Right.ANNOUNCEMENTS)
        known = audience.product_id is None or Product.get_or_none(Product.id == audience.product_id)
        if not known or (audience.language is not None and not self.context.customers.speaks(audience.language)):
            raise StaleScreen
        listing = None if kind is AnnouncementKind.OWN else self._listing(kind)
        with self.context.database.transaction():
            row = AnnouncementRow.create(
                admin=person.id,
                kind=kind.value,
                language=audience.language,
                product=audience.product_id,
                listing=None if listing is None else written_listing(listing),
                created_at=self.context.clock(),
            )
        return self._draft(row)

    def draft(self, person: Person, announcement_id: int) -> AnnouncementDraft:
        """Read a draft of this admin.

        Raises:
            NotFound: no such draft, or it was sent.
        """
        return self._draft(self._row(person, announcement_id))

    def write(
        self, person: Person, announcement_id: int, wording: Wording, picture: bytes | None = None
    ) -> AnnouncementDraft:
        """Set the text, perhaps with a picture.

        Raises:
            TextTooLong: it does not fit in a message.
            NotAnnounced: the text is empty, or the file is not a picture.
            NotFound: no such draft with a text.
        """
        row = self._row(person, announcement_id)
        if row.kind != AnnouncementKind.OWN.value:
            raise NotFound
        most = MAX_TEXT if picture is None else MAX_CAPTION
        if wording.length > most:
            raise TextTooLong(most)
        if not wording.html.strip():
            raise NotAnnounced("no_text")
        if picture is not None and media_type(picture) is None:
            raise NotAnnounced("no_picture")
        with self.context.database.transaction():
            picture_id = None if picture is None else keep_picture(picture, now=self.context.clock())
            self._change(person, announcement_id, html=wording.html, picture_id=picture_id)
        return self.draft(person, announcement_id)

    def add_links(self, person: Person, announcement_id: int, text: str) -> AnnouncementDraft:
        """Add buttons, one for each line of “label - https://…”.

        Raises:
            BadLink: a line has another form.
            NotAnnounced: too many buttons.
        """
        return self._add(person, announcement_id, tuple(_link(line) for line in text.splitlines() if line.strip()))

    def add_product(self, person: Person, announcement_id: int, product_id: int) -> AnnouncementDraft:
        """Add a button that opens a product."""
        label = self.catalog.product(product_id).name[:MAX_LABEL]
        return self._add(person, announcement_id, (Link(label, product_id=product_id),))

    def add_category(self, person: Person, announcement_id: int, category_id: int) -> AnnouncementDraft:
        """Add a button that opens a category."""
        category = self.catalog.shelf(category_id, page=0).category
        if category is None:
            raise NotFound
        return self._add(person, announcement_id, (Link(category.name[:MAX_LABEL], category_id=category_id),))

    def clear_links(self, person: Person, announcement_id: int) -> AnnouncementDraft:
        """Remove all buttons."""
        self._row(person, announcement_id)
        with self.context.database.transaction():
            self._change(person, announcement_id, buttons="[]")
        return self.draft(person, announcement_id)

    def shelf(self, person: Person, announcement_id: int, category_id: int | None, *, page: int) -> Shelf:
        """Read one page of the catalogue, to choose a button's target."""
        self._row(person, announcement_id)
        return self.catalog.shelf(category_id, page=page)

    def sold(self, person: Person, *, page: int) -> SoldPage:
        """Read one page of the products with buyers to write to."""
        self.context.customers.require(person, Right.ANNOUNCEMENTS)
        count = Product.ever_sold(page=0, size=1)[1]
        page, pages = self.context.page(page, count)
        rows, _ = Product.ever_sold(page=page, size=self.context.page_entries)
        return SoldPage(tuple((row.id, row.name) for row in rows), page, pages)

    def schedule(self, person: Person, announcement_id: int, due_at: int) -> AnnouncementDraft:
        """Have a draft sent at a moment, in Unix seconds.

        Raises:
            NotFound: no such draft.
            NotAnnounced: it has no text, or the moment is past or more than a year ahead.
        """
        row, now = self._row(person, announcement_id), self.context.clock()
        if not row.html and row.listing is None:
            raise NotAnnounced("no_text")
        if not now < due_at <= now + SCHEDULED_WITHIN_S:
            raise NotAnnounced("past")
        with self.context.database.transaction():
            self._change(person, announcement_id, due_at=due_at)
            self.context.audit.write(
                person, "announcement.scheduled", f"announcement {announcement_id}", due_at=self.context.iso(due_at)
            )
        return self.draft(person, announcement_id)

    def unschedule(self, person: Person, announcement_id: int) -> AnnouncementDraft:
        """Have a draft wait for its admin again. Raises: as `draft`."""
        self._row(person, announcement_id)
        with self.context.database.transaction():
            self._change(person, announcement_id, due_at=None)
            self.context.audit.write(person, "announcement.unscheduled", f"announcement {announcement_id}")
        return self.draft(person, announcement_id)

    def again(self, person: Person, announcement_id: int) -> AnnouncementDraft:
        """Begin a draft that says the same to the same audience; a list is made again.

        Raises:
            NotFound: no such announcement was sent.
            NotAnnounced: there is nothing to list.
        """
        self.context.customers.require(person, Right.ANNOUNCEMENTS)
        old = AnnouncementRow.started(announcement_id)
        if old is None:
            raise NotFound
        fresh = self.compose(person, AnnouncementKind(old.kind), Audience(old.language, old.product_id))
        with self.context.database.transaction():
            self._change(person, fresh.id, html=old.html, picture_id=old.picture_id, buttons=old.buttons)
        return self.draft(person, fresh.id)

    def discard(self, person: Person, announcement_id: int) -> None:
        """Delete a draft."""
        self._row(person, announcement_id)
        with self.context.database.transaction():
            AnnouncementRow.drop(self._row(person, announcement_id).id)

    def _add(self, person: Person, announcement_id: int, links: tuple[Link, ...]) -> AnnouncementDraft:
        self._row(person, announcement_id)
        with self.context.database.transaction():
            every = (*links_of(self._row(person, announcement_id)), *links)
            if len(every) > MAX_LINKS:
                raise NotAnnounced("too_many_buttons")
            self._change(person, announcement_id, buttons=written_links(every))
        return self.draft(person, announcement_id)

    def _change(self, person: Person, announcement_id: int, **columns: object) -> None:
        """Change a draft, unless it was sent meanwhile."""
        AnnouncementRow.change(self._row(person, announcement_id).id, **columns)

    def _row(self, person: Person, announcement_id: int) -> AnnouncementRow:
        self.context.customers.require(person, Right.ANNOUNCEMENTS)
        row = AnnouncementRow.draft_of(person.id, announcement_id)
        if row is None or row.state != State.DRAFT.value:
            raise NotFound
        return row

    def _draft(self, row: AnnouncementRow) -> AnnouncementDraft:
        return AnnouncementDraft(
            Announcement.of(row), content_of(row, self.context.currency), AnnouncementRecipient.reach(row)
        )

    def _listing(self, kind: AnnouncementKind) -> list[ListedCategory]:
        """List available products by category: all, or those with recently added units."""
        lately = (
            StockItem.arrived_since(self.context.clock() - RESTOCKED_FOR_S)
            if kind is AnnouncementKind.RESTOCKED
            else None
        )
        shelves: dict[int, list[ListedProduct]] = defaultdict(list)
        for card in self.catalog.cards(Product.every_in_sight()):
            if card.available and (lately is None or card.id in lately):
                stock = card.stock_count if card.runs_out else None
                shelves[card.category_id].append(ListedProduct(card.name, card.price, stock))
        if not shelves:
            raise NotAnnounced("nothing_to_list")
        paths = category_paths()
        return sorted((ListedCategory(paths[each], tuple(shelves[each])) for each in shelves), key=lambda c: c.path)


def _link(line: str) -> Link:
    """Parse a line of “label - https://…”; the last of several dashes counts."""
    found = _LINK.fullmatch(line.strip())
    if found is None or len(found["label"]) > MAX_LABEL or not _opens(found["url"]):
        raise BadLink(line.strip()[:MAX_LABEL])
    return Link(found["label"], url=found["url"])


def _opens(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and "." in (parts.hostname or "").strip(".")
    except ValueError:
        return False
