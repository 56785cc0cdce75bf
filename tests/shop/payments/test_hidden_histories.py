"""Solana servers that show a balance and not the transaction that paid it: no payment is lost without a word."""

from decimal import Decimal

import pytest

from storage.models import Deposit
from tests.shop.chains.lying import each
from tests.shop.payments.test_heights import minutes
from tests.shop.payments.test_inventions import let_pass
from tests.shop.payments.test_witnesses import Watched
from wallet.chains import Chain

HOUR_S = 3_600
GIFT = 5_000
TURN = 2_000
"""How many transactions of an address are listed in one scan."""


@pytest.fixture
def watched(database, clock):
    made = Watched(database, clock)
    yield made
    made.close()


def honest(_question, answer):
    return answer


@each
def lists_nothing(question, answer):
    """Show no history, as a node does that was restarted from a snapshot."""
    return answer | {"result": []} if question["method"] == "getSignaturesForAddress" else answer


@each
def lists_failures(question, answer):
    if question["method"] == "getSignaturesForAddress":
        return answer | {"result": [row | {"err": {"Custom": 1}} for row in answer["result"]]}
    return answer


@each
def shows_failures(question, answer):
    if question["method"] == "getTransaction" and answer["result"]:
        shown = answer["result"]
        return answer | {"result": shown | {"meta": shown["meta"] | {"err": {"Custom": 1}}}}
    return answer


@each
def shows_no_gain(question, answer):
    if question["method"] == "getTransaction" and answer["result"]:
        shown = answer["result"]
        return answer | {"result": shown | {"meta": shown["meta"] | {"preBalances": shown["meta"]["postBalances"]}}}
    return answer


LIES = [lists_nothing, lists_failures, shows_failures, shows_no_gain]


