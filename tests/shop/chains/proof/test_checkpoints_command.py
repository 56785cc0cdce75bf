"""`python app.py checkpoints`: a fresh checkpoint for the next release, from real HTTP servers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shop.chains.proof.agreement import NoAgreement
from shop.chains.proof.checkpoints import BadCheckpoint, Checkpoint
from shop.chains.proof.consensus import MAINNET
from shop.chains.proof.proposals import proposals, propose
from tests.patience import DEADLINE_S
from tests.shop.chains.proof.conftest import HeaderServer
from tests.shop.chains.proof.recorded import BTC_START, btc_headers
from wallet.chains import Chain

ROOT = Path(__file__).resolve().parents[4]
RELEASE = Checkpoint(BTC_START, (btc_headers()[0],))
RECENT = 828_576


def recorded_server(**others) -> HeaderServer:
    return HeaderServer(list(btc_headers()), BTC_START, **others)


def test_the_proposal_is_the_newest_retarget_with_144_blocks_on_top(client_of, clock):
    clients = [client_of(name, recorded_server()) for name in ("one", "two")]
    found = propose(clients, MAINNET[Chain.BTC], RELEASE, clock=clock)
    assert (found.checkpoint.height, found.checkpoint.headers) == (RECENT, (btc_headers()[RECENT - BTC_START],))
    assert [client.provider.name for client in found.witnesses] == ["one.example", "two.example"]


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        (
            lambda path, said: "ab" * 32 if path.startswith("/block-height") else said,
            "the servers name different blocks",
        ),
        (lambda _path, _said: None, "too few operators answer"),
    ],
    ids=["another block", "no answer"],
)
def test_one_server_out_of_two_is_not_enough(client_of, clock, lie, reason):
    clients = [client_of("one", recorded_server()), client_of("two", recorded_server(lie=lie))]
    with pytest.raises(NoAgreement) as refused:
        propose(clients, MAINNET[Chain.BTC], RELEASE, clock=clock)
    assert refused.value.reason == reason


def test_a_block_made_up_by_two_liars_is_refused(client_of, clock):
    forged = btc_headers()[RECENT - BTC_START][:76] + bytes(4)
    headers = list(btc_headers())
    headers[RECENT - BTC_START] = forged
    clients = [client_of(name, HeaderServer(headers, BTC_START, page=1)) for name in ("one", "two")]
    with pytest.raises(BadCheckpoint) as refused:
        propose(clients, MAINNET[Chain.BTC], RELEASE, clock=clock)
    assert refused.value.reason == "less work than its target demands"


def test_nothing_is_proposed_before_the_next_retarget_is_deep_enough(client_of, clock):
    clients = [client_of(name, recorded_server()) for name in ("one", "two")]
    later = Checkpoint(RECENT, (btc_headers()[RECENT - BTC_START],))
    with pytest.raises(NoAgreement) as refused:
        propose(clients, MAINNET[Chain.BTC], later, clock=clock)
    assert refused.value.reason == "no newer retarget is deep enough yet"


def test_the_command_reports_what_it_found_for_each_chain_and_fails_if_a_chain_has_none(
    client_of, header_front, tmp_path
):
    client_of("old", recorded_server())
    url, servers = header_front
    environment = {
        **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}},
        "BTC_API_URLS": f"{url}/old,{url}/old",
        "LTC_API_URLS": f"{url}/old",
        "PYTHONPATH": str(ROOT),
    }
    ran = subprocess.run(
        [sys.executable, str(ROOT / "app.py"), "checkpoints"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=DEADLINE_S,
    )  # fmt: skip
    assert ran.returncode == 1
    why = "no newer retarget is deep enough yet"
    assert ran.stdout.splitlines() == [f"BTC: no checkpoint: {why}", f"LTC: no checkpoint: {why}"]
    assert servers["old"].asked == ["/blocks/tip/height"] * 3


def test_a_proposal_contains_what_the_next_release_needs(client_of, clock, monkeypatch):
    monkeypatch.setattr("shop.chains.proof.proposals.CHECKPOINTS", {Chain.BTC: RELEASE})
    alone = [client_of("one", recorded_server())]
    (said,), complete = proposals(lambda _chain: alone, clock=clock)
    assert complete
    header = btc_headers()[RECENT - BTC_START]
    assert said.splitlines() == [
        f"BTC {RECENT} {Checkpoint(RECENT, (header,)).hash}",
        f"  {header.hex()}",
        "  named by one.example: compare it with another operator",
    ]
