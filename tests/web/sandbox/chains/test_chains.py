"""The panel of the emulated chains: what a person can do, and the errors they get."""

import json
import threading
from decimal import Decimal
from random import Random

import pytest
from flask import Flask

from web.sandbox.chains import Chains
from web.sandbox.chains.names import providers_of
from web.sandbox.errors import SandboxError

ADDRESSES = {
    "btc": "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu",
    "ltc": "ltc1qjmxnz78nmc8nq77wuxh25n2es7rzm5c2rkk4wh",
    "eth": "0x9858EfFD232B4033E47d90003D41EC34EcaEda94",
    "tron": "TUEZSdKsoDHQMeZwihtdoBiN46zxhGWYdH",
    "sol": "HAgk14JpMQLgt6rVgv7cBQFJWFto5Dqxi472uT3DKpqk",
}


@pytest.fixture
def chains(clock):
    return Chains(clock=clock, random=Random(3))


@pytest.fixture
def browser(chains):
    app = Flask("emulators")
    app.register_blueprint(chains.blueprint())
    return app.test_client()


def row(chains, chain):
    return next(row for row in chains.overview() if row["chain"] == chain)


@pytest.mark.parametrize(
    ("name", "asset", "code"),
    [
        ("BTC", None, "BTC"), ("bitcoin", "btc", "BTC"), ("Litecoin", None, "LTC"), ("TRX", None, "TRX"),
        ("tron", "usdt", "USDT_TRC20"), ("usdt_trc20", None, "USDT_TRC20"), ("usdt_erc20", None, "USDT_ERC20"),
        ("ethereum", "USDC", "USDC_ERC20"), ("usdc_erc20", None, "USDC_ERC20"), ("SOLANA", "SOL", "SOL"),
        ("eth", "", "ETH"),
    ],
)  # fmt: skip
def test_chains_and_coins_have_many_names(chains, name, asset, code):
    short = {"BTC": "btc", "LTC": "ltc", "SOL": "sol"}.get(code, "tron" if "TRX" in code or "TRC" in code else "eth")
    txid = chains.pay(name, ADDRESSES[short], Decimal("1.25"), asset)
    shown = [seen for one in chains.overview() for seen in one["mempool"] + one["recent"] if seen["txid"] == txid]
    assert [seen["asset"] for seen in shown] == [code]
    assert {"address": ADDRESSES[short], "amount": "1.25"} in shown[0]["outputs"]


@pytest.mark.parametrize("chain", ["btc", "ltc"])
def test_change_is_not_listed_before_or_after_a_restart(chains, chain):
    for _ in range(8):  # the position of the change is random
        chains.pay(chain, ADDRESSES[chain], Decimal("0.5"), None)
    chains.mine(chain, 1)
    chains.pay(chain, ADDRESSES[chain], Decimal("0.5"), None)
    chains.restore(json.loads(json.dumps(chains.snapshot())))
    shown = row(chains, chain)
    outputs = [each["outputs"] for each in (*shown["mempool"], *shown["recent"])]
    assert outputs == [[{"address": ADDRESSES[chain], "amount": "0.5"}]] * 9


def test_a_bitcoin_payment_waits_until_a_block_is_mined(chains):
    txid = chains.pay("btc", ADDRESSES["btc"], Decimal("0.5"), None)
    assert [seen["txid"] for seen in row(chains, "btc")["mempool"]] == [txid]
    before = row(chains, "btc")["height"]
    assert chains.mine("btc", 2) == before + 2
    (seen,) = row(chains, "btc")["recent"]
    assert (seen["txid"], seen["height"], seen["confirmations"]) == (txid, before + 1, 2)
    assert row(chains, "btc")["mempool"] == []


@pytest.mark.parametrize("chain", ADDRESSES)
def test_a_dropped_transaction_is_gone(chains, chain):
    txid = chains.pay(chain, ADDRESSES[chain], Decimal(1), None)
    chains.drop(chain, txid)
    assert all(txid not in json.dumps(one) for one in chains.overview())
    with pytest.raises(SandboxError) as refused:
        chains.drop(chain, txid)
    assert refused.value.status == 404


