"""Every refusal that a person can be told: data, not sentences."""

from dataclasses import dataclass
from enum import Enum

from shop.money import Money


class CouponReason(Enum):
    """Why a coupon takes nothing off."""

    UNKNOWN = "unknown"
    OFF = "off"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    USED_UP = "used_up"
    USED_BY_YOU = "used_by_you"
    BELOW_MINIMUM = "below_minimum"
    NOT_FOR_THESE = "not_for_these"
    TAKES_NOTHING = "takes_nothing"


class BadTerms(Enum):
    """What is wrong with the terms of a coupon."""

    CODE = "code"
    CODE_TAKEN = "code_taken"
    DISCOUNT = "discount"
    SUM = "sum"
    NUMBER = "number"
    DAY = "day"
    OVER = "over"
    GOODS = "goods"


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


@dataclass
class SecondFactorNeeded(Refusal):
    """This takes a code of the admin's authenticator app first; or, where he is not enrolled, a first one."""

    enrolled: bool


class WrongCode(Refusal):
    """The code is none, not this admin's, too old, or was used before."""


@dataclass
class CodesLocked(Refusal):
    """Too many codes were wrong: none is taken for a while."""

    wait_s: int


@dataclass
class BackupFailed(Refusal):
    """No backup could be made; `reason` is the system's word."""

    reason: str


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
class CouponRefused(Refusal):
    """A coupon takes nothing off this order. `least` is what the order would have to come to, where that is why."""

    code: str
    reason: CouponReason
    least: Money | None = None


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


class OwnAccount(Refusal):
    """A manager does not do this to his own account."""


class NothingToRefund(Refusal):
    """All that was paid for it was refunded before."""


@dataclass
class BalanceTooLow(Refusal):
    """More would be taken than is on the balance."""

    balance: Money


class CannotBanSelf(Refusal):
    """Admins cannot ban themselves."""


class OwnersOnly(Refusal):
    """Somebody who looks after the shop: an owner alone does this to him."""


class AlreadyReplaced(Refusal):
    """Another unit was given instead of this one."""


class LineRefunded(Refusal):
    """What was to be handed over was refunded."""


@dataclass
class FileTooLarge(Refusal):
    """The file is larger than the shop can take."""

    largest_mb: int


@dataclass
class BadImport(Refusal):
    """A file of goods is refused whole, or one entry of it, which `entry` and `field` name."""

    reason: str
    entry: int | None = None
    field: str | None = None


@dataclass
class BadValue(Refusal):
    """What an admin typed is no such value; `reason` is one of those of files of goods."""

    reason: str


class NameTaken(Refusal):
    """Something of this name is there already."""


class BelowItself(Refusal):
    """A category would be below itself."""


class ImportGone(Refusal):
    """The file that was to be imported is no longer kept; it has to be sent again."""


@dataclass
class BadCoupon(Refusal):
    """A coupon cannot have these terms."""

    reason: BadTerms


@dataclass
class NotAnnounced(Refusal):
    """An announcement cannot be made or sent like this."""

    reason: str


@dataclass
class BadLink(Refusal):
    """A line is no button: it has not the form “label - https://…”."""

    line: str


class CannotStart(Exception):
    """The settings do not fit the shop that the database holds; the text tells the operator what to do."""
