"""Messages in which Telegram reports a payment or its return, which no dialog, ban or throttle may stop."""

import logging

from telebot import TeleBot
from telebot.types import Message, RefundedPayment, SuccessfulPayment

from shop.payments.star_refunds import StarRefunds
from shop.payments.stars import CURRENCY, Charge, Stars
from shop.people import Sender

_log = logging.getLogger("souk.stars")


class StarPayments:
    """Passes payments and their returns to the shop, in whatever order they arrive."""

    def __init__(self, stars: Stars, refunds: StarRefunds) -> None:
        self._stars = stars
        self._refunds = refunds

    def register(self, bot: TeleBot) -> None:
        """Register before every other message handler, since the first match takes a message."""
        bot.register_message_handler(
            lambda message: self._take(message, bot.bot_id), func=lambda message: _payment_in(message) is not None
        )

    def _take(self, message: Message, bot_id: int) -> None:
        payment = _payment_in(message)
        if payment is None or payment.currency != CURRENCY or message.chat.type != "private":
            _log.warning("a payment that is not in Stars, or not of one person")
            return
        charge = Charge(
            charge_id=payment.telegram_payment_charge_id,
            reference=payment.invoice_payload,
            stars=payment.total_amount,
            payer=_payer(message, bot_id),
        )
        went_back = message.refunded_payment is not None
        self._stars.paid(charge, went_back=went_back)
        if went_back:
            self._refunds.went_back(charge.charge_id)


def _payment_in(message: Message) -> SuccessfulPayment | RefundedPayment | None:
    return message.successful_payment or message.refunded_payment


def _payer(message: Message, bot_id: int) -> Sender:
    """Read the payer: in a private chat, the person it is with, because a return comes from the bot itself."""
    chat, sender = message.chat, message.from_user
    is_own = sender is not None and sender.id == chat.id
    return Sender(
        telegram_id=chat.id,
        bot_id=bot_id,
        first_name=chat.first_name or "",
        username=chat.username,
        language_code=sender.language_code if is_own else None,
    )
