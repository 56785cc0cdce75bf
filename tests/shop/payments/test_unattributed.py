"""Coins that no transaction shows: the admins are told once, and nothing is credited automatically."""

import base64
import itertools
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest

from shop.assets import ASSETS
from shop.chains.errors import ChainUnavailable
from shop.chains.transfers import Balance, Scan
from shop.outbox import Event
from shop.payments.unattributed import ADDRESSES_PER_LOOK
from storage.database import Database
from storage.models import Outbox
from tests.conftest import StandingClock
from tests.shop.chains.lying import each
from tests.shop.payments.test_witnesses import Watched, letters
from tests.stand import ScriptedChain, Stand, World, open_shop
from wallet.chains import Chain
from wallet.contracts import SPL_PROGRAM

ETHER = 10**18


class ChainWithBalances(ScriptedChain):
    """Ethereum, on which contracts send coins that only a balance shows."""

    def __init__(self, database: Database) -> None:
        super().__init__(Chain.ETH, database)
        self.by_contract: dict[str, int] = {}
        self.compared: list[int] = []
        self.left = 0

    def balances(self, addresses: Sequence[str]) -> tuple[Balance, ...]:
        self._answer("balances")
        self.compared.append(len(addresses))
        paid = {each: sum(t.units for t in self.transfers if t.address == each) for each in addresses}
        return tuple(Balance(each, ASSETS["ETH"], paid[each] + self.by_contract.get(each, 0)) for each in addresses)

    def scan(self, addresses: Sequence[str], cursor: str | None) -> Scan:
        scan = super().scan(addresses, cursor)
        return Scan(scan.transfers, scan.head, scan.cursor, behind=self.left)


@pytest.fixture
def chain(database: Database) -> ChainWithBalances:
    return ChainWithBalances(database)


@pytest.fixture
def stand(database: Database, clock: StandingClock, chain: ChainWithBalances) -> Stand:
    world = World(database)
    world.chains[Chain.ETH] = chain
    return open_shop(database, clock, world=world)


def told(stand: Stand) -> list[str]:
    """Return the amounts reported to one owner."""
    letters = [each for each in stand.shop.outbox.due(limit=50) if each.event is Event.ADMIN_UNSEEN]
    return [letter.payload["units"] for letter in letters if letter.telegram_id == 1]


def look(stand: Stand) -> None:
    """Start a new round, and compare its first addresses."""
    [unseen] = stand.shop.payments.unseen
    stand.clock.pass_s(unseen.every_s)
    unseen.look()


def test_coins_sent_by_a_contract_are_reported_once_per_amount_and_credited_to_nobody(
    stand: Stand, chain: ChainWithBalances
) -> None:
    ada = stand.visitor()
    address = stand.address(ada, Chain.ETH)
    chain.by_contract[address] = ETHER
    look(stand)
    look(stand)
    assert told(stand) == [str(ETHER)]
    chain.by_contract[address] += 5
    look(stand)
    assert told(stand) == [str(ETHER), str(ETHER + 5)]
    assert stand.balance(ada) == 0


def test_coins_shown_by_transactions_are_not_reported(stand: Stand, chain: ChainWithBalances) -> None:
    address = stand.address(stand.visitor(), Chain.ETH)
    look(stand)
    chain.pay(address, ETHER)
    chain.mine()
    look(stand)
    assert told(stand) == []


@pytest.mark.parametrize("trouble", ["down", "left"])
def test_nothing_is_reported_until_the_chain_has_been_read_to_its_end(
    stand: Stand, chain: ChainWithBalances, trouble: str
) -> None:
    chain.by_contract[stand.address(stand.visitor(), Chain.ETH)] = ETHER
    setattr(chain, trouble, 1)
    look(stand)
    assert told(stand) == []
    setattr(chain, trouble, 0)
    look(stand)
    assert told(stand) == [str(ETHER)]


