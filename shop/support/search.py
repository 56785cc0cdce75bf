"""One search for people and payments: leads from whatever an admin has at hand to a customer, an order or a
payment.
"""

import re
from dataclasses import dataclass

from shop.context import Context
from shop.payments.deposit_views import DepositView, view_of
from shop.people import Person, Right
from storage.models import Customer, Deposit, DepositAddress, Invoice, Order
from storage.text import fold

MAX_TEXT = 500
MOST_NAMED = 20
_MOST_DIGITS = 18
_TRANSACTION = re.compile(r"(?<![0-9A-Za-z])(?:(?:0[xX])?[0-9a-fA-F]{64}|[1-9A-HJ-NP-Za-km-z]{80,90})(?![0-9A-Za-z])")
"""A transaction id: 32 bytes in hexadecimal, or a Solana signature (64 bytes in base58)."""
_ADDRESS = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{25,90}(?![0-9A-Za-z])")
_WEB, _USERNAME, _MORE = r"(?:https?://)?(?:www\.)?", r"(\w{3,32})", r"/?(?:[?#]\S*)?"
_TO_PERSON = re.compile(
    rf"(?:{_WEB}(?:t(?:elegram)?\.me|telegram\.dog)/@?|@){_USERNAME}{_MORE}"
    rf"|{_WEB}{_USERNAME}\.t\.me{_MORE}"
    rf"|tg:(?://)?resolve/?\?(?:\S*&)?domain=@?{_USERNAME}(?:&\S*)?",
    re.IGNORECASE | re.ASCII,
)
"""A username with @ or in a link (core.telegram.org/api/links, public username links)."""
_TO_ID = re.compile(r"tg:(?://)?(?:user\?id=|openmessage\?user_id=)(\d{1,18})(?:&\S*)?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class CustomerMatch:
    """A customer whom a search may mean."""

    customer_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a search. `transaction` is an id that no record has, and that its chain can be asked about."""

    customers: tuple[CustomerMatch, ...] = ()
    order_ids: tuple[int, ...] = ()
    payments: tuple[DepositView, ...] = ()
    transaction: str = ""

    @property
    def count(self) -> int:
        """How many were found."""
        return len(self.customers) + len(self.order_ids) + len(self.payments)


@dataclass(frozen=True, slots=True)
class SupportSearch:
    """Finds customers, orders and payments. Everything takes `Right.CUSTOMERS`."""

    context: Context

    def find(self, admin: Person, text: str) -> Found:
        """Find what a text means: `#12` is an order; a plain number an id, an order, or both.

        A username or a link to it, an id of Telegram, a transaction in any spelling or inside a link, an address of
        the shop; any other text is looked for in names.
        """
        self.context.customers.require(admin, Right.CUSTOMERS)
        word = text.strip()[:MAX_TEXT]
        number = word.removeprefix("#")
        if number.isascii() and number.isdecimal():
            return self._numbered(int(number), is_order=word != number) if len(number) <= _MOST_DIGITS else Found()
        if transaction := _TRANSACTION.search(word):
            return self._paid(transaction.group())
        if linked := _TO_ID.fullmatch(word):
            return self._people(Customer.by_telegram_id(int(linked[1])))
        if linked := _TO_PERSON.fullmatch(word):
            return self._people(Customer.by_username(linked[linked.lastindex or 0]))
        holders = [holder for token in _ADDRESS.findall(word) if (holder := _holder(token)) is not None]
        return self._people(*map(Customer.get_by_id, holders)) if holders else self._called(word)

    def is_exact(self, text: str) -> bool:
        """Return whether an unexpected message must be a search, because it names an order or a payment."""
        word = text.strip()
        return re.fullmatch(r"#\d{1,18}", word, re.ASCII) is not None or _TRANSACTION.fullmatch(word) is not None

    def _numbered(self, number: int, *, is_order: bool) -> Found:
        person = None if is_order else Customer.by_telegram_id(number)
        order = Order.get_or_none(Order.id == number)
        return Found(self._people(person).customers, (number,) if order is not None else ())

    def _called(self, word: str) -> Found:
        """Find people by a username without @, or by a part of their name."""
        words = fold(word)
        named = Customer.named(words, most=MOST_NAMED) if words else []
        return self._people(Customer.by_username(word), *named)

    def _people(self, *rows: Customer | None) -> Found:
        known = dict.fromkeys(row.id for row in rows if row is not None)
        return Found(tuple(CustomerMatch(each, self.context.customers.name_of(each)) for each in known))

    def _paid(self, transaction: str) -> Found:
        rows = Deposit.of_transaction(spellings(transaction))
        if rows:
            return Found(payments=tuple(view_of(row, self.context.currency) for row in rows))
        return Found(transaction=transaction)


def spellings(transaction: str) -> list[str]:
    """List how records may spell a transaction: hexadecimal digits in lower case, with `0x` and without."""
    if not re.fullmatch(r"(?:0[xX])?[0-9a-fA-F]{64}", transaction):
        return [transaction]
    digits = transaction.lower().removeprefix("0x")
    return [digits, f"0x{digits}"]


def _holder(address: str) -> int | None:
    """Find the customer of an address of the shop or of a payment provider's invoice."""
    row = DepositAddress.anywhere(address)
    if row is not None:
        return int(row.customer_id)
    invoice = Invoice.get_or_none(Invoice.address == address)
    return None if invoice is None else int(invoice.customer_id)
