"""Worlds whose coins can be swept."""

from collections.abc import Callable, Iterator

import pytest

from storage.database import Database
from tests.conftest import StandingClock
from tests.shop.sweeps.world import World, emulated


@pytest.fixture
def make_world(database: Database, clock: StandingClock) -> Iterator[Callable[..., World]]:
    with emulated(database, clock) as make:
        yield make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()
