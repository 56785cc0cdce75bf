"""The customer in most tests about sales."""

import pytest

from shop.people import Person
from tests.stand import Stand


@pytest.fixture
def ada(stand: Stand) -> Person:
    return stand.visitor()
