"""Headers and their rules, checked against records from the main networks."""

from dataclasses import replace
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.chains.proof.checkpoints import CHECKPOINTS, BadCheckpoint, Checkpoint
from shop.chains.proof.consensus import MAINNET, REGTEST, check_time
from shop.chains.proof.headers import BadHeader, Header, compact, target_of, work_of
from tests.shop.chains.proof.recorded import btc_headers, load, ltc_headers, mine, orphan
from wallet.chains import Chain

GENESIS = {
    Chain.BTC: (
        "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3"
        "888a51323a9fb8aa4b1e5e4adae5494dffff7f2002000000",
        "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
    ),
    Chain.LTC: (
        "010000000000000000000000000000000000000000000000000000000000000000000000d9ced4ed1130f7b7faad9be25323ffafa33232a1"
        "7c3edf6cfd97bee6bafbdd97dae5494dffff7f2000000000",
        "530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9",
    ),
}
RULES = [*MAINNET.values(), *REGTEST.values()]


@pytest.mark.parametrize("chain", GENESIS)
def test_the_first_block_of_each_test_network_has_its_hash_and_its_work(chain):
    raw, block_hash = GENESIS[chain]
    header = Header.parse(bytes.fromhex(raw))
    assert (header.hash, header.time, header.bits) == (block_hash, 1_296_688_602, 0x207FFFFF)
    REGTEST[chain].check_work(header)


def test_recorded_headers_are_linked_and_have_the_work_their_bits_demand():
    for chain, headers in ((Chain.BTC, btc_headers()[:500]), (Chain.LTC, ltc_headers())):
        parsed = [Header.parse(raw) for raw in headers]
        assert all(after.previous == before.hash for before, after in pairwise(parsed))
        for header in parsed:
            MAINNET[chain].check_work(header)


def test_an_orphaned_block_has_the_same_work():
    MAINNET[Chain.BTC].check_work(Header.parse(orphan()))


@pytest.mark.parametrize(
    ("chain", "raw"), [(Chain.BTC, btc_headers()[0]), (Chain.LTC, ltc_headers()[1])], ids=["btc", "ltc"]
)
@pytest.mark.parametrize("position", [0, 10, 40, 68, 79])
def test_a_header_with_a_changed_byte_has_no_work(chain, raw, position):
    changed = bytearray(raw)
    changed[position] ^= 1
    with pytest.raises(BadHeader) as refused:
        MAINNET[chain].check_work(Header.parse(bytes(changed)))
    assert refused.value.reason == "less work than its target demands"


def test_work_for_one_coin_does_not_count_for_the_other():
    with pytest.raises(BadHeader) as refused:
        MAINNET[Chain.BTC].check_work(Header.parse(ltc_headers()[1]))
    assert refused.value.reason == "a target above the limit"
    easy = mine(REGTEST[Chain.BTC], "00" * 32, time=1, bits=0x1F7FFFFF)
    with pytest.raises(BadHeader) as refused:
        REGTEST[Chain.LTC].check_work(easy)
    assert refused.value.reason == "less work than its target demands"


@pytest.mark.parametrize("size", [0, 79, 81, 160])
def test_a_header_has_80_bytes(size):
    with pytest.raises(BadHeader) as refused:
        Header.parse(bytes(size))
    assert refused.value.reason == "a header of the wrong length"


# Bitcoin Core, src/test/arith_uint256_tests.cpp (bignum_SetCompact)
@pytest.mark.parametrize(
    ("bits", "target"),
    [
        (0x01123456, 0x12),
        (0x02123456, 0x1234),
        (0x03123456, 0x123456),
        (0x04123456, 0x12345600),
        (0x05009234, 0x92340000),
        (0x20123456, 0x123456 << 232),
    ],
)
def test_compact_bits_are_read_as_in_bitcoin(bits, target):
    assert target_of(bits) == target


@pytest.mark.parametrize(
    ("bits", "reason"),
    [
        (0x00000000, "a target of zero"),
        (0x00123456, "a target of zero"),
        (0x01003456, "a target of zero"),
        (0x02000056, "a target of zero"),
        (0x04000000, "a target of zero"),
        (0x04923456, "a negative target"),
        (0x01FEDCBA, "a negative target"),
        (0xFF123456, "a target above 256 bits"),
        (0x23000001, "a target above 256 bits"),
        (0x22000100, "a target above 256 bits"),
    ],
)
def test_impossible_bits_are_refused(bits, reason):
    with pytest.raises(BadHeader) as refused:
        target_of(bits)
    assert refused.value.reason == reason


@given(st.integers(1, 2**256 - 1))
def test_a_target_is_rounded_down_to_its_leading_bytes(target):
    rounded = target_of(compact(target))
    assert rounded <= target
    assert target - rounded < max(1, target >> 15)
    assert compact(rounded) == compact(target)


