"""The statement adds up, page by page and as a file, and includes pending payments."""

import csv
import io
import itertools
from decimal import Decimal

from shop.chains.transfers import Head
from shop.ledger import EntryKind
from storage.database import Database
from storage.models import Customer
from tests.cashier import open_cashier
from tests.conftest import StandingClock
from tests.stand import Stand
from wallet.chains import Chain


def test_every_page_of_the_statement_adds_up_to_the_balance(stand: Stand) -> None:
    ada = stand.visitor()
    product_id = stand.stock(*"ABCDEFGHIJ")
    for _ in range(9):
        stand.bought(ada, product_id)
    first = stand.shop.statements.page(ada, page=0)
    assert (first.pages, first.balance.minor) == (3, stand.balance(ada))
    entries = [entry for page in range(3) for entry in stand.shop.statements.page(ada, page=page).entries]
    assert len(entries) == 18
    assert sum(entry.amount.minor for entry in entries) == first.balance.minor == entries[0].balance.minor
    assert all(newer.balance - newer.amount == older.balance for newer, older in itertools.pairwise(entries))
    assert entries[0].kind is EntryKind.PURCHASE
    assert entries[0].subject == "#9"
    assert stand.shop.statements.page(ada, page=99).page == 2
    assert stand.shop.statements.page(ada, page=-5).page == 0


def test_the_file_adds_up_to_the_balance_and_holds_nobody_elses_entries(stand: Stand) -> None:
    ada, grace = stand.visitor(), stand.visitor(1002)
    stand.grant(grace, "777.00")
    stand.bought(ada, stand.stock("A"))
    text = stand.shop.statements.csv(
        ada, lambda kind: kind.value, ("when", "what", "order", "amount", "balance", "in")
    )
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sum(Decimal(row["amount"]) for row in rows) == Decimal(rows[-1]["balance"]) == Decimal("90.00")
    assert [row["what"] for row in rows] == ["deposit", "purchase"]
    assert rows[0]["when"] == stand.shop.context.iso(stand.clock())
    assert "777" not in text


def test_an_empty_statement_is_shown(stand: Stand) -> None:
    ada = stand.visitor()
    page = stand.shop.statements.page(ada, page=0)
    assert (page.entries, page.balance.minor, page.pages) == ((), 0, 1)
    profile = stand.shop.statements.profile(ada)
    assert (profile.orders, profile.open_deposits, profile.open_tickets) == (0, 0, 0)


def test_a_pending_payment_is_shown_only_to_its_customer_and_until_it_is_credited(stand: Stand) -> None:
    ada, grace, chain = stand.visitor(), stand.visitor(1002), stand.world.chains[Chain.BTC]
    transfer = chain.pay(stand.address(ada, Chain.BTC), 100_000)
    stand.shop.payments.deposits.observe(transfer, Head(100))
    [seen] = stand.shop.statements.coming(ada).deposits
    assert (seen.units, seen.txid) == (100_000, "aa")
    assert stand.shop.statements.coming(grace).deposits == ()
    assert stand.shop.statements.profile(ada).open_deposits == 1
    chain.mine(6)
    stand.shop.payments.deposits.observe(chain.transfers[0], chain.head())
    assert stand.shop.statements.coming(ada).deposits == ()
    assert stand.shop.statements.profile(ada).balance.minor == Customer.balance_of(ada.id) == 5_000


def test_a_payment_through_a_provider_is_pending_until_it_is_paid_or_expires(
    database: Database, clock: StandingClock
) -> None:
    with open_cashier(database, clock) as cashier:
        cashier.open("50.00")
        [invoice] = cashier.stand.shop.statements.coming(cashier.ada).invoices
        assert (invoice.asked, invoice.asset.code) == (cashier.stand.usd("50.00"), "BTC")
        assert cashier.stand.shop.statements.profile(cashier.ada).open_deposits == 1
        clock.pass_s(100_000)
        assert cashier.stand.shop.statements.coming(cashier.ada).invoices == ()
