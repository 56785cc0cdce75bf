"""Exported files use the shop's time zone, and every time states its offset from UTC."""

import csv
import io
import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot_handlers.screens import reports
from locales import Languages
from shop.people import Right
from shop.support.orders import OrderFilter
from storage.database import Database
from tests.bot_handlers.stage import CUSTOMER
from tests.conftest import StandingClock
from tests.stand import ADMIN, Stand, open_shop

ZONE = "America/St_Johns"
"""Half an hour off the others, so that no other zone can be mistaken for it."""


@pytest.fixture
def stand(database: Database, clock: StandingClock) -> Stand:
    stand = open_shop(database, clock, TIMEZONE=ZONE)
    stand.bought(stand.visitor(), stand.stock("KEY"))
    return stand


def first_cell(text: str, column: int = 0) -> str:
    return list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))[1][column]


def is_now(text: str, stand: Stand) -> bool:
    local = datetime.fromisoformat(text)
    assert local.utcoffset() == datetime.fromtimestamp(stand.clock(), ZoneInfo(ZONE)).utcoffset()
    assert text.endswith((":30", ":30:00")), "the offset is written"
    return abs(local.timestamp() - stand.clock()) <= 1


def test_a_statement(stand: Stand) -> None:
    text = stand.shop.statements.csv(stand.visitor(), lambda kind: kind.value, ("when",))
    assert is_now(first_cell(text), stand)


def test_the_list_of_orders(stand: Stand) -> None:
    text = stand.shop.order_support.csv(stand.visitor(ADMIN), OrderFilter.EVERY, ("number", "when"))
    assert is_now(first_cell(text, 1), stand)


def test_the_audit_log(stand: Stand) -> None:
    owner = stand.visitor(ADMIN)
    stand.shop.managers.give(owner, CUSTOMER, Right.CATALOGUE)
    text = stand.shop.audit_log.csv(owner, str, ("when",), admin_id=None)
    assert is_now(first_cell(text), stand)


def test_a_persons_own_data(stand: Stand) -> None:
    found = json.loads(stand.shop.data_rights.export(stand.visitor()).as_json)
    assert is_now(found["purchases"]["orders"][0]["created_at"], stand)


def test_the_figures(stand: Stand) -> None:
    course = stand.shop.figures.course(stand.visitor(ADMIN), 1)
    t = Languages.found(zone=stand.settings.zone)["en"]
    assert is_now(first_cell(reports.file(course[-1:], t).plain, 1), stand)
