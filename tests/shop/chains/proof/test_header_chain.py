"""A chain of headers on disk: recorded headers, losing branches, reorganisations, and damaged files."""

import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.chains.proof.checkpoints import BadCheckpoint, Checkpoint
from shop.chains.proof.consensus import MAINNET, REGTEST
from shop.chains.proof.header_chain import ChainState, Growth, HeaderChain, UnknownBlock, UnknownParent
from shop.chains.proof.headers import BadHeader, Header, compact, target_of
from tests.shop.chains.proof.recorded import (
    BTC_START,
    NOW,
    STALE_HEIGHT,
    branch,
    btc_chain,
    btc_headers,
    load,
    ltc_headers,
    mine,
    orphan,
)
from wallet.chains import Chain

RULES = replace(REGTEST[Chain.BTC], limit=1 << 252)
GENESIS = mine(RULES, "00" * 32, time=NOW - 1_000_000, bits=compact(1 << 251))
START = Checkpoint(100, (GENESIS.raw,))
TRUNK = branch(RULES, GENESIS, 6)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "btc.headers"


@pytest.fixture
def chain(path) -> Iterator[HeaderChain]:
    made = HeaderChain(path, RULES, START)
    yield made
    made.close()


def last_of(headers: list[bytes]) -> Header:
    return Header.parse(headers[-1])


def test_recorded_bitcoin_headers_are_accepted_over_four_retargets(path):
    chain = btc_chain(path)
    assert chain.add(btc_headers(), now=NOW) == Growth(added=8_064)
    assert chain.tip.height == 830_592
    assert chain.tip.hash == "00000000000000000000506183a8b30fa3224b85e82a70416e1d594bdb632fdb"
    assert chain.header_at(BTC_START + 5).raw == btc_headers()[5]


def test_recorded_litecoin_headers_are_accepted(path):
    chain = HeaderChain(path, MAINNET[Chain.LTC], Checkpoint(0, (ltc_headers()[0],)))
    assert chain.add(ltc_headers(), now=NOW) == Growth(added=256)
    assert chain.tip.header.raw == ltc_headers()[-1]


def test_the_recorded_orphan_loses(path):
    chain = btc_chain(path)
    place = STALE_HEIGHT - BTC_START
    chain.add([*btc_headers()[:place], orphan()], now=NOW)
    block_hash = Header.parse(orphan()).hash
    assert chain.confirmations(STALE_HEIGHT, block_hash) == 1
    assert chain.add(btc_headers()[place : place + 1], now=NOW) == Growth(added=1), (
        "of two equal ones the first counts"
    )
    assert chain.confirmations(STALE_HEIGHT, block_hash) == 1
    grown = chain.add(btc_headers()[place + 1 : place + 4], now=NOW)
    assert grown == Growth(added=3, forked_at=STALE_HEIGHT - 1)
    assert chain.confirmations(STALE_HEIGHT, block_hash) == 0
    assert chain.confirmations(STALE_HEIGHT, Header.parse(btc_headers()[place]).hash) == 4
    assert chain.distance_from_best(block_hash) == 1


@pytest.mark.parametrize("lost", load("headers_btc")["stale_branches"], ids=lambda lost: str(lost["start_height"]))
def test_recorded_losing_branches_have_work_but_no_place_here(path, lost):
    chain = btc_chain(path)
    headers = [bytes.fromhex(raw) for raw in lost["headers"]]
    for raw in headers:
        MAINNET[Chain.BTC].check_work(Header.parse(raw))
    with pytest.raises(UnknownParent) as refused:
        chain.add(headers, now=NOW)
    assert refused.value.reason == "a header that is not linked to a known one"
    assert chain.tip.height == BTC_START


def test_a_lighter_branch_is_known_but_not_the_best(chain):
    chain.add(TRUNK, now=NOW)
    lighter = branch(RULES, Header.parse(TRUNK[1]), 3, mark=1)
    assert chain.add(lighter, now=NOW) == Growth(added=3)
    assert chain.tip.hash == last_of(TRUNK).hash
    assert chain.knows(last_of(lighter).hash)
    assert chain.distance_from_best(last_of(lighter).hash) == 3
    with pytest.raises(UnknownBlock) as refused:
        chain.height_of(last_of(lighter).hash)
    assert refused.value.args == (last_of(lighter).hash,)


