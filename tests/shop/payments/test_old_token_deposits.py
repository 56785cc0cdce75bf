"""Token payments recorded when their units were part of their key: found, credited once, never doubled."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from shop.assets import ASSETS
from shop.chains.transfers import Head, Transfer
from shop.people import Person
from storage.models import Deposit, DepositAddress, LedgerEntry, Outbox
from tests.stand import Stand
from wallet.chains import Chain

TXID = "ab" * 32
HEAD = Head(latest=500, safe=470, finalized=440)


@pytest.fixture
def person(stand: Stand) -> Person:
    return stand.visitor()


@pytest.fixture
def transfer(stand: Stand, person: Person) -> Transfer:
    """What a server shows of the transaction today: its two payments summed."""
    address = stand.address(person, Chain.ETH)
    usdt = ASSETS["USDT_ERC20"]
    return Transfer(Chain.ETH, TXID, f"{usdt.code}:{address}", address, usdt, 10_000_000, 400, shown_by="one.example")


@pytest.fixture
def recorded(stand: Stand, person: Person, transfer: Transfer) -> Callable[..., list[str]]:
    """Record two payments of one transaction as the shop did then; return their keys."""

    def record(*units: int, **columns: object) -> list[str]:
        place = DepositAddress.of(person.id, Chain.ETH.value)
        plain = {"customer": person.id, "address": place.id, "chain": "ETH", "txid": TXID, "asset": "USDT_ERC20"}
        plain |= {"state": "confirming", "finality": "safe", "seen_at": 1, "updated_at": 1} | columns
        with stand.database.transaction():
            for ordinal, each in enumerate(units):
                name = f"{transfer.index}:{each}:{ordinal}"
                identity = name if ordinal else transfer.index
                Deposit.create(**plain, output_index=name, identity=identity, units=each)
        return [row.key for row in Deposit.select().order_by(Deposit.id)]

    return record


def test_both_parts_are_credited_under_their_old_keys(
    stand: Stand, person: Person, transfer: Transfer, recorded: Callable[..., list[str]]
) -> None:
    keys = recorded(4_000_000, 6_000_000)
    for _ in range(2):
        stand.shop.payments.deposits.observe(transfer, HEAD)
    assert [(entry.key, entry.amount_minor) for entry in LedgerEntry.of(person.id)] == [
        (keys[0], 400),
        (keys[1], 600),
    ]
    assert (stand.balance(person), Deposit.select().count()) == (1_000, 2)


def test_a_payment_credited_then_is_not_credited_again(
    stand: Stand, person: Person, transfer: Transfer, recorded: Callable[..., list[str]]
) -> None:
    recorded(4_000_000, 6_000_000, state="credited", credited_minor=1, rate="1", rate_source="then", rate_at=1)
    stand.shop.payments.deposits.observe(transfer, HEAD)
    assert (stand.balance(person), Deposit.select().count(), Outbox.select().count()) == (0, 2, 0)


def test_units_that_differ_from_the_sum_of_the_parts_are_a_contradiction(
    stand: Stand, person: Person, transfer: Transfer, recorded: Callable[..., list[str]]
) -> None:
    recorded(4_000_000, 6_000_000)
    stand.shop.payments.deposits.observe(replace(transfer, units=4_000_000), HEAD)
    assert {row.held for row in Deposit.select()} == {"contradicted"}
    assert stand.balance(person) == 0
