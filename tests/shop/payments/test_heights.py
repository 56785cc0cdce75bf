"""A server that is right about everything but the chain's height holds up nobody's money."""

from decimal import Decimal

import pytest

from storage.models import Deposit
from tests.shop.chains.lying import each
from tests.shop.payments.inventing import Inventor
from tests.shop.payments.test_inventions import hiding
from tests.shop.payments.test_witnesses import PAID, PATHS, Watched
from wallet.chains import Chain

CHAINS = list(PATHS)
LAG = 1_000
FAR = 20_000_000


@pytest.fixture
def watched(database, clock):
    made = Watched(database, clock)
    yield made
    made.close()


def name_of(chain: Chain) -> str:
    return {Chain.TRX: "tron"}.get(chain, chain.value.lower())


def honest(_question, answer):
    return answer


class Behind:
    """The answers of a node that stays `lag` blocks behind the chain."""

    def __init__(self, lag: int) -> None:
        self.lag = lag
        self.head = 0

    def __call__(self, question, answer):
        if isinstance(question, dict) and "method" not in question:
            return self._of_tron(question, answer)
        return each(self._one)(question, answer) if question is not None else answer

    def _one(self, question, answer):
        result, method = answer.get("result"), question["method"]
        if method == "eth_getBlockByNumber" and result is not None and not question["params"][0].startswith("0x"):
            return answer | {"result": result | {"number": self._earlier(result["number"])}}
        if method == "eth_blockNumber":
            return answer | {"result": self._earlier(result)}
        if method == "getSlot":
            self.head = max(self.head, result - self.lag)
            return answer | {"result": result - self.lag}
        return hiding(question, answer) if self._is_news(question, result) else answer

    def _is_news(self, question, result) -> bool:
        """Every payment in these tests is newer than what the node knows."""
        return question["method"].startswith(("eth_getLogs", "eth_getTransaction", "getSign", "getTrans", "getMulti"))

    def _earlier(self, number: str) -> str:
        return hex(int(number, 16) - self.lag)

    def _of_tron(self, question, answer):
        if "block_header" not in answer:
            return {}
        raw = answer["block_header"]["raw_data"]
        return {"block_header": {"raw_data": raw | {"number": raw["number"] - self.lag}}}


def minutes(watched: Watched, count: int) -> None:
    """Let minutes pass, with at least one block in each, while the shop's threads look and scan."""
    for _ in range(count):
        watched.chains.mine(name_of(watched.chain), 5)
        watched.scan()
        for _ in range(3):
            watched.later(20)


def paid(watched: Watched, worth: int) -> None:
    """Pay coins of this value; they become final in the following minutes."""
    asset, price = PAID[watched.chain]
    amount = (Decimal(worth) / price).quantize(Decimal("0.000001"))
    watched.chains.pay(name_of(watched.chain), watched.address, amount, asset)


@pytest.mark.parametrize("chain", CHAINS)
def test_a_first_server_that_is_an_hour_behind_delays_a_payment_by_minutes(watched, chain):
    watched.open(chain, lies=Behind(LAG))
    minutes(watched, 3)
    paid(watched, 45)
    minutes(watched, 25)
    assert watched.stand.balance(watched.person) == 4_500


@each
def without_final_blocks(question, answer):
    """Name no safe and no final block, as nodes do that follow the chain by other means."""
    if question["method"] == "eth_getBlockByNumber" and question["params"][0] in ("safe", "finalized"):
        return {"jsonrpc": "2.0", "id": question["id"], "error": {"code": -39001, "message": "unknown block"}}
    return answer


@each
def stuck_in_the_past(question, answer):
    """Make the chain report no new final block for a long time."""
    if question["method"] == "eth_getBlockByNumber" and question["params"][0] in ("safe", "finalized"):
        return answer | {"result": answer["result"] | {"number": hex(20_999_990)}}
    return answer


@pytest.mark.parametrize("lie", [without_final_blocks, stuck_in_the_past])
def test_if_nothing_becomes_final_on_the_first_server_another_decides(watched, lie):
    watched.open(Chain.ETH, lies=lie, WITNESS_ABOVE="0")
    paid(watched, 300)
    minutes(watched, 30)
    assert watched.stand.balance(watched.person) == 30_000


class Fickle(Inventor):
    """Invents a payment, then denies it, and claims to be far ahead of everybody."""

    ahead = 0

    def __call__(self, question, answer):
        said = super().__call__(question, answer)
        return Behind(-self.ahead)(question, said) if self.ahead and _asks_head(question) else said


