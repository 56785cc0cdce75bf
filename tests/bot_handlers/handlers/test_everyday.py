"""What people do most: rate and report goods, buy again, leave a wait list, empty the cart, go back."""

from typing import Any

import pytest

from bot_handlers.callbacks.catalog import LeaveWaitList, ShowShelf
from bot_handlers.callbacks.checkout import BuyNow
from bot_handlers.callbacks.goods import NewGoods
from bot_handlers.callbacks.orders import BuyAgain, ShowGoodsLine
from bot_handlers.callbacks.reviews import RateGoods
from bot_handlers.callbacks.tickets import ReportGoods
from storage.models import CartItem, Category, Conversation, RestockWish, Review, Ticket
from tests.bot_handlers.stage import CUSTOMER, Stage, labels
from tests.goods import EVERY_KIND, own, product
from tests.stand import ADMIN


def goods_of(stage: Stage, product: str = "Key", quantity: int = 1) -> dict[str, Any]:
    """Buy as the customer; return the message with the goods."""
    stage.stand.grant(stage.stand.visitor(CUSTOMER), "100.00")
    stage.stand.buy(stage.stand.visitor(CUSTOMER), product, quantity)
    stage.send_letters()
    return next(each for each in reversed(stage.messages()) if "Your goods" in str(each.get("text", each)))


def keyboard(message: dict[str, Any]) -> list[list[str]]:
    return [[button["text"] for button in row] for row in message["reply_markup"]["inline_keyboard"]]


def shown(stage: Stage, number: int) -> str:
    return next(each["text"] for each in stage.messages() if each["message_id"] == number)


def test_goods_can_be_rated_with_one_tap_and_stay_as_they_are(stage: Stage) -> None:
    stage.stand.stock("SECRET-1")
    goods = goods_of(stage)
    assert keyboard(goods) == [["1 ★", "2 ★", "3 ★", "4 ★", "5 ★"], ["🛟 Something is wrong", "🔁 Buy again"]]
    stage.press("4 ★")
    assert [(row.stars, row.text) for row in Review.select()] == [(4, "")]
    assert "SECRET-1" in shown(stage, goods["message_id"])
    assert "Your review: ★★★★" in stage.texts()[-1]


def test_a_problem_with_goods_is_reported_with_a_tap_and_a_message(stage: Stage) -> None:
    stage.stand.stock("SECRET-1")
    goods = goods_of(stage)
    stage.press("Something is wrong")
    stage.say("It does not open")
    [ticket] = Ticket.select()
    assert ticket.order_line_id is not None
    assert "SECRET-1" in shown(stage, goods["message_id"])


def test_goods_are_bought_again_from_a_button_below_them(stage: Stage) -> None:
    stage.stand.stock("SECRET-1", "SECRET-2")
    goods = goods_of(stage)
    stage.press("Buy again")
    assert stage.texts()[-1].startswith("🆕 Key\n")
    assert "Buy now" in str(labels(stage, CUSTOMER))
    assert "SECRET-1" in shown(stage, goods["message_id"])


def test_each_of_several_products_can_be_rated_below_the_goods(stage: Stage) -> None:
    person = stage.stand.visitor(CUSTOMER)
    stage.stand.sell(person, "Lamp", "Chair")
    stage.send_letters()
    stage.press("Rate or report: Chair")
    assert stage.texts()[-1].startswith("Chair\nOrder #1")
    assert "SECRET-1001-Lamp-0" in "".join(stage.texts())


@pytest.mark.parametrize("kind", ["Unique file", "Shared file", "Made to order", "Shared text"])
def test_goods_of_every_kind_can_be_reported(stage: Stage, kind: str) -> None:
    stage.say("/start", ADMIN)
    stage.stand.bring(stage.stand.visitor(ADMIN), own(*EVERY_KIND))
    stage.stand.grant(stage.stand.visitor(CUSTOMER), "100.00")
    stage.stand.buy(stage.stand.visitor(CUSTOMER), kind)
    before = len(stage.messages())
    stage.send_letters()
    for message in stage.messages()[before:]:
        assert "Something is wrong" in str(message["reply_markup"])


