"""Answers that are too large together: anybody can fill blocks for a few dollars, and no chain may stop for that."""

from decimal import Decimal

import pytest

from shop.chains.errors import ChainUnavailable
from tests.patience import patient_client
from tests.shop.chains.lying import PREFIX, Liar, each
from tests.shop.chains.scanning import scan_to_head
from wallet.chains import Chain

ANN = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"
MOST_BYTES = 30_000
LARGE_BYTES = 12_000
"""The size of a block: two fit into an answer, three do not."""
UNDONE = {
    "too large": {"code": -32003, "message": "response too large"},
    "too slow": {"code": -32002, "message": "request timed out"},
}
"""What go-ethereum puts in place of the calls of a batch that it did not get to (`rpc/errors.go`)."""


@pytest.fixture
def node(front, chains, shop):
    """Make a reader of one node that changes the emulator's answers, and of which small answers are read."""

    def make(change):
        (url,) = shop.settings.servers[Chain.ETH]
        front.app = liar = Liar(front.app.wsgi_app, change)
        shop.http = patient_client(max_bytes=MOST_BYTES)
        urls = (url.replace(front.url, front.url + PREFIX),)
        return shop.reader(Chain.ETH, urls, ethplorer_url=""), liar

    return make


def enlarged(bytes_more):
    """Make each block with its transactions larger."""

    def change(question, answer):
        if question["method"] == "eth_getBlockByNumber" and question["params"][1]:
            answer["result"]["extraData"] = "0x" + "0" * bytes_more
        return answer

    return each(change)


def paid_in_ten_blocks(chains):
    return {chains.pay("eth", ANN, Decimal(1), "ETH") for _ in range(10)}


def test_blocks_that_are_too_large_for_one_answer_are_read_a_few_at_a_time(chains, node):
    reader, liar = node(lambda _question, answer: answer)
    cursor = reader.scan([ANN], None).cursor
    paid = paid_in_ten_blocks(chains)
    liar.change = enlarged(LARGE_BYTES)
    found, _ = scan_to_head(reader, [ANN], cursor)
    assert {transfer.txid for transfer in found} == paid
    assert {transfer.txid for transfer in reader.peek([ANN])} == paid


def test_one_block_that_is_too_large_alone_is_a_bad_answer(chains, node):
    chains.pay("eth", ANN, Decimal(1), "ETH")
    reader, _ = node(enlarged(MOST_BYTES))
    with pytest.raises(ChainUnavailable, match="an answer above the size limit"):
        reader.peek([ANN])


@pytest.mark.parametrize("why", UNDONE)
@pytest.mark.parametrize("most", [0, 3])
def test_the_blocks_that_a_node_did_not_get_to_are_requested_again(chains, node, why, most):
    def breaks_off(question, answer):
        if not isinstance(question, list) or question[0]["params"][1:] != [True]:
            return answer
        rest = [{"jsonrpc": "2.0", "id": each["id"], "error": UNDONE[why]} for each in answer[most:]]
        return answer[:most] + rest

    paid = paid_in_ten_blocks(chains)
    reader, _ = node(breaks_off)
    assert {transfer.txid for transfer in reader.peek([ANN])} == paid


def test_logs_that_are_too_large_for_one_answer_are_read_in_shorter_ranges(chains, node):
    reader, _ = node(lambda _question, answer: answer)
    cursor = reader.scan([ANN], None).cursor
    paid = {chains.pay("eth", ANN, Decimal(1), "USDT") for _ in range(100)}
    found, _ = scan_to_head(reader, [ANN], cursor)
    assert {transfer.txid for transfer in found} == paid


def test_an_answer_that_is_too_large_is_counted(chains, shop):
    outcomes = []
    shop.http = patient_client(max_bytes=100, on_answer=lambda *told: outcomes.append(told[1]))
    with pytest.raises(ChainUnavailable, match="an answer above the size limit"):
        shop.reader(Chain.ETH, ethplorer_url="").head()
    assert outcomes[-1] == "TooLarge"
