"""Guarded actions ask for a code, and continue once it is entered."""

import re

import pyotp
import pytest

from bot_handlers.callbacks.administration import GiveRight
from bot_handlers.callbacks.customers import Adjust, TypeAdjustment
from bot_handlers.callbacks.home import AdminHome
from bot_handlers.updates.conversations import Step
from shop.administration.second_factor import FIRST_LOCK_S, GUARDED, OPEN_S
from shop.errors.refusals import SecondFactorNeeded
from shop.people import Right
from storage.database import Database
from storage.models import Adjustment, AuditEntry, Conversation, ManagerRight
from storage.models import SecondFactor as FactorRow
from tests.bot_handlers.buttons import admin_buttons, plausible
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.conftest import StandingClock
from tests.stand import ADMIN, BOT_ID, Stand, open_shop

MANAGER = 77


@pytest.fixture
def stand(database: Database, clock: StandingClock) -> Stand:
    return open_shop(database, clock, ADMIN_TOTP="true")


@pytest.fixture
def stage(stage: Stage) -> Stage:
    """An owner has the admins' menu open."""
    stage.say("/start", ADMIN, first_name="Olga")
    stage.press("Admin", ADMIN)
    return stage


def key_in(text: str) -> str:
    found = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", text)
    assert found, text
    return found.group().replace(" ", "")


def shown_key(stage: Stage, user_id: int = ADMIN) -> str:
    return key_in(stage.texts(user_id)[-1])


def code(stage: Stage, key: str) -> str:
    return pyotp.TOTP(key).at(stage.stand.clock())


@pytest.fixture
def enrolled(stage: Stage) -> str:
    """The owner has enrolled, and has to enter a code again."""
    stage.press("Managers", ADMIN)
    key = shown_key(stage)
    stage.say(code(stage, key), ADMIN)
    stage.stand.clock.pass_s(OPEN_S)
    stage.press_data(AdminHome(), ADMIN)
    return key


def test_the_first_press_enrols_and_goes_on_after_the_first_code(stage: Stage) -> None:
    stage.press("Managers", ADMIN)
    picture = stage.messages(ADMIN)[-1]
    assert picture["photo"]
    key = shown_key(stage)
    stage.say(code(stage, key), ADMIN)
    assert stage.texts(ADMIN)[-2:] == [
        "✅ Correct. You won’t need another code for 10 minutes.",
        "Managers\nThere are none yet. A manager can manage the areas of the shop you assign to them.",
    ]
    assert picture["message_id"] not in [message["message_id"] for message in stage.messages(ADMIN)]
    assert key[:4] not in "".join(stage.texts(ADMIN))
    assert Conversation.select().count() == 0


