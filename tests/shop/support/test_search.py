"""One search: anything an admin has at hand leads to the customer, the order or the payment."""

from collections.abc import Iterator

import pytest

from shop.errors.payments import BeingLookedUp, TransactionUnknown
from shop.errors.refusals import NotAllowed
from shop.people import Person, Right
from shop.support.search import Found
from storage.database import Database
from storage.models import Customer, Deposit
from tests.conftest import StandingClock
from tests.patience import wait_for
from tests.shop.payments.looking_up import Listener, SlowChain, looking_up
from tests.stand import Stand, World, open_shop
from wallet.chains import Chain

TXID = "ab" * 32
SIGNATURE = "5" * 87


@pytest.fixture
def stand(database: Database, clock: StandingClock) -> Stand:
    world = World(database)
    world.chains = {chain: SlowChain(chain, database) for chain in (Chain.BTC, Chain.LTC, Chain.ETH, Chain.SOL)}
    return open_shop(database, clock, world=world)


@pytest.fixture
def admin(stand: Stand) -> Person:
    return stand.appoint(Right.CUSTOMERS)


@pytest.fixture
def ada(stand: Stand) -> Person:
    return stand.visitor(1001, first_name="Zoë Ångström", username="ada_l")


def found(stand: Stand, admin: Person, text: str) -> Found:
    return stand.shop.support_search.find(admin, text)


@pytest.mark.parametrize(
    "text",
    [
        *("1001", "@ada_l", "ADA_L", " @Ada_L ", "t.me/ada_l", "https://t.me/ada_l", "http://www.t.me/Ada_L/"),
        *("https://telegram.me/ada_l?start=x", "tg://resolve?domain=ada_l", "tg://user?id=1001", "TG://USER?ID=1001"),
        *(
            "https://ada_l.t.me",
            "ada_l.t.me/?start=x",
            "HTTPS://Ada_L.T.me/",
            "t.me/@ada_l",
            "https://t.me/ada_l?text=Hi",
        ),
        *("tg://resolve?domain=ada_l&start=1", "tg://resolve?start=1&domain=ada_l", "tg:resolve?domain=@ada_l"),
        *("tg:user?id=1001", "tg://openmessage?user_id=1001&message_id=5", "https://t.me/ada_l#about"),
        *("Zoë", "zoe a", "ÅNGSTRÖM", "ngstro"),
    ],
)
def test_a_person_is_found_by_id_username_link_and_name(stand: Stand, admin: Person, ada: Person, text: str) -> None:
    stand.visitor(2002, first_name="Eve")
    assert [each.customer_id for each in found(stand, admin, text).customers] == [ada.id]


@pytest.mark.parametrize(
    "text", ["999999", "#2", "@nobody", "", "-1", "%", "9" * 4000, "²", "#", "1 OR 1=1", "@", "t.me/@", "x.t.me"]
)
def test_an_unknown_name_finds_nothing(stand: Stand, admin: Person, ada: Person, text: str) -> None:
    assert found(stand, admin, text).count == 0


def test_everybody_with_a_name_is_listed_except_the_erased(stand: Stand, admin: Person, ada: Person) -> None:
    other, gone = stand.visitor(2002, first_name="Zoella"), stand.visitor(3003, first_name="Zoe")
    with stand.database.transaction():
        Customer.change(gone.id, telegram_id=2**62 + 5)
    assert {each.customer_id for each in found(stand, admin, "zoe").customers} == {ada.id, other.id}


def test_a_number_is_an_order_an_id_or_both(stand: Stand, admin: Person, ada: Person) -> None:
    stand.sell(ada, "Key")
    owner = stand.visitor(1)
    assert found(stand, admin, "#1").order_ids == (1,)
    assert found(stand, admin, "#1").customers == ()
    both = found(stand, admin, "1")
    assert (both.order_ids, [each.customer_id for each in both.customers]) == ((1,), [owner.id])


@pytest.mark.parametrize("chain", [Chain.BTC, Chain.ETH])
def test_a_payment_is_found_in_any_spelling_of_its_transaction(
    stand: Stand, admin: Person, ada: Person, chain: Chain
) -> None:
    stored = f"0x{TXID}" if chain is Chain.ETH else TXID
    stand.world.chains[chain].pay(stand.address(ada, chain), 10**16, txid=stored)
    stand.shop.payments.top_ups.open(ada, chain.value, None)
    stand.watch(chain).look()
    for text in (
        *(TXID, f"0x{TXID}", TXID.upper(), f"0X{TXID.upper()}", f"  {TXID}\n", f"txid: {TXID}"),
        *(f"https://mempool.space/tx/{TXID}?x=1", f"https://etherscan.io/tx/0x{TXID}#eventlog"),
    ):
        [payment] = found(stand, admin, text).payments
        assert (payment.txid, payment.customer_id) == (stored, ada.id), text


