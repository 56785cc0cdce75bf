"""Coupons from the admin's form to the receipt, and stock reserved during top-ups, from outside."""

from tests.e2e.conftest import pay, show_product, stock
from tests.e2e.driver import Chat


def test_a_coupon_from_the_form_to_an_order_placed_automatically(base: str) -> None:
    admin, customer, late = Chat(base, 1), Chat(base, 1001), Chat(base, 2002)
    stock(admin, "A", "B")
    admin.say("/start")
    admin.press("Admin", "Coupons", "New coupon")
    for text in ("welcome", "50 %"):
        admin.say(text)
    admin.press("Total uses")
    admin.say("1")
    admin.press("Create WELCOME")
    for chat in (customer, late):
        show_product(chat)
        chat.press("Buy now", "Coupon")
        chat.say("welcome")
        chat.says("Coupon WELCOME: −$5.00")
    customer.press("Top up $5.00", "Bitcoin")
    pay(base, customer, "0.0001")
    customer.wait_text("Your goods, order #1")
    assert "paid $5.00" in customer.wait_text("your order has been placed")
    late.press("Top up $5.00")
    late.alert("Coupon WELCOME has been used up.")
    admin.press("Back")
    assert admin.button("WELCOME")[1]["text"] == "WELCOME · −50% · × 1"


def test_the_last_one_goes_to_a_customer_who_pays_for_it(base: str) -> None:
    admin, customer, other = Chat(base, 1), Chat(base, 1001), Chat(base, 2002)
    stock(admin, "LAST")
    show_product(customer)
    customer.press("Buy now", "Top up $10.00")
    customer.says("Nothing is reserved yet.")
    show_product(other)
    other.says("In stock: 1")
    customer.press("Bitcoin")
    pay(base, customer, "0.0002")
    assert "LAST" in customer.wait_text("Your goods, order #1")
    show_product(other)
    other.says("Currently sold out.")
