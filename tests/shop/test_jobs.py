"""Jobs run on their own threads; one that fails does not affect the others."""

import functools
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from types import SimpleNamespace
from typing import Any

import pytest
import schedule
from peewee import fn

from shop import jobs
from shop.administration.appearance import MenuScreen
from shop.announcements.announcement import AnnouncementKind, Audience, Wording
from shop.assembly import forget_old_rows
from shop.catalog.tree import Target
from shop.errors.refusals import StaleScreen
from shop.jobs import Job, Runner, Runners
from storage.models import Adjustment, Deposit, HandledUpdate, Offer, Outbox, Picture, TopUp
from tests.goods import png
from tests.patience import DEADLINE_S
from tests.raw_sql import engine_of
from tests.stand import ADMIN, Stand
from wallet.chains import Chain

DAY_S = 86_400


def test_a_job_that_raises_is_logged_and_counted_and_the_others_continue(
    wait_for: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[str] = []

    def broken() -> None:
        raise ZeroDivisionError("a job's own trouble")

    jobs = (Job("broken", 1, broken), Job("good", 1, lambda: ran.append("good")))
    runner = Runner("test", jobs, let_go=lambda: ran.append("end"))
    runner.start()
    wait_for(lambda: ran.count("good") >= 2, "the good job runs again")
    runner.stop()
    assert runner.join(DEADLINE_S)
    assert runner.failures >= 2
    assert ran[-1] == "end"
    record = next(record for record in caplog.records if record.name == "souk.jobs")
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "job broken failed")
    assert record.exc_info


def test_a_runner_stops_at_once_although_its_next_job_is_far_off(wait_for: Callable[..., Any]) -> None:
    ran = threading.Event()
    runner = Runner("test", (Job("daily", DAY_S, ran.set),), let_go=lambda: None)
    runner.start()
    wait_for(ran.is_set, "the job runs at the start")
    runner.stop()
    assert runner.join(DEADLINE_S)


def test_a_stopped_runner_starts_no_further_job() -> None:
    ran: list[str] = []
    runner = Runner("test", (Job("one", 1, lambda: ran.append("one")),), let_go=lambda: ran.append("end"))
    runner.stop()
    runner.start()
    assert runner.join(DEADLINE_S)
    assert ran == ["end"]


def test_a_job_that_hangs_is_reported_by_join(wait_for: Callable[..., Any]) -> None:
    hold, inside = threading.Event(), threading.Event()

    def hang() -> None:
        inside.set()
        hold.wait(DEADLINE_S)

    runner = Runner("test", (Job("hang", 1, hang),), let_go=lambda: None)
    runner.start()
    wait_for(inside.is_set, "the job hangs")
    runner.stop()
    assert not runner.join(0.05)
    hold.set()
    assert runner.join(DEADLINE_S)


def test_runners_are_stopped_even_if_some_were_not_started_yet(caplog: pytest.LogCaptureFixture) -> None:
    started, not_yet = (Runner(name, (Job(name, DAY_S, str),), let_go=lambda: None) for name in ("first", "second"))
    started.start()
    Runners((not_yet, started)).stop(timeout_s=DEADLINE_S)
    assert started.join(0)
    assert not caplog.records


def test_jobs_continue_when_the_clock_goes_back(
    wait_for: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[datetime] = []

    class LocalTime(datetime):
        back = timedelta(0)

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) - cls.back

    monkeypatch.setattr(schedule, "datetime", SimpleNamespace(datetime=LocalTime, timedelta=timedelta))
    monkeypatch.setattr(jobs, "datetime", LocalTime)
    runner = Runner("test", (Job("second", 1, lambda: ran.append(LocalTime.now())),), let_go=lambda: None)
    runner.start()
    wait_for(lambda: len(ran) >= 2, "the job runs again")
    LocalTime.back = timedelta(hours=1)
    wait_for(lambda: ran[-1] < ran[0], "the job runs an hour earlier")
    runner.stop()
    assert runner.join(DEADLINE_S)


def test_old_rows_are_deleted_but_nothing_that_counts(stand: Stand) -> None:
    person = stand.visitor()
    stand.grant(person, "20.00")
    key = stand.stock("a", "b")
    old = stand.shop.checkout.offer_product(person, key, 1)
    receipt = stand.shop.checkout.place(person, old.id)
    with stand.database.transaction():
        HandledUpdate.claim(1, 1, now=stand.clock.now)
        Outbox.update(sent_at=stand.clock.now).where(Outbox.telegram_id == 1).execute()
    stand.clock.pass_s(31 * DAY_S)
    stand.shop.payments.rates.refresh()
    fresh = stand.shop.checkout.offer_product(person, key, 1)
    with stand.database.transaction():
        HandledUpdate.claim(1, 2, now=stand.clock.now)
    forget_old_rows(stand.database, clock=stand.clock)
    assert [row.id for row in Offer.select()] == [fresh.id]
    assert [row.update_id for row in HandledUpdate.select()] == [2]
    assert sorted(row.telegram_id for row in Outbox.select()) == [2, 1001], "what was not sent is kept"
    assert stand.shop.orders.receipt_for(person, receipt.order_id) == receipt
    assert stand.shop.checkout.place(person, fresh.id).order_id != receipt.order_id