def test_a_customer_is_found_by_any_address_they_were_given(stand: Stand, admin: Person, ada: Person) -> None:
    stand.visitor(2002)
    for chain in (Chain.BTC, Chain.ETH, Chain.SOL):
        address = stand.address(ada, chain)
        spellings = [address, f"bitcoin:{address}?amount=1", f" {address} "]
        spellings += [address.upper(), address.lower()] if chain is not Chain.SOL else []
        for text in spellings:
            shown = found(stand, admin, text.replace("0X", "0x"))
            assert [each.customer_id for each in shown.customers] == [ada.id], text


def test_searching_needs_the_right_to_customers(stand: Stand, ada: Person) -> None:
    with pytest.raises(NotAllowed) as refused:
        found(stand, ada, "1001")
    assert refused.value.alert


@pytest.fixture
def running(stand: Stand) -> Iterator[Stand]:
    for chain in stand.world.chains.values():
        chain.released.set()
    with looking_up(stand):
        yield stand


def test_an_unrecorded_transaction_is_looked_up_on_each_chain_it_could_be_on(
    running: Stand, admin: Person, ada: Person
) -> None:
    address = running.address(ada, Chain.ETH)
    running.world.chains[Chain.ETH].pay(address, 10**16, txid=TXID)
    searched = found(running, admin, f"https://example.org/{TXID}")
    assert (searched.count, searched.transaction) == (0, TXID)
    listener = Listener()
    running.shop.payments.payment_checks.ask_everywhere(admin, searched.transaction, listener)
    wait_for(lambda: listener.told[-1:] == [[TXID]], f"an answer after {listener.told}")
    assert Deposit.get().customer_id == ada.id
    asked = {chain.value: one.asked.count("find") for chain, one in running.world.chains.items()}
    assert asked == {"BTC": 1, "LTC": 1, "ETH": 1, "SOL": 0}


def test_a_transaction_no_chain_knows_is_reported_once_at_the_end(running: Stand, admin: Person) -> None:
    listener = Listener()
    running.shop.payments.payment_checks.ask_everywhere(admin, TXID, listener)
    wait_for(lambda: "TransactionUnknown" in listener.told, f"an answer after {listener.told}")
    assert listener.told == [1, "begins", "begins", "begins", "TransactionUnknown"]


def test_a_signature_is_looked_up_only_on_solana(running: Stand, admin: Person) -> None:
    listener = Listener()
    running.shop.payments.payment_checks.ask_everywhere(admin, SIGNATURE, listener)
    wait_for(lambda: "TransactionUnknown" in listener.told, f"an answer after {listener.told}")
    asked = {chain.value: one.asked.count("find") for chain, one in running.world.chains.items()}
    assert asked == {"BTC": 0, "LTC": 0, "ETH": 0, "SOL": 1}


def test_what_one_chain_says_is_told_though_the_others_do_not_know_it(running: Stand, admin: Person) -> None:
    listener = Listener()
    running.world.chains[Chain.BTC].down = True
    running.shop.payments.payment_checks.ask_everywhere(admin, TXID, listener)
    wait_for(lambda: len(listener.told) == 5, f"an answer after {listener.told}")
    assert listener.told == [1, "begins", "begins", "begins", "ChainDelayed"]


def test_a_chain_that_has_the_transaction_is_the_last_one_asked(running: Stand, admin: Person) -> None:
    listener = Listener()
    running.world.chains[Chain.BTC].pay("bc1qsomebodyelse", 20_000, txid=TXID)
    running.world.chains[Chain.LTC].down = True
    running.shop.payments.payment_checks.ask_everywhere(admin, TXID, listener)
    wait_for(lambda: isinstance(listener.told[-1], str) and listener.told[-1] != "begins", f"after {listener.told}")
    assert listener.told == [1, "begins", "NotForTheShop"]


def test_an_admin_is_not_told_of_an_address_of_their_own(running: Stand, admin: Person) -> None:
    running.world.chains[Chain.SOL].pay("somebody else", 10**9, txid=SIGNATURE)
    listener = Listener()
    running.shop.payments.payment_checks.ask_everywhere(admin, SIGNATURE, listener)
    wait_for(lambda: listener.told[-1:] == ["NotForTheShop"], f"an answer after {listener.told}")


def test_the_queue_takes_one_look_up_per_admin_and_none_from_customers(
    stand: Stand, admin: Person, ada: Person
) -> None:
    checks = stand.shop.payments.payment_checks
    checks.ask_everywhere(admin, TXID, Listener())
    with pytest.raises(BeingLookedUp) as again:
        checks.ask_everywhere(admin, TXID, Listener())
    assert again.value.args == ()
    with pytest.raises(NotAllowed) as refused:
        checks.ask_everywhere(ada, TXID, Listener())
    assert refused.value.alert


def test_a_chain_the_shop_does_not_have_is_not_asked(database: Database, clock: StandingClock) -> None:
    stand = open_shop(database, clock)
    with pytest.raises(TransactionUnknown) as refused:
        stand.shop.payments.payment_checks.ask_everywhere(stand.appoint(Right.CUSTOMERS), SIGNATURE, Listener())
    assert refused.value.args == ()
