"""An answer with an impossible number is rejected: the next server is asked, and other payments still arrive."""

from decimal import Decimal

import pytest

from shop.assets import ASSETS, ETH, SOL, TRX, USDT_ERC20, USDT_TRC20
from shop.chains.answers import JsonValue
from shop.chains.errors import BadAnswer
from tests.shop.chains.lying import PREFIX, Liar, each
from wallet.chains import Chain

ADDRESSES = {
    Chain.BTC: "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu",
    Chain.LTC: "ltc1qjmxnz78nmc8nq77wuxh25n2es7rzm5c2rkk4wh",
    Chain.ETH: "0x9858EfFD232B4033E47d90003D41EC34EcaEda94",
    Chain.TRX: "TUEZSdKsoDHQMeZwihtdoBiN46zxhGWYdH",
    Chain.SOL: "HAgk14JpMQLgt6rVgv7cBQFJWFto5Dqxi472uT3DKpqk",
}
CANNOT_BE = "is more than there can be", "moves more than there can be", "is not a whole number", "is not a quantity"


@pytest.fixture
def lied_to(front, chains, shop):
    """Make a reader whose first server is a liar in front of the second one."""

    def reader(chain: Chain, change):
        (url,) = shop.settings.servers[chain]
        front.app = Liar(front.app.wsgi_app, change)
        liar = url.replace(front.url, front.url + PREFIX)
        return shop.reader(chain, (liar, url), ethplorer_url="")

    return reader


def replaced(value, key, lie):
    """Replace the value of a key with a lie, everywhere in a JSON value."""
    if isinstance(value, dict):
        return {name: lie if name == key else replaced(item, key, lie) for name, item in value.items()}
    return [replaced(item, key, lie) for item in value] if isinstance(value, list) else value


def refusals(reader) -> list[str]:
    return [provider.reason for provider in reader.status().providers]


def assert_the_liar_rests(reader):
    first, second = refusals(reader)
    assert first.endswith(CANNOT_BE)
    assert second == ""


@pytest.mark.parametrize("units", [2**255, 10**22, USDT_ERC20.most_units + 1])
@pytest.mark.parametrize(("chain", "asset"), [(Chain.ETH, USDT_ERC20), (Chain.TRX, USDT_TRC20)])
def test_a_log_above_the_coins_supply_is_rejected_and_the_next_server_asked(chains, lied_to, chain, asset, units):
    def change(question, answer):
        if question and question.get("method") == "eth_getLogs":
            answer["result"] = replaced(answer["result"], "data", f"0x{units:064x}")
        return answer

    reader = lied_to(chain, each(change))
    cursor = reader.scan([ADDRESSES[chain]], None).cursor
    paid = chains.pay(chain.value, ADDRESSES[chain], Decimal(5), asset.code)
    chains.mine(chain.value, 20)
    (found,) = reader.scan([ADDRESSES[chain]], cursor).transfers
    assert (found.txid, found.units) == (paid, 5_000_000)
    assert_the_liar_rests(reader)


@pytest.mark.parametrize("chain", [Chain.BTC, Chain.LTC])
@pytest.mark.parametrize("lie", [0, 1, 21 * 10**15, 2**70, "5"])
@pytest.mark.parametrize("way", ["peek", "find"])
def test_an_amount_is_read_from_the_bytes_whatever_a_server_says(chains, lied_to, chain, lie, way):
    reader = lied_to(chain, lambda _question, answer: replaced(answer, "value", lie))
    address = ADDRESSES[chain]
    paid = chains.pay(chain.value, address, Decimal(5), None)
    found = reader.find(paid, [address]) if way == "find" else reader.peek([address])
    assert [(transfer.txid, transfer.units) for transfer in found] == [(paid, 5 * 10**8)]


NATIVES = {
    Chain.ETH: (ETH, "value"),
    Chain.TRX: (TRX, "amount"),
    Chain.SOL: (SOL, "lamports"),
}


