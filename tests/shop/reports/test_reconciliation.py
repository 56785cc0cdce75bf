"""Every kind of difference in the books is found and named; books that add up are not reported."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.errors.refusals import NotAllowed
from shop.jobs import Job
from shop.people import Person
from shop.reports.reconciliation import MOST_KEPT, Difference, Result
from storage.models import Deposit, LedgerEntry, ReferralBonus, Replacement, StockItem, reconciliation
from storage.models import Difference as DifferenceRow
from storage.models import Reconciliation as Look
from tests.cashier import Cashier, open_cashier
from tests.raw_sql import engine_of
from tests.shop.activity import EVENTS, Activity
from tests.shop.reports.test_figures import fresh_shop
from tests.stand import ADMIN, Stand, letters

ENTRY = "INSERT INTO ledger_entry (customer_id, kind, amount_minor, balance_minor, key, created_at) VALUES"
MOVE = "UPDATE customer SET balance_minor = balance_minor"
REFUND = "INSERT INTO refund (order_line_id, amount_minor, refunded_by, created_at) VALUES"


@given(st.lists(EVENTS, max_size=25))
@settings(max_examples=30)
def test_a_healthy_shop_is_clean_whatever_happened(events: list[tuple[object, ...]]) -> None:
    with fresh_shop() as activity:
        for event in events:
            activity.happen(event)
        result = activity.stand.shop.reconciliation.check(activity.stand.visitor(ADMIN))
        assert (result.differing, result.differences) == (0, ())
        assert result.checked >= 3 * 40
        assert letters("admin_books") == []


@pytest.fixture
def lively(stand: Stand) -> Activity:
    """A shop in which Ada, brought by Grace, deposits in two coins and buys twice."""
    activity = Activity(stand)
    ada, grace = activity.person(0), activity.person(1)
    activity.deposit(ada, "BTC", 6_000)
    activity.deposit(grace, "ETH", 3_000)
    activity.buy(ada, 0, 2)
    activity.buy(ada, 1)
    brought(stand, ada, grace)
    return activity


def test_refunds_replacements_and_adjustments_add_up(lively: Activity) -> None:
    stand, owner, ada = lively.stand, lively.stand.visitor(ADMIN), lively.person(0)
    lively.refund(1)
    adjustments = stand.shop.adjustments
    for amount in (stand.usd("2.00"), -stand.usd("0.50")):
        adjustments.make(owner, adjustments.propose(owner, ada.id, amount, "a present").id)
    adjustments.propose(owner, ada.id, stand.usd("9.00"), "shown and not made")
    faulty, new = StockItem.select().where(StockItem.product == lively.products[0]).order_by(StockItem.id)[1:3]
    with lively.stand.database.transaction():
        Replacement.make(faulty, new, replaced_by=1, now=lively.stand.clock())
    assert check(lively.stand).differing == 0


def test_wrong_sums_of_the_figures_are_logged_and_rebuilt(lively: Activity, caplog: pytest.LogCaptureFixture) -> None:
    figures, owner = lively.stand.shop.figures, lively.stand.visitor(ADMIN)
    right = figures.report(owner, 0).now
    assert (right.buyers, right.orders, right.units) == (1, 2, 3)
    engine = engine_of(lively.stand.database)
    with lively.stand.database.transaction():
        engine.execute_sql("UPDATE period_sum SET number = number + 1, amount = amount + 5 WHERE kind = 'purchase'")
        engine.execute_sql("DELETE FROM period_sum WHERE kind = 'unit' AND step_s = 86400")
        engine.execute_sql("UPDATE product_sum SET paid = paid + 1")
    assert figures.report(owner, 0).now != right
    assert check(lively.stand).differing == 0
    assert "the sums of the figures were wrong" in caplog.text
    assert figures.report(owner, 0).now == right
    caplog.clear()
    check(lively.stand)
    assert "sums" not in caplog.text


def brought(stand: Stand, ada: Person, grace: Person) -> None:
    """Give both a bonus, as `shop/payments/referrals.py` does."""
    entry = LedgerEntry.get(LedgerEntry.customer == ada.id, LedgerEntry.kind == "deposit")
    with stand.database.transaction():
        for person, kind, prefix, minor in (
            (ada, "referral_bonus", "referral", 300),
            (grace, "referrer_bonus", "referrer", 150),
        ):
            key = f"{prefix}:{entry.key}"
            LedgerEntry.post(person.id, kind=kind, amount_minor=minor, key=key, now=stand.clock())
        ReferralBonus.keep(
            deposit_key=entry.key,
            customer_id=ada.id,
            referrer_id=grace.id,
            referral_minor=300,
            referrer_minor=150,
            created_at=stand.clock(),
        )


def corrupt(stand: Stand, *statements: str) -> None:
    """Change rows behind the shop's back, after removing the database's own guards."""
    engine = engine_of(stand.database)
    engine.execute_sql("PRAGMA foreign_keys = 0")
    with stand.database.transaction():
        for (name,) in engine.execute_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            engine.execute_sql(f"DROP TRIGGER {name}")
        for statement in statements:
            assert engine.execute_sql(statement).rowcount > 0, statement
    engine.execute_sql("PRAGMA foreign_keys = 1")


def check(stand: Stand) -> Result:
    return stand.shop.reconciliation.check(stand.visitor(ADMIN))


def named(result: Result) -> set[tuple[str, int, int, int]]:
    return {(each.kind, each.subject, minor(each.expected), minor(each.found)) for each in result.differences}


def minor(value: Any) -> int:
    return value if isinstance(value, int) else value.minor


def balance(person: Person) -> int:
    return sum(entry.amount_minor for entry in LedgerEntry.of(person.id))


def finding(lively: Activity, *statements: str) -> set[tuple[str, int, int, int]]:
    corrupt(lively.stand, *statements)
    result = check(lively.stand)
    assert result.differing == len(result.differences)
    assert len(letters("admin_books")) == 2
    return named(result)


def posting(person: Person, kind: str, amount_minor: int, key: str) -> tuple[str, str]:
    """Return the statements that post an entry which nothing else in the books explains."""
    after = balance(person) + amount_minor
    return (
        f"{ENTRY} ({person.id}, '{kind}', {amount_minor}, {after}, '{key}', 1)",
        f"{MOVE} + {amount_minor} WHERE id = {person.id}",
    )


def entry_of(prefix: str) -> Any:
    return next(entry for entry in LedgerEntry.select().order_by(LedgerEntry.id) if entry.key.startswith(prefix))


def test_a_balance_that_is_off_by_a_cent(lively: Activity) -> None:
    ada = lively.person(0)
    had = balance(ada)
    found = finding(lively, f"{MOVE} + 1 WHERE id = {ada.id}")
    assert found == {("balance", ada.id, had, had + 1)}


def test_an_entry_whose_new_balance_does_not_match_its_amount(lively: Activity) -> None:
    entry = entry_of("order:1")
    after = LedgerEntry.get(LedgerEntry.customer == entry.customer_id, LedgerEntry.id > entry.id)
    found = finding(lively, f"UPDATE ledger_entry SET balance_minor = balance_minor + 7 WHERE id = {entry.id}")
    assert found == {
        ("entry", entry.id, entry.balance_minor, entry.balance_minor + 7),
        ("entry", after.id, after.balance_minor + 7, after.balance_minor),
    }


def test_a_deposit_credited_with_a_different_sum(lively: Activity) -> None:
    found = finding(lively, "UPDATE deposit SET credited_minor = credited_minor + 5 WHERE id = 1")
    assert found == {("deposit", 1, 6_005, 6_000)}


def test_a_credited_deposit_without_an_entry(lively: Activity) -> None:
    found = finding(
        lively,
        """INSERT INTO deposit (customer_id, address_id, chain, txid, output_index, asset, units, state, finality,
        rate, credited_minor, seen_at, updated_at) SELECT customer_id, address_id, chain, 'ff', '0', asset, units,
        state, finality, rate, 777, seen_at, updated_at FROM deposit WHERE id = 1""",
    )
    assert found == {("deposit", 3, 777, 0)}


def test_an_entry_of_a_deposit_that_was_orphaned_again(lively: Activity) -> None:
    assert finding(lively, "UPDATE deposit SET state = 'orphaned' WHERE id = 2") == {("deposit", 2, 0, 3_000)}


def test_an_entry_of_a_nonexistent_deposit(lively: Activity) -> None:
    found = finding(lively, *posting(lively.person(1), "deposit", 100, "deposit:BTC:ee:0"))
    assert found == {("deposit_entry", LedgerEntry.select().count(), 0, 100)}


def test_a_deposit_credited_to_somebody_else(lively: Activity) -> None:
    ada, grace, entry = lively.person(0), lively.person(1), entry_of("deposit:ETH")
    found = finding(
        lively,
        f"UPDATE ledger_entry SET customer_id = {ada.id} WHERE id = {entry.id}",
        f"UPDATE customer SET balance_minor = (SELECT sum(amount_minor) FROM ledger_entry e WHERE e.customer_id = "
        f"customer.id) WHERE id IN ({ada.id}, {grace.id})",
    )
    assert {("deposit", 2, 3_000, 0), ("deposit_entry", entry.id, 0, 3_000)} <= found
    assert {kind for kind, *_ in found} == {"deposit", "deposit_entry", "entry"}


def test_a_deleted_entry(lively: Activity) -> None:
    grace, entry = lively.person(1), entry_of("deposit:ETH")
    left = balance(grace)
    found = finding(lively, f"DELETE FROM ledger_entry WHERE id = {entry.id}")
    bonus = entry_of("referrer:")
    assert found == {
        ("balance", grace.id, left - 3_000, left),
        ("deposit", 2, 3_000, 0),
        ("entry", bonus.id, bonus.amount_minor, bonus.balance_minor),
    }


def test_an_order_whose_total_differs_from_its_lines_and_its_entry(lively: Activity) -> None:
    found = finding(lively, "UPDATE orders SET total_minor = total_minor + 1 WHERE id = 1")
    assert found == {("order", 1, 798, 799), ("purchase", 1, 799, 798)}


def test_a_line_with_a_different_price(lively: Activity) -> None:
    assert finding(lively, "UPDATE order_line SET unit_price_minor = 400 WHERE id = 1") == {("order", 1, 800, 798)}


def test_a_discount_that_no_line_and_no_coupon_explains(lively: Activity) -> None:
    found = finding(lively, "UPDATE orders SET discount_minor = 8 WHERE id = 1")
    assert found == {("order", 1, 790, 798), ("discount", 1, 0, 8), ("coupon", 1, 1, 0)}


def test_an_unpaid_order(lively: Activity) -> None:
    ada = lively.person(0)
    found = finding(
        lively,
        f"INSERT INTO orders (customer_id, key, total_minor, created_at) VALUES ({ada.id}, 'x', 500, 1)",
    )
    assert found == {("order", 3, 0, 500), ("purchase", 3, 500, 0)}


def test_a_purchase_without_an_order(lively: Activity) -> None:
    found = finding(lively, *posting(lively.person(0), "purchase", -100, "order:99"))
    assert found == {("purchase_entry", LedgerEntry.select().count(), 0, 100)}


def test_a_refund_without_an_order_line(lively: Activity) -> None:
    found = finding(lively, *posting(lively.person(0), "refund", 900, "refund:99"))
    assert found == {("refund", LedgerEntry.select().count(), 0, 900)}


def test_refunds_that_exceed_what_was_paid(lively: Activity) -> None:
    ada = lively.person(0)
    had = balance(ada)
    found = finding(
        lively,
        f"{ENTRY} ({ada.id}, 'refund', 700, {had + 700}, 'refund:1', 1)",
        f"{ENTRY} ({ada.id}, 'refund', 200, {had + 900}, 'refund:1:700', 1)",
        f"{MOVE} + 900 WHERE id = {ada.id}",
        f"{REFUND} (1, 700, 1, 1)",
        "INSERT INTO refund (order_line_id, amount_minor, before_minor, refunded_by, created_at)"
        " VALUES (1, 200, 700, 1, 1)",
    )
    assert found == {("refund_sum", 1, 798, 900)}


def test_a_refund_to_somebody_else(lively: Activity) -> None:
    found = finding(
        lively,
        *posting(lively.person(1), "refund", 798, "refund:1"),
        f"{REFUND} (1, 798, 1, 1)",
    )
    assert found == {("refund", LedgerEntry.select().count(), 0, 798)}


def test_a_refund_record_without_an_entry(lively: Activity) -> None:
    assert finding(lively, f"{REFUND} (1, 798, 1, 1)") == {("refund_record", 1, 798, 0)}


def test_an_adjustment_without_a_record(lively: Activity) -> None:
    found = finding(lively, *posting(lively.person(0), "adjustment", 5, "adjustment:1"))
    assert found == {("adjustment", LedgerEntry.select().count(), 0, 5)}


def test_an_unexplained_balance_from_another_shop(lively: Activity) -> None:
    found = finding(lively, *posting(lively.person(0), "moved_in", 5, "moved_in:1"))
    assert found == {("moved_in", LedgerEntry.select().count(), 0, 5)}


def test_a_tolerance_entry_without_a_record(lively: Activity) -> None:
    found = finding(lively, *posting(lively.person(0), "tolerance", 5, "tolerance:1"))
    assert found == {("tolerance", LedgerEntry.select().count(), 0, 5)}


def test_a_tolerance_record_without_an_entry(lively: Activity) -> None:
    found = finding(lively, "INSERT INTO tolerance (order_id, amount_minor, created_at) VALUES (1, 5, 1)")
    assert found == {("tolerance_record", 1, 5, 0)}


def star_payment(customer_id: int, state: str) -> str:
    """Return the statement that makes a payment of 5 Stars worth 5.00."""
    return (
        "INSERT INTO star_payment (charge_id, customer_id, stars, credited_minor, state, paid_at, changed_at)"
        f" VALUES ('charge', {customer_id}, 5, 500, '{state}', 1, 1)"
    )


def test_a_payment_in_stars_missing_from_the_balance(lively: Activity) -> None:
    found = finding(lively, star_payment(lively.person(0).id, "paid"))
    assert found == {("stars", 1, 500, 0)}


def test_refunded_stars_still_on_the_balance(lively: Activity) -> None:
    ada = lively.person(0)
    had = balance(ada)
    found = finding(
        lively,
        star_payment(ada.id, "refunded"),
        f"{ENTRY} ({ada.id}, 'deposit', 500, {had + 500}, 'stars:charge', 1)",
        f"{MOVE} + 500 WHERE id = {ada.id}",
    )
    assert found == {("stars_back", 1, 500, 0)}


def test_stars_in_telegrams_list_that_the_shop_does_not_know(lively: Activity) -> None:
    listed = "INSERT INTO star_transaction (transaction_id, incoming, kind, nanostars, made_at)"
    found = finding(lively, f"{listed} VALUES ('charge', 1, 'payment', 5000000000, 1)")
    assert found == {("stars_listed", 1, 5, 0)}


def test_a_wrong_count_of_reserved_stock(lively: Activity) -> None:
    found = finding(lively, f"UPDATE product SET reserved_count = 3 WHERE id = {lively.products[0]}")
    assert found == {("reserved", lively.products[0], 0, 3)}


@pytest.mark.parametrize(("kind", "was"), [("referral", 300), ("referrer", 150)])
def test_a_bonus_that_differs_from_its_entry(lively: Activity, kind: str, was: int) -> None:
    found = finding(lively, f"UPDATE referral_bonus SET {kind}_minor = 299 WHERE id = 1")
    assert found == {(kind, 1, 299, was)}


def test_bonuses_without_a_deposit(lively: Activity) -> None:
    first, second = entry_of("referral:"), entry_of("referrer:")
    found = finding(lively, "DELETE FROM referral_bonus")
    assert found == {("bonus_entry", first.id, 0, 300), ("bonus_entry", second.id, 0, 150)}


def test_a_wrong_stock_count(lively: Activity) -> None:
    found = finding(lively, f"UPDATE product SET stock_count = 99 WHERE id = {lively.products[0]}")
    assert found == {("stock", lively.products[0], 38, 99)}


def test_duplicate_goods(lively: Activity) -> None:
    first, second = StockItem.select().where(StockItem.product == lively.products[0]).order_by(StockItem.id)[:2]
    twice = f"(SELECT fingerprint FROM stock_item WHERE id = {first.id})"
    found = finding(
        lively, f"UPDATE stock_item SET fingerprint = {twice}, occurrence = 2, again_by = NULL WHERE id = {second.id}"
    )
    assert found == {("twice", lively.products[0], 0, 1)}


def test_coins_swept_that_never_came_in(lively: Activity) -> None:
    deposit = Deposit.select().where(Deposit.asset == "ETH").get()
    found = finding(
        lively,
        "INSERT INTO sweep (chain, destination, speed, state, created_at, starts_at)"
        " VALUES ('ETH', 'theirs', 'normal', 'running', 1, 1)",
        "INSERT INTO sweep_transaction (sweep_id, position, chain, purpose, asset, source, recipient, units,"
        " fee_units, state, created_at, updated_at) VALUES (1, 0, 'ETH', 'move', 'USDC_ERC20', 'ours', 'theirs',"
        " '5', '1', 'planned', 1, 1)",
        "INSERT INTO sweep_input (transaction_id, address_id, chain, asset, units)"
        f" VALUES (1, {deposit.address_id}, 'ETH', 'USDC_ERC20', '5')",
    )
    assert found == {("swept", 1, 1, 0)}


def test_a_wrong_count_of_sales(lively: Activity) -> None:
    found = finding(lively, f"UPDATE product SET sold_count = 5 WHERE id = {lively.products[0]}")
    assert found == {("sales", lively.products[0], 2, 5)}


def test_a_unit_paid_for_and_not_delivered(lively: Activity) -> None:
    found = finding(
        lively,
        "UPDATE stock_item SET order_line_id = NULL "
        "WHERE id = (SELECT min(id) FROM stock_item WHERE order_line_id = 1)",
        f"UPDATE product SET stock_count = stock_count + 1 WHERE id = {lively.products[0]}",
    )
    assert found == {("units", 1, 2, 1)}


def test_an_entry_of_an_unknown_kind(lively: Activity) -> None:
    found = finding(lively, *posting(lively.person(0), "gift", 5, "gift:1"))
    assert found == {("kind", LedgerEntry.select().count(), 0, 5)}


def test_invoices_are_compared_with_their_entries(database: Any, clock: Any) -> None:
    with open_cashier(database, clock) as cashier:
        view = paid(cashier)
        stand = cashier.stand
        assert check(stand).differing == 0
        corrupt(stand, f"UPDATE invoice SET fiat_minor = 4999 WHERE id = {view.id}")
        assert named(check(stand)) == {("invoice", view.id, 4_999, 5_000)}


def paid(cashier: Cashier) -> Any:
    view = cashier.open("50.00")
    cashier.report(cashier.pay(view))
    return view


@pytest.mark.parametrize("kind", [kind for kind in reconciliation.CHECKS if kind not in ("referral", "referrer")])
def test_every_check_has_a_test_in_which_it_finds_something(kind: str) -> None:
    assert f'("{kind}", ' in Path(__file__).read_text("utf-8")


def test_a_finding_is_reported_once_and_later_only_a_new_one(lively: Activity) -> None:
    stand = lively.stand
    ada, grace = lively.person(0), lively.person(1)
    corrupt(stand, f"{MOVE} + 1 WHERE id = {ada.id}")
    for _ in range(3):
        stand.shop.reconciliation.run()
    assert len(letters("admin_books")) == len(stand.settings.admin_id_list)
    corrupt(stand, f"{MOVE} + 2 WHERE id = {grace.id}")
    stand.shop.reconciliation.run()
    assert len(letters("admin_books")) == 2 * len(stand.settings.admin_id_list)
    news = stand.shop.reconciliation.news(Look.last().id)
    assert [(each.kind, each.subject) for each in news.differences] == [("balance", grace.id)]
    assert news.differing == 1
    assert check(stand).differing == 2
    assert DifferenceRow.select().count() == 2


def test_a_check_of_badly_broken_books_lists_some_differences_and_counts_all(lively: Activity) -> None:
    stand = lively.stand
    for number in range(MOST_KEPT + 20):
        stand.visitor(50_000 + number)
    corrupt(stand, f"{MOVE} + 1")
    result = check(stand)
    assert result.differing == MOST_KEPT + 20 + 2  # and Ada and Grace, but not the owner, who is new in this check
    assert DifferenceRow.select().count() == MOST_KEPT
    assert len(letters("admin_books")) == 2


def test_a_check_is_recorded_with_who_asked_when_and_how_many_rows(lively: Activity) -> None:
    stand = lively.stand
    owner = stand.visitor(ADMIN)
    assert stand.shop.reconciliation.last(owner) is None
    stand.shop.reconciliation.run()
    stand.clock.pass_s(5)
    result = check(stand)
    by_itself, asked = Look.select().order_by(Look.id)
    assert (by_itself.asked_by, asked.asked_by) == (None, owner.id)
    assert (asked.created_at, asked.checked) == (stand.clock(), result.checked) == (result.at, by_itself.checked)
    assert stand.shop.reconciliation.last(owner) == result


def test_the_books_are_checked_every_day_on_a_separate_thread(stand: Stand) -> None:
    jobs = {runner.name: tuple(record.job for record in runner.records) for runner in stand.shop.runners}
    [job] = jobs["reconciliation"]
    assert isinstance(job, Job)
    assert job.every_s == 86_400
    job.run()
    assert Look.select().count() == 1


def test_only_people_with_the_right_to_money_see_the_reconciliation(stand: Stand) -> None:
    ada, books = stand.visitor(), stand.shop.reconciliation
    for read in (books.check, books.last):
        with pytest.raises(NotAllowed):
            read(ada)
    assert Look.select().count() == 0


def test_writes_continue_while_the_books_are_checked(
    lively: Activity, at_once: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand = lively.stand
    ada = lively.person(0)
    count = reconciliation.count_rows

    def count_while_somebody_writes() -> int:
        before = count()
        assert at_once(lambda: stand.grant(ada, "1.00")) == [None]
        assert count() == before
        return before

    monkeypatch.setattr(reconciliation, "count_rows", count_while_somebody_writes)
    assert check(stand).differing == 0
    assert check(stand).differing == 1  # the granted money belongs to no deposit


def test_a_difference_says_which_customer_it_concerns(lively: Activity) -> None:
    ada = lively.person(0)
    corrupt(lively.stand, f"{MOVE} + 1 WHERE id = {ada.id}")
    [difference] = check(lively.stand).differences
    assert isinstance(difference, Difference)
    assert difference.whose == "Ada (1001)"
    assert difference.found - difference.expected == lively.stand.usd("0.01")