class Gift:
    """Lamports that came to an address without a transaction."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.lamports = 0

    def __call__(self, question, answer):
        return each(self._one)(question, answer)

    def _one(self, question, answer):
        if (
            question["method"] != "getMultipleAccounts"
            or self.address not in question["params"][0]
            or not self.lamports
        ):
            return answer
        shown = dict(zip(question["params"][0], answer["result"]["value"], strict=True))
        empty = {"lamports": 0, "owner": "1" * 32, "data": ["", "base64"], "executable": False, "space": 0}
        held = shown[self.address] or empty
        shown[self.address] = held | {"lamports": held["lamports"] + self.lamports}
        return answer | {"result": answer["result"] | {"value": list(shown.values())}}


def everywhere(watched: Watched) -> None:
    """Make the honest server tell what the liar does."""
    lying = watched.liar.wsgi_app

    def answer(environ, start_response):
        path = environ["PATH_INFO"]
        return lying(environ | {"PATH_INFO": path if path.startswith("/liar") else "/liar" + path}, start_response)

    watched.liar.wsgi_app = answer


def neighbour(watched: Watched) -> tuple[object, str]:
    person = watched.stand.visitor(5_000)
    return person, watched.stand.address(person, Chain.SOL)


@pytest.mark.parametrize("lie", LIES)
def test_a_payment_that_the_first_server_leaves_out_is_found_at_another(watched, lie):
    watched.open(Chain.SOL)
    watched.liar.change = lie
    watched.pay(45)
    let_pass(watched)
    assert watched.stand.balance(watched.person) == 4_500


@pytest.mark.parametrize("lie", LIES)
def test_a_large_payment_that_the_first_server_leaves_out_is_recorded(watched, lie):
    watched.open(Chain.SOL)
    watched.liar.change = lie
    watched.pay(3_000)
    let_pass(watched)
    assert Deposit.select().count() == 1
    watched.liar.change = honest
    let_pass(watched, minutes=10)
    assert watched.stand.balance(watched.person) == 300_000


@pytest.mark.parametrize("lie", LIES)
def test_a_payment_that_the_only_server_leaves_out_delays_the_chain_until_it_shows_it(watched, lie):
    watched.open(Chain.SOL, alone=True)
    other, address = neighbour(watched)
    watched.scan()
    watched.liar.change = lie
    watched.pay(45)
    let_pass(watched)
    watch = watched.stand.watch(Chain.SOL)
    assert (watched.stand.balance(watched.person), watch.delayed) == (0, True)
    assert "does not list what it holds" in watch.reason
    watched.liar.change = honest
    watched.chains.pay("sol", address, Decimal("0.1"), None)
    minutes(watched, 12)
    assert [watched.stand.balance(who) for who in (watched.person, other)] == [4_500, 1_500]
    assert not watch.delayed


def test_a_balance_that_another_server_shows_without_its_payment_explains_nothing(watched):
    watched.open(Chain.SOL)
    watched.scan()
    everywhere(watched)
    watched.liar.change = lists_nothing  # the first server lags, and the second one has never been asked before
    watched.pay(45)
    watched.liar.change = honest
    let_pass(watched)
    assert watched.stand.balance(watched.person) == 4_500


def test_a_transaction_that_the_only_server_does_not_show_holds_up_nobody_else(watched):
    watched.open(Chain.SOL, alone=True)
    other, address = neighbour(watched)
    watched.scan()
    txid = watched.chains.pay("sol", watched.address, Decimal("0.3"), None)

    @each
    def without_it(question, answer):
        is_about_it = question["method"] == "getTransaction" and question["params"][0] == txid
        return answer | {"result": None} if is_about_it else answer

    watched.liar.change = without_it
    watched.chains.pay("sol", address, Decimal("0.1"), None)
    watched.chains.mine("sol", 80)
    let_pass(watched)
    assert [watched.stand.balance(who) for who in (watched.person, other)] == [0, 1_500]
    assert "does not show what it lists" in watched.stand.watch(Chain.SOL).reason
    watched.liar.change = honest
    minutes(watched, 40)
    assert watched.stand.balance(watched.person) == 4_500


def test_dust_at_one_address_keeps_no_scan_for_itself(watched):
    watched.open(Chain.SOL, alone=True)
    other, address = neighbour(watched)
    watched.scan()
    for _ in range(300):
        watched.chains.sol.include([(watched.address, 1)])
    watched.chains.pay("sol", address, Decimal("0.1"), None)
    watched.chains.mine("sol", 80)
    before = len(watched.liar.questions)
    watched.scan()
    calls = [call for one in watched.liar.questions[before:] for call in (one if isinstance(one, list) else [one])]
    assert sum(call["method"] == "getTransaction" for call in calls) < 100
    let_pass(watched)
    assert watched.stand.balance(other) == 1_500


def test_a_balance_that_one_server_inflates_hides_no_payment(watched):
    watched.open(Chain.SOL)
    watched.scan()
    gift = watched.liar.change = Gift(watched.address)
    gift.lamports = GIFT
    watched.pay(45)
    let_pass(watched)
    assert watched.stand.balance(watched.person) == 4_500
    assert not watched.stand.watch(Chain.SOL).delayed


@pytest.mark.parametrize(("alone", "hours"), [(False, 1), (True, 24)])
def test_lamports_without_a_transaction_delay_no_payment_and_are_accepted_in_time(watched, alone, hours):
    watched.open(Chain.SOL, alone=alone)
    other, address = neighbour(watched)
    for _ in range(3):  # every third scan is followed by one at the other operator
        watched.scan()
    everywhere(watched)
    gift = watched.liar.change = Gift(watched.address)
    gift.lamports = GIFT
    let_pass(watched)
    watch = watched.stand.watch(Chain.SOL)
    assert watch.delayed
    watched.chains.pay("sol", address, Decimal("0.1"), None)
    watched.chains.pay("sol", watched.address, Decimal("0.3"), None)
    let_pass(watched)
    assert [watched.stand.balance(who) for who in (watched.person, other)] == [4_500, 1_500]
    before = len(watched.liar.questions)
    for _ in range(hours * 60 - 30):
        watched.clock.pass_s(60)
        watched.chains.mine("sol", 150)
        watched.scan()
    of_histories = [one for one in watched.liar.questions[before:] if "getSignaturesForAddress" in str(one)]
    assert len(of_histories) < 80, "an address that stays unread is tried less and less often"
    assert watch.delayed
    watched.clock.pass_s(HOUR_S)
    watched.scan()
    assert not watch.delayed


def test_payments_behind_thousands_of_failed_transactions_are_found_in_several_turns(watched):
    watched.open(Chain.SOL, alone=True)
    watched.clock.pass_s(2 * 86_400)  # the shop is off
    ledger = watched.chains.sol
    watched.chains.pay("sol", watched.address, Decimal("0.3"), None)
    for _ in range(2 * TURN + 50):  # anybody can name the address in transactions that fail
        ledger.include([(watched.address, 1)], failed=True)
    watched.chains.mine("sol", 2_000)
    watched.scan()
    watch = watched.stand.watch(Chain.SOL)
    assert (Deposit.select().count(), watch.delayed) == (0, True)
    assert "more than can be read at once" in watch.reason
    watched.chains.pay("sol", watched.address, Decimal("0.1"), None)
    watched.chains.mine("sol", 80)
    before = len(watched.liar.questions)
    for _ in range(4):
        watched.scan()
        watched.later(60)
    assert watched.stand.balance(watched.person) == 6_000
    assert not watch.delayed
    assert len(watched.liar.questions) - before < 80
