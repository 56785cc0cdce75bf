"""ETH and a token that returns no value, swept on a real EVM node, with gas that the gas address sends first."""

from decimal import Decimal

import pytest

from shop.assets import ETH, USDT_ERC20
from shop.chains.ethereum_sending import EthereumSending, EthereumSendingClient
from shop.chains.failover import Failover
from shop.chains.http import Endpoint
from shop.chains.sending import NotTaken, SendRefusal, Speed
from shop.chains.servers import Provider
from shop.money import Money
from shop.sweeps.ethereum import EthereumMover
from shop.sweeps.movers import Unfit
from shop.sweeps.offers import SourceAddress
from shop.sweeps.values import Budget
from storage.database import Database
from storage.models import Customer, Deposit, DepositAddress, SweepTransaction
from tests.nodes.conftest import free_port, program
from tests.nodes.test_ethereum import TOKEN, Evm, somebody, word
from tests.patience import patient_client
from tests.stand import BOT_ID, WORDS
from wallet import bip39
from wallet.chains import Chain
from wallet.keyring import HotKeyring
from wallet.plans import checks
from wallet.plans.keys import Keys
from wallet.plans.signing import sign_transaction

NOW = 1_790_000_000
ETHER, USDT = 10**18, 10**6
TO = somebody(99)
KEYRING = HotKeyring(WORDS)


@pytest.fixture
def node():
    port = free_port()
    command = [program("anvil"), "--port", str(port), "--silent", "--chain-id", "1"]
    made = Evm(command, f"http://127.0.0.1:{port}", probe="eth_chainId")
    made.start()
    made.bank = made.call("eth_accounts")[0]
    deployed = made.call("eth_getTransactionReceipt", "0x" + made.send(None, "0x" + TOKEN["bytecode"]))
    code = made.call("eth_getCode", deployed["contractAddress"], "latest")
    made.call("anvil_setCode", USDT_ERC20.contract, code)
    yield made
    made.stop()


@pytest.fixture
def mover(node) -> EthereumMover:
    provider = Provider(Endpoint(node.url), patient_client(), clock=lambda: NOW)
    sending = EthereumSending(Failover(Chain.ETH, [EthereumSendingClient(provider)], clock=lambda: NOW))
    gas = KEYRING.address_of(Chain.ETH, 0)
    return EthereumMover(sending, "hot", SourceAddress(None, 0, gas.path, gas.address))


def deposited(database: Database, number: int, asset: str) -> str:
    """Create a customer with a final deposit; return their address."""
    derived = KEYRING.address_of(Chain.ETH, number)
    with database.transaction():
        customer = Customer.create(telegram_id=number, bot_id=BOT_ID, first_name="A", language="en", created_at=NOW)
        assert customer.id == number
        row = DepositAddress.create(
            customer=number, chain="ETH", address=derived.address, path=derived.path, mode="hot", created_at=NOW,
            shown_at=NOW,
        )  # fmt: skip
        Deposit.create(
            customer=number, address=row.id, chain="ETH", txid=f"{number:064x}", output_index="0", identity="0",
            asset=asset, units=1, state="credited", credited_minor=1, finality="12", rate="1", seen_at=NOW,
            updated_at=NOW,
        )  # fmt: skip
    return derived.address


def token_units(node, who: str) -> int:
    call = {"to": USDT_ERC20.contract, "data": f"0x70a08231{word(who)}"}
    return int(node.call("eth_call", call, "latest"), 16)


def wei(node, who: str) -> int:
    return int(node.call("eth_getBalance", who, "latest"), 16)


def budget() -> Budget:
    rates = {"ETH": Decimal(2_000), "USDT_ERC20": Decimal(1), "USDC_ERC20": Decimal(1)}
    return Budget(Money(100, "USD"), 10, rates)


def test_ether_and_a_token_that_returns_nothing_are_swept_with_gas_funding(
    node, mover: EthereumMover, database: Database
) -> None:
    rich, holder = deposited(database, 1, "ETH"), deposited(database, 2, "USDT_ERC20")
    node.call("anvil_setBalance", rich, hex(ETHER))
    node.invoke(USDT_ERC20.contract, "mint(uint256)", 300 * USDT)
    node.transfer(USDT_ERC20, holder, 300 * USDT)
    without_gas = mover.offers(TO, budget(), now=NOW)[Speed.NORMAL]
    assert without_gas.gas_missing > 0
    node.call("anvil_setBalance", mover.gas_place.address, hex(without_gas.gas_missing))
    offer = mover.offers(TO, budget(), now=NOW)[Speed.NORMAL]
    plan = offer.plan
    assert plan is not None
    checks.check(plan, now=NOW)
    assert [(each.is_gas, bool(each.contract)) for each in plan.transactions] == [
        (False, False), (True, False), (False, True),
    ]  # fmt: skip
    keys, row = Keys(words=bip39.parse(WORDS)), SweepTransaction()
    for position, planned in enumerate(plan.transactions):
        mover.prepare(planned, row)
        signed = sign_transaction(plan, position, keys)
        mover.send(signed.raw)
        node.mine()
        succeeded, _ = mover.sending.receipt(signed.txid)
        assert succeeded
        with pytest.raises(Unfit):  # the second time it no longer fits
            mover.prepare(planned, row)
    assert (wei(node, rich), token_units(node, holder)) == (0, 0)
    assert token_units(node, TO) == 300 * USDT
    assert wei(node, TO) == plan.transactions[0].units
    assert offer.gas <= without_gas.gas_missing
    assert ETH.most_units > 0


def test_a_replacement_is_accepted_and_the_old_transaction_refused(
    node, mover: EthereumMover, database: Database
) -> None:
    rich = deposited(database, 1, "ETH")
    node.call("anvil_setBalance", rich, hex(ETHER))
    plan = mover.offers(TO, budget(), now=NOW)[Speed.SLOW].plan
    assert plan is not None
    keys = Keys(words=bip39.parse(WORDS))
    node.call("evm_setAutomine", False)
    [planned] = plan.transactions
    first = sign_transaction(plan, 0, keys)
    mover.send(first.raw)
    row = SweepTransaction(
        signed_bytes=first.raw, txid=first.txid, source=rich, units=planned.units, fee_units=planned.fee
    )
    dearer = mover.with_higher_fee(planned, row)
    assert dearer.fee > planned.fee
    assert dearer.units + dearer.fee == ETHER
    again = sign_transaction(
        type(plan)(made_at=NOW, expires_at=plan.expires_at, destinations=plan.destinations, transactions=(dearer,)),
        0,
        keys,
    )
    mover.send(again.raw)
    node.mine()
    assert mover.sending.receipt(again.txid)[0]
    assert mover.sending.receipt(first.txid) is None
    with pytest.raises(NotTaken) as refusal:
        mover.send(first.raw)
    assert refusal.value.why in {SendRefusal.SPENT, SendRefusal.FUNDS}
    assert wei(node, rich) == 0
