"""Reading headers from servers: few requests, lighter branches, and liars."""

from dataclasses import replace

import pytest
from flask import Response

from shop.chains.proof.checkpoints import Checkpoint
from shop.chains.proof.consensus import REGTEST
from shop.chains.proof.header_chain import HeaderChain
from shop.chains.proof.header_sync import HeaderSync
from shop.chains.proof.headers import Header, compact
from tests.shop.chains.proof.conftest import HeaderServer, described
from tests.shop.chains.proof.recorded import BTC_START, branch, btc_chain, btc_headers, mine
from wallet.chains import Chain

RULES = replace(REGTEST[Chain.BTC], limit=1 << 252)
GENESIS = mine(RULES, "00" * 32, time=1_789_000_000, bits=compact(1 << 250))
TRUNK = branch(RULES, GENESIS, 60)
FIRST = 100
NAMES = ("one", "two", "three")


@pytest.fixture
def chain(tmp_path):
    made = HeaderChain(tmp_path / "headers", RULES, Checkpoint(FIRST, (GENESIS.raw,)))
    yield made
    made.close()


@pytest.fixture
def sync_of(chain, client_of, clock):
    def made(*servers: HeaderServer) -> HeaderSync:
        clients = [client_of(name, server) for name, server in zip(NAMES, servers, strict=False)]
        return HeaderSync(chain, clients, clock=clock)

    return made


def serving(blocks: int, **others) -> HeaderServer:
    return HeaderServer([GENESIS.raw, *TRUNK[:blocks]], FIRST, **others)


def tip_of(server: HeaderServer) -> str:
    return Header.parse(server.headers[-1]).hash


def test_a_server_with_nothing_new_is_sent_one_request(chain, sync_of):
    servers = serving(5), serving(5)
    sync = sync_of(*servers)
    assert sync.round().added == 5
    for server in servers:
        server.asked.clear()
    report = sync.round()
    assert (report.added, report.forked_at) == (0, None)
    assert [server.asked for server in servers] == [["/blocks/tip/hash"]] * 2
    assert [(each.apart, each.problem) for each in report.servers] == [(0, ""), (0, "")]


def test_a_new_block_costs_one_more_request(chain, sync_of):
    servers = serving(5), serving(5)
    sync = sync_of(*servers)
    sync.round()
    for server in servers:
        server.asked.clear()
        server.headers.append(TRUNK[5])
    assert sync.round().added == 1
    assert sum(len(server.asked) for server in servers) == 3


@pytest.mark.parametrize("page", [1, 3, 10, 15])
def test_a_gap_is_read_in_pages_of_any_length(chain, sync_of, page):
    server = serving(45, page=page)
    report = sync_of(server).round(questions=50)
    assert (report.added, chain.tip.hash) == (45, tip_of(server))
    assert len(server.asked) <= 2 + (45 + page - 1) // page


def test_a_round_sends_no_more_requests_than_allowed_and_the_next_one_continues(chain, sync_of):
    server = serving(60)
    sync = sync_of(server)
    assert sync.round(questions=3).added == 30
    assert len(server.asked) == 5
    assert sync.round(questions=3).added == 30
    assert chain.tip.hash == tip_of(server)


def test_two_servers_share_a_gap(chain, sync_of):
    report = sync_of(serving(60), serving(60)).round(questions=3)
    assert report.added == 60


def test_a_server_a_few_blocks_behind_is_not_wrong(chain, sync_of):
    report = sync_of(serving(20), serving(17)).round()
    assert [(each.apart, each.problem) for each in report.servers] == [(0, ""), (0, "")]


@pytest.mark.parametrize("heavier_is_first", [True, False])
@pytest.mark.parametrize("fork_at", [2, 40, 59])
def test_the_heaviest_branch_of_all_servers_wins(chain, sync_of, heavier_is_first, fork_at):
    minority = HeaderServer(
        [GENESIS.raw, *TRUNK[:fork_at], *branch(RULES, Header.parse(TRUNK[fork_at - 1]), 60 - fork_at, mark=1)][:-1],
        FIRST,
    )
    majority = serving(60)
    servers = [majority, minority] if heavier_is_first else [minority, majority]
    report = sync_of(*servers).round()
    assert chain.tip.hash == tip_of(majority)
    apart = {60 - fork_at - 1, 0} if fork_at != 59 else {0}
    assert {each.apart for each in report.servers} == apart
    assert {each.problem for each in report.servers} == {""}


