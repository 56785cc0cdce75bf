"""Letters arrive: retried, postponed, given up or resent, in the customer's own language."""

import threading
from itertools import pairwise
from typing import Any

import pytest

from bot_handlers.letters.letters import WRITERS
from shop.administration.notifications import AUDIENCES
from shop.assets import ASSETS
from shop.chains.transfers import Head, Transfer
from shop.outbox import LAST_ATTEMPT, PATIENCE_S, RETRY_S, Event
from storage.models import Customer, Outbox
from tests.bot_handlers.stage import CUSTOMER, NOT_SERVED, Stage
from tests.goods import EVERY_KIND, own
from tests.patience import DEADLINE_S
from tests.stand import ADMIN, BOT_ID
from wallet.chains import Chain


@pytest.fixture
def order_id(stage: Stage) -> int:
    """A purchase whose goods are still to be sent. Only the first admin has written to the bot."""
    stage.say("/start", ADMIN)
    person = stage.stand.visitor(CUSTOMER)
    stage.stand.grant(person, "10.00")
    offer = stage.stand.shop.checkout.offer_product(person, stage.stand.stock("KEY<1>&"), 1)
    return stage.stand.shop.checkout.place(person, offer.id).order_id


def goods(stage: Stage) -> list[str]:
    return [text for text in stage.texts() if "KEY<1>&" in text]


def row(telegram_id: int = CUSTOMER) -> Outbox:
    return Outbox.get(Outbox.telegram_id == telegram_id)


def deposit(stage: Stage, *, block: int | None = None, tip: int = 100, units: int = 100_000_000) -> None:
    address = stage.stand.address(stage.stand.visitor(CUSTOMER), Chain.BTC)
    transfer = Transfer(Chain.BTC, "aa", "0", address, ASSETS["BTC"], units, block_height=block)
    stage.stand.shop.payments.deposits.observe(transfer, Head(tip))


def test_every_event_has_a_letter_and_every_letter_to_admins_has_an_audience() -> None:
    assert set(WRITERS) == set(Event)
    for_admins = {event for event in WRITERS if event.name.startswith("ADMIN_")}
    assert for_admins - {Event.ADMIN_BUNDLE} == set(AUDIENCES), "a bundle goes to the audience of what it counts"


def test_goods_and_the_notice_to_the_admin_arrive_once(stage: Stage, order_id: int) -> None:
    stage.send_letters()
    stage.send_letters()
    assert goods(stage) == [f"📦 Your goods, order #{order_id}\n\n1 × Key — $10.00\nKEY<1>&"]
    assert [text for text in stage.texts(ADMIN) if "Order #" in text] == [
        f"🧾 Order #{order_id}: Ada (1001) paid $10.00\n1 × Key"
    ]


def test_a_token_that_the_shop_does_not_take_is_named_by_its_contract(stage: Stage, order_id: int) -> None:
    person = stage.stand.visitor(CUSTOMER)
    said = {"customer_id": person.id, "address": "0xMINE", "chain": "ETH", "contract": "0xOTHER", "txid": "ab" * 32}
    with stage.stand.database.transaction():
        stage.stand.shop.outbox.tell_admins(Event.ADMIN_UNSEEN, key="unseen", payload=said)
    stage.send_letters()
    [letter] = [each for each in stage.messages(ADMIN) if "0xOTHER" in each["text"]]
    assert letter["text"].startswith("🔎 A transaction pays Ada (1001)’s Ethereum address a token")
    assert "0xMINE" in letter["text"]
    links = [button["url"] for row in letter["reply_markup"]["inline_keyboard"] for button in row if "url" in button]
    assert links == [f"https://etherscan.io/tx/{'ab' * 32}"]


def test_an_admin_who_never_wrote_holds_nobody_up(stage: Stage, order_id: int) -> None:
    stage.send_letters()
    assert row(2).given_up_at is not None
    assert len(goods(stage)) == 1


