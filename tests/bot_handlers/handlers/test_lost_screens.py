"""Buttons of screens that the database has lost: after a restore, or with a new one, they do nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot_handlers.callbacks.checkout import BuyNow
from bot_handlers.callbacks.customers import Adjust
from storage.models import Order
from tests.bot_handlers.stage import CUSTOMER, Stage, last
from tests.stand import ADMIN, Stand

OLD = "That button is out of date. You can continue from here."
GONE = "This is no longer available. Open the menu to see what is."
Reopen = Callable[[Stage, Path], Stage]


def stock(stand: Stand) -> None:
    """Put something cheap and something dear up for sale, and give the customer enough for either."""
    stand.stock("CHEAP-1", name="Cheap", price="1.00")
    stand.stock("DEAR-1", name="Dear", price="90.00")
    stand.rich("100.00", CUSTOMER)


def pay_button(stage: Stage, product: str) -> tuple[dict[str, Any], dict[str, Any]]:
    stage.rest()
    stage.press_data(BuyNow(stage.stand.product(product), 1))
    return stage.button("Pay", CUSTOMER)


def press_the_lost_one(again: Stage, button: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """See the dear product's confirmation below it, then press the lost one of the cheap product."""
    again.say("/start")
    pay_button(again, "Dear")
    before = again.stand.balance(again.stand.visitor(CUSTOMER))
    again.rest()
    again.press_data(button[1]["callback_data"], message_id=button[0]["message_id"])
    assert Order.select().count() == 0
    assert again.stand.balance(again.stand.visitor(CUSTOMER)) == before
    assert any(text in (OLD, GONE) for text in again.texts())


def test_a_confirmation_that_a_restored_shop_has_lost_confirms_no_other_offer(
    stage: Stage, tmp_path: Path, reopen: Reopen
) -> None:
    stock(stage.stand)
    stage.stand.database.backup(tmp_path / "copy.db")
    button = pay_button(stage, "Cheap")
    press_the_lost_one(reopen(stage, tmp_path / "copy.db"), button)


def test_a_confirmation_of_an_earlier_database_confirms_no_offer_of_a_new_one(
    stage: Stage, tmp_path: Path, reopen: Reopen
) -> None:
    stock(stage.stand)
    button = pay_button(stage, "Cheap")
    again = reopen(stage, tmp_path / "new.db")
    stock(again.stand)
    press_the_lost_one(again, button)


def test_an_adjustment_that_a_restored_shop_has_lost_changes_no_other_balance(
    stage: Stage, tmp_path: Path, reopen: Reopen
) -> None:
    stage.say("/start", ADMIN)
    owner, ada = stage.stand.visitor(ADMIN), stage.stand.rich("100.00", CUSTOMER)
    stage.stand.visitor(4242, first_name="Bob")
    stage.stand.database.backup(tmp_path / "copy.db")
    lost = stage.stand.shop.adjustments.propose(owner, ada.id, stage.stand.usd("5.00"), "sorry")
    again = reopen(stage, tmp_path / "copy.db")
    stand, owner, bob = again.stand, again.stand.visitor(ADMIN), again.stand.visitor(4242)
    stand.shop.adjustments.propose(owner, bob.id, stand.usd("900.00"), "a mistake")
    again.press_data(Adjust(lost.id), ADMIN)
    assert last(again) in (OLD, GONE)
    assert (stand.balance(bob), stand.balance(stand.visitor(CUSTOMER))) == (0, 100_00)
