"""A liar in front of honest servers: one server can neither create a large payment nor stop an honest one."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from flask import Flask

from shop.chains.operators import operator_of
from shop.chains.registry import Registry
from shop.chains.transfers import Head, Transfer
from shop.errors.payments import AboveCeiling
from shop.errors.refusals import NotAllowed, StaleScreen
from shop.payments.deposits import DepositState
from shop.people import Right
from storage.models import AuditEntry, Deposit, LedgerEntry, Outbox
from tests.patience import patient_client
from tests.shop.chains.lying import PREFIX, Liar, each
from tests.stand import ADMIN, QUOTES, ScriptedPrices, open_shop, readers
from wallet import base58check
from wallet.chains import Chain
from web.sandbox.chains import Chains
from web.sandbox.server import serve_in_thread

PATHS = {Chain.ETH: "/eth", Chain.TRX: "/tron", Chain.SOL: "/solana"}
PAID = {Chain.ETH: ("USDT", 1), Chain.TRX: ("USDT", 1), Chain.SOL: (None, 150)}
FALSE = 10
"""The factor by which the liar multiplies payments."""
RULES = {"WITNESS_ABOVE": "100", "UNWITNESSED_PER_HOUR": "500", "DEPOSIT_CEILING": "10000"}


class Watched:
    """A shop on real servers: an honest one at 127.0.0.1, and a liar that calls itself localhost."""

    def __init__(self, database, clock) -> None:
        self.chains = Chains(clock=clock, random=Random(7), hold_s=0.05)
        app = Flask("emulators")
        app.register_blueprint(self.chains.blueprint())
        self.honest = app.wsgi_app
        self.liar = Liar(app.wsgi_app, lambda _question, answer: answer)
        self.server = serve_in_thread(self.liar_or_honest)
        self.http = patient_client()
        self.database, self.clock = database, clock

    def liar_or_honest(self, environ, start_response):
        return self.liar.wsgi_app(environ, start_response)

    def open(self, chain, *, lies=None, liar_first=True, alone=False, hand_mined=True, **rules):
        """Open a shop that asks both servers, or only the first; with `hand_mined` the chain may grow at any pace."""
        if lies is not None:
            self.liar.change = lies
        honest = self.server.url + PATHS[chain]
        false = f"http://localhost:{self.server.port}{PREFIX}{PATHS[chain]}"
        urls = (false, honest) if liar_first else (honest, false)
        settings = self.chains.provider_settings(self.server.url)
        servers = {**settings.servers, chain: urls[:1] if alone else urls}
        settings = replace(settings, servers=servers, ethplorer_url="", hand_mined=hand_mined)
        registry = Registry(settings, http=self.http, clock=self.clock, folder=self.database.path.parent)
        self.stand = open_shop(self.database, self.clock, world=_World(registry, chain), **{**RULES, **rules})
        self.chain, self.person = chain, self.stand.visitor()
        self.address = self.stand.address(self.person, chain)
        self.scan()
        return self.stand

    def scan(self):
        self.stand.watch(self.chain).scan()

    def later(self, seconds):
        """Let time pass, and look up pending deposits."""
        self.clock.pass_s(seconds)
        self.stand.shop.payments.rates.refresh()
        self.stand.watch(self.chain).look()

    @property
    def name(self):
        """The emulators' name of the chain."""
        return {Chain.TRX: "tron"}.get(self.chain, self.chain.value.lower())

    def pay(self, worth, *, blocks=80):
        """Pay coins of this value, and let them become final."""
        asset, price = PAID[self.chain]
        amount = (Decimal(worth) / price).quantize(Decimal("0.000001"))
        txid = self.chains.pay(self.name, self.address, amount, asset)
        self.chains.mine(self.name, blocks)
        self.scan()
        return txid

    @property
    def deposit(self):
        return Deposit.select().order_by(Deposit.id.desc()).get()

    def close(self):
        self.http.close()
        self.server.stop()


class _World:
    def __init__(self, registry, chain):
        self.made = {chain: registry.readers()[chain]}

    def readers(self):
        return self.made

    def sendings(self):
        return {}

    def price_sources(self):
        return (ScriptedPrices("first", QUOTES), ScriptedPrices("second", QUOTES))


@pytest.fixture
def watched(database, clock):
    made = Watched(database, clock)
    yield made
    made.close()


@each
def _more(question, answer):
    """Claim that ten times as much was paid."""
    result, method = answer.get("result"), (question or {}).get("method", "")
    if method == "eth_getLogs":
        for log in result:
            log["data"] = f"0x{int(log['data'], 16) * FALSE:064x}"
    elif method == "eth_getTransactionReceipt" and result:
        for log in result["logs"]:
            log["data"] = f"0x{int(log['data'], 16) * FALSE:064x}"
    elif method == "getTransaction" and result:
        meta = result["meta"]
        pairs = zip(meta["preBalances"], meta["postBalances"], strict=True)
        meta["postBalances"] = [old + FALSE * (new - old) if new > old else new for old, new in pairs]
    return answer