def test_a_heavier_branch_takes_over_from_the_fork(chain):
    chain.add(TRUNK, now=NOW)
    heavier = branch(RULES, Header.parse(TRUNK[1]), 5, mark=1)
    assert chain.add(heavier, now=NOW) == Growth(added=5, forked_at=102)
    assert (chain.tip.height, chain.tip.hash) == (107, last_of(heavier).hash)
    assert chain.confirmations(106, last_of(TRUNK).hash) == 0
    assert chain.confirmations(102, Header.parse(TRUNK[1]).hash) == 6
    assert [chain.header_at(103 + i).raw for i in range(5)] == heavier
    back = branch(RULES, last_of(TRUNK), 2)
    assert chain.add(back, now=NOW) == Growth(added=2, forked_at=102)
    assert [chain.header_at(101 + i).raw for i in range(8)] == [*TRUNK, *back]


@settings(max_examples=40, deadline=None)
@given(order=st.permutations(range(9)))
def test_the_heaviest_branch_wins_whatever_the_order_of_headers(tmp_path_factory, order):
    chain = HeaderChain(tmp_path_factory.mktemp("chain") / "headers", RULES, START)
    pieces = [TRUNK[:2], TRUNK[2:4], TRUNK[4:]]
    fork = branch(RULES, Header.parse(TRUNK[1]), 6, mark=1)
    pieces += [fork[:1], fork[1:2], fork[2:3], fork[3:4], fork[4:5], fork[5:]]
    waiting = [pieces[i] for i in order]
    while waiting:
        for piece in waiting[:]:
            if chain.knows(Header.parse(piece[0]).previous):
                chain.add(piece, now=NOW)
                waiting.remove(piece)
    assert chain.tip.hash == last_of(fork).hash
    assert [chain.header_at(height).raw for height in range(101, 109)] == [*TRUNK[:2], *fork]
    chain.close()


def retargeting(path) -> tuple[HeaderChain, Header]:
    """A chain up to the last block but one of a period, with sixteen hashes a block."""
    rules = replace(REGTEST[Chain.BTC], retargets=True)
    start = mine(rules, "00" * 32, time=1_000_000, bits=compact(1 << 252))
    chain = HeaderChain(path, rules, Checkpoint(2_016, (start.raw,)))
    headers = branch(rules, start, 2_014, step_s=1)
    chain.add(headers, now=NOW)
    return chain, last_of(headers)


def test_work_counts_not_length(path):
    chain, last = retargeting(path)
    quick = mine(chain.rules, last.hash, time=last.time + 1, bits=last.bits)
    slow = mine(chain.rules, last.hash, time=last.time + 4 * chain.rules.span_s, bits=last.bits)
    long = branch(chain.rules, replace(slow, bits=compact(1 << 254)), 10)
    chain.add([slow.raw, *long], now=NOW)
    assert chain.tip.height == 4_041
    short = mine(chain.rules, quick.hash, time=quick.time + 1, bits=compact(1 << 250))
    assert chain.add([quick.raw, short.raw], now=NOW) == Growth(added=2, forked_at=4_030)
    assert (chain.tip.height, chain.tip.hash) == (4_032, short.hash)


def test_a_retarget_follows_the_rule_and_nothing_else(path):
    chain, last = retargeting(path)
    boundary = mine(chain.rules, last.hash, time=last.time + 1, bits=last.bits)
    chain.add([boundary.raw], now=NOW)
    for bits in (last.bits, compact(1 << 250) - 1, compact(1 << 251)):
        with pytest.raises(BadHeader) as refused:
            chain.add([mine(chain.rules, boundary.hash, time=boundary.time + 1, bits=bits).raw], now=NOW)
        assert refused.value.reason == "a different target than the rules demand"
    right = mine(chain.rules, boundary.hash, time=boundary.time + 1, bits=compact(1 << 250))
    assert chain.add([right.raw], now=NOW).added == 1