def test_a_deep_reorganisation_is_followed_and_reported(chain, sync_of):
    server = serving(45)
    sync = sync_of(server)
    sync.round()
    server.headers[11:] = branch(RULES, Header.parse(TRUNK[9]), 40, mark=2)
    report = sync.round()
    assert (report.forked_at, chain.tip.hash) == (FIRST + 10, tip_of(server))


def forged(server: HeaderServer) -> bytes:
    """A header after a server's last one that cost nothing, with the right target."""
    last = Header.parse(server.headers[-1])
    forgery = mine(RULES, last.hash, time=last.time + 600, bits=compact(RULES.limit))
    cheap = bytearray(forgery.raw)
    cheap[72:76] = last.bits.to_bytes(4, "little")
    while int.from_bytes(RULES.work_hash(bytes(cheap)), "little") <= 1 << 250:
        cheap[76] ^= 1
    return bytes(cheap)


def easier(server: HeaderServer) -> bytes:
    last = Header.parse(server.headers[-1])
    return mine(RULES, last.hash, time=last.time + 600, bits=compact(RULES.limit)).raw


def from_tomorrow(server: HeaderServer) -> bytes:
    last = Header.parse(server.headers[-1])
    return mine(RULES, last.hash, time=1_790_000_000 + 86_400, bits=last.bits).raw


def from_yesterday(server: HeaderServer) -> bytes:
    last = Header.parse(server.headers[-1])
    return mine(RULES, last.hash, time=last.time - 86_400, bits=last.bits).raw


LIES_WITH_HEADERS = {
    "less work than its target demands": forged,
    "a different target than the rules demand": easier,
    "a time more than two hours ahead": from_tomorrow,
    "a time not above the median of the 11 blocks before": from_yesterday,
}


@pytest.mark.parametrize("liar_is_first", [True, False])
@pytest.mark.parametrize("reason", LIES_WITH_HEADERS)
def test_a_server_whose_header_breaks_a_rule_rests_and_the_next_one_is_asked(chain, sync_of, reason, liar_is_first):
    liar, honest = serving(20), serving(20)
    liar.headers.append(LIES_WITH_HEADERS[reason](liar))
    servers = [liar, honest] if liar_is_first else [honest, liar]
    sync = sync_of(*servers)
    problems = [each.problem for each in sync.round().servers]
    assert problems == ([reason, ""] if liar_is_first else ["", reason])
    assert chain.tip.hash == tip_of(honest)
    liar.asked.clear()
    honest.headers.append(TRUNK[20])
    assert sync.round().added == 1
    assert liar.asked == []


def changed(at: int, **fields):
    def lie(path, said):
        if path.startswith("/blocks") and isinstance(said, list):
            said[at].update(fields)
        return said

    return lie


def only(path_start: str, answer):
    return lambda path, said: answer if path.startswith(path_start) else said


def another_world(path, said):
    world = branch(RULES, mine(RULES, "11" * 32, time=GENESIS.time, bits=GENESIS.bits), 20, mark=3)
    if path == "/blocks/tip/hash":
        return Header.parse(world[-1]).hash
    return [described(world[19 - i], FIRST + 20 - i) for i in range(10)] if path.startswith("/blocks") else said


