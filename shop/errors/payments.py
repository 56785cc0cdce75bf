"""Refusals around top-ups, payments and coins that leave."""

from dataclasses import dataclass
from enum import Enum

from shop.errors.refusals import Refusal
from shop.money import Money


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


@dataclass
class UnknownAsset(Refusal):
    """The shop does not take this coin."""

    code: str


@dataclass
class RateUnavailable(Refusal):
    """No price of this coin is reliable right now."""

    alert = True

    price_id: str


class AboveCeiling(Refusal):
    """Only an owner may credit a deposit above `DEPOSIT_CEILING`."""

    alert = True


@dataclass
class NoAddressLeft(Refusal):
    """The shop has no free address left on this chain."""

    chain: str


class PaymentsUnavailable(Refusal):
    """The payment provider does not answer at the moment."""

    alert = True


class PaymentsBusy(Refusal):
    """The payment provider is being asked for as many others as it may be at once."""

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


class CoinsNotTaken(Refusal):
    """The shop takes no coins at the moment."""

    alert = True


class StarsNotTaken(Refusal):
    """The shop takes no Stars at the moment, or not for this sum."""

    alert = True


@dataclass
class NoStarsFor(Refusal):
    """Something in the waiting offer cannot be paid for with Stars."""

    alert = True

    product_name: str


@dataclass
class StarsDayLimit(Refusal):
    """The customer would pay more Stars within a day than the shop takes from one person."""

    alert = True

    limit: int


class TransactionUnknown(Refusal):
    """There is no such transaction, or the text holds no transaction id."""


class NotYourTransaction(Refusal):
    """The transaction pays nothing to this customer's address."""


class TokenNotTaken(Refusal):
    """The transaction pays a token that the shop does not take. The admins are told, unless of too many."""


class NotForTheShop(Refusal):
    """As `NotYourTransaction`, for an admin: the transaction pays nothing to any address of the shop."""


class TokenForTheShop(TokenNotTaken):
    """As `TokenNotTaken`, for an admin: whom would they write to?"""


class BeingLookedUp(Refusal):
    """The last transaction that the customer entered is still being looked up."""


class TooManyLookUps(Refusal):
    """Too many transactions are waiting to be looked up."""


@dataclass
class ChainDelayed(Refusal):
    """No server answers for this coin's chain at the moment."""

    coin: str


@dataclass
class SweepRefused(Refusal):
    """Coins cannot be swept, or not like this."""

    alert = True

    reason: SweepReason
