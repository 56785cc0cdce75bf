"""Customers may name any transaction: no server rests because of one that none can show."""

from dataclasses import replace
from decimal import Decimal

import pytest
from werkzeug.wrappers import Response

from shop.chains.errors import ChainUnavailable, UnknownTransaction
from shop.chains.proof.checkpoints import Checkpoint
from tests.shop.chains.lying import PREFIX, Liar, each
from tests.shop.chains.test_failover import ADDRESSES, SERVERS
from wallet import base58check
from wallet.chains import Chain

SIGNATURE = base58check.encode_plain(b"\x07" * 64)


OTHERS = {
    Chain.BTC: "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g",
    Chain.LTC: "ltc1qt36tu30tgk35tyzsve6jjq3dnhu2rm8l8v5q00",
}


def resting(reader) -> list[str]:
    return [each.name for each in reader.status().providers if each.resting_until is not None]


def two_that_say(change, chain: Chain, front, shop):
    """Open a reader of two servers, both of which change their answers."""
    front.app = Liar(front.app.wsgi_app, change)
    url = f"{front.url}{PREFIX}/{SERVERS[chain]}"
    urls = (url, url.replace("127.0.0.1", "localhost"))
    return shop.reader(chain, urls, ethplorer_url="")


@pytest.mark.parametrize("chain", [Chain.BTC, Chain.LTC])
@pytest.mark.parametrize("is_ours", [True, False])
def test_a_transaction_older_than_the_first_header_is_not_held_against_a_server(chains, shop, chain, is_ours):
    name, ledger, network = chain.value.lower(), chains.ledgers[chain], chains.networks[chain]
    txid = chains.pay(name, ADDRESSES[chain], Decimal(1), None)
    chains.mine(name, 30)
    start = Checkpoint(ledger.height, (ledger.block(ledger.height).header.serialise(),))
    chains.mine(name, 3)
    reader = shop.reader(chain, networks=chains.networks | {chain: replace(network, start=start)})
    found = reader.find(txid, [ADDRESSES[chain] if is_ours else OTHERS[chain]])
    assert [transfer.block_height for transfer in found] == [None] * is_ours
    assert resting(reader) == []


@each
def from_before_byzantium(question, answer):
    """Describe a transaction as nodes do before block 4 370 000: with a root, and not whether it succeeded."""
    if question["method"] != "eth_getTransactionReceipt" or answer["result"] is None:
        return answer
    old = {key: value for key, value in answer["result"].items() if key != "status"}
    return answer | {"result": old | {"root": "0x" + "ab" * 32}}


def test_a_receipt_without_a_status_is_not_held_against_a_server(chains, front, shop):
    reader = two_that_say(from_before_byzantium, Chain.ETH, front, shop)
    txid = chains.pay("eth", ADDRESSES[Chain.ETH], Decimal(1), "ETH")
    chains.mine("eth", 1)
    for _ in range(3):
        with pytest.raises(ChainUnavailable) as refused:
            reader.find(txid, [ADDRESSES[Chain.ETH]])
        assert len(refused.value.failures) == 2
    assert resting(reader) == []
    assert reader.head()


@each
def puzzled(question, answer):
    if question.get("method") != "getTransaction":
        return answer
    error = {"code": -32015, "message": "Transaction version (9) is not supported by the requesting client"}
    return {"jsonrpc": "2.0", "id": question["id"], "error": error}


def test_a_transaction_of_a_future_version_is_not_held_against_a_server(chains, front, shop):
    reader = two_that_say(puzzled, Chain.SOL, front, shop)
    with pytest.raises(ChainUnavailable) as refused:
        reader.find(SIGNATURE, [ADDRESSES[Chain.SOL]])
    assert len(refused.value.failures) == 2
    assert resting(reader) == []


def test_a_server_that_cannot_answer_what_another_can_rests(chains, front, shop):
    front.app = Liar(front.app.wsgi_app, lambda _question, _answer: Response("[]", mimetype="application/json"))
    honest = f"{front.url}/solana"
    liar = f"{front.url}{PREFIX}/solana".replace("127.0.0.1", "localhost")
    reader = shop.reader(Chain.SOL, (liar, honest))
    with pytest.raises(UnknownTransaction) as unknown:
        reader.find(SIGNATURE, [ADDRESSES[Chain.SOL]])
    assert unknown.value.txid == SIGNATURE
    assert resting(reader) == ["localhost"]


@pytest.mark.parametrize("text", ["5" * 65, "z" * 90, SIGNATURE + "2", "1" * 80])
def test_text_without_the_length_of_a_signature_is_not_looked_up(chains, shop, text):
    reader = shop.reader(Chain.SOL)
    with pytest.raises(UnknownTransaction) as unknown:
        reader.find(text, [ADDRESSES[Chain.SOL]])
    assert unknown.value.txid == text
    assert "solana" not in chains.routes.questions
