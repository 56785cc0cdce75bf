"""The letter for each event: one table, from the event to what is sent."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from bot_handlers.letters import stars
from bot_handlers.screens import account as account_screens
from bot_handlers.screens import administration as administration_screens
from bot_handlers.screens import announcements as announcements_screens
from bot_handlers.screens import bots as bots_screens
from bot_handlers.screens import catalog as catalog_screens
from bot_handlers.screens import checkout as checkout_screens
from bot_handlers.screens import customers as customers_screens
from bot_handlers.screens import goods as goods_screens
from bot_handlers.screens import orders as orders_screens
from bot_handlers.screens import reports as reports_screens
from bot_handlers.screens import reviews as reviews_screens
from bot_handlers.screens import support as support_screens
from bot_handlers.screens import sweeps as sweeps_screens
from bot_handlers.screens import tickets as tickets_screens
from bot_handlers.screens import top_ups as top_ups_screens
from bot_handlers.screens.screen import FileParcel, Forwarded, Parcel, Screen
from locales import Translator
from shop.assembly import Shop
from shop.assets import ASSETS, NOT_CREDITED
from shop.catalog.tree import Target
from shop.errors.refusals import NotFound
from shop.ledger import EntryKind
from shop.money import Money
from shop.outbox import Event, Letter, SentMessage
from shop.payments.invoice_views import InvoiceState
from shop.payments.invoices import Invoices
from shop.payments.top_up_screens import LiveScreen
from shop.payments.top_ups import TopUp

_log = logging.getLogger("souk.letters")


@dataclass(frozen=True, slots=True)
class Progress:
    """A screen that replaces the message that showed it last. `shown` gets the id of the message that shows it now.

    With `gone`, only the caption of a picture is updated, and `gone` is called if the message no longer exists.
    """

    screen: Screen
    message_id: int | None
    shown: Callable[[int], None]
    gone: Callable[[], None] | None = None


Message = Screen | Parcel | FileParcel | Forwarded | Progress | None
"""What a letter is rendered to, which also decides how it is sent; None: there is nothing to send any more."""


@dataclass(frozen=True, slots=True)
class Letters:
    """Reads what a letter is about, and writes it."""

    shop: Shop
    currency: str

    def write(self, letter: Letter, t: Translator) -> Message:
        """Write a letter from the current state."""
        return WRITERS[letter.event](self, letter, t)

    def _goods(self, letter: Letter, t: Translator) -> Parcel:
        return orders_screens.parcel(self.shop.orders.receipt_by_id(letter.payload["order_id"]), t)

    def _goods_file(self, letter: Letter, t: Translator) -> FileParcel:
        file = self.shop.delivery.file(letter.payload["line_id"], letter.payload["file_id"])
        return orders_screens.file_parcel(file, t)

    def _made(self, letter: Letter, t: Translator) -> Parcel:
        line_id = letter.payload["line_id"]
        order_id = self.shop.delivery.line(line_id).order_id
        return orders_screens.made_parcel(order_id, self.shop.delivery.receipt_line(line_id), t)

    def _replaced(self, letter: Letter, t: Translator) -> Parcel:
        replacement = self.shop.delivery.replacement(letter.payload["line_id"], letter.payload["item_id"])
        return orders_screens.replaced_parcel(*replacement, t)

    def _ordered(self, letter: Letter, t: Translator) -> Screen:
        return checkout_screens.ordered(self.shop.orders.receipt_by_id(letter.payload["order_id"]), t)

    def _not_ordered(self, letter: Letter, t: Translator) -> Screen:
        return checkout_screens.not_ordered(self._amount(letter), letter.payload["reason"], letter.payload, t)

    def _still_short(self, letter: Letter, t: Translator) -> Screen:
        return checkout_screens.still_short(self._amount(letter), letter.payload["offer_id"], t)

    def _deposit(self, letter: Letter, t: Translator) -> Progress:
        """Write a deposit's progress; its first screen replaces the top-up's."""
        deposits, screens = self.shop.payments.deposits, self.shop.payments.screens
        view = deposits.view(letter.payload["deposit_id"])
        screen = top_ups_screens.deposit(view, t)
        top_up = screens.on(view.customer_id, view.asset.chain) if view.message is None else None
        return self._outcome(letter, screen, view.message, top_up, partial(deposits.announced, view.id))

    def _outcome(
        self,
        letter: Letter,
        screen: Screen,
        known: SentMessage | None,
        live: LiveScreen | None,
        announced: Callable[[SentMessage], None],
    ) -> Progress:
        """Write a payment's outcome, in its own message, which first replaces the live screen of its top-up."""
        message = known if live is None else live.message

        def shown(message_id: int) -> None:
            announced(SentMessage(letter.bot_id, message_id))
            if live is not None:
                self.shop.payments.screens.end(live.id)

        return Progress(screen, None if message is None else message.number_for(letter.bot_id), shown)

    def _top_up(self, letter: Letter, t: Translator) -> Progress | None:
        """Write a top-up screen in its current state; None if the customer has left it.

        An expired invoice loses its picture, whose address should no longer be paid to.
        """
        screens, customer_id = self.shop.payments.screens, letter.payload["customer_id"]
        live = screens.now(customer_id)
        message_id = None if live is None else live.message.number_for(letter.bot_id)
        if live is None or message_id is None:
            return None
        arrived, ended = partial(screens.arrived, live.id), partial(screens.end, live.id)
        if isinstance(live.shown, TopUp):
            kept = self.shop.reservations.kept(customer_id)
            screen = top_ups_screens.top_up(live.shown, self.currency, t, kept=kept)
            return Progress(screen, message_id, arrived, gone=ended)
        if live.shown.state is not InvoiceState.OPEN:  # a separate letter reports its outcome
            return None
        if not live.shown.minutes_left:
            return Progress(top_ups_screens.outcome(live.shown, t), message_id, arrived)
        return Progress(top_ups_screens.invoice(live.shown, t), message_id, arrived, gone=ended)

    def _invoice(self, letter: Letter, t: Translator) -> Progress | None:
        invoices = self._invoices(letter)
        if invoices is None:
            return None
        view = invoices.view(letter.payload["invoice_id"])
        screen = top_ups_screens.outcome(view, t)
        live = self.shop.payments.screens.of_invoice(view)
        return self._outcome(letter, screen, view.message, live, partial(invoices.announced, view.id))

    def _bonus(self, letter: Letter, t: Translator) -> Screen:
        return account_screens.bonus(EntryKind(letter.payload["kind"]), self._amount(letter), t)

    def _refunded(self, letter: Letter, t: Translator) -> Screen:
        names = self.shop.refunds.names_of(letter.payload["line_ids"])
        return orders_screens.refunded(letter.payload["order_id"], self._amount(letter), names, t)

    def _adjusted(self, letter: Letter, t: Translator) -> Screen:
        return customers_screens.adjustment_letter(self.shop.adjustments.one(letter.payload["adjustment_id"]), t)

    def _shop_writes(self, letter: Letter, t: Translator) -> Screen:
        return customers_screens.letter(letter.payload["text"], t)

    def _review_hidden(self, letter: Letter, t: Translator) -> Screen:
        review = self.shop.reviews.new(letter.payload["review_id"])
        return reviews_screens.hidden(review, letter.payload["reason"], t)

    def _restocked(self, letter: Letter, t: Translator) -> Screen | None:
        try:
            return catalog_screens.restocked(self.shop.catalog.product(letter.payload["product_id"]), t)
        except NotFound:  # hidden since
            return None

    def _ticket(self, letter: Letter, t: Translator) -> Screen | Forwarded:
        ticket, message = self.shop.tickets.message(letter.payload["message_id"])
        return tickets_screens.forwarded(tickets_screens.answered(ticket, message, t), message)

    def _ticket_closed(self, letter: Letter, t: Translator) -> Screen:
        return tickets_screens.closed(self.shop.tickets.ticket(letter.payload["ticket_id"]), t)

    def _role(self, letter: Letter, t: Translator) -> Screen:
        return administration_screens.role(self.shop.customers.rights_of(letter.telegram_id), t)

    def _account_arrived(self, letter: Letter, t: Translator) -> Screen:
        return support_screens.arrived(t, deletion_ended=letter.payload.get("deletion_ended", False))

    def _account_left(self, _letter: Letter, t: Translator) -> Screen:
        return support_screens.left(self.shop.operator.contact(), t)

    def _announced(self, letter: Letter, t: Translator) -> Screen:
        return announcements_screens.report(self.shop.broadcasts.status(letter.payload["announcement_id"]), t)

    def _not_announced(self, letter: Letter, t: Translator) -> Screen:
        return announcements_screens.not_sent(letter.payload["due_at"], letter.payload["reason"], t)

    def _admin_purchase(self, letter: Letter, t: Translator) -> Screen:
        receipt = self.shop.orders.receipt_by_id(letter.payload["order_id"])
        return orders_screens.purchase(receipt, self._name(receipt.customer_id), t)

    def _admin_goods_refused(self, letter: Letter, t: Translator) -> Screen:
        receipt = self.shop.orders.receipt_by_id(letter.payload["order_id"])
        name, by_proxy = self._name(receipt.customer_id), letter.payload.get("by_proxy", False)
        return orders_screens.goods_refused(receipt, name, t, by_proxy=by_proxy)

    def _admin_low_stock(self, letter: Letter, t: Translator) -> Screen | None:
        try:
            sheet = self.shop.catalog_tree.read(Target(True, letter.payload["product_id"]))
        except NotFound:  # deleted since
            return None
        return goods_screens.low_stock(sheet, t)

    def _admin_to_make(self, letter: Letter, t: Translator) -> Screen:
        line = self.shop.delivery.line(letter.payload["line_id"])
        return orders_screens.to_make(line, self._name(line.customer_id), t)

    def _admin_seen(self, letter: Letter, t: Translator) -> Screen:
        view = self.shop.payments.deposits.view(letter.payload["deposit_id"])
        return administration_screens.deposit_seen(view, self._name(view.customer_id), t)

    def _admin_deposit(self, letter: Letter, t: Translator) -> Screen:
        view = self.shop.payments.deposits.view(letter.payload["deposit_id"])
        return top_ups_screens.admin_deposit(view, self._name(view.customer_id), t)

    def _admin_vanished(self, letter: Letter, t: Translator) -> Screen:
        view = self.shop.payments.deposits.view(letter.payload["deposit_id"])
        return top_ups_screens.vanished(view, self._name(view.customer_id), t)

    def _admin_held(self, letter: Letter, t: Translator) -> Screen:
        view = self.shop.payments.deposits.view(letter.payload["deposit_id"])
        return top_ups_screens.held(view, self._name(view.customer_id), t)

    def _admin_contradicted(self, letter: Letter, t: Translator) -> Screen:
        view = self.shop.payments.deposits.view(letter.payload["deposit_id"])
        return top_ups_screens.contradicted(view, letter.payload, self._name(view.customer_id), t)

    def _admin_invoice(self, letter: Letter, t: Translator) -> Screen | None:
        invoices = self._invoices(letter)
        if invoices is None:
            return None
        view = invoices.view(letter.payload["invoice_id"])
        return top_ups_screens.admin_invoice(view, self._name(view.customer_id), t)

    def _admin_invoice_differs(self, letter: Letter, t: Translator) -> Screen | None:
        invoices = self._invoices(letter)
        if invoices is None:
            return None
        view = invoices.view(letter.payload["invoice_id"])
        return top_ups_screens.invoice_differs(view, letter.payload["differing"], self._name(view.customer_id), t)

    def _admin_invoice_unread(self, letter: Letter, t: Translator) -> Screen | None:
        invoices = self._invoices(letter)
        if invoices is None:
            return None
        view = invoices.view(letter.payload["invoice_id"])
        return top_ups_screens.invoice_unread(view, self._name(view.customer_id), t)

    def _admin_invoice_unknown(self, letter: Letter, t: Translator) -> Screen:
        asked = Money(letter.payload["minor"], letter.payload["currency"])
        return top_ups_screens.invoice_unknown(letter.payload["provider"], letter.payload["number"], asked, t)

    def _admin_trouble(self, letter: Letter, t: Translator) -> Screen:
        return administration_screens.trouble(letter.payload["chain"], t, back=letter.event is Event.ADMIN_ANSWERS)

    def _admin_backup(self, letter: Letter, t: Translator) -> Screen | FileParcel | None:
        snapshot = self.shop.backups.find(letter.payload["file"])
        if snapshot is None:  # newer snapshots have replaced it
            return None
        if snapshot.can_be_sent:
            return administration_screens.parcel(snapshot, snapshot.path.read_bytes(), t)
        return administration_screens.on_the_server(snapshot, t)

    def _admin_backup_failed(self, letter: Letter, t: Translator) -> Screen:
        return administration_screens.failed(letter.payload["reason"], t)

    def _admin_key(self, letter: Letter, t: Translator) -> Screen:
        return administration_screens.key_reminder(letter.payload["key"], letter.payload["file"], t)

    def _admin_deletions(self, letter: Letter, t: Translator) -> Screen:
        return administration_screens.deletions(letter.payload["count"], t)

    def _admin_alarm(self, letter: Letter, t: Translator) -> Screen:
        return administration_screens.alarm(letter.payload, t)

    def _admin_all_clear(self, letter: Letter, t: Translator) -> Screen:
        return administration_screens.all_clear(letter.payload, t)

    def _admin_deaf(self, letter: Letter, t: Translator) -> Screen:
        screen = bots_screens.deaf if "name" in letter.payload else administration_screens.deaf
        return screen(letter.payload, t)

    def _admin_hears(self, letter: Letter, t: Translator) -> Screen:
        return bots_screens.hears(letter.payload, t) if letter.payload else administration_screens.hears(t)

    def _admin_bot_off(self, letter: Letter, t: Translator) -> Screen:
        return bots_screens.off(letter.payload, t)

    def _admin_branches(self, letter: Letter, t: Translator) -> Screen:
        return administration_screens.branches(letter.payload["chain"], letter.payload["servers"], t)

    def _admin_pool(self, letter: Letter, t: Translator) -> Screen:
        return top_ups_screens.pool(letter.payload["left"], t)

    def _admin_unseen(self, letter: Letter, t: Translator) -> Screen:
        payload, name = letter.payload, self._name(letter.payload["customer_id"])
        if "contract" in payload:
            return top_ups_screens.unseen_by_contract(payload, name, t)
        asset = (ASSETS | NOT_CREDITED)[payload["asset"]]
        return top_ups_screens.unseen(asset, int(payload["units"]), payload["address"], name, t)

    def _admin_books(self, letter: Letter, t: Translator) -> Screen:
        return reports_screens.books_differ(self.shop.reconciliation.news(letter.payload["look_id"]), t)

    def _admin_sweep(self, letter: Letter, t: Translator) -> Progress | None:
        """Write a sweep's progress in one message, and its end in a new one."""
        sweeps, to = self.shop.sweeps, (letter.telegram_id, letter.bot_id)
        view, is_the_end = sweeps.view(letter.payload["sweep_id"]), letter.payload.get("is_over", False)
        message_id = None if is_the_end else sweeps.message_of(view.id, *to)
        if message_id is None and view.is_over and not is_the_end:
            return None
        return Progress(sweeps_screens.sweep(view, t), message_id, partial(sweeps.shown, view.id, *to))

    def _admin_series(self, letter: Letter, t: Translator) -> Screen:
        return administration_screens.series(letter.payload, self._name(letter.payload["manager_id"]), t)

    def _admin_action(self, letter: Letter, t: Translator) -> Screen:
        return administration_screens.admin_action(self.shop.audit_log.one(letter.payload["entry_id"]), t)

    def _admin_factor(self, _letter: Letter, t: Translator) -> Screen:
        return administration_screens.factor_reminder(t)

    def _admin_customer(self, letter: Letter, t: Translator) -> Screen:
        return administration_screens.new_customer(self._name(letter.payload["customer_id"]), t)

    def _admin_error(self, letter: Letter, t: Translator) -> FileParcel:
        return administration_screens.error(letter, t)

    def _admin_bundle(self, letter: Letter, t: Translator) -> Screen:
        return administration_screens.bundle(letter, t)

    def _admin_review(self, letter: Letter, t: Translator) -> Screen:
        review = self.shop.reviews.new(letter.payload["review_id"])
        return reviews_screens.new_review(review, self._name(review.customer_id), t)

    def _admin_ticket(self, letter: Letter, t: Translator) -> Screen | Forwarded:
        ticket, message = self.shop.tickets.message(letter.payload["message_id"])
        screen = tickets_screens.asked(ticket, message, self._name(ticket.customer_id), t)
        return tickets_screens.forwarded(screen, message)

    def _admin_ticket_closed(self, letter: Letter, t: Translator) -> Screen:
        ticket = self.shop.tickets.ticket(letter.payload["ticket_id"])
        return tickets_screens.closed_by_customer(ticket, self._name(ticket.customer_id), t)

    def _invoices(self, letter: Letter) -> Invoices | None:
        invoices = self.shop.payments.invoices
        if invoices is None:
            _log.warning("letter %d is about an invoice, but no provider takes payments any more", letter.id)
        return invoices

    def _name(self, customer_id: int) -> str:
        return self.shop.customers.name_of(customer_id)

    def _amount(self, letter: Letter) -> Money:
        return Money(letter.payload["minor"], self.currency)


