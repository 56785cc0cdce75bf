"""Rows of Telegram's list of Stars: what is read, and what makes the list one that Telegram does not give."""

from typing import Any

import pytest

from bot_handlers.telegram.stars import TelegramStarDesk, read_row
from shop.payments.star_books import RowKind
from shop.payments.stars import LONGEST_CHARGE_ID, MOST_STARS
from storage.models.stars import NANO
from tests.bot_handlers.stage import Stage

PAYER = {"type": "user", "transaction_type": "invoice_payment", "invoice_payload": "souk-a", "user": {"id": 9}}
ROW = {"id": "a", "amount": 5, "date": 1, "source": PAYER}
WITHDRAWAL = {"id": "a", "amount": 10 * MOST_STARS, "date": 1, "receiver": {"type": "fragment"}}


@pytest.mark.parametrize(
    ("row", "kind", "stars"),
    [
        (ROW, RowKind.PAYMENT, 5),
        (ROW | {"amount": MOST_STARS, "id": "a" * LONGEST_CHARGE_ID}, RowKind.PAYMENT, MOST_STARS),
        (WITHDRAWAL, RowKind.WITHDRAWAL, 10 * MOST_STARS),
        (ROW | {"amount": 0, "source": PAYER | {"invoice_payload": "another program's"}}, RowKind.OTHER, 0),
    ],
)
def test_a_row_is_read_with_its_kind_and_amount(row: dict[str, Any], kind: RowKind, stars: int) -> None:
    read = read_row(row, 1)
    assert (read.kind, read.nanostars) == (kind, stars * NANO)


@pytest.mark.parametrize("amount", [0, -5, MOST_STARS + 1])
def test_a_payment_of_an_impossible_amount_is_left_out_and_the_rest_of_the_list_is_read(
    stage: Stage, caplog: pytest.LogCaptureFixture, amount: int
) -> None:
    book = stage.telegram.world.stars.book(stage.bot)
    odd = ROW | {"id": "odd", "amount": amount, "nanostar_amount": 500_000_000}
    book.transactions += [ROW | {"id": "before"}, odd, ROW | {"id": "after"}]
    rows = TelegramStarDesk(stage.bot.token).rows(0)
    kinds = [(row.transaction_id, row.kind, row.payer is not None) for row in rows]
    payments = [(name, RowKind.PAYMENT, True) for name in ("before", "after")]
    assert kinds == [payments[0], ("odd", RowKind.OTHER, False), payments[1]]
    assert caplog.text.count(f"a payment of {amount} Stars in Telegram's list is impossible") == 1


@pytest.mark.parametrize(
    "row",
    [
        *(ROW | {"amount": amount} for amount in (2**62, 0.5, "5")),
        *(ROW | {"id": name} for name in ("", "a" * (LONGEST_CHARGE_ID + 1))),
        WITHDRAWAL | {"amount": 2**62},
    ],
)
def test_an_id_that_cannot_be_one_and_a_number_that_cannot_be_stored_are_refused(row: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)) as refused:
        read_row(row, 1)
    assert refused.value.args == ()
