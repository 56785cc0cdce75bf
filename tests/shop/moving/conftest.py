"""A shop to move into, and the old bot's data in each of its forms."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shop.moving.move import Move, prepare
from storage.foreign import source
from tests.shop.moving import old_bot
from tests.stand import Stand, settings_of

MoveOf = Callable[..., Move]


@pytest.fixture
def move_of(stand: Stand, tmp_path: Path) -> MoveOf:
    """Prepare a move of tables, by default those of 3.2.10, written to a file of their kind and read again."""
    count = 0

    def move_of(tables: old_bot.Tables, schema: str = old_bot.SCHEMA_3_2_10, **variables: str) -> Move:
        nonlocal count
        count += 1
        path = tmp_path / f"old-{count}.db"
        if schema:
            old_bot.write_sqlite(path, schema, tables)
        else:
            old_bot.write_dump(path, tables)
        settings = settings_of(tmp_path, **variables) if variables else stand.settings
        languages = frozenset({"en", "de", "fr"})
        return prepare(settings, stand.database, source.read(path), languages=languages, now=stand.clock())

    return move_of
