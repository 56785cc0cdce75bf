"""Every refusal that a person can be told.

A refusal is data: what was asked for and what stands in the way. The view finds the words, in the person's language.

    Refusal
    ├── Banned · NotAllowed · NotFound · StaleScreen
    ├── buying: OutOfStock · InsufficientFunds · OfferChanged · CartEmpty · BadQuantity
    ├── topping up: UnknownAsset · NoAddressLeft · RateUnavailable
    ├── “I have paid”: ChainDelayed · TransactionUnknown · NotYourTransaction · TooSoon
    ├── by a provider: PaymentsUnavailable · SumNotTaken · TooManyInvoices
    ├── writing: TextTooLong · TooManyTickets
    ├── roles: PersonUnknown · IsOwner
    └── stocking: BadImport · AlreadyDelivered · FileTooLarge
"""

from dataclasses import dataclass

from shop.money import Money


class Refusal(Exception):
    """Something was not done, and the person can be told why."""


class Banned(Refusal):
    """The person may not use this shop."""


class NotAllowed(Refusal):
    """Only the shop's admins may do this."""


class NotFound(Refusal):
    """What was asked for does not exist, or is not this customer's."""


class PersonUnknown(Refusal):
    """Nobody of whom this shop knows is meant, or more than one."""


class IsOwner(Refusal):
    """An owner has every right and cannot be made a manager."""


class StaleScreen(Refusal):
    """The button belongs to a screen that is no longer true, or was never ours."""


@dataclass
class OutOfStock(Refusal):
    """Fewer units are in stock than were asked for."""

    product_id: int
    product_name: str
    wanted: int
    available: int


@dataclass
class InsufficientFunds(Refusal):
    """The balance does not pay for it. `offer_id` is what was to be bought."""

    balance: Money
    price: Money
    offer_id: int

    @property
    def missing(self) -> Money:
        """What a top-up has to bring."""
        return self.price - self.balance


class OfferChanged(Refusal):
    """Prices, stock or cart are no longer what the customer was shown. Nothing was taken."""


class CartEmpty(Refusal):
    """There is nothing in the cart to buy."""


@dataclass
class BadQuantity(Refusal):
    """The number of units is not one that can be bought."""

    largest: int


@dataclass
class UnknownAsset(Refusal):
    """The shop does not take this coin."""

    code: str


@dataclass
class RateUnavailable(Refusal):
    """No price of this coin can be trusted right now."""

    price_id: str


@dataclass
class NoAddressLeft(Refusal):
    """The shop has no address left to give out on this chain."""

    chain: str


class PaymentsUnavailable(Refusal):
    """The payment provider does not answer at the moment."""


@dataclass
class SumNotTaken(Refusal):
    """The payment provider does not take this sum in this coin."""

    asked: Money


@dataclass
class TooManyInvoices(Refusal):
    """The customer has opened as many payments as one may have open."""

    most: int


class TransactionUnknown(Refusal):
    """There is no such transaction, or the text is the id of none."""


class NotYourTransaction(Refusal):
    """The transaction pays nothing to this customer's address."""


@dataclass
class ChainDelayed(Refusal):
    """Nobody answers for the chain of this coin at the moment."""

    coin: str


@dataclass
class TooSoon(Refusal):
    """This may be done again in a while."""

    wait_s: int


@dataclass
class TextTooLong(Refusal):
    """The text has more characters than are kept."""

    most: int


@dataclass
class TooManyTickets(Refusal):
    """The customer has as many open tickets as one may have."""

    most: int


class AlreadyDelivered(Refusal):
    """What was made to order was handed over before."""


@dataclass
class FileTooLarge(Refusal):
    """The file is larger than the shop can take."""

    largest_mb: int


@dataclass
class BadImport(Refusal):
    """A file of goods is refused whole. `entry` and `field` name the first offender where there is one."""

    reason: str
    entry: int | None = None
    field: str | None = None


class CannotStart(Exception):
    """The settings do not fit the shop that the database holds; the text tells the operator what to do."""
