"""The conditions for showing a provider's payment to a customer."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from shop.assets import ASSETS
from shop.money import Money
from shop.payments.invoices import can_be_shown
from shop.payments.provider import ProviderPayment
from tests.conftest import NOW

ASKED = Money(5_000, "USD")
ADDRESS = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"
PAYMENT = ProviderPayment("ref", "7", "USD", Decimal("50.00"), "BTC", Decimal("0.001"), ADDRESS, False, NOW + 3_600)
THIRTY_DAYS_S = 30 * 86_400


def is_shown(**changed: Any) -> bool:
    return can_be_shown(replace(PAYMENT, **changed), ASSETS["BTC"], ASKED, now=NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"expires_at": NOW + 1},
        {"expires_at": NOW + THIRTY_DAYS_S},
        {"reference": "x"},
        {"number": "x" * 200},
        {"fiat_amount": Decimal(50)},
        {"coins": Decimal("0.00000001")},
    ],
)
def test_a_payment_that_matches_the_request_is_shown(changed: dict[str, Any]) -> None:
    assert is_shown(**changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"expires_at": NOW},
        {"expires_at": NOW - 1},
        {"expires_at": NOW + THIRTY_DAYS_S + 1},
        {"reference": ""},
        {"number": ""},
        {"reference": "x" * 201},
        {"fiat_amount": Decimal("49.99")},
        {"fiat_amount": None},
        {"fiat_currency": "EUR"},
        {"asset_code": "LTC"},
        {"coins": None},
        {"coins": Decimal(0)},
        {"coins": Decimal(-1)},
        {"is_paid": True},
        {"address": "ltc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"},
        {"address": ADDRESS[:-1] + "p"},
    ],
)
def test_any_other_payment_is_not_shown(changed: dict[str, Any]) -> None:
    assert not is_shown(**changed)
