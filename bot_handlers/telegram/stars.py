"""Calls about Stars: bills, refunds, the list of transactions, the balance."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from telebot import TeleBot, apihelper
from telebot.apihelper import ApiTelegramException
from telebot.types import LabeledPrice

from bot_handlers.screens.screen import Screen, shortened
from bot_handlers.telegram import failures
from bot_handlers.telegram.answers import number_of, text_of
from bot_handlers.telegram.courier import Courier, Errand
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.visits import Visit
from shop.payments.star_books import PAGE, Row, RowKind, StarsUnreachable
from shop.payments.star_refunds import RefundAnswer
from shop.payments.stars import CURRENCY, LONGEST_CHARGE_ID, Bill, Charge, is_charge
from shop.people import Sender
from storage.models.stars import NANO

_log = logging.getLogger("souk.stars")

MAX_TITLE = 32
MAX_DESCRIPTION = 255
_DONE_BEFORE = "charge_already_refunded"
T = TypeVar("T")


class BillSender:
    """Sends bills, in order with the other messages of their chat."""

    def __init__(self, bots: Mapping[int, TeleBot], courier: Courier, direct: Messenger) -> None:
        self._bots = bots
        self._courier = courier
        self._direct = direct

    def send(self, visit: Visit, bill: Bill) -> None:
        """Send a bill. A forwarded copy leads to the bot and cannot be paid."""
        t = visit.translator
        title = shortened(t.label("stars.bill.title", asked=bill.asked), MAX_TITLE)
        description = t.label("stars.bill", asked=bill.asked, until=t.time_of_day(bill.expires_at))

        def send() -> None:
            self._bots[visit.bot_id].send_invoice(
                visit.chat_id,
                title,
                shortened(description, MAX_DESCRIPTION),
                bill.reference,
                "",
                CURRENCY,
                [LabeledPrice(title, bill.stars)],
                start_parameter="bill",
                protect_content=True,
            )

        def failed(error: BaseException) -> None:
            _log.warning("a bill was not sent: %s", failures.describe(error) if isinstance(error, Exception) else "")
            if isinstance(error, TelegramFailure) and not failures.unreachable(error):
                self._direct.send(visit.bot_id, visit.chat_id, Screen(t.text("refusal.stars_not_taken")))

        self._courier.post((visit.bot_id, visit.chat_id), Errand(send, failed))


class TelegramStarDesk:
    """Telegram's reports about a bot's Stars, and refunds."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._bot_id = int(token.partition(":")[0])

    def refund(self, telegram_id: int, charge_id: str) -> RefundAnswer:
        """Refund the Stars of a charge; one already refunded counts as done."""
        try:
            apihelper.refund_star_payment(self._token, telegram_id, charge_id)
        except TelegramFailure as error:
            if failures.says(error, _DONE_BEFORE):
                return RefundAnswer.DONE
            _log.warning("Stars were not given back: %s", failures.describe(error))
            return RefundAnswer.REFUSED if _is_no(error) else RefundAnswer.SILENT
        return RefundAnswer.DONE

    def rows(self, offset: int) -> Sequence[Row]:
        """Read a page of the list. Raises StarsUnreachable."""
        result = self._ask(lambda: apihelper.get_star_transactions(self._token, offset=offset, limit=PAGE))
        return _read(lambda: [read_row(each, self._bot_id) for each in result["transactions"]])

    def balance(self) -> int:
        """Read the balance. Raises StarsUnreachable."""
        result = self._ask(lambda: apihelper.get_my_star_balance(self._token))
        return _read(lambda: _nanostars(result))

    @staticmethod
    def _ask(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except TelegramFailure as error:
            raise StarsUnreachable(failures.describe(error)) from None


def _is_no(error: Exception) -> bool:
    """Return whether Telegram itself refused this call: not a proxy, and not the bot as a whole.

    Anything else says nothing about an earlier call that got no answer.
    """
    if not isinstance(error, ApiTelegramException) or failures.concerns_the_bot(error):
        return False
    return 400 <= error.error_code < 500 and not failures.retry_after_s(error)


def _read(reading: Callable[[], T]) -> T:
    try:
        return reading()
    except (LookupError, TypeError, ValueError, AttributeError):
        raise StarsUnreachable("another result than Telegram gives") from None


def read_row(row: Any, bot_id: int) -> Row:
    """Read a StarTransaction (Bot API). What comes in has a source, what goes out a receiver.

    Raises:
        LookupError, TypeError, ValueError: it has another shape.
    """
    partner, incoming = row.get("source"), row.get("receiver") is None
    if not incoming:
        partner = row["receiver"]
    name = text_of(row["id"])
    if not 0 < len(name) <= LONGEST_CHARGE_ID:
        raise ValueError
    reference = partner.get("invoice_payload") or "" if isinstance(partner, dict) else ""
    kind = _kind(partner, text_of(reference), incoming=incoming)
    if kind is RowKind.PAYMENT and not is_charge(name, number_of(row["amount"])):
        # Refused, it would hide all other rows of the list for good.
        _log.warning("a payment of %d Stars in Telegram's list is impossible and is not credited", row["amount"])
        kind = RowKind.OTHER
    payer = _payer(partner["user"], bot_id) if kind is RowKind.PAYMENT else None
    return Row(name, incoming, kind, _nanostars(row), number_of(row["date"]), text_of(reference), payer)


def _kind(partner: Any, reference: str, *, incoming: bool) -> RowKind:
    """Return the kind of a row. Without a transaction type, as before types existed, a user's payment is for an
    invoice.
    """
    of = partner.get("type") if isinstance(partner, dict) else None
    if of == "fragment":
        return RowKind.WITHDRAWAL
    if of != "user" or partner.get("transaction_type", "invoice_payment") != "invoice_payment":
        return RowKind.OTHER
    if not incoming:
        return RowKind.REFUND
    return RowKind.PAYMENT if Charge("", reference, 0, _NOBODY).is_ours else RowKind.OTHER


_NOBODY = Sender(0, 0, "")


def _payer(user: Any, bot_id: int) -> Sender:
    username, language = user.get("username"), user.get("language_code")
    return Sender(
        telegram_id=number_of(user["id"]),
        bot_id=bot_id,
        first_name=text_of(user.get("first_name") or ""),
        username=None if username is None else text_of(username),
        language_code=None if language is None else text_of(language),
    )


def _nanostars(amount: Any) -> int:
    return number_of(abs(number_of(amount["amount"]) * NANO + number_of(amount.get("nanostar_amount") or 0)))
