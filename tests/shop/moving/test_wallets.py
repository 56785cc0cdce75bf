"""Addresses that the old bot gave out: watched, credited once, and derived from mnemonics that are sealed."""

import logging

import pytest

from shop.moving.wallets import NoOperatorKey
from shop.payments import moved
from shop.sweeps.offers import SourceAddress
from storage.models import Customer, Deposit, DepositAddress, MovedWallet, sweeps
from storage.models.moving import MOVED_BOX
from tests.shop.books import check_books
from tests.shop.moving import old_bot
from tests.shop.moving.conftest import MoveOf
from tests.stand import WORDS, Stand
from wallet import bip39
from wallet.accounts import Accounts
from wallet.chains import Chain
from wallet.errors import SealingFailed
from wallet.plans.keys import Keys
from wallet.sealing import OperatorKey
from wallet.slip132 import print_account_key

PATHS = {
    "BTC": "m/84'/0'/0'/0/0",
    "LTC": "m/84'/2'/0'/0/0",
    "ETH": "m/44'/60'/0'/0/0",
    "TRX": "m/44'/195'/0'/0/0",
    "SOL": "m/44'/501'/0'/0'",
}


def customer(number: int) -> Customer:
    found = Customer.by_telegram_id(7_000_000_000 + number)
    assert found is not None
    return found


@pytest.fixture
def moved_in(stand: Stand, move_of: MoveOf) -> dict[str, str]:
    """The first customer's wallet there, after the move."""
    move_of(old_bot.tables_3_2_10()).bring()
    return old_bot.wallet(1)


def test_old_addresses_are_stored_beside_the_new_one_with_their_paths(stand: Stand, moved_in: dict[str, str]) -> None:
    rows = {row.chain: row for row in DepositAddress.every_moved() if row.customer_id == customer(1).id}
    assert {chain: row.path for chain, row in rows.items()} == PATHS
    person = stand.shop.customers.person(customer(1).id)
    own = stand.address(person, Chain.BTC)
    assert own != rows["BTC"].address == moved_in["btc_address"]
    assert DepositAddress.of(person.id, "BTC") is not None
    assert {own, rows["BTC"].address} <= set(DepositAddress.all_of("BTC"))


def test_the_shop_can_open_what_it_sealed_and_derive_the_addresses_from_it(moved_in: dict[str, str]) -> None:
    key = moved.own_key()
    assert key is not None
    words = key.unseal(moved.boxes()[MOVED_BOX + customer(1).id])
    assert Accounts(bip39.seed(words)).address(Chain.SOL, 0).address == moved_in["sol_address"]
    with pytest.raises(SealingFailed):
        OperatorKey.generate().unseal(moved.boxes()[MOVED_BOX + customer(1).id])


def test_a_deposit_to_an_old_address_is_credited(stand: Stand, moved_in: dict[str, str]) -> None:
    chain = stand.world.chains[Chain.BTC]
    watch = stand.watch(Chain.BTC)
    watch.scan()
    chain.pay(moved_in["btc_address"], 100_000, txid="dd" * 32)
    chain.mine(3)
    watch.scan()
    assert customer(1).balance_minor == 10235 + 5000
    check_books()


def test_a_deposit_credited_by_the_old_bot_is_not_credited_again(stand: Stand, moved_in: dict[str, str]) -> None:
    chain, watch = stand.world.chains[Chain.BTC], stand.watch(Chain.BTC)
    chain.pay(moved_in["btc_address"], 200_000, txid="aa" * 32, index="1")
    chain.mine(9)
    watch.scan()
    watch.scan()
    assert customer(1).balance_minor == 10235
    assert [row.credited_minor for row in Deposit.select().where(Deposit.chain == "BTC")] == [0]


def test_nor_is_a_withdrawn_deposit_credited_again(stand: Stand, move_of: MoveOf) -> None:
    tables = old_bot.tables_3_2_10()
    tables["deposits"][0]["is_withdrawn"] = 1
    move_of(tables).bring()
    chain, watch = stand.world.chains[Chain.BTC], stand.watch(Chain.BTC)
    chain.pay(old_bot.wallet(1)["btc_address"], 200_000, txid="aa" * 32, index="1")
    chain.mine(9)
    watch.scan()
    assert (customer(1).balance_minor, Deposit.select().where(Deposit.chain == "BTC").count()) == (10235, 0)


def test_gas_sent_to_an_old_address_is_not_a_deposit(stand: Stand, moved_in: dict[str, str]) -> None:
    chain, watch = stand.world.chains[Chain.ETH], stand.watch(Chain.ETH)
    address, now = moved_in["eth_address"], stand.clock()
    chain.pay(address, 10**16, txid="ee" * 32, index=f"native:{address}", block_time=now - 5_000, block_height=100)
    chain.pay(address, 10**16, txid="ff" * 32, index=f"native:{address}", block_time=now + 60, block_height=100)
    watch.scan()
    assert [row.txid for row in Deposit.select().where(Deposit.chain == "ETH")] == ["ff" * 32]