def test_between_retargets_the_target_stays(chain):
    for bits in (compact(1 << 250), compact(1 << 252)):
        with pytest.raises(BadHeader) as refused:
            chain.add([mine(RULES, GENESIS.hash, time=NOW, bits=bits).raw], now=NOW)
        assert refused.value.reason == "a different target than the rules demand"


def test_a_header_without_work_is_refused_and_those_before_it_are_kept(chain):
    cheap = bytearray(TRUNK[2])
    while int.from_bytes(RULES.work_hash(bytes(cheap)), "little") <= target_of(GENESIS.bits):
        cheap[79] += 1
    cheap[79] ^= 0x40
    with pytest.raises(BadHeader) as refused:
        chain.add([*TRUNK[:2], bytes(cheap)], now=NOW)
    assert refused.value.reason == "less work than its target demands"
    assert chain.tip.height == 102


def test_times_are_checked_against_the_preceding_headers_and_the_clock(chain):
    eleven = branch(RULES, GENESIS, 11)
    chain.add(eleven, now=NOW)
    last, middle = last_of(eleven), Header.parse(eleven[5])
    for time, reason in (
        (middle.time, "a time not above the median of the 11 blocks before"),
        (NOW + 7_201, "a time more than two hours ahead"),
    ):
        with pytest.raises(BadHeader) as refused:
            chain.add([mine(RULES, last.hash, time=time, bits=last.bits).raw], now=NOW)
        assert refused.value.reason == reason
    assert chain.add([mine(RULES, last.hash, time=middle.time + 1, bits=last.bits).raw], now=NOW).added == 1


def test_an_honest_block_just_above_the_start_may_be_older_than_the_one_before(chain):
    chain.add(TRUNK, now=NOW)
    last = last_of(TRUNK)
    assert chain.add([mine(RULES, last.hash, time=last.time - 5_000, bits=last.bits).raw], now=NOW).added == 1


def test_known_headers_are_skipped(chain):
    chain.add(TRUNK[:4], now=NOW)
    assert chain.add([GENESIS.raw, *TRUNK], now=NOW) == Growth(added=2)


def test_confirmations_are_headers_on_top_whatever_a_server_says(chain):
    chain.add(TRUNK, now=NOW)
    assert [chain.confirmations(101 + i, Header.parse(raw).hash) for i, raw in enumerate(TRUNK)] == [6, 5, 4, 3, 2, 1]
    assert chain.confirmations(100, Header.parse(TRUNK[0]).hash) == 0
    assert chain.confirmations(107, last_of(TRUNK).hash) == 0
    assert chain.confirmations(99, GENESIS.hash) == 0
    assert chain.height_of(last_of(TRUNK).hash) == 106


def test_old_headers_stay_on_disk_but_not_in_memory(path):
    chain = btc_chain(path)
    chain.add(btc_headers(), now=NOW)
    first = Header.parse(btc_headers()[1])
    assert not chain.knows(first.hash)
    assert chain.confirmations(BTC_START + 1, first.hash) == 8_064
    assert chain.knows(Header.parse(btc_headers()[-4_100]).hash)
    assert not chain.knows(Header.parse(btc_headers()[-4_101]).hash)
    assert sum(chain.knows(Header.parse(raw).hash) for raw in btc_headers()) == 4_100
    with pytest.raises(UnknownParent) as refused:
        chain.add([orphan()], now=NOW)
    assert refused.value.reason == "a header that is not linked to a known one"


def test_a_chain_is_reopened_as_it_was_with_all_its_branches(path, chain):
    chain.add(TRUNK, now=NOW)
    heavier = branch(RULES, Header.parse(TRUNK[1]), 5, mark=1)
    chain.add(heavier, now=NOW)
    chain.close()
    again = HeaderChain(path, RULES, START)
    assert (again.tip, again.start) == (chain.tip, START)
    assert again.distance_from_best(last_of(TRUNK).hash) == 4
    assert [again.header_at(101 + i).raw for i in range(7)] == [*TRUNK[:2], *heavier]


