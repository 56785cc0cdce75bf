"""A server of a test network, whose coins cost nothing, is not believed about anything."""

from dataclasses import replace
from decimal import Decimal

import pytest
from werkzeug.wrappers import Response

from shop.chains.errors import ChainUnavailable, ProviderError
from shop.doctor import servers
from shop.doctor.findings import Level
from tests.shop.chains.lying import PREFIX, Liar, each
from wallet.chains import Chain

ADDRESSES = {
    Chain.ETH: "0x9858EfFD232B4033E47d90003D41EC34EcaEda94",
    Chain.TRX: "TUEZSdKsoDHQMeZwihtdoBiN46zxhGWYdH",
    Chain.SOL: "HAgk14JpMQLgt6rVgv7cBQFJWFto5Dqxi472uT3DKpqk",
}
SEPOLIA, SHASTA, DEVNET = "0xaa36a7", "0x94a9059e", "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG"
SHASTA_BLOCK = "0000000000000000de1aa88295e1fcf982742f773e0419c5a9c134c994a9059e"
NAMES = {"eth_chainId": {Chain.ETH: SEPOLIA, Chain.TRX: SHASTA}, "getGenesisHash": {Chain.SOL: DEVNET}}
chains_of_accounts = pytest.mark.parametrize("chain", ADDRESSES)


@pytest.fixture
def lied_to(front, shop):
    """Return the registry, and a liar that is the chain's first server; the second one is honest."""

    def lied_to(chain, change, *, alone=False):
        (url,) = shop.settings.servers[chain]
        front.app = liar = Liar(front.app.wsgi_app, change)
        urls = (url.replace(front.url, front.url + PREFIX), url)
        shop.settings = replace(shop.settings, ethplorer_url="")
        return shop.registry({chain: urls[:1] if alone else urls}), liar

    return lied_to


def of_a_testnet(chain):
    @each
    def change(question, answer):
        if question is not None and question.get("method") in NAMES:
            return answer | {"result": NAMES[question["method"]][chain]}
        return answer

    return change


def methods(liar):
    calls = [each for one in liar.questions for each in (one if isinstance(one, list) else [one or {}])]
    return [call.get("method", "num" if "num" in call else "") for call in calls]


@chains_of_accounts
def test_payments_on_a_test_network_are_not_seen(chains, lied_to, chain):
    reader = lied_to(chain, of_a_testnet(chain), alone=True)[0].readers()[chain]
    txid = chains.pay(chain.value.lower(), ADDRESSES[chain], Decimal(1), None)
    for ask in (
        reader.head,
        lambda: reader.peek([ADDRESSES[chain]], own_coin=[ADDRESSES[chain]]),
        lambda: reader.scan([ADDRESSES[chain]], None),
        lambda: reader.find(txid, [ADDRESSES[chain]]),
        lambda: reader.balances([ADDRESSES[chain]]),
    ):
        with pytest.raises(ChainUnavailable) as refused:
            ask()
        assert refused.value.chain is chain
    assert [each.reason for each in reader.status().providers] == ["another network"]


@chains_of_accounts
def test_another_server_answers_for_one_of_a_test_network(chains, lied_to, chain):
    reader = lied_to(chain, of_a_testnet(chain))[0].readers()[chain]
    txid = chains.pay(chain.value.lower(), ADDRESSES[chain], Decimal(1), None)
    assert [transfer.txid for transfer in reader.find(txid, [ADDRESSES[chain]])] == [txid]
    assert [each.reason for each in reader.status().providers] == ["another network", ""]


@chains_of_accounts
def test_nothing_is_sent_to_a_test_network(lied_to, chain):
    sending = lied_to(chain, of_a_testnet(chain), alone=True)[0].sendings()[chain]
    ask = {Chain.ETH: "fees", Chain.TRX: "prices", Chain.SOL: "blockhash"}[chain]
    with pytest.raises((ChainUnavailable, ProviderError)) as refused:
        getattr(sending, ask)()
    assert "another network" in str(refused.value)


@chains_of_accounts
def test_a_server_is_asked_for_its_network_once(lied_to, clock, chain):
    registry, liar = lied_to(chain, lambda _question, answer: answer, alone=True)
    reader = registry.readers()[chain]
    for _ in range(3):
        clock.pass_s(7_200)
        reader.head()
    assert sum(name in NAMES for name in methods(liar)) == 1


@chains_of_accounts
def test_a_server_that_does_not_know_its_network_is_believed_and_asked_again_later(lied_to, clock, chain):
    @each
    def ignorant(question, answer):
        if question is not None and ("num" in question or question.get("method") in NAMES):
            return {"jsonrpc": "2.0", "id": question.get("id"), "error": {"code": -32601, "message": "no method"}}
        return answer

    registry, liar = lied_to(chain, ignorant, alone=True)
    reader = registry.readers()[chain]
    for _ in range(5):
        reader.head()
    assert sum(name in NAMES for name in methods(liar)) == 1
    liar.change = of_a_testnet(chain)
    clock.pass_s(3_600)
    with pytest.raises(ChainUnavailable) as refused:
        reader.head()
    assert "another network" in str(refused.value)


@pytest.mark.parametrize("status", [403, 404, 502])
def test_trons_first_block_names_the_network_of_a_server_without_json_rpc(lied_to, status):
    def shasta(question, answer):
        if question is not None and "method" in question:
            return Response("not found", status=status)
        return answer | {"blockID": SHASTA_BLOCK} if "num" in (question or {}) else answer

    registry, liar = lied_to(Chain.TRX, shasta, alone=True)
    with pytest.raises(ChainUnavailable) as refused:
        registry.readers()[Chain.TRX].head()
    assert "another network" in str(refused.value)
    liar.change = lambda question, answer: shasta(question, answer) if "method" in (question or {}) else answer
    assert registry.readers()[Chain.TRX].head().latest > 0


@chains_of_accounts
def test_the_doctor_calls_a_test_network_a_failure(lied_to, chain):
    heads = servers.heads(lied_to(chain, of_a_testnet(chain))[0], {chain})
    found = [each for each in servers.chains(heads, block_s=lambda _: 1) if each.subject == chain.value]
    assert [each.verdict for each in found] == [Level.FAILURE, Level.OK]
    assert "another network" in found[0].text
