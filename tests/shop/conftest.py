"""The shop under test, and the books that must add up whatever happened."""

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
    """Check that every balance is the sum of its ledger, and that what was paid, sold and delivered is the same."""
    return check_books


@pytest.fixture
def books_add_up_in_the_end(stand: Stand) -> Iterator[None]:
    """Check the books of this shop when the test is over."""
    yield
    assert not stand.database.in_transaction()
    check_books()
