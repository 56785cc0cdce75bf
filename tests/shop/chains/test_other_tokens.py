"""A token that the shop does not take, in a transaction that somebody names: they are told so, the admins once."""

from collections.abc import Iterator, Sequence

import pytest
from werkzeug.wrappers import Response

from shop.assets import NOT_CREDITED, tokens
from shop.chains.tokens import account, address_of
from shop.payments.other_tokens import MOST_PER_ADDRESS
from storage.models import Deposit, Outbox
from tests.patience import wait_for
from tests.shop.chains.lying import PREFIX, Liar, each
from tests.shop.payments.looking_up import Listener, looking_up
from tests.stand import ADMIN, World, open_shop, payloads
from wallet.chains import Chain
from web.sandbox.chains.account_ledger import Event, transfer_event

TOLD = "admin_unseen"
COINS = {Chain.ETH: "ETH", Chain.TRX: "TRX", Chain.SOL: "SOL"}
ACCOUNT_BASED = [Chain.ETH, Chain.TRX]
MINT = NOT_CREDITED["USDC_SPL"].contract


class Scene:
    """A shop with one chain and a customer who has an address and names transactions."""

    def __init__(self, reader, chains, database, clock) -> None:
        world = World(database)
        self.chain, world.chains = reader.chain, {reader.chain: reader}
        self.stand, self.ledger = open_shop(database, clock, world=world), chains.ledgers[reader.chain]
        self.person = self.stand.visitor()
        self.address = self.stand.address(self.person, self.chain)
        self.stand.watch(self.chain).scan()

    def include(self, *events: Event, ok: bool = True) -> str:
        return self.ledger.include(to=b"\x22" * 20, events=events, ok=ok)

    def paid_by(self, contract: bytes, units: int = 5, *, to: bytes = b"") -> Event:
        return transfer_event(contract, b"\x33" * 20, to or account(self.chain, self.address), units)

    def pay(self) -> tuple[str, str]:
        """Pay the customer in a token that the shop does not take; return the transaction and the contract."""
        if self.chain is Chain.SOL:
            return self.ledger.send(NOT_CREDITED["USDC_SPL"], [(self.address, 7)]), str(MINT)
        contract = b"\xab" * 20
        return self.include(self.paid_by(contract)), address_of(self.chain, contract)

    def ask(self, txid: str) -> object:
        """Name a transaction as the customer; return the answer."""
        listener = Listener()
        self.stand.clock.pass_s(60)
        self.stand.shop.payments.payment_checks.ask(self.person, COINS[self.chain], txid, listener)
        return self._answer(listener)

    def ask_as_admin(self, txid: str) -> object:
        listener = Listener()
        self.stand.shop.payments.payment_checks.ask_everywhere(self.stand.visitor(ADMIN), txid, listener)
        return self._answer(listener)

    def _answer(self, listener: Listener) -> object:
        wait_for(lambda: len(listener.told) == 3, f"an answer after {listener.told}")
        return listener.told[-1]


@pytest.fixture
def open_with(shop, chains, database, clock) -> Iterator:
    running = []

    def open_with(chain: Chain, urls: Sequence[str] | None = None) -> Scene:
        scene = Scene(shop.reader(chain, urls), chains, database, clock)
        running.append(looking_up(scene.stand))
        running[-1].__enter__()
        return scene

    yield open_with
    for each_one in running:
        each_one.__exit__(None, None, None)


def contracts() -> list[str]:
    return [said["contract"] for said in payloads(TOLD, to=ADMIN)]


@pytest.mark.parametrize("chain", COINS)
def test_who_names_it_is_told_so_and_the_admins_get_its_contract_once(open_with, chain):
    scene = open_with(chain)
    txid, contract = scene.pay()
    assert scene.ask(txid) == "TokenNotTaken"
    said = {"customer_id": scene.person.id, "address": scene.address, "chain": chain.value}
    assert payloads(TOLD, to=ADMIN) == [{**said, "contract": contract, "txid": txid}]
    assert scene.ask(txid) == "TokenNotTaken"
    with scene.stand.database.transaction():
        Outbox.delete().execute()
    assert scene.ask(txid) == "TokenNotTaken"
    assert payloads(TOLD) == [], "the admins know of this payment, also when their letter is long deleted"
    again, _ = scene.pay()
    assert scene.ask(again) == "TokenNotTaken"
    assert payloads(TOLD, to=ADMIN) == [{**said, "contract": contract, "txid": again}]
    assert (scene.stand.balance(scene.person), Deposit.select().count()) == (0, 0)


@pytest.mark.parametrize("chain", COINS)
def test_an_admin_who_names_it_is_told_so_and_not_to_write(open_with, chain):
    scene = open_with(chain)
    txid, contract = scene.pay()
    assert scene.ask_as_admin(txid) == "TokenForTheShop"
    assert contracts() == [contract]


@pytest.mark.parametrize("chain", ACCOUNT_BASED)
def test_the_admins_get_the_transaction_as_the_chain_writes_it(open_with, chain):
    scene = open_with(chain)
    txid, _ = scene.pay()
    assert scene.ask("0x" + txid.upper()) == "TokenNotTaken"
    assert [said["txid"] for said in payloads(TOLD, to=ADMIN)] == [txid]
    assert scene.ask(txid) == "TokenNotTaken"
    assert len(contracts()) == 1


