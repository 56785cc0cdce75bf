"""The sandbox's chains, proved over real HTTP by the code that proves main networks."""

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from shop.chains.bitcoin_blocks import parse_block
from shop.chains.errors import NotFound
from shop.chains.http import Endpoint
from shop.chains.proof.consensus import REGTEST
from shop.chains.proof.header_chain import HeaderChain
from shop.chains.proof.header_sync import HeaderSync
from shop.chains.proof.headers import BadHeader, Header
from shop.chains.proof.merkle import merkle_root, verify
from shop.chains.proof.proof_client import ProofClient
from shop.chains.servers import Provider
from wallet.chains import Chain
from web.sandbox.chains.bitcoin_ledger import BitcoinLedger
from web.sandbox.errors import SandboxError

ADDRESSES = {
    Chain.BTC: "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu",
    Chain.LTC: "ltc1qjmxnz78nmc8nq77wuxh25n2es7rzm5c2rkk4wh",
}


@pytest.fixture(params=ADDRESSES, ids=lambda chain: chain.value)
def coin(request) -> Chain:
    return request.param


@pytest.fixture
def ledger(chains, coin) -> BitcoinLedger:
    return chains.btc if coin is Chain.BTC else chains.ltc


@pytest.fixture
def client(base, shop, clock, coin, chains) -> ProofClient:
    return ProofClient(Provider(Endpoint(f"{base}/{coin.value.lower()}/api"), shop.http, clock=clock))


@pytest.fixture
def sync(tmp_path, client, clock, coin, ledger):
    chain = HeaderChain(tmp_path / "headers", REGTEST[coin], ledger.checkpoint)
    yield HeaderSync(chain, [client], clock=clock)
    chain.close()


def prove(client: ProofClient, coin: Chain, chain: HeaderChain, txid: str) -> int:
    """Prove a transaction as the shop does, and return its confirmations."""
    raw = client.transaction(coin, txid)
    proof = client.merkle_proof(txid)
    header = chain.header_at(proof.block_height)
    verify(bytes.fromhex(raw.txid)[::-1], proof, header, stripped_size=raw.stripped_size)
    return chain.confirmations(proof.block_height, header.hash)


@pytest.mark.parametrize("neighbours", [0, 1, 6, 30])
def test_a_payment_is_proved_and_its_confirmations_are_counted_in_headers(
    chains, client, sync, coin, ledger, neighbours
):
    name = coin.value.lower()
    txid = chains.pay(name, ADDRESSES[coin], Decimal("0.29"), None)
    for _ in range(neighbours):
        chains.pay(name, ADDRESSES[coin], Decimal(1), None)
    with pytest.raises(NotFound) as refused:
        client.merkle_proof(txid)
    assert refused.value.reason == "not found"
    chains.mine(name, 1)
    sync.round()
    assert prove(client, coin, sync.chain, txid) == 1
    chains.mine(name, 25)
    sync.round()
    assert prove(client, coin, sync.chain, txid) == 26


def test_a_reorganisation_takes_confirmations_away(chains, client, sync, coin, ledger):
    txid = chains.pay(coin.value.lower(), ADDRESSES[coin], Decimal(2), None)
    chains.mine(coin.value.lower(), 3)
    sync.round()
    lost = ledger.block_of(txid)
    assert sync.chain.confirmations(lost.height, lost.hash) == 3
    chains.drop(coin.value.lower(), txid)
    assert sync.round().forked_at == lost.height - 1
    assert sync.chain.confirmations(lost.height, lost.hash) == 0
    with pytest.raises(NotFound) as refused:
        client.merkle_proof(txid)
    assert refused.value.reason == "not found"


