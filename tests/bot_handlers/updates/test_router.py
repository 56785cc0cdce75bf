"""Every route of the shop, used as people use it, including the dialogs on the way."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from bot_handlers.callbacks.checkout import Confirm
from bot_handlers.callbacks.home import ChooseLanguage
from bot_handlers.callbacks.orders import SendGoods, ShowOrder
from locales import Languages
from shop.sales.carts import MAX_LINES
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import Conversation, Order
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.stand import ADMIN, Stand, open_shop

MENU = {
    "menu.shop": "The shop is empty",
    "menu.cart": "Your cart is empty.",
    "menu.top_up": "Top up\nYour balance",
    "menu.history": "You haven’t bought anything yet.",
    "menu.profile": "Your profile",
    "menu.language": "Choose your language.",
    "menu.help": "How it works",
}
GOODS = [
    {
        "category": "Games",
        "subcategory": "Keys",
        "price": 12.5,
        "description": "A <b>key</b> & more",
        "private_data": n,
    }
    for n in ("KEY<1>&", "KEY-2", "KEY-3")
]


def stock(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    stage.send_file(json.dumps(GOODS).encode(), ADMIN)
    stage.press("Import", ADMIN)


def ask_for_a_sum(stage: Stage) -> None:
    stage.say("💰 Top up")
    stage.press("Bitcoin")
    stage.press("Other amount")
    assert stage.texts()[-1].startswith("How much would you like")


def test_from_the_catalogue_to_the_goods(stage: Stage) -> None:
    stock(stage)
    assert stage.texts(ADMIN)[-1] == "📦 Imported\nNew products: 1\nNew items: 3\nSkipped, already in the shop: 0"
    stage.stand.grant(stage.stand.visitor(CUSTOMER), "30.00")
    for label in ("Shop", "Games", "A <b>key</b> & more", "+", "Buy now"):
        stage.press(label)
    assert "To pay: $25.00" in stage.texts()[-1]
    stage.press("Pay $25.00")
    assert stage.texts()[-1].startswith("✅ Thank you!")
    stage.send_letters()
    assert "KEY<1>&" in stage.texts()[-1]
    assert "KEY-2" in stage.texts()[-1]
    stage.press("View order")
    stage.press("Resend goods")
    assert sum("Your goods, order #1" in text for text in stage.texts()) == 2
    stage.press("Menu")
    assert any("Your balance: $5.00" in text for text in stage.texts())


def test_a_cart_is_filled_changed_bought_and_emptied(stage: Stage) -> None:
    stock(stage)
    stage.stand.grant(stage.stand.visitor(CUSTOMER), "100.00")
    for label in ("Shop", "Games", "A <b>key</b> & more", "Add to cart", "+", "+"):
        stage.press(label)
    assert stage.texts()[-1] == "Your cart\nTotal: $37.50\n\n3 × A <b>key</b> & more — $37.50"
    stage.press("+")
    assert stage.alerts() == ["Only 3 × A <b>key</b> & more left in stock."]
    stage.press("−")
    stage.press("Check out")
    stage.press("Pay $25.00")
    stage.say("🛒 Cart")
    assert stage.texts()[-1] == "Your cart is empty."


def test_a_second_press_of_pay_shows_the_same_order(stage: Stage) -> None:
    stock(stage)
    stage.stand.grant(stage.stand.visitor(CUSTOMER), "100.00")
    for label in ("Shop", "Games", "A <b>key</b> & more", "Buy now"):
        stage.press(label)
    _, pay = stage.button("Pay $12.50")
    for _ in range(3):
        stage.press_data(pay["callback_data"])
    assert Order.select().count() == 1


def test_somebody_elses_buttons_show_and_take_nothing(stage: Stage) -> None:
    stock(stage)
    owner = stage.stand.visitor(CUSTOMER)
    stage.stand.grant(owner, "12.50")
    product_id = stage.stand.product("A <b>key</b> & more")
    offer = stage.stand.shop.checkout.offer_product(owner, product_id, 1)
    stage.say("/start", 666)
    stage.press_data(Confirm(offer.id), 666)
    receipt = stage.stand.shop.checkout.place(owner, offer.id)
    for button in (ShowOrder(receipt.order_id), SendGoods(receipt.order_id), Confirm(offer.id)):
        stage.press_data(button, 666)
    assert "KEY" not in "".join(stage.texts(666))
    assert Order.select().count() == 1


def test_a_short_balance_leads_to_a_top_up_of_the_missing_amount(stage: Stage) -> None:
    stock(stage)
    for label in ("Shop", "Games", "A <b>key</b> & more", "Buy now"):
        stage.press(label)
    assert "You still need: $12.50" in stage.texts()[-1]
    stage.press("Top up $12.50")
    stage.press("Bitcoin")
    assert re.search(r"To top up \$12\.50, send\n0\.00025 BTC", stage.texts()[-1])
    assert stage.messages()[-1]["photo"]


@pytest.mark.parametrize("language", sorted(Languages.found().codes))
@pytest.mark.parametrize("word", MENU)
def test_a_menu_word_of_any_language_works_in_the_middle_of_a_dialog_and_ends_it(
    stage: Stage, language: str, word: str
) -> None:
    ask_for_a_sum(stage)
    stage.say(stage.languages[language].text(word))
    assert stage.texts()[-1].startswith(MENU[word])
    assert Conversation.select().count() == 0
    stage.say("30")
    assert stage.texts()[-1].startswith("“30”\nWhat would you like to do")


def test_a_typed_amount_is_an_answer_and_nonsense_is_asked_again(stage: Stage) -> None:
    ask_for_a_sum(stage)
    for nonsense in ("a lot", "-5", "0", "<b>"):
        stage.say(nonsense)
        assert stage.texts()[-1].startswith("That isn’t an amount in USD.")
    stage.say("1,000")
    assert stage.texts()[-1].startswith("“1,000” can mean two amounts.")
    stage.say("12,50")
    assert "To top up $12.50, send" in stage.texts()[-1]
    assert Conversation.select().count() == 0


@pytest.mark.parametrize(
    ("way_out", "screen"),
    [
        ("/start", "Main menu"),
        ("/anything", "Main menu"),
        ("/help", "How it works"),
        ("/shop@a_bot", "The shop is empty"),
        ("/cart", "Your cart"),
        ("/topup", "Top up"),
        ("/orders", "You haven’t bought"),
        ("/PROFILE now", "Your profile"),
    ],
)
def test_a_command_ends_a_dialog(stage: Stage, way_out: str, screen: str) -> None:
    ask_for_a_sum(stage)
    stage.say(way_out)
    assert stage.texts()[-1].startswith(screen)
    assert Conversation.select().count() == 0


def test_a_button_ends_a_dialog(stage: Stage) -> None:
    ask_for_a_sum(stage)
    stage.press("Back")
    assert Conversation.select().count() == 0


def test_a_dialog_goes_on_after_a_restart(
    stage: Stage, open_stage: Callable[[Stand], Stage], database: Database, key: DatabaseKey
) -> None:
    ask_for_a_sum(stage)
    database.close()
    again = Database(database.path, key)
    again.open()
    revived = open_stage(open_shop(again, stage.stand.clock))
    revived.offset = stage.offset
    revived.say("20")
    assert "To top up $20.00, send" in revived.texts()[-1]
    again.close()


def test_one_persons_dialog_is_not_anothers(stage: Stage) -> None:
    ask_for_a_sum(stage)
    stage.say("20", 5)
    assert stage.texts(5)[-1].startswith("“20”\nWhat would you like to do")
    stage.say("20")
    assert "To top up $20.00, send" in stage.texts()[-1]


def test_a_language_can_be_chosen_and_the_menu_follows(stage: Stage) -> None:
    stage.press("Language")
    stage.press("Deutsch")
    assert any(text.startswith("Hauptmenü") for text in stage.texts())
    assert stage.view()["reply_keyboard"][0][0]["text"] == "🛍 Shop"
    stage.press_data(ChooseLanguage("xx"))
    assert stage.stand.shop.customers.language_of(CUSTOMER) == "de"


def test_an_admin_finds_the_menu_and_a_bad_file_is_refused_with_the_place(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    stage.press("Admin", ADMIN)
    assert "send me a file in JSON" in stage.texts(ADMIN)[-1]
    stage.send_file(json.dumps([GOODS[0], GOODS[0] | {"price": 0}]).encode(), ADMIN)
    assert "• Entry 2, field price: write the price as" in stage.texts(ADMIN)[-1]


def test_a_file_name_is_not_used_as_a_path(stage: Stage, tmp_path: Any) -> None:
    stage.say("/start", ADMIN)
    before = sorted(tmp_path.rglob("*"))
    stage.send_file(json.dumps(GOODS).encode(), ADMIN, name="../../../etc/passwd")
    assert stage.texts(ADMIN)[-1].startswith("📄 ../../../etc/passwd")
    stage.press("Import", ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("📦 Imported\nNew products: 1")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_beyond_the_limit_is_refused_before_it_is_fetched(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    stage.send_file(b" " * (10 * 1024 * 1024 + 1), ADMIN)
    assert (
        stage.texts(ADMIN)[-1] == "Nothing was imported: the file is larger than 10 MB. Split it into smaller files."
    )


@pytest.mark.parametrize("rows", [0, 1, 8, 9, 16, 17])
def test_every_page_of_a_list_leads_back(stage: Stage, rows: int) -> None:
    for number in range(rows):
        stage.stand.stock(f"x{number}", name=f"P{number:02}", category="Root", subcategory=f"C{number:02}")
    stage.press("Shop")
    if rows:
        stage.press("Root")
        for _ in range(-(-rows // 8) - 1):
            stage.press("▶")
        if rows > 1:  # a category with one child opens it
            stage.press(f"C{rows - 1:02}")
        stage.press(f"P{rows - 1:02}")
        for _ in range(3 if rows > 1 else 2):
            stage.press("Back")
        assert stage.texts()[-1].startswith("Shop\nChoose a category.")
    stage.press("Menu")
    assert stage.texts()[-1].startswith("Main menu")


def test_the_fullest_cart_fits_in_telegrams_limits(stage: Stage) -> None:
    person = stage.stand.visitor(CUSTOMER)
    for number in range(MAX_LINES):
        name = f"{number:02} " + "x" * 61
        stage.stand.shop.carts.add(person, stage.stand.stock(f"u {name}", name=name, price="999999.99"), 1)
    stage.say("🛒 Cart")
    message = stage.messages()[-1]
    assert message["text"].startswith("Your cart")
    assert sum(len(row) for row in message["reply_markup"]["inline_keyboard"]) <= 100
    stage.press("Check out")
    assert "Not enough balance" in stage.texts()[-1]


def test_a_description_of_any_length_can_be_shown(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    goods = GOODS[0] | {"description": ("First line\n" + "описание & <b> 🔑 " * 2000)[:4000]}
    stage.send_file(json.dumps([goods]).encode(), ADMIN)
    stage.press("Import", ADMIN)
    for label in ("Shop", "Games", "First line"):
        stage.press(label)
    assert "In stock: 1" in stage.texts()[-1]
    assert "описание & <b> 🔑" in stage.texts()[-1]