def test_nobody_rates_or_reports_somebody_elses_goods(stage: Stage) -> None:
    line = stage.stand.bought(stage.stand.visitor(CUSTOMER), stage.stand.stock("SECRET-1"))
    stage.say("/start", 666)
    for button in (RateGoods(line, 1), ReportGoods(line), ShowGoodsLine(line), BuyAgain(10**9)):
        stage.press_data(button, 666)
        assert stage.texts(666)[-1].startswith("This is no longer available")
    assert Review.select().count() == Ticket.select().count() == 0


def test_the_history_shows_days_and_how_many_more(stage: Stage) -> None:
    stage.stand.sell(stage.stand.visitor(CUSTOMER), "Lamp", "Chair", "Table")
    stage.say("/orders")
    assert labels(stage, CUSTOMER)[0] == "#1 · 21 Sept 2026 · Chair + 2 more · $30.00"


def test_a_wait_list_can_be_left(stage: Stage) -> None:
    product = stage.stand.stock("SECRET-1")
    stage.stand.bought(stage.stand.visitor(5, first_name="Bo"), product)
    for label in ("Shop", "Games", "Key", "Notify me"):
        stage.press(label)
    assert RestockWish.select().count() == 1
    stage.press("Back")
    assert "Notify me when" not in str(labels(stage, CUSTOMER))
    stage.press("Don’t notify me")
    assert RestockWish.select().count() == 0
    assert "Notify me when" in str(labels(stage, CUSTOMER))
    stage.press_data(LeaveWaitList(product))
    assert RestockWish.select().count() == 0


def test_the_cart_is_emptied_after_one_question(stage: Stage) -> None:
    stage.stand.shop.carts.add(stage.stand.visitor(CUSTOMER), stage.stand.stock("SECRET-1", "SECRET-2"), 2)
    stage.say("/cart")
    stage.press("Empty cart")
    assert stage.texts()[-1] == "Empty your cart? 2 items will be removed."
    assert CartItem.select().count() == 1
    stage.press("Back")
    stage.press("Empty cart")
    stage.press("Yes, empty it")
    assert CartItem.select().count() == 0
    stage.press_data("clear")
    assert stage.texts()[-1] == "Your cart is empty."


def test_language_and_admin_are_commands_and_only_an_admin_has_an_admin_button(stage: Stage) -> None:
    stage.say("/language")
    assert stage.texts()[-1] == "Choose your language."
    assert "🛠 Admin" not in str(stage.view()["reply_keyboard"])
    stage.say("/admin")
    assert stage.texts()[-1] == "Only the admins of this shop can do that."
    stage.say("/start", ADMIN)
    assert "🛠 Admin" in str(stage.view(ADMIN)["reply_keyboard"])
    for way in ("/admin", "🛠 Admin"):
        stage.say(way, ADMIN)
        assert stage.texts(ADMIN)[-1].startswith("Admin\n")


def test_stock_is_added_from_the_product(stage: Stage) -> None:
    stage.stand.stock("SECRET-1")
    stage.say("/admin", ADMIN)
    for label in ("Goods", "Games", "Keys", "Key", "Add stock"):
        stage.press(label, ADMIN)
    stage.say("SECRET-2", ADMIN)
    assert stage.texts(ADMIN)[-1].endswith("Items so far: 1")


def test_a_category_with_one_child_opens_it_and_back_leads_past_it(stage: Stage) -> None:
    stage.stand.stock("SECRET-1")
    stage.press("Shop")
    stage.press("Games")
    assert stage.texts()[-1] == "Games › Keys"
    stage.press("Key ·")
    stage.press("Back")
    assert stage.texts()[-1] == "Games › Keys"
    stage.press("Back")
    assert stage.texts()[-1].startswith("Shop\n")


def test_a_category_with_one_child_and_its_own_goods_is_not_skipped(stage: Stage) -> None:
    stage.stand.stock("SECRET-1")
    [games] = [row.id for row in Category.select().where(Category.name == "Games")]
    stage.stand.bring(
        stage.stand.visitor(ADMIN), own({"path": ["Games"], "name": "Card", "price": "1", "items": ["SECRET-2"]})
    )
    stage.press_data(ShowShelf(games, 0))
    assert stage.texts()[-1] == "Games"
    assert labels(stage, CUSTOMER)[:2] == ["📁 Keys", "🆕 Card · $1.00"]


