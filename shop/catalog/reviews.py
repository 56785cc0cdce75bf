"""Reviews: customers write them, admins hide them."""

from dataclasses import dataclass

from shop.context import Context
from shop.errors.refusals import NotFound, TextTooLong
from shop.outbox import Event
from shop.people import Person, Right
from storage.models import Customer, Order, OrderLine, Product
from storage.models import Review as ReviewRow

MAX_TEXT = 500
MOST_ON_A_PAGE = 5
STARS = range(1, 6)
MAX_REASON = 300


@dataclass(frozen=True, slots=True)
class Rating:
    """A product's rating: the number of reviews, and their average in tenths of a star, rounded down."""

    count: int
    tenths: int


NO_RATING = Rating(0, 0)


@dataclass(frozen=True, slots=True)
class Review:
    """A review as customers see it: only the author's initial."""

    initial: str
    stars: int
    text: str
    written_at: int


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """One page of the reviews of a product, newest first."""

    product_id: int
    product_name: str
    rating: Rating
    reviews: tuple[Review, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class OwnLine:
    """A line of a customer's own order, with their review."""

    line_id: int
    order_id: int
    product_name: str
    stars: int | None
    text: str


@dataclass(frozen=True, slots=True)
class NewReview:
    """A new review as admins are notified of it."""

    customer_id: int
    product_name: str
    stars: int
    text: str


@dataclass(frozen=True, slots=True)
class Reviews:
    """Reviews of purchases."""

    context: Context

    def line(self, person: Person, line_id: int) -> OwnLine:
        """Read a line of this customer's orders with its review.

        Raises:
            NotFound: no such line, or another customer's.
        """
        line = own_line(person, line_id)
        review = ReviewRow.of_line(line_id)
        return OwnLine(
            line_id=line.id,
            order_id=line.order_id,
            product_name=line.product_name,
            stars=None if review is None else review.stars,
            text="" if review is None else review.text,
        )

    def rate(self, person: Person, line_id: int, stars: int) -> OwnLine:
        """Rate a line, or change its stars; the text stays.

        Raises:
            NotFound: no such line of this customer, or no such number of stars.
        """
        if stars not in STARS:
            raise NotFound
        self._write(person, line_id, stars=stars)
        return self.line(person, line_id)

    def write(self, person: Person, line_id: int, text: str) -> OwnLine:
        """Write or change the text of a rated line.

        Raises:
            NotFound: no such line of this customer, or it is not rated yet.
            TextTooLong: the text is too long.
        """
        if len(text) > MAX_TEXT:
            raise TextTooLong(MAX_TEXT)
        if self.line(person, line_id).stars is None:
            raise NotFound
        self._write(person, line_id, text=text.strip())
        return self.line(person, line_id)

    def of(self, product_id: int, *, page: int) -> ReviewPage:
        """Read one page of the reviews of a product; a page beyond the last shows the last.

        Raises:
            NotFound: no such product, or it is hidden.
        """
        products = Product.in_sight([product_id])
        if not products:
            raise NotFound
        rating = rating_of(product_id)
        size = _page_size(self.context)
        page, pages = self.context.page(page, rating.count, size=size)
        rows = ReviewRow.of_product(product_id, page=page, size=size)
        reviews = tuple(
            Review(_initial(row.customer.first_name), row.stars, row.text, row.changed_at) for row in rows
        )
        return ReviewPage(product_id, products[0].name, rating, reviews, page, pages)

    def new(self, review_id: int) -> NewReview:
        """Read a review, for letters to the admins."""
        row = ReviewRow.get_by_id(review_id)
        name = OrderLine.get_by_id(row.order_line_id).product_name
        return NewReview(row.customer_id, name, row.stars, row.text)

    def _write(self, person: Person, line_id: int, **what: object) -> None:
        now = self.context.clock()
        with self.context.database.transaction():
            line = own_line(person, line_id)
            known = ReviewRow.of_line(line_id)
            if known is None:
                columns = {"order_line_id": line.id, "product_id": line.product_id, "customer": person.id}
                review_id = ReviewRow.create(**columns, created_at=now, changed_at=now, **what).id
            else:
                review_id = known.id
                ReviewRow.change(review_id, changed_at=now, **what)
            # Admins are notified again only of a new text, not of new stars.
            tell = self.context.outbox.tell_admins_again if "text" in what else self.context.outbox.tell_admins
            tell(Event.ADMIN_REVIEW, key=f"review:{review_id}", payload={"review_id": review_id})


def own_line(person: Person, line_id: int) -> OrderLine:
    """Find a line of this customer's orders.

    Raises:
        NotFound: no such line, or another customer's.
    """
    line = OrderLine.get_or_none(OrderLine.id == line_id)
    if line is None or Order.one_of(person.id, line.order_id) is None:
        raise NotFound
    found: OrderLine = line
    return found


def _page_size(context: Context) -> int:
    """How many reviews fit into a message, whatever the settings ask for."""
    return min(context.page_entries, MOST_ON_A_PAGE)


def rating_of(product_id: int) -> Rating:
    """Return the rating of a product."""
    count, stars = ReviewRow.counted(product_id)
    return Rating(count, stars * 10 // count if count else 0)


def _initial(first_name: str) -> str:
    name = first_name.strip()
    return f"{name[0]}." if name else "·"


@dataclass(frozen=True, slots=True)
class EveryReview:
    """A review as admins see it, hidden or not. `product` is the product's name at the purchase."""

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


@dataclass(frozen=True, slots=True)
class Moderation:
    """Moderation of all reviews. A hidden one does not count, and its author learns why."""

    context: Context

    def page(self, admin: Person, product_id: int | None, *, page: int) -> EveryReviewPage:
        """Read one page of all reviews, or of those of a product; a page beyond the last shows the last."""
        self.context.customers.require(admin, Right.CUSTOMERS)
        size = _page_size(self.context)
        page, pages = self.context.page(page, ReviewRow.count_all(product_id), size=size)
        rows = ReviewRow.page_of_all(product_id, page=page, size=size)
        return EveryReviewPage(product_id, tuple(self._view(row) for row in rows), page, pages)

    def one(self, admin: Person, review_id: int) -> EveryReview:
        """Read a review.

        Raises:
            NotFound: no such review.
        """
        self.context.customers.require(admin, Right.CUSTOMERS)
        return self._view(self._row(review_id))

    def hide(self, admin: Person, review_id: int, reason: str) -> EveryReview:
        """Hide a review and tell its author why. If it is hidden already, nothing happens.

        Raises:
            NotFound: no such review.
            TextTooLong: the reason is too long.
        """
        self.context.customers.require(admin, Right.CUSTOMERS)
        if len(reason) > MAX_REASON:
            raise TextTooLong(MAX_REASON)
        with self.context.database.transaction():
            row = self._row(review_id)
            if not row.hidden:
                ReviewRow.change(row.id, hidden=True)
                number = self.context.audit.write(admin, "review.hidden", f"review {row.id}", reason=reason)
                payload = {"review_id": row.id, "reason": reason}
                writer = Customer.get_by_id(row.customer_id)
                self.context.outbox.tell(writer, Event.REVIEW_HIDDEN, key=f"review-hidden:{number}", payload=payload)
        return self._view(self._row(review_id))

    def show(self, admin: Person, review_id: int) -> EveryReview:
        """Show a hidden review again.

        Raises:
            NotFound: no such review.
        """
        self.context.customers.require(admin, Right.CUSTOMERS)
        with self.context.database.transaction():
            row = self._row(review_id)
            if row.hidden:
                ReviewRow.change(row.id, hidden=False)
                self.context.audit.write(admin, "review.shown", f"review {row.id}")
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
            customer=self.context.customers.name_of(row.customer_id),
            stars=row.stars,
            text=row.text,
            hidden=bool(row.hidden),
            changed_at=row.changed_at,
        )