WRITERS: Mapping[Event, Callable[[Letters, Letter, Translator], Message]] = MappingProxyType(
    {
        Event.GOODS: Letters._goods,
        Event.GOODS_FILE: Letters._goods_file,
        Event.MADE: Letters._made,
        Event.ORDERED: Letters._ordered,
        Event.NOT_ORDERED: Letters._not_ordered,
        Event.STILL_SHORT: Letters._still_short,
        Event.TOP_UP: Letters._top_up,
        Event.DEPOSIT: Letters._deposit,
        Event.INVOICE: Letters._invoice,
        **stars.WRITERS,
        Event.BONUS: Letters._bonus,
        Event.REFUNDED: Letters._refunded,
        Event.REPLACED: Letters._replaced,
        Event.ADJUSTED: Letters._adjusted,
        Event.SHOP_WRITES: Letters._shop_writes,
        Event.REVIEW_HIDDEN: Letters._review_hidden,
        Event.RESTOCKED: Letters._restocked,
        Event.TICKET: Letters._ticket,
        Event.TICKET_CLOSED: Letters._ticket_closed,
        Event.ROLE: Letters._role,
        Event.ACCOUNT_ARRIVED: Letters._account_arrived,
        Event.ACCOUNT_LEFT: Letters._account_left,
        Event.ANNOUNCED: Letters._announced,
        Event.NOT_ANNOUNCED: Letters._not_announced,
        Event.ADMIN_PURCHASE: Letters._admin_purchase,
        Event.ADMIN_GOODS_REFUSED: Letters._admin_goods_refused,
        Event.ADMIN_LOW_STOCK: Letters._admin_low_stock,
        Event.ADMIN_TO_MAKE: Letters._admin_to_make,
        Event.ADMIN_DEPOSIT: Letters._admin_deposit,
        Event.ADMIN_INVOICE: Letters._admin_invoice,
        Event.ADMIN_INVOICE_DIFFERS: Letters._admin_invoice_differs,
        Event.ADMIN_INVOICE_UNREAD: Letters._admin_invoice_unread,
        Event.ADMIN_INVOICE_UNKNOWN: Letters._admin_invoice_unknown,
        Event.ADMIN_VANISHED: Letters._admin_vanished,
        Event.ADMIN_HELD: Letters._admin_held,
        Event.ADMIN_CEILING: Letters._admin_held,
        Event.ADMIN_CONTRADICTED: Letters._admin_contradicted,
        Event.ADMIN_DELAYED: Letters._admin_trouble,
        Event.ADMIN_ANSWERS: Letters._admin_trouble,
        Event.ADMIN_SERIES: Letters._admin_series,
        Event.ADMIN_ACTION: Letters._admin_action,
        Event.ADMIN_FACTOR: Letters._admin_factor,
        Event.ADMIN_BACKUP: Letters._admin_backup,
        Event.ADMIN_BACKUP_FAILED: Letters._admin_backup_failed,
        Event.ADMIN_KEY: Letters._admin_key,
        Event.ADMIN_DELETIONS: Letters._admin_deletions,
        Event.ADMIN_ALARM: Letters._admin_alarm,
        Event.ADMIN_ALL_CLEAR: Letters._admin_all_clear,
        Event.ADMIN_DEAF: Letters._admin_deaf,
        Event.ADMIN_HEARS: Letters._admin_hears,
        Event.ADMIN_BOT_OFF: Letters._admin_bot_off,
        Event.ADMIN_BRANCHES: Letters._admin_branches,
        Event.ADMIN_POOL: Letters._admin_pool,
        Event.ADMIN_UNSEEN: Letters._admin_unseen,
        Event.ADMIN_BOOKS: Letters._admin_books,
        Event.ADMIN_SWEEP: Letters._admin_sweep,
        Event.ADMIN_CUSTOMER: Letters._admin_customer,
        Event.ADMIN_SEEN: Letters._admin_seen,
        Event.ADMIN_ERROR: Letters._admin_error,
        Event.ADMIN_BUNDLE: Letters._admin_bundle,
        Event.ADMIN_REVIEW: Letters._admin_review,
        Event.ADMIN_TICKET: Letters._admin_ticket,
        Event.ADMIN_TICKET_CLOSED: Letters._admin_ticket_closed,
    }
)
"""The writer of the letter about each event. Which admins get it is in `shop.administration.notifications`."""
