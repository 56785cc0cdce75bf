"""Coins in a form that the shop does not credit, over real HTTP: noticed by balance, reported to the admins once."""

from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace

import pytest

from shop.assets import NOT_CREDITED, native
from shop.chains.tokens import account
from shop.chains.transfers import Balance
from storage.models import Deposit
from tests.stand import ADMIN, Stand, World, letters, open_shop, payloads
from wallet import base58check
from wallet.chains import Chain

TOLD = "admin_unseen"
NAMES = {Chain.ETH: "eth", Chain.TRX: "tron", Chain.SOL: "sol"}


@pytest.fixture
def open_with(shop, chains, database, clock) -> Iterator:
    """Open a shop with one chain and a customer who has an address."""

    def open_with(chain: Chain) -> SimpleNamespace:
        registry = shop.registry()
        world = World(database)
        world.chains = {chain: registry.readers()[chain]}
        stand = open_shop(database, clock, world=world)
        person = stand.visitor()
        address = stand.address(person, chain)
        stand.watch(chain).scan()
        return SimpleNamespace(stand=stand, person=person, address=address, name=NAMES[chain], chains=chains)

    return open_with


def look(stand: Stand) -> None:
    [unseen] = stand.shop.payments.unseen
    stand.clock.pass_s(unseen.every_s)
    stand.shop.payments.rates.refresh()
    unseen.look()


@pytest.mark.parametrize("code", NOT_CREDITED)
def test_tokens_at_a_solana_address_are_reported_once_with_customer_and_address(open_with, code):
    scene = open_with(Chain.SOL)
    scene.chains.pay("sol", scene.address, Decimal(1_250), code)
    look(scene.stand)
    assert letters(TOLD) == [], "not final yet"
    scene.chains.mine("sol", 40)
    for _ in range(3):
        look(scene.stand)
    said = {"customer_id": scene.person.id, "address": scene.address, "asset": code, "units": "1250000000"}
    assert payloads(TOLD, to=ADMIN) == [said]
    assert (scene.stand.balance(scene.person), Deposit.select().count()) == (0, 0)


def test_more_tokens_and_tokens_of_both_kinds_are_each_reported(open_with):
    scene = open_with(Chain.SOL)
    for code, amount in (("USDC_SPL", 5), ("USDT_SPL", 7), ("USDC_SPL", 1)):
        scene.chains.pay("sol", scene.address, Decimal(amount), code)
        scene.chains.mine("sol", 40)
        look(scene.stand)
    told = [(said["asset"], said["units"]) for said in payloads(TOLD, to=ADMIN)]
    assert told == [("USDC_SPL", "5000000"), ("USDT_SPL", "7000000"), ("USDC_SPL", "6000000")]


@pytest.mark.parametrize("chain", [Chain.ETH, Chain.TRX])
def test_coins_sent_by_a_contract_are_reported_once_and_others_are_deposits(open_with, chain):
    scene = open_with(chain)
    ledger, who, coin = scene.chains.ledgers[chain], account(chain, scene.address), native(chain)
    unit = 10**coin.decimals
    ledger.include(to=b"\x22" * 20, internal=[(who, 300 * unit)])
    scene.chains.pay(scene.name, scene.address, Decimal(40), None)
    scene.chains.mine(scene.name, 80)
    for _ in range(3):
        look(scene.stand)
    assert [(said["asset"], said["units"]) for said in payloads(TOLD, to=ADMIN)] == [(coin.code, str(300 * unit))]
    assert [(row.asset, row.units) for row in Deposit.select()] == [(coin.code, 40 * unit)]


def test_a_tron_server_without_json_rpc_is_not_asked_for_balances_and_does_not_rest(open_with, chains):
    chains.tron_grid.serves_logs = False
    scene = open_with(Chain.TRX)
    chains.tron.include(to=b"\x22" * 20, internal=[(account(Chain.TRX, scene.address), 10**9)])
    look(scene.stand)
    assert (letters(TOLD), scene.stand.watch(Chain.TRX).resting) == ([], ())


def test_balances_are_requested_for_a_hundred_accounts_at_a_time(shop, chains):
    owners = [base58check.encode_plain((10**60 + number).to_bytes(32)) for number in range(150)]
    reader = shop.reader(Chain.SOL)
    chains.pay("sol", owners[120], Decimal(3), "USDC_SPL")
    chains.mine("sol", 40)
    reader.head()
    before = chains.routes.questions.get("solana", 0)
    found = reader.balances(owners)
    assert chains.routes.questions.get("solana", 0) - before == 4
    assert [each for each in found if each.units] == [Balance(owners[120], NOT_CREDITED["USDC_SPL"], 3_000_000)]
