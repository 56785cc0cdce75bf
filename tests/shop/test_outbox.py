"""Letters are rows: they survive this process, go out once per key, and are retried on a schedule."""

import threading
from pathlib import Path

import pytest

from shop.outbox import LAST_ATTEMPT, PATIENCE_S, RETRY_S, Event, Letter
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import Customer, Outbox
from tests.conftest import StandingClock
from tests.patience import DEADLINE_S
from tests.stand import BOT_ID, Stand, open_shop


@pytest.fixture
def customer(stand: Stand) -> Customer:
    return Customer.get_by_id(stand.visitor().id)


def tell(stand: Stand, customer: Customer, key: str = "goods:1", *, again: bool = False) -> None:
    with stand.database.transaction():
        speak = stand.shop.outbox.tell_again if again else stand.shop.outbox.tell
        speak(customer, Event.GOODS, key=key, payload={"order_id": 1})


def due(stand: Stand) -> list[Letter]:
    return stand.shop.outbox.due(limit=50)


def test_a_letter_has_its_recipient_its_bot_and_its_payload(stand: Stand, customer: Customer) -> None:
    tell(stand, customer)
    [letter] = due(stand)
    assert (letter.event, letter.telegram_id, letter.bot_id, letter.payload) == (
        Event.GOODS,
        1001,
        BOT_ID,
        {"order_id": 1},
    )


def test_a_key_is_sent_once(stand: Stand, customer: Customer) -> None:
    tell(stand, customer)
    tell(stand, customer)
    [letter] = due(stand)
    stand.shop.outbox.sent(letter)
    tell(stand, customer)
    assert due(stand) == []


def test_unsent_letters_are_due_after_a_restart(
    database: Database, key: DatabaseKey, clock: StandingClock, tmp_path: Path
) -> None:
    stand = open_shop(database, clock)
    tell(stand, Customer.get_by_id(stand.visitor().id))
    database.close()
    again = Database(database.path, key)
    again.open()
    assert [letter.payload for letter in due(open_shop(again, clock))] == [{"order_id": 1}]
    again.close()


def test_every_admin_gets_a_separate_letter(stand: Stand) -> None:
    for _ in range(2):
        with stand.database.transaction():
            stand.shop.outbox.tell_admins(Event.ADMIN_DEPOSIT, key="k", payload={"deposit_id": 1})
    assert sorted(letter.telegram_id for letter in due(stand)) == [1, 2]


def test_a_letter_whose_content_changed_while_it_was_being_sent_goes_out_again(
    stand: Stand, customer: Customer
) -> None:
    tell(stand, customer, again=True)
    [letter] = due(stand)
    stand.shop.outbox.begin(letter)
    tell(stand, customer, again=True)
    stand.shop.outbox.sent(letter)
    [newer] = due(stand)
    assert newer.progress == letter.progress + 1
    stand.shop.outbox.sent(newer)
    assert due(stand) == []


def test_a_sent_letter_goes_out_again_when_its_content_changes(stand: Stand, customer: Customer) -> None:
    tell(stand, customer, again=True)
    stand.shop.outbox.sent(due(stand)[0])
    assert due(stand) == []
    tell(stand, customer, again=True)
    assert len(due(stand)) == 1


def attempt(stand: Stand, times: int) -> list[int]:
    """Begin attempts at the only letter, each as soon as it is due; return the waits after them, in seconds."""
    waits = []
    for _ in range(times):
        [letter] = due(stand)
        stand.shop.outbox.begin(letter)
        assert due(stand) == []
        waits.append(Outbox.get().due_at - stand.clock.now)
        stand.clock.now = Outbox.get().due_at
    return waits


