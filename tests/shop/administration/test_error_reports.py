"""A program error reaches the owners: readable, without secrets, and at most once a minute."""

import json
import logging
from collections.abc import Iterator

import pytest

from shop.administration.error_reports import MOST_KINDS, TOLD_EVERY_S, ErrorReports, unreported
from shop.jobs import Job, Runner
from storage.models import NotificationOff, Outbox
from tests.stand import ADMIN, TOKEN, Stand, payloads

log = logging.getLogger("souk.bot")


@pytest.fixture
def reports(stand: Stand) -> Iterator[ErrorReports]:
    handler = stand.shop.error_reports
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def fail(message: str = "broken") -> None:
    try:
        raise ValueError(message)
    except ValueError:
        log.exception("an update could not be handled")


def test_a_letter_says_what_failed_and_where_and_has_the_traceback(stand: Stand, reports: ErrorReports) -> None:
    fail("no <b>such</b> thing")
    assert payloads("admin_error", to=ADMIN) == []
    reports.write()
    [letter] = payloads("admin_error", to=ADMIN)
    assert letter["what"] == "ValueError: no <b>such</b> thing"
    assert letter["where"].startswith("tests/shop/administration/test_error_reports.py:")
    assert letter["where"].endswith("(fail)")
    assert letter["traceback"].startswith("an update could not be handled\n\nTraceback (most recent call last)")
    assert (letter["count"], letter["since"]) == (1, stand.clock.now)
    assert {row.telegram_id for row in Outbox.select()} == {1, 2}


def test_no_token_is_in_a_letter(reports: ErrorReports) -> None:
    fail(f"https://api.telegram.org/bot{TOKEN}/getMe")
    reports.write()
    [letter] = payloads("admin_error", to=ADMIN)
    assert TOKEN.partition(":")[2] not in json.dumps(letter)
    assert "api.telegram.org" in letter["what"]
    assert "api.telegram.org" in letter["traceback"]


def test_the_same_error_is_reported_once_a_minute_with_a_count_of_the_others(
    stand: Stand, reports: ErrorReports
) -> None:
    for _ in range(7):
        fail()
        reports.write()
        stand.clock.pass_s(2)
    assert [letter["count"] for letter in payloads("admin_error", to=ADMIN)] == [1]
    stand.clock.pass_s(TOLD_EVERY_S)
    reports.write()
    reports.write()
    assert [letter["count"] for letter in payloads("admin_error", to=ADMIN)] == [1, 6]
    stand.clock.pass_s(TOLD_EVERY_S)
    reports.write()
    fail()
    reports.write()
    assert [letter["count"] for letter in payloads("admin_error", to=ADMIN)] == [1, 6, 1]


def test_a_different_error_is_reported_separately_but_a_different_text_is_not(reports: ErrorReports) -> None:
    fail("order 1")
    fail("order 2")
    try:
        json.loads("{")
    except ValueError:
        log.exception("an update could not be handled")
    reports.write()
    assert [(letter["what"].partition(":")[0], letter["count"]) for letter in payloads("admin_error", to=ADMIN)] == [
        ("ValueError", 2),
        ("JSONDecodeError", 1),
    ]


def test_an_error_in_an_open_transaction_writes_nothing_there(stand: Stand, reports: ErrorReports) -> None:
    with stand.database.transaction():
        fail()
        assert Outbox.select().count() == 0
    reports.write()
    assert len(payloads("admin_error", to=ADMIN)) == 1


def test_an_error_while_reporting_is_reported_to_nobody(reports: ErrorReports) -> None:
    try:
        with unreported():
            raise ValueError("broken")
    except ValueError:
        log.exception("job letters failed")
    reports.write()
    assert payloads("admin_error", to=ADMIN) == []


def test_errors_that_cannot_be_written_are_kept_and_do_not_multiply(stand: Stand, reports: ErrorReports) -> None:
    fail()
    with stand.database.transaction():
        runner = Runner("errors", (Job("errors", 1, reports.write),), let_go=lambda: None)
        runner.run(runner.records[0])  # a transaction is open already: the job raises, and the runner logs it
    assert runner.failures == 1
    reports.write()
    assert [letter["what"] for letter in payloads("admin_error", to=ADMIN)] == ["ValueError: broken"]


def test_only_a_limited_number_of_kinds_is_remembered(reports: ErrorReports) -> None:
    for number in range(MOST_KINDS + 5):
        try:
            raise type(f"Error{number}", (Exception,), {})("broken")
        except Exception:
            log.exception("an update could not be handled")
    reports.write()
    [counted] = payloads("admin_bundle", to=ADMIN)
    assert len(payloads("admin_error", to=ADMIN)) + counted["count"] == MOST_KINDS


def test_a_log_line_that_cannot_be_formatted_does_not_raise(
    reports: ErrorReports, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unsayable(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    monkeypatch.setattr(logging, "raiseExceptions", False)
    record = logging.LogRecord("souk", logging.ERROR, __file__, 1, "%d", ("no number",), None)
    try:
        raise Unsayable
    except Unsayable as error:
        record.exc_info = (Unsayable, error, error.__traceback__)
    reports.handle(record)
    assert payloads("admin_error", to=ADMIN) == []


def test_a_warning_and_an_error_without_an_exception_are_only_logged(reports: ErrorReports) -> None:
    log.error("payment 1 is not what was opened")
    try:
        raise ValueError("broken")
    except ValueError:
        log.warning("going on", exc_info=True)
    reports.write()
    assert payloads("admin_error", to=ADMIN) == []


def test_owners_who_switched_errors_off_get_no_report(stand: Stand, reports: ErrorReports) -> None:
    with stand.database.transaction():
        for owner in (1, 2):
            NotificationOff.switch(owner, "error", on=False)
    fail()
    reports.write()
    assert Outbox.select().count() == 0
