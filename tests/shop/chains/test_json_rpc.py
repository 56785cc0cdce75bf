"""What today's nodes refuse, in their own words: batches, block ranges, and too many requests."""

import json
from decimal import Decimal

import pytest
from werkzeug.wrappers import Response

from shop.chains.errors import ChainUnavailable, RateLimited
from tests.shop.chains.lying import PREFIX, Liar, each
from wallet.chains import Chain
from web.sandbox.chains.ethereum import NodeError

ANN = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"
SOL_ANN = "HAgk14JpMQLgt6rVgv7cBQFJWFto5Dqxi472uT3DKpqk"
TRON_ANN = "TUEZSdKsoDHQMeZwihtdoBiN46zxhGWYdH"
FREE_PLAN = (
    '{"jsonrpc":"2.0","id":null,'
    '"error":{"code":31,"message":"Batch of more than 3 requests are not allowed on free plan"}}'
)


@pytest.fixture
def behind(front, chains, shop):
    """Make a reader of one server that changes the emulator's answers; return the reader and the server."""

    def make(chain: Chain, change):
        (url,) = shop.settings.servers[chain]
        front.app = liar = Liar(front.app.wsgi_app, change)
        urls = (url.replace(front.url, front.url + PREFIX),)
        return shop.reader(chain, urls, ethplorer_url=""), liar

    return make


def batches(liar):
    return [len(question) if isinstance(question, list) else 1 for question in liar.questions]


def paid_in_ten_blocks(chains):
    paid = set()
    for _ in range(10):
        paid.add(chains.pay("eth", ANN, Decimal(1), "ETH"))
    return paid


def test_a_batch_refused_with_a_500_is_split_and_its_size_is_remembered(chains, behind):
    def change(question, answer):
        too_many = isinstance(question, list) and len(question) > 3
        return Response(FREE_PLAN, status=500, mimetype="application/json") if too_many else answer

    reader, liar = behind(Chain.ETH, change)
    paid = paid_in_ten_blocks(chains)
    assert {transfer.txid for transfer in reader.peek([ANN])} == paid
    assert max(batches(liar)) > 3
    liar.questions.clear()
    chains.pay("eth", ANN, Decimal(1), "ETH")
    chains.mine("eth", 8)
    assert len(reader.peek([ANN])) == 11
    assert max(batches(liar)) == 3


@pytest.mark.parametrize(
    ("error", "status", "largest"),
    [
        ({"code": -32600, "message": "batch size limit is 5"}, 200, 5),
        ({"code": -32000, "message": "too many requests in batch: maximum is 2"}, 400, 2),
        ({"code": 35, "message": "Batch too large"}, 500, 4),
        ({"code": -32600, "message": "Invalid Request"}, 200, 1),
        ({"code": -32700, "message": "parse error"}, 400, 1),
    ],
)
def test_every_nodes_wording_about_batches_is_understood(chains, behind, error, status, largest):
    def change(question, answer):
        if not isinstance(question, list) or len(question) <= largest:
            return answer
        return Response(
            json.dumps({"jsonrpc": "2.0", "id": None, "error": error}), status=status, mimetype="application/json"
        )

    reader, liar = behind(Chain.ETH, change)
    paid = paid_in_ten_blocks(chains)
    assert {transfer.txid for transfer in reader.peek([ANN])} == paid
    liar.questions.clear()
    chains.mine("eth", 8)
    reader.peek([ANN])
    assert max(batches(liar)) == largest


def test_a_batch_that_fails_once_is_sent_one_by_one_and_the_next_one_whole(chains, behind):
    failing = [True]

    def change(question, answer):
        if failing and isinstance(question, list):
            failing.clear()
            return {"jsonrpc": "2.0", "id": None, "error": {"code": -32603, "message": "internal error"}}
        return answer

    reader, liar = behind(Chain.ETH, change)
    assert reader.head().latest == chains.eth.height
    assert batches(liar)[1:] == [3, 1, 1, 1], "after the question which network it is"
    reader.head()
    assert batches(liar)[5:] == [3]


