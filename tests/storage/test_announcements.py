"""What the database itself refuses about announcements and their recipients."""

from typing import Any

import pytest

from storage.database import Database
from storage.models import Announcement, AnnouncementRecipient, Customer
from tests.conftest import refused
from tests.storage.conftest import Rows


def draft(admin_id: int, **columns: Any) -> Announcement:
    plain = {"admin": admin_id, "kind": "own", "html": "News", "created_at": 0}
    return Announcement.get_by_id(Announcement.create(**plain | columns).id)


@pytest.fixture
def sending(database: Database, rows: Rows) -> Announcement:
    """An announcement to three people that is being sent."""
    with database.transaction():
        for number in (8, 9):
            Customer.create(telegram_id=number, bot_id=1, first_name="Bo", language="de", created_at=0)
        row = draft(rows.customer_id)
        AnnouncementRecipient.freeze(row)
        Announcement.change(row.id, state="sending", started_at=1)
    return Announcement.get_by_id(row.id)


def people() -> list[int]:
    return [row.id for row in Customer.select().order_by(Customer.id)]


def put(announcement: Announcement, customer_id: int, state: str) -> None:
    AnnouncementRecipient.put(announcement.id, customer_id, state)


def test_recipients_are_those_who_can_be_reached_and_are_counted(database: Database, rows: Rows) -> None:
    with database.transaction():
        for number, columns in ((8, {"banned": True}), (9, {"reachable": False}), (10, {})):
            Customer.create(telegram_id=number, bot_id=1, first_name="Bo", language="de", created_at=0, **columns)
        counts = []
        for columns in ({}, {"language": "de"}, {"language": "fr"}, {"product": rows.product_id}):
            row = draft(rows.customer_id, **columns)
            assert AnnouncementRecipient.reach(row) == AnnouncementRecipient.freeze(row)
            counts.append(Announcement.get_by_id(row.id).recipients)
    assert counts == [2, 1, 0, 1]


def test_nobody_joins_after_the_start(database: Database, sending: Announcement) -> None:
    with database.transaction():
        late = Customer.create(telegram_id=10, bot_id=1, first_name="Bo", language="de", created_at=0)
    said = refused(database, lambda: AnnouncementRecipient.create(announcement=sending.id, customer=late.id))
    assert "recipients are frozen" in said


def test_nobody_is_a_recipient_twice(database: Database, rows: Rows) -> None:
    def twice() -> None:
        row = draft(rows.customer_id)
        AnnouncementRecipient.freeze(row)
        AnnouncementRecipient.freeze(row)

    assert "UNIQUE" in refused(database, twice)


def test_nobody_is_sent_to_without_being_marked_in_hand_first(database: Database, sending: Announcement) -> None:
    for state in ("sent", "failed"):
        assert "in hand before the call" in refused(database, lambda s=state: put(sending, people()[0], s))


@pytest.mark.parametrize("outcome", ["sent", "unreachable", "failed"])
def test_a_settled_recipient_never_waits_again(database: Database, sending: Announcement, outcome: str) -> None:
    with database.transaction():
        put(sending, people()[0], "in_hand")
        put(sending, people()[0], outcome)
    for state in ("waiting", "in_hand", "sent"):
        assert "settled once" in refused(database, lambda s=state: put(sending, people()[0], s))
    row = Announcement.get_by_id(sending.id)
    assert (row.sent + row.unreachable + row.failed, getattr(row, outcome)) == (1, 1)


@pytest.mark.parametrize(("state", "ended"), [("paused", None), ("cancelled", 2)])
def test_nobody_is_marked_in_hand_unless_the_announcement_is_being_sent(
    database: Database, sending: Announcement, state: str, ended: int | None
) -> None:
    with database.transaction():
        Announcement.change(sending.id, state=state, ended_at=ended)
    assert "being sent" in refused(database, lambda: put(sending, people()[0], "in_hand"))


def test_only_one_announcement_is_sent_at_a_time(database: Database, sending: Announcement) -> None:
    with database.transaction():
        other = draft(people()[0])
        Announcement.change(other.id, state="queued", started_at=1)
    assert "UNIQUE" in refused(database, lambda: Announcement.change(other.id, state="sending"))


def test_a_started_announcement_is_never_changed_or_deleted(database: Database, sending: Announcement) -> None:
    for columns in ({"html": "x"}, {"buttons": "[1]"}, {"language": "de"}, {"picture_id": None}):
        assert "never changed" in refused(database, lambda c=columns: Announcement.change(sending.id, **c))
    assert "is kept" in refused(database, lambda: Announcement.drop(sending.id))


def test_an_announcement_starts_once_and_ends_once(database: Database, sending: Announcement) -> None:
    assert "starts once" in refused(database, lambda: Announcement.change(sending.id, state="draft", started_at=None))
    with database.transaction():
        Announcement.change(sending.id, state="done", ended_at=2)
    assert "ends once" in refused(database, lambda: Announcement.change(sending.id, state="queued", ended_at=None))


def test_an_announcement_without_text_cannot_be_started(database: Database, rows: Rows) -> None:
    with database.transaction():
        empty = draft(rows.customer_id, html="")
    assert "CHECK" in refused(database, lambda: Announcement.change(empty.id, state="queued", started_at=1))


def test_recipients_are_deleted_after_the_end_and_the_counts_stay(database: Database, sending: Announcement) -> None:
    assert "until the announcement has ended" in refused(database, lambda: AnnouncementRecipient.delete().execute())
    with database.transaction():
        put(sending, people()[0], "in_hand")
        put(sending, people()[0], "sent")
        Announcement.change(sending.id, state="cancelled", ended_at=100)
        assert AnnouncementRecipient.forget_before(100) == 0
        assert AnnouncementRecipient.forget_before(101) == 3
    row = Announcement.get_by_id(sending.id)
    assert (row.recipients, row.sent) == (3, 1)


def test_unsent_drafts_are_deleted(database: Database, sending: Announcement) -> None:
    with database.transaction():
        draft(people()[0], created_at=5)
        draft(people()[0], created_at=50)
        assert Announcement.forget_before(50) == 1
    assert sorted(row.state for row in Announcement.select()) == ["draft", "sending"]
