"""What a server lists as a transaction's id must look like one: it is stored, and becomes part of links."""

from decimal import Decimal

import pytest

from shop.chains.errors import ChainUnavailable
from tests.shop.chains.lying import PREFIX, Liar, each
from wallet import base58check
from wallet.chains import Chain

ANN = base58check.encode_plain((10**60).to_bytes(32))
NOT_SIGNATURES = {
    "a lone surrogate": "\ud800" + "A" * 87,
    "very long": "A" * 100_000,
    "63 bytes": base58check.encode_plain(b"\x07" * 63),
    "another alphabet": "0" * 88,
    "empty": "",
}


@pytest.fixture
def lied_to(front, chains, shop):
    """Make a reader of Solana whose first server is a liar in front of the second one."""

    def reader(change):
        (url,) = shop.settings.servers[Chain.SOL]
        front.app = Liar(front.app.wsgi_app, change)
        return shop.reader(Chain.SOL, (url.replace(front.url, front.url + PREFIX), url))

    return reader


def refusals(reader):
    return [provider.reason for provider in reader.status().providers]


@pytest.mark.parametrize("scans", [False, True], ids=["peek", "scan"])
@pytest.mark.parametrize("name", NOT_SIGNATURES)
def test_a_list_with_something_that_is_no_signature_is_read_from_the_next_server(chains, lied_to, name, scans):
    false = NOT_SIGNATURES[name]

    @each
    def lists_more(question, answer):
        if question["method"] == "getSignaturesForAddress":
            more = {"signature": false, "slot": chains.sol.height, "err": None, "blockTime": None}
            return answer | {"result": [more, *answer["result"]]}
        return answer

    reader = lied_to(lists_more)
    cursor = reader.scan([ANN], None).cursor
    txid = chains.pay("sol", ANN, Decimal(1), None)
    chains.mine("sol", 40)
    found = reader.scan([ANN], cursor).transfers if scans else reader.peek([ANN])
    assert [transfer.txid for transfer in found] == [txid]
    first, second = refusals(reader)
    assert first.endswith("is not a signature")
    assert second == ""


@pytest.mark.parametrize("name", NOT_SIGNATURES)
def test_a_transaction_whose_own_id_is_no_signature_is_looked_up_at_the_next_server(chains, lied_to, name):
    @each
    def renames(question, answer):
        result = answer.get("result")
        if question["method"] == "getTransaction" and result:
            transaction = result["transaction"] | {"signatures": [NOT_SIGNATURES[name]]}
            return answer | {"result": result | {"transaction": transaction}}
        return answer

    reader = lied_to(renames)
    txid = chains.pay("sol", ANN, Decimal(1), None)
    assert [transfer.txid for transfer in reader.find(txid, [ANN])] == [txid]
    assert refusals(reader)[0].endswith("is not a signature")


@pytest.mark.parametrize("name", NOT_SIGNATURES)
def test_a_block_hash_that_is_none_is_refused(chains, lied_to, name):
    @each
    def names_another(question, answer):
        result = answer.get("result")
        return (
            answer | {"result": result | {"blockhash": NOT_SIGNATURES[name]}}
            if "blockhash" in str(result)
            else answer
        )

    reader = lied_to(names_another)
    liar = reader.status().providers[0].name
    with pytest.raises(ChainUnavailable, match="is not a hash"):
        reader.block_hash(chains.sol.confirmed, server=liar)
