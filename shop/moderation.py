"""What admins do about reviews: read every one, hide one with a reason, show it again."""

from dataclasses import dataclass

from shop.errors import NotFound, TextTooLong
from shop.ground import Ground
from shop.outbox import Event
from shop.people import Person
from shop.reviews import MOST_ON_A_PAGE
from shop.rights import Right
from storage.models import Customer, OrderLine
from storage.models import Review as ReviewRow

MAX_REASON = 300


@dataclass(frozen=True, slots=True)
class EveryReview:
    """A review as admins see it, hidden or not. `product` is what it was called when it was bought."""

    id: int
    product_id: int
    product: str
    customer: str
    stars: int
    text: str
    hidden: bool
    changed_at: int


@dataclass(frozen=True, slots=True)
class EveryReviewPage:
    """One page of the reviews of a product, or of all, newest first."""

    product_id: int | None
    reviews: tuple[EveryReview, ...]
    page: int
    pages: int


class Moderation:
    """The reviews of everybody. A hidden one counts for nothing, and its writer is told why."""

    def __init__(self, ground: Ground) -> None:
        self._database = ground.database
        self._customers = ground.customers
        self._audit = ground.audit
        self._outbox = ground.outbox
        self._size = min(ground.settings.page_entries, MOST_ON_A_PAGE)

    def page(self, admin: Person, product_id: int | None, *, page: int) -> EveryReviewPage:
        """Read one page of all reviews, or of those of a product; a page beyond the last shows the last.

        Raises:
            NotAllowed: he may not look after customers.
        """
        self._customers.require(admin, Right.CUSTOMERS)
        pages = max(1, -(-ReviewRow.count_all(product_id) // self._size))
        page = min(max(page, 0), pages - 1)
        rows = ReviewRow.page_of_all(product_id, page=page, size=self._size)
        return EveryReviewPage(product_id, tuple(self._view(row) for row in rows), page, pages)

    def one(self, admin: Person, review_id: int) -> EveryReview:
        """Read a review.

        Raises:
            NotAllowed: he may not look after customers.
            NotFound: no such review.
        """
        self._customers.require(admin, Right.CUSTOMERS)
        return self._view(self._row(review_id))

    def hide(self, admin: Person, review_id: int, reason: str) -> EveryReview:
        """Hide a review and tell its writer why; one that is hidden stays so, and nobody is told again.

        Raises:
            NotAllowed: he may not look after customers.
            NotFound: no such review.
            TextTooLong: the reason is longer than is kept.
        """
        self._customers.require(admin, Right.CUSTOMERS)
        if len(reason) > MAX_REASON:
            raise TextTooLong(MAX_REASON)
        with self._database.transaction():
            row = self._row(review_id)
            if not row.hidden:
                ReviewRow.change(row.id, hidden=True)
                number = self._audit.write(admin, "review.hidden", f"review {row.id}", reason=reason)
                payload = {"review_id": row.id, "reason": reason}
                writer = Customer.get_by_id(row.customer_id)
                self._outbox.tell(writer, Event.REVIEW_HIDDEN, key=f"review-hidden:{number}", payload=payload)
        return self._view(self._row(review_id))

    def show(self, admin: Person, review_id: int) -> EveryReview:
        """Show a hidden review again.

        Raises:
            NotAllowed: he may not look after customers.
            NotFound: no such review.
        """
        self._customers.require(admin, Right.CUSTOMERS)
        with self._database.transaction():
            row = self._row(review_id)
            if row.hidden:
                ReviewRow.change(row.id, hidden=False)
                self._audit.write(admin, "review.shown", f"review {row.id}")
        return self._view(self._row(review_id))

    @staticmethod
    def _row(review_id: int) -> ReviewRow:
        row: ReviewRow | None = ReviewRow.get_or_none(ReviewRow.id == review_id)
        if row is None:
            raise NotFound
        return row

    def _view(self, row: ReviewRow) -> EveryReview:
        return EveryReview(
            id=row.id,
            product_id=row.product_id,
            product=OrderLine.get_by_id(row.order_line_id).product_name,
            customer=self._customers.name_of(row.customer_id),
            stars=row.stars,
            text=row.text,
            hidden=bool(row.hidden),
            changed_at=row.changed_at,
        )
