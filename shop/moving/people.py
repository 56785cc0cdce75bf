"""Customers with their language, ban and referral, and the addresses that the old bot gave them."""

import re
from collections.abc import Iterator

from shop.errors.refusals import CannotStart
from shop.moving.journey import Journey
from shop.moving.old_shop import User
from shop.moving.wallets import OldWallet
from storage.models import Customer, DepositAddress, MovedRow, MovedWallet, Referral, ReferralCode, existing

MOST_NAME = 64
LOOKED_AT_AFTER_S = 86_400
MOST_LOOKED_AT = 200
"""The addresses of this many users, those who last asked the old bot for a deposit address, are checked first."""
_CODE = re.compile(r"[A-Za-z0-9_-]{8,32}")


class OtherShop(CannotStart):
    """Another shop of the same kind moved in before: its rows have the same numbers."""

    def __init__(self, user_id: int) -> None:
        super().__init__(
            f"Another AiogramShopBot moved in before: its user {user_id} was somebody else. "
            "One shop can move into one database; for a second one, set DATABASE_PATH to another file."
        )


def bring(journey: Journey) -> None:
    """Bring the customers who are not here yet, referrers first, and update the others.

    Raises:
        OtherShop: a user who came before was someone else.
    """
    known = MovedRow.known("user")
    customers = existing.customers()
    telegram_ids = {customer_id: telegram_id for telegram_id, customer_id in customers.items()}
    names = existing.usernames()
    for user in _referrers_first(journey):
        if user.id in known and telegram_ids.get(known[user.id]) != user.telegram_id:
            raise OtherShop(user.id)
        customer_id = customers.get(user.telegram_id) or _register(journey, user, names)
        journey.customers[user.id] = customer_id
        if user.id in known:
            journey.report.known["users"] += 1
        else:
            journey.fresh.add(user.id)
            journey.came("users", "user", user.id, customer_id)
    _bring_bans(journey)
    _bring_referrals(journey)
    owner = Customer.by_telegram_id(journey.terms.owner_telegram_id)
    journey.owner_id = owner.id if owner else _add(journey, journey.terms.owner_telegram_id, None)


def bring_addresses(journey: Journey, wallets: dict[int, OldWallet]) -> None:
    """Watch the addresses of the customers who come along now, and keep their sealed mnemonics."""
    now = journey.terms.now
    taken = existing.addresses()
    waiting = sorted(journey.fresh, key=lambda each: journey.old.users[each].refreshed_at, reverse=True)
    hurried = {
        each for each in waiting[:MOST_LOOKED_AT] if now - journey.old.users[each].refreshed_at < LOOKED_AT_AFTER_S
    }
    for user_id, wallet in wallets.items():
        if user_id not in journey.fresh:
            continue
        customer_id = journey.customers[user_id]
        MovedWallet.insert_row(customer_id=customer_id, sealed=wallet.sealed, created_at=now)
        shown_at = now if user_id in hurried else journey.old.users[user_id].registered_at
        for each in wallet.addresses:
            chain, address = each.chain.value, each.address
            if (chain, address) in taken:
                journey.report.refuse("addresses", user_id, f"its {chain} address is another customer's already")
                continue
            columns = {"chain": chain, "address": address, "path": each.path, "moved": 1}
            DepositAddress.insert_row(customer_id=customer_id, created_at=now, shown_at=shown_at, **columns)
            taken.add((chain, address))
            journey.report.addresses += 1


def _referrers_first(journey: Journey) -> Iterator[User]:
    """Yield each user after their referrer, since here a referrer has the smaller number."""
    users, done = journey.old.users, set[int]()
    for user in sorted(users.values(), key=lambda each: each.id):
        line: list[User] = []
        following: User | None = user
        while following is not None and following.id not in done:
            done.add(following.id)
            line.append(following)
            following = users.get(following.referrer_id or 0)
        yield from reversed(line)


def _register(journey: Journey, user: User, names: set[str]) -> int:
    username = user.username if user.username and user.username.lower() not in names else None
    if username:
        names.add(username.lower())
    return _add(journey, user.telegram_id, username, user)


def _add(journey: Journey, telegram_id: int, username: str | None, user: User | None = None) -> int:
    """Create a customer. The old shop doesn't know their name; their next message brings it."""
    terms = journey.terms
    language = user.language if user and user.language in terms.languages else terms.default_language
    return Customer.insert_row(
        telegram_id=telegram_id,
        bot_id=terms.bot_id,
        username=username,
        first_name=(username or str(telegram_id))[:MOST_NAME],
        language=language,
        reachable=int(user is None or user.reachable),
        created_at=user.registered_at if user else terms.now,
    )


def _bring_bans(journey: Journey) -> None:
    known = MovedRow.known("ban")
    for user_id, customer_id in journey.customers.items():
        if journey.old.users[user_id].banned and user_id not in known:
            Customer.change(customer_id, banned=True)
            journey.note("ban", user_id, customer_id)


def _bring_referrals(journey: Journey) -> None:
    known, users = MovedRow.known("referral"), journey.old.users
    tied, codes = existing.referrers(), existing.referral_codes()
    taken = set(codes.values())
    for user_id, customer_id in journey.customers.items():
        code = users[user_id].referral_code
        if code and customer_id not in codes and code not in taken and _CODE.fullmatch(code):
            ReferralCode.insert_row(customer_id=customer_id, code=code, created_at=journey.terms.now)
            taken.add(code)
        referrer_id = users[user_id].referrer_id
        if referrer_id is None or user_id in known:
            continue
        reason = _untied(journey, customer_id, referrer_id, tied)
        if reason:
            journey.report.refuse("referrals", user_id, reason)
            continue
        own_referrer = journey.customers[referrer_id]
        Referral.insert_row(
            customer_id=customer_id, referrer_id=own_referrer, created_at=users[user_id].registered_at
        )
        journey.note("referral", user_id, own_referrer)


def _untied(journey: Journey, customer_id: int, referrer_id: int, tied: dict[int, int]) -> str:
    """Return why a customer cannot be tied to their referrer; empty if they can."""
    if referrer_id not in journey.customers:
        return f"user {referrer_id}, who brought them, does not come"
    if customer_id in tied:
        return "here they came through somebody else's link"
    if journey.customers[referrer_id] >= customer_id:
        return "they were brought by somebody who came later: that is a circle, or one of them was here before"
    return ""
