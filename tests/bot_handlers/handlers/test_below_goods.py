"""Whatever a button below delivered goods leads to, the message with the goods stays as it is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot_handlers.callbacks import BUTTONS
from bot_handlers.letters.letters import Letters
from bot_handlers.screens.screen import FileParcel, Parcel
from storage.models import Customer, Product, StockItem
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.goods import EVERY_KIND, own, product
from tests.stand import ADMIN, Stand

BANNED = "You can’t use this shop. Your balance of"
GONE = "This is no longer available. Open the menu to see what is."
OLD = "That button is out of date. You can continue from here."


def buy_every_kind(stand: Stand) -> None:
    """Order goods of every kind, several products at once, and have one made and one replaced."""
    owner, ada = stand.visitor(ADMIN), stand.visitor(CUSTOMER)
    stand.bring(owner, own(*EVERY_KIND, product("Faulty", items=["BROKEN", "WORKS"])))
    lines = {each["name"]: stand.bought(ada, each["name"]) for each in EVERY_KIND}
    stand.sell(ada, "Lamp", "Chair")
    stand.shop.delivery.deliver(owner, lines["Made to order"], "MADE FOR YOU")
    stand.bought(ada, "Faulty")
    stand.shop.replacements.replace(owner, StockItem.get(StockItem.content == "BROKEN").id)


def deliver_every_kind(stage: Stage) -> list[dict[str, Any]]:
    """Return the messages with the goods."""
    before = len(stage.messages())
    buy_every_kind(stage.stand)
    stage.send_letters()
    return stage.messages()[before:]


def presses(message: dict[str, Any]) -> list[str]:
    return [each["callback_data"] for row in message["reply_markup"]["inline_keyboard"] for each in row]


def check(stage: Stage, goods: list[dict[str, Any]], said: Callable[[str], bool] = lambda _text: True) -> None:
    """Press every button below the goods, and one of a kind that no longer exists."""
    for message in goods:
        for data in (*presses(message), "nolonger:1"):
            stage.rest()
            before = stage.texts()
            stage.press_data(data, message_id=message["message_id"])
            assert message in stage.messages(), data
            assert stage.texts()[: len(before)] == before, data
            assert said(stage.texts()[-1]), (data, stage.texts()[-1])


def test_every_button_answers_below_the_goods(stage: Stage) -> None:
    goods = deliver_every_kind(stage)
    assert len(goods) >= len(EVERY_KIND) + 4
    check(stage, goods)


def test_goods_stay_although_their_products_are_gone(stage: Stage) -> None:
    goods = deliver_every_kind(stage)
    with stage.stand.database.transaction():
        Product.update(hidden=True).execute()
    check(stage, goods)
    assert GONE in stage.texts()
    assert OLD in stage.texts()


def test_goods_stay_although_their_customer_is_banned(stage: Stage) -> None:
    goods = deliver_every_kind(stage)
    with stage.stand.database.transaction():
        Customer.update(banned=True).where(Customer.telegram_id == CUSTOMER).execute()
    stage.seconds.now += 3600
    stage.press_data(presses(goods[0])[0], message_id=goods[0]["message_id"])
    assert goods[0] in stage.messages()
    assert stage.texts()[-1].startswith(BANNED)


def test_a_ban_is_told_below_any_screen(stage: Stage) -> None:
    stage.stand.stock("SECRET-1")
    stage.stand.bought(stage.stand.visitor(CUSTOMER), "Key")
    stage.stand.grant(stage.stand.visitor(CUSTOMER), "5.00")
    stage.say("/orders")
    stage.press("#1")
    shown = stage.messages()[-1]
    assert "SECRET-1" in shown["text"]
    with stage.stand.database.transaction():
        Customer.update(banned=True).where(Customer.telegram_id == CUSTOMER).execute()
    stage.press("Resend")
    assert shown in stage.messages()
    assert stage.texts()[-1].startswith(BANNED)


def test_goods_stay_although_the_shop_was_restored_from_before_their_order(
    stage: Stage, tmp_path: Path, reopen: Callable[[Stage, Path], Stage]
) -> None:
    stage.stand.database.backup(tmp_path / "copy.db")
    goods = deliver_every_kind(stage)
    again = reopen(stage, tmp_path / "copy.db")
    check(again, goods, said=lambda text: text in (GONE, OLD))


def test_every_kind_of_button_below_goods_is_marked(stage: Stage) -> None:
    buy_every_kind(stage.stand)
    due = stage.stand.shop.outbox.due(limit=50)
    letters = Letters(stage.stand.shop, "USD")
    written = [letters.write(each, stage.languages["en"]) for each in due if each.telegram_id == CUSTOMER]
    parcels = [each for each in written if isinstance(each, Parcel | FileParcel)]
    assert len(parcels) == len(written) >= len(EVERY_KIND) + 4
    kinds = {type(button.press) for each in parcels for row in each.rows for button in row}
    assert kinds == {kind for kind in BUTTONS.values() if kind.below}