LIES = {
    "another nonce": changed(0, nonce=7),
    "another id": changed(3, id="ab" * 32),
    "another root": changed(5, merkle_root="cd" * 32),
    "another height": changed(4, height=7),
    "a page out of order": lambda path, said: said[::-1] if isinstance(said, list) else said,
    "a page with a hole": lambda path, said: said[:3] + said[4:] if isinstance(said, list) else said,
    "an empty page": lambda path, said: [] if isinstance(said, list) else said,
    "a number too long": changed(0, timestamp=1 << 40),
    "a text for a number": changed(0, bits="ffff"),
    "a tip that is not there": only("/blocks/tip/hash", "ee" * 32),
    "a notice for a tip": only("/blocks/tip/hash", "NOTICE: rate limit"),
    "another chain": another_world,
    "a web page": only("/blocks", Response("<html>", mimetype="text/html")),
    "an error": only("/blocks", Response("oops", status=500)),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_server_that_talks_nonsense_rests_and_changes_nothing(chain, sync_of, clock, lie):
    liar, honest = serving(20, lie=LIES[lie]), serving(20)
    sync = sync_of(liar, honest)
    report = sync.round()
    assert report.servers[0].problem
    assert report.servers[0].apart is None
    assert report.servers[1].problem == ""
    assert (chain.tip.height, chain.tip.hash) == (FIRST + 20, tip_of(honest))
    asked = len(liar.asked)
    sync.round()
    assert len(liar.asked) == asked
    clock.pass_s(31)
    sync.round()
    assert len(liar.asked) > asked


def test_a_lone_liar_cannot_move_the_chain(chain, sync_of):
    honest = serving(20)
    sync = sync_of(honest)
    sync.round()
    before = chain.tip
    honest.headers.append(forged(honest))
    assert sync.round().added == 0
    assert chain.tip == before


def recorded_server(**others) -> HeaderServer:
    return HeaderServer(list(btc_headers()), BTC_START, **others)


@pytest.fixture
def months_later(tmp_path, client_of, clock):
    """Make a sync of Bitcoin from a checkpoint that is 8 064 blocks old, with the servers of a test."""
    clock.now = Header.parse(btc_headers()[-1]).time + 400_000
    chain = btc_chain(tmp_path / "main")

    def made(*servers: HeaderServer, names: tuple[str, ...] = NAMES) -> HeaderSync:
        clients = [client_of(name, server) for name, server in zip(names, servers, strict=False)]
        return HeaderSync(chain, clients, clock=clock)

    yield made
    chain.close()


RECENT = 828_576


def test_a_chain_far_behind_starts_at_a_recent_block_that_two_servers_agree_on(months_later):
    servers = recorded_server(), recorded_server()
    sync = months_later(*servers)
    sync.round(questions=250)
    assert sync.chain.start == Checkpoint(RECENT, (btc_headers()[RECENT - BTC_START],), agreed=True)
    assert sync.chain.tip.header.raw == btc_headers()[-1]
    assert sum(len(server.asked) for server in servers) <= 210


def test_one_server_is_enough_if_there_is_only_one(months_later):
    sync = months_later(recorded_server())
    sync.round(questions=1)
    assert sync.chain.start.height == RECENT


@pytest.mark.parametrize("liars", [2, 3])
def test_several_names_of_one_operator_count_as_one(months_later, liars):
    """A liar with two names against one honest server: no two agree, so every header is read."""

    def lie(path, said):
        return "ab" * 32 if path.startswith("/block-height") else said

    names = ("a.liar", "b.liar", "c.liar")[:liars]
    sync = months_later(*(recorded_server(lie=lie) for _ in names), recorded_server(), names=(*names, "honest"))
    sync.round(questions=3)
    assert sync.chain.start.height == BTC_START
    assert sync.chain.tip.height >= BTC_START + 30


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_liar_among_three_cannot_move_the_start(months_later, place):
    def lie(path, said):
        return "99999999" if path.endswith("height") else "ab" * 32 if path.startswith("/block-height") else said

    servers = [recorded_server(), recorded_server()]
    servers.insert(place, recorded_server(lie=lie))
    sync = months_later(*servers)
    sync.round(questions=1)
    assert sync.chain.start.height == RECENT


@pytest.mark.parametrize(
    "other",
    [
        only("/block-height", "ab" * 32),
        only("/blocks/tip/height", Response("oops", status=500)),
        only("/blocks/tip/height", str(BTC_START + 3)),
    ],
    ids=["another block", "no answer", "a chain that has just begun"],
)
def test_every_header_is_read_if_two_servers_do_not_agree(months_later, other):
    sync = months_later(recorded_server(), recorded_server(lie=other))
    sync.round(questions=3)
    assert sync.chain.start.height == BTC_START
    assert sync.chain.tip.height >= BTC_START + 30


@pytest.mark.parametrize(
    ("target", "height", "problem"),
    [(1 << 252, 2_016, ""), (1 << 253, FIRST, "a start with less than a quarter of the release's work")],
    ids=["a quarter", "an eighth"],
)
def test_servers_must_agree_on_a_block_with_enough_work(tmp_path, client_of, clock, target, height, problem):
    rules = replace(RULES, limit=1 << 254, stale_after_s=7_200)
    chain = HeaderChain(tmp_path / "headers", rules, Checkpoint(FIRST, (GENESIS.raw,)))
    clock.now = GENESIS.time + 9_000 * 600
    recent = mine(rules, "22" * 32, time=clock.now - 200_000, bits=compact(target))
    headers = [recent.raw, *branch(rules, recent, 200)]
    clients = [client_of(name, HeaderServer(headers, 2_016)) for name in NAMES[:2]]
    report = HeaderSync(chain, clients, clock=clock).round()
    assert chain.start.height == height
    assert report.servers[0].problem == problem
