"""Runs a move, rehearsed or real, and prints its report with what is left to do afterwards."""

import os
from collections.abc import Iterator
from pathlib import Path

from shop.errors.refusals import CannotStart
from shop.moving.move import prepare
from shop.moving.report import MoveReport
from shop.settings.model import Settings
from storage.database import Database
from storage.foreign.tables import Tables

_AFTERWARDS = (
    "Moved in. What was there before is kept in {copy}.",
    "The old database holds your customers' data{secrets}: once the new shop runs well, destroy it and its copies.",
    "The old bot must not run any more: it would sell the same goods and credit the same coins.",
)
_DRY = "Nothing was changed. To move in, stop the old bot, take its file once more, and add --apply."


class DetailsUnwritable(CannotStart):
    """The file for the whole report cannot be written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be written ({reason}): give --details another file.")


def move_in(
    settings: Settings,
    database: Database,
    tables: Tables,
    *,
    languages: frozenset[str],
    now: int,
    apply: bool,
    details: Path | None = None,
) -> Iterator[str]:
    """Rehearse the move, or make it, and report. Raises: CannotStart, StorageError."""
    move = prepare(settings, database, tables, languages=languages, now=now)
    copy = settings.database_path.with_name(f"{settings.database_path.name}.before-move-{now}")
    if apply:
        database.backup(copy)
        report = move.bring()
    else:
        report = move.rehearse()
    yield from report.lines()
    if details is not None:
        _write(details, report)
    if apply:
        secrets = " and the mnemonics of their addresses" if move.wallets else ""
        yield from (line.format(copy=copy, secrets=secrets) for line in _AFTERWARDS)
    else:
        yield _DRY


def _write(path: Path, report: MoveReport) -> None:
    """Write the whole report to a file that only this user can read, since it names customers and their balances."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in report.lines(complete=True))
    except OSError as error:
        raise DetailsUnwritable(path, error.strerror or "unknown") from None
