"""The shop under test, and the books that must always add up."""

from collections.abc import Callable, Iterator

import pytest

from shop.people import Person
from storage.database import Database
from tests.conftest import StandingClock
from tests.shop.books import check_books
from tests.stand import ADMIN, Stand, open_shop


@pytest.fixture
def stand(database: Database, clock: StandingClock) -> Stand:
    return open_shop(database, clock)


@pytest.fixture
def owner(stand: Stand) -> Person:
    return stand.visitor(ADMIN, first_name="Olga")


@pytest.fixture
def books_add_up() -> Callable[[], None]:
    """Check that each balance is the sum of its ledger, and that payments, sales and deliveries agree."""
    return check_books


@pytest.fixture
def books_add_up_in_the_end(stand: Stand) -> Iterator[None]:
    """Check this shop's books at the end of the test."""
    yield
    assert not stand.database.in_transaction()
    check_books()