def test_the_file_is_readable_only_by_its_owner_and_has_80_bytes_per_header(path, chain):
    chain.add(TRUNK, now=NOW)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_size == 80 * (1 + 1 + len(TRUNK))
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("cut", [1, 40, 79, 80, 81, 200])
def test_a_torn_tail_loses_only_the_headers_it_hit(path, chain, cut):
    chain.add(TRUNK, now=NOW)
    chain.close()
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - cut)
    again = HeaderChain(path, RULES, START)
    assert again.tip.height == 106 - (cut + 79) // 80
    assert path.stat().st_size % 80 == 0
    again.add(TRUNK, now=NOW)
    assert again.tip.hash == last_of(TRUNK).hash


@pytest.mark.parametrize("record", [2, 4, 7], ids=["the first", "one in the middle", "the last"])
def test_a_damaged_header_is_dropped_with_everything_after_it(path, chain, record):
    chain.add(TRUNK, now=NOW)
    chain.close()
    with path.open("r+b") as file:
        file.seek(record * 80 + 60)
        file.write(b"\xff\xff\xff")
    again = HeaderChain(path, RULES, START)
    assert again.tip.height < 100 + record
    again.add(TRUNK, now=NOW)
    assert again.tip.hash == last_of(TRUNK).hash


@pytest.mark.parametrize(
    "content", [b"", b"SOUKHDR1", bytes(80), b"x" * 400, None], ids=["empty", "short", "zeros", "noise", "one bit"]
)
def test_a_file_without_a_start_is_recreated(path, chain, content):
    chain.add(TRUNK, now=NOW)
    chain.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:26] + bytes([whole[26] ^ 1]) + whole[27:] if content is None else content)
    again = HeaderChain(path, RULES, START)
    assert (again.tip.height, again.tip.hash) == (100, GENESIS.hash)


def test_another_networks_file_is_not_read(path, chain):
    chain.add(TRUNK, now=NOW)
    chain.close()
    other = HeaderChain(path, replace(RULES, name="ltc-reg"), START)
    assert other.tip.height == 100


def test_a_newer_release_keeps_a_chain_that_holds_its_checkpoint(path):
    chain = btc_chain(path)
    chain.add(btc_headers()[:3_000], now=NOW)
    chain.close()
    newer = btc_chain(path, BTC_START + 2_016)
    assert (newer.tip.height, newer.start.height) == (BTC_START + 2_999, BTC_START)
    newer.close()
    ahead = btc_chain(path, BTC_START + 4_032)
    assert (ahead.tip.height, ahead.start.height) == (BTC_START + 2_999, BTC_START)
    assert ahead.add(btc_headers()[3_000:5_000], now=NOW).added == 2_000


def test_a_newer_release_drops_a_chain_that_does_not_lead_to_its_checkpoint(path, chain):
    chain.add(TRUNK, now=NOW)
    chain.close()
    other = branch(RULES, Header.parse(TRUNK[1]), 2, mark=1)
    again = HeaderChain(path, RULES, Checkpoint(104, (other[1],)))
    assert again.tip.height == 103
    with pytest.raises(BadHeader) as refused:
        again.add(TRUNK, now=NOW)
    assert refused.value.reason == "a different block than the release's checkpoint"
    assert again.add(other, now=NOW).added == 2


def test_a_file_far_behind_the_release_starts_over(path, chain):
    chain.add(TRUNK, now=NOW)
    chain.close()
    ahead = Checkpoint(106 + 8_065, (TRUNK[3],))
    assert HeaderChain(path, RULES, ahead).tip.height == ahead.height


def test_a_start_that_servers_agreed_on_is_remembered_as_agreed(path):
    chain = btc_chain(path)
    agreed = Checkpoint(BTC_START + 4_032, (btc_headers()[4_032],), agreed=True)
    chain.restart(agreed)
    chain.add(btc_headers()[4_032:4_100], now=NOW)
    chain.close()
    again = btc_chain(path)
    assert (again.start, again.tip.height) == (agreed, BTC_START + 4_099)


