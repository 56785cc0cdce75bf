"""Three ways to get an address: hot, watch, sealed."""

from pathlib import Path

import pytest

from shop.audit import Audit
from shop.context import Context
from shop.customers import Customers
from shop.errors.payments import NoAddressLeft
from shop.outbox import Event, Outbox
from shop.payments.addresses import DepositAddresses, WalletMismatch, open_wallet, stored_words
from shop.people import Sender
from shop.settings.loading import SettingsError, load
from storage.database import Database
from storage.models import DepositAddress, SealedWallet
from wallet.accounts import Accounts
from wallet.bip39 import parse, seed
from wallet.chains import Chain
from wallet.keyring import HotKeyring
from wallet.sealing import OperatorKey

WORDS = "abandon " * 11 + "about"
# BIP-84's own account key of these words, and the addresses that BIP-84 lists below it.
ZPUB = (
    "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31mGDtKsAYz2oz2AGutZYs"
)
FIRST_ADDRESS = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"
SECOND_ADDRESS = "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g"
POOL = ("GjJyeC1r2RgkuoCWMyPYkCWSGSGLcz266EaAkLA27AhL", "HAgk14JpMQLgt6rVgv7cBQFJWFto5Dqxi472uT3DKpqk")


class Desk:
    """Hands out addresses in one mode, and makes the people who get them."""

    def __init__(self, database: Database, **environ: str) -> None:
        settings = load({"TOKEN": "1:t", "ADMIN_ID_LIST": "1"} | environ, Path("/nonexistent"))
        self.outbox = Outbox(database, clock=lambda: 1, bot_id=1, readers=lambda _event: [1])
        wallet = open_wallet(settings, database)
        self._customers = Customers(
            database,
            self.outbox,
            clock=lambda: 1,
            currency="USD",
            admin_ids=(1,),
            languages=frozenset({"en"}),
            default_language="en",
        )
        context = Context(settings, database, lambda: 1, self._customers, self.outbox, Audit(lambda: 1), lambda: 1.0)
        self.addresses = DepositAddresses(context, wallet.keyring, wallet.chains)

    def person(self, telegram_id: int) -> int:
        return self._customers.welcome(Sender(telegram_id, 1, "A")).id


def test_hot_gives_each_customer_the_addresses_of_their_own_mnemonic(database: Database) -> None:
    desk = Desk(database, WALLET_MNEMONIC=WORDS)
    ada, bob = desk.person(1001), desk.person(1002)
    for chain in Chain:
        assert desk.addresses.of(ada, chain) == HotKeyring(WORDS).address_of(chain, ada).address
        assert desk.addresses.of(ada, chain) != desk.addresses.of(bob, chain)


def test_hot_creates_its_words_once_and_refuses_different_ones_later(database: Database) -> None:
    words = stored_words(database)
    assert len(words.split()) == 24
    assert stored_words(database) == words
    settings = load({"WALLET_MNEMONIC": WORDS}, Path("/nonexistent"))
    with pytest.raises(WalletMismatch) as refused:
        open_wallet(settings, database)
    assert "abandon" not in str(refused.value)


def test_watch_derives_from_account_keys_by_the_customers_number(database: Database) -> None:
    desk = Desk(database, WALLET_MODE="watch", WALLET_XPUB_BTC=ZPUB)
    assert desk.addresses.chains == {Chain.BTC}
    assert desk.person(1001) == 1
    assert desk.addresses.of(1, Chain.BTC) == SECOND_ADDRESS
    assert DepositAddress.of(1, "BTC").path == "m/84'/0'/0'/0/1"


def test_watch_logs_the_first_address_of_each_account_but_no_customers_address(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="souk"):
        desk = Desk(database, WALLET_MODE="watch", WALLET_XPUB_BTC=ZPUB, WALLET_SOL_POOL=" ".join(POOL))
    assert FIRST_ADDRESS in caplog.text
    assert "m/84'/0'/0'/0/0" in caplog.text
    person = desk.person(1001)
    for chain in (Chain.BTC, Chain.SOL):
        assert desk.addresses.of(person, chain) not in caplog.text


def test_watch_gives_out_each_pool_address_once_and_warns_as_the_pool_runs_out(database: Database) -> None:
    desk = Desk(database, WALLET_MODE="watch", WALLET_SOL_POOL=" ".join(POOL))
    ada, bob, eve = desk.person(1001), desk.person(1002), desk.person(1003)
    assert [desk.addresses.of(who, Chain.SOL) for who in (bob, ada, bob)] == [POOL[0], POOL[1], POOL[0]]
    with pytest.raises(NoAddressLeft) as refused:
        desk.addresses.of(eve, Chain.SOL)
    assert refused.value.chain == "SOL"
    told = [letter.payload["left"] for letter in desk.outbox.due(limit=9) if letter.event is Event.ADMIN_POOL]
    assert told == [1, 0]


@pytest.mark.parametrize("later", [POOL[1:], (POOL[1], POOL[0]), POOL])
def test_watch_continues_after_the_pool_was_changed(database: Database, later: tuple[str, ...]) -> None:
    desk = Desk(database, WALLET_MODE="watch", WALLET_SOL_POOL=POOL[0])
    assert desk.addresses.of(desk.person(1001), Chain.SOL) == POOL[0]
    desk = Desk(database, WALLET_MODE="watch", WALLET_SOL_POOL=" ".join(later))
    assert desk.addresses.of(desk.person(1002), Chain.SOL) == POOL[1]
    with pytest.raises(NoAddressLeft) as refused:
        desk.addresses.of(desk.person(1003), Chain.SOL)
    assert refused.value.chain == "SOL"


def test_sealed_keeps_a_box_that_only_the_operator_can_open(database: Database) -> None:
    key = OperatorKey.generate()
    desk = Desk(database, WALLET_MODE="sealed", WALLET_OPERATOR_KEY=key.public_key.hex())
    ada = desk.person(1001)
    given = {chain: desk.addresses.of(ada, chain) for chain in Chain}
    (box,) = SealedWallet.every()
    words = key.unseal(bytes(box.sealed)).reveal()
    opened = Accounts(seed(parse(words)))
    assert {chain: opened.address(chain, 0).address for chain in Chain} == given


@pytest.mark.parametrize("mode", ["watch", "sealed"])
def test_a_mode_without_its_settings_is_refused_in_one_sentence(mode: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load({"WALLET_MODE": mode}, Path("/nonexistent"))
    assert f"WALLET_MODE={mode} needs" in refused.value.problems[0]
