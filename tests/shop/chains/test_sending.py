"""What servers answer about a transaction that is handed to them, over real HTTP."""

from dataclasses import replace
from decimal import Decimal

import pytest

from shop.assets import USDT_TRC20
from shop.chains.bitcoin_sending import BitcoinSending
from shop.chains.errors import Rejected, Unavailable
from shop.chains.ethereum_sending import AccountState, EthereumSending
from shop.chains.failover import Failover
from shop.chains.http import Endpoint
from shop.chains.sending import NotTaken, SendRefusal, each_of_two
from shop.chains.servers import Provider
from tests.shop.chains.lying import PREFIX, Liar
from wallet.chains import Chain
from wallet.transactions import erc20

ANN, BOB = "TUEZSdKsoDHQMeZwihtdoBiN46zxhGWYdH", "TSeJkUh4Qv67VNFwY8LaAxERygNdy6NQZK"
MANY = erc20.transfer_call(Chain.TRX, BOB, 10**12)


@pytest.fixture
def told(front, shop):
    """Make a chain's server give one answer to everything that `is_asked` of it."""

    def told(chain, answer, is_asked=lambda _question: True):
        front.app = Liar(front.app.wsgi_app, lambda question, truth: answer if is_asked(question) else truth)
        (url,) = shop.settings.servers[chain]
        return shop.registry({chain: (url.replace(front.url, front.url + PREFIX),)}).sendings()[chain]

    return told


@pytest.mark.parametrize("server", ["btc", "btc-mirror"])
def test_a_transaction_of_bitcoin_is_handed_over_as_plain_text(base, chains, clock, shop, server):
    provider = Provider(Endpoint(f"{base}/{server}/api"), shop.http, clock=clock)
    chains.pay("btc", "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", Decimal(1), None)
    (waiting,) = chains.btc.mempool.values()
    assert provider.post("/tx", waiting.serialise().hex()).text() == waiting.txid
    with pytest.raises(Rejected) as refused:
        provider.post("/tx", waiting.serialise().hex().encode())
    assert refused.value.status == 400


@pytest.mark.parametrize("server", ["btc", "btc-mirror"])
def test_a_transaction_that_is_in_a_block_already_counts_as_taken(base, chains, shop, server):
    chains.pay("btc", "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", Decimal(1), None)
    (waiting,) = chains.btc.mempool.values()
    chains.mine("btc", 1)
    shop.registry({Chain.BTC: (f"{base}/{server}/api",)}).sendings()[Chain.BTC].send(waiting.serialise())
    with pytest.raises(NotTaken):
        shop.registry({Chain.BTC: (f"{base}/{server}/api",)}).sendings()[Chain.BTC].send(b"\x02")


@pytest.mark.parametrize(
    "text",
    [
        "transaction gas price below minimum: gas tip cap 1, minimum needed 1000000",
        "transaction underpriced: gas tip cap 1, minimum needed 1000000",
    ],
)
def test_a_tip_below_the_nodes_minimum_means_that_the_fee_is_too_low(told, text):
    refusal = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": text}}
    sending = told(Chain.ETH, refusal, lambda question: question["method"] == "eth_sendRawTransaction")
    with pytest.raises(NotTaken) as refused:
        sending.send(b"\x02")
    assert refused.value.why is SendRefusal.UNDERPRICED


@pytest.mark.parametrize("code", ["OTHER_ERROR", "CONTRACT_VALIDATE_ERROR"])
def test_a_call_that_a_node_of_tron_does_not_run_would_fail(told, code):
    answer = {"result": {"code": code, "message": "6f6e6c79"}, "transaction": {}}
    sending = told(Chain.TRX, answer, lambda question: "contract_address" in question)
    assert sending.energy(ANN, USDT_TRC20, MANY) is None