@pytest.mark.parametrize(
    "act",
    [
        lambda c: c.pay("dogecoin", "D", Decimal(1), None),
        lambda c: c.pay("btc", "nobody", Decimal(1), None),
        lambda c: c.pay("btc", ADDRESSES["ltc"], Decimal(1), None),
        lambda c: c.pay("eth", ADDRESSES["eth"][:-1] + "5", Decimal(1), None),
        lambda c: c.pay("btc", ADDRESSES["btc"], Decimal(0), None),
        lambda c: c.pay("btc", ADDRESSES["btc"], Decimal(-1), None),
        lambda c: c.pay("btc", ADDRESSES["btc"], Decimal("NaN"), None),
        lambda c: c.pay("btc", ADDRESSES["btc"], Decimal("1e30"), None),
        lambda c: c.pay("btc", ADDRESSES["btc"], Decimal("0.000000001"), None),
        lambda c: c.pay("btc", ADDRESSES["btc"], Decimal(1), "usdt"),
        lambda c: c.pay("sol", ADDRESSES["sol"], Decimal(1), "usdt_trc20"),
        lambda c: c.pay_many("eth", [(ADDRESSES["eth"], Decimal(1))] * 2),
        lambda c: c.pay_many("btc", []),
        lambda c: c.mine("btc", 0),
        lambda c: c.mine("btc", 1_001),
        lambda c: c.mine("btc", True),
        lambda c: c.fault("btc", "meteor", 1),
        lambda c: c.fault("btc", "html", -1),
        lambda c: c.fault("nobody", "html", 1),
        lambda c: c.restore({"ledgers": {}}),
        lambda c: c.restore({}),
    ],
)
def test_bad_input_is_refused_with_a_sentence(chains, act):
    before = json.dumps(chains.overview())
    with pytest.raises(SandboxError) as refused:
        act(chains)
    assert refused.value.sentence.endswith((".", ")."))
    assert json.dumps(chains.overview()) == before


def test_a_snapshot_is_json_and_brings_everything_back(chains, clock):
    for chain, address in ADDRESSES.items():
        chains.pay(chain, address, Decimal(1), None)
        chains.mine(chain, 3)
        chains.pay(chain, address, Decimal(2), None)
    chains.pay_many("tron", [(ADDRESSES["tron"], Decimal(5))] * 2, "USDT")
    chains.eth.reorganise(2)
    chains.prices.set_price("BTC", Decimal(70_000))
    other = Chains(clock=clock, random=Random(99))
    other.restore(json.loads(json.dumps(chains.snapshot())))
    assert other.overview() == chains.overview()
    assert other.snapshot() == chains.snapshot()
    assert other.btc.blocks[-1].hash == chains.btc.blocks[-1].hash
    assert other.eth.block_hash(other.eth.height) == chains.eth.block_hash(chains.eth.height)
    other.mine("btc", 1)
    assert other.btc.blocks[-1].header.previous == chains.btc.blocks[-1].hash


def test_the_shop_is_pointed_only_at_the_emulators(chains):
    settings = chains.provider_settings("http://127.0.0.1:1234/")
    urls = [
        *(url for servers in settings.servers.values() for url in servers),
        settings.ethplorer_url,
        *settings.price_urls,
    ]
    assert all(url.startswith("http://127.0.0.1:1234/") for url in urls)
    assert len(urls) == 10


def test_a_fault_lasts_for_the_given_number_of_requests(chains, browser):
    chains.fault("btc", "error500", 2)
    statuses = [browser.get("/btc/api/blocks/tip/height").status_code for _ in range(3)]
    assert statuses == [500, 500, 200]


def test_a_price_source_can_be_made_to_lie(chains, browser):
    chains.fault("coinbase", "lie", 1)
    asked = [browser.get("/coinbase/v2/exchange-rates?currency=BTC").json["data"]["rates"]["USD"] for _ in range(2)]
    assert asked == ["640000", "64000"]


def test_a_dripping_answer_goes_on_until_the_faults_are_released(chains, browser):
    chains.fault("kraken", "drip", 1)
    chunks = browser.get("/kraken/0/public/Ticker?pair=XBTUSD", buffered=False).iter_encoded()
    assert next(chunks) == b" "
    chains.faults.released.set()
    assert b"".join(chunks) == b""


@pytest.mark.parametrize(("path", "method"), [("/eth", "eth_blockNumber"), ("/solana", "getSlot")])
def test_a_server_may_refuse_batches(chains, browser, path, method):
    chains.fault(f"{path[1:]}-primary" if path == "/eth" else path[1:], "batch", 2)
    question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": []}
    assert "batch" in browser.post(path, json=[question, question]).json["error"]["message"]
    assert "result" in browser.post(path, json=question).json


