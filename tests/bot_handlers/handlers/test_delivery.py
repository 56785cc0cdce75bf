"""Delivering goods: every part arrives in the end, and none twice if that can be avoided."""

import pytest

from bot_handlers.callbacks.catalog import ShowProduct, ShowShelf
from bot_handlers.callbacks.orders import MakeLine
from bot_handlers.screens import orders as orders_screens
from shop.outbox import RETRY_S
from storage.models import Conversation, MadeItem
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.goods import EVERY_KIND, file_item, own, product
from tests.stand import ADMIN

LONG = "\n".join(f"key {number:05}" for number in range(1500))


def stock(stage: Stage, *products: dict) -> None:
    stage.stand.bring(stage.stand.visitor(ADMIN), own(*products))


def files(stage: Stage) -> list[str]:
    return [message["document"]["file_name"] for message in stage.messages() if "document" in message]


def again(stage: Stage) -> None:
    """Move the clock to the next attempt."""
    stage.stand.clock.pass_s(RETRY_S[-1])
    stage.send_letters()


@pytest.mark.parametrize("kind", ["500", "502", "drop", "timeout"])
def test_files_that_arrived_are_not_sent_again_because_the_next_one_failed(stage: Stage, kind: str) -> None:
    stock(stage, product(deliverable="unique_file", items=[file_item(f"{n}.bin", b"%d" % n) for n in (1, 2, 3)]))
    stage.stand.buy(stage.stand.rich(), "Key", 3)
    stage.telegram.fault(kind, 2, "sendDocument")
    stage.send_letters()
    assert len(files(stage)) == 1
    again(stage)
    assert sorted(files(stage)) == ["1.bin", "2.bin", "3.bin"]
    again(stage)
    assert len(files(stage)) == 3


def test_parts_of_a_long_text_that_arrived_are_not_sent_again(stage: Stage) -> None:
    stock(stage, product(items=[LONG]))
    stage.stand.buy(stage.stand.rich(), "Key")
    before = len(stage.texts())
    sent: list[int] = []
    outbox = stage.stand.shop.outbox
    [letter] = [each for each in outbox.due(limit=50) if each.telegram_id == CUSTOMER]
    stage.telegram.fault("text_only", 1)
    receipt = stage.stand.shop.orders.receipt_by_id(letter.payload["order_id"])
    parcel = orders_screens.parcel(receipt, stage.languages["en"])

    def arrived(parts: int) -> None:
        sent.append(parts)
        outbox.part_sent(letter, parts)
        if parts == 2:
            stage.telegram.fault("500", 1, "sendMessage")

    with pytest.raises(Exception, match="500") as failed:
        stage.messenger.deliver(letter.bot_id, CUSTOMER, parcel, arrived=arrived)
    assert type(failed.value).__name__ == "ApiTelegramException"
    assert sent == [1, 2]
    stage.send_letters()
    stage.telegram.fault("text_only", 0)
    assert "".join(stage.texts()[before:]).replace("\n", "").endswith(LONG.replace("\n", ""))
    assert sum("key 00000" in text for text in stage.texts()) == 1


def test_a_long_text_waits_for_a_server_that_is_down_instead_of_coming_in_parts(stage: Stage) -> None:
    stock(stage, product(items=[LONG]))
    order_id = stage.stand.buy(stage.stand.rich(), "Key").order_id
    stage.telegram.fault("500", 1, "sendDocument")
    stage.send_letters()
    assert "key 00000" not in "".join(stage.texts())
    again(stage)
    assert files(stage) == [f"order-{order_id}.txt"]


def test_a_server_with_text_methods_only_says_where_the_file_is_and_sends_it_later(stage: Stage) -> None:
    stock(stage, *EVERY_KIND)
    order_id = stage.stand.buy(stage.stand.rich(), "Shared file").order_id
    stage.telegram.fault("text_only", 1)
    stage.send_letters()
    assert stage.texts()[-1].startswith(f"📎 book.pdf, order #{order_id}, can’t be sent here")
    again(stage)
    assert sum("can’t be sent here" in text for text in stage.texts()) == 1
    stage.telegram.fault("text_only", 0)
    stage.press("Resend goods")
    stage.send_letters()
    assert files(stage) == ["book.pdf"]


def test_only_an_admin_hands_over_and_only_in_the_dialog(stage: Stage) -> None:
    stock(stage, *EVERY_KIND)
    order_id = stage.stand.buy(stage.stand.rich(), "Made to order").order_id
    line_id = stage.stand.shop.orders.receipt_by_id(order_id).lines[0].id
    stage.press_data(MakeLine(line_id))
    assert Conversation.select().count() == 0
    stage.say("/start", ADMIN)
    stage.press_data(MakeLine(line_id), ADMIN)
    stage.say("🛍 Shop", ADMIN)
    stage.say("a text after the dialog was left", ADMIN)
    assert MadeItem.select().count() == 0
    stage.press_data(MakeLine(line_id), ADMIN)
    stage.send_file(b"<portrait>", ADMIN, name="../../portrait.txt")
    stage.send_letters()
    assert files(stage) == [".._.._portrait.txt"]
    stage.press_data(MakeLine(line_id), ADMIN)
    assert "already been delivered" in stage.texts(ADMIN)[-1]


@pytest.mark.parametrize("came", ["p1-zz", "p999999999-nu", "s1-0", "cart", "nonsense", "s999999999-0"])
def test_a_forged_way_back_leads_somewhere_and_shows_nothing_of_others(stage: Stage, came: str) -> None:
    stock(stage, product("Mine", items=["x", "y"]))
    stage.stand.shop.catalog.search(stage.stand.visitor(5), "secret words")
    stage.press_data(ShowProduct(stage.stand.product("Mine"), 1, came))
    assert stage.texts()[-1].startswith("🆕 Mine")
    stage.press("Back")
    assert "secret words" not in "".join(stage.texts())
    assert not any("went wrong" in text for text in (*stage.texts(), *stage.alerts()))


def test_a_forged_sort_order_falls_back_to_the_default(stage: Stage) -> None:
    stock(stage, product("B", items=["x"]), product("A", items=["y"]))
    games = stage.stand.shop.catalog.shelf(None, page=0).categories[0].id
    keys = stage.stand.shop.catalog.shelf(games, page=0).categories[0].id
    stage.press_data(ShowShelf(keys, 0, "DROP"))
    rows = stage.messages()[-1]["reply_markup"]["inline_keyboard"]
    assert [row[0]["text"].split(" · ")[0] for row in rows[:2]] == ["🆕 A", "🆕 B"]


@pytest.mark.parametrize("text", ["-1", "0", "4", "99999", "0x10", "1e3", "٣", "9999999", "2.0", "two"])
def test_an_invalid_number_of_units_is_asked_for_again(stage: Stage, text: str) -> None:
    stock(stage, product(items=["x", "y", "z"]))
    for label in ("Shop", "Games", "Key ·", "1 ×"):
        stage.press(label)
    stage.say(text)
    assert stage.texts()[-1] in ("Choose a quantity from 1 to 3.", "Only 3 × Key left in stock.")
    stage.say("2")
    assert any(
        "2 × $10.00 = $20.00" in b["text"]
        for row in stage.messages()[-1]["reply_markup"]["inline_keyboard"]
        for b in row
    )