def test_a_token_that_the_balance_showed_is_not_reported_again(open_with):
    scene = open_with(Chain.SOL)
    txid, _ = scene.pay()
    scene.ledger.mine(80)
    [unseen] = scene.stand.shop.payments.unseen
    unseen.look()
    assert [said["asset"] for said in payloads(TOLD, to=ADMIN)] == ["USDC_SPL"]
    assert scene.ask(txid) == "TokenNotTaken"
    assert len(payloads(TOLD, to=ADMIN)) == 1


def lacks_it(question, answer):
    """Know no transaction, as a server that lags behind."""
    if isinstance(question, dict) and "value" in question:
        return {}
    if isinstance(question, list) and any("getTransaction" in call["method"] for call in question):
        return [{**reply, "result": None} for reply in answer]
    return answer


@pytest.mark.parametrize("chain", ACCOUNT_BASED)
def test_what_one_server_lacks_is_asked_of_the_next(open_with, shop, front, chain):
    url = shop.settings.servers[chain][0]
    front.app = Liar(front.app.wsgi_app, lacks_it)
    lacking, other = url.replace(front.url, front.url + PREFIX), url.replace("127.0.0.1", "localhost")
    scene = open_with(chain, (lacking, other))
    txid, contract = scene.pay()
    assert scene.ask(txid) == "TokenNotTaken"
    assert contracts() == [contract]


def not_a_payment(scene: Scene) -> dict[str, Sequence[Event]]:
    paid, stranger = scene.paid_by(b"\xab" * 20), b"\x44" * 20
    return {
        "to somebody else": (scene.paid_by(b"\xab" * 20, to=stranger),),
        "of nothing": (scene.paid_by(b"\xab" * 20, 0),),
        "of one thing that has a number": (Event(paid.contract, (*paid.topics, b"\0" * 32), b""),),
        "of a coin that the shop takes, to somebody else": (
            scene.paid_by(account(scene.chain, tokens(scene.chain)[0].contract), to=stranger),
        ),
    }


@pytest.mark.parametrize("chain", ACCOUNT_BASED)
def test_what_pays_the_customer_nothing_is_still_not_theirs(open_with, chain):
    scene = open_with(chain)
    answers = {what: scene.ask(scene.include(*events)) for what, events in not_a_payment(scene).items()}
    answers["that failed"] = scene.ask(scene.include(scene.paid_by(b"\xab" * 20), ok=False))
    assert set(answers.values()) == {"NotYourTransaction"}, answers
    assert payloads(TOLD) == []


@pytest.mark.parametrize("chain", ACCOUNT_BASED)
def test_a_payment_in_a_coin_of_the_shop_is_found_whatever_else_the_transaction_pays(open_with, chain):
    scene = open_with(chain)
    known = account(chain, tokens(chain)[0].contract)
    txid = scene.include(scene.paid_by(b"\xab" * 20), scene.paid_by(known, 5_000_000))
    assert scene.ask(txid) == [txid]
    assert contracts() == [address_of(chain, b"\xab" * 20)]


def test_a_payment_that_was_found_is_shown_also_if_no_server_tells_what_else_there_is(open_with, front, shop):
    asked = []

    def answers_once(question, answer):
        if isinstance(question, list) and any("getTransactionReceipt" in call["method"] for call in question):
            asked.append(question)
        return Response(status=503) if len(asked) > 1 else answer

    url = shop.settings.servers[Chain.ETH][0]
    front.app = Liar(front.app.wsgi_app, answers_once)
    scene = open_with(Chain.ETH, (url.replace(front.url, front.url + PREFIX),))
    known = account(Chain.ETH, tokens(Chain.ETH)[0].contract)
    txid = scene.include(scene.paid_by(b"\xab" * 20), scene.paid_by(known, 5_000_000))
    assert scene.ask(txid) == [txid]
    assert len(asked) == 2
    assert contracts() == []


def test_someone_who_makes_tokens_by_the_dozen_is_soon_only_logged(open_with, caplog):
    scene = open_with(Chain.ETH)
    told = []
    for number in range(5):
        made = [bytes([number + 1, digit] * 10) for digit in range(4)]
        assert scene.ask(scene.include(*map(scene.paid_by, made))) == "TokenNotTaken"
        told.append(len(contracts()))
    assert told == [3, 6, 9, MOST_PER_ADDRESS, MOST_PER_ADDRESS]
    assert len(set(contracts())) == MOST_PER_ADDRESS
    said = [each.getMessage() for each in caplog.records if "are not reported" in each.getMessage()]
    assert [text.split(" payments")[0] for text in said] == ["ETH: 3", "ETH: 4"]
    scene.person = scene.stand.visitor(1002)
    scene.address = scene.stand.address(scene.person, Chain.ETH)
    assert scene.ask(scene.include(scene.paid_by(b"\xab" * 20))) == "TokenNotTaken"
    assert len(contracts()) == MOST_PER_ADDRESS + 1


@each
def misnamed(question, answer):
    """Give a token text in place of its mint's address."""
    if question.get("method") == "getTransaction" and answer["result"]:
        for one in answer["result"]["meta"]["postTokenBalances"]:
            one["mint"] = "<b>Free coins at example.com</b>"
    return answer


def test_text_in_place_of_a_contract_reaches_nobody(open_with, front):
    front.app = Liar(front.app.wsgi_app, misnamed)
    scene = open_with(Chain.SOL, (f"{front.url}{PREFIX}/solana",))
    txid, _ = scene.pay()
    assert scene.ask(txid) == "ChainDelayed"
    assert payloads(TOLD) == []
