"""An address that no server can read, or an answer that none has, holds up nobody else's money."""

from decimal import Decimal

import pytest
from werkzeug.wrappers import Response

from storage.models import Deposit
from tests.shop.chains.lying import each
from tests.shop.payments.test_heights import minutes, paid
from tests.shop.payments.test_witnesses import Watched
from wallet import base58check
from wallet.chains import Chain

FAKE = base58check.encode_plain(b"\x05" * 64)


@pytest.fixture
def watched(database, clock):
    made = Watched(database, clock)
    yield made
    made.close()


def test_a_server_that_lists_transactions_it_cannot_show_holds_up_no_payment(watched):
    watched.open(Chain.SOL)
    victim = watched.stand.address(watched.stand.visitor(3_000), Chain.SOL)

    @each
    def lists_more(question, answer):
        method, result = question["method"], answer.get("result")
        if method == "getMultipleAccounts" and victim in question["params"][0]:
            shown = dict(zip(question["params"][0], result["value"], strict=True))
            empty = {"owner": "1" * 32, "data": ["", "base64"], "executable": False, "space": 0}
            shown[victim] = empty | {"lamports": 5_000_000}
            return answer | {"result": result | {"value": list(shown.values())}}
        if method == "getSignaturesForAddress" and question["params"][0] == victim:
            slot = watched.chains.sol.height
            return answer | {"result": [{"signature": FAKE, "slot": slot, "err": None, "blockTime": None}, *result]}
        return answer

    watched.liar.change = lists_more
    paid(watched, 45)
    minutes(watched, 2)
    watched.chains.mine("sol", 40)
    watched.scan()
    assert watched.stand.balance(watched.person) == 4_500


def test_an_unreadable_solana_address_holds_up_no_other(watched):
    watched.open(Chain.SOL, alone=True)
    people = [watched.stand.visitor(3_000 + number) for number in range(6)]
    addresses = {watched.stand.address(person, Chain.SOL): person for person in people}
    poisoned = min(addresses)
    from_now_on = []

    @each
    def unreadable(question, answer):
        if from_now_on and question["method"] == "getSignaturesForAddress" and question["params"][0] == poisoned:
            return {"jsonrpc": "2.0", "id": question["id"], "error": {"code": -32015, "message": "version (9)"}}
        return answer

    watched.liar.change = unreadable
    from_now_on.append(True)
    for address in addresses:
        watched.chains.pay("sol", address, Decimal("0.1"), None)
    watched.chains.mine("sol", 40)
    for _ in range(4):
        watched.scan()
        watched.later(60)
    rich = {address for address, person in addresses.items() if watched.stand.balance(person) == 1_500}
    assert rich == set(addresses) - {poisoned}
    assert watched.stand.shop.payments.delayed, "nobody would know that one payment cannot be seen"
    from_now_on.clear()
    watched.chains.mine("sol", 2_000)
    for _ in range(3):
        watched.scan()
    assert watched.stand.balance(addresses[poisoned]) == 1_500
    assert not watched.stand.shop.payments.delayed


def test_without_trongrids_lists_tethers_still_arrive_at_old_addresses(watched, clock):
    """The first server, which has the lists, is dead; the second has no lists."""
    watched.open(Chain.TRX)
    dead = Response("bad gateway", status=502)
    honest = watched.honest

    def no_lists(environ, start_response):
        path = environ["PATH_INFO"]
        if path.startswith("/liar"):
            return dead(environ, start_response)
        if "/v1/" in path:
            return Response("not found", status=404)(environ, start_response)
        return honest(environ, start_response)

    watched.liar.wsgi_app = no_lists
    clock.pass_s(40 * 86_400)
    for _ in range(3):
        watched.scan()
        watched.later(60)
    watched.stand.world.made[Chain.TRX].peek = lambda *_, **__: ()
    paid(watched, 45)
    minutes(watched, 8)
    assert watched.stand.balance(watched.person) == 4_500
    assert Deposit.select().count() == 1
    assert watched.stand.shop.payments.delayed