def test_if_pictures_and_deleting_are_unknown_the_key_is_sent_as_text_and_blanked_out(stage: Stage) -> None:
    stage.telegram.fault("text_only", 1)
    stage.press("Managers", ADMIN)
    key = shown_key(stage)
    stage.telegram.fault("403", 1, "deleteMessage")
    stage.say(code(stage, key), ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("Managers")
    assert "🔐 The key was here. It is now in your authenticator app." in stage.texts(ADMIN)
    assert not any(re.search(r"[A-Z2-7]{4} [A-Z2-7]{4}", text) for text in stage.texts(ADMIN))


def test_if_the_key_cannot_be_deleted_the_owner_is_asked_to_delete_it(stage: Stage) -> None:
    stage.press("Managers", ADMIN)
    key = shown_key(stage)
    stage.telegram.fault("403", 1, "deleteMessage")
    stage.say(code(stage, key), ADMIN)
    assert any("Please delete the message with the key yourself" in text for text in stage.texts(ADMIN))


def test_a_code_opens_for_ten_minutes_and_the_pressed_button_goes_on(stage: Stage, enrolled: str) -> None:
    stage.press("Managers", ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("🔐 Send me the six digits")
    stage.say(code(stage, enrolled), ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("Managers")
    stage.stand.clock.pass_s(OPEN_S - 1)
    stage.press("Audit log", ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("Audit log")


def test_a_change_is_made_after_the_code_and_not_before(stage: Stage, enrolled: str) -> None:
    stage.press_data(GiveRight(MANAGER, "money"), ADMIN)
    assert ManagerRight.select().count() == 0
    stage.say(code(stage, enrolled), ADMIN)
    assert stage.stand.shop.customers.rights_of(MANAGER) == {Right.MONEY}


def test_an_answer_typed_in_a_dialog_is_not_lost(stage: Stage, enrolled: str) -> None:
    stage.press("Managers", ADMIN)
    stage.say(code(stage, enrolled), ADMIN)
    stage.press("Add a manager", ADMIN)
    stage.stand.clock.pass_s(OPEN_S)
    stage.say(str(CUSTOMER), ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("🔐 Send me the six digits")
    stage.say(code(stage, enrolled), ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("Ada (1001)\nNo permissions yet.")


def test_a_forwarded_message_in_a_dialog_is_not_lost(stage: Stage, enrolled: str) -> None:
    stage.press("Managers", ADMIN)
    stage.say(code(stage, enrolled), ADMIN)
    stage.press("Add a manager", ADMIN)
    stage.stand.clock.pass_s(OPEN_S)
    origin = {"type": "user", "date": 1, "sender_user": {"id": CUSTOMER, "is_bot": False, "first_name": "Ada"}}
    stage.front.bots.accept(BOT_ID, stage.update(ADMIN, forward_origin=origin, text="hello"))
    stage.say(code(stage, enrolled), ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("Ada (1001)\nNo permissions yet.")


def test_after_a_wrong_code_the_dialog_and_the_action_are_kept(stage: Stage, enrolled: str) -> None:
    stage.press("Managers", ADMIN)
    right = code(stage, enrolled)
    for text in ("hello", "12 34", f"{(int(right) + 500_000) % 1_000_000:06}"):
        stage.say(text, ADMIN)
        assert stage.texts(ADMIN)[-1].startswith("That code isn’t valid right now.")
    stage.say(right, ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("Managers")


def test_after_five_wrong_codes_none_is_accepted_for_a_minute(stage: Stage, enrolled: str) -> None:
    stage.press("Managers", ADMIN)
    guess = f"{(int(code(stage, enrolled)) + 500_000) % 1_000_000:06}"
    for _ in range(5):
        stage.say(guess, ADMIN)
    stage.say(code(stage, enrolled), ADMIN)
    assert stage.texts(ADMIN)[-1] == "Too many wrong codes. Try again in 1 minute."
    stage.stand.clock.pass_s(FIRST_LOCK_S)
    stage.say(code(stage, enrolled), ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("Managers")


def test_another_button_ends_the_dialog_and_a_code_sent_after_it_is_ignored(stage: Stage, enrolled: str) -> None:
    stage.press("Managers", ADMIN)
    stage.press("Menu", ADMIN)
    stage.say(code(stage, enrolled), ADMIN)
    assert FactorRow.of(ADMIN).open_until <= stage.stand.clock()
    stage.press_data("managers:0", ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("🔐 Send me")


def test_a_second_press_before_the_first_code_replaces_the_key(stage: Stage) -> None:
    stage.press("Managers", ADMIN)
    older = shown_key(stage)
    stage.press_data("managers:0", ADMIN)
    newer = shown_key(stage)
    assert sum("Scan the picture" in text for text in stage.texts(ADMIN)) == 1
    stage.say(code(stage, older), ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("That code isn’t valid")
    stage.say(code(stage, newer), ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("Managers")


def test_unguarded_actions_ask_for_no_code(stage: Stage) -> None:
    stage.press("Open tickets", ADMIN)
    assert stage.texts(ADMIN)[-1] == "There are no open tickets."
    assert FactorRow.select().count() == 0


def test_a_customer_who_forges_a_button_is_refused_and_asked_for_no_code(stage: Stage) -> None:
    stage.press_data("managers:0")
    assert stage.alerts()[-1] == "Only the admins of this shop can do that."
    with stage.stand.database.transaction():
        Conversation.keep(stage.bot.bot_id, CUSTOMER, step=Step.CODE.value, answers='{"press": "managers:0"}', now=1)
    stage.say("123456")
    assert stage.texts()[-1] == "Only the admins of this shop can do that."
    assert FactorRow.select().count() == 0


def test_a_right_that_ended_while_the_code_was_typed_ends_the_action(stage: Stage, enrolled: str) -> None:
    stage.press("Managers", ADMIN)
    stage.say(code(stage, enrolled), ADMIN)
    stage.press_data(GiveRight(MANAGER, "money"), ADMIN)
    stage.say("/start", MANAGER)
    with stage.stand.database.transaction():
        answers = f'{{"press": "give:{CUSTOMER}:money"}}'
        Conversation.keep(stage.bot.bot_id, MANAGER, step=Step.CODE.value, answers=answers, now=1)
    manager = stage.stand.visitor(MANAGER)
    theirs = stage.stand.shop.second_factor.enrol(manager).secret
    stage.say(code(stage, theirs), MANAGER)
    assert stage.texts(MANAGER)[-1] == "Only the admins of this shop can do that."
    assert stage.stand.shop.customers.rights_of(CUSTOMER) == frozenset()


def test_an_owner_resets_a_managers_factor_with_a_button(stage: Stage, enrolled: str) -> None:
    stage.press_data(GiveRight(MANAGER, "money"), ADMIN)
    stage.say(code(stage, enrolled), ADMIN)
    stage.say("/start", MANAGER)
    manager = stage.stand.visitor(MANAGER)
    second_factor = stage.stand.shop.second_factor
    second_factor.enter(manager, code(stage, second_factor.enrol(manager).secret))
    stage.press_data(f"manager:{MANAGER}", ADMIN)
    stage.press("Reset two-factor", ADMIN)
    assert FactorRow.of(MANAGER) is None
    with pytest.raises(AssertionError):
        stage.button("Reset two-factor", ADMIN)


def test_a_button_shown_before_the_code_expired_asks_for_another_code(stage: Stage, enrolled: str) -> None:
    stand = stage.stand
    owner, customer = stand.visitor(ADMIN, first_name="Olga"), stand.visitor(CUSTOMER)
    stage.press_data(TypeAdjustment(customer.id), ADMIN)
    stage.say(code(stage, enrolled), ADMIN)
    stage.say("12.50", ADMIN)
    stage.say("sorry", ADMIN)
    stand.clock.pass_s(OPEN_S)
    for _ in range(2):
        stage.rest()
        stage.press_data(Adjust(Adjustment.get().id), ADMIN)
        assert stage.texts(ADMIN)[-1].startswith("🔐 Send me the six digits")
    with pytest.raises(SecondFactorNeeded):
        stand.shop.adjustments.make(owner, Adjustment.get().id)
    assert stand.balance(customer) == 0
    stage.say(code(stage, enrolled), ADMIN)
    assert stand.balance(customer) == 1250


def test_every_guarded_button_asks_for_a_code_and_does_nothing_before_it(stage: Stage, enrolled: str) -> None:
    guarded = [kind for kind, (right, _) in admin_buttons(stage).items() if right in GUARDED]
    assert len(guarded) > 10
    audited = AuditEntry.select().count()
    for kind in guarded:
        stage.rest()
        stage.press_data(plausible(kind), ADMIN)
        assert stage.texts(ADMIN)[-1].startswith("🔐 Send me the six digits"), kind
    assert AuditEntry.select().count() == audited
    assert list(stage.stand.database.path.parent.glob("backups/*")) == []
