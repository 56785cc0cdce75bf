"""Every refusal that a person can be told: data, not sentences.

The front finds the sentence by the name of the class and fills it in with `values`.
"""

from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import ClassVar

from shop.money import Money


class CouponReason(Enum):
    """Why a coupon does not apply."""

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


class SweepReason(Enum):
    """Why coins are not swept."""

    NOT_SET = "not_set"
    OWN_ADDRESS = "own_address"
    UNDER_WAY = "under_way"
    NOTHING = "nothing"
    NO_KEYS = "no_keys"
    NO_RATE = "no_rate"
    NO_SERVER = "no_server"
    NOT_REPLACEABLE = "not_replaceable"


class Refusal(Exception):
    """Something was not done, and the person can be told why.

    `alert`: the screen below is still true, so an alert over it is enough.
    `told`: the attributes that the sentence names, where these are not simply the fields.
    `counted`: the one of them that the plural follows; the sentence calls it `count`.
    """

    alert: ClassVar[bool] = False
    told: ClassVar[tuple[str, ...] | None] = None
    counted: ClassVar[str] = ""

    @classmethod
    def placeholders(cls) -> dict[str, str]:
        """Say which attribute stands for each placeholder of the sentence."""
        names = cls.told
        if names is None:
            names = tuple(field.name for field in fields(cls)) if is_dataclass(cls) else ()
        return {"count" if name == cls.counted else name: name for name in names}

    @property
    def values(self) -> dict[str, object]:
        """What the sentence is filled in with."""
        return {placeholder: getattr(self, name) for placeholder, name in self.placeholders().items()}


class NotAllowed(Refusal):
    """The person lacks the right that this takes, or is banned: any method that takes an admin can raise it."""

    alert = True


class NotFound(Refusal):
    """What was asked for does not exist, or is not this customer's."""


class PersonUnknown(Refusal):
    """The text matches no person whom the shop knows, or more than one."""


class IsOwner(Refusal):
    """An owner has every right and cannot be made a manager."""


@dataclass
class SecondFactorNeeded(Refusal):
    """This takes a code from an authenticator app first. Without enrolment, the admin has to enrol."""

    told = ()

    enrolled: bool


class WrongCode(Refusal):
    """The code is malformed, another admin's, too old, or was used before."""


