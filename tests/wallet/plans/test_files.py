"""A plan's file: written, read back, and refused with one sentence if it is anything else."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wallet.plans import made
from wallet.chains import Chain
from wallet.plans import plan, reading
from wallet.plans.errors import Fault, InvalidPlan
from wallet.plans.plan import Account

PLAN = made.plan(
    accounts={Chain.BTC: Account("xpub-of-an-account", "d34db33f"), Chain.LTC: Account("another")},
    boxes={7: b"sealed", 8: b"too"},
)
RAW = plan.write(PLAN)


def refused(raw):
    with pytest.raises(InvalidPlan) as refusal:
        reading.read(raw)
    return refusal.value


def body_of(raw=RAW):
    return json.loads(raw)


def resealed(body):
    """Return the file of an attacker who changed both the plan and its digest."""
    rest = {name: value for name, value in body.items() if name != "digest"}
    return plan.canonical({**rest, "digest": plan.digest_of(rest)})


def test_a_plan_reads_back_as_written():
    assert reading.read(RAW) == PLAN
    assert plan.write(reading.read(RAW)) == RAW
    assert body_of()["digest"] == PLAN.digest


def test_amounts_are_strings_that_no_program_can_round():
    first, ether = body_of()["transactions"][0], body_of()["transactions"][2]
    assert (first["units"], first["inputs"][0]["units"], ether["units"]) == ("148006", "50001", "1000000000000000000")


def test_the_order_of_keys_and_whitespace_does_not_matter():
    body = dict(reversed(body_of().items()))
    assert reading.read(json.dumps(body, indent=4).encode()) == PLAN


@pytest.mark.parametrize("field", ["made_at", "expires_at", "destinations", "tokens", "transactions", "boxes"])
def test_a_plan_changed_by_hand_is_refused(field):
    body = body_of()
    body[field] = 1 if isinstance(body[field], int) else type(body[field])()
    assert refused(json.dumps(body).encode()).fault is Fault.CHANGED


def test_changing_any_one_digit_is_refused():
    for old, new in ((b'"fee":"2000"', b'"fee":"2001"'), (b'"nonce":0', b'"nonce":1'), (b"d34db33f", b"d34db33e")):
        assert old in RAW
        assert refused(RAW.replace(old, new)).fault is Fault.CHANGED


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", Fault.NOT_A_PLAN),
        (b"not JSON", Fault.NOT_A_PLAN),
        (b"[]", Fault.NOT_A_PLAN),
        (b"{}", Fault.NOT_A_PLAN),
        (b"\xff\xfe", Fault.NOT_A_PLAN),
        (b"[" * 500_000, Fault.NOT_A_PLAN),
        (b'{"format":"souk-sweep-plan","version":' + b"1" * 5_000 + b"}", Fault.NOT_A_PLAN),
        (b'{"format":"souk-sweep-plan","format":"souk-sweep-plan"}', Fault.NOT_A_PLAN),
        (b'{"format":"souk-sweep-plan","version":1.0}', Fault.NOT_A_PLAN),
        (b'{"format":"souk-sweep-plan","version":NaN}', Fault.NOT_A_PLAN),
        (b'{"format":"souk-sweep-plan","version":2}', Fault.VERSION),
        (b'{"format":"souk-sweep-plan","version":1}', Fault.CHANGED),
        (b" " * (reading.MAX_BYTES + 1), Fault.TOO_LARGE),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else None,
)
def test_a_file_that_is_not_a_plan_is_refused_with_the_reason(raw, fault):
    assert refused(raw).fault is fault


def edit(*keys, value):
    body = body_of()
    place = body
    for key in keys[:-1]:
        place = place[key]
    if value is None:
        del place[keys[-1]]
    else:
        place[keys[-1]] = value
    return resealed(body)


FIRST = ("transactions", 0)
INPUT = (*FIRST, "inputs", 0)
ETHER = ("transactions", 2)
TRON = ("transactions", 5)
EDITS = {
    "version is true": (("version",), True),
    "unknown field": (("more",), 1),
    "no expiry": (("expires_at",), None),
    "negative time": (("made_at",), -1),
    "time beyond doubles": (("expires_at",), 2**53),
    "time as text": (("made_at",), "1"),
    "destinations as list": (("destinations",), []),
    "destination of no chain": (("destinations", "DOGE"), "D"),
    "long destination": (("destinations", "BTC"), "b" * 121),
    "destination beyond ASCII": (("destinations", "BTC"), "бс1"),
    "tokens as object": (("tokens",), {}),
    "ticker with a line": (("tokens", 0, "ticker"), "A\nB"),
    "decimals": (("tokens", 0, "decimals"), 36),
    "fingerprint": (("accounts", "BTC", "fingerprint"), "d34d"),
    "box of nobody": (("boxes", "x"), "00"),
    "box with a zero in front": (("boxes", "07"), "00"),
    "empty box": (("boxes", "9"), ""),
    "huge box": (("boxes", "9"), "00" * 1_025),
    "units as number": ((*FIRST, "units"), 148_006),
    "units negative": ((*FIRST, "units"), "-1"),
    "units with a zero in front": ((*FIRST, "units"), "01"),
    "units with a point": ((*FIRST, "units"), "1.0"),
    "units in other digits": ((*FIRST, "units"), "١"),
    "units of 2^256": ((*FIRST, "units"), str(2**256)),
    "no fee": ((*FIRST, "fee"), None),
    "unknown field of a transaction": ((*FIRST, "change"), "bc1"),
    "chain": ((*FIRST, "chain"), "btc"),
    "short txid": ((*INPUT, "txid"), "00" * 31),
    "capital txid": ((*INPUT, "txid"), "AB" * 32),
    "index": ((*INPUT, "index"), 2**32),
    "path": ((*INPUT, "path"), "84'/0'"),
    "level": ((*INPUT, "path"), "m/2147483648"),
    "child": ((*INPUT, "child"), 2**31),
    "child and box": ((*INPUT, "box"), 1),
    "unknown field of an input": ((*INPUT, "script"), ""),
    "purpose": ((*ETHER, "purpose"), "theft"),
    "after": ((*ETHER, "after"), -1),
    "after is true": ((*ETHER, "after"), True),
    "nonce": ((*ETHER, "terms", "nonce"), "0"),
    "unknown term": ((*ETHER, "terms", "data"), ""),
    "terms of another chain": ((*ETHER, "terms"), {"unit_limit": 0, "unit_price_micro_lamports": 0}),
    "short reference": ((*TRON, "terms", "ref_block_hash"), "00" * 7),
    "long reference": ((*TRON, "terms", "ref_block_hash"), "00" * 9),
    "long number of a block": ((*TRON, "terms", "ref_block_bytes"), "00" * 3),
}


@pytest.mark.parametrize(("keys", "value"), EDITS.values(), ids=EDITS.keys())
def test_a_field_with_the_wrong_form_is_refused(keys, value):
    refusal = refused(edit(*keys, value=value))
    assert refusal.fault is Fault.FIELD
    assert refusal.position == (keys[1] + 1 if keys[0] == "transactions" else None)


def test_more_transactions_than_a_plan_may_have_are_refused(monkeypatch):
    monkeypatch.setattr(reading, "MAX_TRANSACTIONS", len(PLAN.transactions) - 1)
    assert refused(RAW).fault is Fault.FIELD


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300)
@given(st.data(), VALUES)
def test_any_value_in_any_field_is_read_or_refused(data, value):
    body = body_of()
    place = body
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = value
    try:
        assert plan.write(reading.read(resealed(body))) == resealed(body)
    except InvalidPlan as refusal:
        assert refusal.fault in {Fault.FIELD, Fault.NOT_A_PLAN, Fault.VERSION}