def test_a_chain_that_fails_between_two_requests_reports_nothing(
    stand: Stand, chain: ChainWithBalances, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain.by_contract[stand.address(stand.visitor(), Chain.ETH)] = ETHER

    def fail(_addresses: Sequence[str], _cursor: str | None) -> Scan:
        raise ChainUnavailable(Chain.ETH, (), retry_after_s=60)

    monkeypatch.setattr(chain, "scan", fail)
    look(stand)
    assert told(stand) == []


def test_reports_are_remembered_after_their_letters_are_deleted(stand: Stand, chain: ChainWithBalances) -> None:
    chain.by_contract[stand.address(stand.visitor(), Chain.ETH)] = ETHER
    look(stand)
    with stand.database.transaction():
        Outbox.delete().execute()
    look(stand)
    assert told(stand) == []


def test_coins_that_were_moved_out_and_come_again_are_reported_again(stand: Stand, chain: ChainWithBalances) -> None:
    address = stand.address(stand.visitor(), Chain.ETH)
    for units in (ETHER, 0, ETHER):
        chain.by_contract[address] = units
        look(stand)
    assert told(stand) == [str(ETHER), str(ETHER)]


def test_a_round_is_done_in_parts_and_starts_over_when_due(stand: Stand, chain: ChainWithBalances) -> None:
    [unseen] = stand.shop.payments.unseen
    for number in range(ADDRESSES_PER_LOOK + 5):
        stand.address(stand.visitor(3_000 + number), Chain.ETH)
    for _ in range(5):
        unseen.look()
    assert chain.compared == [ADDRESSES_PER_LOOK, 5]
    stand.clock.pass_s(unseen.every_s)
    unseen.look()
    assert chain.compared == [ADDRESSES_PER_LOOK, 5, ADDRESSES_PER_LOOK]


def test_after_an_outage_the_same_addresses_are_next_again(stand: Stand, chain: ChainWithBalances) -> None:
    [unseen] = stand.shop.payments.unseen
    chain.by_contract[stand.address(stand.visitor(), Chain.ETH)] = ETHER
    chain.down = True
    look(stand)
    chain.down = False
    unseen.look()
    assert told(stand) == [str(ETHER)]


def test_a_clock_that_goes_back_freezes_no_round(stand: Stand, chain: ChainWithBalances) -> None:
    [unseen] = stand.shop.payments.unseen
    stand.address(stand.visitor(), Chain.ETH)
    look(stand)
    stand.clock.pass_s(-86_400)
    unseen.look()
    assert chain.compared == [1, 1]


def test_more_findings_than_are_examined_at_a_time_are_all_reported_within_the_round(
    stand: Stand, chain: ChainWithBalances
) -> None:
    [unseen] = stand.shop.payments.unseen
    for number in range(25):
        chain.by_contract[stand.address(stand.visitor(3_000 + number), Chain.ETH)] = ETHER + number
    reported = []
    for _ in range(4):
        unseen.look()
        reported.append(len(told(stand)))
    assert reported == [10, 20, 25, 25]
    assert set(told(stand)) == {str(ETHER + number) for number in range(25)}


@pytest.fixture
def watched(database: Database, clock: StandingClock) -> Iterator[Watched]:
    made = Watched(database, clock)
    yield made
    made.close()


def inventing_tokens() -> Any:
    """Return a lie that finds another number of tokens in each account each time."""
    numbers = itertools.count(10**9)

    @each
    def invent(question: Any, answer: Any) -> Any:
        if question["method"] != "getMultipleAccounts" or not question["params"][1]["dataSlice"]["length"]:
            return answer
        held = [base64.b64encode(next(numbers).to_bytes(8, "little")).decode() for _ in question["params"][0]]
        value = [{"lamports": 1, "owner": SPL_PROGRAM, "data": [data, "base64"]} for data in held]
        return answer | {"result": answer["result"] | {"value": value}}

    return invent


@pytest.mark.parametrize("liar_first", [True, False])
def test_balances_that_one_server_invents_are_reported_to_nobody(watched: Watched, liar_first: bool) -> None:
    stand = watched.open(Chain.SOL, lies=inventing_tokens(), liar_first=liar_first)
    for number in range(30):
        stand.address(stand.visitor(5_000 + number), Chain.SOL)
    [unseen] = stand.shop.payments.unseen
    for _ in range(8):
        watched.later(unseen.every_s)
        unseen.look()
    assert letters("admin_unseen") == 0


@pytest.mark.parametrize("alone", [True, False])
def test_tokens_that_every_operator_shows_are_reported_once(watched: Watched, alone: bool) -> None:
    stand = watched.open(Chain.SOL, alone=alone)
    watched.chains.pay("sol", watched.address, Decimal(1_250), "USDC_SPL")
    watched.chains.mine("sol", 80)
    [unseen] = stand.shop.payments.unseen
    for _ in range(3):
        watched.later(unseen.every_s)
        unseen.look()
    assert letters("admin_unseen") == 1