@dataclass
class CodesLocked(Refusal):
    """Too many codes were wrong: no code is accepted for a while."""

    told = ("wait_min",)
    counted = "wait_min"

    wait_s: int

    @property
    def wait_min(self) -> int:
        """The wait in minutes, rounded up."""
        return -(-self.wait_s // 60)


@dataclass
class BackupFailed(Refusal):
    """No backup could be made; `reason` is the system's message."""

    alert = True

    reason: str


class StaleScreen(Refusal):
    """The button belongs to a screen that is out of date, or that this person was never shown."""


@dataclass
class OutOfStock(Refusal):
    """Fewer units are in stock than were asked for."""

    alert = True

    product_id: int
    product_name: str
    wanted: int
    available: int


class DataSentToday(Refusal):
    """The person got everything that is stored about them within the last 24 hours."""

    alert = True


class OnTheTeam(Refusal):
    """The person has rights in this shop: an owner takes them back before their data can be deleted."""

    alert = True


@dataclass
class InsufficientFunds(Refusal):
    """The balance does not pay for it. `offer_id` is what they wanted to buy."""

    told = ("balance", "price", "missing")

    balance: Money
    price: Money
    offer_id: int

    @property
    def missing(self) -> Money:
        """How much a top-up has to bring."""
        return self.price - self.balance


@dataclass
class ConsentNeeded(Refusal):
    """The customer has not agreed yet to the text of this version before they buy; nothing was taken."""

    told = ()
    offer_id: int
    version: str


class OfferChanged(Refusal):
    """Prices, stock or the cart changed since the customer saw them. Nothing was taken."""


class CartEmpty(Refusal):
    """The cart is empty."""


@dataclass
class BadQuantity(Refusal):
    """This number of units cannot be bought."""

    alert = True
    counted = "largest"

    largest: int


@dataclass
class CouponRefused(Refusal):
    """A coupon does not apply to this order. `least` is the minimum order, if that is the reason."""

    alert = True

    code: str
    reason: CouponReason
    least: Money | None = None


@dataclass
class UnknownAsset(Refusal):
    """The shop does not take this coin."""

    code: str


@dataclass
class RateUnavailable(Refusal):
    """No price of this coin is reliable right now."""

    alert = True

    price_id: str


@dataclass
class NoAddressLeft(Refusal):
    """The shop has no free address left on this chain."""

    chain: str


class PaymentsUnavailable(Refusal):
    """The payment provider does not answer at the moment."""

    alert = True


@dataclass
class SumNotTaken(Refusal):
    """The payment provider does not take this sum in this coin."""

    alert = True

    asked: Money


@dataclass
class TooManyInvoices(Refusal):
    """The customer has the maximum number of open payments."""

    alert = True
    counted = "most"

    most: int


class TransactionUnknown(Refusal):
    """There is no such transaction, or the text holds no transaction id."""


class NotYourTransaction(Refusal):
    """The transaction pays nothing to this customer's address."""


class BeingLookedUp(Refusal):
    """The last transaction that the customer named is still being looked up."""


class TooManyLookUps(Refusal):
    """So many transactions wait to be looked up that no more are taken."""


@dataclass
class ChainDelayed(Refusal):
    """No server answers for this coin's chain at the moment."""

    coin: str


@dataclass
class TooSoon(Refusal):
    """It is too early to do this again."""

    counted = "wait_s"

    wait_s: int


@dataclass
class TextTooLong(Refusal):
    """The text is too long."""

    counted = "most"

    most: int


@dataclass
class TooManyTickets(Refusal):
    """The customer has the maximum number of open tickets."""

    counted = "most"

    most: int


class AlreadyDelivered(Refusal):
    """The goods made to order were delivered before."""


class OwnAccount(Refusal):
    """Managers may not do this to their own account."""

    alert = True


class NothingToRefund(Refusal):
    """It was refunded in full before."""

    alert = True


@dataclass
class BalanceTooLow(Refusal):
    """The balance is lower than the amount to take."""

    alert = True

    balance: Money


class CannotBanSelf(Refusal):
    """Admins may not ban themselves."""

    alert = True


class OwnersOnly(Refusal):
    """Only owners may do this to an admin."""

    alert = True


class AlreadyReplaced(Refusal):
    """This unit was replaced before."""

    alert = True


class LineRefunded(Refusal):
    """The line was refunded."""

    alert = True


@dataclass
class FileTooLarge(Refusal):
    """The file is larger than the shop can take."""

    counted = "largest_mb"

    largest_mb: int


@dataclass
class BadImport(Refusal):
    """A goods file is refused, as a whole or in the place that `entry` and `field` name."""

    reason: str
    entry: int | None = None
    field: str | None = None


@dataclass
class AmbiguousSum(Refusal):
    """The amount that was typed may mean two: `1,000`."""

    text: str


@dataclass
class BadValue(Refusal):
    """What an admin typed is not a valid value; `reason` is one of those of goods files."""

    reason: str


class NameTaken(Refusal):
    """The name is taken."""


class BelowItself(Refusal):
    """A category cannot be moved below itself."""


class ImportGone(Refusal):
    """The file to import is no longer stored; it has to be sent again."""


@dataclass
class BadCoupon(Refusal):
    """A coupon cannot have these terms."""

    alert = True

    reason: BadTerms


@dataclass
class NotAnnounced(Refusal):
    """An announcement cannot be made or sent like this."""

    alert = True

    reason: str


@dataclass
class BadLink(Refusal):
    """A line does not have the form “label - https://…”."""

    line: str


@dataclass
class SweepRefused(Refusal):
    """Coins cannot be swept, or not like this."""

    alert = True

    reason: SweepReason


class CannotStart(Exception):
    """The settings do not match the database; the text tells the operator what to do."""
