"""Limited goods and links in the chat: what the product's screen says, what the form changes, where a link leads."""

import pytest

from storage.models import Product
from tests.bot_handlers.stage import CUSTOMER, Stage, labels, last, press
from tests.goods import EVERY_KIND, own
from tests.stand import ADMIN

OTHER = 5


@pytest.fixture
def admin(stage: Stage) -> Stage:
    stage.say("/start", ADMIN)
    stage.stand.bring(stage.stand.visitor(ADMIN), own(*EVERY_KIND))
    press(stage, "Admin", "Goods", "📁 Games", "📁 Keys")
    return stage


def set_field(stage: Stage, label: str, value: str) -> str:
    press(stage, label)
    stage.rest()
    stage.say(value, ADMIN)
    return last(stage)


def test_places_are_set_on_the_form_and_shown_on_the_screen(admin: Stage) -> None:
    press(admin, "Shared text")
    assert "Seats: 2, 2 left" in set_field(admin, "Seats", "2")
    admin.say(f"/start p_{admin.stand.product('Shared text')}")
    assert "Seats left: 2" in admin.texts()[-1]
    for telegram_id in (7, 8):
        admin.stand.buy(admin.stand.rich(telegram_id=telegram_id), "Shared text")
    admin.say(f"/start p_{admin.stand.product('Shared text')}")
    assert "Currently sold out." in admin.texts()[-1]


def test_limits_per_customer_are_set_shown_and_enforced(admin: Stage) -> None:
    press(admin, "Unique text")
    assert "Seats" not in " ".join(labels(admin, ADMIN))
    set_field(admin, "Per customer", "2")
    sheet = set_field(admin, "Per day", "1")
    assert "At most 2 per customer\nAt most 1 per customer in 24 hours" in sheet
    admin.stand.grant(admin.stand.visitor(CUSTOMER), "100.00")
    key = admin.stand.product("Unique text")
    admin.say(f"/start p_{key}")
    text = admin.texts()[-1]
    assert "At most 2 per customer\nAt most 1 per customer in 24 hours" in text
    assert "You can still buy" not in text
    press(admin, "Buy now", "Pay $10.00", user_id=CUSTOMER)
    admin.say(f"/start p_{key}")
    assert "You can still buy: 0" in admin.texts()[-1]
    assert not [label for label in labels(admin, CUSTOMER) if "Buy now" in label]


def test_the_question_for_a_quantity_says_how_many_this_customer_may_still_buy(admin: Stage) -> None:
    press(admin, "Shared text")
    press(admin, "Back")
    press(admin, "Made to order")
    set_field(admin, "Per customer", "2")
    admin.say(f"/start p_{admin.stand.product('Made to order')}")
    assert "up to 2" in press(admin, "1 ×", user_id=CUSTOMER)
    admin.say("3")
    assert "you can buy 2 more" in admin.texts()[-1]
    admin.say("2")
    assert "2 × " in " ".join(labels(admin, CUSTOMER))
    shown = admin.texts()[-1]
    press(admin, "+", user_id=CUSTOMER)
    assert "you can buy 2 more" in admin.alerts()[-1]
    assert admin.texts()[-1] == shown


def test_one_unit_too_many_is_refused_and_the_screen_shows_what_is_left(admin: Stage) -> None:
    admin.stand.stock("x1", "x2", "x3", name="Scarce")
    key = admin.stand.product("Scarce")
    admin.say(f"/start p_{key}")
    press(admin, "+", "+", "+", user_id=CUSTOMER)
    assert "Only 3 × Scarce left" in admin.alerts()[-1]
    admin.stand.buy(admin.stand.rich(telegram_id=7), "Scarce", 1)
    press(admin, "−", "+", user_id=CUSTOMER)
    assert "Only 2 × Scarce left" in admin.alerts()[-1]
    assert "2 × " in " ".join(labels(admin, CUSTOMER))


def test_a_zero_removes_a_limit_and_nonsense_is_asked_for_again(admin: Stage) -> None:
    press(admin, "Unique text")
    set_field(admin, "Per customer", "2")
    assert "whole number" in set_field(admin, "Per customer", "two")
    admin.rest()
    admin.say("0", ADMIN)
    assert "per customer" not in last(admin)
    assert Product.get_by_id(admin.stand.product("Unique text")).most_each is None


def test_more_than_the_limit_in_the_cart_is_refused_with_an_alert(admin: Stage) -> None:
    press(admin, "Unique text")
    set_field(admin, "Per customer", "1")
    admin.say(f"/start p_{admin.stand.product('Unique text')}")
    press(admin, "Add to cart", "+", user_id=CUSTOMER)
    assert admin.alerts()[-1] == "Unique text is limited per customer: you can buy 1 more at the moment."


def test_the_form_gives_a_link_and_the_link_leads_a_stranger_to_the_product(admin: Stage) -> None:
    product_id = admin.stand.product("Unique text")
    press(admin, "Unique text", "🔗 Link")
    message = admin.messages(ADMIN)[-1]
    copied = message["reply_markup"]["inline_keyboard"][0][0]["copy_text"]["text"]
    assert copied.startswith("https://t.me/")
    assert copied.endswith(f"?start=p_{product_id}")
    assert copied in message["text"]
    assert "Unique text" in press(admin, "Back")
    admin.say("/start " + copied.partition("?start=")[2], OTHER, first_name="Eve")
    assert "Hello Eve!" in admin.texts(OTHER)[-2]
    assert admin.texts(OTHER)[-1].startswith("🆕 Unique text")
    press(admin, "Back", user_id=OTHER)
    assert admin.texts(OTHER)[-1] == "Games › Keys"


def test_a_link_to_a_category_leads_to_its_shelf(admin: Stage) -> None:
    press(admin, "Edit", "🔗 Link")
    copied = admin.messages(ADMIN)[-1]["reply_markup"]["inline_keyboard"][0][0]["copy_text"]["text"]
    admin.say("/start " + copied.partition("?start=")[2], OTHER, first_name="Eve")
    assert admin.texts(OTHER)[-1] == "Games › Keys"


@pytest.mark.parametrize("parameter", ["p_999", "c_999"])
def test_a_link_to_something_that_is_gone_says_so_and_leads_on(stage: Stage, parameter: str) -> None:
    stage.say(f"/start {parameter}")
    assert "no longer available" in stage.texts()[-1]
    assert labels(stage, CUSTOMER)


@pytest.mark.parametrize("parameter", ["p_0", "p_x", "p_1234567890", "x_1", "p_1_2", "c_", "p_٣"])
def test_a_parameter_that_is_not_a_link_starts_as_usual(stage: Stage, parameter: str) -> None:
    stage.say(f"/start {parameter}")
    assert stage.texts()[-1].startswith("Main menu")


def test_no_link_leads_to_a_hidden_product(stage: Stage) -> None:
    key = stage.stand.stock("KEY")
    with stage.stand.database.transaction():
        Product.change(key, hidden=True)
    stage.say(f"/start p_{key}")
    assert "no longer available" in stage.texts()[-1]