def test_the_waits_between_attempts_grow_and_a_refusal_after_two_days_ends_them(
    stand: Stand, customer: Customer
) -> None:
    tell(stand, customer)
    waits = attempt(stand, LAST_ATTEMPT - 1)
    assert waits[: len(RETRY_S)] == list(RETRY_S)
    hour = RETRY_S[-1]
    assert waits[len(RETRY_S) :] == [2 * hour, 4 * hour, 8 * hour, 16 * hour, 24 * hour]
    assert 2 * 86_400 < sum(waits) < 3 * 86_400
    [last] = due(stand)
    stand.shop.outbox.begin(last)
    assert Outbox.get().given_up_at is None, "goods may still arrive"
    stand.shop.outbox.refused(last)
    stand.clock.pass_s(10 * 86_400)
    assert due(stand) == []
    assert Outbox.get().given_up_at is not None


def test_a_letter_with_more_refusals_than_allowed_now_is_given_up_once_it_is_two_days_old(
    stand: Stand, customer: Customer
) -> None:
    tell(stand, customer)
    with stand.database.transaction():
        Outbox.update(attempts=30).execute()  # hourly, until the limit was lowered
    begun = stand.clock.now
    stand.clock.pass_s(6 * RETRY_S[-1])
    while Outbox.get().given_up_at is None:
        [letter] = due(stand)
        stand.shop.outbox.begin(letter)
        stand.shop.outbox.refused(letter)
        stand.clock.now = Outbox.get().due_at
    assert Outbox.get().given_up_at == begun + 54 * RETRY_S[-1]


def test_a_letter_that_is_queued_again_is_new(stand: Stand, customer: Customer) -> None:
    tell(stand, customer)
    stand.shop.outbox.unreachable(due(stand)[0])
    tell(stand, customer, key="goods:2")
    stand.shop.outbox.sent(due(stand)[0])
    stand.clock.pass_s(30 * 86_400)
    with stand.database.transaction():
        Outbox.send_after_all(customer.telegram_id, now=stand.clock.now)
    tell(stand, customer, key="goods:2", again=True)
    assert [letter.age_s for letter in due(stand)] == [0, 0]


def test_goods_have_waited_since_they_were_written_however_rarely_a_proxy_lets_them_be_tried(
    stand: Stand, customer: Customer
) -> None:
    tell(stand, customer)
    begun = stand.clock.now
    for number in range(20):
        [letter] = due(stand)
        tell(stand, customer, key=f"goods:other:{number}")
        stand.shop.outbox.sent(due(stand)[-1])
        stand.shop.outbox.begin(letter)
        told = stand.shop.outbox.turned_away(letter)
        assert told == (stand.clock.now - begun >= PATIENCE_S)
        assert stand.shop.outbox.oldest_s() == stand.clock.now - begun
        assert due(stand) == []
        stand.clock.now = Outbox.get(Outbox.id == letter.id).due_at
    assert told


def test_what_a_clock_that_was_ahead_has_sent_does_not_speak_for_a_proxy(stand: Stand, customer: Customer) -> None:
    tell(stand, customer)
    tell(stand, customer, key="goods:2")
    letter, other = due(stand)
    stand.clock.pass_s(30 * 86_400)
    stand.shop.outbox.sent(other)
    stand.clock.pass_s(-27 * 86_400)
    with stand.database.transaction():
        Outbox.update(attempts=len(RETRY_S) + 1).where(Outbox.id == letter.id).execute()
    [letter] = due(stand)
    assert letter.age_s > PATIENCE_S
    assert not stand.shop.outbox.turned_away(letter)


def test_one_refusal_while_others_arrive_may_be_the_end_of_an_outage_and_is_not_told(
    stand: Stand, customer: Customer
) -> None:
    tell(stand, customer)
    with stand.database.transaction():
        Outbox.update(attempts=len(RETRY_S)).execute()
    stand.clock.pass_s(PATIENCE_S)
    tell(stand, customer, key="goods:2")
    letter, other = due(stand)
    stand.shop.outbox.sent(other)
    stand.shop.outbox.begin(letter)
    assert not stand.shop.outbox.turned_away(letter)
    assert Outbox.get(Outbox.id == letter.id).due_at == stand.clock.now + 2 * RETRY_S[-1]


