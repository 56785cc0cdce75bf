"""Methods about Stars."""

from typing import Any

from web.sandbox.telegram.call import Call
from web.sandbox.telegram.composing import send
from web.sandbox.telegram.errors import bad_request
from web.sandbox.telegram.keyboards import Markup
from web.sandbox.telegram.stars import CURRENCY, MOST_STARS
from web.sandbox.wire import Json, utf16_length

MAX_TITLE = 32
MAX_DESCRIPTION = 255
MAX_PAYLOAD_BYTES = 128
MAX_ROWS = 100


def send_invoice(call: Call) -> Json:
    """sendInvoice, in Stars only."""
    user_id, chat = call.chat_for_message()
    title, description, payload = call.text("title"), call.text("description"), call.text("payload")
    if not 0 < utf16_length(title) <= MAX_TITLE:
        raise bad_request("INVOICE_TITLE_INVALID")
    if not 0 < utf16_length(description) <= MAX_DESCRIPTION:
        raise bad_request("INVOICE_DESCRIPTION_INVALID")
    if not 0 < len(payload.encode()) <= MAX_PAYLOAD_BYTES:
        raise bad_request("INVOICE_PAYLOAD_INVALID")
    if call.text("currency") != CURRENCY:
        raise bad_request("CURRENCY_INVALID")
    if call.text("provider_token"):
        raise bad_request("PAYMENT_PROVIDER_INVALID")
    stars = _price(call.nested("prices"))
    invoice = {
        "title": title,
        "description": description,
        "start_parameter": call.text("start_parameter"),
        "currency": CURRENCY,
        "total_amount": stars,
    }
    pay: Json = {"inline_keyboard": [[{"text": f"Pay ⭐ {stars}", "pay": True}]]}
    message = send(call, chat, {**call.new_message(user_id), "invoice": invoice}, Markup(inline=pay))
    call.world.stars.keep_bill(call.bot, message, payload, stars)
    return message


def _price(prices: Any) -> int:
    """Read the single price of an invoice in Stars."""
    if not isinstance(prices, list) or len(prices) != 1 or not isinstance(prices[0], dict):
        raise bad_request("STARS_INVOICE_INVALID")
    amount = prices[0].get("amount")
    if isinstance(amount, bool) or not isinstance(amount, int) or not prices[0].get("label"):
        raise bad_request("can't parse labeled price")
    if not 0 < amount <= MOST_STARS:
        raise bad_request("STARS_INVOICE_INVALID")
    return amount


def answer_pre_checkout_query(call: Call) -> bool:
    """answerPreCheckoutQuery: once, within ten seconds."""
    words = call.text("error_message")
    call.world.stars.answer(call.bot, call.text("pre_checkout_query_id"), ok=call.flag("ok"), words=words)
    return True


def refund_star_payment(call: Call) -> bool:
    """refundStarPayment."""
    call.world.stars.refund(call.bot, call.whole("user_id") or 0, call.text("telegram_payment_charge_id"))
    return True


def get_star_transactions(call: Call) -> Json:
    """getStarTransactions, oldest first."""
    offset, limit = call.whole("offset") or 0, call.whole("limit")
    limit = MAX_ROWS if limit is None else limit
    if not 0 < limit <= MAX_ROWS or offset < 0:
        raise bad_request("LIMIT_INVALID")
    return {"transactions": call.world.stars.book(call.bot).transactions[offset : offset + limit]}


def get_my_star_balance(call: Call) -> Json:
    """getMyStarBalance."""
    return {"amount": call.world.stars.book(call.bot).balance}