def test_the_panel_names_every_server_so_that_each_can_be_broken_separately(chains):
    for chain in chains.overview():
        for server in chain["servers"]:
            assert len(providers_of(server)) == 1
        assert {each for server in chain["servers"] for each in providers_of(server)} == set(
            providers_of(chain["chain"])
        )


def test_a_fault_can_be_cleared(chains, browser):
    chains.fault("prices", "html", 50)
    assert chains.faults.left() == dict.fromkeys(("coingecko", "kraken", "coinbase", "binance"), 50)
    chains.fault("prices", "html", 0)
    assert browser.get("/kraken/0/public/Ticker?pair=XBTUSD").json["error"] == []


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/btc/api/tx/" + "0" * 64, 404, "Transaction not found"),
        ("/btc/api/tx/xyz", 400, "Invalid hash string"),
        ("/btc/api/address/xyz", 400, "Invalid Bitcoin address"),
        ("/btc/api/block-height/999999999", 404, "Block not found"),
        ("/kryptoexpress/payment?hash=x", 404, "Payment not found."),
        ("/binance/api/v3/ticker/price?symbol=XXX", 400, '{"code": -1121, "msg": "Invalid symbol."}'),
        ("/coingecko/simple/price?ids=bitcoin&vs_currencies=usd", 403, "descriptive User-Agent"),
        ("/ethplorer/getLastBlock", 403, "Invalid API key"),
    ],
)
def test_errors_look_as_documented(browser, path, status, text):
    answer = browser.get(path)
    assert answer.status_code == status
    assert text in answer.text


def test_an_unknown_status_is_unconfirmed_and_not_an_error(browser):
    assert browser.get(f"/btc/api/tx/{'0' * 64}/status").json == {"confirmed": False}


def test_kraken_fails_the_whole_list_for_one_unknown_pair(browser):
    assert browser.get("/kraken/0/public/Ticker?pair=XBTUSD,XXXUSD").json == {"error": ["EQuery:Unknown asset pair"]}
    assert set(browser.get("/kraken/0/public/Ticker?pair=XBTUSD,SOLUSD").json["result"]) == {"XXBTZUSD", "SOLUSD"}


def test_an_address_without_history_has_zeros(browser):
    stats = browser.get(f"/ltc/api/address/{ADDRESSES['ltc']}").json
    assert stats["chain_stats"]["tx_count"] == stats["mempool_stats"]["tx_count"] == 0


def test_unknown_methods_and_nonsense_get_error_objects(browser):
    for path in ("/eth", "/solana", "/tron/jsonrpc"):
        answer = browser.post(path, json={"jsonrpc": "2.0", "id": 7, "method": "nothing", "params": []}).json
        assert (answer["id"], answer["error"]["code"]) == (7, -32601)
        for nonsense in ("[", "7", "null", '{"method":"eth_getLogs","params":[7]}'):
            assert browser.post(path, data=nonsense).json["error"]["code"] < 0


def test_solana_refuses_versions_that_the_client_does_not_list(chains, browser):
    txid = chains.sol.include([(ADDRESSES["sol"], 5)], version=1)
    call = {"jsonrpc": "2.0", "id": 1, "method": "getTransaction", "params": [txid, {"commitment": "confirmed"}]}
    assert browser.post("/solana", json=call).json["error"]["code"] == -32015


def test_many_threads_may_pay_and_mine(chains):
    failures = []

    def work():
        try:
            for _ in range(20):
                chains.pay("btc", ADDRESSES["btc"], Decimal("0.01"), None)
                chains.mine("btc", 1)
                chains.overview()
        except (SandboxError, RuntimeError, KeyError) as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sum(len(block.transactions) - 1 for block in chains.btc.blocks) == 120


def test_fees_rise_for_one_chain_and_fall_again(chains, browser):
    def fastest(server: str) -> int:
        return browser.get(f"/{server}/api/v1/fees/recommended").json["fastestFee"]

    usual = fastest("btc"), fastest("ltc")
    chains.cost("btc", 7)
    assert (fastest("btc"), fastest("btc-mirror"), fastest("ltc")) == (7 * usual[0], 7 * usual[0], usual[1])
    for times in (0, 10_001, "5", None, True):
        with pytest.raises(SandboxError):
            chains.cost("btc", times)
    chains.cost("btc", 1)
    assert fastest("btc") == usual[0]