def test_an_agreed_start_must_be_later_than_the_release_and_have_a_quarter_of_its_work(path):
    chain, last = retargeting(path)
    release = chain.release
    for bits, allowed in ((compact(1 << 254), True), (compact((1 << 254) + (1 << 240)), False)):
        block = mine(chain.rules, last.hash, time=NOW, bits=bits)
        start = Checkpoint(4_032, (block.raw,), agreed=True)
        if allowed:
            chain.restart(start)
            assert chain.tip.hash == block.hash
            continue
        with pytest.raises(BadCheckpoint) as refused:
            chain.restart(start)
        assert refused.value.reason == "a start with less than a quarter of the release's work"
    for early in (replace(start, height=2_016), Checkpoint(4_032, release.headers)):
        with pytest.raises(BadCheckpoint) as refused:
            chain.restart(early)
        assert refused.value.reason == "a start before the release's"


def test_an_agreed_start_that_the_next_release_finds_too_cheap_is_dropped(path):
    chain, last = retargeting(path)
    chain.restart(
        Checkpoint(4_032, (mine(chain.rules, last.hash, time=NOW, bits=compact(1 << 254)).raw,), agreed=True)
    )
    chain.close()
    harder = mine(chain.rules, "00" * 32, time=1_000_000, bits=compact(1 << 251))
    again = HeaderChain(path, chain.rules, Checkpoint(2_016, (harder.raw,)))
    assert again.tip.hash == harder.hash


def test_a_start_needs_the_times_for_its_first_retarget(path):
    with pytest.raises(BadCheckpoint) as refused:
        btc_chain(path, BTC_START + 1)
    assert refused.value.reason == "the times for the next retarget are missing"
    assert not path.exists()


def test_a_chain_whose_newest_block_is_old_is_stale(path):
    chain = btc_chain(path)
    chain.add(btc_headers()[:3_000], now=NOW)
    newest = chain.tip.header.time
    assert chain.state(newest + 7_200) is ChainState.CURRENT
    assert chain.state(newest + 7_201) is ChainState.STALE
    assert chain.state(newest - 5_000) is ChainState.CURRENT


def on_rules_with_a_clock(path) -> HeaderChain:
    return HeaderChain(path, replace(RULES, stale_after_s=7_200), START)


def test_a_branch_that_most_miners_left_is_too_slow_however_much_work_it_has(path):
    """BIP-110's branch of August 2026: eight blocks of full difficulty in twenty days."""
    chain = on_rules_with_a_clock(path)
    trunk = branch(RULES, GENESIS, 150)
    chain.add(trunk, now=NOW)
    assert chain.state(last_of(trunk).time + 60) is ChainState.CURRENT
    starved = branch(RULES, last_of(trunk), 8, step_s=6_000)
    chain.add(starved, now=NOW)
    assert chain.state(last_of(starved).time + 60) is ChainState.TOO_SLOW


def test_two_slow_hours_raise_no_alarm(path):
    chain = on_rules_with_a_clock(path)
    trunk = branch(RULES, GENESIS, 150)
    slow = branch(RULES, last_of(trunk), 12, step_s=1_500)
    chain.add([*trunk, *slow], now=NOW)
    assert chain.state(last_of(slow).time + 600) is ChainState.CURRENT


def test_a_day_at_half_the_pace_is_too_slow(path):
    chain = on_rules_with_a_clock(path)
    slow = branch(RULES, GENESIS, 144, step_s=1_250)
    chain.add(slow, now=NOW)
    assert chain.state(last_of(slow).time) is ChainState.TOO_SLOW


def test_where_blocks_are_mined_by_hand_pauses_and_slowness_mean_nothing(chain):
    chain.add(branch(RULES, GENESIS, 150, step_s=5_000), now=NOW)
    assert chain.state(NOW * 2) is ChainState.CURRENT