def more(question, answer):
    if "log" in answer and "blockNumber" in answer:
        for log in answer["log"]:
            log["data"] = f"{int(log['data'], 16) * FALSE:064x}"
        return answer
    return _more(question, answer) if question and ("method" in question or isinstance(question, list)) else answer


def letters(kind):
    return Outbox.select().where(Outbox.kind == kind, Outbox.telegram_id == ADMIN).count()


@pytest.mark.parametrize("worth", [500, 5_000, 50_000])
@pytest.mark.parametrize("chain", PATHS)
def test_a_liar_first_in_the_list_cannot_create_a_large_payment(watched, chain, worth):
    stand = watched.open(chain, lies=more)
    watched.pay(worth / FALSE)
    assert stand.balance(watched.person) == 0
    assert watched.deposit.held == "denied"
    assert letters("admin_contradicted") == 1
    watched.later(700)
    assert (letters("admin_contradicted"), LedgerEntry.select().count()) == (1, 0)


@pytest.mark.parametrize("worth", [450, 4_500])
@pytest.mark.parametrize("chain", PATHS)
def test_a_liar_last_in_the_list_only_makes_a_large_payment_wait(watched, chain, worth):
    stand = watched.open(chain, lies=more, liar_first=False)
    watched.pay(worth)
    assert (stand.balance(watched.person), watched.deposit.held) == (0, "denied")
    watched.liar.change = lambda _question, answer: answer
    watched.later(60)
    assert stand.balance(watched.person) == worth * 100


def final_at_once(watched):
    """Name the newest block wherever the last final one is asked for."""
    ledger = watched.chains.ledgers[watched.chain]

    @each
    def change(question, answer):
        method, params = question.get("method"), question.get("params", [])
        if method == "getSlot":
            return answer | {"result": ledger.confirmed}
        if method == "eth_getBlockByNumber" and params[0] in {"safe", "finalized"}:
            return answer | {"result": answer["result"] | {"number": hex(ledger.height)}}
        if "block_header" in answer:
            header = answer["block_header"]
            return answer | {"block_header": {"raw_data": header["raw_data"] | {"number": ledger.height}}}
        return answer

    return change


@pytest.mark.parametrize("chain", PATHS)
def test_a_liar_that_names_everything_final_credits_no_large_payment_early(watched, chain):
    stand = watched.open(chain)
    watched.liar.change = final_at_once(watched)
    watched.pay(300, blocks=3)
    watched.later(60)
    assert (watched.deposit.held, stand.balance(watched.person)) == ("unwitnessed", 0)
    watched.chains.mine(watched.name, 80)
    watched.later(60)
    assert stand.balance(watched.person) == 30_000


