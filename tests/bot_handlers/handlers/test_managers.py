"""Owners appoint managers with buttons; managers get their own buttons, and lose them at once."""

import ast
import codecs
import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot_handlers.callbacks.customers import FindCustomer
from bot_handlers.callbacks.tickets import ShowOpenTickets
from locales import Languages
from shop.administration.managers import LETTER_AFTER_S
from shop.audit import Audit
from shop.people import Right
from storage.models import AuditEntry, Conversation, ManagerRight
from tests.bot_handlers.stage import CUSTOMER, Stage, labels
from tests.stand import ADMIN, BOT_ID

ROOT = Path(__file__).resolve().parents[3]
NOT_ALLOWED = "Only the admins of this shop can do that."
FORWARDED = {
    "id": CUSTOMER,
    "is_bot": False,
    "first_name": "Ada",
}


@pytest.fixture
def stage(stage: Stage) -> Stage:
    """An owner has the list of managers open."""
    stage.say("/start", ADMIN, first_name="Olga")
    stage.press("Admin", ADMIN)
    stage.press("Managers", ADMIN)
    return stage


def appoint(stage: Stage, who: str, *rights: str) -> None:
    stage.press("Add a manager", ADMIN)
    stage.say(who, ADMIN)
    for right in rights:
        stage.press(f"⬜ {right}", ADMIN)


def letters(stage: Stage) -> None:
    stage.stand.clock.pass_s(LETTER_AFTER_S)
    stage.send_letters()


def receive(stage: Stage, **message: Any) -> None:
    """Send a kind of message as the owner that the emulated app cannot write."""
    stage.front.bots.accept(BOT_ID, stage.update(ADMIN, **message))


def test_a_question_that_a_former_manager_may_not_answer_any_more_is_over(stage: Stage) -> None:
    appoint(stage, str(CUSTOMER), "Customers")
    stage.press_data(FindCustomer())
    assert [row.step for row in Conversation.select()] == ["customer"]
    stage.press("✅ Customers", ADMIN)
    stage.say("Ada")
    assert stage.texts()[-1] == NOT_ALLOWED
    stage.say("Where is my order?")
    assert stage.texts()[-1].startswith("“Where is my order?”")


def test_an_owner_appoints_a_manager_who_is_told_and_gets_the_buttons(stage: Stage) -> None:
    appoint(stage, str(CUSTOMER), "Customers", "Figures")
    assert [label for label in labels(stage, ADMIN) if label[0] in "✅⬜"] == [
        "⬜ Catalogue",
        "✅ Customers",
        "⬜ Money",
        "⬜ Announcements",
        "✅ Figures",
        "⬜ Backup",
    ]
    letters(stage)
    assert stage.texts()[-1].startswith("🛠 You can now manage these areas of the shop:\n• Customers\n• Figures")
    stage.press("Admin")
    assert "✉️ Open tickets" in labels(stage, CUSTOMER)
    assert "👥 Managers" not in labels(stage, CUSTOMER)
    stage.press("Open tickets")
    assert stage.texts()[-1] == "There are no open tickets."


def test_a_right_that_was_removed_ends_at_once_and_the_manager_is_told(stage: Stage) -> None:
    appoint(stage, str(CUSTOMER), "Customers")
    letters(stage)
    stage.press("Admin")
    stage.press("✅ Customers", ADMIN)
    stage.press("Open tickets")
    assert stage.alerts()[-1] == NOT_ALLOWED
    letters(stage)
    assert stage.texts()[-1] == "You no longer manage any area of this shop."
    stage.press_data("home")
    assert "🛠 Admin" not in labels(stage, CUSTOMER)


def test_a_managers_dialog_ends_with_the_right(stage: Stage) -> None:
    customer = stage.stand.visitor(5)
    ticket = stage.stand.shop.tickets.open(customer, "help")
    appoint(stage, str(CUSTOMER), "Customers")
    stage.press_data(ShowOpenTickets(0))
    stage.press("help")
    stage.press("Answer")
    stage.press("Remove permissions", ADMIN)
    stage.say("an answer that came too late")
    assert stage.texts()[-1] == NOT_ALLOWED
    assert len(stage.stand.shop.tickets.ticket(ticket.id).messages) == 1


def test_all_rights_are_removed_at_once_and_the_list_is_shown(stage: Stage) -> None:
    appoint(stage, str(CUSTOMER), "Customers", "Money")
    stage.press("Remove permissions", ADMIN)
    assert ManagerRight.select().count() == 0
    assert stage.texts(ADMIN)[-1].startswith("Managers\nThere are none yet.")


def test_a_button_of_an_older_screen_does_what_it_says_and_not_the_opposite(stage: Stage) -> None:
    appoint(stage, str(CUSTOMER))
    _, give = stage.button("⬜ Money", ADMIN)
    for _ in range(3):
        stage.press_data(give["callback_data"], ADMIN)
    assert stage.stand.shop.customers.rights_of(CUSTOMER) == {Right.MONEY}


def test_a_person_is_chosen_by_username(stage: Stage) -> None:
    stage.say("hello", 5, username="grace", first_name="Grace")
    appoint(stage, "@Grace", "Money")
    assert stage.stand.shop.customers.rights_of(5) == {Right.MONEY}


