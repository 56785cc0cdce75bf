"""Letters of what stands around the selling, as screens."""

from bot_handlers.views import admin as admin_views
from bot_handlers.views import profile as profile_views
from bot_handlers.views import reviews as review_views
from bot_handlers.views import roles as role_views
from bot_handlers.views import tickets as ticket_views
from bot_handlers.views import waiting as waiting_views
from bot_handlers.views.screen import Screen
from locales import Translator
from shop.assets import ASSETS
from shop.catalog import Catalog
from shop.customers import Customers
from shop.errors import NotFound
from shop.ledger import EntryKind
from shop.money import Money
from shop.orders import Orders
from shop.outbox import Event, Letter
from shop.reviews import Reviews
from shop.tickets import Tickets

EVENTS = frozenset(
    {
        Event.ORDERED,
        Event.NOT_ORDERED,
        Event.STILL_SHORT,
        Event.BONUS,
        Event.RESTOCKED,
        Event.ROLE,
        Event.TICKET,
        Event.TICKET_CLOSED,
        Event.ADMIN_REVIEW,
        Event.ADMIN_TICKET,
        Event.ADMIN_TICKET_CLOSED,
        Event.ADMIN_UNSEEN,
    }
)


class Letters:
    """Reads what a letter is about and finds its words."""

    def __init__(
        self,
        customers: Customers,
        catalog: Catalog,
        orders: Orders,
        reviews: Reviews,
        tickets: Tickets,
        *,
        currency: str,
    ) -> None:
        self._customers = customers
        self._catalog = catalog
        self._orders = orders
        self._reviews = reviews
        self._tickets = tickets
        self._currency = currency

    def screen(self, letter: Letter, t: Translator) -> Screen | None:
        """Write a letter; None when there is nothing left to tell."""
        payload = letter.payload
        if letter.event is Event.BONUS:
            amount = Money(payload["minor"], self._currency)
            return profile_views.bonus(EntryKind(payload["kind"]), amount, t)
        if letter.event is Event.RESTOCKED:
            return self._restocked(payload["product_id"], t)
        if letter.event is Event.ROLE:
            return role_views.role(self._customers.rights_of(letter.telegram_id), t)
        if letter.event is Event.ADMIN_REVIEW:
            review = self._reviews.new(payload["review_id"])
            return review_views.new_review(review, self._customers.name_of(review.customer_id), t)
        if letter.event is Event.ADMIN_UNSEEN:
            asset, name = ASSETS[payload["asset"]], self._customers.name_of(payload["customer_id"])
            return admin_views.unseen(asset, int(payload["units"]), payload["address"], name, t)
        if letter.event in (Event.ORDERED, Event.NOT_ORDERED, Event.STILL_SHORT):
            return self._of_waiting(letter, t)
        return self._of_ticket(letter, t)

    def _of_waiting(self, letter: Letter, t: Translator) -> Screen:
        payload = letter.payload
        if letter.event is Event.ORDERED:
            return waiting_views.ordered(self._orders.receipt_by_id(payload["order_id"]), t)
        amount = Money(payload["minor"], self._currency)
        if letter.event is Event.STILL_SHORT:
            return waiting_views.still_short(amount, payload["offer_id"], t)
        return waiting_views.not_ordered(amount, payload["reason"], payload, t)

    def _restocked(self, product_id: int, t: Translator) -> Screen | None:
        try:
            return review_views.restocked(self._catalog.product(product_id), t)
        except NotFound:  # hidden since
            return None

    def _of_ticket(self, letter: Letter, t: Translator) -> Screen:
        if letter.event in (Event.TICKET_CLOSED, Event.ADMIN_TICKET_CLOSED):
            ticket = self._tickets.ticket(letter.payload["ticket_id"])
            if letter.event is Event.TICKET_CLOSED:
                return ticket_views.closed(ticket, t)
            return ticket_views.closed_by_customer(ticket, self._customers.name_of(ticket.customer_id), t)
        ticket, message = self._tickets.message(letter.payload["message_id"])
        if letter.event is Event.TICKET:
            return ticket_views.answered(ticket, message, t)
        return ticket_views.asked(ticket, message, self._customers.name_of(ticket.customer_id), t)
