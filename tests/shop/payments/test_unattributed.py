"""Coins that no transaction shows: the admins are told once, nothing is credited by itself."""

from collections.abc import Sequence

import pytest

from shop.chains.errors import ChainUnavailable
from shop.chains.transfers import Scan
from shop.outbox import Event
from storage.database import Database
from tests.conftest import StandingClock
from tests.stand import ScriptedChain, Stand, World, open_shop
from wallet.chains import Chain

ETHER = 10**18


class ChainWithBalances(ScriptedChain):
    """Ethereum as it is: contracts send coins that only a balance shows."""

    def __init__(self, database: Database) -> None:
        super().__init__(Chain.ETH, database)
        self.by_contract: dict[str, int] = {}
        self.left = 0

    def balances(self, addresses: Sequence[str]) -> dict[str, int]:
        self._answer("balances")
        paid = {each: sum(t.units for t in self.transfers if t.address == each) for each in addresses}
        return {each: paid[each] + self.by_contract.get(each, 0) for each in addresses}

    def sweep(self, addresses: Sequence[str], cursor: str | None) -> Scan:
        scan = super().sweep(addresses, cursor)
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
    """The amounts that one owner is told of."""
    letters = [each for each in stand.shop.outbox.due(limit=50) if each.event is Event.ADMIN_UNSEEN]
    return [letter.payload["units"] for letter in letters if letter.telegram_id == 1]


def look(stand: Stand) -> None:
    [unseen] = stand.shop.payments.unseen
    unseen.look()


def test_what_a_contract_sent_is_told_once_for_each_amount_and_credited_to_nobody(
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


def test_what_transactions_show_is_no_news(stand: Stand, chain: ChainWithBalances) -> None:
    address = stand.address(stand.visitor(), Chain.ETH)
    look(stand)
    chain.pay(address, ETHER)
    chain.mine()
    look(stand)
    assert told(stand) == []


@pytest.mark.parametrize("trouble", ["down", "left"])
def test_as_long_as_the_chain_was_not_read_to_its_end_nothing_is_told(
    stand: Stand, chain: ChainWithBalances, trouble: str
) -> None:
    chain.by_contract[stand.address(stand.visitor(), Chain.ETH)] = ETHER
    setattr(chain, trouble, 1)
    look(stand)
    assert told(stand) == []
    setattr(chain, trouble, 0)
    look(stand)
    assert told(stand) == [str(ETHER)]


def test_a_chain_that_fails_between_two_questions_tells_nothing(
    stand: Stand, chain: ChainWithBalances, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain.by_contract[stand.address(stand.visitor(), Chain.ETH)] = ETHER

    def fail(_addresses: Sequence[str], _cursor: str | None) -> Scan:
        raise ChainUnavailable(Chain.ETH, (), retry_after_s=60)

    monkeypatch.setattr(chain, "sweep", fail)
    look(stand)
    assert told(stand) == []
