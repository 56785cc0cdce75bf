"""One server that denies a real payment neither orphans it nor costs it its rate while another operator shows it."""

from decimal import Decimal

import pytest
from werkzeug.wrappers import Response

from storage.models import Deposit
from tests.shop.chains.lying import each
from tests.shop.payments.test_heights import minutes, name_of
from tests.shop.payments.test_witnesses import Watched, letters
from wallet.chains import Chain

COINS = {"eth": (Chain.ETH, "ETH", None), "usdt": (Chain.ETH, "USDT_ERC20", "USDT"),
         "trx": (Chain.TRX, "TRX", None), "tron usdt": (Chain.TRX, "USDT_TRC20", "USDT"),
         "sol": (Chain.SOL, "SOL", None)}  # fmt: skip
PRICES = {"ETH": Decimal(2_000), "SOL": Decimal(150), "TRX": Decimal("0.1")}


@pytest.fixture
def watched(database, clock):
    made = Watched(database, clock)
    yield made
    made.close()


@each
def _failed(question, answer):
    method, result = question.get("method"), answer.get("result")
    if method == "eth_getTransactionReceipt" and result:
        return answer | {"result": result | {"status": "0x0"}}
    if method == "getTransaction" and result:
        return answer | {"result": result | {"meta": result["meta"] | {"err": {"Custom": 1}}}}
    if method in {"eth_getLogs", "getSignaturesForAddress"}:
        return answer | {"result": []}
    if method == "getMultipleAccounts":
        return answer | {"result": result | {"value": [None] * len(question["params"][0])}}
    return answer


def denying(question, answer):
    """Say that every transaction failed, and list none."""
    if question is None:
        return answer | {"data": []} if "data" in answer else answer
    if isinstance(question, list) or "method" in question:
        return _failed(question, answer)
    if "receipt" in answer:
        return answer | {"result": "FAILED", "receipt": {"result": "REVERT"}}
    return answer | {"ret": [{"contractRet": "REVERT"}]} if "txID" in answer else answer


def pay(watched: Watched, coin: str, worth: int) -> None:
    """Open a top-up, pay it, and let the shop see the payment in a block while all servers tell the truth."""
    chain, code, token = COINS[coin]
    watched.stand.shop.payments.top_ups.open(watched.person, code, None)
    price = next((rate for name, rate in PRICES.items() if name == code), Decimal(1))
    watched.chains.pay(name_of(chain), watched.address, Decimal(worth) / price, token)
    watched.chains.mine(name_of(chain), 1)
    for _ in range(3):  # every third scan is followed by one at the other operator, which has read the block then
        watched.later(20)
        watched.scan()
    assert watched.deposit.state == "confirming"


def change_rates(watched: Watched) -> None:
    """Make every coin worth half, so that a payment without its promise is worth half."""
    for source in watched.stand.shop.payments.rates.sources:
        source.quotes = {code: str(Decimal(quote) / 2) for code, quote in source.quotes.items()}


@pytest.mark.parametrize("coin", COINS)
def test_a_small_payment_that_the_first_server_denies_is_credited_at_its_rate(watched, coin):
    watched.open(COINS[coin][0])
    pay(watched, coin, 48)
    watched.liar.change = denying
    change_rates(watched)
    minutes(watched, 16)
    assert watched.stand.balance(watched.person) == 4_800
    assert watched.deposit.shown_by == "127.0.0.1"


@pytest.mark.parametrize("coin", ["usdt", "tron usdt", "sol"])
def test_a_large_payment_that_the_first_server_denies_is_held_with_an_alarm(watched, coin):
    watched.open(COINS[coin][0])
    pay(watched, coin, 4_800)
    watched.liar.change = denying
    change_rates(watched)
    minutes(watched, 16)
    assert (watched.deposit.state, watched.deposit.held) == ("confirming", "denied")
    assert letters("admin_contradicted") == 1
    watched.liar.change = lambda _question, answer: answer
    minutes(watched, 12)
    assert watched.stand.balance(watched.person) == 480_000