REFUSED: dict[str, tuple[tuple[str, ...], str, int]] = {
    "a sum": (("Top up", "Bitcoin", "Other amount"), "a lot", CUSTOMER),
    "an ambiguous sum": (("Top up", "Bitcoin", "Other amount"), "1,000", CUSTOMER),
    "a coupon": (("Shop", "Games", "Key", "Add to cart", "Coupon"), "NONE", CUSTOMER),
    "a quantity": (("Shop", "Games", "Key", "1 ×"), "many", CUSTOMER),
    "a ticket": (("Profile", "Tickets", "Message the shop"), "x" * 1001, CUSTOMER),
    "a transaction": (("Top up", "Bitcoin", "I’ve paid"), "?" * 200, CUSTOMER),
    "a customer": (("Admin", "Find a customer"), "nobody at all", ADMIN),
    "a manager": (("Admin", "Managers", "Add a manager"), "nobody at all", ADMIN),
    "a price": (("Admin", "Goods", "Games", "Keys", "Key", "Price"), "free", ADMIN),
    "a new name": (("Admin", "Goods", "Games", "Keys", "New product"), "x" * 100, ADMIN),
    "a coupon's code": (("Admin", "Coupons", "New coupon"), "?", ADMIN),
    "a text": (("Admin", "Texts", "FAQ", "English", "Write"), "x" * 4097, ADMIN),
}


@pytest.mark.parametrize(("path", "text", "who"), REFUSED.values(), ids=REFUSED)
def test_every_refusal_in_a_dialog_leads_back_and_out(
    stage: Stage, path: tuple[str, ...], text: str, who: int
) -> None:
    stage.stand.stock("SECRET-1", "SECRET-2")
    stage.say("/start", who)
    for label in path:
        stage.rest()
        stage.press(label, who)
    asked = len(stage.texts(who))
    stage.say(text[:4096], who)
    assert len(stage.texts(who)) == asked + 1
    assert Conversation.select().count() == 1
    assert labels(stage, who)[-2:] == ["← Back", "✖ Cancel"]
    stage.press("Cancel", who)
    assert Conversation.select().count() == 0
    ends = {CUSTOMER: ("Main menu",), ADMIN: ("Admin\n", "Discarded", "Nothing was")}
    assert stage.texts(who)[-1].startswith(ends[who]), stage.texts(who)[-1]


def test_a_refused_note_on_an_order_leads_out_to_the_customers_menu(stage: Stage) -> None:
    stage.stand.bring(stage.stand.visitor(ADMIN), own(product("Portrait", deliverable="made_to_order")))
    stage.stand.rich("100.00", CUSTOMER)
    stage.press_data(BuyNow(stage.stand.product("Portrait"), 1))
    stage.press("note")
    stage.say("x" * 600)
    stage.press("Cancel")
    assert stage.texts()[-1].startswith("Main menu")
    assert Conversation.select().count() == 0


def test_an_answer_of_the_wrong_kind_leads_back_and_out_too(stage: Stage) -> None:
    for label in ("Profile", "Tickets"):
        stage.press(label)
    stage.press("Message the shop")
    stage.front.bots.accept(stage.bot.bot_id, stage.update(text="", location={"longitude": 1.0, "latitude": 1.0}))
    assert labels(stage, CUSTOMER) == ["← Back", "✖ Cancel"]
    stage.press("Back")
    assert stage.texts()[-1].startswith("You have no tickets")


def test_back_in_a_new_product_leads_to_the_previous_question(stage: Stage) -> None:
    stage.stand.stock("SECRET-1")
    [keys] = [row.id for row in Category.select().where(Category.name == "Keys")]
    stage.say("/start", ADMIN)
    stage.press_data(NewGoods(keys), ADMIN)
    stage.say("A lamp", ADMIN)
    for text in ("It shines", "free"):
        stage.say(text, ADMIN)
    stage.press("Back", ADMIN)
    assert "escription" in stage.texts(ADMIN)[-1]
    stage.press("Back", ADMIN)
    assert "called" in stage.texts(ADMIN)[-1]
    stage.press("Back", ADMIN)
    assert "Games › Keys" in stage.texts(ADMIN)[-1]