def test_a_letter_without_goods_is_given_up_with_its_last_attempt(stand: Stand, customer: Customer) -> None:
    with stand.database.transaction():
        stand.shop.outbox.tell(customer, Event.SHOP_WRITES, key="word", payload={"text": "Hello"})
    attempt(stand, LAST_ATTEMPT - 1)
    stand.shop.outbox.begin(due(stand)[0])
    assert Outbox.get().given_up_at is not None


def test_a_clock_that_is_set_back_delays_no_letter_for_longer_than_its_wait(stand: Stand, customer: Customer) -> None:
    tell(stand, customer)
    attempt(stand, len(RETRY_S))
    stand.clock.now -= RETRY_S[-1] + 1
    assert len(due(stand)) == 1
    stand.clock.now += RETRY_S[-1] + 1
    attempt(stand, LAST_ATTEMPT - len(RETRY_S))
    stand.clock.now -= 86_400
    assert due(stand) == []
    stand.clock.now -= 1
    assert len(due(stand)) == 1


def test_a_letter_that_is_tried_daily_counts_as_waiting_since_it_was_written(
    stand: Stand, customer: Customer
) -> None:
    tell(stand, customer)
    waits = attempt(stand, LAST_ATTEMPT + 2)
    assert stand.shop.outbox.oldest_s() == sum(waits)


def test_a_successful_last_attempt_is_a_success(stand: Stand, customer: Customer) -> None:
    tell(stand, customer)
    with stand.database.transaction():
        Outbox.update(attempts=LAST_ATTEMPT - 1).execute()
    [letter] = due(stand)
    stand.shop.outbox.begin(letter)
    stand.shop.outbox.sent(letter)
    assert (Outbox.get().sent_at, Outbox.get().given_up_at) == (stand.clock.now, None)


def test_a_letter_waits_as_long_as_telegram_asks(stand: Stand, customer: Customer) -> None:
    tell(stand, customer)
    [letter] = due(stand)
    stand.shop.outbox.begin(letter)
    stand.shop.outbox.postpone(letter, 300)
    stand.clock.pass_s(299)
    assert due(stand) == []
    stand.clock.pass_s(1)
    assert len(due(stand)) == 1


def test_somebody_unreachable_is_remembered_and_not_tried_again(stand: Stand, customer: Customer) -> None:
    tell(stand, customer)
    stand.shop.outbox.unreachable(due(stand)[0])
    stand.clock.pass_s(86_400)
    assert due(stand) == []
    assert not Customer.get_by_id(customer.id).reachable


def test_the_oldest_letters_go_first_and_no_more_than_requested(stand: Stand, customer: Customer) -> None:
    for number in range(5):
        tell(stand, customer, key=f"goods:{number}")
        stand.clock.pass_s(1)
    ids = [letter.id for letter in stand.shop.outbox.due(limit=3)]
    assert ids == sorted(ids)
    assert len(ids) == 3


def test_a_commit_ends_the_wait_for_letters(stand: Stand, customer: Customer, wait_for) -> None:
    stand.shop.outbox.wait(0)  # clears the signal of earlier letters
    woken = threading.Event()

    def wait() -> None:
        stand.shop.outbox.wait(2 * DEADLINE_S)
        woken.set()

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    tell(stand, customer)
    wait_for(woken.is_set, "the notifier is woken")


def test_a_rolled_back_letter_is_not_sent(stand: Stand, customer: Customer) -> None:
    with pytest.raises(ZeroDivisionError) as raised, stand.database.transaction():
        stand.shop.outbox.tell(customer, Event.GOODS, key="k", payload={})
        raise ZeroDivisionError("undone")
    assert str(raised.value) == "undone"
    assert due(stand) == []
