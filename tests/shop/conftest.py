"""The shop under test, and the books that must add up whatever happened."""

from collections.abc import Callable

import pytest

from storage.database import Database
from tests.conftest import StandingClock
from tests.shop.books import check_books
from tests.stand import Stand, open_shop


@pytest.fixture
def stand(database: Database, clock: StandingClock) -> Stand:
    return open_shop(database, clock)


@pytest.fixture
def books_add_up() -> Callable[[], None]:
    """Check that every balance is the sum of its ledger, and that what was paid, sold and delivered is the same."""
    return check_books
