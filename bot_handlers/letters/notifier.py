"""Letters of the outbox become messages, through the customer's own bot, in his language."""

import logging
import threading

from bot_handlers.letters.letters import Letters
from bot_handlers.screens import administration as administration_screens
from bot_handlers.screens import orders as orders_screens
from bot_handlers.screens import top_ups as top_ups_screens
from bot_handlers.screens.screen import Parcel, Screen
from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.messenger import Messenger
from locales import Languages, Translator
from shop.administration.backups import Backups
from shop.administration.error_reports import unreported
from shop.customers import Customers
from shop.outbox import Event, Letter, Outbox
from shop.payments.deposits import Deposits
from shop.payments.invoices import Invoices
from shop.sales.delivery import Delivery
from shop.sales.orders import Orders

_log = logging.getLogger("souk.notifier")

_BATCH = 50
_LOOK_EVERY_S = 1.0
_ABOUT_INVOICES = (Event.INVOICE, Event.ADMIN_INVOICE, Event.ADMIN_INVOICE_DIFFERS)
_ABOUT_GOODS = (Event.GOODS, Event.GOODS_FILE, Event.MADE, Event.REPLACED, Event.ADMIN_TO_MAKE)
_ABOUT_DEPOSITS = {
    Event.ADMIN_SEEN: administration_screens.deposit_seen,
    Event.ADMIN_DEPOSIT: top_ups_screens.admin_deposit,
    Event.ADMIN_VANISHED: top_ups_screens.vanished,
    Event.ADMIN_HELD: top_ups_screens.held,
}


