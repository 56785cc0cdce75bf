"""Referrals: bonuses on the deposits of referred customers, for them and for their referrer, within caps.

The settings mean the same as in AiogramShopBot. Caps hold over all deposits together, not for each: a customer's
bonuses never exceed their percentage of what the customer has deposited.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal, localcontext

from shop import ledger
from shop.ledger import EntryKind
from shop.money import Money
from shop.outbox import Event, Outbox
from shop.people import Person
from storage.database import Database
from storage.models import Customer, Referral, ReferralBonus, ReferralCode
from storage.models.referrals import deposits_of

_START = re.compile(r"(?:ref_)?([A-Za-z0-9_-]{8,32})")
"""The prefix is optional because AiogramShopBot's links have the bare code: links from before the move still work."""


@dataclass(frozen=True, slots=True)
class ReferralTerms:
    """The programme's terms: percentages of deposits, and how many first deposits of a referred customer count."""

    least_deposits: Money
    referral_percent: Decimal
    referral_limit: int
    referral_cap_percent: Decimal
    referrer_percent: Decimal
    referrer_limit: int
    referrer_cap_percent: Decimal
    total_cap_percent: Decimal

    @property
    def on(self) -> bool:
        """Return whether any bonus is paid."""
        return max(self.referral_percent, self.referrer_percent) > 0


@dataclass(frozen=True, slots=True)
class ReferralFigures:
    """A customer's link and its bonuses. `start` is the link's parameter, empty without a link."""

    start: str
    missing: Money
    people: int
    earned: Money
    received: Money
    terms: ReferralTerms


@dataclass(frozen=True, slots=True)
class Referrals:
    """Links, referrals and bonuses. `new_code` makes an unguessable code."""

    database: Database
    outbox: Outbox
    terms: ReferralTerms
    clock: Callable[[], int]
    new_code: Callable[[], str]

    @property
    def on(self) -> bool:
        """Return whether the programme pays any bonus."""
        return self.terms.on

    def figures(self, person: Person) -> ReferralFigures:
        """Read a customer's link and its bonuses; create the link once they have deposited enough."""
        currency = self.terms.least_deposits.currency
        missing = self.terms.least_deposits - Money(deposits_of(person.id)[1], currency)
        code = self._code_of(person) if self.terms.on and missing.minor <= 0 else ReferralCode.of(person.id)
        return ReferralFigures(
            start=f"ref_{code}" if code else "",
            missing=Money(max(0, missing.minor), currency),
            people=Referral.count_by(person.id),
            earned=Money(ReferralBonus.earned_by(person.id), currency),
            received=Money(ReferralBonus.sums_for(person.id)[0], currency),
            terms=self.terms,
        )

    def tie(self, customer_id: int, start: str) -> None:
        """Record the referrer of a newly registered customer. Needs an open transaction."""
        match = _START.fullmatch(start)
        referrer_id = ReferralCode.owner(match[1]) if match else None
        if referrer_id is not None and not Customer.get_by_id(referrer_id).banned:
            Referral.tie(customer_id, referrer_id, now=self.clock())

    def deposited(self, customer_id: int, amount: Money, key: str) -> None:
        """Post the bonuses of a deposit, once per `key`: after the deposit's entry, in the same transaction."""
        referrer_id = Referral.referrer_of(customer_id)
        if referrer_id is None or not self.terms.on:
            return
        referral, referrer = self._shares(customer_id, referrer_id, amount)
        if not self._post(customer_id, referral, EntryKind.REFERRAL_BONUS, f"referral:{key}"):
            referral = 0
        if not self._post(referrer_id, referrer, EntryKind.REFERRER_BONUS, f"referrer:{key}"):
            referrer = 0
        if referral or referrer:
            ReferralBonus.keep(
                deposit_key=key,
                customer_id=customer_id,
                referrer_id=referrer_id,
                referral_minor=referral,
                referrer_minor=referrer,
                created_at=self.clock(),
            )

    def _shares(self, customer_id: int, referrer_id: int, amount: Money) -> tuple[int, int]:
        """Compute the bonuses of the customer and of the referrer for a deposit, in minor units, within the caps."""
        terms = self.terms
        count, total = deposits_of(customer_id)
        to_customer, to_referrer = ReferralBonus.sums_for(customer_id)
        left = _percent(total, terms.total_cap_percent) - to_customer - to_referrer
        referral = referrer = 0
        if count <= terms.referral_limit:
            cap = _percent(total, terms.referral_cap_percent) - to_customer
            referral = max(0, min(_percent(amount.minor, terms.referral_percent), cap, left))
        if count <= terms.referrer_limit and not Customer.get_by_id(referrer_id).banned:
            own_total, earned = deposits_of(referrer_id)[1], ReferralBonus.earned_by(referrer_id)
            cap = _percent(own_total, terms.referrer_cap_percent) - earned
            referrer = max(0, min(_percent(amount.minor, terms.referrer_percent), cap, left - referral))
        return referral, referrer

    def _post(self, customer_id: int, minor: int, kind: EntryKind, key: str) -> bool:
        amount = Money(minor, self.terms.least_deposits.currency)
        if not minor or not ledger.post(customer_id, amount, kind=kind, key=key, now=self.clock()):
            return False
        customer = Customer.get_by_id(customer_id)
        self.outbox.tell(customer, Event.BONUS, key=key, payload={"minor": minor, "kind": kind.value})
        return True

    def _code_of(self, person: Person) -> str:
        code = ReferralCode.of(person.id)
        if code is not None:
            return code
        with self.database.transaction():
            code = ReferralCode.of(person.id)
            if code is None:
                code = self.new_code()
                ReferralCode.keep(person.id, code, now=self.clock())
        return code


def _percent(minor: int, percent: Decimal) -> int:
    """Take a percentage of an amount, rounded down to the minor unit."""
    with localcontext() as context:
        context.prec = 60
        return int((minor * percent).scaleb(-2).to_integral_value(rounding=ROUND_DOWN))