def test_a_500_without_an_error_object_is_a_broken_server(behind):
    reader, _ = behind(Chain.ETH, lambda _question, _answer: Response('{"error":"upstream"}', status=500))
    with pytest.raises(ChainUnavailable) as refused:
        reader.head()
    assert refused.value.failures[0].reason == "server error (500)"


@pytest.fixture
def lagging(chains):
    """Make the node's logs and blocks lag behind its reported head, as if several nodes shared one address."""
    node, methods = chains.eth_node, chains.eth_node.methods
    logs, block = methods["eth_getLogs"], methods["eth_getBlockByNumber"]
    ranges = []

    def lag(blocks, message="block range extends beyond current head block", code=-32602):
        def lagging_logs(wanted):
            ranges.append(node.number_of(wanted["toBlock"]) - node.number_of(wanted["fromBlock"]) + 1)
            if node.number_of(wanted["toBlock"]) > chains.eth.height - blocks:
                raise NodeError(code, message)
            return logs(wanted)

        methods["eth_getLogs"] = lagging_logs
        methods["eth_getBlockByNumber"] = lambda tag, full: (
            None if full and node.number_of(tag) > chains.eth.height - blocks else block(tag, full)
        )
        return ranges

    return lag


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (-32602, "block range extends beyond current head block"),
        (-32000, "requested toBlock 900 after last accepted block 899"),
        (-32602, "toBlock 0x10 is greater than latest block 0xf"),
        (-39001, "unknown block"),
        (-32000, "unknown block"),
        (-32001, "8633830 could not be found"),
        (
            -32000,
            "One of the blocks specified in filter (fromBlock, toBlock or blockHash) cannot be found.",
        ),
        (-32603, "Could not get header for block 900"),
        (-32602, "invalid block range params"),
    ],
)
def test_a_node_that_is_a_block_behind_is_read_up_to_its_head(chains, shop, lagging, code, message):
    reader = shop.reader(Chain.ETH, ethplorer_url="")
    cursor = reader.scan([ANN], None).cursor
    paid = {chains.pay("eth", ANN, Decimal(1), asset) for asset in ("USDT", "ETH")}
    chains.mine("eth", 3)
    ranges = lagging(1, message, code)
    scan = reader.scan([ANN], cursor)
    assert {transfer.txid for transfer in scan.transfers} == paid
    assert scan.behind == 1
    assert scan.cursor.split(":")[:2] == [str(chains.eth.height - 1)] * 2
    assert reader.status().ok
    newest = chains.pay("eth", ANN, Decimal(1), "USDC")
    chains.mine("eth", 900)
    ranges.clear()
    assert newest in {transfer.txid for transfer in reader.scan([ANN], scan.cursor).transfers}
    assert ranges[0] > 500


@pytest.mark.parametrize("code", [-32602, -32001, -32603])
def test_a_refusal_in_any_words_leads_to_the_head_of_a_node_that_is_behind(chains, shop, lagging, code):
    reader = shop.reader(Chain.ETH, ethplorer_url="")
    cursor = reader.scan([ANN], None).cursor
    paid = chains.pay("eth", ANN, Decimal(1), "USDT")
    chains.mine("eth", 30)
    ranges = lagging(1, "that range is not for me", code)
    chains.eth_node.methods["eth_blockNumber"] = lambda: hex(chains.eth.height - 1)
    scan = reader.scan([ANN], cursor)
    assert paid in {transfer.txid for transfer in scan.transfers}
    assert scan.behind == 1
    assert ranges == [ranges[0], ranges[0] - 1], "the window is as wide as before"


def test_a_node_far_behind_the_head_it_reported_is_passed_over(chains, shop, lagging):
    reader = shop.reader(Chain.ETH, ethplorer_url="")
    cursor = reader.scan([ANN], None).cursor
    chains.mine("eth", 3)
    lagging(60)
    with pytest.raises(ChainUnavailable) as refused:
        reader.scan([ANN], cursor)
    assert refused.value.chain is Chain.ETH