@pytest.mark.parametrize(
    "message",
    [
        {"forward_origin": {"type": "user", "date": 1, "sender_user": FORWARDED}, "text": "🛒 Cart"},
        {"contact": {"phone_number": "+1", "first_name": "Ada", "user_id": CUSTOMER}, "text": None},
    ],
    ids=["forwarded", "contact"],
)
def test_a_person_is_chosen_by_a_contact_or_a_forwarded_message(stage: Stage, message: dict[str, Any]) -> None:
    stage.press("Add a manager", ADMIN)
    receive(stage, **message)
    assert stage.texts(ADMIN)[-1].startswith("Ada (1001)\nNo permissions yet.")


@pytest.mark.parametrize(
    "message",
    [
        {"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "Ada"}, "text": "🛒 Cart"},
        {"contact": {"phone_number": "+1", "first_name": "Ada"}, "text": None},
    ],
    ids=["forwarded", "contact"],
)
def test_a_person_with_a_hidden_account_is_asked_for_again(stage: Stage, message: dict[str, Any]) -> None:
    stage.press("Add a manager", ADMIN)
    receive(stage, **message)
    assert stage.texts(ADMIN)[-1].startswith("Answer with text or a contact, or forward")
    stage.say(str(CUSTOMER), ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("Ada (1001)")


def test_a_forwarded_menu_word_still_works_outside_of_that_dialog(stage: Stage) -> None:
    origin = {"type": "user", "date": 1, "sender_user": FORWARDED}
    receive(stage, forward_origin=origin, text="🛒 Cart")
    assert stage.texts(ADMIN)[-1] == "Your cart is empty."


def test_neither_an_owner_nor_an_unknown_person_can_be_made_a_manager(stage: Stage) -> None:
    stage.press("Add a manager", ADMIN)
    stage.say("2", ADMIN)
    assert stage.texts(ADMIN)[-1] == "That is an owner of this shop, who already has every permission."
    stage.say("@nobody", ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("I can’t find that person.")
    stage.say(str(CUSTOMER), ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("Ada (1001)")


@pytest.mark.parametrize("right", ["roles", "everything", "OWNERS_ONLY"])
def test_a_forged_right_is_granted_to_nobody(stage: Stage, right: str) -> None:
    stage.press_data(f"give:{CUSTOMER}:{right}", ADMIN)
    assert ManagerRight.select().count() == 0


def test_the_log_says_who_did_what_in_the_admins_language_and_comes_as_a_file(stage: Stage) -> None:
    appoint(stage, str(CUSTOMER), "Customers")
    stage.press("✅ Customers", ADMIN)
    stage.press("Activity", ADMIN)
    assert stage.texts(ADMIN)[-1] == "The log is empty."
    stage.press("Back", ADMIN)
    stage.press("Audit log", ADMIN)
    log = stage.texts(ADMIN)[-1]
    assert log.index("Permission removed") < log.index("Permission granted")
    assert "Olga (1)" in log
    assert "Ada (1001) · right: customers" in log
    stage.press("CSV", ADMIN)
    document = stage.messages(ADMIN)[-1]["document"]
    _, content = stage.telegram.file(document["file_id"])
    assert document["file_name"] == "audit.csv"
    assert content.startswith(codecs.BOM_UTF8)
    assert "Olga (1),Permission granted,Ada (1001),right: customers" in content.decode()
    stage.stand.shop.customers.choose_language(stage.stand.visitor(ADMIN, first_name="Olga"), "de")
    stage.press("Back", ADMIN)
    stage.press("Protokoll", ADMIN)
    assert any("Recht erteilt" in text for text in stage.texts(ADMIN))


def test_a_page_of_long_entries_fits_in_a_message_and_keeps_its_markup(stage: Stage) -> None:
    owner = stage.stand.visitor(ADMIN, first_name="Olga")
    with stage.stand.database.transaction():
        for _ in range(20):
            Audit(clock=stage.stand.clock).write(owner, "role.given", "<b>&" * 500, right="x" * 3000)
    stage.press("Audit log", ADMIN)
    assert stage.texts(ADMIN)[-1].count("Permission granted") == 8
    stage.press("▶", ADMIN)
    assert "<b>&" in stage.texts(ADMIN)[-1]
    assert AuditEntry.select().count() == 20


def calls_in(file: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call))


@functools.cache
def actions_in_code() -> frozenset[str]:
    """Return whatever looks like an action and is passed to a function in modules that write the audit log."""
    found: set[str] = set()
    for file in (ROOT / "shop").rglob("*.py"):
        calls = list(calls_in(file))
        if any(re.search(r"audit\.write$", ast.unparse(call.func)) for call in calls):
            handed = [arg for call in calls if "getLogger" not in ast.unparse(call.func) for arg in call.args]
            choices = [each for arg in handed for each in ast.walk(arg) if isinstance(each, ast.Constant)]
            found |= {each.value for each in choices if re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", str(each.value))}
    return frozenset(found)


@pytest.mark.parametrize("language", sorted(Languages.found().codes))
def test_every_action_that_the_shop_logs_has_words(language: str) -> None:
    texts = json.loads((ROOT / "locales" / f"{language}.json").read_text("utf-8"))
    actions = actions_in_code()
    assert {"role.given", "role.taken", "role.removed"} <= actions
    assert {f"audit.{action}" for action in actions} - set(texts) == set()