@given(st.integers(1, 2**256 - 1), st.integers(1, 2**256 - 1))
def test_a_lower_target_never_means_less_work(one, other):
    low, high = sorted((compact(one), compact(other)), key=target_of)
    assert work_of(low) >= work_of(high) >= 1


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: rules.name)
def test_a_header_must_not_be_easier_than_its_network_allows(rules):
    header = replace(Header.parse(ltc_headers()[0]), bits=compact(2 * rules.limit))
    with pytest.raises(BadHeader) as refused:
        rules.check_work(header)
    assert refused.value.reason == "a target above the limit"


def test_every_recorded_bitcoin_retarget_is_reproduced():
    headers = {
        int(at): Header.parse(bytes.fromhex(raw)) for at, raw in load("headers_btc_retargets")["headers"].items()
    }
    rules, computed = MAINNET[Chain.BTC], 0
    for height in range(2_016, max(headers) + 1, 2_016):
        first, last = headers[rules.first_of_span(height)], headers[height - 1]
        found = rules.retarget(last.bits, first_time=first.time, last_time=last.time)
        assert found == headers[height].bits, height
        computed += 1
    assert computed == 413


def test_every_recorded_litecoin_retarget_is_reproduced():
    rules, genesis = MAINNET[Chain.LTC], Header.parse(ltc_headers()[0])
    times, bits, computed = {0: genesis.time}, genesis.bits, 0
    for height, _, time, next_bits in load("headers_ltc")["retargets"]["periods"]:
        times[height] = time
        first_time = times[rules.first_of_span(height + 1)]
        found = rules.retarget(bits, first_time=first_time, last_time=time)
        assert found == int(next_bits, 16), height
        bits, computed = found, computed + 1
    assert computed == 1_101


def test_litecoin_looks_back_one_block_further_than_bitcoin():
    assert MAINNET[Chain.BTC].first_of_span(4_032) == 2_016
    assert MAINNET[Chain.LTC].first_of_span(4_032) == 2_015
    assert MAINNET[Chain.LTC].first_of_span(2_016) == 0


@pytest.mark.parametrize("chain", MAINNET)
def test_a_target_moves_by_a_factor_of_four_at_most_and_never_above_the_limit(chain):
    rules, bits = MAINNET[chain], 0x1B012345
    one_second = rules.retarget(bits, first_time=0, last_time=1)
    backwards = rules.retarget(bits, first_time=rules.span_s, last_time=0)
    quarter = rules.retarget(bits, first_time=0, last_time=rules.span_s // 4)
    assert one_second == backwards == quarter == compact(target_of(bits) // 4)
    a_year = rules.retarget(bits, first_time=0, last_time=31_536_000)
    assert a_year == rules.retarget(bits, first_time=0, last_time=4 * rules.span_s) == compact(4 * target_of(bits))
    assert rules.retarget(compact(rules.limit), first_time=0, last_time=2 * rules.span_s) == compact(rules.limit)


def test_a_time_must_be_above_the_median_of_the_previous_11_blocks():
    previous = [100, 90, 80, 70, 60, 50, 40, 30, 20, 10, 5]
    check_time(51, previous=previous, now=0)
    check_time(81, previous=[100, 80, 60], now=0)
    check_time(1, previous=[], now=0)
    with pytest.raises(BadHeader) as refused:
        check_time(50, previous=previous, now=0)
    assert refused.value.reason == "a time not above the median of the 11 blocks before"


def test_a_time_may_be_two_hours_ahead_and_no_more():
    check_time(7_200, previous=[1], now=0)
    with pytest.raises(BadHeader) as refused:
        check_time(7_201, previous=[1], now=0)
    assert refused.value.reason == "a time more than two hours ahead"


@pytest.mark.parametrize("chain", CHECKPOINTS)
def test_this_releases_checkpoints_are_consistent(chain):
    checkpoint = CHECKPOINTS[chain]
    checkpoint.check(MAINNET[chain])
    assert checkpoint.height % 2_016 == 0
    assert (
        checkpoint.hash
        == {
            Chain.BTC: "00000000000000000000dddd0cca09be6a6a76233f4ac66e83337fc1e49a99cb",
            Chain.LTC: "2ac2e1e1835a22d5f0b8a2d5aebc8523e0b7efabfb15c7b06d8ae195cd226852",
        }[chain]
    )


def ltc_boundary() -> list[bytes]:
    return [bytes.fromhex(raw) for raw in load("headers_ltc")["more"][0]["headers"]]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (lambda: ltc_boundary()[1:], "the times for the next retarget are missing"),
        (lambda: ltc_boundary()[::-1], "headers that are not linked"),
        (lambda: [ltc_boundary()[0], ltc_boundary()[1][:-1] + b"\0"], "less work than its target demands"),
    ],
    ids=["alone", "swapped", "without work"],
)
def test_an_inconsistent_checkpoint_is_refused(headers, reason):
    with pytest.raises(BadCheckpoint) as refused:
        Checkpoint(3_080_448, tuple(headers())).check(MAINNET[Chain.LTC])
    assert refused.value.reason == reason


def test_a_headers_hash_is_that_of_the_recorded_bytes():
    raw = btc_headers()[7]
    assert Header.parse(raw).hash == sha256(sha256(raw).digest()).digest()[::-1].hex()
