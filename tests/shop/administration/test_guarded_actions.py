"""Actions that always need the second factor, and actions that are reported to the owners."""

import json
from collections.abc import Callable

import pyotp
import pytest

from shop.administration.restoring import hold_goods
from shop.administration.second_factor import OPEN_S, FactorReminder
from shop.catalog.editor import Field
from shop.catalog.exports import Form
from shop.catalog.tree import Target
from shop.errors.refusals import SecondFactorNeeded
from shop.people import Person, Right
from shop.sales.coupon_admin import CouponTerms
from storage.database import Database
from storage.models import AuditEntry, Coupon, Product, QuantityPrice, Refund, Replacement, StockItem
from storage.models import SecondFactor as FactorRow
from tests.conftest import StandingClock
from tests.goods import own, product
from tests.stand import ADMIN, Stand, open_shop, payloads, readers


@pytest.fixture
def stand(database: Database, clock: StandingClock) -> Stand:
    return open_shop(database, clock, ADMIN_TOTP="true")


@pytest.fixture
def manager(stand: Stand) -> Person:
    """A manager who has enrolled and whose last code has run out."""
    manager = stand.appoint(Right.CATALOGUE, Right.CUSTOMERS)
    prove(stand, manager, stand.shop.second_factor.enrol(manager).secret)
    stand.clock.pass_s(OPEN_S)
    return manager


def prove(stand: Stand, person: Person, secret: str) -> None:
    stand.shop.second_factor.enter(person, pyotp.TOTP(secret).at(stand.clock()))


def asks_for_a_code(action: Callable[[], object]) -> bool:
    with pytest.raises(SecondFactorNeeded) as needed:
        action()
    return needed.value.enrolled


def test_banning_a_manager_needs_a_code_as_removing_their_rights_does(stand: Stand, manager: Person) -> None:
    owner, support = stand.visitor(ADMIN, first_name="Olga"), stand.shop.customer_support
    secret = stand.shop.second_factor.enrol(owner).secret
    assert not asks_for_a_code(lambda: support.check(owner, manager.id, banned=True))
    assert not asks_for_a_code(lambda: support.ban(owner, manager.id, "left us", banned=True))
    prove(stand, owner, secret)
    support.ban(owner, manager.id, "left us", banned=True)
    assert stand.shop.customers.is_banned(manager.telegram_id)


def test_refunds_and_replacements_need_a_code_and_their_previews_do_not(stand: Stand, manager: Person) -> None:
    line_id = stand.sell(stand.visitor(), "Key").lines[0].id
    stand.stock("SPARE", name="Key")
    unit = int(StockItem.pieces_of(line_id)[0].id)
    stand.shop.refunds.of_line(manager, line_id)
    stand.shop.replacements.faulty(manager, unit)
    assert asks_for_a_code(lambda: stand.shop.replacements.replace(manager, unit))
    assert asks_for_a_code(lambda: stand.shop.refunds.refund_line(manager, line_id))
    assert asks_for_a_code(lambda: stand.shop.refunds.refund_order(manager, 1))
    assert Refund.select().count() == Replacement.select().count() == 0


@pytest.mark.parametrize("form", Form)
def test_an_export_of_goods_needs_a_code(stand: Stand, manager: Person, form: Form) -> None:
    stand.stock("KEY")
    assert asks_for_a_code(lambda: stand.shop.exports.export(manager, None, form))
    assert AuditEntry.select().where(AuditEntry.action == "goods.exported").count() == 0


@pytest.mark.parametrize(
    ("terms", "is_guarded"),
    [
        ({"percent": 50}, False),
        ({"percent": 51}, True),
        ({"percent": 100}, True),
        ({"fixed": "5", "least": "10"}, False),
        ({"fixed": "5.01", "least": "10"}, True),
        ({"fixed": "5"}, True),
    ],
)
def test_a_coupon_above_half_needs_a_code(
    stand: Stand, manager: Person, terms: dict[str, object], is_guarded: bool
) -> None:
    sums = {name: stand.usd(value) if isinstance(value, str) else value for name, value in terms.items()}
    coupon = CouponTerms(code="SPRING", **sums)
    if is_guarded:
        assert asks_for_a_code(lambda: stand.shop.coupons.create(manager, coupon))
    else:
        stand.shop.coupons.create(manager, coupon)
    assert Coupon.select().count() == (0 if is_guarded else 1)


