"""Large sums of Litecoin need 24 blocks and a second operator, because work does not prove validity."""

import json
from decimal import Decimal

import pytest
from flask import Flask
from werkzeug.wrappers import Response

from shop.chains.errors import NotFound
from shop.chains.failover import Failover
from shop.chains.http import Endpoint
from shop.chains.proof.proof_client import ProofClient
from shop.chains.proof.second_operator import BlockbookClient, SecondOperators
from shop.chains.servers import Provider
from storage.models import Deposit
from tests.stand import Stand, World, open_shop, payloads
from wallet.chains import Chain

BLOCKBOOK = "ltc-blockbook"
LARGE, SMALL = Decimal(20), Decimal(2)
"""Worth 1 600 and 160 dollars."""


@pytest.fixture
def open_with(shop, chains, database, clock):
    """Open a shop with an Esplora server at 127.0.0.1 and another operator's Blockbook at localhost."""

    def open_with(blockbook: str = "localhost", **rules: str) -> Stand:
        (url,) = shop.settings.ltc_blockbook_urls
        registry = shop.registry(ltc_blockbook_urls=(url.replace("127.0.0.1", blockbook),))
        world = World(database)
        world.chains = {Chain.LTC: registry.readers()[Chain.LTC]}
        return open_shop(database, clock, world=world, **{"WITNESS_ABOVE": "100"} | rules)

    return open_with


def pay(stand: Stand, chains, amount: Decimal) -> int:
    """Pay a customer, let 30 blocks come and the shop see them; return the customer's balance."""
    person = stand.visitor()
    stand.watch(Chain.LTC).scan()
    chains.pay("ltc", stand.address(person, Chain.LTC), amount, None)
    chains.mine("ltc", 30)
    stand.watch(Chain.LTC).scan()
    return stand.balance(person)


def later(stand: Stand) -> None:
    stand.clock.pass_s(60)
    stand.shop.payments.rates.refresh()
    stand.watch(Chain.LTC).look()


def test_a_large_payment_is_credited_once_a_second_operator_names_the_same_block(open_with, chains):
    assert pay(open_with(), chains, LARGE) == 160_000
    assert Deposit.get().witness == "localhost"


@pytest.mark.parametrize("kind", ["error500", "html", "stale"])
def test_a_large_payment_waits_while_the_second_operator_is_silent_or_late(open_with, chains, kind):
    stand = open_with()
    chains.fault(BLOCKBOOK, kind, 1)
    assert pay(stand, chains, LARGE) == 0
    assert Deposit.get().held == "unwitnessed"
    later(stand)
    assert stand.balance(stand.visitor()) == 160_000


def test_an_operator_that_names_another_block_raises_an_alarm_and_prevents_the_credit(open_with, chains, front):
    stand, honest = open_with(), front.app.wsgi_app
    others = {"blockHash": "ab" * 32}

    def another_branch(environ, start_response):
        is_asked = "/block-index/" in environ["PATH_INFO"]
        return (Response(json.dumps(others)) if is_asked else honest)(environ, start_response)

    front.app = Flask("liar")
    front.app.wsgi_app = another_branch
    assert pay(stand, chains, LARGE) == 0
    assert Deposit.get().held == "denied"
    for _ in range(3):
        later(stand)
    assert stand.balance(stand.visitor()) == 0
    told = [each["differing"] for each in payloads("admin_contradicted")]
    assert told == [["block"]] * 2, "one for each owner"


def test_an_operator_that_has_not_got_that_far_is_not_rested_for_it(shop, chains, base, clock):
    providers = [
        Provider(Endpoint(f"{base}/{path}", label=path), shop.http, clock=clock)
        for path in ("ltc/api", "ltc-blockbook/api/v2")
    ]
    esplora, blockbook = ProofClient(providers[0]), BlockbookClient(providers[1])
    operators = SecondOperators(
        Failover(Chain.LTC, [esplora], clock=clock), Failover(Chain.LTC, [blockbook], clock=clock)
    )
    top = chains.ltc.height
    for client in (esplora.explorer, blockbook):
        with pytest.raises(NotFound) as denied:
            client.block_hash(top + 1)
        assert denied.value.provider == client.provider.name
    assert list(operators.blocks_at(top + 1, besides="example.org")) == []
    newest = chains.ltc.blocks[-1].hash
    assert list(operators.blocks_at(top, besides="example.org")) == [(each.name, newest) for each in providers]


def test_a_smaller_payment_needs_no_second_operator(open_with, chains):
    assert pay(open_with(), chains, SMALL) == 16_000
    assert BLOCKBOOK not in chains.routes.questions


@pytest.mark.parametrize(
    "options", [{"WITNESS_ABOVE": "0"}, {"blockbook": "127.0.0.1"}], ids=["switched off", "one operator"]
)
def test_the_proof_is_enough_if_there_is_no_second_operator_or_none_is_wanted(open_with, chains, options):
    assert pay(open_with(**options), chains, LARGE) == 160_000
    assert BLOCKBOOK not in chains.routes.questions
