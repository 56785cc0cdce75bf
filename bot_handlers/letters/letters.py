"""Letters that are one screen each."""

from collections.abc import Callable

from bot_handlers.screens import account as account_screens
from bot_handlers.screens import administration as administration_screens
from bot_handlers.screens import announcements as announcements_screens
from bot_handlers.screens import catalog as catalog_screens
from bot_handlers.screens import checkout as checkout_screens
from bot_handlers.screens import customers as customers_screens
from bot_handlers.screens import goods as goods_screens
from bot_handlers.screens import orders as orders_screens
from bot_handlers.screens import reports as reports_screens
from bot_handlers.screens import reviews as reviews_screens
from bot_handlers.screens import tickets as tickets_screens
from bot_handlers.screens import top_ups as top_ups_screens
from bot_handlers.screens.screen import Screen
from locales import Translator
from shop.announcements.sending import Broadcasts
from shop.assets import ASSETS
from shop.catalog.reviews import Reviews
from shop.catalog.storefront import Catalog
from shop.catalog.tree import CatalogTree, Target
from shop.customers import Customers
from shop.errors import NotFound
from shop.ledger import EntryKind
from shop.money import Money
from shop.outbox import Event, Letter
from shop.reports.reconciliation import Reconciliation
from shop.sales.orders import Orders
from shop.support.adjustments import Adjustments
from shop.support.refunds import Refunds
from shop.support.tickets import Tickets

