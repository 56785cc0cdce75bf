"""Coupons in the chat: a code typed on the cart or a confirmation, and the form that creates one."""

import re

import pytest

from bot_handlers.callbacks.checkout import DropCoupon, TypeCoupon
from bot_handlers.callbacks.coupons import ShowCoupon, ShowCouponUses, TypeTerm
from bot_handlers.screens.coupons import uses
from bot_handlers.screens.screen import MAX_TEXT, plain_text, utf16_length
from shop.people import Right
from shop.sales.coupon_admin import CouponCard, CouponTerms, Use, UsePage
from storage.models import Coupon, Order
from tests.bot_handlers.handlers.test_waiting import deposit
from tests.bot_handlers.stage import CUSTOMER, Stage, appoint
from tests.stand import ADMIN, MANAGER


@pytest.fixture
def selling(stage: Stage) -> Stage:
    """Keys at ten dollars, a customer with fifty, and a coupon for ten percent."""
    stand = stage.stand
    stand.stock(*(f"KEY-{number}" for number in range(5)))
    stand.grant(stand.visitor(CUSTOMER), "50.00")
    stand.shop.coupons.create(stand.visitor(ADMIN), CouponTerms("TEN", percent=10, least=stand.usd("10.00")))
    return stage


def to_the_offer(stage: Stage, how: str = "Buy now") -> None:
    for label in ("Shop", "Games", "Key", how):
        stage.press(label)


def test_a_code_on_a_confirmation_shows_the_lower_price_and_the_receipt_says_so(selling: Stage) -> None:
    to_the_offer(selling)
    selling.say("/start", ADMIN)
    selling.press("Coupon")
    selling.say("ten")
    assert "To pay: $9.00" in selling.texts()[-1]
    assert "Coupon TEN: −$1.00" in selling.texts()[-1]
    selling.press("Pay $9.00")
    assert "paid $9.00" in selling.texts()[-1]
    assert "Coupon TEN: −$1.00" in selling.texts()[-1]
    selling.press("View order")
    assert "Coupon TEN: −$1.00" in selling.texts()[-1]
    selling.press("Back")
    assert selling.button("#1")[1]["text"] == "#1 · 21 Sept 2026 · Key · $9.00 (🎟 −$1.00)"
    selling.say("/profile")
    selling.press("Statement")
    assert "Purchase #1: −$9.00" in selling.texts()[-1]
    assert "Coupon: −$1.00" in selling.texts()[-1]
    selling.send_letters()
    assert "Coupon TEN: −$1.00" in selling.texts(ADMIN)[-1]


def test_a_code_on_the_cart_leads_to_the_confirmation_and_stays_while_the_cart_changes(selling: Stage) -> None:
    to_the_offer(selling, "Add to cart")
    selling.press("Coupon")
    selling.say("TEN")
    assert "To pay: $9.00" in selling.texts()[-1]
    selling.press("Cart")
    assert "Coupon TEN will be applied at checkout" in selling.texts()[-1]
    selling.press("+")
    assert "Coupon TEN will be applied at checkout" in selling.texts()[-1]
    selling.press("Check out")
    assert "To pay: $18.00" in selling.texts()[-1]
    selling.press("✖ Coupon TEN")
    assert "To pay: $20.00" in selling.texts()[-1]
    selling.press("Cart")
    assert "TEN" not in selling.texts()[-1]


def test_a_coupon_is_removed_from_the_cart(selling: Stage) -> None:
    to_the_offer(selling, "Add to cart")
    selling.press("Coupon")
    selling.say("TEN")
    selling.press("Cart")
    selling.press("✖ Coupon TEN")
    assert selling.texts()[-1].startswith("Your cart")
    assert "TEN" not in selling.texts()[-1]


def test_a_wrong_code_gets_a_reason_and_another_may_be_typed(selling: Stage) -> None:
    to_the_offer(selling)
    selling.press("Coupon")
    selling.say("<b>& nonsense")
    assert "Coupon <B>& NONSENSE doesn’t exist." in selling.texts()[-1]
    selling.say("TEN")
    assert "To pay: $9.00" in selling.texts()[-1]


def test_a_coupon_that_ended_meanwhile_is_an_alert_and_the_same_screen_leads_on(selling: Stage) -> None:
    to_the_offer(selling)
    selling.press("Coupon")
    selling.say("TEN")
    selling.stand.shop.coupons.switch(selling.stand.visitor(ADMIN), 1, off=True)
    selling.press("Pay $9.00")
    assert selling.alerts()[-1] == "Coupon TEN is no longer valid."
    assert Order.select().count() == 0
    selling.press("✖ Coupon TEN")
    selling.press("Pay $10.00")
    assert "paid $10.00" in selling.texts()[-1]


def test_the_confirmation_says_why_a_coupon_no_longer_fits(selling: Stage) -> None:
    stand = selling.stand
    stand.stock("cheap", name="Cheap", price="1.00")
    to_the_offer(selling)
    selling.press("Coupon")
    selling.say("TEN")
    for label in ("Menu", "Shop", "Games", "Cheap", "Buy now"):
        selling.press(label)
    assert "To pay: $1.00" in selling.texts()[-1]
    assert "Coupon TEN needs a minimum order of $10.00." in selling.texts()[-1]