def test_an_admin_who_never_wrote_is_named_in_the_log_once(
    stage: Stage, order_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    stage.send_letters()
    queue(stage, CUSTOMER, "letter-1")
    with stage.stand.database.transaction():
        stage.stand.shop.outbox.tell_admins(Event.ADMIN_DEAF, key="deaf", payload={"trouble": "silent", "detail": ""})
    stage.send_letters()
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ["admin 2 gets no letters until they send /start to the bot; then they get the waiting ones"]


def test_an_admin_gets_waiting_letters_with_their_first_message(stage: Stage, order_id: int) -> None:
    stage.send_letters()
    stage.say("/start", 2)
    stage.send_letters()
    assert [text for text in stage.texts(2) if f"Order #{order_id}" in text]


def test_a_letter_is_written_in_the_customers_language(stage: Stage, order_id: int) -> None:
    stage.stand.shop.customers.choose_language(stage.stand.visitor(CUSTOMER), "de")
    stage.send_letters()
    assert goods(stage)[0].startswith(f"📦 Deine Ware, Bestellung #{order_id}")


@pytest.mark.parametrize("kind", ["500", "502", "drop", "timeout", "400"])
def test_a_letter_that_fails_is_sent_later(stage: Stage, order_id: int, kind: str) -> None:
    stage.telegram.fault(kind, 9, "sendMessage")
    stage.send_letters()
    stage.telegram.fault(kind, 0)
    assert goods(stage) == []
    assert row().due_at == stage.stand.clock.now + RETRY_S[0]
    stage.stand.clock.pass_s(RETRY_S[0])
    stage.send_letters()
    assert len(goods(stage)) == 1


def test_a_letter_waits_as_long_as_telegram_asks(stage: Stage, order_id: int) -> None:
    stage.telegram.fault("429", 1, "sendMessage", chat_id=CUSTOMER)
    stage.send_letters()
    assert row().due_at == stage.stand.clock.now + 1
    stage.stand.clock.pass_s(1)
    stage.send_letters()
    assert len(goods(stage)) == 1


@pytest.mark.parametrize("kind", ["500", "drop", "429"])
def test_goods_arrive_after_a_week_without_telegram(stage: Stage, order_id: int, kind: str) -> None:
    stage.telegram.fault(kind, 10_000, "sendMessage")
    back = stage.stand.clock.now + 7 * 86_400
    while stage.stand.clock.now < back:
        stage.send_letters()
        stage.stand.clock.pass_s(3_600)
    stage.telegram.fault(kind, 0)
    stage.send_letters()
    assert len(goods(stage)) == 1


@pytest.mark.parametrize("answer", NOT_SERVED)
def test_an_answer_that_is_not_about_a_person_uses_up_none_of_a_letters_attempts(
    stage: Stage, order_id: int, answer: str
) -> None:
    with stage.stand.database.transaction():
        Outbox.update(attempts=LAST_ATTEMPT - 1).where(Outbox.telegram_id == CUSTOMER).execute()
    stage.telegram.fault("answer", 9, "sendMessage", **NOT_SERVED[answer])
    stage.send_letters()
    assert row().given_up_at is None
    assert Customer.by_telegram_id(CUSTOMER).reachable
    stage.telegram.fault("answer", 0)
    stage.stand.clock.pass_s(RETRY_S[-1])
    stage.send_letters()
    assert len(goods(stage)) == 1


def refuse_for_the_last_time(stage: Stage) -> None:
    """Let Telegram refuse everything that waits for the customer, after two days and all attempts but one."""
    now = stage.stand.clock.now
    with stage.stand.database.transaction():
        last = {"attempts": LAST_ATTEMPT - 1, "given_up_at": None, "due_at": now, "created_at": now - PATIENCE_S}
        Outbox.update(last).where(Outbox.telegram_id == CUSTOMER, Outbox.sent_at.is_null()).execute()
    for method in ("sendMessage", "sendDocument"):
        stage.telegram.fault("400", 20, method, chat_id=CUSTOMER)
    stage.send_letters()
    stage.telegram.fault("400", 0)


def alarms(stage: Stage) -> list[str]:
    stage.send_letters()
    return [text for text in stage.texts(ADMIN) if "goods" in text and text.startswith("🚨")]


def test_goods_that_telegram_itself_refuses_are_given_up_at_last_and_the_admins_are_told_once(
    stage: Stage, order_id: int
) -> None:
    for _ in range(2):  # the second time, after they came back
        refuse_for_the_last_time(stage)
        assert row().given_up_at is not None
    [alarm] = alarms(stage)
    assert alarm.startswith(f"🚨 Order #{order_id}: ")
    assert "Ada (1001)" in alarm


@pytest.mark.parametrize("name", ["Unique file", "Made to order", "replaced"])
def test_every_kind_of_goods_that_is_given_up_is_reported_by_its_order(stage: Stage, name: str) -> None:
    stand = stage.stand
    stage.say("/start", ADMIN)
    admin = stand.visitor(ADMIN)
    stand.bring(admin, own(*EVERY_KIND))
    line = stand.bought(stand.visitor(CUSTOMER), "Unique text" if name == "replaced" else name)
    stage.send_letters()
    if name == "Made to order":
        stand.shop.delivery.deliver(admin, line, "made")
    elif name == "replaced":
        [item] = stand.shop.replacements.pieces(admin, line, page=0).pieces
        stand.shop.replacements.replace(admin, item.item_id)
    else:
        rearmed = {"sent_at": None, "given_up_at": None}
        with stand.database.transaction():
            Outbox.update(rearmed).where(Outbox.kind == Event.GOODS_FILE.value).execute()
    refuse_for_the_last_time(stage)
    [alarm] = alarms(stage)
    assert alarm.startswith("🚨 Order #1: ")


def test_other_letters_are_given_up_without_a_word(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    stage.say("/start")
    queue(stage, CUSTOMER, "letter-1")
    refuse_for_the_last_time(stage)
    assert alarms(stage) == []


PAGE = {"status": 403, "body": "<html>Forbidden by policy</html>"}


def let_hours_pass(stage: Stage, hours: int) -> None:
    for _ in range(hours):
        stage.send_letters()
        stage.stand.clock.pass_s(3_600)


def tries(stage: Stage, hours: int, *, every: int = 1) -> int:
    """Return in how many hours the customer's letter is tried, while an admin's arrives `every` so many."""
    planned = [row().due_at]
    for hour in range(hours):
        if hour % every == 0:
            queue(stage, ADMIN, f"word-{stage.stand.clock.now}")
        let_hours_pass(stage, 1)
        planned.append(row().due_at)
    return sum(before != after for before, after in pairwise(planned))


def test_goods_that_a_proxy_refuses_for_their_content_are_tried_less_and_less_and_the_admins_are_told_once(
    stage: Stage, order_id: int
) -> None:
    stage.telegram.fault("answer", 1_000, "sendMessage", chat_id=CUSTOMER, **PAGE)
    assert 10 <= tries(stage, 47) <= 16
    assert alarms(stage) == []
    assert 5 <= tries(stage, 6 * 24) <= 8, "daily"
    assert row().given_up_at is None
    [alarm] = alarms(stage)
    assert alarm.startswith(f"🚨 Order #{order_id}: for two days, a proxy has refused a message with goods for Ada")
    stage.telegram.fault("answer", 0, "sendMessage")
    tries(stage, 30)
    assert len(goods(stage)) == 1


def test_a_proxys_refusals_are_told_in_a_quiet_shop_too_and_those_by_telegram_count_from_then_on(
    stage: Stage, order_id: int
) -> None:
    stage.telegram.fault("answer", 1_000, "sendMessage", chat_id=CUSTOMER, **PAGE)
    tries(stage, 47, every=8)
    assert alarms(stage) == []
    tries(stage, 26, every=8)
    assert len(alarms(stage)) == 1
    stage.telegram.fault("answer", 0, "sendMessage")
    stage.telegram.fault("400", 1_000, "sendMessage", chat_id=CUSTOMER)
    tries(stage, 48, every=8)
    assert row().given_up_at is None
    tries(stage, 48, every=8)
    assert row().given_up_at is not None
    [_, alarm] = alarms(stage)
    assert alarm.startswith(f"🚨 Order #{order_id}: for two days, Telegram has refused a message with goods for Ada")


def test_goods_arrive_within_the_hour_after_a_proxy_that_refused_everything_for_a_week(
    stage: Stage, order_id: int
) -> None:
    stage.telegram.fault("answer", 10_000, "sendMessage", **PAGE)
    let_hours_pass(stage, 7 * 24)
    stage.telegram.fault("answer", 0, "sendMessage")
    let_hours_pass(stage, 2)
    assert len(goods(stage)) == 1
    assert alarms(stage) == []


def test_another_letter_that_a_proxy_refuses_for_its_content_is_given_up_at_last(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    stage.say("/start")
    queue(stage, CUSTOMER, "letter-1")
    stage.telegram.fault("answer", 1_000, "sendMessage", chat_id=CUSTOMER, **PAGE)
    tries(stage, 4 * 24)
    assert row().given_up_at is not None
    assert alarms(stage) == []


def test_a_customer_who_blocked_the_bot_is_given_up_and_gets_the_goods_after_coming_back(
    stage: Stage, order_id: int
) -> None:
    stage.telegram.people.block(CUSTOMER, True)
    stage.send_letters()
    assert row().given_up_at is not None
    assert not Customer.by_telegram_id(CUSTOMER).reachable
    stage.telegram.people.block(CUSTOMER, False)
    stage.say("/start")
    stage.send_letters()
    assert len(goods(stage)) == 1
    stage.say("📦 My purchases")
    stage.press(f"#{order_id}")
    assert "KEY<1>&" in stage.texts()[-1]


def test_letters_of_a_bot_that_is_gone_wait_and_arrive_through_the_new_one(stage: Stage, order_id: int) -> None:
    gone = BOT_ID + 1
    with stage.stand.database.transaction():
        Customer.update(bot_id=gone).where(Customer.telegram_id == CUSTOMER).execute()
        Outbox.update(bot_id=gone).where(Outbox.telegram_id == CUSTOMER).execute()
    stage.send_letters()
    assert goods(stage) == []
    assert Outbox.select().where(Outbox.kind == Event.ADMIN_ERROR.value).count() == 0
    stage.stand.clock.pass_s(7 * 24 * 3_600)
    stage.send_letters()
    assert goods(stage) == [], "no bot may write to somebody who has not started it"
    stage.say("/start")
    stage.send_letters()
    stage.send_letters()
    assert len(goods(stage)) == 1


def test_a_due_letter_moves_to_the_bot_that_its_recipient_writes_to(stage: Stage, order_id: int) -> None:
    gone = BOT_ID + 1
    with stage.stand.database.transaction():
        Customer.update(bot_id=gone).where(Customer.telegram_id == CUSTOMER).execute()
        Outbox.update(bot_id=gone).where(Outbox.telegram_id == CUSTOMER).execute()
    stage.say("/start")
    assert {each.bot_id for each in Outbox.select().where(Outbox.telegram_id == CUSTOMER)} == {BOT_ID}
    stage.send_letters()
    assert len(goods(stage)) == 1


def test_a_deposit_has_one_message_that_is_kept_up_to_date(stage: Stage) -> None:
    deposit(stage)
    stage.send_letters()
    assert stage.texts()[-1].startswith("💰 1 BTC\n\nPayment detected: 0 of 6 confirmations\n▱▱▱▱▱▱▱▱▱▱")
    for tip in range(100, 105):
        deposit(stage, block=100, tip=tip)
        stage.send_letters()
        assert f"{tip - 99} of 6 confirmations" in stage.texts()[-1]
    deposit(stage, block=100, tip=105)
    stage.send_letters()
    assert "Credited: $50,000.00" in stage.texts()[-1]
    assert sum(text.startswith("💰 1 BTC") for text in stage.texts()) == 1


def test_news_that_arrives_while_a_letter_is_being_sent_goes_out_too(stage: Stage) -> None:
    deposit(stage)
    assert stage.front.notifier.look(), "the letter is on its way"
    deposit(stage, block=100, tip=102)
    stage.send_letters()
    assert "3 of 6 confirmations" in stage.texts()[-1]
    assert sum(text.startswith("💰 1 BTC") for text in stage.texts()) == 1


def test_a_deposit_whose_message_was_deleted_is_reported_in_a_new_one(stage: Stage) -> None:
    deposit(stage)
    stage.send_letters()
    stage.bot.delete_message(CUSTOMER, stage.messages()[-1]["message_id"])
    deposit(stage, block=100)
    stage.send_letters()
    assert "1 of 6 confirmations" in stage.texts()[-1]


def test_a_letter_that_cannot_be_rendered_does_not_block_those_behind_it(stage: Stage, order_id: int) -> None:
    with stage.stand.database.transaction():
        Outbox.update(payload='{"order_id": 999}').where(Outbox.telegram_id == CUSTOMER).execute()
    with pytest.raises(Exception, match="999") as raised:
        stage.send_letters()
    assert type(raised.value).__name__ == "OrderDoesNotExist"
    stage.send_letters()
    assert len(stage.texts(ADMIN)) == 3


def test_the_notifier_sends_what_is_queued_and_stops_when_told(stage: Stage, order_id: int, wait_for: Any) -> None:
    sending = threading.Thread(target=stage.front.notifier.run, daemon=True)
    sending.start()
    wait_for(lambda: goods(stage), "the goods arrive")
    stage.front.notifier.stop()
    sending.join(DEADLINE_S)
    assert not sending.is_alive()


def queue(stage: Stage, telegram_id: int, *names: str) -> None:
    """Queue a letter from the shop for each name, which is also its text."""
    with stage.stand.database.transaction():
        for name in names:
            customer = Customer.by_telegram_id(telegram_id)
            stage.stand.shop.outbox.tell(customer, Event.SHOP_WRITES, key=name, payload={"text": name})


def written(stage: Stage, telegram_id: int = CUSTOMER) -> list[str]:
    return [text.splitlines()[-1] for text in stage.texts(telegram_id) if "letter-" in text]


def test_a_chat_that_telegram_answers_slowly_holds_up_nobody_else(stage: Stage, wait_for: Any) -> None:
    stage.say("/start", 1002)
    stage.telegram.fault("slow", 9, "sendMessage", chat_id=CUSTOMER, seconds=3_600)
    queue(stage, CUSTOMER, *(f"letter-{n:03}" for n in range(60)))
    queue(stage, 1002, "letter-other-1", "letter-other-2")
    sending = threading.Thread(target=stage.front.notifier.run, daemon=True)
    sending.start()
    wait_for(lambda: written(stage, 1002) == ["letter-other-1", "letter-other-2"], "the other person gets both")
    assert written(stage) == [], "the first letter is still on its way"
    stage.telegram.stop()
    stage.front.notifier.stop()
    sending.join(DEADLINE_S)
    assert not sending.is_alive()


def test_a_429_holds_up_all_letters_of_its_chat_in_order_and_is_received_once(stage: Stage) -> None:
    stage.say("/start", 1002)
    stage.telegram.fault("429", 1, "sendMessage", chat_id=CUSTOMER, seconds=30)
    queue(stage, CUSTOMER, "letter-1", "letter-2", "letter-3")
    queue(stage, 1002, "letter-4")
    stage.send_letters()
    assert (written(stage), written(stage, 1002)) == ([], ["letter-4"])
    stage.stand.clock.pass_s(29)
    stage.send_letters()
    assert written(stage) == []
    stage.stand.clock.pass_s(1)
    stage.send_letters()
    assert written(stage) == ["letter-1", "letter-2", "letter-3"]


def test_a_letter_being_sent_at_the_stop_is_recorded_and_not_sent_again(stage: Stage, wait_for: Any) -> None:
    stage.telegram.fault("slow", 1, "sendMessage", chat_id=CUSTOMER, seconds=1)
    queue(stage, CUSTOMER, "letter-1")
    assert stage.front.notifier.look(), "it is on its way"
    stage.front.notifier.stop()
    stage.front.notifier.run()
    assert Outbox.get(Outbox.key == "letter-1").sent_at is not None
    assert written(stage) == ["letter-1"]