def test_a_claim_is_kept_longer_than_telegram_keeps_an_update(stand: Stand) -> None:
    with stand.database.transaction():
        HandledUpdate.claim(1, 1, now=stand.clock.now)
    stand.clock.pass_s(2 * DAY_S)
    forget_old_rows(stand.database, clock=stand.clock)
    with stand.database.transaction():
        assert not HandledUpdate.claim(1, 1, now=stand.clock.now)


def test_a_locked_rate_is_kept_as_long_as_a_deposit_depends_on_it(stand: Stand) -> None:
    person, top_ups = stand.visitor(), stand.shop.payments.top_ups
    paid, _ = top_ups.open(person, "BTC", None), top_ups.open(stand.visitor(5), "BTC", None)
    stand.world.chains[Chain.BTC].pay(paid.address, 100_000)
    stand.watch(Chain.BTC).look()
    stand.clock.pass_s(31 * DAY_S)
    stand.shop.payments.rates.refresh()
    fresh = top_ups.open(person, "ETH", None)
    forget_old_rows(stand.database, clock=stand.clock)
    [deposit] = Deposit.select()
    assert {row.id for row in TopUp.select()} == {deposit.top_up_id, TopUp.select(fn.MAX(TopUp.id)).scalar()}
    assert fresh.asset.code == "ETH"
    plan = (
        engine_of(stand.database)
        .execute_sql("EXPLAIN QUERY PLAN SELECT 1 FROM deposit WHERE top_up_id = 5")
        .fetchall()
    )
    assert "deposit_of_top_up" in str(plan)


def test_a_thread_releases_its_connection_after_each_job(wait_for: Callable[..., Any]) -> None:
    ran: list[str] = []
    jobs = tuple(Job(name, DAY_S, functools.partial(ran.append, name)) for name in ("one", "two"))
    runner = Runner("test", jobs, let_go=lambda: ran.append("let go"))
    runner.start()
    wait_for(lambda: len(ran) == 4, "both jobs ran")
    runner.stop()
    assert runner.join(DEADLINE_S)
    assert ran == ["one", "let go", "two", "let go", "let go"]


def test_an_unconfirmed_adjustment_is_deleted_and_a_confirmed_one_kept(stand: Stand) -> None:
    owner, customer, adjustments = stand.visitor(ADMIN), stand.visitor(), stand.shop.adjustments
    made, shown = (adjustments.propose(owner, customer.id, stand.usd(amount), "why") for amount in ("5", "7"))
    adjustments.make(owner, made.id)
    stand.clock.pass_s(8 * DAY_S)
    fresh = adjustments.propose(owner, customer.id, stand.usd("9"), "why")
    forget_old_rows(stand.database, clock=stand.clock)
    assert [row.id for row in Adjustment.select().order_by(Adjustment.id)] == [made.id, fresh.id]
    with pytest.raises(StaleScreen):
        adjustments.make(owner, shown.id)
    assert adjustments.make(owner, made.id) == made
    assert stand.balance(customer) == 500


def test_a_picture_that_is_no_longer_used_is_deleted(stand: Stand) -> None:
    owner, editor = stand.visitor(ADMIN), stand.shop.editor
    announcements = stand.shop.announcements
    product_id, category_id = stand.stock("a"), editor.new_category(owner, None, "Pictured")
    for shade in (1, 2):
        editor.put_picture(owner, Target(True, product_id), png(shade))
    editor.put_picture(owner, Target(False, category_id), png(3))
    stand.shop.menu_pictures.put(owner, MenuScreen.HOME, png(4))
    stand.visitor()
    for shade in (5, 6):
        draft = announcements.compose(owner, AnnouncementKind.OWN, Audience())
        announcements.write(owner, draft.id, Wording("Hello", 5), png(shade))
    stand.shop.broadcasts.start(owner, draft.id, message_id=None)
    forget_old_rows(stand.database, clock=stand.clock)
    assert Picture.select().count() == 6, "what is new may be about to be used"
    stand.clock.pass_s(8 * DAY_S)
    editor.put_picture(owner, Target(True, product_id), png(7))
    editor.put_picture(owner, Target(True, product_id), png(2))
    forget_old_rows(stand.database, clock=stand.clock)
    assert [bytes(row.content) for row in Picture.select().order_by(Picture.id)] == [
        png(shade) for shade in (2, 3, 4, 6, 7)
    ]
