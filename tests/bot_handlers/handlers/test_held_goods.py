"""The goods of a restored shop are on hold until an owner releases one product or all of them."""

import pytest
from peewee import IntegrityError

from bot_handlers.callbacks.goods import Hide
from bot_handlers.callbacks.held_goods import AskRelease, Release, ShowHeld
from shop.administration.restoring import hold_goods
from shop.people import Right
from storage.models import HeldProduct, Product
from tests.bot_handlers.stage import CUSTOMER, Stage, appoint, labels, last, press
from tests.goods import own
from tests.stand import ADMIN, MANAGER, audited


@pytest.fixture
def restored(stage: Stage) -> Stage:
    """A shop restored from a backup in which two products were shown and one was hidden."""
    for name in ("Lamp", "Chair", "Table"):
        stage.stand.stock(f"SECRET-{name}", name=name)
    with stage.stand.database.transaction():
        Product.change(stage.stand.product("Table"), hidden=True)
        assert hold_goods(stage.stand.clock()) == 2
    stage.say("/start", ADMIN)
    return stage


def sold(stage: Stage) -> list[str]:
    return sorted(row.name for row in Product.select() if not row.hidden)


def test_nothing_is_sold_until_an_owner_releases_it(restored: Stage) -> None:
    restored.press("Shop")
    assert last(restored, CUSTOMER).startswith("The shop is empty")
    assert "Games" not in str(labels(restored, CUSTOMER))
    assert press(restored, "Admin", "Goods", "On hold after a restore (3)").startswith(
        "On hold after a restore\nThe shop was"
    )
    assert "would be sold twice" in last(restored)
    press(restored, "Lamp · 1")
    assert "some may" not in last(restored)
    assert "Release Lamp?" in last(restored)
    press(restored, "Release for sale")
    assert sold(restored) == ["Lamp"]
    assert audited()[-1][0] == "goods.released"


def test_all_are_released_at_once_and_are_as_they_were_before(restored: Stage) -> None:
    press(restored, "Admin", "Goods", "On hold after a restore (3)", "Release all (3)")
    assert "Anything sold after the backup would be sold again." in last(restored)
    assert press(restored, "Release for sale") == "Nothing is on hold."
    assert sold(restored) == ["Chair", "Lamp"]
    press(restored, "Back")
    assert "📁 Games" in labels(restored)
    assert "On hold" not in str(labels(restored))


def test_a_manager_of_the_catalogue_cannot_show_or_release_them(restored: Stage) -> None:
    appoint(restored, Right.CATALOGUE)
    lamp = restored.stand.product("Lamp")
    restored.press_data(Hide("p", lamp, 0, "b0"), MANAGER)
    assert restored.alerts(MANAGER)[-1].startswith("On hold since the shop was restored.")
    for button in (ShowHeld(0), AskRelease(lamp), Release(lamp), Release(None)):
        restored.press_data(button, MANAGER)
    assert sold(restored) == []
    assert HeldProduct.count() == 3


def test_the_product_says_why_it_is_hidden(restored: Stage) -> None:
    press(restored, "Admin", "Goods", "Games", "Keys", "Lamp")
    assert "⏸ On hold since the restore on 21 September 2026" in last(restored)


def test_a_file_that_shows_a_product_changes_nothing_until_it_is_released(restored: Stage) -> None:
    table = {"path": ["Games", "Keys"], "name": "Table", "price": "10.00", "items": ["SECRET-new"], "hidden": False}
    restored.stand.bring(restored.stand.visitor(ADMIN), own(table))
    assert sold(restored) == []
    press(restored, "Admin", "Goods", "On hold after a restore (3)", "Release all (3)", "Release for sale")
    assert sold(restored) == ["Chair", "Lamp", "Table"]


def test_the_database_itself_keeps_them_hidden(restored: Stage) -> None:
    with pytest.raises(IntegrityError, match="wait for an owner"), restored.stand.database.transaction():
        Product.update(hidden=False).execute()


def test_releasing_a_product_twice_gets_a_stale_button(restored: Stage) -> None:
    lamp = restored.stand.product("Lamp")
    restored.press_data(Release(lamp), ADMIN)
    restored.press_data(Release(lamp), ADMIN)
    assert restored.texts(ADMIN)[-1].startswith("That button is out of date.")
