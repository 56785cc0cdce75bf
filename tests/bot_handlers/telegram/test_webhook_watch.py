"""The webhook as Telegram sees it: repaired if possible; otherwise the owners are told once."""

from typing import Any

import pytest

from bot_handlers.telegram import setup as arrival
from bot_handlers.telegram.reachability import Trouble
from bot_handlers.telegram.visits import ALLOWED_UPDATES
from bot_handlers.telegram.webhook_watch import LOOK_EVERY_S, MANY_WAITING, WebhookWatch
from storage.models import Outbox as OutboxRow
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.stand import ADMIN, TOKEN

URL = "https://shop.example/telegram/1"
SECRET = "s3cret"


@pytest.fixture
def watch(stage: Stage) -> WebhookWatch:
    stage.say("/start", ADMIN)
    stage.deliver()  # tells Telegram that nothing is pending any more
    arrival.receive_by_webhook(stage.bot, URL, secret=SECRET)
    return WebhookWatch(stage.bot, URL, secret=SECRET, reachability=stage.front.reachability)


def told(stage: Stage) -> list[str]:
    rows = OutboxRow.select().where(OutboxRow.telegram_id == ADMIN).order_by(OutboxRow.id)
    return [row.kind for row in rows if row.kind in ("admin_deaf", "admin_hears")]


def hook(stage: Stage) -> Any:
    return stage.telegram.world.bots[TOKEN].webhook


def fail(stage: Stage, date: int, message: str) -> None:
    hook(stage).last_error_date, hook(stage).last_error_message = date, message


def until_the_next_look(stage: Stage) -> None:
    stage.stand.clock.pass_s(LOOK_EVERY_S)
    stage.seconds.now += LOOK_EVERY_S


def test_a_webhook_that_works_is_left_alone(stage: Stage, watch: WebhookWatch) -> None:
    before = hook(stage)
    watch.look()
    assert hook(stage) is before
    assert (stage.front.reachability.trouble, stage.front.reachability.silent_s, told(stage)) == (None, 0, [])


@pytest.mark.parametrize("kinds", [[], list(reversed(ALLOWED_UPDATES)), [*ALLOWED_UPDATES, "poll"]])
def test_a_webhook_with_all_kinds_of_updates_is_left_alone_however_telegram_lists_them(
    stage: Stage, watch: WebhookWatch, kinds: list[str]
) -> None:
    stage.bot.set_webhook(url=URL, secret_token=SECRET, allowed_updates=kinds)
    listed = stage.bot.get_webhook_info().allowed_updates
    assert listed != ALLOWED_UPDATES
    watch.look()
    assert (stage.front.reachability.trouble, told(stage)) == (None, [])
    assert stage.bot.get_webhook_info().allowed_updates == listed


@pytest.mark.parametrize(
    "change",
    [{"url": "https://elsewhere.example/x"}, {"url": ""}, {"url": URL, "secret_token": SECRET, "kinds": ["message"]}],
)
def test_a_webhook_that_somebody_changed_is_set_again_and_reported_once(
    stage: Stage, watch: WebhookWatch, change: dict[str, Any]
) -> None:
    kinds = change.pop("kinds", ALLOWED_UPDATES)
    stage.bot.set_webhook(**change, allowed_updates=kinds) if change["url"] else stage.bot.delete_webhook()
    watch.look()
    assert (hook(stage).url, hook(stage).secret_token) == (URL, SECRET)
    assert set(stage.telegram.world.bots[TOKEN].allowed_updates) == set(ALLOWED_UPDATES)
    assert (stage.front.reachability.trouble, told(stage)) == (Trouble.MOVED, ["admin_deaf"])
    watch.look()
    assert (stage.front.reachability.trouble, told(stage)) == (None, ["admin_deaf", "admin_hears"])


def test_a_start_that_follows_another_at_once_waits_as_telegram_asks(stage: Stage) -> None:
    stage.telegram.fault("429", 1, "setWebhook")
    paused: list[float] = []
    arrival.receive_by_webhook(stage.bot, URL, secret=SECRET, pause=paused.append)
    assert (paused, hook(stage).url) == ([1], URL)


def test_a_lost_secret_is_set_again(stage: Stage, watch: WebhookWatch) -> None:
    watch.look()
    stage.bot.set_webhook(url=URL, secret_token="another", allowed_updates=ALLOWED_UPDATES)
    stage.telegram.people.say(CUSTOMER, "x", profile={})
    fail(stage, 5, "Wrong response from the webhook: 403 Forbidden")
    watch.look()
    assert hook(stage).secret_token == SECRET
    assert told(stage) == ["admin_deaf"]


def test_an_error_is_reported_once_in_telegrams_words_and_followed_by_an_all_clear(
    stage: Stage, watch: WebhookWatch, caplog: pytest.LogCaptureFixture
) -> None:
    stage.telegram.people.say(CUSTOMER, "x", profile={})
    for date, letters in ((5, []), (6, ["admin_deaf"]), (7, ["admin_deaf"])):
        fail(stage, date, "Connection refused")
        watch.look()
        assert told(stage) == letters, "the first error may be from before the start"
    assert caplog.text.count("Telegram cannot deliver to the webhook (Connection refused)") == 1
    stage.send_letters()
    assert "Connection refused" in stage.texts(ADMIN)[-1]
    watch.look()
    assert told(stage) == ["admin_deaf", "admin_hears"]


def test_an_error_from_before_the_start_does_not_count_if_nothing_is_pending(
    stage: Stage, watch: WebhookWatch
) -> None:
    fail(stage, 5, "Connection refused")
    watch.look()
    assert told(stage) == []


@pytest.mark.parametrize(
    ("waiting", "date", "trouble"), [(1, 5, Trouble.WEBHOOK), (MANY_WAITING + 1, 0, Trouble.PILED)]
)
def test_updates_that_waited_while_the_shop_was_down_alarm_nobody(
    stage: Stage, watch: WebhookWatch, waiting: int, date: int, trouble: Trouble
) -> None:
    for _ in range(waiting):
        stage.telegram.people.say(CUSTOMER, "x", profile={})
    fail(stage, date, "Connection refused")
    watch.look()
    assert stage.front.reachability.trouble is trouble
    stage.telegram.world.bots[TOKEN].updates.clear()
    until_the_next_look(stage)
    watch.look()
    assert (stage.front.reachability.trouble, told(stage)) == (None, [])


def test_updates_that_pile_up_are_reported(stage: Stage, watch: WebhookWatch) -> None:
    for _ in range(MANY_WAITING):
        stage.telegram.people.say(CUSTOMER, "x", profile={})
    watch.look()
    assert (stage.front.reachability.waiting, told(stage)) == (MANY_WAITING, [])
    stage.telegram.people.say(CUSTOMER, "x", profile={})
    watch.look()
    assert (stage.front.reachability.trouble, told(stage)) == (Trouble.PILED, ["admin_deaf"])


def test_a_telegram_that_does_not_answer_is_reported_without_an_exception(stage: Stage, watch: WebhookWatch) -> None:
    stage.telegram.fault("502_json", 2, "getWebhookInfo")
    watch.look()
    assert (stage.front.reachability.trouble, told(stage)) == (Trouble.SILENT, [])
    until_the_next_look(stage)
    watch.look()
    assert told(stage) == ["admin_deaf"]
    watch.look()
    assert (stage.front.reachability.trouble, told(stage)) == (None, ["admin_deaf", "admin_hears"])