def test_a_denial_is_logged_once(watched, caplog):
    watched.open(Chain.ETH)
    pay(watched, "usdt", 48)
    watched.liar.change = denying
    minutes(watched, 4)
    assert sum("localhost denies" in record.getMessage() for record in caplog.records) == 1


def test_a_denial_of_one_deposit_holds_up_no_other(watched):
    watched.open(Chain.ETH)
    pay(watched, "usdt", 48)
    other = watched.stand.visitor(3_000)
    txid = watched.deposit.txid
    watched.liar.change = lambda question, answer: denying(question, answer) if txid in str(question) else answer
    watched.chains.pay("eth", watched.stand.address(other, Chain.ETH), Decimal(30), "USDT")
    minutes(watched, 16)
    assert (watched.stand.balance(watched.person), watched.stand.balance(other)) == (4_800, 3_000)


@each
def _not_there_yet(question, answer):
    """Know every transaction, but of no block that contains one."""
    is_asked = question.get("method") in {"eth_getTransactionReceipt", "getTransaction"}
    return answer | {"result": None} if is_asked else answer


def lagging(question, answer):
    """Show a transaction as nodes do that have not got its block."""
    if isinstance(question, list) or "method" in (question or {}):
        return _not_there_yet(question, answer)
    return {} if "receipt" in answer else answer


@pytest.mark.parametrize("lie", [denying, lagging])
@pytest.mark.parametrize("coin", ["usdt", "tron usdt", "sol"])
def test_a_payment_that_a_customer_names_is_found_at_another_operator(watched, coin, lie):
    chain, _, token = COINS[coin]
    watched.open(chain, lies=lie)
    txid = watched.chains.pay(name_of(chain), watched.address, Decimal(1), token)
    watched.chains.mine(name_of(chain), 1)
    [found] = watched.stand.watch(chain).find(txid, watched.address)
    assert found.shown_by == "127.0.0.1"
    assert watched.deposit.txid == txid


@pytest.fixture
def orphaned(watched, request):
    """Make a deposit orphaned by the first server's denial, while the second one was away."""
    watched.open(COINS[request.param][0])
    pay(watched, request.param, 48)
    honest = watched.honest
    gone = Response("bad gateway", status=502)
    watched.liar.change = denying
    liar = watched.liar.wsgi_app

    def second_is_gone(environ, start_response):
        is_liar = environ["PATH_INFO"].startswith("/liar")
        return (liar if is_liar else gone)(environ, start_response)

    watched.liar.wsgi_app = second_is_gone
    minutes(watched, 16)
    assert (watched.deposit.state, watched.deposit.rate) == ("orphaned", None)
    watched.liar.wsgi_app = lambda environ, start_response: (
        liar if environ["PATH_INFO"].startswith("/liar") else honest
    )(environ, start_response)
    change_rates(watched)
    return watched


@pytest.mark.parametrize("orphaned", COINS, indirect=True)
def test_an_orphan_comes_back_at_its_rate_once_another_operator_answers(orphaned):
    for _ in range(15):
        minutes(orphaned, 4)
        if orphaned.stand.balance(orphaned.person):
            break
    assert orphaned.stand.balance(orphaned.person) == 4_800


@pytest.mark.parametrize("orphaned", ["usdt"], indirect=True)
def test_an_orphan_is_asked_about_for_a_day_and_its_customer_told_nothing_new(orphaned, clock):
    orphaned.stand.watch(Chain.ETH).reader.testimonies = lambda *_, **__: iter(())
    before = orphaned.deposit.updated_at
    minutes(orphaned, 6)
    assert orphaned.deposit.updated_at == before
    assert Deposit.orphaned_on("ETH", since=clock() - 86_400, limit=10) == [orphaned.deposit.id]
    clock.pass_s(86_400)
    assert Deposit.orphaned_on("ETH", since=clock() - 86_400, limit=10) == []
