"""Fees, dust and payable amounts, with figures from Bitcoin Core and Litecoin Core."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet import addresses
from wallet.chains import Chain
from wallet.errors import InvalidAddress
from wallet.transactions import policy
from wallet.transactions.policy import DustOutput, NotPayable

UNKNOWN_WITNESS = "bc1sw50qgdz25j"


def of_every_kind():
    for chain, factor in ((Chain.BTC, 1), (Chain.LTC, 10)):
        for kind, dust in (("p2pkh", 546), ("p2sh", 540), ("p2wpkh", 294), ("p2wsh", 330), ("p2tr", 330)):
            size = 32 if kind in {"p2wsh", "p2tr"} else 20
            version = {"p2wpkh": 0, "p2wsh": 0, "p2tr": 1}.get(kind, -1)
            address = addresses.ValidAddress(chain, "", addresses.Kind(kind), bytes(range(size)), version)
            yield pytest.param(chain, addresses.encode(address), dust * factor, id=f"{chain.value} {kind}")


@pytest.mark.parametrize(("chain", "address", "dust"), list(of_every_kind()))
def test_every_kind_of_address_with_rules_is_payable_from_its_dust_threshold(chain, address, dust):
    output = policy.payment(chain, address, dust)
    assert output.value == dust
    assert output.script_pubkey == addresses.script_pubkey(chain, address)
    with pytest.raises(DustOutput) as refusal:
        policy.payment(chain, address, dust - 1)
    assert [refusal.value.value, refusal.value.threshold] == [dust - 1, dust]


def test_nothing_is_paid_to_a_witness_version_without_rules():
    with pytest.raises(NotPayable) as refusal:
        policy.payment(Chain.BTC, UNKNOWN_WITNESS, 10_000)
    assert refusal.value.chain is Chain.BTC


def test_nothing_is_paid_to_an_address_of_another_chain():
    with pytest.raises(InvalidAddress) as refusal:
        policy.payment(Chain.LTC, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", 10_000)
    assert refusal.value.chain is Chain.LTC


def test_data_outputs_are_never_dust():
    assert policy.dust_threshold(Chain.BTC, b"\x6a\x04data") == 0


@given(st.integers(1, 400_000), st.integers(0, 10**7))
def test_a_fee_is_at_least_its_rate_and_less_than_one_unit_more(weight, rate):
    vsize = (weight + 3) // 4
    assert 0 <= policy.fee(weight, rate) * 1_000 - vsize * rate < 1_000


@pytest.mark.parametrize(
    ("old_fee", "weight", "rate", "expected"),
    [
        (141, 561, 1_000, 141 + 141),  # 140.25 vB: the old fee and one unit a byte for relaying it again
        (141, 561, 5_000, 705),  # the rate asks for more than the rule
    ],
)
def test_a_replacement_pays_the_old_fee_and_for_its_own_relay(old_fee, weight, rate, expected):
    assert policy.replacement_fee(old_fee, weight, rate) == expected