def _asks_head(question) -> bool:
    calls = question if isinstance(question, list) else [question or {}]
    return any(call.get("method") in {"eth_getBlockByNumber", "getSlot"} or call == {} for call in calls)


def test_a_server_that_invents_forgets_and_claims_to_be_ahead_holds_up_no_other_payment(watched):
    watched.open(Chain.ETH, WITNESS_ABOVE="0", UNWITNESSED_PER_HOUR="0")
    fickle = watched.liar.change = Fickle(Chain.ETH, watched.chains.eth)
    for number in range(8):
        fickle.invent(watched.stand.address(watched.stand.visitor(3_000 + number), Chain.ETH), 50)
    minutes(watched, 1)
    assert {row.state for row in Deposit.select()} == {"confirming"}
    fickle.made.clear()
    fickle.ahead = 3_000
    paid(watched, 300)
    minutes(watched, 25)
    assert watched.stand.balance(watched.person) == 30_000


@pytest.mark.parametrize("chain", [Chain.ETH, Chain.TRX])
def test_a_false_low_height_from_the_only_server_does_not_pull_the_scan_back(watched, clock, chain):
    watched.open(chain, alone=True, hand_mined=False, lies=Behind(FAR))
    watched.scan()
    assert watched.stand.watch(chain).behind == 0
    watched.liar.change = lambda question, answer: answer
    clock.pass_s(2 * 3_600)  # after this long a server may contradict its earlier answers
    watched.stand.world.made[chain].peek = lambda *_, **__: ()
    paid(watched, 45)
    minutes(watched, 20)
    assert watched.stand.balance(watched.person) == 4_500
    assert watched.stand.watch(chain).behind == 0


def test_payments_missed_during_weeks_offline_are_read_from_where_the_shop_stopped(watched, clock):
    watched.open(Chain.TRX, alone=True, hand_mined=False)
    watched.scan()
    paid(watched, 45)
    for _ in range(3):
        watched.chains.mine("tron", 100_000)
    clock.pass_s(300_000 * 3)
    minutes(watched, 40)
    assert watched.stand.balance(watched.person) == 4_500
    assert watched.stand.watch(Chain.TRX).behind == 0


def naming_block_0(question, answer):
    """Name block 0 as the head and no final block, as a node does while it synchronizes."""
    if isinstance(question, dict) and "method" not in question:
        if "block_header" not in answer:
            return answer
        raw = answer["block_header"]["raw_data"]
        return {"block_header": {"raw_data": raw | {"number": 0}}}
    return each(_block_0)(question, answer)


def _block_0(question, answer):
    method, result = question["method"], answer.get("result")
    if method == "eth_getBlockByNumber" and not question["params"][0].startswith("0x"):
        is_head = question["params"][0] == "latest"
        return answer | {"result": result | {"number": "0x0"} if is_head else None}
    return answer | {"result": {"eth_blockNumber": "0x0", "getSlot": 0}.get(method, result)}


def offline(watched: Watched, hours: int) -> None:
    """Let hours pass in which the shop is off, with a block in each slot."""
    watched.clock.pass_s(hours * 3_600)
    watched.chains.mine(name_of(watched.chain), hours * {Chain.ETH: 300, Chain.TRX: 1_200}[watched.chain])


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("chain", CHAINS)
def test_a_node_that_named_block_0_once_is_asked_again_within_minutes(watched, chain, alone):
    watched.open(chain, alone=alone, hand_mined=False, lies=naming_block_0)
    minutes(watched, 2)
    watched.liar.change = honest
    minutes(watched, 3)
    assert not watched.stand.watch(chain).delayed
    assert watched.stand.watch(chain).resting == ()


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize(("chain", "coin", "hours"), [(Chain.ETH, None, 5), (Chain.TRX, "USDT", 30)])
def test_coins_that_came_while_the_shop_was_off_are_found_although_a_node_named_block_0(
    watched, chain, coin, hours, alone
):
    watched.open(chain, alone=alone, hand_mined=False)
    offline(watched, 1)
    watched.chains.pay(name_of(chain), watched.address, Decimal(45) / (1 if coin else 2_000), coin)
    offline(watched, hours)
    watched.open(chain, alone=alone, hand_mined=False, lies=naming_block_0)
    watched.scan()
    watched.liar.change = honest
    minutes(watched, 6)
    assert watched.stand.balance(watched.person) == 4_500
    assert watched.stand.watch(chain).behind == 0