def test_what_an_old_address_received_before_the_move_is_credited_unless_it_was(
    stand: Stand, moved_in: dict[str, str]
) -> None:
    chain, watch, now = stand.world.chains[Chain.BTC], stand.watch(Chain.BTC), stand.clock()
    chain.pay(moved_in["btc_address"], 100_000, txid="dd" * 32, block_time=now - 86_400, block_height=98)
    chain.pay(moved_in["btc_address"], 100_000, txid="de" * 32, block_time=now + 60, block_height=99)
    watch.scan()
    assert {row.txid: row.state for row in Deposit.select().where(Deposit.units == 100_000)} == {
        "dd" * 32: "credited",
        "de" * 32: "credited",
    }


def test_but_the_new_address_of_its_customer_counts_from_when_it_was_given_out(
    stand: Stand, moved_in: dict[str, str]
) -> None:
    chain, watch = stand.world.chains[Chain.BTC], stand.watch(Chain.BTC)
    own = stand.address(stand.shop.customers.person(customer(1).id), Chain.BTC)
    chain.pay(own, 300_000, txid="df" * 32, block_time=stand.clock() - 86_400, block_height=98)
    watch.scan()
    assert (Deposit.get(Deposit.txid == "df" * 32).held, customer(1).balance_minor) == ("earlier", 10235)


def test_showing_the_new_address_has_the_old_one_checked_too(stand: Stand, moved_in: dict[str, str]) -> None:
    person = stand.shop.customers.person(customer(1).id)
    address = stand.address(person, Chain.BTC)
    with stand.database.transaction():
        DepositAddress.shown(person.id, "BTC", stand.clock())
    stand.watch(Chain.BTC).look()
    assert {address, moved_in["btc_address"]} <= set(stand.world.chains[Chain.BTC].peeked[-1])


def test_a_sealed_shop_cannot_open_them_but_the_operator_can(stand: Stand, move_of: MoveOf) -> None:
    operator = OperatorKey.generate()
    public = {"WALLET_MODE": "sealed", "WALLET_OPERATOR_KEY": operator.public_key.hex(), "WALLET_MNEMONIC": ""}
    move_of(old_bot.tables_3_2_10(), **public).bring()
    assert moved.own_key() is None
    words = operator.unseal(moved.boxes()[MOVED_BOX + customer(1).id])
    assert words.reveal() == old_bot.wallet(1)["seed"]


def test_a_watching_shop_takes_no_mnemonic_without_a_key_to_seal_it_to(move_of: MoveOf) -> None:
    account = Accounts(bip39.seed(bip39.generate())).account_key(Chain.BTC)
    watching = {
        "WALLET_MODE": "watch",
        "WALLET_XPUB_BTC": print_account_key(Chain.BTC, account),
        "WALLET_MNEMONIC": "",
    }
    with pytest.raises(NoOperatorKey) as refusal:
        move_of(old_bot.tables_3_2_10(), **watching)
    assert "WALLET_OPERATOR_KEY" in str(refusal.value)


@pytest.mark.parametrize("column", ["btc_address", "ltc_address", "trx_address", "eth_address", "sol_address"])
def test_an_address_of_another_mnemonic_is_reported_and_not_watched(move_of: MoveOf, column: str) -> None:
    tables = old_bot.tables_3_2_10()
    tables["users"][0][column] = old_bot.wallet(99)[column]
    report = move_of(tables).bring()
    reason = f"{column} does not derive from the customer's mnemonic: nobody could spend what comes to it"
    assert report.refused == [("addresses", "1", reason)]
    assert len(DepositAddress.every_moved()) == 14


def test_an_invalid_mnemonic_is_reported_and_its_addresses_are_not_watched(move_of: MoveOf) -> None:
    tables = old_bot.tables_3_2_10()
    tables["users"][0]["seed"] = "twelve words that are no words of any list at all ever so"
    report = move_of(tables).bring()
    assert [row[:2] for row in report.refused] == [("addresses", "1")]
    assert len(MovedWallet.every()) == 2


def test_the_log_and_the_report_contain_no_mnemonic_and_no_goods(
    move_of: MoveOf, caplog: pytest.LogCaptureFixture
) -> None:
    tables = old_bot.tables_3_2_10()
    tables["users"][1]["seed"] = "zebra zebra zebra"
    tables["items"][3]["category_id"] = 40
    with caplog.at_level(logging.DEBUG, logger="souk"):
        move = move_of(tables)
        lines = "\n".join(move.bring().lines(complete=True))
    told = lines + caplog.text + repr(move) + repr(move.old) + repr(move.custody) + repr(move.wallets)
    secrets = [old_bot.wallet(1)["seed"], "zebra", "code-4", "code-1"]
    assert [secret for secret in secrets if secret in told] == []


def test_coins_at_an_old_address_are_in_a_plan_the_shop_can_sign(stand: Stand, moved_in: dict[str, str]) -> None:
    (_, units, _, number, path, address, _) = sweeps.unspent("BTC", "hot")[0]
    holder = SourceAddress(None, number, path, address).holder("hot")
    assert (units, address) == (200_000, moved_in["btc_address"])
    keys = Keys(words=bip39.parse(WORDS), operator=moved.own_key(), boxes=moved.boxes())
    assert keys.private_key(Chain.BTC, holder, position=0)
    (_, number, path, address) = sweeps.holders("TRX", "hot")[0]
    assert keys.private_key(Chain.TRX, SourceAddress(None, number, path, address).holder("hot"), position=0)