@pytest.mark.parametrize("chain", NATIVES)
@pytest.mark.parametrize("way", ["peek", "find"])
def test_a_payment_above_the_coins_supply_is_rejected_and_the_next_server_asked(chains, lied_to, chain, way):
    asset, key = NATIVES[chain]
    lie = asset.most_units + 1

    def change(question, answer):
        if chain is Chain.SOL:
            answer = replaced(answer, "postBalances", [lie, lie])
        return replaced(answer, key, hex(lie) if chain is Chain.ETH else lie)

    reader = lied_to(chain, each(change))
    address = ADDRESSES[chain]
    paid = chains.pay(chain.value, address, Decimal(5), None)
    found = reader.find(paid, [address]) if way == "find" else reader.peek([address], own_coin=[address])
    assert [(transfer.txid, transfer.units) for transfer in found] == [(paid, 5 * 10**asset.decimals)]
    assert_the_liar_rests(reader)


PLACES = [
    (Chain.BTC, "block_height", 10**12 + 1),
    (Chain.ETH, "blockNumber", hex(2**63)),
    (Chain.ETH, "number", hex(10**12 + 1)),
    (Chain.ETH, "number", "0x-1"),
    (Chain.ETH, "blockTimestamp", hex(2**40)),
    (Chain.ETH, "timestamp", hex(2**40)),
    (Chain.TRX, "blockNumber", 10**18),
    (Chain.TRX, "block_timestamp", 2**62),
    (Chain.SOL, "slot", 10**13),
    (Chain.SOL, "blockTime", 2**33),
    (Chain.SOL, "fee", 2**62),
]


@pytest.mark.parametrize(("chain", "key", "lie"), PLACES)
def test_an_impossible_height_or_time_is_rejected_and_the_next_server_asked(chains, lied_to, chain, key, lie):
    reader = lied_to(chain, each(lambda _question, answer: replaced(answer, key, lie)))
    address = ADDRESSES[chain]
    paid = [chains.pay(chain.value, address, Decimal(5), None)]
    if chain is Chain.ETH:
        paid.append(chains.pay(chain.value, address, Decimal(5), "USDT"))
    chains.mine(chain.value, 1)
    found = reader.peek([address], own_coin=[address])
    assert sorted(transfer.txid for transfer in found) == sorted(paid)
    assert_the_liar_rests(reader)


def test_a_block_with_more_transactions_than_fit_is_not_read_page_by_page(chains, lied_to):
    reader = lied_to(Chain.BTC, lambda _question, answer: replaced(answer, "tx_count", 10**15))
    chains.explorers[Chain.BTC].serves_raw = False
    cursor = reader.scan([ADDRESSES[Chain.BTC]], None).cursor
    paid = chains.pay("btc", ADDRESSES[Chain.BTC], Decimal(5), None)
    chains.mine("btc", 2)  # the newest block has to be named by every server
    assert [transfer.txid for transfer in reader.scan([ADDRESSES[Chain.BTC]], cursor).transfers] == [paid]
    assert_the_liar_rests(reader)


@pytest.mark.parametrize("text", ["0x-5", "0x1_0", "0x 1", "0x+1", "5", "0x" + "0" * 65, "0xg"])
def test_text_that_only_looks_like_a_quantity_is_refused(text):
    with pytest.raises(BadAnswer) as refused:
        _ = JsonValue(text, provider="somebody").quantity
    assert refused.value.reason == "answer is not a quantity"


@pytest.mark.parametrize(("value", "most"), [(7, 7), ("0x7", 7), (0, 0), ("0x", 0), (2**63 - 1, 2**70)])
def test_a_number_may_be_as_large_as_its_bound(value, most):
    assert JsonValue(value, provider="somebody").up_to(most) == JsonValue(value, provider="somebody").up_to(2**80)
    if most:
        with pytest.raises(BadAnswer) as refused:
            JsonValue(value, provider="somebody").up_to(0)
        assert refused.value.provider == "somebody"


def test_only_ether_has_more_units_than_63_bits_can_count():
    assert {asset.code for asset in ASSETS.values() if asset.most_units >= 2**63} == {"ETH"}


@pytest.mark.parametrize("value", [b"{}", b"[]", b"0"])
def test_endless_small_values_are_not_read_into_memory(value):
    body = b"[" + b",".join([value] * 1_000_001) + b"]"
    with pytest.raises(BadAnswer) as refused:
        JsonValue.parse(body, provider="somebody")
    assert refused.value.reason == "more values than an answer may have"
    logs = b"[" + b",".join([b'{"topics":[0,0,0],' + b'"n":0,' * 14 + b'"m":0}'] * 20_000) + b"]"
    assert len(list(JsonValue.parse(logs, provider="somebody").items())) == 20_000