class Notifier:
    """Sends what is due. A letter that fails is due again later."""

    def __init__(
        self,
        outbox: Outbox,
        customers: Customers,
        orders: Orders,
        delivery: Delivery,
        deposits: Deposits,
        *,
        backups: Backups,
        letters: Letters,
        languages: Languages,
        messenger: Messenger,
        invoices: Invoices | None = None,
    ) -> None:
        self._outbox = outbox
        self._customers = customers
        self._orders = orders
        self._delivery = delivery
        self._deposits = deposits
        self._invoices = invoices
        self._backups = backups
        self._letters = letters
        self._languages = languages
        self._messenger = messenger
        self._stop = threading.Event()

    def run(self) -> None:
        """Send what is due until `stop`; between letters, wait for the next one."""
        while not self._stop.is_set():
            for letter in self._outbox.due(limit=_BATCH):
                if not self._stop.is_set():
                    self._send(letter)
            self._outbox.wait(_LOOK_EVERY_S)

    def stop(self) -> None:
        """End after the letter in hand; what is not sent stays due."""
        self._stop.set()
        self._outbox.ring()

    def _send(self, letter: Letter) -> None:
        if not self._outbox.may_be_read(letter):
            self._outbox.withdraw(letter)
            return
        # The next attempt is planned before this one: a letter that breaks the job does not block those behind it.
        self._outbox.begin(letter)
        try:
            self._write(letter, self._languages[self._customers.language_of(letter.telegram_id)])
        except TelegramFailure as error:
            if failures.unreachable(error):
                self._outbox.unreachable(letter)
            elif wait_s := failures.retry_after_s(error):
                self._outbox.postpone(letter, wait_s)
            elif not failures.refused(error):
                self._outbox.unanswered(letter)
            _log.warning("letter %d not sent: %s", letter.id, failures.describe(error))
        else:
            self._outbox.sent(letter)

    def _write(self, letter: Letter, t: Translator) -> None:
        if letter.event in _ABOUT_GOODS:
            self._write_of_goods(letter, t)
        elif self._letters.writes(letter.event):
            screen = self._letters.screen(letter, t)
            if screen is not None:
                self._messenger.send(letter.bot_id, letter.telegram_id, screen)
        elif letter.event is Event.ADMIN_BACKUP:
            self._send_backup(letter, t)
        elif letter.event is Event.DEPOSIT:
            self._show_progress(letter, t)
        elif letter.event in _ABOUT_INVOICES:
            self._write_of_invoice(letter, t)
        elif letter.event is Event.ADMIN_ERROR:
            with unreported():
                self._messenger.deliver_file(
                    letter.bot_id, letter.telegram_id, administration_screens.error(letter, t)
                )
        elif letter.event is Event.ADMIN_CONTRADICTED:
            view = self._deposits.view(letter.payload["deposit_id"])
            name = self._customers.name_of(view.customer_id)
            screen = top_ups_screens.contradicted(view, letter.payload, name, t)
            self._messenger.send(letter.bot_id, letter.telegram_id, screen)
        else:
            view = self._deposits.view(letter.payload["deposit_id"])
            name = self._customers.name_of(view.customer_id)
            screen = _ABOUT_DEPOSITS[letter.event](view, name, t)
            self._messenger.send(letter.bot_id, letter.telegram_id, screen)

    def _write_of_goods(self, letter: Letter, t: Translator) -> None:
        to = letter.bot_id, letter.telegram_id
        if letter.event is Event.GOODS_FILE:
            file = self._delivery.file(letter.payload["line_id"], letter.payload["file_id"])
            self._messenger.deliver_file(*to, orders_screens.file_parcel(file, t))
        elif letter.event is Event.ADMIN_TO_MAKE:
            line = self._delivery.line(letter.payload["line_id"])
            name = self._customers.name_of(line.customer_id)
            self._messenger.send(*to, orders_screens.to_make(line, name, t))
        else:
            self._messenger.deliver(
                *to,
                self._parcel(letter, t),
                parts_sent=letter.parts_sent,
                arrived=lambda parts: self._outbox.part_sent(letter, parts),
            )

    def _send_backup(self, letter: Letter, t: Translator) -> None:
        snapshot = self._backups.find(letter.payload["file"])
        if snapshot is None:  # newer ones took its place
            return
        if snapshot.can_be_sent:
            parcel = administration_screens.parcel(snapshot, snapshot.path.read_bytes(), t)
            self._messenger.deliver_file(letter.bot_id, letter.telegram_id, parcel)
        else:
            self._messenger.send(letter.bot_id, letter.telegram_id, administration_screens.on_the_server(snapshot, t))

    def _parcel(self, letter: Letter, t: Translator) -> Parcel:
        if letter.event is Event.GOODS:
            return orders_screens.parcel(self._orders.receipt_by_id(letter.payload["order_id"]), t)
        line_id = letter.payload["line_id"]
        if letter.event is Event.REPLACED:
            return orders_screens.replaced_parcel(*self._delivery.replacement(line_id, letter.payload["item_id"]), t)
        order_id = self._delivery.line(line_id).order_id
        return orders_screens.made_parcel(order_id, self._delivery.receipt_line(line_id), t)

    def _write_of_invoice(self, letter: Letter, t: Translator) -> None:
        if self._invoices is None:
            _log.warning("letter %d is about an invoice, and no provider takes payments any more", letter.id)
            return
        view = self._invoices.view(letter.payload["invoice_id"])
        if letter.event is Event.INVOICE:
            message_id = self._renew(letter, view.message_id, top_ups_screens.outcome(view, t))
            if message_id != view.message_id:
                self._invoices.announced(view.id, message_id)
            return
        name = self._customers.name_of(view.customer_id)
        screen = top_ups_screens.admin_invoice(view, name, t)
        if letter.event is Event.ADMIN_INVOICE_DIFFERS:
            screen = top_ups_screens.invoice_differs(view, letter.payload["differing"], name, t)
        self._messenger.send(letter.bot_id, letter.telegram_id, screen)

    def _show_progress(self, letter: Letter, t: Translator) -> None:
        view = self._deposits.view(letter.payload["deposit_id"])
        message_id = self._renew(letter, view.message_id, top_ups_screens.deposit(view, t))
        if message_id != view.message_id:
            self._deposits.announced(view.id, message_id)

    def _renew(self, letter: Letter, message_id: int | None, screen: Screen) -> int:
        """Send a screen, or bring the message that shows it up to date; return the id of that message."""
        if message_id is None:
            return self._messenger.send(letter.bot_id, letter.telegram_id, screen)
        return self._messenger.update(letter.bot_id, letter.telegram_id, message_id, screen)