def test_a_customer_whose_order_waited_is_told_why_its_coupon_no_longer_holds(stage: Stage) -> None:
    stand = stage.stand
    stand.stock("KEY")
    terms = CouponTerms("TEN", percent=10, least=stand.usd("10.00"))
    stand.shop.coupons.create(stand.visitor(ADMIN), terms)
    to_the_offer(stage)
    stage.press("Coupon")
    stage.say("TEN")
    stage.press("Top up $9.00")
    stand.shop.coupons.switch(stand.visitor(ADMIN), 1, off=True)
    deposit(stage)
    assert "your order for $9.00 was not placed" in stage.texts()[-1]
    assert "Coupon TEN is no longer valid." in stage.texts()[-1]
    assert stand.balance(stand.visitor(CUSTOMER)) == 1000


def test_forged_coupon_buttons_touch_nobody_elses_offer(selling: Stage) -> None:
    owner = selling.stand.visitor(77)
    offer = selling.stand.shop.checkout.offer_product(owner, selling.stand.product("Key"), 1)
    selling.press_data(TypeCoupon(offer.id))
    selling.say("TEN")
    assert "out of date" in selling.texts()[-1]
    selling.press_data(DropCoupon(offer.id))
    assert "out of date" in selling.texts()[-1]


# The form


def test_an_admin_makes_a_coupon_step_by_step_and_sees_its_uses(stage: Stage) -> None:
    stage.stand.stock("KEY", "KEY-2")
    stage.say("/start", ADMIN, first_name="Olga")
    for label in ("Admin", "Coupons", "New coupon"):
        stage.press(label, ADMIN)
    stage.say("autumn", ADMIN)
    stage.say("25 %", ADMIN)
    assert "AUTUMN\nDiscount: 25%\nApplies to: everything" in stage.texts(ADMIN)[-1]
    for label in ("Applies to", "Games", "Keys", "Key"):
        stage.press(label, ADMIN)
    for label, text in (
        ("Minimum order", "5"),
        ("Total uses", "3"),
        ("Per customer", "1"),
        ("Last day", "2031-01-31"),
    ):
        stage.press(label, ADMIN)
        stage.say(text, ADMIN)
    form = stage.texts(ADMIN)[-1]
    for line in (
        "Applies to: Key",
        "Minimum order: $5.00",
        "At most 3 uses",
        "Once per customer",
        "Until 31 January 2031",
    ):
        assert line in form
    stage.press("Create AUTUMN", ADMIN)
    assert "Used 0 times" in stage.texts(ADMIN)[-1]
    stage.stand.grant(stage.stand.visitor(CUSTOMER), "10.00")
    to_the_offer(stage)
    stage.press("Coupon")
    stage.say("AUTUMN")
    stage.press("Pay $7.50")
    stage.press("Back", ADMIN)
    stage.press("AUTUMN · −25% · × 1", ADMIN)
    stage.press("Uses", ADMIN)
    assert "#1 · Ada · −$2.50" in stage.texts(ADMIN)[-1]
    appoint(stage, Right.CATALOGUE)
    stage.press_data(ShowCouponUses(1, 0), MANAGER)
    assert re.search(r"^−\$2\.50 · ", stage.texts(MANAGER)[-1], re.MULTILINE)
    assert "Ada" not in stage.texts(MANAGER)[-1]
    stage.press("Back", ADMIN)
    stage.press("Deactivate", ADMIN)
    assert "Inactive" in stage.texts(ADMIN)[-1]
    stage.press("Activate", ADMIN)
    assert "Inactive" not in stage.texts(ADMIN)[-1]


def test_a_whole_category_is_chosen_for_a_coupon(stage: Stage) -> None:
    stage.stand.stock("KEY")
    stage.say("/start", ADMIN)
    for label in ("Admin", "Coupons", "New coupon"):
        stage.press(label, ADMIN)
    stage.say("autumn", ADMIN)
    stage.say("2.50", ADMIN)
    for label in ("Applies to", "Games", "All of Games"):
        stage.press(label, ADMIN)
    assert "Discount: $2.50\nApplies to: Games and everything in it" in stage.texts(ADMIN)[-1]
    for label in ("Applies to", "Everything"):
        stage.press(label, ADMIN)
    assert "Applies to: everything" in stage.texts(ADMIN)[-1]


def test_an_invalid_term_is_asked_for_again_in_place(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    for label in ("Admin", "Coupons", "New coupon"):
        stage.press(label, ADMIN)
    stage.say("x", ADMIN)
    assert "A code has 3 to 32 letters" in stage.texts(ADMIN)[-1]
    stage.say("good", ADMIN)
    stage.say("lots", ADMIN)
    assert "a percentage" in stage.texts(ADMIN)[-1]
    stage.say("5 %", ADMIN)
    stage.press("Create GOOD", ADMIN)
    assert [coupon.code for coupon in Coupon.select()] == ["GOOD"]
    stage.press_data(TypeTerm("nonsense"), ADMIN)
    assert "out of date" in stage.texts(ADMIN)[-1]


def test_a_coupon_that_is_gone_gets_an_answer_and_no_apology(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    stage.press_data(ShowCoupon(999), ADMIN)
    assert "no longer available" in stage.texts(ADMIN)[-1]


@pytest.mark.parametrize("language", ["en", "de"])
def test_forty_uses_by_people_with_the_longest_names_fit_on_a_screen(stage: Stage, language: str) -> None:
    use = Use(123_456, "😀" * 64, stage.stand.usd("12345.67"), stage.stand.clock())
    card = CouponCard(1, CouponTerms("A" * 32, percent=5), "", 80, switched_off=False)
    screen = uses(UsePage(card, (use,) * 40, 0, 2), stage.languages[language])
    assert utf16_length(plain_text(screen.text)) <= MAX_TEXT
    assert screen.text.count("😀" * 10) == 40
