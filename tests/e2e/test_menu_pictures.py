"""Pictures of the menu, from outside: an owner chooses one, customers see it, he takes it away."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.driver import Chat, Program, text_only
from tests.goods import png


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    program = Program("sandbox", cwd=tmp_path)
    yield program.address()
    code, errors = program.stop()
    assert code == 0, errors
    assert "Traceback" not in errors


def has_photo(chat: Chat) -> bool:
    return "photo" in chat.messages[-1]


def test_a_picture_of_the_cart_is_chosen_seen_and_taken_away(base: str) -> None:
    admin, customer = Chat(base, 1), Chat(base, 1001)
    admin.say("/start")
    for label in ("Admin", "Pictures", "Cart", "Picture"):
        admin.press(label)
    admin.send_file("notes.txt", b"no picture at all")
    assert admin.texts[-1].startswith("The picture must be PNG or JPEG")
    admin.send_file("../cart.png", png(7))
    assert has_photo(admin)

    customer.say("/start")
    count = len(customer.messages)
    for label, expected in (("Cart", True), ("Shop", False), ("Menu", False), ("Cart", True)):
        customer.press(label)
        assert (has_photo(customer), len(customer.messages)) == (expected, count), label
    assert "cart" in customer.texts[-1].lower()

    text_only(base, on=True)
    customer.press("Menu")
    customer.press("Cart")
    assert not has_photo(customer)
    assert "cart" in customer.texts[-1].lower()
    text_only(base, on=False)

    admin.press("Delete picture")
    customer.say("/cart")
    assert not has_photo(customer)