def test_switching_a_deep_coupon_on_again_needs_a_code(stand: Stand, manager: Person) -> None:
    enrolled = stand.visitor(ADMIN)
    prove(stand, enrolled, stand.shop.second_factor.enrol(enrolled).secret)
    deep = stand.shop.coupons.create(enrolled, CouponTerms(code="DEEP", percent=90))
    stand.shop.coupons.switch(manager, deep.id, off=True)
    assert asks_for_a_code(lambda: stand.shop.coupons.switch(manager, deep.id, off=False))
    assert Coupon.get_by_id(deep.id).switched_off


@pytest.mark.parametrize(
    ("field", "text", "is_guarded"),
    [
        (Field.PRICE, "5", False),
        (Field.PRICE, "4.99", True),
        (Field.PRICE, "100", False),
        (Field.STEPS, "2=5.00", False),
        (Field.STEPS, "2=4.99", True),
    ],
)
def test_more_than_halving_a_price_needs_a_code(
    stand: Stand, manager: Person, field: Field, text: str, is_guarded: bool
) -> None:
    key = Target(True, stand.stock("KEY"))
    if is_guarded:
        assert asks_for_a_code(lambda: stand.shop.editor.edit(manager, key, field, text))
        assert (Product.get_by_id(key.id).price_minor, QuantityPrice.select().count()) == (1000, 0)
    else:
        stand.shop.editor.edit(manager, key, field, text)


def test_two_cuts_within_a_day_count_together(stand: Stand, manager: Person, clock: StandingClock) -> None:
    key = Target(True, stand.stock("KEY"))
    stand.shop.editor.edit(manager, key, Field.PRICE, "6")
    stand.shop.editor.edit(manager, key, Field.PRICE, "7")
    stand.shop.editor.edit(manager, key, Field.STEPS, "2=5.00")
    assert asks_for_a_code(lambda: stand.shop.editor.edit(manager, key, Field.PRICE, "4.99"))
    assert asks_for_a_code(lambda: stand.shop.editor.edit(manager, key, Field.STEPS, "2=4.99"))
    clock.pass_s(86_400)
    assert asks_for_a_code(lambda: stand.shop.editor.edit(manager, key, Field.STEPS, "2=4.99"))
    clock.pass_s(1)
    stand.shop.editor.edit(manager, key, Field.STEPS, "2=4.99")
    assert asks_for_a_code(lambda: stand.shop.editor.edit(manager, key, Field.STEPS, "2=2.49"))


def test_a_cut_by_hand_and_one_by_a_file_count_together(stand: Stand, manager: Person) -> None:
    stand.bring(manager, own(product("Key", price="10", items=["KEY-1"])))
    stand.shop.editor.edit(manager, Target(True, Product.get().id), Field.PRICE, "6")
    cheap = stand.shop.imports.receive(manager, "cheap.json", own(product("Key", price="4", items=["KEY-2"])))
    assert asks_for_a_code(lambda: stand.shop.imports.confirm(manager, cheap.id))
    assert Product.get().price_minor == 600


def test_a_cut_confirmed_with_a_code_is_the_base_for_the_next_ones(stand: Stand, manager: Person) -> None:
    key = Target(True, stand.stock("KEY"))
    with stand.database.transaction():
        FactorRow.change(manager.telegram_id, open_until=stand.clock() + 60)
    stand.shop.editor.edit(manager, key, Field.PRICE, "4")
    with stand.database.transaction():
        FactorRow.change(manager.telegram_id, open_until=0)
    stand.shop.editor.edit(manager, key, Field.PRICE, "3")
    assert asks_for_a_code(lambda: stand.shop.editor.edit(manager, key, Field.PRICE, "1.99"))


