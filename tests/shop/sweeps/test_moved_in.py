"""Coins at another bot's old addresses are swept like any others."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from shop.assets import ASSETS
from shop.moving.move import prepare
from shop.sweeps.views import SweepState
from storage.foreign import source
from storage.models import Deposit
from tests.shop.moving import old_bot
from tests.shop.sweeps.test_bitcoin import arrived
from tests.shop.sweeps.world import TO, World
from wallet.chains import Chain

PAID = {"BTC": "0.01", "LTC": "5", "ETH": "1", "TRX": "500", "SOL": "2"}
COLUMNS = {code: f"{code.lower()}_address" for code in PAID}


@pytest.fixture
def moved_in(make_world: Callable[..., World], tmp_path: Path) -> World:
    """A shop that another bot's customers have moved into."""
    path = tmp_path / "old.db"
    old_bot.write_sqlite(path, old_bot.SCHEMA_3_2_10, old_bot.tables_3_2_10())
    world = make_world()
    prepare(
        world.settings, world.database, source.read(path), languages=frozenset({"en", "de"}), now=world.clock()
    ).bring()
    world.shop = world.start()
    return world


@pytest.mark.parametrize("code", PAID)
def test_a_payment_to_an_old_address_is_credited_and_swept(moved_in: World, code: str) -> None:
    chain = ASSETS[code].chain
    moved_in.settle(chain)
    moved_in.chains.pay(chain.value, old_bot.wallet(1)[COLUMNS[code]], Decimal(PAID[code]), code)
    moved_in.settle(chain)
    assert [row.units for row in Deposit.select().where(Deposit.asset == code, Deposit.state == "credited")]
    done = moved_in.swept(chain)
    if code == "BTC":  # the coins that the old bot had recorded do not exist here
        assert [step.state for step in done.steps] == ["failed"]
        done = moved_in.swept(chain)
    assert done.state is SweepState.DONE, done
    assert done.plan is not None
    [arrives] = done.plan.arrives
    assert {step.state for step in done.steps} == {"confirmed"}
    if chain in {Chain.BTC, Chain.LTC}:
        assert arrived(moved_in, chain, TO[f"SWEEP_TO_{chain.value}"]) == arrives.units
    assert arrives.units > int(Decimal(PAID[code]).scaleb(ASSETS[code].decimals)) * 9 // 10