def with_other_blocks(value):
    """Change every hash of a block."""
    if isinstance(value, list):
        return [with_other_blocks(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {key: with_other_blocks(each) for key, each in value.items()}
    false = {"blockHash": "0x" + "ab" * 32, "blockhash": base58check.encode_plain(b"\x05" * 32)}
    if "parentHash" in found:
        false |= {"hash": false["blockHash"], "parentHash": false["blockHash"]}
    return found | {key: told for key, told in false.items() if key in found}


@pytest.mark.parametrize("liar_first", [True, False])
@pytest.mark.parametrize("chain", PATHS)
def test_a_true_payment_in_another_block_is_denied(watched, chain, liar_first):
    stand = watched.open(chain, liar_first=liar_first)
    watched.liar.change = lambda _question, answer: with_other_blocks(answer)
    watched.pay(300)
    watched.later(60)
    assert (watched.deposit.held, stand.balance(watched.person)) == ("denied", 0)
    assert letters("admin_contradicted") == 1


@pytest.mark.parametrize("chain", PATHS)
def test_an_honest_large_payment_is_credited_once_with_both_operators_on_record(watched, chain):
    stand = watched.open(chain)
    watched.pay(4_500)
    watched.scan()
    assert stand.balance(watched.person) == 450_000
    assert (watched.deposit.shown_by, watched.deposit.witness) == ("localhost", "127.0.0.1")


def test_below_the_limits_a_liar_gains_no_more_than_the_hourly_bound(watched):
    stand = watched.open(Chain.ETH, alone=True, WITNESS_ABOVE="0")
    for _ in range(9):
        watched.pay(90)
    assert stand.balance(watched.person) == 45_000
    assert Deposit.select().where(Deposit.held == "unwitnessed").count() == 4


def test_without_a_second_operator_a_deposit_waits_and_the_admins_are_told_once(watched):
    stand = watched.open(Chain.ETH, alone=True)
    watched.pay(300)
    assert stand.shop.payments.deposits.view(watched.deposit.id).state is DepositState.VERIFYING
    assert letters("admin_held") == 0
    for _ in range(3):
        watched.later(400)
    assert (letters("admin_held"), stand.balance(watched.person)) == (1, 0)


def test_a_deposit_held_while_the_clock_was_ahead_is_told_once_the_clock_is_right(watched):
    watched.open(Chain.ETH, alone=True)
    watched.clock.now += 30 * 86_400
    watched.pay(300)
    watched.clock.now -= 30 * 86_400
    for _ in range(3):
        watched.later(400)
    assert letters("admin_held") == 1


def test_an_owner_releases_a_held_deposit_once_and_a_manager_without_the_right_never(watched, at_once):
    stand = watched.open(Chain.ETH, alone=True)
    watched.pay(300)
    number, deposits = watched.deposit.id, stand.shop.payments.deposits
    with pytest.raises(NotAllowed):
        deposits.release(stand.visitor(555), number)
    owner = stand.visitor(ADMIN)
    views = at_once(*[lambda: deposits.release(owner, number)] * 20)
    assert {view.state for view in views} == {DepositState.CREDITED}
    assert stand.balance(watched.person) == 30_000
    assert AuditEntry.select().where(AuditEntry.action == "deposit.released").count() == 1


def test_above_the_ceiling_a_witnessed_deposit_waits_for_an_owner(watched):
    stand = watched.open(Chain.ETH)
    watched.pay(50_000)
    assert (stand.balance(watched.person), watched.deposit.held, watched.deposit.witness) == (
        0,
        "ceiling",
        "127.0.0.1",
    )
    assert (letters("admin_held"), readers("admin_ceiling")) == (0, [ADMIN, 2])
    stand.shop.payments.deposits.release(stand.visitor(ADMIN), watched.deposit.id)
    assert stand.balance(watched.person) == 5_000_000


def test_a_manager_releases_no_deposit_above_the_ceiling_whatever_holds_it(watched):
    stand = watched.open(Chain.ETH, alone=True)
    manager, deposits = stand.appoint(Right.MONEY), stand.shop.payments.deposits
    watched.pay(50_000)
    assert watched.deposit.held == "unwitnessed"
    with pytest.raises(AboveCeiling):
        deposits.release(manager, watched.deposit.id)
    watched.pay(6_000)
    deposits.release(manager, watched.deposit.id)
    watched.pay(6_000)
    with pytest.raises(AboveCeiling):
        deposits.release(manager, watched.deposit.id)
    assert stand.balance(watched.person) == 600_000
    assert AuditEntry.select().where(AuditEntry.action == "deposit.released").count() == 1


def test_a_customer_is_told_when_a_deposit_begins_to_wait_for_an_owner(watched):
    watched.open(Chain.ETH, lies=more, liar_first=False)
    watched.pay(50_000)
    assert watched.deposit.held == "denied"
    told = Outbox.get(Outbox.kind == "deposit").progress
    watched.liar.change = lambda _question, answer: answer
    watched.later(60)
    assert watched.deposit.held == "ceiling"
    assert Outbox.get(Outbox.kind == "deposit").progress == told + 1
    watched.later(400)
    assert Outbox.get(Outbox.kind == "deposit").progress == told + 1


def test_a_deposit_that_is_not_held_cannot_be_released(watched):
    stand = watched.open(Chain.ETH)
    with pytest.raises(StaleScreen) as refused:
        stand.shop.payments.deposits.release(stand.visitor(ADMIN), 77)
    assert type(refused.value) is StaleScreen


@pytest.mark.parametrize("credited", [False, True])
def test_different_units_for_one_transaction_are_a_contradiction_not_a_second_deposit(watched, credited):
    stand = watched.open(Chain.ETH)
    watched.pay(50)
    row = watched.deposit
    if not credited:
        with watched.database.transaction():
            Deposit.change(row.id, state="confirming", credited_minor=None)
    before = stand.balance(watched.person)
    asset = next(each for each in stand.shop.payments.top_ups.assets if each.code == row.asset)
    told = Transfer(
        Chain.ETH, row.txid, row.place, watched.address, asset, row.units * 9, row.block_height, shown_by="other.org"
    )
    head = Head(row.block_height + 100, row.block_height + 90, row.block_height + 80)
    for _ in range(3):
        stand.shop.payments.deposits.observe(told, head)
    assert (Deposit.select().count(), stand.balance(watched.person)) == (1, before)
    assert letters("admin_contradicted") == 1


def test_a_credited_deposit_is_checked_with_another_operator(watched):
    stand = watched.open(Chain.ETH, lies=more)
    watched.pay(5)
    assert stand.balance(watched.person) == 5_000
    watched.clock.pass_s(1_000)
    stand.watch(Chain.ETH).check_credited()
    assert letters("admin_contradicted") == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ethereum-rpc.publicnode.com", "tron-rpc.publicnode.com", True),
        ("api.trongrid.io (1)", "api.tronstack.io", True),
        ("a.example.co.uk", "b.example.co.uk", True),
        ("a.example.co.uk", "a.other.co.uk", False),
        ("eth.drpc.org", "eth.llamarpc.com", False),
        ("127.0.0.1", "127.0.0.2", False),
    ],
)
def test_one_registrable_domain_is_one_operator(one, other, same):
    assert (operator_of(one) == operator_of(other)) is same