@pytest.mark.parametrize(
    "text",
    [
        "query returns too many logs, narrow your filter: {most}",
        "requested too many blocks from 1 to 2000, maximum is set to {most}",
        "maximum [from, to] blocks distance: {most}",
        "request timed out",
        "Query took too long",
        "block range too wide: results cannot be found in time",
        "query returned more than {most} results, header not found",
    ],
)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_refusal_of_too_much_makes_the_next_request_smaller(chains, shop, behind, text, status):
    chains.eth_node.limits.blocks, chains.eth_node.limits.range_text = 100, text

    def change(_question, answer):
        refused = isinstance(answer, dict) and "error" in answer
        return Response(json.dumps(answer), status=status if refused else 200, mimetype="application/json")

    reader, _ = behind(Chain.ETH, change)
    cursor = reader.scan([ANN], None).cursor
    paid = chains.pay("eth", ANN, Decimal(1), "USDT")
    chains.mine("eth", 400)
    assert paid in {transfer.txid for transfer in reader.scan([ANN], cursor).transfers}


SUSPENDED = "The key exceeds the frequency limit(15), and the query server is suspended for 30s"
LIMITS = {
    "capitals": {"Success": False, "Error": SUSPENDED, "StatusCode": 403},
    "capitals and a code alone": {"Success": False, "Error": "slow down", "StatusCode": 429},
    "small letters": {"success": False, "error": SUSPENDED, "statusCode": 403},
    "an error alone": {"Error": SUSPENDED},
}


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("way", ["head", "peek", "find", "lists"])
def test_trongrids_rate_limit_in_a_200_is_recognised_everywhere(chains, behind, limit, way):
    paid = chains.pay("tron", TRON_ANN, Decimal(1), "TRX")
    reader, _ = behind(Chain.TRX, lambda _question, _answer: LIMITS[limit])
    ask = {
        "head": reader.head,
        "peek": lambda: reader.peek([TRON_ANN]),
        "find": lambda: reader.find(paid, [TRON_ANN]),
        "lists": lambda: reader.peek([], own_coin=[TRON_ANN]),
    }[way]
    with pytest.raises(ChainUnavailable) as refused:
        ask()
    assert isinstance(refused.value.failures[0], RateLimited)


def test_a_suspended_key_rests_as_long_as_trongrid_says(behind):
    reader, liar = behind(Chain.TRX, lambda _question, answer: answer)
    reader.head()
    liar.change = lambda _question, _answer: LIMITS["capitals"]
    with pytest.raises(ChainUnavailable) as refused:
        reader.head()
    assert refused.value.retry_after_s == 30


def test_logs_that_are_refused_once_are_requested_again(chains, behind, clock):
    refusing = [True]

    def change(question, answer):
        if refusing and question.get("method") == "eth_getLogs":
            refusing.clear()
            return Response("[]", status=400, mimetype="application/json")
        return answer

    reader, liar = behind(Chain.TRX, each(change))
    with pytest.raises(ChainUnavailable) as refused:
        reader.scan([TRON_ANN], None)
    assert refused.value.chain is Chain.TRX
    liar.questions.clear()
    clock.pass_s(60)
    reader.scan([TRON_ANN], None)
    assert "eth_getLogs" in str(liar.questions)


def test_an_address_with_more_dust_than_a_node_returns_at_once_is_read_in_several_passes(chains, behind, clock):
    spent = []

    def change(question, answer):
        if question.get("method") == "getTransaction":
            spent.append(question["params"][0])
            if len(spent) > 40:
                return {"jsonrpc": "2.0", "id": question["id"], "error": {"code": 429, "message": "slow down"}}
        return answer

    reader, _ = behind(Chain.SOL, each(change))
    cursor = reader.scan([SOL_ANN], None).cursor
    dust = [chains.sol.include([(SOL_ANN, 1)]) for _ in range(90)]
    chains.mine("sol", 40)
    for _ in range(2):
        with pytest.raises(ChainUnavailable) as refused:
            reader.scan([SOL_ANN], cursor)
        assert isinstance(refused.value.failures[0], RateLimited)
        clock.pass_s(3_600)
        spent.clear()
    assert sorted(transfer.txid for transfer in reader.scan([SOL_ANN], cursor).transfers) == sorted(dust)
    assert len(spent) == 10
