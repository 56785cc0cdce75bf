"""The routes refuse admin buttons to everyone else, even though the shop checks again."""

import json
from functools import partial
from typing import Any

import pytest

from bot_handlers.callbacks.home import AdminHome
from bot_handlers.updates.conversations import Step
from bot_handlers.updates.router import Access, Group
from shop.people import EVERY_GIVEN, Right
from storage.models import Conversation, Customer, ManagerRight
from tests.bot_handlers.buttons import KINDS, admin_buttons, plausible, routes_of
from tests.bot_handlers.stage import CUSTOMER, Stage, appoint
from tests.stand import BOT_ID, MANAGER

NOT_ALLOWED = "Only the admins of this shop can do that."
BANNED = "You can’t use this shop."


def not_refused(stage: Stage, user_id: int, said: str, *, but: frozenset[Access] = frozenset()) -> list[str]:
    """List the admin buttons that do not refuse this person with exactly these words."""
    return [
        kind.prefix
        for kind, (right, _) in admin_buttons(stage).items()
        if right not in but and answer_to(stage, user_id, plausible(kind)) != said
    ]


def answer_to(stage: Stage, user_id: int, press: Any) -> str:
    """Return the alert, and the newest message if the chat changed as well."""
    before = stage.texts(user_id)
    stage.rest()
    stage.press_data(press, user_id)
    alert = stage.view(user_id)["answers"][-1].get("text") or ""
    return alert if stage.texts(user_id) == before else f"{alert} and {stage.texts(user_id)[-1]}"


def test_a_customer_is_refused_every_admin_button(stage: Stage) -> None:
    assert not_refused(stage, CUSTOMER, NOT_ALLOWED) == []


def test_a_banned_manager_is_refused_every_admin_button(stage: Stage) -> None:
    appoint(stage, *EVERY_GIVEN)
    manager = stage.stand.visitor(MANAGER)
    with stage.stand.database.transaction():
        Customer.change(manager.id, banned=True)
    assert not_refused(stage, MANAGER, BANNED) == []


@pytest.mark.parametrize("right", sorted(EVERY_GIVEN, key=lambda right: right.value), ids=lambda right: right.value)
def test_a_manager_is_refused_everything_without_a_right(stage: Stage, right: Right) -> None:
    appoint(stage, right)
    assert not_refused(stage, MANAGER, NOT_ALLOWED, but=frozenset({right, Group.ADMINS})) == []
    assert NOT_ALLOWED not in answer_to(stage, MANAGER, AdminHome())


def test_a_right_that_was_removed_ends_at_once(stage: Stage) -> None:
    appoint(stage, Right.CUSTOMERS)
    with stage.stand.database.transaction():
        ManagerRight.delete().execute()
    assert not_refused(stage, MANAGER, NOT_ALLOWED) == []


def test_no_admin_dialog_takes_an_answer_from_a_customer(stage: Stage) -> None:
    steps = [step for step, access, _ in routes_of(stage).steps if access is not Group.EVERYBODY]
    assert len(steps) == 30
    for step in steps:
        for answer in (partial(stage.send_file, b"{}"), partial(stage.say, "anything")):
            with stage.stand.database.transaction():
                Conversation.keep(BOT_ID, CUSTOMER, step=step.value, answers=json.dumps({}), now=1)
            stage.rest()
            answer()
            assert stage.texts()[-1] == NOT_ALLOWED, step
            assert Conversation.of(BOT_ID, CUSTOMER) is None, step


def test_a_customers_document_is_offered_to_the_shop_and_not_imported(stage: Stage) -> None:
    stage.send_file(b"[]")
    assert stage.texts()[-1] == "What would you like to do with this file?"


def test_every_button_and_every_step_has_one_route(stage: Stage) -> None:
    routes = routes_of(stage)
    assert sorted(kind.prefix for kind, _, _ in routes.buttons) == [kind.prefix for kind in KINDS]
    assert sorted(step.value for step, _, _ in routes.steps) == sorted(step.value for step in Step)
