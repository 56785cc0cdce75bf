"""Menu pictures, from outside: an owner sets one, customers see it, the owner removes it."""

from tests.e2e.driver import Chat, text_only
from tests.goods import png


def has_photo(chat: Chat) -> bool:
    return "photo" in chat.screen()


def test_a_picture_of_the_cart_is_chosen_seen_and_removed(base: str) -> None:
    admin, customer = Chat(base, 1), Chat(base, 1001)
    admin.say("/start")
    admin.press("Admin", "Pictures", "Cart", "Picture")
    admin.send_file("notes.txt", b"no picture at all")
    admin.says("The picture must be PNG or JPEG")
    admin.send_file("../cart.png", png(7))
    assert has_photo(admin)

    customer.say("/start")
    count = len(customer.messages)
    for label, expected in (("Cart", True), ("Shop", False), ("Menu", False), ("Cart", True)):
        customer.press(label)
        assert (has_photo(customer), len(customer.messages)) == (expected, count), label
    customer.says("cart")

    text_only(base, on=True)
    customer.press("Menu", "Cart")
    assert not has_photo(customer)
    customer.says("cart")
    text_only(base, on=False)

    admin.press("Delete picture")
    customer.say("/cart")
    assert not has_photo(customer)
