"""Callback data: short, whole, and never believed."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot_handlers.callbacks import MAX_BYTES, Callback
from bot_handlers.callbacks.catalog import ShowShelf
from bot_handlers.callbacks.checkout import Confirm
from bot_handlers.callbacks.top_ups import ChooseCoin, ShowTopUp
from shop.assets import ASSETS
from shop.errors import StaleScreen
from tests.bot_handlers.buttons import KINDS

LARGEST = 10**15
VALUES = {
    "int": st.integers(-LARGEST, LARGEST),
    "int | None": st.none() | st.integers(0, LARGEST),
    "str": st.sampled_from(["en", "pt-BR", *ASSETS]),
}


def any_callback(kind: type[Callback]) -> st.SearchStrategy[Callback]:
    return st.builds(kind, *(VALUES[str(field.type)] for field in fields(kind)))


@given(st.one_of([any_callback(kind) for kind in KINDS]))
def test_what_is_packed_is_unpacked_as_it_was_and_fits(callback: Callback) -> None:
    data = callback.pack()
    assert type(callback).unpack(data) == callback
    assert 0 < len(data.encode()) <= MAX_BYTES


def test_every_kind_of_button_has_a_prefix_of_its_own() -> None:
    prefixes = [kind.prefix for kind in KINDS]
    assert len(set(prefixes)) == len(prefixes) > 20
    assert all(prefix.isascii() and ":" not in prefix for prefix in prefixes)


def test_buttons_carry_ids_and_never_a_price() -> None:
    names = {field.name for kind in KINDS for field in fields(kind)}
    assert not {name for name in names if "price" in name or "total" in name or "admin" in name}


@given(st.sampled_from(KINDS), st.text(max_size=80))
def test_forged_data_is_either_a_true_button_or_stale(kind: type[Callback], text: str) -> None:
    for data in (text, f"{kind.prefix}:{text}"):
        try:
            callback = kind.unpack(data)
        except StaleScreen as refused:
            assert refused.args == ()
        else:
            assert type(callback).unpack(callback.pack()) == callback


@pytest.mark.parametrize(
    "data",
    [
        *("confirm", "confirm:", "confirm:x", "confirm:1:2", "confirm:1.5", "confirm:01", "confirm:+1", "confirm: 1"),
        *("confirm:~", "confirm:1\n", "confirm:١", "confirm:1e3", "confirm:" + "9" * 19, "confirm:0x10", "confirm:-"),
        "confirm:--1",
    ],
)
def test_a_number_has_one_spelling(data: str) -> None:
    with pytest.raises(StaleScreen) as refused:
        Confirm.unpack(data)
    assert refused.value.args == ()


@pytest.mark.parametrize(
    "data", ["pay:BTC", "pay::1", "pay:B TC:1", "pay:BTC:1:2", "pay:" + "A" * 21 + ":1", "pay:б:1"]
)
def test_a_word_is_short_and_plain(data: str) -> None:
    with pytest.raises(StaleScreen) as refused:
        ShowTopUp.unpack(data)
    assert refused.value.args == ()


def test_nothing_is_a_value_where_it_is_allowed() -> None:
    assert ShowShelf.unpack("shelf:~:0:nu") == ShowShelf(None, 0)
    assert ChooseCoin.unpack("topup:~") == ChooseCoin(None)