def test_the_explorer_tells_orphans_from_blocks_of_the_best_chain(chains, client, ledger, coin):
    txid = chains.pay(coin.value.lower(), ADDRESSES[coin], Decimal(2), None)
    chains.mine(coin.value.lower(), 2)
    lost = ledger.block_of(txid)

    def status(block_hash: str) -> dict:
        return json.loads(client.provider.get(f"/block/{block_hash}/status").raw())

    follower = ledger.block(lost.height + 1)
    assert status(lost.hash) == {"in_best_chain": True, "height": lost.height, "next_best": follower.hash}
    chains.drop(coin.value.lower(), txid)
    assert status(lost.hash) == status("ab" * 32) == {"in_best_chain": False}
    assert client.header(lost.hash).hash == lost.hash
    assert status(ledger.blocks[-1].hash)["next_best"] is None


def test_a_thousand_blocks_in_one_second_follow_the_rules(ledger, sync, client):
    ledger.mine(1_000)
    assert sync.round(questions=200).added == 1_015
    assert sync.chain.tip.hash == ledger.blocks[-1].hash
    assert len({block.header.time for block in ledger.blocks}) > 100


def test_the_explorers_description_of_a_block_matches_its_header(chains, ledger, client, coin):
    for _ in range(5):
        chains.pay(coin.value.lower(), ADDRESSES[coin], Decimal(1), None)
    chains.mine(coin.value.lower(), 1)
    block = ledger.blocks[-1]
    header = client.header(block.hash)
    assert header.raw == block.header.serialise() == block.serialise()[:80]
    assert merkle_root(client.txids(block.hash)) == header.merkle_root
    page = client.newest_headers()
    assert (page.top_height, len(page.headers), page.headers[-1]) == (block.height, 10, header)
    assert client.headers_up_to(block.height - 3).headers[-1].hash == ledger.blocks[-4].hash
    raw = client.provider.get(f"/block/{block.hash}/raw").raw()
    assert parse_block(coin, raw, block_hash=block.hash).transactions[1].txid == block.transactions[1].txid
    txid = block.transactions[2].txid
    assert client.raw_transaction(txid) == client.provider.get(f"/tx/{txid}/raw").raw()


def test_the_first_blocks_of_the_chain_are_a_short_page(client, ledger):
    first = ledger.checkpoint.height
    assert [header.hash for header in client.headers_up_to(first + 1).headers] == [b.hash for b in ledger.blocks[:2]]


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.header("ab" * 32),
        lambda client: client.txids("ab" * 32),
        lambda client: client.raw_transaction("ab" * 32),
        lambda client: client.merkle_proof("ab" * 32),
        lambda client: client.headers_up_to(99_999_999),
    ],
    ids=["header", "txids", "transaction", "proof", "headers"],
)
def test_something_the_explorer_does_not_have_is_not_found(client, ask: Callable[[ProofClient], object]):
    with pytest.raises(NotFound) as refused:
        ask(client)
    assert refused.value.reason == "not found"


@pytest.mark.parametrize("fault", ["html", "error500", "ratelimit429", "drop", "truncated"])
def test_a_broken_server_changes_nothing_and_is_named(chains, sync, coin, fault):
    chains.fault(coin.value.lower(), fault, 1)
    report = sync.round()
    assert report.added == 0
    assert report.servers[0].problem


def test_a_saved_chain_without_work_is_not_restored(chains, coin):
    saved = chains.snapshot()
    chains.restore(saved)
    block = saved["ledgers"][coin.value]["blocks"][3]
    header = chains.btc.blocks[3].header if coin is Chain.BTC else chains.ltc.blocks[3].header
    block["nonce"] = next(nonce for nonce in range(999) if not costs(coin, replace(header, nonce=nonce)))
    with pytest.raises(SandboxError) as refused:
        chains.restore(saved)
    assert refused.value.args[0] == "The saved chains cannot be read."


def costs(coin: Chain, header) -> bool:
    try:
        REGTEST[coin].check_work(Header.parse(header.serialise()))
    except BadHeader:
        return False
    return True


def test_the_same_seed_gives_the_same_blocks():
    made = [
        BitcoinLedger(Chain.BTC, first_height=7, clock=lambda: 1_790_000_000, random=Random(3)).blocks[-1].hash
        for _ in range(2)
    ]
    assert made[0] == made[1]