@pytest.mark.parametrize("code", ["OTHER_ERROR", "CONTRACT_VALIDATE_ERROR", "CONTRACT_EXE_ERROR"])
def test_a_call_that_one_node_of_tron_does_not_run_counts_as_another_runs_it(front, shop, chains, code):
    chains.pay("trx", ANN, Decimal(5), "USDT")
    chains.mine("trx", 1)
    refusal = {"result": {"code": code, "message": "4f75744f6654696d65"}, "transaction": {}}
    front.app = Liar(front.app.wsgi_app, lambda question, truth: refusal if "data" in question else truth)
    (url,) = shop.settings.servers[Chain.TRX]
    sending = shop.registry({Chain.TRX: (url.replace(front.url, front.url + PREFIX), url)}).sendings()[Chain.TRX]
    assert sending.energy(ANN, USDT_TRC20, erc20.transfer_call(Chain.TRX, BOB, 5 * 10**6)) == 130_285
    assert sending.energy(ANN, USDT_TRC20, MANY) is None, "the one that runs it says that it fails"


HONEST, TWIN, THIRD, OTHER, MORE = "a.honest.org", "b.honest.org", "c.honest.org", "other.com", "more.net"


def sending_client(server, shop):
    class Client:
        provider = Provider(Endpoint(f"https://{server}"), shop.http, clock=shop.clock)

    return Client()


@pytest.mark.parametrize(
    ("servers", "silent", "agreed"),
    [
        ([HONEST], [], True),
        ([HONEST, TWIN], [], True),
        ([HONEST, TWIN], [TWIN], False),
        ([HONEST, TWIN, THIRD], [THIRD], True),
        ([HONEST, TWIN, THIRD], [TWIN, THIRD], False),
        ([HONEST, OTHER], [], True),
        ([HONEST, OTHER], [OTHER], False),
        ([HONEST, TWIN, OTHER], [OTHER], False),
        ([HONEST, TWIN, OTHER], [TWIN], True),
    ],
)
def test_two_hosts_of_one_operator_are_two_only_where_there_is_no_other(shop, clock, servers, silent, agreed):
    clients = [sending_client(server, shop) for server in servers]

    def answer(client):
        if client.provider.name in silent:
            raise Unavailable(client.provider.name, "no answer")
        return True

    assert each_of_two(Failover(Chain.SOL, clients, clock=clock), answer) is agreed
    for client in clients:
        client.is_gone = lambda *_, client=client: answer(client)
    gone = BitcoinSending(Failover(Chain.BTC, clients, clock=clock)).is_gone(Chain.BTC, "", bool)
    assert gone is (True if agreed else None)


def test_one_server_that_says_no_is_enough_even_if_its_operators_other_one_says_yes(shop, clock):
    clients = [sending_client(server, shop) for server in (HONEST, TWIN, OTHER)]
    servers = Failover(Chain.SOL, clients, clock=clock)
    assert not each_of_two(servers, lambda client: client.provider.name != TWIN)


@pytest.mark.parametrize(
    ("told", "reached"),
    [
        ({HONEST: 5}, 5),
        ({HONEST: 5, TWIN: 3}, 3),
        ({HONEST: 5, OTHER: 7}, 5),
        ({HONEST: 7, TWIN: 7, OTHER: 5}, 5),
        ({HONEST: 7, TWIN: 7, OTHER: 5, MORE: 5}, 5),
        ({HONEST: 3, TWIN: 3, OTHER: 5, MORE: 5}, 5),
        ({HONEST: 5, TWIN: 3, OTHER: 5, MORE: 5}, 5),
        ({HONEST: 7, TWIN: 5, OTHER: 7}, 5),
    ],
)
def test_a_nonce_counts_as_reached_once_two_operators_say_so(shop, clock, told, reached):
    clients = [sending_client(server, shop) for server in told]
    for client in clients:
        client.states = lambda *_, client=client: {"": AccountState(10**18, told[client.provider.name], {})}
    sending = EthereumSending(Failover(Chain.ETH, clients, clock=clock))
    assert sending.states([""], ())[""].nonce == reached


def test_a_call_of_a_contract_that_is_not_there_would_fail(chains, shop):
    nowhere = replace(USDT_TRC20, contract=BOB)
    assert shop.registry().sendings()[Chain.TRX].energy(ANN, nowhere, MANY) is None
