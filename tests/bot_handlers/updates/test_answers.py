"""Every step of every dialog works as it did in 0.1.0, and asks again for anything that it does not accept."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot_handlers.callbacks.catalog import TypeSearch
from bot_handlers.updates.conversations import OF_CUSTOMERS, Step
from bot_handlers.updates.router import Group
from shop.announcements.announcement import AnnouncementKind, Audience
from storage.models import Category, Conversation, Review, Ticket
from tests.bot_handlers.buttons import routes_of
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.goods import EVERY_KIND, own, png
from tests.stand import ADMIN, BOT_ID

DIALOGS = json.loads((Path(__file__).parent / "dialogs.json").read_text("utf-8"))["dialogs"]
FILE = {"file_id": "f", "file_unique_id": "u", "file_size": 9}
MOVING = FILE | {"width": 8, "height": 8, "duration": 1}
PLACE = {"longitude": 1.0, "latitude": 1.0}
KINDS: dict[str, dict[str, Any]] = {
    "GIF": {"animation": MOVING, "document": FILE},
    "video": {"video": MOVING},
    "round video": {"video_note": FILE | {"length": 8, "duration": 1}},
    "voice": {"voice": FILE | {"duration": 1}},
    "audio": {"audio": FILE | {"duration": 1}},
    "sticker": {
        "sticker": FILE | {"type": "regular", "width": 8, "height": 8, "is_animated": False, "is_video": False}
    },
    "location": {"location": PLACE},
    "venue": {"location": PLACE, "venue": {"location": PLACE, "title": "Here", "address": "There"}},
    "dice": {"dice": {"emoji": "🎲", "value": 6}},
    "poll": {
        "poll": {
            **{"id": "1", "question": "?", "options": [], "total_voter_count": 0},
            **{"is_closed": False, "is_anonymous": True, "type": "regular", "allows_multiple_answers": False},
        }
    },
    "something newer than this shop": {"hologram": {"depth": 3}},
}
"""Messages that answer nothing, whatever the question, except that a ticket takes `FILES`."""
FILES = {"GIF", "video", "voice", "audio"}
CONTACT = {"contact": {"phone_number": "+1", "first_name": "Ada", "user_id": CUSTOMER}}
OTHERS: dict[str, dict[str, dict[str, Any]]] = {
    "text": {"document": {"document": FILE}, "photo": {"photo": [MOVING]}, "contact": CONTACT},
    "photo": {"text": {"text": "some words"}, "contact": CONTACT},
    "text_or_file": {"contact": CONTACT},
    "note": {"contact": CONTACT},
    "text_or_photo": {"contact": CONTACT},
    "text_or_person": {"document": {"document": FILE}, "photo": {"photo": [MOVING]}},
}
"""Messages that answer other questions, by the kind of answer that is asked for."""


def test_cancel_leads_customers_to_their_menu_from_every_step_that_is_theirs(stage: Stage) -> None:
    assert {step for step, access, _ in routes_of(stage).steps if access is Group.EVERYBODY} == OF_CUSTOMERS


def receive(stage: Stage, user_id: int, message: dict[str, Any]) -> None:
    update = stage.update(user_id)
    del update["message"]["text"]
    update["message"] |= message
    stage.front.bots.accept(BOT_ID, update)


def open_dialog(user_id: int, step: str, answers: dict[str, str], stage: Stage) -> None:
    with stage.stand.database.transaction():
        Conversation.keep(BOT_ID, user_id, step=step, answers=json.dumps(answers), now=1)


def dialog_of(user_id: int) -> tuple[str, str] | None:
    row = Conversation.of(BOT_ID, user_id)
    return None if row is None else (row.step, row.answers)


@pytest.fixture
def ids(stage: Stage) -> dict[str, int]:
    """A shop with something for each dialog to act on; return the ids by their names in the data file."""
    stage.say("/start", ADMIN)
    stand, shop = stage.stand, stage.stand.shop
    admin, customer = stand.visitor(ADMIN), stand.visitor(CUSTOMER)
    stand.bring(admin, own(*EVERY_KIND))
    product = stand.stock("FIRST", "SECOND", "THIRD")
    stand.grant(customer, "100.00")
    [line] = shop.checkout.place(customer, shop.checkout.offer_product(customer, product, 1).id).lines
    made = shop.checkout.offer_product(customer, stand.product("Made to order"), 1)
    [line_to_make] = shop.checkout.place(customer, made.id).lines
    shop.reviews.rate(customer, line.id, 2)
    shop.tickets.open(customer, "where is it?")
    shop.carts.add(customer, product, 1)
    shop.coupons.begin(admin)
    [category] = Category.select().where(Category.name == "Games")
    return {
        "product": product,
        "category": category.id,
        "customer": customer.id,
        "line": line.id,
        "line_to_make": line_to_make.id,
        "offer": shop.checkout.offer_cart(customer).id,
        "review": Review.get().id,
        "ticket": Ticket.get().id,
        "announcement": shop.announcements.compose(admin, AnnouncementKind.OWN, Audience()).id,
    }


def test_the_data_file_has_every_step() -> None:
    assert sorted({dialog["step"] for dialog in DIALOGS}) == sorted(step.value for step in Step)


def test_a_dialog_that_was_open_in_0_1_0_goes_on(stage: Stage, ids: dict[str, int]) -> None:
    admin, drafts = stage.stand.visitor(ADMIN), stage.stand.shop.drafts
    begin = {
        "goods_draft": lambda: drafts.begin(admin, ids["category"]),
        "goods_pieces": lambda: drafts.begin_for(admin, ids["product"]),
    }
    for dialog in DIALOGS:
        step, user_id = dialog["step"], ADMIN if dialog["by"] == "admin" else CUSTOMER
        if step in begin:
            begin[step]()
        answers = {key: value.format(**ids) for key, value in dialog["answers"].items()}
        open_dialog(user_id, step, answers, stage)
        before = len(stage.texts(user_id))
        stage.rest()
        if "file" in dialog:
            stage.send_file(png(), user_id, name="picture.png")
        else:
            stage.say(dialog["text"], user_id)
        said = "\n".join(stage.texts(user_id)[before:])
        assert dialog["said"] in said, (step, said)
        assert not said.startswith(("Main menu", "Answer with", "Sorry")), (step, said)


def test_any_other_kind_of_message_is_asked_for_again_and_the_dialog_stays_open(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    for step, _, takes in routes_of(stage).steps:
        if step is Step.LOOSE:
            continue  # it offers what can be done with it, whatever it is
        sentence = stage.languages["en"].text(f"answer_with.{takes.kinds}")
        open_dialog(ADMIN, step.value, {"kept": "as it was"}, stage)
        taken = FILES if takes.note else set()
        for kind, message in (KINDS | OTHERS[takes.kinds]).items():
            if kind in taken:
                continue
            stage.rest()
            before = len(stage.texts(ADMIN))
            receive(stage, ADMIN, message)
            assert stage.texts(ADMIN)[before:] == [sentence], (step, kind)
            assert dialog_of(ADMIN) == (step.value, '{"kept": "as it was"}'), (step, kind)


def test_a_customer_is_asked_again_in_a_dialog_and_sees_their_options_outside_of_it(stage: Stage) -> None:
    for kind, message in KINDS.items():
        stage.rest()
        stage.press_data(TypeSearch())
        receive(stage, CUSTOMER, message)
        assert stage.texts()[-1] == "Answer with a text message.", kind
        stage.say("/cart")
        receive(stage, CUSTOMER, message)
        what = "What would you like to do with this file?" if kind in FILES else "I can’t handle this kind"
        assert stage.texts()[-1].startswith(what), kind


def test_a_chats_service_messages_are_not_messages_from_a_person(stage: Stage) -> None:
    before = stage.texts()
    receive(stage, CUSTOMER, {"message_auto_delete_timer_changed": {"message_auto_delete_time": 60}})
    assert stage.texts() == before
