"""Callback data: short, lossless, and never trusted."""

import json
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot_handlers.callbacks import BUTTONS, MAX_BYTES, Callback, button
from bot_handlers.callbacks.catalog import SearchLoose, ShowShelf
from bot_handlers.callbacks.checkout import Confirm
from bot_handlers.callbacks.tickets import SendLoose
from bot_handlers.callbacks.top_ups import ChooseCoin, ShowTopUp
from shop.assets import ASSETS
from shop.errors.refusals import StaleScreen
from storage.database import Database
from tests.bot_handlers.buttons import KINDS
from tests.raw_sql import engine_of

LARGEST = 10**15
VALUES = {
    int: st.integers(-LARGEST, LARGEST),
    int | None: st.none() | st.integers(0, LARGEST),
    str: st.sampled_from(["en", "pt-BR", *ASSETS]),
}


def any_callback(kind: type[Callback]) -> st.SearchStrategy[Callback]:
    return st.builds(kind, *(VALUES[field.type] for field in fields(kind)))


@given(st.one_of([any_callback(kind) for kind in KINDS]))
def test_callback_data_survives_packing_and_fits(callback: Callback) -> None:
    data = callback.pack()
    assert type(callback).unpack(data) == callback
    assert 0 < len(data.encode()) <= MAX_BYTES


def test_a_prefix_belongs_to_one_kind_of_button() -> None:
    with pytest.raises(ValueError, match="'shelf'"):
        button("shelf")(type("Another", (Callback,), {}))
    assert BUTTONS["shelf"] is ShowShelf


def test_a_field_is_a_number_or_a_word() -> None:
    with pytest.raises(ValueError, match="'half'"):
        button("half")(type("Half", (Callback,), {"__annotations__": {"share": float}}))
    assert "half" not in BUTTONS


def test_a_button_that_telegram_would_refuse_is_never_packed() -> None:
    long = ShowTopUp("A" * 20, 10**17)
    assert len(long.pack()) < MAX_BYTES
    with pytest.raises(ValueError, match="64 bytes"):
        ShowTopUp("A" * MAX_BYTES, 1).pack()


def test_buttons_in_messages_that_people_still_have_keep_their_meaning() -> None:
    known = json.loads((Path(__file__).parent / "prefixes.json").read_text("utf-8"))
    now = {kind.prefix: [str(hint) for hint in get_type_hints(kind).values()] for kind in KINDS}
    shapes = {prefix: [hint for hint in hints if "ClassVar" not in hint] for prefix, hints in now.items()}
    assert {prefix: shapes.get(prefix) for prefix in known["buttons"]} == known["buttons"]


def test_buttons_carry_ids_and_never_a_price() -> None:
    names = {field.name for kind in KINDS for field in fields(kind)}
    assert not {name for name in names if "price" in name or "total" in name or "admin" in name}


@given(st.sampled_from(KINDS), st.text(max_size=80))
def test_forged_data_is_either_a_valid_button_or_stale(kind: type[Callback], text: str) -> None:
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


def test_an_optional_field_may_be_empty() -> None:
    assert ShowShelf.unpack("shelf:~:0:nu") == ShowShelf(None, 0)
    assert ChooseCoin.unpack("topup:~") == ChooseCoin(None)


def test_a_button_from_before_a_field_was_added_is_still_read() -> None:
    assert SendLoose.unpack("loosesend:~") == SendLoose(None)
    assert SearchLoose.unpack("loosesearch") == SearchLoose()
    for data in ("loosesend", "loosesend:~:1:1", "loosesearch:1:1"):
        with pytest.raises(StaleScreen):
            BUTTONS[data.partition(":")[0]].unpack(data)


TABLES = {
    "order_id": "orders",
    "line_id": "order_line",
    "item_id": "stock_item",
    "import_id": "pending_import",
    "payment_id": "star_payment",
    "transaction_id": "sweep_transaction",
    "note_id": "customer_note",
}
"""The table of a number that a button carries, if it is named otherwise."""
NUMBERS_OF_TELEGRAM = {"message_id", "telegram_id", "bot_id"}


def test_what_buttons_name_by_number_is_never_given_that_number_again(database: Database) -> None:
    names = {field.name for kind in KINDS for field in fields(kind) if field.name.endswith("_id")}
    tables = {TABLES.get(name, name.removesuffix("_id")) for name in names - NUMBERS_OF_TELEGRAM}
    declared = dict(engine_of(database).execute_sql("SELECT name, sql FROM sqlite_master").fetchall())
    assert len(tables) > 15
    assert {table for table in tables if "AUTOINCREMENT" not in declared.get(table, "")} == set()
