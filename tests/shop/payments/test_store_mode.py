"""Store mode: once an owner switches it on, nobody tops up in coins."""

import pytest

from shop.errors.payments import CoinsNotTaken
from shop.errors.refusals import NotAllowed
from shop.payments.store_mode import StoreMode
from shop.people import Person, Right
from storage.database import Database
from tests.conftest import StandingClock
from tests.stand import Stand, audited, open_shop


@pytest.fixture
def mode(stand: Stand) -> StoreMode:
    return stand.shop.payments.store_mode


def test_switching_it_on_and_off_is_logged_once_each(mode: StoreMode, owner: Person) -> None:
    for on in (True, True, False, False):
        mode.switch(owner, on=on)
        assert (mode.is_on, mode.takes_coins) == (on, not on)
    assert audited() == [("store_mode.on", "shop", {}), ("store_mode.off", "shop", {})]


def test_coins_are_refused_while_it_is_on(mode: StoreMode, owner: Person) -> None:
    mode.require_coins()
    mode.switch(owner, on=True)
    with pytest.raises(CoinsNotTaken) as refused:
        mode.require_coins()
    assert refused.value.args == ()
    mode.switch(owner, on=False)
    mode.require_coins()


def test_only_owners_can_switch_it(mode: StoreMode, stand: Stand) -> None:
    for person in (stand.visitor(), stand.appoint(*(right for right in Right if right is not Right.OWNERS_ONLY))):
        with pytest.raises(NotAllowed) as refused:
            mode.switch(person, on=True)
        assert refused.value.args == ()
    assert (mode.is_on, audited()) == (False, [])


@pytest.mark.parametrize(
    ("per_unit", "ways", "before", "then"),
    [("50", "wallet", False, True), ("50", "wallet,stars", True, True), ("0", "wallet", False, False)],
)
def test_stars_are_taken_if_they_have_a_price_and_always_in_store_mode(
    database: Database, clock: StandingClock, per_unit: str, ways: str, before: bool, then: bool
) -> None:
    stand = open_shop(database, clock, STARS_PER_UNIT=per_unit, PAY_BY=ways)
    mode = stand.shop.payments.store_mode
    assert mode.takes_stars is before
    mode.switch(stand.visitor(1), on=True)
    assert mode.takes_stars is then