def test_a_file_that_more_than_halves_a_price_needs_a_code_and_is_still_there_after_it(
    stand: Stand, manager: Person
) -> None:
    stand.bring(manager, own(product("Key", price="10", items=["KEY-1"])))
    cheap = own(product("Key", price="4", items=["KEY-2"]))
    preview = stand.shop.imports.receive(manager, "cheap.json", cheap)
    assert asks_for_a_code(lambda: stand.shop.imports.confirm(manager, preview.id))
    assert (Product.get().price_minor, StockItem.select().count()) == (1000, 1)
    with stand.database.transaction():
        FactorRow.change(manager.telegram_id, open_until=stand.clock() + 60)
    stand.shop.imports.confirm(manager, preview.id)
    assert (Product.get().price_minor, StockItem.select().count()) == (400, 2)


def test_what_needs_no_code_works_without_one(stand: Stand, manager: Person) -> None:
    stand.bring(manager, own(product("Key", price="10", items=["KEY-1"])))
    stand.shop.customer_support.write(manager, stand.visitor().id, "Hello")
    assert AuditEntry.select().where(AuditEntry.action == "customer.written_to").count() == 1


def test_owners_without_a_second_factor_are_reminded_every_week(stand: Stand) -> None:
    owner, reminder = stand.visitor(ADMIN), FactorReminder(stand.shop.context)
    reminder.remind()
    reminder.remind()
    assert readers("admin_factor") == [1, 2]
    secret = stand.shop.second_factor.enrol(owner).secret
    assert reminder.bare_owners() == [1, 2], "a secret that no code confirmed is none"
    prove(stand, owner, secret)
    stand.clock.pass_s(7 * 86_400)
    reminder.remind()
    assert readers("admin_factor") == [1, 2, 2]


def test_without_the_setting_nobody_is_reminded(database: Database, clock: StandingClock) -> None:
    plain = open_shop(database, clock)
    FactorReminder(plain.shop.context).remind()
    assert readers("admin_factor") == []


def test_bulk_actions_are_reported_to_the_other_owners(database: Database, clock: StandingClock) -> None:
    stand = open_shop(database, clock)
    owner, manager = stand.visitor(ADMIN), stand.appoint(Right.CATALOGUE)
    many = [f"KEY-{number}" for number in range(10)]
    stand.bring(owner, own(product("Key", items=many)))
    assert [readers("admin_deed"), reported(0)[0]] == [[2], "goods.imported"]
    stand.shop.exports.export(manager, None, Form.OWN)
    assert [readers("admin_deed")[1:], reported(1)[0]] == [[1, 2], "goods.exported"]
    stand.shop.editor.discard(owner, stand.product("Key"))
    assert [readers("admin_deed")[3:], reported(3)] == [[2], ("stock.deleted", {"count": 10})]
    stand.shop.editor.delete(owner, Target(False, 1))
    assert [readers("admin_deed")[4:], reported(4)[0]] == [[2], "category.deleted"]
    stand.shop.payments.store_mode.switch(owner, on=True)
    assert [readers("admin_deed")[5:], reported(5)] == [[2], ("store_mode.on", {})]
    stand.stock("KEY-A", name="A")
    stand.stock("KEY-B", name="B")
    with stand.database.transaction():
        hold_goods(clock())
    stand.shop.held_goods.release(owner, stand.product("A"))
    stand.shop.held_goods.release(owner, None)
    assert [readers("admin_deed")[6:], reported(6)] == [[2], ("goods.released", {"count": 1})]


def test_actions_on_a_few_things_are_reported_to_nobody(database: Database, clock: StandingClock) -> None:
    stand = open_shop(database, clock)
    owner = stand.visitor(ADMIN)
    stand.bring(owner, own(product("Key", items=["KEY-1", "KEY-2"])))
    stand.shop.editor.discard(owner, stand.product("Key"))
    assert payloads("admin_deed") == []


def reported(number: int) -> tuple[str, dict[str, object]]:
    """Return the action that a letter to the owners reports, and its details."""
    row = AuditEntry.get_by_id(payloads("admin_deed")[number]["entry_id"])
    return row.action, json.loads(row.details)
