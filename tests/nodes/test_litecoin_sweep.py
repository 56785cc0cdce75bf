"""A sweep of 300 deposits, planned by the shop and accepted by a real litecoind through an Esplora server."""

from collections.abc import Iterator
from decimal import Decimal
from random import Random

import pytest
from flask import Flask, Response, jsonify, request

from shop.chains.bitcoin_sending import BitcoinSending, BitcoinSendingClient
from shop.chains.failover import Failover
from shop.chains.http import Endpoint
from shop.chains.sending import NotTaken, SendRefusal, Speed
from shop.chains.servers import Provider
from shop.money import Money
from shop.sweeps.bitcoin import BitcoinMover
from shop.sweeps.values import Budget
from storage.database import Database
from storage.models import Customer, Deposit, DepositAddress
from tests.nodes.conftest import RpcFailed, litecoind
from tests.nodes.test_litecoin_spending import regtest_address
from tests.patience import patient_client
from tests.stand import BOT_ID, WORDS
from wallet import bip39
from wallet.addresses import script_pubkey
from wallet.chains import Chain
from wallet.keyring import HotKeyring
from wallet.plans import checks
from wallet.plans.keys import Keys
from wallet.plans.signing import sign_transaction
from wallet.transactions import bitcoin
from web.sandbox.server import serve_in_thread

COUNT, LITOSHI = 300, 5_000_000
TO = "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9"
NOW = 1_790_000_000


@pytest.fixture
def node(tmp_path_factory):
    with litecoind(tmp_path_factory.mktemp("litecoin")) as made:
        yield made


@pytest.fixture
def sending(node) -> Iterator[BitcoinSending]:
    """The shop's sender, with a server that passes everything on to the node."""
    app = Flask("esplora", static_folder=None)

    @app.post("/api/tx")
    def send() -> Response:
        try:
            return Response(node.call("sendrawtransaction", request.get_data(as_text=True)), mimetype="text/plain")
        except RpcFailed as error:
            return Response(f"sendrawtransaction RPC error: {error}", status=400, mimetype="text/plain")

    @app.get("/api/fee-estimates")
    def estimates() -> Response:
        return jsonify({"1": 2.0, "6": 1.5, "144": 1.0})

    server = serve_in_thread(app)
    provider = Provider(Endpoint(f"{server.url}/api"), patient_client(), clock=lambda: NOW)
    yield BitcoinSending(Failover(Chain.LTC, [BitcoinSendingClient(provider)], clock=lambda: NOW))
    server.stop()


@pytest.fixture
def deposits(node, database: Database) -> int:
    """Three hundred customers, each with a final deposit whose transaction the node has."""
    keyring = HotKeyring(WORDS)
    derived = [keyring.address_of(Chain.LTC, number) for number in range(1, COUNT + 1)]
    scripts = {script_pubkey(Chain.LTC, each.address): number for number, each in enumerate(derived, 1)}
    paid = {regtest_address(script): f"{LITOSHI / 10**8:.8f}" for script in scripts}
    txid = node.call("sendmany", "", paid)
    node.call("generatetoaddress", 1, node.bank)
    transaction = bitcoin.parse(Chain.LTC, bytes.fromhex(node.call("getrawtransaction", txid)))
    with database.transaction():
        for number, each in enumerate(derived, 1):
            Customer.create(telegram_id=number, bot_id=BOT_ID, first_name="A", language="en", created_at=NOW)
            DepositAddress.create(
                customer=number, chain="LTC", address=each.address, path=each.path, mode="hot", created_at=NOW,
                shown_at=NOW,
            )  # fmt: skip
        for index, output in enumerate(transaction.outputs):
            number = scripts.get(output.script_pubkey)
            if number is not None:
                Deposit.create(
                    customer=number, address=number, chain="LTC", txid=txid, output_index=str(index),
                    identity=str(index), asset="LTC", units=output.value, state="credited", credited_minor=1,
                    finality="6", rate="80", seen_at=NOW, updated_at=NOW,
                )  # fmt: skip
    return COUNT * LITOSHI


def test_a_sweep_of_300_deposits_is_two_transactions_that_a_node_relays_and_mines(
    node, sending: BitcoinSending, deposits: int
) -> None:
    mover = BitcoinMover(Chain.LTC, sending, "hot")
    budget = Budget(Money(100, "USD"), 10, {"LTC": Decimal(80)})
    offer = mover.offers(TO, budget, now=NOW)[Speed.SLOW]
    plan = offer.plan
    assert plan is not None
    checks.check(plan, now=NOW)
    assert [len(each.inputs) for each in plan.transactions] == [200, 100]
    keys = Keys(words=bip39.parse(WORDS))
    signed = [sign_transaction(plan, position, keys) for position in (0, 1)]
    for each in signed:
        for _ in range(2):  # sending it again is not an error
            mover.send(each.raw)
    assert set(node.call("getrawmempool")) == {each.txid for each in signed}
    node.call("generatetoaddress", 1, node.bank)
    for each, planned in zip(signed, plan.transactions, strict=True):
        mover.send(each.raw)  # nor is it once a block contains it
        seen = node.call("getrawtransaction", each.txid, True)
        assert seen["confirmations"] == 1
        assert planned.units == round(Decimal(str(seen["vout"][0]["value"])) * 10**8)
        assert planned.fee >= seen["vsize"]
    assert sum(each.units + each.fee for each in plan.transactions) == deposits
    twice = sign_transaction(plan, 0, keys).raw[:-5] + bytes([Random(1).randrange(256) for _ in range(5)])
    with pytest.raises(NotTaken) as refusal:
        mover.send(twice)
    assert refusal.value.why in {SendRefusal.INVALID, SendRefusal.SPENT}