Writer = Callable[[Letter, Translator], Screen | None]


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
        refunds: Refunds,
        adjustments: Adjustments,
        books: Reconciliation,
        broadcasts: Broadcasts,
        branches: CatalogTree,
        currency: str,
    ) -> None:
        self._customers = customers
        self._catalog = catalog
        self._orders = orders
        self._reviews = reviews
        self._tickets = tickets
        self._refunds = refunds
        self._adjustments = adjustments
        self._books = books
        self._broadcasts = broadcasts
        self._branches = branches
        self._currency = currency
        self._writers = self._every_writer()

    def _every_writer(self) -> dict[Event, Writer]:
        return {
            Event.ORDERED: self._of_waiting,
            Event.NOT_ORDERED: self._of_waiting,
            Event.STILL_SHORT: self._of_waiting,
            Event.BONUS: self._bonus,
            Event.REFUNDED: self._refunded,
            Event.ADJUSTED: self._adjusted,
            Event.SHOP_WRITES: self._shop_writes,
            Event.REVIEW_HIDDEN: self._review_hidden,
            Event.RESTOCKED: self._restocked,
            Event.ROLE: self._role,
            Event.ANNOUNCED: self._announced,
            Event.TICKET: self._of_ticket,
            Event.TICKET_CLOSED: self._of_ticket,
            **self._for_admins(),
        }

    def _for_admins(self) -> dict[Event, Writer]:
        return {
            Event.ADMIN_PURCHASE: self._purchase,
            Event.ADMIN_LOW_STOCK: self._low_stock,
            Event.ADMIN_BACKUP_FAILED: lambda letter, t: administration_screens.failed(letter.payload["reason"], t),
            Event.ADMIN_ALARM: lambda letter, t: administration_screens.alarm(letter.payload, t),
            Event.ADMIN_ALL_CLEAR: lambda letter, t: administration_screens.all_clear(letter.payload, t),
            Event.ADMIN_DELAYED: self._trouble,
            Event.ADMIN_ANSWERS: self._trouble,
            Event.ADMIN_BUNDLE: self._bundle,
            Event.ADMIN_CUSTOMER: self._new_customer,
            Event.ADMIN_POOL: self._pool,
            Event.ADMIN_UNSEEN: self._unseen,
            Event.ADMIN_BOOKS: self._books_differ,
            Event.ADMIN_REVIEW: self._review,
            Event.ADMIN_TICKET: self._of_ticket,
            Event.ADMIN_TICKET_CLOSED: self._of_ticket,
        }

    def writes(self, event: Event) -> bool:
        """Tell whether a letter about this is one screen."""
        return event in self._writers

    def screen(self, letter: Letter, t: Translator) -> Screen | None:
        """Write a letter; None when there is nothing left to tell."""
        return self._writers[letter.event](letter, t)

    def _bonus(self, letter: Letter, t: Translator) -> Screen:
        amount = Money(letter.payload["minor"], self._currency)
        return account_screens.bonus(EntryKind(letter.payload["kind"]), amount, t)

    def _refunded(self, letter: Letter, t: Translator) -> Screen:
        payload = letter.payload
        amount, names = Money(payload["minor"], self._currency), self._refunds.names_of(payload["line_ids"])
        return orders_screens.refunded(payload["order_id"], amount, names, t)

    def _adjusted(self, letter: Letter, t: Translator) -> Screen:
        return customers_screens.adjustment_letter(self._adjustments.one(letter.payload["adjustment_id"]), t)

    def _shop_writes(self, letter: Letter, t: Translator) -> Screen:
        return customers_screens.letter(letter.payload["text"], t)

    def _review_hidden(self, letter: Letter, t: Translator) -> Screen:
        review = self._reviews.new(letter.payload["review_id"])
        return reviews_screens.hidden(review, letter.payload["reason"], t)

    def _role(self, letter: Letter, t: Translator) -> Screen:
        return administration_screens.role(self._customers.rights_of(letter.telegram_id), t)

    def _announced(self, letter: Letter, t: Translator) -> Screen:
        return announcements_screens.report(self._broadcasts.status(letter.payload["announcement_id"]), t)

    def _purchase(self, letter: Letter, t: Translator) -> Screen:
        receipt = self._orders.receipt_by_id(letter.payload["order_id"])
        return orders_screens.purchase(receipt, self._customers.name_of(receipt.customer_id), t)

    def _low_stock(self, letter: Letter, t: Translator) -> Screen | None:
        try:
            sheet = self._branches.read(Target(True, letter.payload["product_id"]))
        except NotFound:  # deleted since
            return None
        return goods_screens.low_stock(sheet, t)

    def _trouble(self, letter: Letter, t: Translator) -> Screen:
        return administration_screens.trouble(letter.payload["chain"], t, back=letter.event is Event.ADMIN_ANSWERS)

    def _pool(self, letter: Letter, t: Translator) -> Screen:
        return top_ups_screens.pool(letter.payload["left"], t)

    def _unseen(self, letter: Letter, t: Translator) -> Screen:
        payload = letter.payload
        asset, name = ASSETS[payload["asset"]], self._customers.name_of(payload["customer_id"])
        return top_ups_screens.unseen(asset, int(payload["units"]), payload["address"], name, t)

    def _books_differ(self, letter: Letter, t: Translator) -> Screen:
        return reports_screens.books_differ(self._books.news(letter.payload["look_id"]), t)

    def _review(self, letter: Letter, t: Translator) -> Screen:
        review = self._reviews.new(letter.payload["review_id"])
        return reviews_screens.new_review(review, self._customers.name_of(review.customer_id), t)

    def _bundle(self, letter: Letter, t: Translator) -> Screen:
        return administration_screens.bundle(letter, t)

    def _new_customer(self, letter: Letter, t: Translator) -> Screen:
        return administration_screens.new_customer(self._customers.name_of(letter.payload["customer_id"]), t)

    def _of_waiting(self, letter: Letter, t: Translator) -> Screen:
        payload = letter.payload
        if letter.event is Event.ORDERED:
            return checkout_screens.ordered(self._orders.receipt_by_id(payload["order_id"]), t)
        amount = Money(payload["minor"], self._currency)
        if letter.event is Event.STILL_SHORT:
            return checkout_screens.still_short(amount, payload["offer_id"], t)
        return checkout_screens.not_ordered(amount, payload["reason"], payload, t)

    def _restocked(self, letter: Letter, t: Translator) -> Screen | None:
        try:
            return catalog_screens.restocked(self._catalog.product(letter.payload["product_id"]), t)
        except NotFound:  # hidden since
            return None

    def _of_ticket(self, letter: Letter, t: Translator) -> Screen:
        if letter.event in (Event.TICKET_CLOSED, Event.ADMIN_TICKET_CLOSED):
            ticket = self._tickets.ticket(letter.payload["ticket_id"])
            if letter.event is Event.TICKET_CLOSED:
                return tickets_screens.closed(ticket, t)
            return tickets_screens.closed_by_customer(ticket, self._customers.name_of(ticket.customer_id), t)
        ticket, message = self._tickets.message(letter.payload["message_id"])
        if letter.event is Event.TICKET:
            return tickets_screens.answered(ticket, message, t)
        return tickets_screens.asked(ticket, message, self._customers.name_of(ticket.customer_id), t)
